//! API keys: making, changing, rotating and taking back. Nobody makes or changes a key that may do more than they may.

use std::sync::Arc;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{Services, audit, random, registry::Configuration};
use crate::{
    clock,
    domain::{
        audit::Change,
        caller::Caller,
        error::{Code, Error, Result},
        key::{self, ApiKey, Permissions, Secrets},
        operation::Operation,
        origin::OriginPattern,
    },
    store::{self, Priority, Transaction},
};

/// A seal of a signing secret opens for this alone.
const SIGNING_PURPOSE: &str = "api key signing secret";

/// What a new key shall be.
#[derive(Debug, Clone, Default)]
pub struct NewKey {
    /// The one site it opens; none opens all.
    pub site: Option<String>,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub permissions: Permissions,
    /// Where browsers may use it from; with any it is public.
    pub origins: Vec<String>,
    /// Its own rate.
    pub events_per_second: Option<u32>,
    /// When it stops working.
    pub expires: Option<Timestamp>,
    /// Whether it gets a secret to verify signatures with.
    pub signs: bool,
}

/// What is to be changed of a key; none leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// What people call it.
    pub name: Option<String>,
    /// What it may do.
    pub permissions: Option<Permissions>,
    /// Where browsers may use it from; an empty list makes it a backend's.
    pub origins: Option<Vec<String>>,
    /// Its own rate; an inner none takes it off.
    pub events_per_second: Option<Option<u32>>,
    /// When it stops working; an inner none means never.
    pub expires: Option<Option<Timestamp>>,
    /// Whether it has a secret to verify signatures with; true makes a new one.
    pub signs: Option<bool>,
}

/// A key with the secrets that were made for it just now. They are kept nowhere in this form.
#[derive(Clone)]
pub struct Made {
    /// The key.
    pub key: Named,
    /// Its text, where it is new.
    pub text: Option<String>,
    /// The secret that verifies signatures, where it is new.
    pub signing_secret: Option<String>,
}

/// A key with the name of its site; none opens all.
#[derive(Debug, Clone)]
pub struct Named {
    /// The key.
    pub key: ApiKey,
    /// The name of its site.
    pub site: Option<String>,
    /// Whether it opens anything now.
    pub valid: bool,
}

impl Services {
    /// Makes a key.
    ///
    /// # Errors
    /// No permission, an unknown site, a bad setting, or `FORBIDDEN` for one that may do more than the caller.
    pub async fn create_key(&self, caller: &Caller, new: NewKey) -> Result<Made> {
        caller.permit(Operation::CreateKey)?;
        let tx = self.database.write(Priority::Configuration).await?;
        let configuration = self.registry.at(&tx).await?;
        let site = match new.site.as_deref() {
            // A caller of one site means its own.
            None if caller.own_site().is_none() => None,
            name => Some(configuration.admit(caller, Operation::CreateKey, name)?),
        };
        let text = key::text(&random()?);
        let key = ApiKey {
            id: 0,
            site: site.map(|site| site.id),
            name: new.name,
            prefix: key::prefix(&text).unwrap_or_default().to_owned(),
            permissions: new.permissions,
            origins: OriginPattern::parse_all(&new.origins, "origins")?,
            events_per_second: new.events_per_second,
            created: clock::now(),
            expires: new.expires,
            revoked: None,
            rotated: None,
            previous_until: None,
            signs: new.signs,
            last_used: None,
        };
        key.check()?;
        check_expiry(key.expires)?;
        check_reach(caller, Operation::CreateKey, &key)?;
        let signing_secret = new.signs.then(|| self.signing_secret()).transpose()?;
        let (signing_secret, sealed) = signing_secret.unzip();
        let secrets = Secrets {
            hash: hash(&text),
            previous: None,
            signing: sealed,
        };
        let key = store::key::create(&tx, &key, &secrets).await?;
        let change = Change::new(Operation::CreateKey, &key.prefix).on(key.site).after(&key);
        audit::record(&tx, caller, change).await?;
        self.finish_key(tx).await?;
        Ok(Made {
            key: named(&configuration, key),
            text: Some(text),
            signing_secret,
        })
    }

