//! The ledger: asking it, and keeping it small. How it is written stands in `ingest`, as it commits with the events.
//!
//! Rows are of a quarter of an hour, and there are at most some hundred named ones of a site in each (see
//! `ingest::count`). After a day those of several processes become one; after a month actions are no longer told apart,
//! and what is left of a quarter is one row for each outcome, code, key and way in.

use std::collections::{HashMap, hash_map::Entry};

use jiff::tz::TimeZone;

use super::{Services, snapshot::Snapshot, view::find::check_span};
use crate::{
    clock,
    domain::{
        caller::Caller,
        error::{Code, Error, Result},
        ledger::{Answer, Group, NO_SITE, Point, QUARTER, Question, Row, quarter, whole_quarters},
        operation::Operation,
        period,
        rate::cost,
        zone::DAY,
    },
    service::registry::Configuration,
    store::{
        self, Priority,
        ledger::{self, Cell, Old},
    },
};

/// Cells (point × group) of one answer.
const MOST_CELLS: usize = 300_000;
/// Quarters after which nobody adds to one any more, and rows of several processes become one: a day.
const APART: i64 = DAY / QUARTER;
/// Quarters for which actions are told by name: 31 days.
const NAMED: i64 = 31 * APART;

impl Services {
    /// What became of every event that sites received, by time of receipt.
    ///
    /// # Errors
    /// No permission, an unknown site, bad bounds, limits passed; each names its field.
    pub async fn ledger(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        question: &Question,
    ) -> Result<Answer> {
        let asked = self.ask_ledger(snapshot, caller, site, question);
        self.time_question("ledger", |_| "ledger", asked).await
    }

    async fn ask_ledger(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        question: &Question,
    ) -> Result<Answer> {
        caller.permit(Operation::ReadLedger)?;
        self.charge_question(snapshot, caller, cost::of_ledger(question.span))?;
        let opened = snapshot.hold().await?;
        let configuration = &opened.configuration;
        let (sites, zone) = readable(configuration, caller, site)?;
        check_span(question.span)?;
        let span = whole_quarters(question.span);
        let time_zone = question.time_zone.clone().unwrap_or(zone);
        let points = match question.series {
            Some(period) => period::points(span, period, &time_zone, self.question.max_points)?,
            None => vec![span],
        };
        // A quarter belongs to the point in which it begins; points of today's zones begin with one.
        let first = |time: i64| quarter(time.saturating_add(QUARTER - 1));
        let quarters: Vec<_> = points
            .iter()
            .map(|point| (first(point.from), first(point.to)))
            .collect();
        let cells = ledger::sum(&opened.tx, &sites, &quarters, &question.group_by, MOST_CELLS).await?;
        if cells.len() == MOST_CELLS {
            let message = "The answer has too many groups and points; group by less, or ask for a longer period.";
            return Err(Error::new(Code::TooManyRows, message).at("groupBy"));
        }
        let rows = rows(configuration, &cells);
        let most = self.question.max_rows;
        if rows.len() > most {
            let message = format!(
                "The answer has {} groups; at most {most} are given. Group by less.",
                rows.len()
            );
            return Err(Error::new(Code::TooManyRows, message).at("groupBy"));
        }
        let series = question.series.map(|_| series(&points, &rows, &cells));
        Ok(Answer {
            span,
            time_zone,
            received: cells.iter().map(|cell| cell.n).sum(),
            rows,
            series,
        })
    }

    /// Puts old rows together, and forgets names that none tells any more.
    ///
    /// # Errors
    /// Whatever the database says; the next run goes on.
    pub async fn tidy_ledger(&self) -> Result<()> {
        let now = quarter(clock::now_nanoseconds());
        let old = Old {
            writers_before: now - APART,
            actions_before: now - NAMED,
        };
        let sites = {
            let tx = self.database.read(super::purge::DEADLINE).await?;
            ledger::with_old(&tx, old).await?
        };
        for site in sites {
            loop {
                let tx = self.database.write(Priority::Purge).await?;
                let more = ledger::put_together(&tx, site, old).await?;
                tx.commit().await?;
                if !more {
                    break;
                }
            }
        }
        self.forget_ledger_names().await
    }

