//! `find`: whole buckets from the rollup, the edges and what lies past the mark from raw events, all of one snapshot.

use std::{collections::HashMap, sync::Arc};

use jiff::tz::TimeZone;

use super::{
    answer::Groups,
    plan::{self, Gaps, Plan},
};
use crate::{
    domain::{
        caller::Caller,
        condition::Condition,
        dimension::Dimension,
        error::{Code, Error, Result},
        operation::Operation,
        period::{self, Span},
        question::{Find, Found, Point, Source},
        rate::cost,
        rollup::{Gap, Owner, Rollup, State, Tier},
        site::Site,
        view::{Definition, RAW},
        zone::{Days, HOUR},
    },
    service::{
        Services,
        snapshot::{Opened, Snapshot},
        timing,
    },
    store::{
        raw::{self, Arrival, Cut, QUARTER, Scan, Tombstone},
        rollup as rollups, view_bucket,
    },
};

/// Cells (point × group) of one answer: some 100 MB at their largest.
const MOST_CELLS: usize = 300_000;
/// Keys that a question holds in memory; past it the database joins and groups.
const MOST_KEYS: usize = 5_000;

/// One question, ready to be read.
struct Reading<'a> {
    services: &'a Services,
    opened: &'a Opened,
    site: &'a Site,
    question: &'a Find,
    definition: &'a Definition,
    group: Vec<Dimension>,
    points: Vec<Span>,
    time_zone: TimeZone,
    tombstones: Vec<Tombstone>,
    groups: Groups,
}

impl Services {
    /// Answers a question to a view.
    ///
    /// # Errors
    /// No permission, unknown names, bad bounds, limits passed; each names its field.
    pub async fn find(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        question: &Find,
    ) -> Result<Found> {
        let most = self.question.max_rows;
        if question.limit.is_some_and(|limit| limit > most) {
            let message = format!("`limit` is 1 to {most}; narrow `where` to see the others.");
            return Err(Error::new(Code::InvalidArgument, message).at("limit"));
        }
        let asked = self.find_all(snapshot, caller, site, question);
        let source = |found: &Found| timing::name(found.provenance.source);
        let found = self.time_question("find", source, asked).await?;
        let of_points = found.series.iter().flatten().map(|point| 1 + point.rows.len());
        snapshot.take_rows(found.rows.len() + of_points.sum::<usize>())?;
        Ok(found)
    }

    /// Answers a question with as many rows as its limit says, and leaves it to whoever asks to count it.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub(in crate::service) async fn find_all(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        question: &Find,
    ) -> Result<Found> {
        caller.permit(Operation::Find)?;
        let raw = question.view == RAW;
        let units = if raw {
            cost::of_raw(question.span)
        } else {
            cost::DECLARED
        };
        self.charge_question(snapshot, caller, units)?;
        let opened = snapshot.hold().await?;
        let site = opened.configuration.admit(caller, Operation::Find, site)?;
        check_span(question.span)?;
        if raw {
            let definition = Definition {
                name: RAW.into(),
                actions: None,
                dimensions: Vec::new(),
                measures: Vec::new(),
            };
            Reading::new(self, &opened, &site, question, &definition)?
                .answer(None)
                .await
        } else {
            let view = opened.configuration.view(site.id, &question.view)?.clone();
            check_dimensions(&view.definition, question)?;
            let rollup = opened
                .configuration
                .rollup_of_view(view.id)
                .into_iter()
                .find(|rollup| rollup.state == State::Live);
            let found = Reading::new(self, &opened, &site, question, &view.definition)?
                .answer(rollup)
                .await?;
            self.questions.note(Owner::View(view.id), site.id);
            Ok(found)
        }
    }
}

/// Refuses bounds that hold nothing.
pub(in crate::service) fn check_span(span: Span) -> Result<()> {
    if span.from < span.to {
        return Ok(());
    }
    Err(Error::new(
        Code::InvalidRange,
        "`from` must lie before `to`; `from` is inclusive and `to` exclusive.",
    )
    .at("from"))
}

