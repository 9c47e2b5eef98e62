//! What click.st's arguments mean to us, and our answers to them.

use std::collections::{BTreeSet, HashMap};

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value, json};

use super::{
    super::{agent, text},
    error::Failure,
    wire::{Arguments, point},
};
use crate::{
    domain::{
        condition::{Condition, Op},
        dimension::Dimension,
        error::{Code, Error},
        event::NewEvent,
        external::Stat,
        period::{Period, Span},
        question::{Distinct, Find, Found, Row, RowOrder, Unique, UniqueFound},
        tag_type::TagType,
    },
    service::{external, first::Counting},
};

/// The view that stands for distinct actors.
const ACTORS: &str = "unique_actions";
/// The fields of a tag that name a visitor, the first that is there.
const VISITOR: [&str; 3] = ["visitor_id", "site_id", "user_id"];

/// What `action.log` tells of.
pub(super) struct Logged {
    pub(super) event: NewEvent,
    /// The field of the tag that names the visitor.
    pub(super) visitor: Option<&'static str>,
    /// The names of arguments that are not known.
    pub(super) ignored: Vec<String>,
}

/// The event that `action.log` tells of. Only a caller who signed is believed what it says of an address and an agent.
pub(super) fn event(mut arguments: Arguments, is_signed: bool) -> Result<Logged, Failure> {
    let Some(action) = arguments.take_text("action")? else {
        return Err(Failure::argument("action", "`action` is the name of what was done."));
    };
    let tag = match arguments.take("tag") {
        None => None,
        Some(tag @ (Value::Object(_) | Value::Array(_))) => Some(tag),
        Some(_) => return Err(Failure::argument("tag", "`tag` is an object.")),
    };
    let visitor = VISITOR
        .iter()
        .find_map(|name| Some((*name, text(tag.as_ref()?.get(*name))?)));
    let (ip, user_agent) = (arguments.take_text("ip")?, arguments.take_text("user_agent")?);
    let user_agent = agent(user_agent.map(Value::String).as_ref());
    let event = NewEvent {
        action,
        url: arguments.take_text("url")?,
        referrer: arguments.take_text("referrer")?,
        ip: ip.filter(|_| is_signed),
        user_agent: user_agent.filter(|_| is_signed),
        device: visitor.as_ref().map(|(_, id)| id.clone()),
        tag,
        ..NewEvent::default()
    };
    Ok(Logged {
        event,
        visitor: visitor.map(|(name, _)| name),
        ignored: arguments.rest(),
    })
}

/// The refusal of an event by the names that it was told by.
pub(super) fn refused(error: Error, visitor: Option<&str>) -> Failure {
    match visitor {
        Some(name) if error.path.as_deref() == Some("device") => error.at(format!("tag.{name}")).into(),
        _ => error.into(),
    }
}

/// What `action.find` asks.
pub(super) struct Asked {
    view: String,
    /// Each with where it stands among the arguments.
    conditions: Vec<(String, Condition)>,
    /// Whether the conditions came in brackets, so that what they compare with are texts.
    are_texts: bool,
    /// Nanoseconds since 1970.
    pub(super) begin: Option<i64>,
    end: Option<i64>,
    series: Option<(Period, String)>,
    group_by: Vec<(String, Dimension)>,
    /// The names of arguments that are not known.
    pub(super) ignored: Vec<String>,
}

