//! Deletions: which events, and how far.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::{
    audit::Shown, condition::Condition, dimension::Dimension, period::Span, predicate::Predicate, site::stored, zone,
};

/// How far a deletion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// A tombstone hides its events; they are being worked off.
    Hiding,
    /// Its events are hidden and await the purge.
    Hidden,
    /// Its events are being brought back.
    Restoring,
    /// Its events are back.
    Restored,
    /// Its events are being removed from disk.
    Purging,
    /// Its events are gone.
    Purged,
}

stored!(State { Hiding = 0, Hidden = 1, Restoring = 2, Restored = 3, Purging = 4, Purged = 5 });

impl State {
    /// Every state, from the first to the last.
    pub const ALL: &[Self] = &[
        Self::Hiding,
        Self::Hidden,
        Self::Restoring,
        Self::Restored,
        Self::Purging,
        Self::Purged,
    ];
}

/// Which events.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// Those with these internal numbers.
    pub sequences: Option<Vec<i64>>,
    /// Those that happened in this stretch.
    pub span: Option<Span>,
    /// Those that fulfil all of these.
    pub conditions: Vec<Condition>,
    /// Those of which this holds.
    pub predicate: Option<Predicate>,
}

impl Filter {
    /// The dimensions that it asks for.
    #[must_use]
    pub fn dimensions(&self) -> Vec<&Dimension> {
        let mut found: Vec<_> = self.conditions.iter().map(|one| &one.dimension).collect();
        if let Some(predicate) = &self.predicate {
            predicate.dimensions(&mut found);
        }
        found
    }

    /// The same, of which this holds as well.
    #[must_use]
    pub fn and(mut self, predicate: Predicate) -> Self {
        self.predicate = Some(match self.predicate {
            Some(own) => Predicate::All(vec![own, predicate]),
            None => predicate,
        });
        self
    }

    /// The same of what happened at nanosecond `floor` or later; `i64::MIN` is no floor.
    #[must_use]
    pub fn since(mut self, floor: i64) -> Self {
        if floor > i64::MIN {
            let to = self.span.map_or(i64::MAX, |span| span.to);
            let from = self.span.map_or(floor, |span| span.from.max(floor));
            self.span = Some(Span { from, to });
        }
        self
    }
}

/// A stored condition, in the words of the API.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredFilter {
    /// Internal numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequences: Option<Vec<i64>>,
    /// First nanosecond.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// First nanosecond past it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
    /// Dimension, operator, value.
    #[serde(default)]
    pub conditions: Vec<(String, crate::domain::condition::Op, Value)>,
    /// What holds besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicate: Option<Predicate>,
}

/// A request to delete events.
#[derive(Debug, Clone)]
pub struct Deletion {
    /// Internal number.
    pub id: i64,
    /// What callers name it by.
    pub public_id: String,
    /// The site.
    pub site: i64,
    /// How far it is.
    pub state: State,
    /// Which events.
    pub filter: Filter,
    /// Only events that arrived before it.
    pub upper: i64,
    /// How many it hides.
    pub events_total: i64,
    /// How many are worked off, of the present stage.
    pub events_done: i64,
    /// When it was asked for.
    pub created: Timestamp,
    /// When the last event was purged or restored.
    pub finished: Option<Timestamp>,
}

impl Shown for Deletion {
    /// Of its filter the dimensions alone: values are texts of events, which the purge is to remove everywhere.
    fn shown(&self) -> Value {
        let filter = &self.filter;
        // An open end is told as none.
        let time = |end: Option<i64>| {
            let end = end.filter(|end| ![i64::MIN, i64::MAX].contains(end));
            end.map(|end| zone::timestamp(end).to_string())
        };
        json!({
            "state": self.state,
            "events": self.events_total,
            "byId": filter.sequences.is_some(),
            "from": time(filter.span.map(|span| span.from)),
            "to": time(filter.span.map(|span| span.to)),
            "dimensions": filter.dimensions().into_iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    }
}

impl From<&Filter> for StoredFilter {
    fn from(filter: &Filter) -> Self {
        Self {
            sequences: filter.sequences.clone(),
            from: filter.span.map(|span| span.from),
            to: filter.span.map(|span| span.to),
            conditions: filter
                .conditions
                .iter()
                .map(|one| (one.dimension.to_string(), one.op, one.value.clone()))
                .collect(),
            predicate: filter.predicate.clone(),
        }
    }
}

impl TryFrom<StoredFilter> for Filter {
    type Error = crate::domain::error::Error;

    fn try_from(stored: StoredFilter) -> Result<Self, Self::Error> {
        let conditions = stored
            .conditions
            .into_iter()
            .map(|(name, op, value)| Condition::new(Dimension::parse(&name)?, op, value));
        Ok(Self {
            sequences: stored.sequences,
            span: stored.from.zip(stored.to).map(|(from, to)| Span { from, to }),
            conditions: conditions.collect::<Result<_, _>>()?,
            predicate: stored.predicate,
        })
    }
}
