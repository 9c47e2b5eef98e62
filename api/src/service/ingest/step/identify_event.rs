//! The event's id: the client's, hashed per site and kind of key, or a UUIDv7 of our own.

use jiff::Timestamp;
use uuid::Uuid;

use super::validate_shape::Valid;
use crate::domain::{
    caller::Caller,
    error::Result,
    event::{Door, NewEvent},
    hash::KeyedHash,
    site::Site,
};

/// An event with its ids.
#[derive(Debug)]
pub(in crate::service::ingest) struct Identified {
    /// The parts.
    pub(in crate::service::ingest) event: NewEvent,
    /// When it happened.
    pub(in crate::service::ingest) time: Timestamp,
    /// When the server got it.
    pub(in crate::service::ingest) received: Timestamp,
    /// The public id.
    pub(in crate::service::ingest) id: String,
    /// The unique id.
    pub(in crate::service::ingest) uid: [u8; 16],
    /// Unique ids under which it may be stored already.
    pub(in crate::service::ingest) candidates: Vec<[u8; 16]>,
    /// The way it came in.
    pub(in crate::service::ingest) door: Door,
    /// The key that logs it.
    pub(in crate::service::ingest) key: Option<i64>,
}

/// The unique id that a client's id has on a site, by kind of key: a browser cannot take an id away from a backend.
pub(in crate::service) fn hash_id(hasher: &KeyedHash, site: i64, public: bool, id: &str) -> [u8; 16] {
    hasher.hash(&[b"event", &site.to_le_bytes(), &[u8::from(public)], id.as_bytes()])
}

/// Gives the event its ids.
pub(in crate::service::ingest) fn run(
    hasher: &KeyedHash,
    caller: &Caller,
    door: Door,
    site: &Site,
    valid: Valid,
) -> Result<Identified> {
    let Valid { event, time, received } = valid;
    let key = caller.key().map(|key| key.id);
    let (id, uid, candidates) = match &event.id {
        None => {
            let uid = Uuid::now_v7();
            (uid.to_string(), uid.into_bytes(), Vec::new())
        }
        Some(id) => {
            let own = hash_id(hasher, site.id, !caller.is_trusted(), id);
            let mut candidates = vec![own];
            // An event that was exported comes back under the id that this server once gave it.
            candidates.extend(Uuid::parse_str(id).ok().map(Uuid::into_bytes));
            if door == Door::Import {
                candidates.push(hash_id(hasher, site.id, true, id));
            }
            (id.clone(), own, candidates)
        }
    };
    Ok(Identified {
        event,
        time,
        received,
        id,
        uid,
        candidates,
        door,
        key,
    })
}
