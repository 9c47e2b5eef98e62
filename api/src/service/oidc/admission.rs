//! The account of somebody whom the identity provider vouches for: found, or made, with the roles that the provider gives.

use uuid::Uuid;

use super::{Oidc, subject::Subject, unwelcome};
use crate::{
    clock,
    domain::{
        account::{Account, normalise_email, tidy_name},
        audit::Change,
        caller::Caller,
        error::{Code, Error, Result},
        operation::Operation,
        role::{Grant, Role},
        role_map::groups,
    },
    service::{Services, account::Told, audit},
    store::{
        self, Transaction,
        account::{By, Stored},
        is_conflict,
    },
};

impl Services {
    /// The account of somebody whom the provider vouches for, with the roles that the provider gives; none where they may
    /// do nothing here, or nothing any more: what was changed by that is to be committed.
    ///
    /// # Errors
    /// `FORBIDDEN` where the address is another's, or is not verified; `SECOND_FACTOR_REQUIRED` where the account has one.
    pub(super) async fn admit_subject(
        &self,
        tx: &Transaction,
        caller: &Caller,
        oidc: &Oidc,
        (issuer, subject): (&str, &Subject),
    ) -> Result<Option<Stored>> {
        let email = subject
            .email
            .as_deref()
            .filter(|_| subject.email_verified)
            .and_then(|email| normalise_email(email).ok());
        let mut found = store::account::find(tx, By::Identity(issuer, &subject.sub)).await?;
        if let (None, Some(email)) = (&found, &email) {
            // Who was invited by this address; the operator chose whom to believe about addresses.
            found = store::account::find(tx, By::Email(email)).await?;
            if found.as_ref().is_some_and(|stored| stored.identity.is_some()) {
                // The address was given to somebody else since.
                return Err(unwelcome());
            }
        }
        if let Some(Stored { account, .. }) = &found
            && account.has_second_factor
            && account.disabled.is_none()
        {
            return Err(keeps_its_factor());
        }
        let before = found.as_ref().map(|stored| stored.account.clone());
        let grants = self.grants(tx, oidc, subject).await?;
        let id = match (found, grants.is_empty()) {
            (Some(stored), _) if stored.account.disabled.is_some() => return Ok(None),
            (Some(stored), _) => stored.account.id,
            (None, true) => return Ok(None),
            (None, false) => {
                let email = email.ok_or_else(|| {
                    let message = "The identity provider gives no e-mail address that it has verified.";
                    Error::new(Code::Forbidden, message)
                })?;
                let account = Account {
                    id: 0,
                    public_id: Uuid::now_v7().to_string(),
                    name: tidy_name(subject.name.as_deref().unwrap_or_default(), &email).unwrap_or(email.clone()),
                    email,
                    grants: Vec::new(),
                    has_password: false,
                    has_second_factor: false,
                    created: clock::now(),
                    disabled: None,
                };
                store::account::create(tx, &account).await?
            }
        };
        store::account::set_identity(tx, id, issuer, &subject.sub)
            .await
            .map_err(|error| if is_conflict(&error) { unwelcome() } else { error })?;
        if !oidc.roles.is_empty() {
            self.set_grants(tx, id, &grants).await?;
        }
        let stored = store::account::find(tx, By::Number(id)).await?;
        let stored = stored.ok_or_else(|| Error::internal("the account is gone"))?;
        self.record_admission(tx, caller, before.as_ref(), &stored.account)
            .await?;
        Ok(Some(stored).filter(|stored| !stored.account.grants.is_empty()))
    }

    /// Writes down what the provider's word made or changed of an account, besides that a session begins.
    async fn record_admission(
        &self,
        tx: &Transaction,
        caller: &Caller,
        before: Option<&Account>,
        after: &Account,
    ) -> Result<()> {
        let same = |before: &Account| {
            let kept = before
                .grants
                .iter()
                .filter(|grant| after.grants.contains(grant))
                .count();
            kept == before.grants.len() && kept == after.grants.len()
        };
        if before.is_some_and(same) {
            return Ok(());
        }
        let configuration = self.registry.at(tx).await?;
        let told = |account| Told(account, &configuration);
        let mut change = Change::new(Operation::SignInByProvider, &after.email).after(&told(after));
        if let Some(before) = before {
            change = change.before(&told(before));
        }
        audit::record(tx, caller, change).await
    }

    /// The roles that the provider gives, on sites that there are.
    async fn grants(&self, tx: &Transaction, oidc: &Oidc, subject: &Subject) -> Result<Vec<Grant>> {
        let groups = groups(&subject.claims, &oidc.roles_claim);
        let configuration = self.registry.at(tx).await?;
        let mut grants = Vec::new();
        for (site, role) in oidc.roles.roles(&groups) {
            let Some(name) = site else {
                grants.push(Grant { site: None, role });
                continue;
            };
            match configuration.sites.values().find(|site| site.name == name) {
                Some(site) => grants.push(Grant {
                    site: Some(site.id),
                    role,
                }),
                None => tracing::warn!(site = name, "--oidc-roles names a site that there is not"),
            }
        }
        Ok(grants)
    }

    /// Sets an account's roles to these; the last owner stays one.
    async fn set_grants(&self, tx: &Transaction, id: i64, grants: &[Grant]) -> Result<()> {
        let accounts = store::account::list(tx).await?;
        let is_last = |account: &&Account| account.id == id && account.is_owner();
        let last = accounts.iter().find(is_last).is_some()
            && !accounts.iter().any(|account| account.id != id && account.is_owner());
        let before = accounts.iter().find(|account| account.id == id);
        for grant in before.iter().flat_map(|account| &account.grants) {
            if last && grant.role == Role::Owner && grant.site.is_none() {
                tracing::warn!("the identity provider would take the last owner's role; it stays");
                continue;
            }
            store::account::set_role(tx, id, grant.site, None).await?;
        }
        for grant in grants {
            if last && grant.site.is_none() {
                continue;
            }
            store::account::set_role(tx, id, grant.site, Some(grant.role)).await?;
        }
        Ok(())
    }
}

/// An account whose second factor is on is let in with that alone, whoever else vouches for it: whether the provider asked
/// for a second factor cannot be known. It has a password, or it could not have begun one.
fn keeps_its_factor() -> Error {
    let message = "This account has a second factor: sign in with its password and its code. To sign in by the identity \
                   provider instead, take the second factor away first.";
    Error::new(Code::SecondFactorRequired, message)
}
