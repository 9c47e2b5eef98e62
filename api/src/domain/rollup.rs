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

/// Whom a rollup is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// A view.
    View(i64),
    /// A scope.
    Scope(i64),
}

/// Questions that were answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// How many.
    pub questions: i64,
    /// When the last was answered, in nanoseconds since 1970.
    pub last: i64,
}

/// Rows of one rollup that are counted to tell its size; of a larger one it is told that there are more.
pub const MOST_ROWS_TOLD: i64 = 1_000_000;
/// Days of which it is told how often something was asked, today being the last.
pub const USE_DAYS: i64 = 30;

/// What a view or scope keeps, and how often it is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Rows that it keeps: counts of a view, sets of a scope; of each rollup at most [`MOST_ROWS_TOLD`].
    pub rows: i64,
    /// Whether it keeps more.
    pub more: bool,
    /// Questions of the last [`USE_DAYS`] days.
    pub questions: i64,
    /// When the last of all questions was answered, in nanoseconds since 1970.
    pub last: Option<i64>,
}

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

impl Rollup {
    /// Whom it is for.
    #[must_use]
    pub fn of(&self) -> Owner {
        match self.content {
            Content::View(_) => Owner::View(self.owner),
            Content::Scope(_) => Owner::Scope(self.owner),
        }
    }
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
