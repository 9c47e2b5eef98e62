//! Visits: what one visitor does without half an hour of doing nothing.
//!
//! They are remembered in memory and by the visitor's browser, and nowhere else. The id of a new visit follows from the
//! visitor and the half hour in which it begins, so that two servers that meet a visitor at once give the same; no two
//! visits of one visitor begin in the same half hour.

use jiff::Timestamp;
use quick_cache::sync::Cache;
use uuid::Uuid;

use crate::domain::hash::{Hash, KeyedHash};

/// A visit ends when nothing happens for so many seconds.
const IDLE_SECONDS: i64 = 30 * 60;
/// Visits remembered: some 10 MB.
const MOST_KNOWN: usize = 100_000;

/// A visit that goes on.
#[derive(Debug, Clone, Copy)]
struct Visit {
    id: Uuid,
    last: i64,
}

/// The visits that go on.
pub(super) struct Visits(Cache<Hash, Visit>);

impl Default for Visits {
    fn default() -> Self {
        Self(Cache::new(MOST_KNOWN))
    }
}

impl Visits {
    /// The visit in which a visitor is now. `told` is the one that its browser remembers, which forgets it in time;
    /// `does` says whether the visitor did something, by which a visit goes on.
    pub(super) fn at(
        &self,
        hasher: &KeyedHash,
        visitor: &str,
        told: Option<Uuid>,
        (now, does): (Timestamp, bool),
    ) -> Uuid {
        let now = now.as_second();
        let key = hasher.hash(&[b"visitor", visitor.as_bytes()]);
        let known = self.0.get(&key).filter(|visit| now - visit.last <= IDLE_SECONDS);
        let id = known.map(|visit| visit.id).or(told).unwrap_or_else(|| {
            let half_hour = now.div_euclid(IDLE_SECONDS).to_le_bytes();
            let hash = hasher.hash(&[b"visit", visitor.as_bytes(), &half_hour]);
            uuid::Builder::from_random_bytes(hash).into_uuid()
        });
        if does {
            let last = known.map_or(now, |visit| visit.last.max(now));
            self.0.insert(key, Visit { id, last });
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_ends_when_nothing_happens_for_half_an_hour() {
        let (visits, hasher) = (Visits::default(), KeyedHash::new(b"secret"));
        let at = |seconds: i64, does: bool| {
            let now = Timestamp::from_second(1_795_000_000 + seconds).expect("a time");
            visits.at(&hasher, "ada", None, (now, does))
        };
        let first = at(0, true);
        assert_eq!(at(1_700, true), first);
        assert_eq!(at(3_500, true), first);
        // To ask does not make it go on.
        assert_eq!(at(5_299, false), first);
        let second = at(5_301, true);
        assert_ne!(second, first);
        assert_eq!(at(5_302, true), second);
        // Another server, which has not met the visitor, begins the same visit.
        let now = Timestamp::from_second(1_795_005_301).expect("a time");
        assert_eq!(Visits::default().at(&hasher, "ada", None, (now, true)), second);
        assert_ne!(Visits::default().at(&hasher, "bob", None, (now, true)), second);
        assert_eq!(Visits::default().at(&hasher, "ada", Some(first), (now, true)), first);
    }
}
