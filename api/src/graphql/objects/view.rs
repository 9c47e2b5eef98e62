//! Views.

use async_graphql::{Enum, SimpleObject};

use crate::{
    domain::{
        rollup::{State, Usage},
        view::{Definition, RAW},
    },
    graphql::scalar::{Count, DateTime},
    service::view::Status,
};

/// Whether a view or scope answers from what is folded.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum ViewState {
    /// It takes in the events that were there before it; answers come from raw events and are right.
    Backfilling,
    /// It answers fast.
    Live,
}

/// How far a backfill is.
#[derive(SimpleObject)]
pub(in crate::graphql) struct Backfill {
    /// Events taken in.
    done: Count,
    /// Events to take in, as counted when it began.
    total: Count,
    /// The part done, 0–1.
    progress: f64,
}

impl Backfill {
    pub(in crate::graphql) fn new(done: i64, total: i64) -> Self {
        let progress = if total > 0 {
            (done as f64 / total as f64).min(1.0)
        } else {
            1.0
        };
        Self {
            done: Count(done),
            total: Count(total),
            progress,
        }
    }
}

/// What a view or scope keeps, and how often it is asked: whether it is worth its room.
#[derive(SimpleObject)]
pub(in crate::graphql) struct RollupUsage {
    /// Rows that it keeps: for a view counts, one for each combination of values in an hour or a day; for a scope sets of
    /// actors, one for each combination of values in a day. At most 1,000,000 are counted.
    rows: Count,
    /// Whether it keeps more than `rows` says.
    more: bool,
    /// Questions that it was asked in the last 30 days in UTC, today included; the last seconds may be missing.
    questions: Count,
    /// When it last answered a question.
    last_asked_at: Option<DateTime>,
}

impl From<Usage> for RollupUsage {
    fn from(usage: Usage) -> Self {
        Self {
            rows: Count(usage.rows),
            more: usage.more,
            questions: Count(usage.questions),
            last_asked_at: usage.last.map(DateTime::of),
        }
    }
}

/// A rollup that questions can be asked of: optional actions, dimensions, measures.
#[derive(SimpleObject)]
pub(in crate::graphql) struct View {
    /// The name that `find` takes.
    name: String,
    /// The actions it counts; none counts all.
    actions: Option<Vec<String>>,
    /// What it can be filtered and grouped by. The view `events` has every dimension and every `tag.<path>`.
    dimensions: Vec<String>,
    /// The numeric tag fields it measures.
    measures: Vec<String>,
    /// Whether it is there from the start.
    built_in: bool,
    /// Whether it answers from what is folded yet. `events` is always answered from raw events.
    state: ViewState,
    /// How far it has taken in the events that were there before it; none once it is live.
    backfill: Option<Backfill>,
    /// When it was declared; none for `events`.
    created_at: Option<DateTime>,
    /// What it keeps and how often it is asked, as `views` tells; none for `events`, and where a view was just made or deleted.
    usage: Option<RollupUsage>,
}

impl View {
    /// The view that is answered from raw events.
    pub(in crate::graphql) fn raw() -> Self {
        Self {
            name: RAW.to_owned(),
            actions: None,
            dimensions: crate::domain::dimension::Dimension::PLAIN
                .iter()
                .map(ToString::to_string)
                .collect(),
            measures: Vec::new(),
            built_in: true,
            state: ViewState::Live,
            backfill: None,
            created_at: None,
            usage: None,
        }
    }
}

impl From<Status> for View {
    fn from(Status { view, rollup, usage }: Status) -> Self {
        let Definition {
            name,
            actions,
            dimensions,
            measures,
        } = view.definition;
        let names = |list: Vec<crate::domain::dimension::Dimension>| list.iter().map(ToString::to_string).collect();
        let behind = rollup.filter(|rollup| rollup.state == State::Backfilling);
        Self {
            name,
            actions,
            dimensions: names(dimensions),
            measures: names(measures),
            built_in: view.built_in,
            state: if behind.is_some() {
                ViewState::Backfilling
            } else {
                ViewState::Live
            },
            backfill: behind.map(|rollup| Backfill::new(rollup.backfill_done, rollup.backfill_total)),
            created_at: Some(view.created.into()),
            usage: usage.map(RollupUsage::from),
        }
    }
}
