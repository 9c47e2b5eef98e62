//! Accounts: who may sign in, and what they may do. Owners say so; the last of the organisation's stays. An account is the
//! organisation's, and so is every way to sign in with it; what it may do on a site, an owner of that site says as well.

use uuid::Uuid;

use serde_json::{Value, json};

use super::{Services, audit, link::Link, registry::Configuration};
use crate::{
    clock,
    domain::{
        account::{Account, check_password, normalise_email, tidy_name},
        audit::{Change, Shown},
        caller::Caller,
        error::{Code, Error, Result},
        operation::Operation,
        role::{Grant, Right, Role},
    },
    store::{
        self, Priority, Transaction,
        account::{By, Stored},
        is_conflict,
    },
};

/// Who is to have an account.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The e-mail address, in any case.
    pub email: String,
    /// What people call them; empty takes it from the address.
    pub name: String,
    /// What they may.
    pub role: Role,
    /// The site on which they may; none is the whole organisation.
    pub site: Option<String>,
}

/// An account by the name that others know it by, or by its e-mail address.
pub(super) async fn find(tx: &Transaction, name: &str) -> Result<Stored> {
    let found = if name.contains('@') {
        let email = normalise_email(name).map_err(|error| error.at("account"))?;
        store::account::find(tx, By::Email(&email)).await?
    } else {
        store::account::find(tx, By::PublicId(name)).await?
    };
    found.ok_or_else(|| Error::new(Code::NotFound, "There is no such account.").at("account"))
}

impl Services {
    /// The accounts, by e-mail address: all of them, or to an owner of some sites those that may do something there.
    ///
    /// # Errors
    /// Only owners may.
    pub async fn accounts(&self, caller: &Caller) -> Result<Vec<Account>> {
        caller.permit(Operation::ListAccounts)?;
        let tx = self.database.read(self.question.deadline).await?;
        let accounts = store::account::list(&tx).await?;
        let known = accounts.into_iter().map(|account| as_known(caller, account));
        let all = caller.has(Right::Own, None);
        Ok(known.filter(|account| all || !account.grants.is_empty()).collect())
    }

    /// Makes an account without a password, and a link by which its owner sets one.
    ///
    /// # Errors
    /// Only owners may; a bad address, name or site; `ALREADY_EXISTS`.
    pub async fn invite_account(&self, caller: &Caller, new: &NewAccount) -> Result<(Account, Link)> {
        let operation = Operation::InviteAccount;
        caller.permit(operation)?;
        let tx = self.database.write(Priority::Configuration).await?;
        let account = self.make_account(&tx, caller, operation, new).await?;
        let link = self.make_link(&tx, Some(account.id)).await?;
        tx.commit().await?;
        Ok((account, link))
    }

    /// Makes an account with a password.
    ///
    /// # Errors
    /// Only owners may; a bad address, name, site or password; `ALREADY_EXISTS`.
    pub async fn create_account(&self, caller: &Caller, new: &NewAccount, password: &str) -> Result<Account> {
        let operation = Operation::InviteAccount;
        caller.permit(operation)?;
        check_password(password, &normalise_email(&new.email)?)?;
        let hash = self.passwords.hash(password).await?;
        let tx = self.database.write(Priority::Configuration).await?;
        let mut account = self.make_account(&tx, caller, operation, new).await?;
        store::account::set_password(&tx, account.id, &hash).await?;
        // Whoever opens the setup link now would find that the first account is there.
        store::link::remove(&tx, None).await?;
        tx.commit().await?;
        account.has_password = true;
        Ok(account)
    }

    /// Makes the row of an account, by way of `operation`.
    pub(super) async fn make_account(
        &self,
        tx: &Transaction,
        caller: &Caller,
        operation: Operation,
        new: &NewAccount,
    ) -> Result<Account> {
        let email = normalise_email(&new.email)?;
        let site = self.site_of_role(tx, caller, new.site.as_deref()).await?;
        let mut account = Account {
            id: 0,
            public_id: Uuid::now_v7().to_string(),
            name: tidy_name(&new.name, &email)?,
            email,
            grants: vec![Grant { site, role: new.role }],
            has_password: false,
            has_second_factor: false,
            created: clock::now(),
            disabled: None,
        };
        account.id = store::account::create(tx, &account).await.map_err(|error| {
            if is_conflict(&error) {
                Error::new(
                    Code::AlreadyExists,
                    "There is an account with this e-mail address already.",
                )
                .at("email")
            } else {
                error
            }
        })?;
        let configuration = self.registry.at(tx).await?;
        let change = Change::new(operation, &account.email).after(&Told(&account, &configuration));
        audit::record(tx, caller, change).await?;
        Ok(account)
    }

    async fn site_of_role(&self, tx: &Transaction, caller: &Caller, site: Option<&str>) -> Result<Option<i64>> {
        let Some(name) = site else { return Ok(None) };
        let configuration = self.registry.at(tx).await?;
        let site = configuration.site(caller, Some(name))?;
        Ok(Some(site.id))
    }

    /// Sets what an account may on a site, or with no site in the whole organisation; none takes it away.
    ///
    /// # Errors
    /// Only owners may, of the site or of the organisation; `NOT_FOUND` for an account or a role that is not there;
    /// `UNKNOWN_SITE`; `LAST_OWNER`.
    pub async fn set_account_role(
        &self,
        caller: &Caller,
        name: &str,
        site: Option<&str>,
        role: Option<Role>,
    ) -> Result<Account> {
        let operation = match role {
            Some(_) => Operation::SetAccountRole,
            None => Operation::RemoveAccountRole,
        };
        caller.permit(operation)?;
        let tx = self.lock_accounts().await?;
        let site = self.site_of_role(&tx, caller, site).await?;
        match site {
            Some(site) => caller.permit_on(operation, site)?,
            None => caller.permit_on_all(operation)?,
        }
        let before = find(&tx, name).await?.account;
        let was_there = store::account::set_role(&tx, before.id, site, role).await?;
        if role.is_none() && !was_there {
            return Err(Error::new(Code::NotFound, "The account has no role there.").at("site"));
        }
        self.finish(tx, caller, operation, &before).await
    }

