//! Queries in KQL: what the database can judge of their conditions it judges, and the rest is done event by event, under a
//! deadline and a bound on what is read, reckoned and remembered.

use std::time::Instant;

use uuid::Uuid;

use super::{
    Services,
    event::{Order, Place},
    snapshot::{Opened, Snapshot},
    timing,
};
use crate::{
    clock,
    domain::{
        caller::Caller,
        deletion::Filter,
        error::{Code, Error, Result},
        kql::{self, Answer, Column, Flow, Meter, Parameters, Plan, Run, TooCostly, Value},
        operation::Operation,
        predicate::{Predicate, Test, Text},
        scope_name::check_scope,
        site::Site,
        zone::nanoseconds,
    },
    store::{self, event::Page},
};

/// Events of the first read, as most questions want few, and of each other.
const FIRST_EVENTS: usize = 100;
const MORE_EVENTS: usize = 2_000;
/// Steps of reckoning, before any event, and for each that may be read.
const STEPS: u64 = 1_000_000;
const STEPS_OF_EVENT: u64 = 500;
/// Bytes that one query may remember.
const MOST_HELD_BYTES: u64 = 128 << 20;

/// What is asked.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The query.
    pub query: &'a str,
    /// Only events of this scope.
    pub scope: Option<&'a str>,
}

/// The answer to a query.
#[derive(Debug)]
pub struct Table {
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each with a value for each column.
    pub rows: Vec<Vec<Value>>,
    /// Whether there are more rows.
    pub is_cut: bool,
    /// How many events were read one by one.
    pub read: usize,
}

impl Services {
    /// Answers a query.
    ///
    /// # Errors
    /// No permission, an unknown site, `INVALID_QUERY` with its place, `QUERY_TOO_COSTLY`, or `DEADLINE_EXCEEDED`.
    pub async fn kql(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        asked: Asked<'_>,
    ) -> Result<Table> {
        let table = self.ask_kql(snapshot, caller, site, asked);
        self.time_question("kql", |_| timing::RAW, table).await
    }

    async fn ask_kql(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        asked: Asked<'_>,
    ) -> Result<Table> {
        caller.permit(Operation::AskKql)?;
        if let Some(scope) = asked.scope {
            check_scope(scope).map_err(|error| error.at("scope"))?;
        }
        let plan = kql::read_query(asked.query, &Parameters::new(), nanoseconds(clock::now()));
        let plan = plan.map_err(|error| error.at("query"))?;
        let table = self
            .answer_query(
                snapshot,
                caller,
                (Operation::AskKql, site),
                (&plan, asked.scope),
                kql::MOST_ROWS,
            )
            .await
            .map_err(|error| {
                if error.code == Code::QueryTooCostly {
                    error.at("query")
                } else {
                    error
                }
            })?;
        snapshot.take_rows(table.rows.len())?;
        Ok(table)
    }

    /// Answers a query that is ready, with so many rows at most.
    pub(super) async fn answer_query(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        (operation, site): (Operation, Option<&str>),
        (plan, scope): (&Plan, Option<&str>),
        most: usize,
    ) -> Result<Table> {
        let opened = snapshot.hold().await?;
        let site = opened.configuration.admit(caller, operation, site)?;
        let span = plan.predicate.span();
        self.charge_raw(snapshot, caller, (&opened, &site), span).await?;
        let mut filter = Filter {
            span: Some(span),
            ..Filter::default()
        }
        .and(plan.predicate.clone());
        if let Some(scope) = scope {
            filter = filter.and(of_scope(scope));
        }
        let filter = filter.since(site.raw_floor);
        let (answer, read) = if plan.is_count {
            let tombstones = opened.tombstones(site.id);
            let most = i64::MAX;
            let number = store::raw::matching(&opened.tx, &self.hasher, site.id, &filter, &tombstones, most).await?;
            let rows = vec![vec![Value::Long(number)]];
            (Answer { rows, is_cut: false }, 0)
        } else {
            self.read_through(&opened, &site, &filter, plan, most).await?
        };
        Ok(Table {
            columns: plan.columns.clone(),
            rows: answer.rows,
            is_cut: answer.is_cut,
            read,
        })
    }

    /// Gives a query the events that it may be about, the latest first, until it has enough.
    async fn read_through(
        &self,
        opened: &Opened,
        site: &Site,
        filter: &Filter,
        plan: &Plan,
        most: usize,
    ) -> Result<(Answer, usize)> {
        let begun = Instant::now();
        let tombstones = opened.tombstones(site.id);
        let allowed = self.question.kql_events;
        let steps = STEPS.saturating_add(STEPS_OF_EVENT.saturating_mul(allowed as u64));
        let chance = Uuid::now_v7().as_u64_pair().1;
        let mut run = Run::new(plan, Meter::new(steps, MOST_HELD_BYTES), most, chance);
        let (mut after, mut read, mut limit) = (None, 0_usize, FIRST_EVENTS);
        'reading: loop {
            let page = Page {
                hasher: &self.hasher,
                site: site.id,
                filter,
                tombstones: &tombstones,
                order: Order::Time,
                descending: true,
                after,
                before: None,
                // One more than it may read tells that there is more.
                limit: limit.min(allowed - read + 1),
            };
            let asked = page.limit;
            let events = store::event::page(&opened.tx, &page).await?;
            for event in &events {
                if read == allowed {
                    let message = format!(
                        "The query would have to read more than {allowed} events; ask for fewer, such as of the last days by \
                         “where EventTime > ago(7d)”."
                    );
                    return Err(Error::new(Code::QueryTooCostly, message));
                }
                read += 1;
                // One event may cost as much as a page of others.
                self.check_deadline(begun)?;
                if run.push(event).map_err(too_costly)? == Flow::Enough {
                    break 'reading;
                }
            }
            let Some(last) = events.last().filter(|_| events.len() == asked) else {
                break;
            };
            after = Some(Place {
                time: nanoseconds(last.time),
                sequence: last.sequence.unwrap_or_default(),
            });
            limit = MORE_EVENTS;
            self.check_deadline(begun)?;
            // Reckoning is no waiting: others have their turn.
            tokio::task::yield_now().await;
        }
        let answer = run.finish().map_err(too_costly)?;
        self.check_deadline(begun)?;
        Ok((answer, read))
    }

    /// Ends a question that goes through what it has read.
    ///
    /// # Errors
    /// `DEADLINE_EXCEEDED` where it has taken longer than a question may.
    pub fn check_deadline(&self, begun: Instant) -> Result<()> {
        let deadline = self.question.deadline;
        if begun.elapsed() < deadline {
            return Ok(());
        }
        let message = format!("The query took longer than {deadline:?}; ask for less at once.");
        Err(Error::new(Code::DeadlineExceeded, message))
    }
}

fn too_costly(reason: TooCostly) -> Error {
    Error::new(Code::QueryTooCostly, format!("The query costs too much: {}.", reason.0))
}

/// Events of a scope.
fn of_scope(scope: &str) -> Predicate {
    Predicate::Text {
        text: Text::Scope,
        fold: None,
        test: Test::OneOf(vec![scope.to_owned()]),
    }
}
