//! Views.

use async_graphql::{Enum, SimpleObject};

use crate::{
    domain::{
        rollup::State,
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
        }
    }
}

impl From<Status> for View {
    fn from(Status { view, rollup }: Status) -> Self {
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
        }
    }
}
