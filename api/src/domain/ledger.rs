//! The ledger: what became of every received event, by time of receipt.

use std::{
    collections::{HashMap, hash_map},
    hash::Hash,
};

use foldhash::fast::RandomState;
use jiff::tz::TimeZone;

use crate::domain::{
    error::Code,
    event::{Door, Outcome, OutcomeKind},
    period::{Period, Span},
    zone::HOUR,
};

/// Nanoseconds of what the ledger counts by. The days and hours of every zone of today begin with one.
pub const QUARTER: i64 = HOUR / 4;

/// The site of events that named none there is.
pub const NO_SITE: i64 = 0;

/// The number, since 1970, of the quarter of an hour in UTC that holds a moment.
#[must_use]
pub fn quarter(nanoseconds: i64) -> i64 {
    nanoseconds.div_euclid(QUARTER)
}

/// The whole quarters that a span touches, in nanoseconds.
#[must_use]
pub fn whole_quarters(span: Span) -> Span {
    let up = quarter(span.to.saturating_sub(1)).saturating_add(1);
    Span {
        from: quarter(span.from).saturating_mul(QUARTER),
        to: up.saturating_mul(QUARTER),
    }
}

/// What events are told apart by, besides their actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kind {
    /// The site, or [`NO_SITE`].
    pub site: i64,
    /// When they were received.
    pub quarter: i64,
    /// What became of them.
    pub outcome: OutcomeKind,
    /// Why they were refused.
    pub code: Option<Code>,
    /// The key that they came by.
    pub key: Option<i64>,
    /// The way they came in.
    pub door: Door,
}

impl Kind {
    /// The same events with an outcome.
    #[must_use]
    pub fn ended(self, outcome: &Outcome) -> Self {
        Self {
            outcome: outcome.kind(),
            code: outcome.code(),
            ..self
        }
    }

    /// The same events, refused.
    #[must_use]
    pub fn refused(self, code: Code) -> Self {
        Self {
            outcome: OutcomeKind::of(code),
            code: Some(code),
            ..self
        }
    }

    /// Whether such events are stored, now or before.
    #[must_use]
    pub fn is_stored(self) -> bool {
        matches!(self.outcome, OutcomeKind::Accepted | OutcomeKind::Duplicate)
    }
}

/// How many events there were of each kind and action. An empty action stands for those that are not told by name.
#[derive(Debug, Clone)]
pub struct Counts<S>(HashMap<(Kind, S), i64, RandomState>);

impl<S> Default for Counts<S> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<S: Eq + Hash> Counts<S> {
    /// Adds `n` events.
    pub fn add(&mut self, kind: Kind, action: S, n: i64) {
        *self.0.entry((kind, action)).or_default() += n;
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each kind and action, in no order, with its number.
    pub fn iter(&self) -> hash_map::Iter<'_, (Kind, S), i64> {
        self.0.iter()
    }
}

impl Counts<Box<str>> {
    /// Adds what others counted. Where there are `most` kinds and actions already, further actions are no longer told
    /// apart, so that what is held stays bounded.
    pub fn merge(&mut self, other: Self, most: usize) {
        for ((kind, action), n) in other.0 {
            let line = (kind, action);
            if self.0.len() < most || self.0.contains_key(&line) {
                self.add(line.0, line.1, n);
            } else {
                self.add(kind, Box::default(), n);
            }
        }
    }
}

/// What the ledger can be grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// What became of the events.
    Outcome,
    /// Why they were refused.
    Code,
    /// Their action.
    Action,
    /// The key that they came by.
    Key,
    /// The way they came in.
    Dialect,
}

/// A question to the ledger.
#[derive(Debug, Clone)]
pub struct Question {
    /// The bounds; the quarters of an hour that they touch are told whole.
    pub span: Span,
    /// The length of a point, where a series is wanted.
    pub series: Option<Period>,
    /// The zone whose clock cuts the points; none takes the site's.
    pub time_zone: Option<TimeZone>,
    /// What to group by.
    pub group_by: Vec<Dimension>,
}

/// What the events of one row have in common; none where that was not grouped by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Group {
    /// What became of them.
    pub outcome: Option<OutcomeKind>,
    /// Why they were refused; none also for those that were not.
    pub code: Option<String>,
    /// Their action; none also for those that are not told by name.
    pub action: Option<String>,
    /// Whether they are those that are not told by name.
    pub other_actions: bool,
    /// The key; none also for those that came by no key.
    pub key: Option<i64>,
    /// The way they came in.
    pub door: Option<Door>,
}

/// Events of one group.
#[derive(Debug, Clone)]
pub struct Row {
    /// What they have in common.
    pub group: Group,
    /// The public id of the key.
    pub key: Option<String>,
    /// How many.
    pub count: i64,
}

/// One point of a series.
#[derive(Debug, Clone)]
pub struct Point {
    /// Its bounds.
    pub span: Span,
    /// All events received in it.
    pub received: i64,
    /// Its groups.
    pub rows: Vec<Row>,
}

/// The ledger's answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What it covers.
    pub span: Span,
    /// The zone whose clock cut the points.
    pub time_zone: TimeZone,
    /// All events received.
    pub received: i64,
    /// The groups.
    pub rows: Vec<Row>,
    /// The points, where a series was asked for.
    pub series: Option<Vec<Point>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(site: i64) -> Kind {
        Kind {
            site,
            quarter: 1,
            outcome: OutcomeKind::Invalid,
            code: Some(Code::InvalidTag),
            key: None,
            door: Door::Graphql,
        }
    }

    #[test]
    fn bounds_go_out_to_whole_quarters_and_aligned_ones_stay() {
        let span = |from, to| Span { from, to };
        assert_eq!(whole_quarters(span(0, QUARTER)), span(0, QUARTER));
        assert_eq!(whole_quarters(span(1, QUARTER + 1)), span(0, 2 * QUARTER));
        assert_eq!(whole_quarters(span(-1, 0)), span(-QUARTER, 0));
    }

    #[test]
    fn what_is_held_is_bounded_and_nothing_is_lost() {
        let mut held = Counts::default();
        for number in 0..100 {
            let mut more = Counts::default();
            more.add(kind(1), format!("action {number}").into(), 2);
            more.add(kind(2), "a".into(), 1);
            held.merge(more, 10);
        }
        assert!(held.iter().count() <= 12);
        assert_eq!(held.iter().map(|(_, n)| n).sum::<i64>(), 300);
        let others: i64 = held
            .iter()
            .filter(|((_, action), _)| action.is_empty())
            .map(|(_, n)| n)
            .sum();
        assert!(others > 150);
    }
}
