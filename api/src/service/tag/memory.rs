//! The types of names as far as this process knows them. Within one revision names are only added, and each change of
//! what is known raises the generation of the configuration: what is remembered here holds for every append that holds
//! the generation still.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

use foldhash::fast::RandomState;

use crate::{
    domain::{
        error::Result,
        tag_type::{TagKey, TagType},
    },
    store::{Transaction, tag_type},
};

/// What is known of a name.
#[derive(Debug, Clone, Copy)]
pub(in crate::service) struct Known {
    /// Its number.
    pub(in crate::service) id: i64,
    /// Its type.
    pub(in crate::service) kind: TagType,
    /// Whether it is declared.
    pub(in crate::service) declared: bool,
}

impl From<&TagKey> for Known {
    fn from(key: &TagKey) -> Self {
        Self {
            id: key.id,
            kind: key.kind,
            declared: key.declared.is_some(),
        }
    }
}

/// Names with what is known of them.
pub(in crate::service) type Names = HashMap<String, Known, RandomState>;

/// The types that are known of one revision: every declared name, and those first sightings that were met.
#[derive(Debug, Default)]
pub struct TagTypes {
    revision: i64,
    known: RwLock<Names>,
}

impl TagTypes {
    /// Those that `tx` sees, unless `last` is of the same revision.
    ///
    /// # Errors
    /// Whatever the database says.
    pub(in crate::service) async fn load(tx: &Transaction, last: &Arc<Self>) -> Result<Arc<Self>> {
        let revision = tag_type::revision(tx).await?;
        if last.revision == revision {
            return Ok(last.clone());
        }
        let keys = tag_type::list(tx).await?;
        let known = keys.iter().map(|key| (key.name.clone(), key.into())).collect();
        Ok(Arc::new(Self {
            revision,
            known: RwLock::new(known),
        }))
    }

    /// The names that are known.
    pub(in crate::service) fn read(&self) -> RwLockReadGuard<'_, Names> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds names whose types are committed.
    pub(in crate::service) fn learn(&self, names: impl IntoIterator<Item = (String, Known)>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.extend(names);
    }
}
