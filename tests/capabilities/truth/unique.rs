//! Questions for distinct actors, with the answers that they should get.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Actor, Event, calendar, condition::Condition, living};

/// The fields that [`Unique::read`] reads.
pub(crate) const RESULT: &str = "count lower upper exact series { start end count lower upper exact }";

/// A question.
#[derive(Debug, Clone)]
pub(crate) struct Unique {
    pub(crate) action: Option<String>,
    pub(crate) fields: Vec<(String, Value)>,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) period: Option<&'static str>,
    pub(crate) zone: String,
    /// The site's zone, whose days tell apart those who are not named.
    pub(crate) site_zone: String,
}

/// An answer; small ones are exact.
pub(crate) type Counted = (i64, Option<Vec<(Timestamp, Timestamp, i64)>>);

impl Unique {
    pub(crate) fn new(site_zone: &str, from: &str, to: &str) -> Self {
        Self {
            action: None,
            fields: Vec::new(),
            from: super::instant(from),
            to: super::instant(to),
            period: None,
            zone: site_zone.to_owned(),
            site_zone: site_zone.to_owned(),
        }
    }

    pub(crate) fn of(mut self, action: &str) -> Self {
        self.action = Some(action.to_owned());
        self
    }

    pub(crate) fn within(mut self, field: &str, value: Value) -> Self {
        self.fields.push((field.to_owned(), value));
        self
    }

    pub(crate) fn series(mut self, period: &'static str, zone: &str) -> Self {
        self.period = Some(period);
        zone.clone_into(&mut self.zone);
        self
    }

    pub(crate) fn input(&self) -> Value {
        let conditions: Vec<_> = self
            .fields
            .iter()
            .map(|(field, value)| Condition::new(field, "EQ", value.clone()).input())
            .collect();
        let mut input = json!({
            "where": conditions, "timeZone": self.zone, "from": self.from.to_string(), "to": self.to.to_string(),
            "series": self.period.is_some(),
        });
        if let Some(period) = self.period {
            input["period"] = json!(period);
        }
        if let Some(action) = &self.action {
            input["action"] = json!(action);
        }
        input
    }

    /// The answer it should get.
    pub(crate) fn answer(&self, events: &[Event]) -> Counted {
        let conditions: Vec<_> = self
            .fields
            .iter()
            .map(|(field, value)| Condition::new(field, "EQ", value.clone()))
            .collect();
        let matching: Vec<&Event> = living(events)
            .filter(|event| self.action.as_ref().is_none_or(|action| *action == event.action))
            .filter(|event| conditions.iter().all(|condition| condition.holds(event)))
            .collect();
        let count = |from: Timestamp, to: Timestamp| {
            let within = matching.iter().filter(|event| event.time >= from && event.time < to);
            let actors: BTreeSet<String> = within.filter_map(|event| self.actor(event)).collect();
            i64::try_from(actors.len()).expect("few")
        };
        let series = self.period.map(|period| {
            let points = calendar::points(self.from, self.to, period, &self.zone);
            points
                .into_iter()
                .map(|(from, to)| (from, to, count(from, to)))
                .collect()
        });
        (count(self.from, self.to), series)
    }

    fn actor(&self, event: &Event) -> Option<String> {
        match &event.actor {
            Actor::User(id) | Actor::Device(id) => Some(id.clone()),
            Actor::Company(_) => None,
            Actor::Unnamed => {
                let agent = event.agent.map(|agent| agent.text);
                let date = calendar::date(event.time, &self.site_zone);
                Some(format!("unnamed on {date} by {agent:?}"))
            }
        }
    }

    /// An answer as the server gave it.
    pub(crate) fn read(result: &Value) -> Counted {
        let count = |one: &Value| {
            assert_eq!(one["exact"], true, "{result:#}");
            assert!(
                one["lower"] == one["count"] && one["upper"] == one["count"],
                "{result:#}"
            );
            one["count"].as_i64().expect("a count")
        };
        let time = |value: &Value| super::instant(value.as_str().expect("a time"));
        let series = result["series"].as_array().map(|points| {
            let point = |point: &Value| (time(&point["start"]), time(&point["end"]), count(point));
            points.iter().map(point).collect()
        });
        (count(result), series)
    }
}
