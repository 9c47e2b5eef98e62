//! Views: exact for any bounds, in any zone, by any group and condition, folded or not.

use serde_json::{Value, json};
use support::{Engine, Tidemark, graphql};

use crate::truth::{
    Event, check,
    find::{Find, View},
};

mod declared;
mod limit;
mod omitted;
mod snapshot;
mod usage;

support::on_both_engines!(
    built_in_views_are_exact_for_any_bounds,
    series_follow_the_clock_of_any_zone,
    values_are_typed_and_missing_is_a_value_of_its_own,
    every_operator_means_the_same_on_cells_and_on_raw_events,
    a_crowded_hour_is_still_exact,
);

const ZONE: &str = "Europe/Berlin";

/// An event every 37 minutes about both changes of Berlin's clocks, and some in other months.
fn scattered() -> Vec<Event> {
    let mut events = Vec::new();
    for (start, count) in [
        ("2026-03-27T20:00:00Z", 150),
        ("2026-10-03T10:00:00Z", 30),
        ("2026-10-23T20:00:00Z", 150),
        ("2026-01-01T00:00:00Z", 1),
        ("2025-12-31T22:59:59.999Z", 1),
    ] {
        for number in 0..count {
            let index = events.len();
            let time = crate::truth::instant(start) + jiff::SignedDuration::from_mins(37 * number);
            let action = ["pageview", "page.visit", "button.click"][index % 3];
            let tag = json!({"network": (["facebook", "linkedin"][index % 2]), "group": format!("g{}", index % 4)});
            let event = Event::new(&format!("event {index}"), action, &time.to_string(), tag);
            let mut event = event.roaming(index);
            event.url = Some(format!("https://shop.example/p/{}", index % 3));
            event.referrer = ["https://www.google.com/search", "https://blog.example/a"]
                .get(index % 3)
                .map(|url| (*url).to_owned());
            events.push(event);
        }
    }
    events
}

/// A server with these events, whose network is of several types.
async fn start_typed(engine: Engine, events: &[Event]) -> Tidemark {
    let tidemark = start(engine, &[], &[]).await;
    let inputs = events.iter().map(Event::input).collect();
    tidemark.accept_retyped("network", inputs).await;
    tidemark
}

/// A server with these events, on a site in Berlin that takes events of any age.
async fn start(engine: Engine, flags: &[(&str, &str)], events: &[Event]) -> Tidemark {
    let mut builder = Tidemark::builder(engine)
        .time_zone(ZONE)
        .site_flag("--max-event-age", "none");
    for (flag, value) in flags {
        builder = builder.flag(flag, value);
    }
    let tidemark = builder.start().await;
    for some in events.chunks(1_000) {
        tidemark.accept(some.iter().map(Event::input).collect()).await;
    }
    tidemark
}

