//! Doing what a query says, event by event.

use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
};

use serde_json::{Map, Value as Json, json};

use super::{
    aggregate::{Measure, Tally},
    function::truth_of,
    meter::{Meter, TooCostly},
    node::{Around, Node},
    plan::{Order, Plan, Step},
    value::Value,
};
use crate::domain::{event::Event, odata::payload_key, predicate::RESERVED_KEYS, zone::nanoseconds};

/// One row: a value for each column.
pub(super) type Row = Vec<Value>;

/// Whether more events are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// They are.
    More,
    /// What is known is enough for the answer.
    Enough,
}

/// Groups that were met, with what was measured of each.
type Met = Vec<(Row, Vec<Tally>)>;

/// What a step remembers.
enum State {
    /// Nothing: each row goes on at once.
    None,
    /// How many rows it still takes.
    Left(usize),
    /// Rows that wait for the last, and how many came.
    Rows(Vec<Row>, u64),
    /// Rows with what they are ordered by.
    Keyed(Vec<(Vec<Value>, Row)>),
    /// What is known already.
    Known(HashSet<String>),
    /// How many rows came.
    Number(i64),
    /// What was measured of each group, in the order in which they were met.
    Groups(HashMap<String, usize>, Met),
}

/// A query under way.
pub struct Run<'a> {
    plan: &'a Plan,
    meter: Meter,
    states: Vec<State>,
    /// The answer so far.
    rows: Vec<Row>,
    /// Whether there is more than is answered.
    is_cut: bool,
    /// Rows that are answered at most.
    most: usize,
    chance: u64,
}

/// The answer to a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The rows.
    pub rows: Vec<Row>,
    /// Whether there are more, which are not told.
    pub is_cut: bool,
}

impl<'a> Run<'a> {
    /// Begins, for so many rows at most. What is drawn by lot is drawn by `chance`.
    #[must_use]
    pub fn new(plan: &'a Plan, meter: Meter, most: usize, chance: u64) -> Self {
        let state = |step: &Step| match step {
            Step::Where(_) | Step::Select(_) | Step::Extend { .. } => State::None,
            Step::Take(number) => State::Left(*number),
            Step::Sample(_) => State::Rows(Vec::new(), 0),
            Step::Sort(..) => State::Keyed(Vec::new()),
            Step::Distinct(_) => State::Known(HashSet::new()),
            Step::Count => State::Number(0),
            Step::Summarize { .. } => State::Groups(HashMap::new(), Vec::new()),
        };
        Self {
            plan,
            meter,
            states: plan.steps.iter().map(state).collect(),
            rows: Vec::new(),
            is_cut: false,
            most,
            chance,
        }
    }

    /// Takes in an event.
    ///
    /// # Errors
    /// [`TooCostly`]: the query is to be given up.
    pub fn push(&mut self, event: &Event) -> Result<Flow, TooCostly> {
        self.feed(0, row(event))
    }

