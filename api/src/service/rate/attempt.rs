//! Attempts to prove who one is. They are few and dear, and must not be let in more often because several servers are
//! there: they are counted in the database, one statement each. What is known of them here only spares it those that it
//! would refuse.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use super::{Name, Rates, Subject, network, sign_in_of_account, sign_in_of_network};
use crate::{
    domain::{
        error::Result,
        hash::Hash,
        rate::{Budget, Limit, used_up},
    },
    service::Services,
    store::{Priority, Transaction, attempt},
};

/// How long looking up what is left may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// Who is charged an attempt.
struct Charged {
    name: Name,
    limit: Limit,
    /// The row that counts it.
    row: Hash,
}

impl Services {
    /// Charges an attempt to where it comes from.
    ///
    /// # Errors
    /// `RATE_LIMITED`, saying when to come back.
    pub(in crate::service) async fn charge_attempt_from(&self, address: Option<IpAddr>) -> Result<()> {
        self.charge_attempts(&[self.attempt_from(address)]).await
    }

    /// Charges an attempt to the account that it is for, be there one or not.
    ///
    /// # Errors
    /// `RATE_LIMITED`, saying when to come back.
    pub(in crate::service) async fn charge_attempt_of(&self, email: &str) -> Result<()> {
        self.charge_attempts(&[self.attempt_of(email)]).await
    }

    /// Charges an attempt to where it comes from and, if that passes, to the account that it is for.
    ///
    /// # Errors
    /// `RATE_LIMITED`, saying when to come back.
    pub(in crate::service) async fn charge_sign_in(&self, address: Option<IpAddr>, email: &str) -> Result<()> {
        self.charge_attempts(&[self.attempt_from(address), self.attempt_of(email)])
            .await
    }

    /// Finds out what the network of an address has left, over all servers.
    ///
    /// # Errors
    /// Whatever the database says.
    pub(super) async fn recall_attempts(&self, address: Option<IpAddr>) -> Result<()> {
        let charged = self.attempt_from(address);
        let tx = self.database.read(DEADLINE).await?;
        let full_in = attempt::full_in(&tx, &charged.row).await?;
        self.rates.learn(&charged, full_in);
        Ok(())
    }

    fn attempt_from(&self, address: Option<IpAddr>) -> Charged {
        let network = network(address);
        let subject = Subject::Network(network);
        Charged {
            name: Name {
                budget: Budget::SignIn,
                subject,
            },
            limit: sign_in_of_network(&self.rates.limits),
            row: self
                .hasher
                .hash(&[b"attempt from", network.to_canonical().to_string().as_bytes()]),
        }
    }

    fn attempt_of(&self, email: &str) -> Charged {
        let row = self.hasher.hash(&[b"attempt", email.as_bytes()]);
        Charged {
            name: Name {
                budget: Budget::SignIn,
                subject: Subject::Claimed(row),
            },
            limit: sign_in_of_account(&self.rates.limits),
            row,
        }
    }

    /// Charges one after the other, until one is refused.
    async fn charge_attempts(&self, each: &[Charged]) -> Result<()> {
        let mut tx = None;
        let mut passed = Ok(());
        for charged in each {
            passed = self.charge_attempt(&mut tx, charged).await;
            if passed.is_err() {
                break;
            }
        }
        // What was charged before a refusal stays charged.
        if let Some(tx) = tx {
            tx.commit().await?;
        }
        passed
    }

    async fn charge_attempt(&self, tx: &mut Option<Transaction>, charged: &Charged) -> Result<()> {
        let refused = |wait: Duration| used_up(Budget::SignIn, 1, wait.max(Duration::from_secs(1)));
        let wait = self.rates.wait_for_attempt(charged);
        if wait > Duration::ZERO {
            return Err(refused(wait));
        }
        let tx = match tx {
            Some(tx) => tx,
            None => tx.insert(self.database.write(Priority::Configuration).await?),
        };
        let counted = attempt::count(tx, &charged.row, charged.limit).await?;
        self.rates.learn(charged, counted.full_in);
        if counted.passed {
            return Ok(());
        }
        let interval = charged.limit.window / charged.limit.quota;
        Err(refused(
            (counted.full_in + interval).saturating_sub(charged.limit.window),
        ))
    }
}

impl Rates {
    /// How long it certainly takes until an attempt passes.
    fn wait_for_attempt(&self, charged: &Charged) -> Duration {
        let now = Instant::now();
        let bucket = self.bucket(charged.name, charged.limit, now);
        bucket.wait(charged.limit, now)
    }

    /// Takes over what the database says is used.
    fn learn(&self, charged: &Charged, full_in: Duration) {
        let now = Instant::now();
        let bucket = self.bucket(charged.name, charged.limit, now);
        bucket.learn(charged.limit, full_in, now);
    }
}
