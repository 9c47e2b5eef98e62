//! How many events one fold takes.
//!
//! A fold is bounded by rows, as it is read into memory, and by time, as it is written down under the mark's lock, which on
//! SQLite is the one that all who log wait for. The mark moves in the transaction that writes the rollups, so that counts
//! cannot be written in slices of some milliseconds as all else is: what keeps them short is that a fold is small. While
//! it keeps up it takes what came within a second. Behind a backlog it takes as much as it can write within
//! [`MOST_HELD`], as many events share most of their cells. (Sets of actors are written in slices; see
//! [`super::Services::fold`].)

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The longest that one fold should hold the writer. On the two cores of the benchmark a fold of sixty thousand events
/// takes about half as long with reading and all, so that it stays as large as rows allow there: a smaller one shares
/// fewer cells and drains a backlog more slowly. A slower disk, or wider views, make it smaller.
const MOST_HELD: Duration = Duration::from_secs(1);
/// The part of one read that a fold takes however slow it is to write: below it the commit takes the time, and not
/// the events.
const LEAST_PART: usize = 10;

/// The sizes of folds by mark, where they are not what rows allow. A restart forgets them.
#[derive(Debug, Default)]
pub(super) struct Sizes(Mutex<HashMap<i64, usize>>);

impl Sizes {
    /// Events that the next fold of a mark may take: at least 1, at most `most`.
    pub(super) fn next(&self, mark: i64, most: usize) -> usize {
        self.sizes().get(&mark).map_or(most, |size| (*size).clamp(1, most))
    }

    /// Notes how long the writer was held for `events`. What took too long is halved; what did not grows by one `read`, up
    /// to `most`.
    pub(super) fn note(&self, mark: i64, events: usize, held: Duration, read: usize, most: usize) {
        let size = self.next(mark, most);
        let next = if held > MOST_HELD {
            (size.min(events) / 2).max(read / LEAST_PART).max(1)
        } else {
            size.saturating_add(read)
        };
        if next < most {
            self.sizes().insert(mark, next);
        } else {
            self.sizes().remove(&mark);
        }
    }

    /// Halves the next fold of a mark, as a table refused some of this one of `size` events; gives whether it could.
    pub(super) fn narrow(&self, mark: i64, size: usize) -> bool {
        let can = size > 1;
        if can {
            self.sizes().insert(mark, size / 2);
        }
        can
    }

    fn sizes(&self) -> MutexGuard<'_, HashMap<i64, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: usize = 5_000;
    const MOST: usize = 60_000;

    #[test]
    fn what_is_written_slowly_is_halved_and_grows_back() {
        let sizes = Sizes::default();
        let (fast, slow) = (MOST_HELD / 2, MOST_HELD * 2);
        assert_eq!(sizes.next(1, MOST), MOST);
        sizes.note(1, MOST, fast, READ, MOST);
        assert_eq!(sizes.next(1, MOST), MOST);
        sizes.note(1, MOST, slow, READ, MOST);
        assert_eq!(sizes.next(1, MOST), MOST / 2);
        assert_eq!(sizes.next(2, MOST), MOST, "each mark has its own");
        // Halving is of what was written, which may be less than was allowed.
        sizes.note(1, 8_000, slow, READ, MOST);
        assert_eq!(sizes.next(1, MOST), 4_000);
        for _ in 0..20 {
            sizes.note(1, 10, slow, READ, MOST);
        }
        assert_eq!(sizes.next(1, MOST), READ / LEAST_PART);
        for folds in 1..=12 {
            sizes.note(1, 10, fast, READ, MOST);
            assert_eq!(sizes.next(1, MOST), (READ / LEAST_PART + folds * READ).min(MOST));
        }
    }

    #[test]
    fn what_is_refused_is_narrowed_to_one_event() {
        let sizes = Sizes::default();
        let mut tries = 0;
        while sizes.narrow(1, sizes.next(1, MOST)) {
            tries += 1;
        }
        assert_eq!((sizes.next(1, MOST), tries), (1, 15));
        sizes.note(1, 1, Duration::ZERO, READ, MOST);
        assert_eq!(sizes.next(1, MOST), 1 + READ);
    }
}