    /// Changes a key, named by its prefix or its number; a new signing secret is given once.
    ///
    /// # Errors
    /// No permission, `NOT_FOUND`, a bad setting, or `FORBIDDEN` for a key that may do more than the caller.
    pub async fn update_key(&self, caller: &Caller, name: &str, changes: Changes) -> Result<Made> {
        caller.permit(Operation::UpdateKey)?;
        let tx = self.database.write(Priority::Configuration).await?;
        let configuration = self.registry.at(&tx).await?;
        let (before, mut secrets) = own(&configuration, caller, Operation::UpdateKey, name)?;
        check_reach(caller, Operation::UpdateKey, &before)?;
        let mut key = (*before).clone();
        key.name = changes.name.unwrap_or(key.name);
        key.permissions = changes.permissions.unwrap_or(key.permissions);
        if let Some(origins) = changes.origins {
            key.origins = OriginPattern::parse_all(&origins, "origins")?;
        }
        key.events_per_second = changes.events_per_second.unwrap_or(key.events_per_second);
        if let Some(expires) = changes.expires {
            check_expiry(expires)?;
            key.expires = expires;
        }
        let mut signing_secret = None;
        if let Some(signs) = changes.signs {
            let made = signs.then(|| self.signing_secret()).transpose()?;
            (signing_secret, secrets.signing) = made.unzip();
            key.signs = signs;
        }
        key.check()?;
        check_reach(caller, Operation::UpdateKey, &key)?;
        store::key::update(&tx, &key, &secrets).await?;
        let change = Change::new(Operation::UpdateKey, &key.prefix).on(key.site);
        audit::record(&tx, caller, change.before(&*before).after(&key)).await?;
        self.finish_key(tx).await?;
        Ok(Made {
            key: named(&configuration, key),
            text: None,
            signing_secret,
        })
    }

    /// Gives a key a new secret, which works at once; the old one works until `overlap_until`, or no more. A secret
    /// from before an earlier rotation stops at once.
    ///
    /// # Errors
    /// No permission, `NOT_FOUND`, a time that is past, or `FORBIDDEN` for a key that may do more than the caller.
    pub async fn rotate_key(&self, caller: &Caller, name: &str, overlap_until: Option<Timestamp>) -> Result<Made> {
        caller.permit(Operation::RotateKey)?;
        if overlap_until.is_some_and(|until| until <= clock::now()) {
            let message = "The time until which the old secret works is past; leave it out to stop it at once.";
            return Err(Error::new(Code::InvalidArgument, message).at("overlapUntil"));
        }
        let tx = self.database.write(Priority::Configuration).await?;
        let configuration = self.registry.at(&tx).await?;
        let (before, secrets) = own(&configuration, caller, Operation::RotateKey, name)?;
        check_reach(caller, Operation::RotateKey, &before)?;
        let text = key::text_of(&before.prefix, &random()?);
        let mut key = (*before).clone();
        (key.rotated, key.previous_until) = (Some(clock::now()), overlap_until);
        let secrets = Secrets {
            hash: hash(&text),
            previous: overlap_until.map(|_| secrets.hash),
            signing: secrets.signing,
        };
        store::key::update(&tx, &key, &secrets).await?;
        let change = Change::new(Operation::RotateKey, &key.prefix).on(key.site);
        audit::record(&tx, caller, change.before(&*before).after(&key)).await?;
        self.finish_key(tx).await?;
        Ok(Made {
            key: named(&configuration, key),
            text: Some(text),
            signing_secret: None,
        })
    }

    /// Takes a key back, and with it every token it minted. One that is taken back stays so from when it was.
    ///
    /// # Errors
    /// No permission, or `NOT_FOUND`.
    pub async fn revoke_key(&self, caller: &Caller, name: &str) -> Result<Named> {
        caller.permit(Operation::RevokeKey)?;
        let tx = self.database.write(Priority::Configuration).await?;
        let configuration = self.registry.at(&tx).await?;
        let (before, secrets) = own(&configuration, caller, Operation::RevokeKey, name)?;
        let mut key = (*before).clone();
        if key.revoked.is_none() {
            key.revoked = Some(clock::now());
            store::key::update(&tx, &key, &secrets).await?;
            let change = Change::new(Operation::RevokeKey, &key.prefix).on(key.site);
            audit::record(&tx, caller, change.before(&*before).after(&key)).await?;
            self.finish_key(tx).await?;
        }
        Ok(named(&configuration, key))
    }