fn check_dimensions(view: &Definition, question: &Find) -> Result<()> {
    let unknown = |path: String, dimension: &Dimension| {
        let names: Vec<_> = view.dimensions.iter().map(ToString::to_string).collect();
        let message = format!(
            "The view “{}” does not have the dimension “{dimension}”; it has: {}. The view “{RAW}” has all.",
            view.name,
            names.join(", ")
        );
        Error::new(Code::UnknownDimension, message).at(path)
    };
    for (index, condition) in question.conditions.iter().enumerate() {
        if !view.dimensions.contains(&condition.dimension) {
            return Err(unknown(format!("where[{index}].dimension"), &condition.dimension));
        }
    }
    for (index, (_, dimension)) in question.group_by.iter().enumerate() {
        if !view.dimensions.contains(dimension) {
            return Err(unknown(format!("groupBy[{index}]"), dimension));
        }
    }
    Ok(())
}

impl<'a> Reading<'a> {
    fn new(
        services: &'a Services,
        opened: &'a Opened,
        site: &'a Site,
        question: &'a Find,
        definition: &'a Definition,
    ) -> Result<Self> {
        let time_zone = question.time_zone.clone().unwrap_or_else(|| site.time_zone.clone());
        let points = match question.series {
            Some(period) => period::points(question.span, period, &time_zone, services.question.max_points)?,
            None => vec![question.span],
        };
        let group = question
            .group_by
            .iter()
            .map(|(_, dimension)| dimension.clone())
            .collect();
        let groups = Groups::new(points.len(), definition.measures.len());
        let tombstones = opened.tombstones(site.id);
        Ok(Self {
            services,
            opened,
            site,
            question,
            definition,
            group,
            points,
            time_zone,
            tombstones,
            groups,
        })
    }

    async fn answer(mut self, rollup: Option<&Arc<Rollup>>) -> Result<Found> {
        let source = match rollup {
            Some(rollup) => self.read_rollup(rollup).await?,
            None => {
                let all = self.points.iter().copied().enumerate().collect();
                self.read_raw(all).await?;
                Source::Raw
            }
        };
        if self.group.is_empty() {
            // Nothing grouped by: one row for the whole, also where nothing was counted.
            self.groups.position(&[]);
        }
        let mark = self.opened.views.position;
        let provenance = self.opened.provenance(self.site.id, source, mark).await?;
        let groups = self.groups.len();
        let most = self.services.question.max_rows;
        if self.question.limit.is_none() && groups > most {
            let message = format!(
                "The answer has {groups} groups; at most {most} are given. Set `limit` for the first of them, or narrow `where`."
            );
            return Err(Error::new(Code::TooManyRows, message).at("groupBy"));
        }
        let mut rows = self.groups.rows(self.question.order);
        let total = rows.iter().map(|(_, row)| row.count).sum();
        rows.truncate(self.question.limit.unwrap_or(most));
        let shown: Vec<usize> = rows.iter().map(|(position, _)| *position).collect();
        let series = self.question.series.map(|_| {
            let point = |(index, span): (usize, &Span)| Point {
                span: *span,
                count: self.groups.point_count(index),
                rows: if self.group.is_empty() && self.definition.measures.is_empty() {
                    Vec::new()
                } else {
                    self.groups.point_rows(index, &shown)
                },
            };
            self.points.iter().enumerate().map(point).collect()
        });
        let measures = self.definition.measures.iter().map(ToString::to_string).collect();
        Ok(Found {
            total,
            groups,
            rows: rows.into_iter().map(|(_, row)| row).collect(),
            series,
            time_zone: self.time_zone,
            measures,
            provenance,
        })
    }

    async fn read_rollup(&mut self, rollup: &Rollup) -> Result<Source> {
        let mut days = Days::new(rollup.time_zone.clone());
        let gaps = self.gaps(rollup, &mut days).await?;
        let plan = plan::cut(&self.points, &mut days, &gaps, true);
        self.check_floors(&plan, rollup)?;
        let covered = plan.covered(&mut days);
        self.read_buckets(rollup, Tier::Day, &plan.days).await?;
        self.read_buckets(rollup, Tier::Hour, &plan.hours).await?;
        let position = self.opened.views.position;
        let mut raw = !plan.raw.is_empty();
        if raw {
            self.read_raw(plan.raw).await?;
        }
        if !covered.is_empty() {
            raw |= self.read_tail(covered.clone(), position).await?;
        }
        Ok(match (covered.is_empty(), raw) {
            (true, _) => Source::Raw,
            (false, true) => Source::Both,
            (false, false) => Source::Rollup,
        })
    }