    /// Tells events as others that a deletion can remove and whose action no stored event names any more; removes the names.
    ///
    /// # Errors
    /// Whatever the database says; the next run goes on.
    pub(super) async fn forget_ledger_actions(&self) -> Result<()> {
        let actions = {
            let tx = self.database.read(super::purge::DEADLINE).await?;
            ledger::forgettable(&tx).await?
        };
        if !actions.is_empty() {
            let tx = self.database.write(Priority::Purge).await?;
            // Waits for appends that rely on the names, and makes later ones look them up anew.
            store::configuration::raise(&tx).await?;
            ledger::forget(&tx, &actions).await?;
            tx.commit().await?;
        }
        self.forget_ledger_names().await
    }

    async fn forget_ledger_names(&self) -> Result<()> {
        let unused = {
            let tx = self.database.read(super::purge::DEADLINE).await?;
            ledger::unused_names(&tx).await?
        };
        if unused.is_empty() {
            return Ok(());
        }
        let tx = self.database.write(Priority::Purge).await?;
        store::configuration::raise(&tx).await?;
        // Between the look and the lock somebody may have used one.
        let still = ledger::unused_names(&tx).await?;
        ledger::remove_names(&tx, &unused.intersection(&still).copied().collect()).await?;
        tx.commit().await
    }
}

/// The sites that the caller means, and the zone of their days. Of all sites, also what named none there is.
fn readable(configuration: &Configuration, caller: &Caller, name: Option<&str>) -> Result<(Vec<i64>, TimeZone)> {
    let operation = Operation::ReadLedger;
    if name.is_some() || caller.own_site().is_some() {
        let site = configuration.admit(caller, operation, name)?;
        return Ok((vec![site.id], site.time_zone.clone()));
    }
    let mut sites = configuration.sites_of(caller, operation);
    if caller.permit_on_all(operation).is_ok() {
        sites.push(NO_SITE);
    }
    Ok((sites, TimeZone::UTC))
}

/// The groups of the whole, the most frequent first.
fn rows(configuration: &Configuration, cells: &[Cell]) -> Vec<Row> {
    let keys = configuration.keys.values();
    let prefixes: HashMap<i64, &str> = keys.map(|(key, _)| (key.id, key.prefix.as_str())).collect();
    let mut places: HashMap<&Group, usize> = HashMap::new();
    let mut rows: Vec<Row> = Vec::new();
    for cell in cells {
        match places.entry(&cell.group) {
            Entry::Occupied(place) => rows[*place.get()].count += cell.n,
            Entry::Vacant(place) => {
                place.insert(rows.len());
                let key = cell.group.key.and_then(|id| prefixes.get(&id));
                rows.push(Row {
                    group: cell.group.clone(),
                    key: key.map(|prefix| (*prefix).to_owned()),
                    count: cell.n,
                });
            }
        }
    }
    let name = |row: &Row| {
        let group = &row.group;
        (
            group.outcome.map(|outcome| outcome.code()),
            group.code.clone(),
            group.other_actions,
            group.action.clone(),
            group.key,
            group.door.map(|door| door.code()),
        )
    };
    rows.sort_by_cached_key(|row| (std::cmp::Reverse(row.count), name(row)));
    rows
}

/// The points, each with the groups that occur in it, in the order of the whole.
fn series(points: &[period::Span], rows: &[Row], cells: &[Cell]) -> Vec<Point> {
    let places: HashMap<&Group, usize> = rows
        .iter()
        .enumerate()
        .map(|(place, row)| (&row.group, place))
        .collect();
    let mut found: Vec<Vec<(usize, i64)>> = vec![Vec::new(); points.len()];
    for cell in cells {
        found[cell.point].push((places[&cell.group], cell.n));
    }
    let point = |(span, mut cells): (&period::Span, Vec<(usize, i64)>)| {
        cells.sort_unstable();
        let row = |(place, n): &(usize, i64)| Row {
            count: *n,
            ..rows[*place].clone()
        };
        Point {
            span: *span,
            received: cells.iter().map(|(_, n)| n).sum(),
            rows: cells.iter().map(row).collect(),
        }
    };
    points.iter().zip(found).map(point).collect()
}
