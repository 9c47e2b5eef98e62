//! The event's id: the client's, hashed per site and kind of key, or a UUIDv7 of our own.

use uuid::Uuid;

use crate::domain::{
    caller::Caller,
    event::{Door, Event},
    hash::KeyedHash,
    site::Site,
};

/// What an event is known by.
#[derive(Debug)]
pub(in crate::service::ingest) struct Ids {
    /// The public id.
    pub(in crate::service::ingest) id: String,
    /// The unique id.
    pub(in crate::service::ingest) uid: [u8; 16],
    /// Unique ids under which it may be stored already.
    pub(in crate::service::ingest) candidates: Vec<[u8; 16]>,
}

/// The unique id that a client's id has on a site, by kind of key: a browser cannot take an id away from a backend.
pub(in crate::service) fn hash_id(hasher: &KeyedHash, site: i64, public: bool, id: &str) -> [u8; 16] {
    hasher.hash(&[b"event", &site.to_le_bytes(), &[u8::from(public)], id.as_bytes()])
}

/// The ids of an event that came with the client's `id`, or without one: then `made` is its own, where its door has made
/// one for it.
pub(in crate::service::ingest) fn run(
    hasher: &KeyedHash,
    caller: &Caller,
    door: Door,
    site: &Site,
    (id, made): (Option<&str>, Option<Uuid>),
) -> Ids {
    let Some(id) = id else {
        let uid = made.unwrap_or_else(Uuid::now_v7);
        return Ids {
            id: uid.to_string(),
            uid: uid.into_bytes(),
            candidates: Vec::new(),
        };
    };
    let own = hash_id(hasher, site.id, !caller.is_trusted(), id);
    Ids {
        id: id.to_owned(),
        uid: own,
        candidates: all(hasher, site.id, door, own, id),
    }
}

/// The unique ids under which an event that was refused before may be stored meanwhile.
pub(in crate::service) fn candidates(hasher: &KeyedHash, event: &Event, public: bool) -> Vec<[u8; 16]> {
    if !event.id_is_clients {
        return Vec::new();
    }
    let own = hash_id(hasher, event.site, public, &event.id);
    all(hasher, event.site, event.door, own, &event.id)
}

fn all(hasher: &KeyedHash, site: i64, door: Door, own: [u8; 16], id: &str) -> Vec<[u8; 16]> {
    let mut candidates = vec![own];
    // An event that was exported comes back under the id that this server once gave it.
    candidates.extend(Uuid::parse_str(id).ok().map(Uuid::into_bytes));
    if door == Door::Import {
        candidates.push(hash_id(hasher, site, true, id));
    }
    candidates
}
