//! Accounts, what they may do, and what they sign in with.

use entity::{
    account::{ActiveModel, Column, Entity, Model},
    account_role,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, NotSet, QueryFilter, QueryOrder};

use super::Transaction;
use crate::domain::{
    account::Account,
    error::Result,
    role::{Grant, Role},
    zone,
};

/// What stands for the whole organisation where a site is named; no site has this number.
const EVERY_SITE: i64 = 0;

/// An account with what it signs in with.
#[derive(Debug, Clone)]
pub struct Stored {
    /// What others may know of it.
    pub account: Account,
    /// The hash of its password.
    pub password_hash: Option<String>,
    /// Who vouches for it elsewhere, and its name there.
    pub identity: Option<(String, String)>,
    /// Its second factor, be it proven to work or not.
    pub totp: Option<Totp>,
}

/// A second factor.
#[derive(Debug, Clone)]
pub struct Totp {
    /// The sealed secret.
    pub sealed: Vec<u8>,
    /// Whether it was proven to work, and counts.
    pub confirmed: bool,
    /// The newest step whose code was taken.
    pub used_step: i64,
}

/// By which an account is found.
#[derive(Debug, Clone, Copy)]
pub enum By<'a> {
    /// Its internal number.
    Number(i64),
    /// The name that others know it by.
    PublicId(&'a str),
    /// Its e-mail address, normalised.
    Email(&'a str),
    /// Who vouches for it elsewhere, and its name there.
    Identity(&'a str, &'a str),
}

/// An account, if there is one.
///
/// # Errors
/// Whatever the database says.
pub async fn find(tx: &Transaction, by: By<'_>) -> Result<Option<Stored>> {
    let query = match by {
        By::Number(id) => Entity::find().filter(Column::Id.eq(id)),
        By::PublicId(id) => Entity::find().filter(Column::PublicId.eq(id)),
        By::Email(email) => Entity::find().filter(Column::Email.eq(email)),
        By::Identity(issuer, subject) => Entity::find()
            .filter(Column::IdentityIssuer.eq(issuer))
            .filter(Column::IdentitySubject.eq(subject)),
    };
    let Some(row) = query.one(tx.connection()).await.map_err(|error| tx.failure(error))? else {
        return Ok(None);
    };
    let roles = account_role::Entity::find()
        .filter(account_role::Column::AccountId.eq(row.id))
        .order_by_asc(account_role::Column::SiteId)
        .all(tx.connection())
        .await
        .map_err(|error| tx.failure(error))?;
    Ok(Some(read(row, &roles)))
}

/// Every account, by e-mail address.
///
/// # Errors
/// Whatever the database says.
pub async fn list(tx: &Transaction) -> Result<Vec<Account>> {
    let rows = Entity::find().order_by_asc(Column::Email).all(tx.connection()).await;
    let roles = account_role::Entity::find()
        .order_by_asc(account_role::Column::SiteId)
        .all(tx.connection())
        .await
        .map_err(|error| tx.failure(error))?;
    let mut of_account = std::collections::HashMap::<i64, Vec<_>>::new();
    for role in roles {
        of_account.entry(role.account_id).or_default().push(role);
    }
    let rows = rows.map_err(|error| tx.failure(error))?;
    let account = |row: Model| {
        let roles = of_account.remove(&row.id).unwrap_or_default();
        read(row, &roles).account
    };
    Ok(rows.into_iter().map(account).collect())
}

/// Whether there is any account.
///
/// # Errors
/// Whatever the database says.
pub async fn any(tx: &Transaction) -> Result<bool> {
    let row = tx.sql("SELECT 1 FROM account LIMIT 1").row(tx).await?;
    Ok(row.is_some())
}

/// Makes an account with its grants; gives its number.
///
/// # Errors
/// A conflict where the e-mail address is taken, or whatever the database says.
pub async fn create(tx: &Transaction, account: &Account) -> Result<i64> {
    let row = ActiveModel {
        id: NotSet,
        public_id: Set(account.public_id.clone()),
        email: Set(account.email.clone()),
        name: Set(account.name.clone()),
        password_hash: Set(None),
        totp_secret: Set(None),
        totp_confirmed_at: Set(None),
        totp_used_step: Set(0),
        identity_issuer: Set(None),
        identity_subject: Set(None),
        created_at: Set(zone::nanoseconds(account.created)),
        disabled_at: Set(account.disabled.map(zone::nanoseconds)),
    };
    let id = row.insert(tx.connection()).await.map_err(|error| tx.failure(error))?.id;
    for grant in &account.grants {
        set_role(tx, id, grant.site, Some(grant.role)).await?;
    }
    Ok(id)
}

/// Sets the hash of the password.
///
/// # Errors
/// Whatever the database says.
pub async fn set_password(tx: &Transaction, id: i64, hash: &str) -> Result<()> {
    let mut sql = tx.sql("UPDATE account SET password_hash = ");
    sql.bind(hash).push(" WHERE id = ").number(id);
    sql.run(tx).await.map(drop)
}

/// Sets what people call an account.
///
/// # Errors
/// Whatever the database says.
pub async fn set_name(tx: &Transaction, id: i64, name: &str) -> Result<()> {
    let mut sql = tx.sql("UPDATE account SET name = ");
    sql.bind(name).push(" WHERE id = ").number(id);
    sql.run(tx).await.map(drop)
}

/// Says who vouches for an account elsewhere.
///
/// # Errors
/// A conflict where another account is known by that name, or whatever the database says.
pub async fn set_identity(tx: &Transaction, id: i64, issuer: &str, subject: &str) -> Result<()> {
    let mut sql = tx.sql("UPDATE account SET identity_issuer = ");
    sql.bind(issuer).push(", identity_subject = ").bind(subject);
    sql.push(" WHERE id = ").number(id);
    sql.run(tx).await.map(drop)
}

/// Disables an account, or with none lets it in again.
///
/// # Errors
/// Whatever the database says.
pub async fn set_disabled(tx: &Transaction, id: i64, at: Option<i64>) -> Result<()> {
    let mut sql = tx.sql("UPDATE account SET disabled_at = ");
    sql.bind(at).push(" WHERE id = ").number(id);
    sql.run(tx).await.map(drop)
}

/// Sets the role on a site, or with no site in the whole organisation; none takes it away. Gives whether it was there.
///
/// # Errors
/// Whatever the database says.
pub async fn set_role(tx: &Transaction, id: i64, site: Option<i64>, role: Option<Role>) -> Result<bool> {
    let mut sql = tx.sql("DELETE FROM account_role WHERE account_id = ");
    sql.number(id)
        .push(" AND site_id = ")
        .number(site.unwrap_or(EVERY_SITE));
    let was_there = sql.run(tx).await? > 0;
    if let Some(role) = role {
        let mut sql = tx.sql("INSERT INTO account_role (account_id, site_id, role) VALUES (");
        sql.number(id)
            .push(", ")
            .number(site.unwrap_or(EVERY_SITE))
            .push(", ")
            .number(role.code().into())
            .push(")");
        sql.run(tx).await?;
    }
    Ok(was_there)
}

fn read(row: Model, roles: &[account_role::Model]) -> Stored {
    let confirmed = row.totp_confirmed_at.is_some();
    let grants = roles.iter().map(|role| Grant {
        site: (role.site_id != EVERY_SITE).then_some(role.site_id),
        role: Role::from_code(role.role),
    });
    Stored {
        account: Account {
            id: row.id,
            public_id: row.public_id,
            email: row.email,
            name: row.name,
            grants: grants.collect(),
            has_password: row.password_hash.is_some(),
            has_second_factor: confirmed && row.totp_secret.is_some(),
            created: zone::timestamp(row.created_at),
            disabled: row.disabled_at.map(zone::timestamp),
        },
        password_hash: row.password_hash,
        identity: row.identity_issuer.zip(row.identity_subject),
        totp: row.totp_secret.map(|sealed| Totp {
            sealed,
            confirmed,
            used_step: row.totp_used_step,
        }),
    }
}