    /// Gives a row to a step, and what becomes of it to those behind it.
    fn feed(&mut self, first: usize, mut row: Row) -> Result<Flow, TooCostly> {
        let plan = self.plan;
        for (index, step) in plan.steps.iter().enumerate().skip(first) {
            let around = Around {
                row: &row,
                slots: &[],
                now: plan.now,
            };
            self.meter.step(1)?;
            match (step, &mut self.states[index]) {
                (Step::Where(condition), _) => {
                    let holds = truth_of(&condition.value(&around, &mut self.meter)?);
                    if holds != Some(true) {
                        return Ok(Flow::More);
                    }
                }
                (Step::Select(nodes), _) => row = values(nodes, &around, &mut self.meter)?,
                (Step::Extend { gone, nodes }, _) => {
                    let made = values(nodes, &around, &mut self.meter)?;
                    if !gone.is_empty() {
                        let mut places = 0..;
                        row.retain(|_| places.next().is_none_or(|place| !gone.contains(&place)));
                    }
                    row.extend(made);
                }
                (Step::Take(_), State::Left(left)) => {
                    let Some(rest) = left.checked_sub(1) else {
                        return Ok(Flow::Enough);
                    };
                    *left = rest;
                    if rest == 0 {
                        self.feed(index + 1, row)?;
                        return Ok(Flow::Enough);
                    }
                }
                (Step::Sample(number), State::Rows(rows, came)) => {
                    *came += 1;
                    // Each row that came is as likely to stay as any other.
                    let place = if rows.len() < *number {
                        None
                    } else {
                        Some(draw(&mut self.chance) % *came)
                    };
                    match place {
                        None => {
                            self.meter.hold(size(&row))?;
                            rows.push(row);
                        }
                        Some(place) => {
                            if let Some(old) = usize::try_from(place).ok().and_then(|place| rows.get_mut(place)) {
                                self.meter.release(size(old));
                                self.meter.hold(size(&row))?;
                                *old = row;
                            }
                        }
                    }
                    return Ok(Flow::More);
                }
                (Step::Sort(keys, most), State::Keyed(rows)) => {
                    let mut key = Vec::with_capacity(keys.len());
                    for order in keys {
                        key.push(order.node.value(&around, &mut self.meter)?);
                    }
                    wait_for_order(rows, (key, row), (keys, *most), &mut self.meter)?;
                    return Ok(Flow::More);
                }
                (Step::Distinct(nodes), State::Known(known)) => {
                    row = values(nodes, &around, &mut self.meter)?;
                    let identity = identity(&row);
                    self.meter.step(identity.len() / 64)?;
                    if known.contains(&identity) {
                        return Ok(Flow::More);
                    }
                    self.meter.hold(identity.len() + 48)?;
                    known.insert(identity);
                }
                (Step::Count, State::Number(number)) => {
                    *number += 1;
                    return Ok(Flow::More);
                }
                (Step::Summarize { groups, measures, .. }, State::Groups(known, tallies)) => {
                    let group = values(groups, &around, &mut self.meter)?;
                    let place = place_of(group, measures, (known, tallies), &mut self.meter)?;
                    for (measure, tally) in measures.iter().zip(&mut tallies[place].1) {
                        measure.add(tally, &around, &mut self.meter)?;
                    }
                    return Ok(Flow::More);
                }
                _ => {}
            }
        }
        if self.rows.len() == self.most {
            self.is_cut = true;
            return Ok(Flow::Enough);
        }
        self.meter.hold(size(&row))?;
        self.rows.push(row);
        Ok(Flow::More)
    }

    /// Ends: what waited for the last event goes on.
    ///
    /// # Errors
    /// [`TooCostly`].
    pub fn finish(mut self) -> Result<Answer, TooCostly> {
        let plan = self.plan;
        for (index, step) in plan.steps.iter().enumerate() {
            let waiting = match (step, std::mem::replace(&mut self.states[index], State::None)) {
                (Step::Sample(_), State::Rows(rows, _)) => rows,
                (Step::Sort(keys, most), State::Keyed(mut rows)) => {
                    self.meter.step(rows.len() * 8)?;
                    rows.sort_by(|one, other| in_order(keys, &one.0, &other.0));
                    rows.truncate(most.unwrap_or(usize::MAX));
                    rows.into_iter().map(|(_, row)| row).collect()
                }
                (Step::Count, State::Number(number)) => vec![vec![Value::Long(number)]],
                (
                    Step::Summarize {
                        groups,
                        measures,
                        results,
                    },
                    State::Groups(_, mut tallies),
                ) => {
                    if tallies.is_empty() && groups.is_empty() {
                        // Of nothing there is a sum, too.
                        tallies.push((Vec::new(), measures.iter().map(Measure::begin).collect()));
                    }
                    let mut rows = Vec::with_capacity(tallies.len());
                    for (mut row, tallies) in tallies {
                        let slots: Vec<Value> = measures
                            .iter()
                            .zip(tallies)
                            .map(|(measure, tally)| measure.result(tally))
                            .collect();
                        let around = Around {
                            row: &[],
                            slots: &slots,
                            now: plan.now,
                        };
                        row.extend(values(results, &around, &mut self.meter)?);
                        rows.push(row);
                    }
                    rows
                }
                (_, state) => {
                    self.states[index] = state;
                    continue;
                }
            };
            for row in waiting {
                if self.feed(index + 1, row)? == Flow::Enough {
                    break;
                }
            }
        }
        Ok(Answer {
            rows: self.rows,
            is_cut: self.is_cut,
        })
    }
}