impl Asked {
    /// Reads the arguments.
    pub(super) fn read(mut arguments: Arguments) -> Result<Self, Failure> {
        let Some(view) = arguments.take_text("view")? else {
            return Err(Failure::argument("view", "`view` names what is asked."));
        };
        let are_texts = arguments.is_in_brackets("where");
        let conditions = match arguments.take("where") {
            None => Vec::new(),
            Some(Value::Object(fields)) => conditions(fields)?,
            Some(_) => {
                return Err(Failure::argument(
                    "where",
                    "`where` is an object of conditions by dimension.",
                ));
            }
        };
        let wants_series = match arguments.take("series") {
            None => false,
            Some(value) => flag(&value).ok_or_else(|| Failure::argument("series", "`series` is true or false."))?,
        };
        let name = arguments.take_text("period")?.unwrap_or_else(|| "day".to_owned());
        let period = match name.as_str() {
            "hour" => Period::Hour,
            "day" => Period::Day,
            "week" => Period::Week,
            "month" => Period::Month,
            _ => return Err(Failure::argument("period", "`period` is month, week, day or hour.")),
        };
        let group_by = match arguments.take("group_by") {
            None => Vec::new(),
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(list)) => list
                .into_iter()
                .map(|name| match name {
                    Value::String(name) => Ok(name),
                    _ => Err(Failure::argument("group_by", "`group_by` names dimensions.")),
                })
                .collect::<Result<_, _>>()?,
            Some(_) => return Err(Failure::argument("group_by", "`group_by` names dimensions.")),
        };
        let dimension = |name: String| {
            let dimension = Dimension::parse(&name).map_err(|error| error.at("group_by"))?;
            Ok::<_, Failure>((name, dimension))
        };
        Ok(Self {
            view,
            conditions,
            are_texts,
            begin: time(&mut arguments, "begin")?,
            end: time(&mut arguments, "end")?,
            series: wants_series.then_some((period, name)),
            group_by: group_by.into_iter().map(dimension).collect::<Result<_, _>>()?,
            ignored: arguments.rest(),
        })
    }

    /// The names of tag fields that are compared with texts which may stand for something else.
    pub(super) fn names_of_texts(&self) -> BTreeSet<String> {
        let conditions = self.conditions.iter().filter(|_| self.are_texts);
        let name = |(_, condition): &(String, Condition)| match &condition.dimension {
            Dimension::Tag(keys) => keys.last().cloned(),
            _ => None,
        };
        conditions.filter_map(name).collect()
    }

    /// Reads what came in brackets as what it is compared with: by the types of the names of tag fields, which are those
    /// of all their values, a text stays a text where texts are, and is a number or a boolean where those are.
    pub(super) fn read_texts(&mut self, types: &HashMap<String, TagType>) {
        let conditions = self.conditions.iter_mut().filter(|_| self.are_texts);
        for (_, condition) in conditions {
            let (dimension, op) = (&condition.dimension, condition.op);
            let meant = |said: &Value| match dimension {
                Dimension::Bot => flag(said).map(Value::Bool),
                Dimension::Tag(keys) => as_type(*types.get(keys.last()?)?, said),
                _ => None,
            };
            let fits = |meant: &Value| match op {
                Op::Eq | Op::Ne | Op::In | Op::NotIn => !meant.is_array(),
                Op::Gt | Op::Gte | Op::Lt | Op::Lte => meant.is_number(),
                Op::Prefix | Op::Contains | Op::Exists => false,
            };
            let read = |said: &mut Value| {
                if let Some(meant) = meant(said).filter(fits) {
                    *said = meant;
                }
            };
            match &mut condition.value {
                Value::Array(list) => list.iter_mut().for_each(read),
                one => read(one),
            }
        }
    }

    /// The stretch that is meant, and whether there can be anything in it: from the first event, where no begin is said,
    /// until now, where no end is. Where nothing happened before the end, it is the last moment before.
    pub(super) fn span(&self, first: Option<i64>, now: i64) -> (Span, bool) {
        let to = self.end.unwrap_or(now);
        match self.begin.or(first.filter(|first| *first < to)) {
            Some(from) => (Span { from, to }, true),
            None => (
                Span {
                    from: to.saturating_sub(1),
                    to,
                },
                false,
            ),
        }
    }

    /// A failure to answer, by the names that it was asked by.
    pub(super) fn failure(&self, error: Error) -> Failure {
        let index = error.path.as_deref().and_then(|path| {
            let (index, _) = path.strip_prefix("where[")?.split_once(']')?;
            index.parse::<usize>().ok()
        });
        match index.and_then(|index| self.conditions.get(index)) {
            Some((at, _)) => error.at(at).into(),
            None => error.into(),
        }
    }

    /// Whether distinct actors are asked for.
    pub(super) fn counts_actors(&self) -> bool {
        self.view == ACTORS
    }

    /// What counts for the answer.
    pub(super) fn counting(&self) -> Counting {
        if self.counts_actors() {
            Counting::Scope(self.fields().map(|condition| condition.dimension.clone()).collect())
        } else {
            Counting::View(self.view.clone())
        }
    }

    /// The conditions on the fields of a scope.
    fn fields(&self) -> impl Iterator<Item = &Condition> {
        let conditions = self.conditions.iter().map(|(_, condition)| condition);
        conditions.filter(|condition| condition.dimension != Dimension::Action)
    }

    /// As a question to a view.
    pub(super) fn find(&self, span: Span) -> Find {
        Find {
            view: self.view.clone(),
            conditions: self.conditions.iter().map(|(_, condition)| condition.clone()).collect(),
            span,
            series: self.series.as_ref().map(|(period, _)| *period),
            time_zone: None::<TimeZone>,
            group_by: self.group_by.clone(),
            order: RowOrder::CountDescending,
            limit: None,
        }
    }

    /// As a question for distinct actors.
    pub(super) fn unique(&self, span: Span) -> Result<Unique, Failure> {
        if !self.group_by.is_empty() {
            return Err(Failure::argument("group_by", "Distinct actors are not grouped."));
        }
        let (mut action, mut fields) = (None, Vec::new());
        for (_, condition) in &self.conditions {
            if condition.op != Op::Eq {
                let message = "Distinct actors are filtered by one value of each field of a scope.";
                return Err(Error::new(Code::UnsupportedScope, message).at("where").into());
            }
            match (&condition.dimension, &condition.value) {
                (Dimension::Action, Value::String(name)) => action = Some(name.clone()),
                (dimension, value) => fields.push((dimension.clone(), value.clone())),
            }
        }
        Ok(Unique {
            action,
            fields,
            span,
            series: self.series.as_ref().map(|(period, _)| *period),
            time_zone: None,
        })
    }
}

