//! Links by which a password is set, once: for the first owner, and for whoever was invited.

use std::time::Duration;

use jiff::Timestamp;

use super::{Services, account::NewAccount, audit, random, session::hash};
use crate::{
    clock,
    domain::{
        account::{Account, check_password, normalise_email, tidy_name},
        audit::Change,
        caller::Caller,
        error::{Code, Error, Result},
        operation::Operation,
        role::Role,
        token::Kind,
        zone,
    },
    store::{self, Priority, Transaction, account::By},
};

/// How long a link works: a mail may lie over a long weekend.
const LIFE: Duration = Duration::from_secs(4 * 24 * 60 * 60);

/// A link, to be handed to whom it is for.
#[derive(Debug, Clone)]
pub struct Link {
    /// Its secret, kept nowhere.
    pub token: String,
    /// When it stops working.
    pub expires: Timestamp,
}

/// What somebody sends who follows a link.
#[derive(Clone)]
pub struct Acceptance {
    /// The link's secret.
    pub token: String,
    /// The password to be.
    pub password: String,
    /// The e-mail address of the first account; others have theirs.
    pub email: Option<String>,
    /// What people are to call them.
    pub name: Option<String>,
}

impl Link {
    /// Its URL below `base`, such as `https://stats.example.com/`. The secret stands behind the `#`, which browsers keep to
    /// themselves: it reaches no server's log, and no other site.
    #[must_use]
    pub fn url(&self, base: &str) -> String {
        format!("{}/session/link#{}", base.trim_end_matches('/'), self.token)
    }
}

impl Services {
    pub(super) async fn make_link(&self, tx: &Transaction, account: Option<i64>) -> Result<Link> {
        let token = Kind::Link.text(&random()?);
        let expires = clock::now().checked_add(LIFE).map_err(Error::internal)?;
        store::link::remove(tx, account).await?;
        store::link::create(tx, &hash(&token), account, zone::nanoseconds(expires)).await?;
        Ok(Link { token, expires })
    }

    /// A link that makes the first account, which owns the organisation; none once there is one. Each call makes the
    /// link before it void.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn setup_link(&self) -> Result<Option<Link>> {
        let tx = self.lock_accounts().await?;
        if store::account::any(&tx).await? {
            return Ok(None);
        }
        let link = self.make_link(&tx, None).await?;
        tx.commit().await?;
        Ok(Some(link))
    }

    /// A fresh link for somebody who lost theirs, or their password; their second factor stays.
    ///
    /// # Errors
    /// Only owners may; `NOT_FOUND`.
    pub async fn renew_link(&self, caller: &Caller, public_id: &str) -> Result<(Account, Link)> {
        caller.permit(Operation::RenewInvitation)?;
        let tx = self.database.write(Priority::Configuration).await?;
        let account = super::account::find(&tx, public_id).await?.account;
        if account.disabled.is_some() {
            let message = "This account is disabled; let it in again first.";
            return Err(Error::new(Code::InvalidArgument, message).at("account"));
        }
        let link = self.make_link(&tx, Some(account.id)).await?;
        audit::record(&tx, caller, Change::new(Operation::RenewInvitation, &account.email)).await?;
        tx.commit().await?;
        Ok((account, link))
    }

    /// Sets the password of whoever holds a link, and uses the link up; gives the e-mail address to sign in with. Sessions
    /// that the account had end.
    ///
    /// # Errors
    /// `INVALID_LINK`; a password or an address that will not do; `RATE_LIMITED`.
    pub async fn accept_link(&self, caller: &Caller, sent: &Acceptance) -> Result<Account> {
        self.charge_attempt_from(caller.address).await?;
        if !Kind::Link.is(&sent.token) {
            return Err(invalid());
        }
        // What is wrong with a first account is told before the link is used up; so is a password that will not do.
        let email = sent.email.as_deref().map(normalise_email).transpose()?;
        check_password(&sent.password, email.as_deref().unwrap_or_default())?;
        let password = self.passwords.hash(&sent.password).await?;
        let tx = self.lock_accounts().await?;
        let now = clock::now_nanoseconds();
        let whose = store::link::take(&tx, &hash(&sent.token), now).await?;
        let mut account = match whose.ok_or_else(invalid)? {
            Some(id) => {
                let stored = store::account::find(&tx, By::Number(id)).await?;
                let account = stored.map(|stored| stored.account).ok_or_else(invalid)?;
                check_password(&sent.password, &account.email)?;
                if let Some(name) = sent.name.as_deref().filter(|name| !name.trim().is_empty()) {
                    store::account::set_name(&tx, id, &tidy_name(name, &account.email)?).await?;
                }
                let change = Change::new(Operation::AcceptLink, &account.email);
                audit::record(&tx, caller, change).await?;
                account
            }
            None => {
                self.first_account(&tx, caller, email, sent.name.clone().unwrap_or_default())
                    .await?
            }
        };
        store::account::set_password(&tx, account.id, &password).await?;
        store::session::end_others(&tx, account.id, None, now).await?;
        tx.commit().await?;
        account.has_password = true;
        Ok(account)
    }

    async fn first_account(
        &self,
        tx: &Transaction,
        caller: &Caller,
        email: Option<String>,
        name: String,
    ) -> Result<Account> {
        if store::account::any(tx).await? {
            return Err(invalid());
        }
        let email = email.ok_or_else(|| {
            Error::new(Code::InvalidArgument, "Send the e-mail address of the first account.").at("email")
        })?;
        let new = NewAccount {
            email,
            name,
            role: Role::Owner,
            site: None,
        };
        // Whoever holds the setup link was given it by the operator.
        self.make_account(tx, caller, Operation::AcceptLink, &new).await
    }
}

fn invalid() -> Error {
    Error::new(
        Code::InvalidLink,
        "This link is unknown, used or expired; ask for another one.",
    )
    .at("token")
}
