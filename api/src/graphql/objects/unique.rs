//! What `unique` gives, and scopes.

use async_graphql::SimpleObject;

use super::{
    find::Provenance,
    site::IdentityPeriod,
    view::{Backfill, RollupUsage, ViewState},
};
use crate::{
    domain::{
        period::Span,
        question::{Distinct, UniqueFound},
        scope,
    },
    graphql::scalar::{Count, DateTime},
    service::unique::Status,
};

/// Distinct actors within one point of a series. An actor of several points is counted in each.
#[derive(SimpleObject)]
pub(in crate::graphql) struct UniquePoint {
    /// Its first moment; the first point is clipped to `from`.
    start: DateTime,
    /// The first moment past it; the last point is clipped to `to`.
    end: DateTime,
    /// The number, or its best estimate.
    count: Count,
    /// At least so many, at 95 %.
    lower: Count,
    /// At most so many, at 95 %.
    upper: Count,
    /// Whether `count` is no estimate.
    exact: bool,
}

/// The answer to `unique`.
#[derive(SimpleObject)]
pub(in crate::graphql) struct UniqueResult {
    /// The number, or its best estimate. Up to 1,000 it is always exact.
    count: Count,
    /// At least so many, at 95 %.
    lower: Count,
    /// At most so many, at 95 %.
    upper: Count,
    /// Whether `count` is no estimate.
    exact: bool,
    /// By point, where `series` is true. Points do not add up to the whole: who comes twice is one actor.
    series: Option<Vec<UniquePoint>>,
    /// How long an actor whom nobody named stays the same; over several periods such an actor counts once in each.
    identity_period: IdentityPeriod,
    /// Where the answer came from, and up to what it is true.
    provenance: Provenance,
}

impl From<UniqueFound> for UniqueResult {
    fn from(found: UniqueFound) -> Self {
        let point = |(span, distinct): (Span, Distinct)| UniquePoint {
            start: DateTime::of(span.from),
            end: DateTime::of(span.to),
            count: Count(distinct.count),
            lower: Count(distinct.lower),
            upper: Count(distinct.upper),
            exact: distinct.exact,
        };
        Self {
            count: Count(found.whole.count),
            lower: Count(found.whole.lower),
            upper: Count(found.whole.upper),
            exact: found.whole.exact,
            series: found.series.map(|points| points.into_iter().map(point).collect()),
            identity_period: found.identity_period.into(),
            provenance: (&found.provenance).into(),
        }
    }
}

/// A declared, ordered group of tag fields by which unique actors are counted, on every site.
#[derive(SimpleObject)]
pub(in crate::graphql) struct UniqueScope {
    /// The fields, in order; none for the empty scope.
    fields: Vec<String>,
    /// The fields as `<tag.group,tag.network>`.
    name: String,
    /// Whether it is there from the start.
    built_in: bool,
    /// Whether it answers from sketches yet.
    state: ViewState,
    /// How far it has taken in the events that were there before it; none once it is live.
    backfill: Option<Backfill>,
    /// When it was declared.
    created_at: DateTime,
    /// What it keeps on the caller's sites and how often it is asked there, as `uniqueScopes` tells; none where a scope was
    /// just made or deleted.
    usage: Option<RollupUsage>,
}

impl From<Status> for UniqueScope {
    fn from(status: Status) -> Self {
        Self {
            fields: status.scope.fields.iter().map(scope::field_name).collect(),
            name: scope::name(&status.scope.fields),
            built_in: status.scope.built_in,
            state: if status.live {
                ViewState::Live
            } else {
                ViewState::Backfilling
            },
            backfill: (!status.live).then(|| Backfill::new(status.backfill_done, status.backfill_total)),
            created_at: status.scope.created.into(),
            usage: status.usage.map(RollupUsage::from),
        }
    }
}