/// What `action.get_external_stats` asks, and the names of arguments that are not known.
pub(super) fn external(mut arguments: Arguments) -> Result<(external::Asked, Vec<String>), Failure> {
    let mut bound = |name: &str| {
        let message = format!("`{name}` is a time: seconds since 1970.");
        time(&mut arguments, name)?.ok_or_else(|| Failure::argument(name, message))
    };
    let span = Span {
        from: bound("begin")?,
        to: bound("end")?,
    };
    // Conditions are called `where` here, too, and `filter` is another name of it.
    let filter = match arguments.take("where") {
        None => Map::new(),
        Some(Value::Object(fields)) => fields,
        Some(_) => {
            let message = "`filter` is an object with “network” and “url”.";
            return Err(Failure::argument("filter", message));
        }
    };
    let (mut networks, mut urls) = (None, None);
    for (name, value) in filter {
        let list = match &value {
            Value::String(text) => Some(vec![text.clone()]),
            Value::Array(list) => list.iter().map(|one| one.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        let list =
            list.ok_or_else(|| Failure::argument("filter", "What is filtered by is a text, or a list of texts."))?;
        match name.as_str() {
            "network" => networks = Some(list),
            "url" => urls = Some(list),
            _ => {
                return Err(Failure::argument(
                    "filter",
                    "Figures are filtered by “network” and “url”.",
                ));
            }
        }
    }
    let asked = external::Asked {
        span,
        networks,
        urls,
        by: (true, true),
    };
    Ok((asked, arguments.rest()))
}

/// How figures changed; what is not known to have changed is nought.
pub(super) fn external_rows(stats: Vec<(Option<String>, Option<String>, Stat)>) -> Vec<Value> {
    let row = |(url, network, stat): (Option<String>, Option<String>, Stat)| {
        let figure = |figure: Option<i64>| figure.unwrap_or(0);
        json!({"network": network, "url": url, "shares": figure(stat.change.shares),
            "likes": figure(stat.change.likes), "comments": figure(stat.change.comments)})
    };
    stats.into_iter().map(row).collect()
}

/// A time: whole seconds since 1970, or ISO 8601.
fn time(arguments: &mut Arguments, name: &str) -> Result<Option<i64>, Failure> {
    let Some(text) = arguments.take_text(name)? else {
        return Ok(None);
    };
    let read = match text.parse::<i64>() {
        Ok(seconds) => Timestamp::from_second(seconds).ok(),
        Err(_) => text.parse().ok(),
    };
    let nanoseconds = read.and_then(|time: Timestamp| i64::try_from(time.as_nanosecond()).ok());
    let message = format!("`{name}` is seconds since 1970, or a time such as “2026-11-21T09:30:00Z”.");
    nanoseconds.map(Some).ok_or_else(|| Failure::argument(name, message))
}

/// A flag, also as a text: in an address PHP writes 1 for true, and 0 or nothing for false.
fn flag(said: &Value) -> Option<bool> {
    match said {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => match text.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" | "" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// What a text means that is compared with values of a type; none where it cannot be one of them.
fn as_type(kind: TagType, said: &Value) -> Option<Value> {
    let as_flag = || kind.coerce(&Value::Bool(flag(said)?));
    kind.coerce(said).or_else(as_flag)
}

/// Conditions by dimension: a scalar is equality, a list one of several, an object operators.
fn conditions(fields: Map<String, Value>) -> Result<Vec<(String, Condition)>, Failure> {
    let mut all = Vec::with_capacity(fields.len());
    for (name, value) in fields {
        let at = format!("where.{}", name.chars().take(100).collect::<String>());
        let dimension = Dimension::parse(&name).map_err(|error| error.at(&at))?;
        let mut add = |op: Op, value: Value| {
            let condition = Condition::new(dimension.clone(), op, value).map_err(|error| error.at(&at))?;
            all.push((at.clone(), condition));
            Ok::<_, Failure>(())
        };
        match value {
            Value::Array(list) => add(Op::In, list.into())?,
            Value::Object(operators) => {
                for (operator, value) in operators {
                    let op = match operator.as_str() {
                        "gt" => Op::Gt,
                        "gte" => Op::Gte,
                        "lt" => Op::Lt,
                        "lte" => Op::Lte,
                        "ne" => Op::Ne,
                        "prefix" => Op::Prefix,
                        "exists" => {
                            let wanted = flag(&value).map_or(value, Value::Bool);
                            add(Op::Exists, wanted)?;
                            continue;
                        }
                        _ => {
                            let message = "A condition's operators are gt, gte, lt, lte, ne, prefix and exists.";
                            return Err(Failure::argument(&at, message));
                        }
                    };
                    add(op, value)?;
                }
            }
            scalar => add(Op::Eq, scalar)?,
        }
    }
    Ok(all)
}

/// The values of a row by the names that they were asked by.
fn named(asked: &Asked, row: &Row) -> Map<String, Value> {
    let names = asked.group_by.iter().map(|(name, _)| name.clone());
    let values = row.values.iter().map(|value| value.clone().unwrap_or(Value::Null));
    let mut shown: Map<_, _> = names.zip(values).collect();
    shown.insert("count".to_owned(), row.count.into());
    shown
}

/// The answer to a question to a view.
pub(super) fn counts(asked: &Asked, found: Found) -> Value {
    let rows = |rows: &[Row]| -> Value { rows.iter().map(|row| Value::from(named(asked, row))).collect() };
    if let (Some((_, period)), Some(points)) = (&asked.series, &found.series) {
        let points = points.iter().map(|one| {
            let mut shown = Map::from_iter([("count".to_owned(), one.count.into())]);
            if !asked.group_by.is_empty() {
                shown.insert("rows".to_owned(), rows(&one.rows));
            }
            point(one.span.from, shown)
        });
        return json!({"period": period, "series": points.collect::<Vec<_>>()});
    }
    if asked.group_by.is_empty() {
        return json!({"count": found.total});
    }
    rows(&found.rows)
}

/// The answer to a question for distinct actors.
pub(super) fn actors(asked: &Asked, found: &UniqueFound) -> Value {
    let shown = |distinct: &Distinct| {
        let mut shown = Map::from_iter([("count".to_owned(), distinct.count.into())]);
        if !distinct.exact {
            shown.insert("approximate".to_owned(), true.into());
        }
        shown
    };
    if let (Some((_, period)), Some(points)) = (&asked.series, &found.series) {
        let points = points.iter().map(|(span, distinct)| point(span.from, shown(distinct)));
        return json!({"period": period, "series": points.collect::<Vec<_>>()});
    }
    shown(&found.whole).into()
}