    async fn gaps(&self, rollup: &Rollup, days: &mut Days) -> Result<Gaps> {
        let span = self.question.span;
        let (from, to) = (span.from.div_euclid(HOUR), span.to.div_euclid(HOUR) + 1);
        let hours = rollups::gaps(&self.opened.tx, rollup.id, Tier::Hour, from, to).await?;
        let (from, to) = (days.day(span.from), days.day(span.to - 1) + 1);
        let days = rollups::gaps(&self.opened.tx, rollup.id, Tier::Day, from, to).await?;
        let bucket = |(bucket, _): (i64, Gap)| bucket;
        Ok(Gaps {
            hours: hours.into_iter().map(bucket).collect(),
            days: days.into_iter().map(bucket).collect(),
            spans: tombstone_spans(&self.tombstones),
        })
    }

    /// Refuses what retention has made unanswerable.
    fn check_floors(&self, plan: &Plan, rollup: &Rollup) -> Result<()> {
        let oldest_raw = plan.raw.iter().map(|(_, span)| span.from).min();
        check_floor(self.site, oldest_raw)?;
        let floor = self.site.rollup_floor.max(rollup.floor);
        if self.question.span.from < floor {
            return Err(gone(floor, "Rollups"));
        }
        Ok(())
    }

    async fn read_buckets(&mut self, rollup: &Rollup, tier: Tier, stretches: &[plan::Stretch]) -> Result<()> {
        let stretches: Vec<_> = stretches
            .iter()
            .map(|(point, from, to)| view_bucket::Stretch {
                point: *point,
                from: *from,
                to: *to,
            })
            .collect();
        if stretches.is_empty() {
            return Ok(());
        }
        let tx = &self.opened.tx;
        let column = |dimension: &Dimension| {
            self.definition
                .dimensions
                .iter()
                .position(|own| own == dimension)
                .unwrap_or_default()
        };
        let columns: Vec<usize> = self.group.iter().map(column).collect();
        let conditions: Vec<(usize, &Condition)> = self
            .question
            .conditions
            .iter()
            .map(|one| (column(&one.dimension), one))
            .collect();
        let keys = rollups::keys(tx, rollup.id, &conditions, &columns, MOST_KEYS + 1).await?;
        let measures = self.definition.measures.len();
        if keys.len() > MOST_KEYS {
            let keys = view_bucket::Keys::Columns {
                columns: &columns,
                conditions: &conditions,
            };
            for cell in
                self.limited(view_bucket::sum(tx, rollup.id, tier, &stretches, &keys, measures, MOST_CELLS).await?)?
            {
                let position = self.groups.position(&cell.values);
                self.groups.add(index(cell.point), position, cell.n, &cell.measures);
            }
            return Ok(());
        }
        let ids: Vec<i64> = keys.iter().map(|(id, _)| *id).collect();
        let values: HashMap<i64, _> = keys.into_iter().collect();
        // Keys that occur in no cell asked for are no groups.
        let mut positions: HashMap<i64, usize> = HashMap::new();
        let selected = if conditions.is_empty() {
            None
        } else {
            Some(ids.as_slice())
        };
        let keys = view_bucket::Keys::Each(selected);
        for cell in
            self.limited(view_bucket::sum(tx, rollup.id, tier, &stretches, &keys, measures, MOST_CELLS).await?)?
        {
            if let Some(values) = values.get(&cell.key) {
                let groups = &mut self.groups;
                let position = *positions.entry(cell.key).or_insert_with(|| groups.position(values));
                self.groups.add(index(cell.point), position, cell.n, &cell.measures);
            }
        }
        Ok(())
    }

    fn limited<T>(&self, cells: Vec<T>) -> Result<Vec<T>> {
        if cells.len() < MOST_CELLS {
            return Ok(cells);
        }
        let message =
            "The answer has too many groups and points; group by less, ask for a longer period, or narrow `where`.";
        Err(Error::new(Code::TooManyRows, message).at("groupBy"))
    }