    /// Keys, oldest first: those of the site named, else all that the caller may manage.
    ///
    /// # Errors
    /// No permission, or an unknown site.
    pub async fn keys(&self, caller: &Caller, site: Option<&str>) -> Result<Vec<Named>> {
        caller.permit(Operation::ListKeys)?;
        let tx = self.database.read(self.question.deadline).await?;
        let configuration = self.registry.at(&tx).await?;
        let site = match site {
            None => None,
            name => Some(configuration.admit(caller, Operation::ListKeys, name)?),
        };
        // A use raises no generation.
        let uses = store::key::uses(&tx).await?;
        let wanted = |key: &ApiKey| {
            let fits = site.as_ref().is_none_or(|site| key.site == Some(site.id));
            fits && permit_on(caller, Operation::ListKeys, key.site).is_ok()
        };
        let mut keys: Vec<_> = configuration
            .keys
            .values()
            .filter(|(key, _)| wanted(key))
            .map(|(key, _)| {
                let used = uses.iter().find(|(id, _)| *id == key.id);
                let mut key = (**key).clone();
                key.last_used = used.map(|(_, at)| crate::domain::zone::timestamp(*at));
                named(&configuration, key)
            })
            .collect();
        keys.sort_by_key(|named| named.key.id);
        Ok(keys)
    }

    /// The secret that a key's signatures are verified with, where it has one. It never leaves the server.
    ///
    /// # Errors
    /// `INTERNAL` where it cannot be opened.
    pub fn signing_secret_of(&self, key: &ApiKey) -> Result<Option<String>> {
        let configuration = self.registry.current();
        let secrets = configuration.keys.get(&key.prefix).map(|(_, secrets)| secrets);
        let Some(sealed) = secrets.and_then(|secrets| secrets.signing.as_deref()) else {
            return Ok(None);
        };
        let opened = self.seal.open(SIGNING_PURPOSE, sealed);
        let opened = opened.ok_or_else(|| Error::internal("a signing secret cannot be opened"))?;
        String::from_utf8(opened).map(Some).map_err(Error::internal)
    }

    /// A new signing secret, in the clear and sealed.
    fn signing_secret(&self) -> Result<(String, Vec<u8>)> {
        let secret = key::signing_secret(&random()?);
        let sealed = self.seal.seal(SIGNING_PURPOSE, random()?, secret.as_bytes());
        Ok((secret, sealed))
    }

    async fn finish_key(&self, tx: Transaction) -> Result<()> {
        store::configuration::raise(&tx).await?;
        tx.commit().await?;
        self.refresh().await
    }
}

/// A key that the caller may manage, by its prefix or its number.
fn own(
    configuration: &Configuration,
    caller: &Caller,
    operation: Operation,
    name: &str,
) -> Result<(Arc<ApiKey>, Secrets)> {
    let found = configuration
        .keys
        .values()
        .find(|(key, _)| key.prefix == name || key.id.to_string() == name)
        .filter(|(key, _)| permit_on(caller, operation, key.site).is_ok());
    let shown: String = name.chars().take(100).collect();
    found
        .cloned()
        .ok_or_else(|| Error::new(Code::NotFound, format!("There is no key “{shown}” for this caller.")).at("key"))
}

/// Lets pass only callers that may do this to a key of one site, or of all.
fn permit_on(caller: &Caller, operation: Operation, site: Option<i64>) -> Result<()> {
    site.map_or_else(
        || caller.permit_on_all(operation),
        |site| caller.permit_on(operation, site),
    )
}

/// Nobody hands on, or comes by a new secret to, what they may not do themselves.
fn check_reach(caller: &Caller, operation: Operation, key: &ApiKey) -> Result<()> {
    permit_on(caller, operation, key.site)?;
    let excess = key.permissions.without(caller.permissions_on(key.site));
    if excess.is_empty() {
        return Ok(());
    }
    let message = format!(
        "A key that may {} is made and changed by those alone who may too.",
        excess.names()
    );
    Err(Error::new(Code::Forbidden, message).at("permissions"))
}

fn check_expiry(expires: Option<Timestamp>) -> Result<()> {
    if expires.is_none_or(|expires| expires > clock::now()) {
        return Ok(());
    }
    let message = "A key expires in the future, or never; to stop one now, revoke it.";
    Err(Error::new(Code::InvalidArgument, message).at("expiresAt"))
}

fn named(configuration: &Configuration, key: ApiKey) -> Named {
    let site = key.site.and_then(|id| configuration.sites.get(&id));
    Named {
        site: site.map(|site| site.name.clone()),
        valid: key.is_valid(clock::now()),
        key,
    }
}

/// A key has 256 random bits, so a fast hash is enough.
pub(super) fn hash(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}