async fn built_in_views_are_exact_for_any_bounds(engine: Engine) {
    let events = scattered();
    let tidemark = start(engine, &[], &events).await;
    let list = "{ views { name actions dimensions measures } }";
    let mut listed = tidemark.client().graphql(list, json!({})).await.data()["views"].clone();
    let listed = listed.as_array_mut().expect("a list");
    listed.retain(|view| view["name"] != "events");
    let known: Vec<_> = View::built_in().iter().map(View::input).collect();
    assert_eq!(*listed, known, "none is left out");
    let bounds = [
        ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("2026-03-28T22:59:59.999999999Z", "2026-03-29T22:00:00.000000001Z"),
        ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        ("2026-10-24T03:17:00Z", "2026-10-26T04:41:12.345Z"),
        ("2026-10-24T03:17:00Z", "2026-10-24T03:18:00Z"),
        ("2025-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
    ];
    let mut finds = Vec::new();
    for view in View::built_in() {
        let dimensions: Vec<&str> = view.dimensions.iter().map(String::as_str).collect();
        for (from, to) in bounds {
            finds.push(Find::new(&view, from, to));
            finds.push(Find::new(&view, from, to).by(&dimensions).series("DAY", ZONE));
        }
    }
    check::finds(tidemark.client(), &finds, &events).await;
    tidemark.await_folded().await;
    check::finds(tidemark.client(), &finds, &events).await;
    let whole = json!({"view": "networks", "from": bounds[0].0, "to": bounds[0].1});
    assert_eq!(tidemark.client().find(whole).await["provenance"]["source"], "ROLLUP");
}

async fn series_follow_the_clock_of_any_zone(engine: Engine) {
    let events = scattered();
    let tidemark = start(engine, &[], &events).await;
    tidemark.await_folded().await;
    let networks = View::new("networks", &["action", "tag.network"]);
    let find = |from: &str, to: &str| Find::new(&networks, from, to).by(&["tag.network"]);
    let mut finds = Vec::new();
    for zone in [
        ZONE,
        "UTC",
        "America/New_York",
        "Asia/Kolkata",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
    ] {
        for (from, to) in [
            ("2026-03-28T12:30:00Z", "2026-03-30T12:00:00Z"),
            ("2026-10-24T12:00:00Z", "2026-10-26T11:59:59Z"),
            ("2026-10-03T12:10:00Z", "2026-10-03T20:20:00Z"),
        ] {
            finds.push(find(from, to).series("HOUR", zone));
            finds.push(find(from, to).series("DAY", zone));
        }
        for period in ["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"] {
            finds.push(find("2025-11-11T11:11:11Z", "2026-11-11T11:11:11Z").series(period, zone));
        }
    }
    check::finds(tidemark.client(), &finds, &events).await;

    // What the model says of the days on which Berlin's clocks are changed.
    let spring = find("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z").series("HOUR", ZONE);
    let autumn = find("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z").series("HOUR", ZONE);
    let points = |find: &Find| find.answer(&events).series.expect("a series").len();
    assert_eq!((points(&spring), points(&autumn)), (23, 25));
}

/// Events whose field is missing, null, and of several types.
fn typed() -> Vec<Event> {
    let values = [
        json!({}),
        json!({"network": null}),
        json!({"network": ""}),
        json!({"network": 7}),
        json!({"network": 7.0}),
        json!({"network": "7"}),
        json!({"network": true}),
        json!({"network": "true"}),
        json!({"network": {"a": [1, null]}}),
        json!({"network": "Ärger \"mit\" \\ 'Zitaten' %_ \n 🌊"}),
    ];
    let times = ["2026-11-18T10:00:00Z", "2026-11-18T22:30:00Z"];
    (0..values.len() * 4)
        .map(|index| {
            let (value, time) = (values[index % values.len()].clone(), times[index % 3 % 2]);
            Event::new(&format!("event {index}"), "pageview", time, value)
        })
        .collect()
}

async fn values_are_typed_and_missing_is_a_value_of_its_own(engine: Engine) {
    let events = typed();
    let tidemark = start_typed(engine, &events).await;
    let networks = View::new("networks", &["action", "tag.network"]);
    let find = || Find::new(&networks, "2026-11-18T00:00:00Z", "2026-11-20T00:00:00Z").by(&["tag.network"]);
    let mut finds = vec![find(), find().series("DAY", ZONE)];
    for value in [json!(null), json!(""), json!(7), json!("7"), json!(true), json!("true")] {
        finds.push(find().only("tag.network", "EQ", value.clone()));
        finds.push(find().only("tag.network", "NE", value));
    }
    check::finds(tidemark.client(), &finds, &events).await;
    tidemark.await_folded().await;
    check::finds(tidemark.client(), &finds, &events).await;
    // 7 and 7.0 are one number; no two others are equal.
    assert_eq!(finds[0].answer(&events).rows.len(), 9);
}

async fn every_operator_means_the_same_on_cells_and_on_raw_events(engine: Engine) {
    let mut events = typed();
    for (index, value) in [json!(-1), json!(6.5), json!(1e9), json!("a"), json!("B"), json!("ä")]
        .iter()
        .enumerate()
    {
        let tag = json!({"network": value});
        events.push(Event::new(
            &format!("more {index}"),
            "button.click",
            "2026-11-18T12:00:00Z",
            tag,
        ));
    }
    let tidemark = start_typed(engine, &events).await;
    tidemark.await_folded().await;
    let networks = View::new("networks", &["action", "tag.network"]);
    let find = || Find::new(&networks, "2026-11-17T23:00:00Z", "2026-11-18T23:00:00Z").by(&["tag.network"]);
    let conditions: [(&'static str, &[Value]); 7] = [
        (
            "EQ",
            &[
                json!("Ärger \"mit\" \\ 'Zitaten' %_ \n 🌊"),
                json!(1_000_000_000),
                json!("a"),
            ],
        ),
        ("NE", &[json!("a"), json!(null), json!(7)]),
        ("IN", &[json!([]), json!(["a", 7, null, ""]), json!([true])]),
        ("NOT_IN", &[json!([]), json!(["a", 7, null, ""]), json!([true])]),
        ("EXISTS", &[json!(true), json!(false), json!(null)]),
        ("PREFIX", &[json!(""), json!("Ä"), json!("tr"), json!("%")]),
        ("CONTAINS", &[json!(""), json!("%_"), json!("🌊"), json!("\\ '")]),
    ];
    let mut finds = Vec::new();
    for (op, values) in conditions {
        for value in values {
            finds.push(find().only("tag.network", op, value.clone()));
            // A plain text as well as a field of the tag.
            if !value.is_array() || op == "IN" || op == "NOT_IN" {
                finds.push(find().only("action", op, value.clone()));
            }
        }
    }
    for op in ["GT", "GTE", "LT", "LTE"] {
        for value in [json!(7), json!(6.5), json!("7"), json!("a"), json!("")] {
            finds.push(find().only("tag.network", op, value.clone()));
            finds.push(
                find()
                    .only("action", op, value)
                    .only("tag.network", "EXISTS", json!(true)),
            );
        }
    }
    check::finds(tidemark.client(), &finds, &events).await;
}

async fn a_crowded_hour_is_still_exact(engine: Engine) {
    let mut events = scattered();
    for number in 0..120 {
        let tag = json!({"network": format!("network {number}")});
        events.push(Event::new(
            &format!("crowd {number}"),
            "crowd",
            "2026-10-25T10:10:00Z",
            tag,
        ));
    }
    let tidemark = start(engine, &[("--max-cells-per-hour", "5")], &events).await;
    tidemark.await_folded().await;
    let networks = View::new("networks", &["action", "tag.network"]);
    let finds = [
        Find::new(&networks, "2026-10-24T22:00:00Z", "2026-10-26T23:00:00Z")
            .by(&["tag.network"])
            .series("DAY", ZONE),
        Find::new(&networks, "2026-10-25T08:00:00Z", "2026-10-25T13:00:00Z")
            .by(&["action"])
            .series("HOUR", "UTC"),
    ];
    check::finds(tidemark.client(), &finds, &events).await;
    // One more event into the hour that overflowed.
    let late = Event::new("late", "crowd", "2026-10-25T10:20:00Z", json!({"network": "network 3"}));
    tidemark.accept(vec![late.input()]).await;
    events.push(late);
    tidemark.await_folded().await;
    check::finds(tidemark.client(), &finds, &events).await;
    let hour = json!({"view": "networks", "from": "2026-10-25T10:00:00Z", "to": "2026-10-25T11:00:00Z"});
    assert_eq!(tidemark.client().find(hour).await["provenance"]["source"], "RAW");
}

/// The code and the path of a refusal.
async fn refusal(tidemark: &Tidemark, input: Value) -> (String, String) {
    let answer = tidemark.client().graphql(graphql::FIND, json!({"input": input})).await;
    (answer.error_code().to_owned(), answer.error_path().to_owned())
}
