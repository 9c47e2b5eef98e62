//! Queries in KQL.

use async_graphql::{Context, Object, Result, SimpleObject};
use serde_json::Value;

use crate::{
    domain::kql,
    graphql::{context::ContextExt, scalar::Count},
    service::kql::{Asked, Table},
};

/// A column of an answer in rows.
#[derive(SimpleObject)]
pub(in crate::graphql) struct KqlColumn {
    /// Its name.
    name: String,
    /// The type of its values: `bool`, `long`, `real`, `string`, `datetime`, `timespan` or `dynamic`.
    #[graphql(name = "type")]
    kind: String,
}

/// The answer to a query in KQL.
#[derive(SimpleObject)]
pub(in crate::graphql) struct KqlResult {
    /// The columns.
    columns: Vec<KqlColumn>,
    /// The rows, at most 1,000: each a list with a value for each column. Times are in UTC with seven digits of a second,
    /// timespans are written `1.02:03:04.5`, and `dynamic` is JSON as it is.
    rows: Vec<Value>,
    /// Whether there are more rows than are told.
    truncated: bool,
    /// How many events were read one by one; none where the query asks for nothing but a number that the database has.
    events_read: Count,
}

impl From<Table> for KqlResult {
    fn from(table: Table) -> Self {
        let columns = table.columns.into_iter().map(|column| KqlColumn {
            name: column.name,
            kind: column.kind.name().to_owned(),
        });
        Self {
            columns: columns.collect(),
            rows: table
                .rows
                .iter()
                .map(|row| row.iter().map(kql::Value::json).collect())
                .collect(),
            truncated: table.is_cut,
            events_read: Count(i64::try_from(table.read).unwrap_or(i64::MAX)),
        }
    }
}

#[derive(Default)]
pub(in crate::graphql) struct KqlQuery;

#[Object]
impl KqlQuery {
    /// Asks raw events in KQL, the language of Kusto, as far as it asks one table:
    /// `Events | where EventTime > ago(7d) and Payload.price > 10 | summarize count(), avg(Payload.price) by EventType`.
    ///
    /// The table is `Events`, with the columns `TrackId`, `DeviceId`, `EventType` (the action), `EventTime`, `Value` (the
    /// label), `Scope`, `CountryCode`, `City`, `PageUri`, `PageTitle`, `RemoteAddress`, `SessionId`, and `User` and `Payload`
    /// (the tag), whose fields are `Payload.a.b` or `Payload['a']`. Texts are never null: what is missing is the empty one.
    ///
    /// Steps, each behind `|`: `where` (`filter`), `take` (`limit`), `top n by`, `sort by` (`order by`) with `asc`, `desc`
    /// and `nulls first` or `last`, `project`, `project-away`, `project-rename`, `extend`, `distinct`, `count`,
    /// `summarize … by …` and `sample`. Operators: `== != < <= > >= =~ !~ + - * / %`, `and`, `or`, `in`, `in~`, `between
    /// (a .. b)`, `contains`, `startswith`, `endswith`, `has` (each also with `_cs`), `hasprefix`, all with `!` before them as well,
    /// `has_any`, `has_all` and `matches regex`. Functions: `now ago todatetime totimespan startofday endofday startofweek
    /// endofweek startofmonth endofmonth startofyear endofyear hourofday dayofweek dayofmonth monthofyear getmonth getyear
    /// bin floor tostring toint tolong todouble toreal tobool isempty isnotempty isnull isnotnull tolower toupper strlen
    /// substring strcat iff iif case coalesce not abs round array_length`; over many events `count countif dcount dcountif sum
    /// sumif avg avgif min max make_set make_list percentile`, all of them exact.
    ///
    /// At most 1,000 rows are told, whatever `take` says; at most 32,768 bytes, 50 steps and 60 levels are read. What cannot be
    /// read, and what does not fit a type, is refused as `INVALID_QUERY` with line and column. A query that would read more
    /// events than the server lets it (`--kql-events`), reckon or remember too much ends as `QUERY_TOO_COSTLY`, and one that
    /// takes too long as `DEADLINE_EXCEEDED`.
    async fn kql(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The query.")] query: String,
        #[graphql(desc = "The site; may be left out where the caller's key has one.")] site: Option<String>,
        #[graphql(desc = "Only events of this scope; left out, of all.")] scope: Option<String>,
    ) -> Result<KqlResult> {
        let asked = Asked {
            query: &query,
            scope: scope.as_deref(),
        };
        let answered = ctx
            .services()
            .kql(ctx.snapshot(), ctx.caller(), site.as_deref(), asked)
            .await;
        answered.map(KqlResult::from).map_err(|error| ctx.fail(error))
    }
}
