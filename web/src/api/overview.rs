//! What happens on a site: one operation, so that every panel sees the same events.

use cynic::{Operation, QueryBuilder};
use serde_json::Value;

use super::{
    condition::{Condition, ConditionOp, conditions},
    scalar::{Count, Moment, UserError},
    schema,
};
use crate::state::question::{Question, Range, Step};

/// The most rows of a ranking.
const ROWS: i32 = 9;
/// The view that has every dimension, and is answered from raw events.
pub(crate) const RAW: &str = "events";
/// How far back “now” reaches: milliseconds.
const LIVE: f64 = 30.0 * 60.0 * 1000.0;

/// A ranking: the view that answers it, and the dimension of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ranking {
    pub(crate) view: &'static str,
    pub(crate) dimension: &'static str,
    /// The actions that the view is about, where it is not about all; raw events have to be told.
    pub(crate) actions: &'static [&'static str],
}

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Period {
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

#[derive(cynic::InputObject, Debug, Clone)]
pub(crate) struct FindInput {
    pub(crate) site: Option<String>,
    pub(crate) view: String,
    #[cynic(rename = "where")]
    pub(crate) conditions: Option<Vec<Condition>>,
    pub(crate) from: Moment,
    pub(crate) to: Moment,
    pub(crate) series: bool,
    pub(crate) period: Period,
    pub(crate) time_zone: Option<String>,
    pub(crate) group_by: Option<Vec<String>>,
    pub(crate) limit: Option<i32>,
}

#[derive(cynic::InputObject, Debug, Clone)]
pub(crate) struct UniqueInput {
    pub(crate) site: Option<String>,
    pub(crate) action: Option<String>,
    #[cynic(rename = "where")]
    pub(crate) conditions: Option<Vec<Condition>>,
    pub(crate) from: Moment,
    pub(crate) to: Moment,
    pub(crate) series: bool,
    pub(crate) period: Period,
    pub(crate) time_zone: Option<String>,
}

/// One point of a series of events.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "ViewPoint")]
pub(crate) struct Point {
    pub(crate) start: Moment,
    pub(crate) count: Count,
}

/// A row of a ranking.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "ViewRow")]
pub(crate) struct Row {
    pub(crate) dimensions: Value,
    pub(crate) count: Count,
}

#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "ViewResult")]
pub(crate) struct Found {
    pub(crate) total: Count,
    pub(crate) rows: Vec<Row>,
    pub(crate) series: Option<Vec<Point>>,
}

#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct FindOutcome {
    pub(crate) result: Option<Found>,
    pub(crate) error: Option<UserError>,
}

/// One point of a series of actors.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct UniquePoint {
    pub(crate) start: Moment,
    pub(crate) count: Count,
}

/// Distinct actors.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct UniqueResult {
    pub(crate) count: Count,
    pub(crate) lower: Count,
    pub(crate) upper: Count,
    pub(crate) exact: bool,
    pub(crate) series: Option<Vec<UniquePoint>>,
}

/// Distinct actors of another time, to compare with.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "UniqueResult")]
pub(crate) struct UniqueBefore {
    pub(crate) count: Count,
}

#[derive(cynic::QueryVariables, Debug, Clone)]
pub(crate) struct OverviewVariables {
    pub(crate) finds: Vec<FindInput>,
    pub(crate) actors: UniqueInput,
    pub(crate) actors_before: UniqueInput,
}

/// Everything on the page.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "OverviewVariables")]
pub(crate) struct Overview {
    #[arguments(inputs: $finds)]
    pub(crate) find_batch: Vec<FindOutcome>,
    #[arguments(input: $actors)]
    #[cynic(alias, rename = "unique")]
    pub(crate) actors: UniqueResult,
    #[arguments(input: $actors_before)]
    #[cynic(alias, rename = "unique")]
    pub(crate) actors_before: UniqueBefore,
}