    /// Lets an account in no more, and ends its sessions; or lets it in again.
    ///
    /// # Errors
    /// Only owners may; `NOT_FOUND`; `LAST_OWNER`.
    pub async fn set_account_disabled(&self, caller: &Caller, public_id: &str, disabled: bool) -> Result<Account> {
        caller.permit(Operation::DisableAccount)?;
        let tx = self.lock_accounts().await?;
        let before = find(&tx, public_id).await?.account;
        let now = clock::now_nanoseconds();
        store::account::set_disabled(&tx, before.id, disabled.then_some(now)).await?;
        if disabled {
            store::session::end_others(&tx, before.id, None, now).await?;
            store::link::remove(&tx, Some(before.id)).await?;
        }
        self.finish(tx, caller, Operation::DisableAccount, &before).await
    }

    /// A transaction in which no other says who owns the organisation: two owners who remove each other must not both
    /// find that one is left.
    pub(super) async fn lock_accounts(&self) -> Result<Transaction> {
        let tx = self.database.write(Priority::Configuration).await?;
        store::configuration::touch(&tx).await?;
        Ok(tx)
    }

    /// Writes the change down and commits, unless it leaves nobody who owns the organisation.
    async fn finish(
        &self,
        tx: Transaction,
        caller: &Caller,
        operation: Operation,
        before: &Account,
    ) -> Result<Account> {
        let accounts = store::account::list(&tx).await?;
        if before.is_owner() && !accounts.iter().any(Account::is_owner) {
            let message = "This is the last owner who can sign in; make another one first.";
            return Err(Error::new(Code::LastOwner, message).at("account"));
        }
        let after = accounts.into_iter().find(|account| account.id == before.id);
        let after = after.ok_or_else(|| Error::internal("the account is gone"))?;
        let configuration = self.registry.at(&tx).await?;
        let told = |account| Told(account, &configuration);
        let change = Change::new(operation, &after.email)
            .before(&told(before))
            .after(&told(&after));
        audit::record(&tx, caller, change).await?;
        tx.commit().await?;
        Ok(as_known(caller, after))
    }

    /// Changes one's own password, and ends one's other sessions.
    ///
    /// # Errors
    /// Nobody signed in; `SIGN_IN_FAILED` where the present password is wrong; `WEAK_PASSWORD`; `RATE_LIMITED`.
    pub async fn change_password(&self, caller: &Caller, present: &str, next: &str) -> Result<()> {
        let signed_in = caller.permit_person(Operation::ChangePassword)?;
        check_password(next, &signed_in.account.email).map_err(|error| error.at("newPassword"))?;
        let present = self.check_present(&signed_in.account, present).await?;
        let hash = self.passwords.hash(next).await?;
        let tx = self.lock_accounts().await?;
        let stored = store::account::find(&tx, By::Number(signed_in.account.id)).await?;
        if stored.and_then(|stored| stored.password_hash) != Some(present) {
            return Err(wrong_password());
        }
        store::account::set_password(&tx, signed_in.account.id, &hash).await?;
        store::link::remove(&tx, Some(signed_in.account.id)).await?;
        let now = clock::now_nanoseconds();
        store::session::end_others(&tx, signed_in.account.id, Some(signed_in.session), now).await?;
        let change = Change::new(Operation::ChangePassword, &signed_in.account.email);
        audit::record(&tx, caller, change).await?;
        tx.commit().await
    }

    /// Wants one's own password again, for what a stolen access token must not do; gives its hash.
    pub(super) async fn check_present(&self, account: &Account, password: &str) -> Result<String> {
        self.charge_proof_of(account.id).await?;
        let stored = {
            let tx = self.database.read(self.question.deadline).await?;
            store::account::find(&tx, By::Number(account.id)).await?
        };
        let hash = stored.and_then(|stored| stored.password_hash);
        let same = self.passwords.verify(password, hash.as_deref()).await?;
        hash.filter(|_| same).ok_or_else(wrong_password)
    }
}

/// An account as somebody may know it: an owner of some sites knows what it may do there, and not what elsewhere.
fn as_known(caller: &Caller, mut account: Account) -> Account {
    account.grants.retain(|grant| caller.has(Right::Own, grant.site));
    account
}

/// An account as the audit log shows it, with the names of the sites of its roles.
pub(super) struct Told<'a>(pub(super) &'a Account, pub(super) &'a Configuration);

impl Shown for Told<'_> {
    fn shown(&self) -> Value {
        let Self(account, configuration) = self;
        let site = |id: i64| configuration.sites.get(&id).map(|site| site.name.clone());
        let roles = account
            .grants
            .iter()
            .map(|grant| json!({"role": grant.role.name(), "site": grant.site.and_then(site)}));
        json!({
            "email": account.email,
            "name": account.name,
            "roles": roles.collect::<Vec<_>>(),
            "disabledAt": account.disabled,
            "hasSecondFactor": account.has_second_factor,
        })
    }
}

fn wrong_password() -> Error {
    Error::new(Code::SignInFailed, "The present password is wrong.").at("password")
}