    fn scan(&self, cut: Cut, arrival: Arrival) -> Scan<'_> {
        Scan {
            hasher: &self.services.hasher,
            site: self.site.id,
            cut,
            arrival,
            actions: self.definition.actions.as_deref(),
            conditions: &self.question.conditions,
            tombstones: &self.tombstones,
        }
    }

    async fn count_raw(&self, scan: &Scan<'_>) -> Result<Vec<raw::Cell>> {
        let measures = &self.definition.measures;
        self.limited(raw::count(&self.opened.tx, scan, &self.group, measures, MOST_CELLS).await?)
    }

    /// Adds all raw events of some stretches.
    async fn read_raw(&mut self, spans: Vec<(usize, Span)>) -> Result<()> {
        check_floor(self.site, spans.iter().map(|(_, span)| span.from).min())?;
        self.add_spans(spans, Arrival::Any).await
    }

    async fn add_spans(&mut self, spans: Vec<(usize, Span)>, arrival: Arrival) -> Result<()> {
        let scan = self.scan(Cut::Spans(spans), arrival);
        for cell in self.count_raw(&scan).await? {
            let position = self.groups.position(&cell.values);
            self.groups.add(index(cell.point), position, cell.n, &cell.measures);
        }
        Ok(())
    }

    /// Adds events past the mark to the points whose buckets do not hold them yet; says whether there may have been any. All of
    /// them are there, whenever they happened: retention takes only what is folded.
    async fn read_tail(&mut self, covered: Vec<Span>, position: i64) -> Result<bool> {
        let arrival = Arrival::From(position);
        let past = crate::store::mark::past(&self.opened.tx, position, self.site.id).await?;
        if !past.may_have_any() {
            return Ok(false);
        }
        // Quarters of an hour fit every zone of today; where a point begins elsewhere, as long ago, time is cut at the points.
        let aligned = self
            .points
            .iter()
            .skip(1)
            .all(|point| point.from.rem_euclid(QUARTER) == 0);
        if !aligned {
            let mut spans = Vec::new();
            for (point, span) in self.points.iter().enumerate() {
                let cut = |part: &Span| Span {
                    from: part.from.max(span.from),
                    to: part.to.min(span.to),
                };
                spans.extend(
                    covered
                        .iter()
                        .map(cut)
                        .filter(|part| part.from < part.to)
                        .map(|part| (point, part)),
                );
            }
            self.add_spans(spans, arrival).await?;
            return Ok(true);
        }
        let scan = self.scan(Cut::Quarters(covered), arrival);
        for cell in self.count_raw(&scan).await? {
            // The first point may begin within the quarter.
            let time = (cell.point * QUARTER).max(self.question.span.from);
            let point = self.points.partition_point(|point| point.to <= time);
            let position = self.groups.position(&cell.values);
            self.groups.add(point, position, cell.n, &cell.measures);
        }
        Ok(true)
    }
}

fn index(point: i64) -> usize {
    usize::try_from(point).unwrap_or(usize::MAX)
}

/// The stretches that deletions under way touch.
pub(in crate::service) fn tombstone_spans(tombstones: &[Tombstone]) -> Vec<Span> {
    tombstones
        .iter()
        .map(|one| {
            one.filter.span.unwrap_or(Span {
                from: i64::MIN,
                to: i64::MAX,
            })
        })
        .collect()
}

/// Refuses to answer from raw events that retention has removed.
pub(in crate::service) fn check_floor(site: &Site, from: Option<i64>) -> Result<()> {
    match from {
        Some(from) if from < site.raw_floor => Err(gone(site.raw_floor, "Raw events")),
        _ => Ok(()),
    }
}

/// The refusal to answer for what retention has removed.
pub(in crate::service) fn gone(floor: i64, what: &str) -> Error {
    let floor = crate::domain::zone::timestamp(floor);
    let message = format!(
        "{what} before {floor} are gone by this site's retention; ask from then on, or in whole days of the site's zone."
    );
    Error::new(Code::RawEventsGone, message).at("from")
}