#[derive(cynic::QueryVariables, Debug, Clone)]
pub(crate) struct FindsVariables {
    pub(crate) finds: Vec<FindInput>,
}

/// The same where actors cannot be counted.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "FindsVariables")]
pub(crate) struct Finds {
    #[arguments(inputs: $finds)]
    pub(crate) find_batch: Vec<FindOutcome>,
}

/// The events of the range, those of the range before, those of the last half hour, and then each ranking.
pub(crate) const LEADING: usize = 3;

/// Asks for everything on the page.
pub(crate) fn overview(asked: &Asked) -> Operation<Overview, OverviewVariables> {
    Overview::build(OverviewVariables {
        finds: asked.finds(),
        actors: asked.actors(asked.range, true),
        actors_before: asked.actors(asked.before, false),
    })
}

/// Asks for everything but the actors.
pub(crate) fn finds(asked: &Asked) -> Operation<Finds, FindsVariables> {
    Finds::build(FindsVariables { finds: asked.finds() })
}

/// A question with what it needs besides: the site, its ranges of time, the moment.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) site: String,
    pub(crate) zone: String,
    pub(crate) question: Question,
    pub(crate) range: Range,
    pub(crate) before: Range,
    pub(crate) now: f64,
    pub(crate) rankings: &'static [Ranking],
}

impl Asked {
    /// What counts as “now”.
    pub(crate) fn live(&self) -> Range {
        Range {
            from: self.now - LIVE,
            to: self.now,
            step: Step::Hour,
        }
    }

    fn finds(&self) -> Vec<FindInput> {
        let leading = [
            self.find("actions", self.range, None, &[]),
            self.find("actions", self.before, None, &[]),
            FindInput {
                series: false,
                ..self.find("actions", self.live(), None, &[])
            },
        ];
        let rankings = self.rankings.iter().map(|ranking| {
            let Ranking {
                view,
                dimension,
                actions,
            } = *ranking;
            self.find(view, self.range, Some(dimension), actions)
        });
        leading.into_iter().chain(rankings).collect()
    }

    /// Under filters raw events answer: they have every dimension.
    fn find(&self, view: &str, range: Range, by: Option<&str>, actions: &[&str]) -> FindInput {
        let mut conditions = conditions(&self.question);
        let view = if conditions.is_empty() { view } else { RAW }.to_owned();
        let of_action = conditions.iter().any(|condition| condition.dimension == "action");
        if !conditions.is_empty() && !of_action && !actions.is_empty() {
            conditions.push(Condition {
                dimension: "action".to_owned(),
                op: ConditionOp::In,
                value: Some(actions.into()),
            });
        }
        FindInput {
            site: Some(self.site.clone()),
            view,
            conditions: Some(conditions),
            from: Moment::from_milliseconds(range.from),
            to: Moment::from_milliseconds(range.to),
            series: by.is_none(),
            period: period(range.step),
            time_zone: Some(self.zone.clone()),
            group_by: by.map(|dimension| vec![dimension.to_owned()]),
            limit: by.map(|_| ROWS),
        }
    }

    /// An action is an argument of its own; the other filters are to form a scope.
    fn actors(&self, range: Range, series: bool) -> UniqueInput {
        let mut conditions = conditions(&self.question);
        let of_action = conditions.iter().position(|condition| condition.dimension == "action");
        let action = of_action.and_then(|index| conditions.remove(index).value);
        UniqueInput {
            site: Some(self.site.clone()),
            action: action.and_then(|action| action.as_str().map(str::to_owned)),
            conditions: Some(conditions),
            from: Moment::from_milliseconds(range.from),
            to: Moment::from_milliseconds(range.to),
            series,
            period: period(range.step),
            time_zone: Some(self.zone.clone()),
        }
    }
}

/// The points of a step.
pub(crate) fn period(step: Step) -> Period {
    match step {
        Step::Hour => Period::Hour,
        Step::Day => Period::Day,
        Step::Month => Period::Month,
    }
}
