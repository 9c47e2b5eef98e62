//! Rollups: one generation of a view or scope on one site, in one time zone, folded up to a mark.

use jiff::tz::TimeZone;

use crate::domain::{dimension::Dimension, site::stored, view::Definition};

/// How far a rollup is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Catching up; raw events answer.
    Backfilling,
    /// It answers.
    Live,
    /// Replaced or deleted; its cells are being cleared away.
    Retired,
}

stored!(State { Backfilling = 0, Live = 1, Retired = 2 });

/// Why a rollup does not hold an hour or day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// It would have more cells than allowed.
    Overflow,
    /// A deletion touched a least or greatest value; it will be rebuilt.
    Stale,
}

stored!(Gap { Overflow = 0, Stale = 1 });

/// The size of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tier {
    /// An hour in UTC.
    Hour,
    /// A day in the rollup's zone.
    Day,
}

stored!(Tier { Hour = 0, Day = 1 });

/// The mark of everything live that counts.
pub const VIEW_MARK: i64 = 1;
/// The mark of everything live that tells actors apart. Sketches cost more to write than counts, so under load they
/// are folded in larger steps; hence a mark of their own.
pub const SCOPE_MARK: i64 = 2;

/// What a rollup holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Counts and measures of a view.
    View(Definition),
    /// Sketches of a scope's fields.
    Scope(Vec<Dimension>),
}

/// One generation of a view or scope on one site.
#[derive(Debug, Clone)]
pub struct Rollup {
    /// Internal number.
    pub id: i64,
    /// The site.
    pub site: i64,
    /// The view or the scope it answers.
    pub owner: i64,
    /// What it holds.
    pub content: Content,
    /// The zone of its days.
    pub time_zone: TimeZone,
    /// How far it is.
    pub state: State,
    /// The mark up to which it is folded.
    pub mark: i64,
    /// How many events it had to catch up with.
    pub backfill_total: i64,
    /// How many of them it has.
    pub backfill_done: i64,
    /// It holds nothing before this nanosecond, as raw events were gone when it began.
    pub floor: i64,
}

/// Where a mark stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Internal number.
    pub id: i64,
    /// Events that arrived before it are folded.
    pub position: i64,
    /// Sets of actors may hold events that arrived before it, as a fold of sets writes in slices; never below
    /// `position`.
    pub reach: i64,
    /// Raised by each deletion, restore and rebuild.
    pub revision: i64,
    /// The database that the position counts in.
    pub epoch: String,
}
