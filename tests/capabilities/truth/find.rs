//! Questions to views, with the answers that they should get.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Event, calendar, condition::Condition, living};

/// The fields that [`Found::read`] reads.
pub(crate) const RESULT: &str = "total groups rows { dimensions missing count measures { field count sum avg min max } } \
     series { start end count rows { dimensions missing count } } provenance { source markLagEvents }";

/// A view as the model knows it.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) name: String,
    pub(crate) actions: Option<Vec<String>>,
    pub(crate) dimensions: Vec<String>,
    pub(crate) measures: Vec<String>,
}

impl View {
    pub(crate) fn new(name: &str, dimensions: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            actions: None,
            dimensions: dimensions.iter().map(|one| (*one).to_owned()).collect(),
            measures: Vec::new(),
        }
    }

    pub(crate) fn of(mut self, actions: &[&str]) -> Self {
        self.actions = Some(actions.iter().map(|one| (*one).to_owned()).collect());
        self
    }

    pub(crate) fn measuring(mut self, field: &str) -> Self {
        self.measures.push(field.to_owned());
        self
    }

    /// Those that are there from the start, besides raw events.
    pub(crate) fn built_in() -> Vec<Self> {
        vec![
            Self::new("actions", &["action"]),
            Self::new("pages", &["url.host", "url.path"]).of(&["pageview", "page.visit"]),
            Self::new("referrers", &["traffic_source", "referrer.host"]),
            Self::new("networks", &["action", "tag.network"]),
            Self::new("groups", &["action", "tag.group"]),
            Self::new("devices", &["device", "browser", "os"]),
            Self::new("countries", &["country"]),
        ]
    }

    /// What `createView` takes.
    pub(crate) fn input(&self) -> Value {
        json!({"name": self.name, "actions": self.actions, "dimensions": self.dimensions, "measures": self.measures})
    }
}

/// A question.
#[derive(Debug, Clone)]
pub(crate) struct Find {
    pub(crate) view: View,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) period: Option<&'static str>,
    pub(crate) zone: String,
    pub(crate) group: Vec<String>,
}

impl Find {
    pub(crate) fn new(view: &View, from: &str, to: &str) -> Self {
        Self {
            view: view.clone(),
            conditions: Vec::new(),
            from: super::instant(from),
            to: super::instant(to),
            period: None,
            zone: "UTC".to_owned(),
            group: Vec::new(),
        }
    }

    pub(crate) fn series(mut self, period: &'static str, zone: &str) -> Self {
        self.period = Some(period);
        zone.clone_into(&mut self.zone);
        self
    }

    pub(crate) fn by(mut self, dimensions: &[&str]) -> Self {
        self.group = dimensions.iter().map(|one| (*one).to_owned()).collect();
        self
    }

    pub(crate) fn only(mut self, dimension: &str, op: &'static str, value: Value) -> Self {
        self.conditions.push(Condition::new(dimension, op, value));
        self
    }

    /// The same question to the view of raw events.
    pub(crate) fn raw(&self) -> Self {
        let mut raw = self.clone();
        raw.view.name = "events".to_owned();
        raw.view.measures.clear();
        if let Some(actions) = raw.view.actions.take() {
            raw.conditions.push(Condition::new("action", "IN", json!(actions)));
        }
        raw
    }

    pub(crate) fn input(&self) -> Value {
        let conditions: Vec<_> = self.conditions.iter().map(Condition::input).collect();
        let mut input = json!({
            "view": self.view.name, "where": conditions, "timeZone": self.zone, "groupBy": self.group,
            "from": self.from.to_string(), "to": self.to.to_string(), "series": self.period.is_some(),
        });
        if let Some(period) = self.period {
            input["period"] = json!(period);
        }
        input
    }

    /// The answer it should get.
    pub(crate) fn answer(&self, events: &[Event]) -> Found {
        let listed = |event: &Event| {
            let actions = self.view.actions.as_ref();
            actions.is_none_or(|actions| actions.contains(&event.action))
        };
        let matching: Vec<&Event> = living(events)
            .filter(|event| event.time >= self.from && event.time < self.to && listed(event))
            .filter(|event| self.conditions.iter().all(|condition| condition.holds(event)))
            .collect();
        let mut rows = BTreeMap::new();
        if self.group.is_empty() {
            rows.insert("[]".to_owned(), Row::empty(&self.view));
        }
        for event in &matching {
            let key = self.key(|dimension| event.value(dimension));
            rows.entry(key)
                .or_insert_with(|| Row::empty(&self.view))
                .take(event, &self.view);
        }
        let series = self.period.map(|period| {
            let points = calendar::points(self.from, self.to, period, &self.zone);
            points.into_iter().map(|point| self.point(point, &matching)).collect()
        });
        Found {
            total: i64::try_from(matching.len()).expect("few"),
            rows,
            series,
        }
    }

