//! Asking the ledger.

use async_graphql::{Context, Enum, Object, Result};

use crate::{
    domain::{
        error::{self, Code, Error},
        ledger::{Dimension, Question},
        period::Span,
        zone,
    },
    graphql::{
        context::ContextExt,
        objects::{ledger::Ledger, range::PeriodInput},
        scalar::DateTime,
    },
};

/// What the ledger can be grouped by.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Dimension")]
enum LedgerDimension {
    /// What became of the events.
    Outcome,
    /// Why they were refused.
    Code,
    /// Their action, as far as it is told by name.
    Action,
    /// The key that they came by.
    Key,
    /// The way they came in.
    Dialect,
}

fn read(
    (from, to): (&DateTime, &DateTime),
    period: Option<PeriodInput>,
    time_zone: Option<&str>,
    group_by: &[LedgerDimension],
) -> error::Result<Question> {
    let mut dimensions: Vec<Dimension> = Vec::new();
    for (index, dimension) in group_by.iter().enumerate() {
        let dimension = (*dimension).into();
        if dimensions.contains(&dimension) {
            return Err(Error::new(Code::InvalidArgument, "It is named twice.").at(format!("groupBy[{index}]")));
        }
        dimensions.push(dimension);
    }
    Ok(Question {
        span: Span {
            from: from.nanoseconds("from")?,
            to: to.nanoseconds("to")?,
        },
        series: period.map(Into::into),
        time_zone: time_zone.map(zone::find).transpose()?,
        group_by: dimensions,
    })
}

#[derive(Default)]
pub(in crate::graphql) struct LedgerQuery;

#[Object]
impl LedgerQuery {
    /// What became of every event received, by time of receipt. Each counts once, in the same transaction as what became of
    /// it, and before the caller is told; also one that was refused. A request whose events could not be read counts as one
    /// `INVALID`. An event that names no site there is counts for the site of its key; that of a caller without one
    /// counts for no site, and is told to callers of all sites. Requests by nobody known are in `/metrics` alone. Deleting
    /// events changes nothing here. Counts are of quarters of an hour in UTC: those that `from` and `to` lie in are told whole.
    #[expect(clippy::too_many_arguments, reason = "the parts of one question")]
    async fn ledger(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The site; may be left out where the caller's key has one. Others are told of all their sites together."
        )]
        site: Option<String>,
        #[graphql(desc = "The first moment asked for.")] from: DateTime,
        #[graphql(desc = "The first moment past what is asked for.")] to: DateTime,
        #[graphql(desc = "The length of a point, where a series is wanted.")] period: Option<PeriodInput>,
        #[graphql(
            desc = "The IANA zone whose clock cuts the points, such as `Europe/Berlin`; where left out, the site's, or UTC for \
                    several sites."
        )]
        time_zone: Option<String>,
        #[graphql(desc = "What to group by.", default)] group_by: Vec<LedgerDimension>,
    ) -> Result<Ledger> {
        let asked = async {
            let question = read((&from, &to), period, time_zone.as_deref(), &group_by)?;
            ctx.services()
                .ledger(ctx.snapshot(), ctx.caller(), site.as_deref(), &question)
                .await
        };
        asked.await.map(Ledger::from).map_err(|error| ctx.fail(error))
    }
}