/// Keeps a row until all have come; of many that only some are wanted of, the first.
fn wait_for_order(
    rows: &mut Vec<(Vec<Value>, Row)>,
    (key, row): (Vec<Value>, Row),
    (keys, most): (&[Order], Option<usize>),
    meter: &mut Meter,
) -> Result<(), TooCostly> {
    if most == Some(0) {
        return Ok(());
    }
    meter.hold(size(&row) + size(&key))?;
    rows.push((key, row));
    let Some(most) = most else { return Ok(()) };
    // Whenever there are twice as many as wanted.
    if rows.len() >= most.saturating_mul(2).max(1_000) {
        meter.step(rows.len() * 8)?;
        rows.sort_by(|one, other| in_order(keys, &one.0, &other.0));
        for (key, row) in rows.drain(most..) {
            meter.release(size(&row) + size(&key));
        }
    }
    Ok(())
}

/// The place of a group among those that were met, of a new one the next.
fn place_of(
    group: Row,
    measures: &[Measure],
    (known, tallies): (&mut HashMap<String, usize>, &mut Met),
    meter: &mut Meter,
) -> Result<usize, TooCostly> {
    let identity = identity(&group);
    meter.step(identity.len() / 64)?;
    if let Some(place) = known.get(&identity) {
        return Ok(*place);
    }
    meter.hold(identity.len() + size(&group) + 100 * (1 + measures.len()))?;
    tallies.push((group, measures.iter().map(Measure::begin).collect()));
    known.insert(identity, tallies.len() - 1);
    Ok(tallies.len() - 1)
}

fn values(nodes: &[Node], around: &Around<'_>, meter: &mut Meter) -> Result<Row, TooCostly> {
    let mut row = Vec::with_capacity(nodes.len());
    for node in nodes {
        row.push(node.value(around, meter)?);
    }
    Ok(row)
}

fn identity(row: &[Value]) -> String {
    row.iter().fold(String::new(), |mut whole, value| {
        let own = value.identity();
        // With its length, so that no two rows look alike.
        whole.push_str(&format!("{}:{own}", own.len()));
        whole
    })
}

fn size(row: &[Value]) -> usize {
    24 + row.iter().map(Value::size).sum::<usize>()
}

fn draw(chance: &mut u64) -> u64 {
    *chance = chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *chance;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn in_order(keys: &[Order], one: &[Value], other: &[Value]) -> Ordering {
    for ((key, one), other) in keys.iter().zip(one).zip(other) {
        let order = match (one, other) {
            (Value::Null, Value::Null) => Ordering::Equal,
            (Value::Null, _) if key.nulls_first => Ordering::Less,
            (Value::Null, _) => Ordering::Greater,
            (_, Value::Null) if key.nulls_first => Ordering::Greater,
            (_, Value::Null) => Ordering::Less,
            (one, other) if key.descending => one.order(other).reverse(),
            (one, other) => one.order(other),
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// An event as a row, in the order of `SOURCE`.
fn row(event: &Event) -> Row {
    let text = |text: Option<&str>| Value::Text(text.unwrap_or_default().to_owned());
    let tag = event.tag.as_ref();
    let payload: Map<String, Json> = tag
        .into_iter()
        .flatten()
        .filter(|(key, _)| !RESERVED_KEYS.contains(&key.as_str()))
        .map(|(key, value)| (payload_key(key).to_owned(), value.clone()))
        .collect();
    let user = tag.and_then(|tag| tag.get("User")).map(|user| {
        let text = |name: &str| user.get(name).filter(|value| value.is_string());
        json!({"Name": text("Name"), "Email": text("Email"), "Info": user.get("Info")})
    });
    vec![
        text(Some(&event.id)),
        text(event.device.as_deref()),
        text(Some(&event.action)),
        Value::Time(nanoseconds(event.time)),
        text(event.label.as_deref()),
        text(Some(event.scope())),
        text(Some(event.country_or_local())),
        text(event.city.as_deref()),
        text(event.url.as_ref().map(|url| url.value.as_str())),
        text(tag.and_then(|tag| tag.get("title")).and_then(Json::as_str)),
        text(event.ip.map(|ip| ip.to_string()).as_deref()),
        text(event.session.as_deref()),
        user.map_or(Value::Null, Value::Dynamic),
        if payload.is_empty() {
            Value::Null
        } else {
            Value::Dynamic(payload.into())
        },
    ]
}