    fn point(&self, (start, end): calendar::Point, matching: &[&Event]) -> FoundPoint {
        let mut rows = BTreeMap::new();
        let mut count = 0;
        for event in matching.iter().filter(|event| event.time >= start && event.time < end) {
            count += 1;
            if !self.group.is_empty() {
                *rows.entry(self.key(|dimension| event.value(dimension))).or_insert(0) += 1;
            }
        }
        FoundPoint {
            start,
            end,
            count,
            rows,
        }
    }

    fn key(&self, value: impl Fn(&str) -> Option<Value>) -> String {
        let values = self.group.iter().map(|dimension| match value(dimension) {
            Some(Value::Number(number)) => format!("{:?}", number.as_f64()),
            Some(value) => value.to_string(),
            None => "missing".to_owned(),
        });
        format!("[{}]", values.collect::<Vec<_>>().join(","))
    }

    /// An answer as the server gave it.
    pub(crate) fn read(&self, result: &Value) -> Found {
        let rows = result["rows"].as_array().expect("rows");
        assert_eq!(result["groups"], rows.len(), "{result:#}");
        let series = result["series"].as_array().map(|points| {
            let point = |point: &Value| FoundPoint {
                start: time(&point["start"]),
                end: time(&point["end"]),
                count: point["count"].as_i64().expect("a count"),
                rows: self.counts(&point["rows"]),
            };
            points.iter().map(point).collect()
        });
        Found {
            total: result["total"].as_i64().expect("a count"),
            rows: rows.iter().map(|row| (self.row_key(row), Row::read(row))).collect(),
            series,
        }
    }

    fn counts(&self, rows: &Value) -> BTreeMap<String, i64> {
        if self.group.is_empty() {
            return BTreeMap::new();
        }
        let rows = rows.as_array().expect("rows");
        rows.iter()
            .map(|row| (self.row_key(row), row["count"].as_i64().expect("a count")))
            .collect()
    }

    fn row_key(&self, row: &Value) -> String {
        let missing = row["missing"].as_array().expect("a list");
        self.key(|dimension| {
            let value = row["dimensions"][dimension].clone();
            (!missing.iter().any(|one| one == dimension)).then_some(value)
        })
    }
}

fn time(value: &Value) -> Timestamp {
    super::instant(value.as_str().expect("a time"))
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) total: i64,
    pub(crate) rows: BTreeMap<String, Row>,
    pub(crate) series: Option<Vec<FoundPoint>>,
}

/// One point of a series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FoundPoint {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) count: i64,
    pub(crate) rows: BTreeMap<String, i64>,
}

/// One group.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) count: i64,
    pub(crate) measures: Vec<Measure>,
}

impl Row {
    fn empty(view: &View) -> Self {
        Self {
            count: 0,
            measures: vec![Measure::default(); view.measures.len()],
        }
    }

    fn take(&mut self, event: &Event, view: &View) {
        self.count += 1;
        for (measure, field) in self.measures.iter_mut().zip(&view.measures) {
            if let Some(number) = event.value(field).as_ref().and_then(Value::as_f64) {
                measure.take(number);
            }
        }
    }

    fn read(row: &Value) -> Self {
        let measures = row["measures"].as_array().expect("a list");
        Self {
            count: row["count"].as_i64().expect("a count"),
            measures: measures.iter().map(Measure::read).collect(),
        }
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        let pairs = || self.measures.iter().zip(&other.measures);
        let measured = self.measures.len() == other.measures.len() && pairs().all(|(one, other)| one.agrees(other));
        self.count == other.count && measured
    }
}

/// A measured field.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Measure {
    count: i64,
    sum: f64,
    /// Least and greatest.
    ends: Option<(f64, f64)>,
}

impl Measure {
    fn take(&mut self, number: f64) {
        self.count += 1;
        self.sum += number;
        let (least, greatest) = self.ends.unwrap_or((number, number));
        self.ends = Some((least.min(number), greatest.max(number)));
    }

    fn read(value: &Value) -> Self {
        Self {
            count: value["count"].as_i64().expect("a count"),
            sum: value["sum"].as_f64().expect("a sum"),
            ends: value["min"].as_f64().zip(value["max"].as_f64()),
        }
    }

    /// A sum of floating numbers depends a little on its order.
    fn agrees(&self, other: &Self) -> bool {
        let scale = self.sum.abs().max(other.sum.abs()).max(1.0);
        self.count == other.count && self.ends == other.ends && (self.sum - other.sum).abs() <= 1e-9 * scale
    }
}
