//! Asking the server what the model knows, all in one operation.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use support::random;

use super::{
    run::{World, ZONE},
    step::{ACTIONS, GROUPS, NETWORKS, WINDOWS},
};
use crate::truth::{
    self, COUNTRIES, actions,
    find::{self, Find, View},
    instant, living,
    unique::{self, Unique},
};

/// Whole-hour zones, such off by a half or three quarters, and one whose clocks change by half an hour.
const ZONES: [&str; 6] = [
    ZONE,
    "UTC",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
];

/// Asks some random questions.
pub(super) async fn something(world: &World, seed: u64) {
    let mut random = Random::new(seed);
    let finds = (0..12).map(|_| random.find(&world.views)).collect();
    let uniques = (0..6).map(|_| random.unique(&world.scopes)).collect();
    check(world, finds, uniques).await;
}

/// Asks something of every view and of every scope.
pub(super) async fn everything(world: &World, seed: u64) {
    let mut random = Random::new(seed);
    for view in &world.views {
        let only = std::slice::from_ref(view);
        let mut finds: Vec<Find> = (0..12).map(|_| random.find(only)).collect();
        for period in ["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"] {
            let dimensions: Vec<&str> = view.dimensions.iter().map(String::as_str).collect();
            let whole = Find::new(view, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
            finds.push(whole.series(period, random.one(&ZONES)).by(&dimensions));
        }
        check(world, finds, Vec::new()).await;
    }
    for scope in &world.scopes {
        let only = std::slice::from_ref(scope);
        let mut uniques: Vec<Unique> = (0..12).map(|_| random.unique(only)).collect();
        for unique in &mut uniques[..4] {
            (unique.from, unique.to) = (instant("2026-01-01T00:00:00Z"), instant("2027-01-01T00:00:00Z"));
            unique.period = unique.period.map(|_| "MONTH");
        }
        check(world, Vec::new(), uniques).await;
    }
}

async fn check(world: &World, finds: Vec<Find>, uniques: Vec<Unique>) {
    let finds: Vec<Find> = finds.into_iter().flat_map(|find| [find.raw(), find]).collect();
    let mut variables = json!({"finds": finds.iter().map(Find::input).collect::<Vec<_>>()});
    let (mut declared, mut fields) = (String::new(), String::new());
    for (number, unique) in uniques.iter().enumerate() {
        declared += &format!(", $u{number}: UniqueInput!");
        fields += &format!(" u{number}: unique(input: $u{number}) {{ {} }}", unique::RESULT);
        variables[format!("u{number}")] = unique.input();
    }
    let document = format!(
        "query ($finds: [FindInput!]!{declared}) {{ findBatch(inputs: $finds) {{ result {{ {} }} error {{ message }} }} \
         events(first: 1000) {{ edges {{ node {{ id action label tag deviceType browser os country }} }} }} \
         actions {{ name count firstSeen lastSeen }}{fields} }}",
        find::RESULT
    );
    let answer = world.tidemark.client().graphql(&document, variables).await;
    let data = answer.data();
    check_events(world, &data["events"]["edges"]);
    check_actions(world, &data["actions"]);
    for (find, outcome) in finds.iter().zip(data["findBatch"].as_array().expect("a list")) {
        assert!(outcome["error"].is_null(), "{find:#?}\n{outcome:#}");
        let result = &outcome["result"];
        let (found, true_one) = (find.read(result), find.answer(&world.events));
        assert!(
            found == true_one,
            "{}\nfound: {found:#?}\nbut it is: {true_one:#?}\nby {}",
            find.input(),
            result["provenance"]
        );
    }
    for (number, unique) in uniques.iter().enumerate() {
        let found = Unique::read(&data[format!("u{number}")]);
        assert_eq!(found, unique.answer(&world.events), "{}", unique.input());
    }
}

fn check_events(world: &World, edges: &Value) {
    let text = |event: &truth::Event| {
        let mut tag = event.tag.clone();
        tag.insert(
            "traffic_source".to_owned(),
            event.value("traffic_source").expect("always"),
        );
        let enriched = ["device", "browser", "os", "country"].map(|dimension| event.value(dimension));
        let [device, browser, os, country] = enriched;
        json!({"id": event.id, "action": event.action, "label": event.label, "tag": tag,
               "deviceType": device, "browser": browser, "os": os, "country": country})
        .to_string()
    };
    let edges = edges.as_array().expect("a list");
    let found: BTreeSet<String> = edges.iter().map(|edge| edge["node"].to_string()).collect();
    assert_eq!(found.len(), edges.len(), "an event is listed twice");
    let there: BTreeSet<String> = living(&world.events).map(text).collect();
    assert_eq!(found, there, "the list of events");
}

fn check_actions(world: &World, listed: &Value) {
    let time = |value: &Value| instant(value.as_str().expect("a time"));
    let found: BTreeMap<String, (i64, Timestamp, Timestamp)> = listed
        .as_array()
        .expect("a list")
        .iter()
        .filter(|action| action["count"] != 0)
        .map(|action| {
            let name = action["name"].as_str().expect("a name").to_owned();
            let count = action["count"].as_i64().expect("a count");
            (name, (count, time(&action["firstSeen"]), time(&action["lastSeen"])))
        })
        .collect();
    assert_eq!(found, actions(&world.events), "the list of actions");
}

/// Questions by chance.
struct Random(random::Random);

impl Random {
    fn new(seed: u64) -> Self {
        Self(random::Random::new(seed))
    }

    fn next(&mut self) -> u64 {
        self.0.draw()
    }

    fn below(&mut self, most: i64) -> i64 {
        i64::try_from(self.next() % most.unsigned_abs()).expect("below a small number")
    }

    fn one<T: Copy>(&mut self, list: &[T]) -> T {
        list[usize::try_from(self.next()).expect("64 bits") % list.len()]
    }

    /// A stretch within one of the windows: aligned to days or hours, or not at all.
    fn span(&mut self, zone: &str) -> (Timestamp, Timestamp) {
        let (start, hours) = self.one(&WINDOWS);
        let start = instant(start) - SignedDuration::from_hours(12);
        let step = self.one(&[3_600_000, 3_600_000, 60_000, 1]);
        let length = (hours + 24) * 3_600_000 / step;
        let one = self.below(length);
        let other = self.below(length);
        let time = |steps: i64| start + SignedDuration::from_millis(steps * step);
        let (mut from, mut to) = (time(one.min(other)), time(one.max(other) + 1));
        if self.below(2) == 0 {
            let zone = jiff::tz::TimeZone::get(zone).expect("a zone");
            let day = |time: Timestamp| zone.to_datetime(time).date().to_zoned(zone.clone()).expect("a day");
            from = day(from).timestamp();
            to = day(to).tomorrow().expect("a day").timestamp();
        }
        (from, to)
    }

    fn find(&mut self, views: &[View]) -> Find {
        let view = &views[usize::try_from(self.next()).expect("64 bits") % views.len()];
        let zone = self.one(&ZONES);
        let (from, to) = self.span(zone);
        let mut find = Find {
            from,
            to,
            ..Find::new(view, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")
        };
        zone.clone_into(&mut find.zone);
        if self.below(2) == 0 {
            let hours = (to.as_second() - from.as_second()) / 3_600;
            find.period = Some(if hours < 72 {
                self.one(&["HOUR", "DAY"])
            } else {
                self.one(&["DAY", "WEEK"])
            });
        }
        for dimension in &view.dimensions {
            if self.below(2) == 0 {
                find.group.push(dimension.clone());
            }
            if self.below(4) == 0 {
                let (op, value) = self.comparison(dimension);
                find = find.only(dimension, op, value);
            }
        }
        find
    }

    fn comparison(&mut self, dimension: &str) -> (&'static str, Value) {
        if dimension == "tag.deep.plan" {
            let op = self.one(&["EQ", "NE", "GT", "GTE", "LT", "LTE"]);
            return (op, self.one(&[json!(7), json!(7.5), json!("7")].each_ref()).clone());
        }
        let texts: &[&str] = match dimension {
            "action" => &ACTIONS,
            "tag.network" => &NETWORKS,
            "tag.group" => &GROUPS,
            "traffic_source" => &["direct", "search", "click.st", "other"],
            "device" => &["desktop", "mobile", "bot", "other"],
            "browser" => &["Chrome", "Mobile Safari", "Googlebot"],
            "os" => &["Windows", "iOS"],
            "country" => &COUNTRIES,
            _ => &["", "top", "/", "/p", "shop.example", "Tidal Ltd"],
        };
        let text = self.one(texts);
        let first: String = text.chars().take(2).collect();
        match self.below(8) {
            0 => ("EQ", Value::Null),
            1 => ("EXISTS", json!(self.below(2) == 0)),
            2 => ("PREFIX", json!(first)),
            3 => ("CONTAINS", json!(first)),
            4 => ("IN", json!([text, self.one(texts), null])),
            5 => ("NOT_IN", json!([text, 7])),
            6 => (self.one(&["GT", "GTE", "LT", "LTE"]), json!(text)),
            _ => (self.one(&["EQ", "NE"]), json!(text)),
        }
    }

    fn unique(&mut self, scopes: &[Vec<&'static str>]) -> Unique {
        let scope = &scopes[usize::try_from(self.next()).expect("64 bits") % scopes.len()];
        let zone = self.one(&ZONES);
        let (from, to) = self.span(zone);
        let mut unique = Unique {
            from,
            to,
            ..Unique::new(ZONE, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")
        };
        zone.clone_into(&mut unique.zone);
        if self.below(2) == 0 {
            unique.action = Some(self.one(&ACTIONS).to_owned());
        }
        if self.below(2) == 0 {
            unique.period = Some(self.one(&["DAY", "WEEK"]));
        }
        for field in scope {
            let value = match *field {
                "tag.network" => json!(self.one(&NETWORKS)),
                "tag.group" => json!(self.one(&GROUPS)),
                "tag.deep.plan" => json!(self.one(&[7.0, 7.5, 12.0])),
                _ => json!(self.one(&["direct", "search", "click.st", "other"])),
            };
            let value = if self.below(10) == 0 { Value::Null } else { value };
            unique = unique.within(field, value);
        }
        unique
    }
}
