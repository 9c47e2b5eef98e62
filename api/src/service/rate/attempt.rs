//! Attempts to prove who one is. They are few and dear, and must not be let in more often because several servers are
//! there: they are counted in the database, one statement each. What is known of them here only spares it those that it
//! would refuse.
//!
//! Anybody may guess at any account, so what is guessed must not keep its owner out: an account has its attempts from each
//! network apart. Who guesses from many networks meets the limit of the account, which one network alone never uses up. And
//! whoever is signed in proves themselves again by attempts that nobody else can use.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use super::{Name, Rates, Subject, network};
use crate::{
    config,
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
/// Once the attempts at an account from one network are used up, another comes free after so many seconds.
const REFILL: u64 = 30;
/// A network has so many times the attempts that it has at one account: it may be that of a whole office.
const OF_NETWORK: u32 = 5;
/// All networks together have so many times the attempts at one account that one of them has.
const FROM_ALL: u32 = 10;
/// Once those are used up, too, another comes free after so many seconds: sooner than to one network, or it could keep
/// everybody else out by going on alone.
const REFILL_FROM_ALL: u64 = 10;

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

    /// Charges an attempt of somebody signed in to prove themselves again to their account.
    ///
    /// # Errors
    /// `RATE_LIMITED`, saying when to come back.
    pub(in crate::service) async fn charge_proof_of(&self, account: i64) -> Result<()> {
        self.charge_attempts(&[self.proof_of(account)]).await
    }

    /// Charges an attempt to where it comes from and, if that passes, to the account that it is for, be there one or not:
    /// to what it has from there, and then to what it has from everywhere.
    ///
    /// # Errors
    /// `RATE_LIMITED`, saying when to come back.
    pub(in crate::service) async fn charge_sign_in(&self, address: Option<IpAddr>, email: &str) -> Result<()> {
        let each = [
            self.attempt_from(address),
            self.attempt_at(email, address),
            self.attempt_at_from_all(email),
        ];
        self.charge_attempts(&each).await
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
            limit: from_network(&self.rates.limits),
            row: self.hasher.hash(&[b"attempt from", text(network).as_bytes()]),
        }
    }

    fn attempt_at(&self, email: &str, address: Option<IpAddr>) -> Charged {
        let network = text(network(address));
        let row = self
            .hasher
            .hash(&[b"attempt at from", email.as_bytes(), network.as_bytes()]);
        claimed(row, of_account(&self.rates.limits))
    }

    fn attempt_at_from_all(&self, email: &str) -> Charged {
        let row = self.hasher.hash(&[b"attempt at from all", email.as_bytes()]);
        claimed(row, from_all(&self.rates.limits))
    }

    fn proof_of(&self, account: i64) -> Charged {
        Charged {
            name: Name {
                budget: Budget::SignIn,
                subject: Subject::Account(account),
            },
            limit: of_account(&self.rates.limits),
            row: self.hasher.hash(&[b"proof of", &account.to_le_bytes()]),
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

/// What is charged to whom somebody claims to be.
fn claimed(row: Hash, limit: Limit) -> Charged {
    Charged {
        name: Name {
            budget: Budget::SignIn,
            subject: Subject::Claimed(row),
        },
        limit,
        row,
    }
}

/// A network as the names of rows have it.
fn text(network: IpAddr) -> String {
    network.to_canonical().to_string()
}

/// The attempts at an account: of each network, and of its owner who is signed in.
pub(super) fn of_account(limits: &config::Rate) -> Limit {
    Limit::new(limits.sign_in_attempts, u64::from(limits.sign_in_attempts) * REFILL)
}

/// The attempts of a network, at all accounts.
pub(super) fn from_network(limits: &config::Rate) -> Limit {
    let attempts = limits.sign_in_attempts.saturating_mul(OF_NETWORK);
    Limit::new(attempts, u64::from(limits.sign_in_attempts) * REFILL)
}

/// The attempts at an account, of all networks.
fn from_all(limits: &config::Rate) -> Limit {
    let attempts = limits.sign_in_attempts.saturating_mul(FROM_ALL);
    Limit::new(attempts, u64::from(attempts) * REFILL_FROM_ALL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_never_uses_up_what_an_account_has_from_all() {
        for sign_in_attempts in [1, 10, 1_000_000] {
            let limits = config::Rate {
                log_events: 1,
                visitor_events: 1,
                query_units: 1,
                delete_units: 1,
                manage_changes: 1,
                anonymous_units: 1,
                sign_in_attempts,
            };
            let (one, all) = (of_account(&limits), from_all(&limits));
            assert!(one.quota < all.quota, "{one:?} {all:?}");
            assert!(one.per_second() < all.per_second(), "{one:?} {all:?}");
        }
    }
}
