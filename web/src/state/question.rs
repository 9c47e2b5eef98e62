//! What is asked of a site: the period, the time zone, the filters. All of it is in the address, so that it can be sent to
//! somebody, and comes back with the browser's button.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_query_map},
    params::ParamsMap,
};
use serde_json::Value;

use super::surroundings::use_place;
use crate::{
    browser::escape,
    format::zone::{self, days_between, plus_days, plus_months, start_of_day},
};

/// Which days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Span {
    /// Today.
    Day,
    /// So many days, today being the last.
    Days(u16),
    /// Twelve months, this one being the last.
    Year,
    /// From one day up to another, both included.
    Between(String, String),
}

/// Periods that can be chosen by one press, with their names in the address.
pub(crate) const PRESETS: [(Span, &str); 4] = [
    (Span::Day, "day"),
    (Span::Days(7), "7d"),
    (Span::Days(30), "30d"),
    (Span::Year, "12m"),
];

/// How long a point of a series is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Hour,
    Day,
    Month,
}

/// A range of time, cut into points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Range {
    /// The first moment: milliseconds since 1970.
    pub(crate) from: f64,
    /// The first moment past it.
    pub(crate) to: f64,
    /// How long a point is.
    pub(crate) step: Step,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Question {
    pub(crate) span: Span,
    /// None means the site's.
    pub(crate) zone: Option<String>,
    /// Dimensions with the value that each is to have.
    pub(crate) filters: Vec<(String, Value)>,
    /// What else a page lets people choose, by its name in the address.
    pub(crate) choices: Vec<(&'static str, String)>,
}

/// The names of what else can be chosen.
const CHOICES: [&str; 5] = ["view", "by", "action", "scope", "actor"];

/// What the address asks, and a way to ask something else, which changes the address.
pub(crate) fn use_question() -> (Memo<Question>, Callback<Question>) {
    let query = use_query_map();
    let path = use_location().pathname;
    let navigate = use_navigate();
    let change = Callback::new(move |asked: Question| {
        let options = NavigateOptions {
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(&(path.get_untracked() + &asked.address()), options);
    });
    (Memo::new(move |_| query.with(Question::of)), change)
}

/// The time zone whose days are meant: the one that the address names, else the site's.
pub(crate) fn use_zone(question: Memo<Question>) -> Memo<String> {
    let place = use_place();
    Memo::new(move |_| {
        let chosen = question.with(|question| question.zone.clone());
        chosen
            .or_else(|| place.site().map(|site| site.time_zone))
            .unwrap_or_else(|| "UTC".to_owned())
    })
}

/// The zone that the address names at this moment; none means the browser's. For pages that are of no site.
pub(crate) fn chosen_zone() -> Option<String> {
    use_query_map().with_untracked(zone_of)
}

/// The same for pages of a site, whose own it is where the address names none.
pub(crate) fn zone_now() -> String {
    chosen_zone()
        .or_else(|| use_place().site_now().map(|site| site.time_zone))
        .unwrap_or_else(|| "UTC".to_owned())
}

fn zone_of(query: &ParamsMap) -> Option<String> {
    query.get("zone").filter(|zone| zone::is_known(zone))
}

/// Up to so many days are shown day by day.
const MOST_DAYS: f64 = 92.0;

impl Question {
    /// Reads an address; what makes no sense is left out.
    pub(crate) fn of(query: &ParamsMap) -> Self {
        let between = || {
            let (from, to) = (query.get("from")?, query.get("to")?);
            (zone::is_day(&from) && zone::is_day(&to) && from <= to).then_some(Span::Between(from, to))
        };
        let preset = || {
            let name = query.get("period")?;
            PRESETS.into_iter().find(|(_, one)| *one == name).map(|(span, _)| span)
        };
        let filter = |text: &String| {
            let (dimension, value) = text.split_once('=')?;
            Some((dimension.to_owned(), serde_json::from_str(value).ok()?))
        };
        Self {
            span: between().or_else(preset).unwrap_or(Span::Days(30)),
            zone: zone_of(query),
            filters: query
                .get_all("where")
                .unwrap_or_default()
                .iter()
                .filter_map(filter)
                .collect(),
            choices: CHOICES
                .into_iter()
                .filter_map(|name| Some((name, query.get(name)?)))
                .collect(),
        }
    }

    /// The same as part of an address, with its question mark.
    pub(crate) fn address(&self) -> String {
        let mut parts = match &self.span {
            Span::Between(from, to) => vec![format!("from={from}"), format!("to={to}")],
            span => {
                let name = PRESETS
                    .iter()
                    .find(|(one, _)| one == span)
                    .map_or("30d", |(_, name)| name);
                vec![format!("period={name}")]
            }
        };
        parts.extend(self.zone.iter().map(|zone| format!("zone={}", escape(zone))));
        let filters = self.filters.iter();
        parts.extend(filters.map(|(dimension, value)| format!("where={}", escape(&format!("{dimension}={value}")))));
        let choices = self.choices.iter();
        parts.extend(choices.map(|(name, value)| format!("{name}={}", escape(value))));
        format!("?{}", parts.join("&"))
    }

    /// The same with another period.
    pub(crate) fn with_span(&self, span: Span) -> Self {
        Self { span, ..self.clone() }
    }

    /// The same with a filter more, in place of one of the same dimension.
    pub(crate) fn with_filter(&self, dimension: &str, value: Value) -> Self {
        let mut asked = self.without_filter(dimension);
        asked.filters.push((dimension.to_owned(), value));
        asked
    }

    /// The same without the filter of a dimension.
    pub(crate) fn without_filter(&self, dimension: &str) -> Self {
        let mut asked = self.clone();
        asked.filters.retain(|(one, _)| one != dimension);
        asked
    }

    /// What was chosen under a name.
    pub(crate) fn choice(&self, name: &str) -> Option<&str> {
        let found = self.choices.iter().find(|(one, _)| *one == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The same with another choice under a name, or none.
    pub(crate) fn with_choice(&self, name: &'static str, value: Option<String>) -> Self {
        let mut asked = self.clone();
        asked.choices.retain(|(one, _)| *one != name);
        asked.choices.extend(value.map(|value| (name, value)));
        asked
    }

    /// The range of time, by the calendar of a zone, and the one of the same length before it.
    pub(crate) fn ranges(&self, zone: &str, now: f64) -> (Range, Range) {
        let today = zone::day(zone, now);
        let (first, past, step) = match &self.span {
            Span::Day => (today.clone(), plus_days(&today, 1.0), Step::Hour),
            Span::Days(days) => (
                plus_days(&today, 1.0 - f64::from(*days)),
                plus_days(&today, 1.0),
                Step::Day,
            ),
            Span::Year => (plus_months(&today, -11), plus_months(&today, 1), Step::Month),
            Span::Between(from, to) => {
                let past = plus_days(to, 1.0);
                let step = match days_between(from, &past) {
                    days if days <= 1.0 => Step::Hour,
                    days if days <= MOST_DAYS => Step::Day,
                    _ => Step::Month,
                };
                (from.clone(), past, step)
            }
        };
        let before = match self.span {
            Span::Year => plus_months(&first, -12),
            _ => plus_days(&first, -days_between(&first, &past)),
        };
        let range = |from: &str, to: &str| Range {
            from: start_of_day(zone, from),
            to: start_of_day(zone, to),
            step,
        };
        (range(&first, &past), range(&before, &first))
    }
}
