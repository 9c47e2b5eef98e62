//! Declaring, retyping and releasing names. Each raises the generation before it looks: appends that hold it have ended
//! by then, and later ones wait and read their types anew.

use super::schema::fits_a_row;
use crate::{
    clock,
    domain::{
        audit::Change,
        caller::Caller,
        error::{Code, Error, Result},
        operation::Operation,
        tag_type::{MOST_LETTERS, MOST_NAMES, TagKey, TagType},
        zone::nanoseconds,
    },
    service::{Services, audit},
    store::{Priority, Transaction, configuration, tag_type},
};

impl Services {
    /// Declares a name, for every site; one that was only seen, and is of this type, becomes declared.
    ///
    /// # Errors
    /// No permission, a bad name, `ALREADY_EXISTS` where it is declared or of another type, `TAG_KEY_LIMIT`.
    pub async fn declare_tag_type(&self, caller: &Caller, name: &str, kind: TagType) -> Result<TagKey> {
        caller.permit(Operation::DeclareTagType)?;
        let name = read_name(name)?;
        let (tx, before) = self.begin_tag_change(&name).await?;
        let now = clock::now();
        let key = match &before {
            Some(key) if key.kind != kind || key.declared.is_some() => {
                let message = format!(
                    "“{name}” has the type {} already; change it by `retypeTagType`, or take it away by `releaseTagType`.",
                    key.kind
                );
                return Err(Error::new(Code::AlreadyExists, message).at("name"));
            }
            Some(key) => {
                let key = TagKey {
                    declared: Some(now),
                    ..key.clone()
                };
                tag_type::update(&tx, &key).await?;
                key
            }
            None if tag_type::count(&tx).await? >= MOST_NAMES => {
                let message = format!("{MOST_NAMES} keys have a type, which is as many as can be; release some first.");
                return Err(Error::new(Code::TagKeyLimit, message).at("name"));
            }
            None => tag_type::declare(&tx, &name, kind, nanoseconds(now)).await?,
        };
        let mut change = Change::new(Operation::DeclareTagType, &name).after(&key);
        if let Some(before) = &before {
            change = change.before(before);
        }
        self.end_tag_change(tx, caller, change).await?;
        Ok(key)
    }

    /// Gives a name another type, for every site. Events that are stored stay as they are.
    ///
    /// # Errors
    /// No permission, or `NOT_FOUND`.
    pub async fn retype_tag(&self, caller: &Caller, name: &str, kind: TagType) -> Result<TagKey> {
        caller.permit(Operation::RetypeTagType)?;
        let name = read_name(name)?;
        let (tx, before) = self.begin_tag_change(&name).await?;
        let (before, key) = retype(&tx, before, &name, kind).await?;
        let change = Change::new(Operation::RetypeTagType, &name).before(&before).after(&key);
        self.end_tag_change(tx, caller, change).await?;
        Ok(key)
    }

    /// Takes a name's type away, on every site: it gets the type that it is next seen with.
    ///
    /// # Errors
    /// No permission, or `NOT_FOUND`.
    pub async fn release_tag(&self, caller: &Caller, name: &str) -> Result<TagKey> {
        caller.permit(Operation::ReleaseTagType)?;
        let name = read_name(name)?;
        let (tx, before) = self.begin_tag_change(&name).await?;
        let before = before.ok_or_else(|| unknown(&name))?;
        tag_type::release(&tx, before.id).await?;
        let change = Change::new(Operation::ReleaseTagType, &name).before(&before);
        self.end_tag_change(tx, caller, change).await?;
        Ok(before)
    }

    async fn begin_tag_change(&self, name: &str) -> Result<(Transaction, Option<TagKey>)> {
        let tx = self.database.write(Priority::Configuration).await?;
        configuration::raise(&tx).await?;
        let found = tag_type::find(&tx, [name]).await?.pop();
        Ok((tx, found))
    }

    async fn end_tag_change(&self, tx: Transaction, caller: &Caller, change: Change) -> Result<()> {
        tag_type::revise(&tx).await?;
        audit::record(&tx, caller, change).await?;
        tx.commit().await?;
        self.refresh().await
    }
}

/// Gives a name another type; gives it as it was and as it is.
pub(in crate::service) async fn retype(
    tx: &Transaction,
    before: Option<TagKey>,
    name: &str,
    kind: TagType,
) -> Result<(TagKey, TagKey)> {
    let before = before.ok_or_else(|| unknown(name))?;
    let key = TagKey { kind, ..before.clone() };
    tag_type::update(tx, &key).await?;
    Ok((before, key))
}

fn unknown(name: &str) -> Error {
    let shown: String = name.chars().take(100).collect();
    Error::new(Code::NotFound, format!("No key “{shown}” has a type.")).at("name")
}

/// A name as it is kept: with underscores for its dots.
///
/// # Errors
/// `TOO_LONG` or `INVALID_TEXT`.
pub(in crate::service) fn read_name(name: &str) -> Result<String> {
    if !fits_a_row(name) {
        let message = format!("A key with a type has at most {MOST_LETTERS} characters.");
        return Err(Error::new(Code::TooLong, message).at("name"));
    }
    if name.contains('\0') {
        let message = "The text holds the character U+0000, which cannot be stored.";
        return Err(Error::new(Code::InvalidText, message).at("name"));
    }
    Ok(name.replace('.', "_"))
}
