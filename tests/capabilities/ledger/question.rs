//! Asking the ledger: bounds, points, groups, and who may.

use jiff::{SignedDuration, Timestamp, Unit};
use serde_json::{Value, json};
use support::{Engine, Tidemark, graphql};

use super::{FROM, TO};

support::on_both_engines!(
    bounds_go_out_to_quarters_of_an_hour,
    a_series_has_every_point_of_the_zone,
    groups_are_those_asked_for,
    wrong_questions_are_told_why,
);

/// When the server received an event that is logged for it.
async fn received(tidemark: &Tidemark) -> Timestamp {
    let payload = tidemark.client().log(json!({"action": "clock"})).await;
    let received = payload["event"]["received"].as_str().expect("a time");
    received.parse().expect("a time")
}

fn time(value: &Value) -> Timestamp {
    value.as_str().expect("a time").parse().expect("a time")
}

fn quarter(time: Timestamp) -> Timestamp {
    let rounding = jiff::TimestampRound::new().smallest(Unit::Minute).increment(15);
    time.round(rounding.mode(jiff::RoundMode::Floor)).expect("in bounds")
}

async fn bounds_go_out_to_quarters_of_an_hour(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let (client, moment) = (tidemark.client(), received(&tidemark).await);
    let (start, length) = (quarter(moment), SignedDuration::from_mins(15));
    let second = SignedDuration::from_secs(1);
    // Of any part of the quarter the whole is told, and of the next or the last nothing.
    for (from, to, received) in [
        (start, start + length, 1),
        (start + second, start + 2 * second, 1),
        (start + 2 * length - second, start + 2 * length, 0),
        (start - length, start, 0),
        (start - second, start + second, 1),
    ] {
        let arguments = json!({"from": from.to_string(), "to": to.to_string(), "groupBy": []});
        let answer = client.ledger(arguments).await;
        assert_eq!(answer["received"], received, "{from} {to}: {answer:#}");
        assert_eq!(
            (time(&answer["from"]), quarter(from)),
            (quarter(from), time(&answer["from"]))
        );
        assert_eq!(time(&answer["to"]), quarter(to - second) + length);
        assert!(answer["series"].is_null());
        // Nothing grouped by: one row, if there is any event.
        let rows = answer["rows"].as_array().expect("a list");
        assert_eq!(rows.len(), received);
        for row in rows {
            for field in ["outcome", "code", "action", "key", "dialect"] {
                assert!(row[field].is_null(), "{row:#}");
            }
            assert_eq!((&row["count"], &row["otherActions"]), (&json!(1), &json!(false)));
        }
    }
}

async fn a_series_has_every_point_of_the_zone(engine: Engine) {
    let tidemark = Tidemark::builder(engine).time_zone("Asia/Kathmandu").start().await;
    let moment = received(&tidemark).await;
    let client = tidemark.client();
    assert_eq!(client.log(json!({"action": ""})).await["outcome"], "INVALID");
    let day = SignedDuration::from_hours(24);
    let (from, to) = (moment - 3 * day, moment + day);
    for (period, zone) in [
        ("HOUR", "Asia/Kathmandu"),
        ("HOUR", "Australia/Lord_Howe"),
        ("DAY", "Europe/Berlin"),
        ("DAY", "Asia/Kathmandu"),
        ("MONTH", "America/St_Johns"),
        ("YEAR", "UTC"),
    ] {
        // The site's zone where none is named.
        let named = if zone == "Asia/Kathmandu" {
            Value::Null
        } else {
            json!(zone)
        };
        let answer = client
            .ledger(json!({
                "from": from.to_string(), "to": to.to_string(), "period": period, "timeZone": named,
                "groupBy": ["OUTCOME", "CODE"],
            }))
            .await;
        assert_eq!(
            (&answer["timeZone"], &answer["received"]),
            (&json!(zone), &json!(2)),
            "{answer:#}"
        );
        let series = answer["series"].as_array().expect("a list");
        let mut at = time(&answer["from"]);
        let zone = jiff::tz::TimeZone::get(zone).expect("a zone");
        for (index, point) in series.iter().enumerate() {
            assert_eq!(time(&point["start"]), at, "without gaps");
            at = time(&point["end"]);
            if index > 0 {
                let start = time(&point["start"]).to_zoned(zone.clone());
                assert_eq!((start.minute(), start.second()), (0, 0), "{start}");
                assert!(period == "HOUR" || start.hour() == 0, "{start}");
            }
            let holds = time(&point["start"]) <= moment && moment < at;
            // The second event may be of the next quarter, and point.
            if !holds && point["received"] != 0 {
                assert_eq!(point["rows"][0]["outcome"], "INVALID", "{point:#}");
            }
            let rows = point["rows"].as_array().expect("a list");
            let sum: i64 = rows.iter().filter_map(|row| row["count"].as_i64()).sum();
            assert_eq!(point["received"], sum);
        }
        assert_eq!(at, time(&answer["to"]));
        let sum: i64 = series.iter().filter_map(|point| point["received"].as_i64()).sum();
        assert_eq!(sum, 2);
    }
}

async fn groups_are_those_asked_for(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let other = tidemark.client_allowed("log").await;
    for (caller, action, n) in [(client, "a", 3), (client, "b", 2), (&other, "a", 4), (&other, "", 1)] {
        for _ in 0..n {
            caller.log(json!({"action": action})).await;
        }
    }
    let by = async |by: &[&str]| {
        let answer = client.ledger(json!({"from": FROM, "to": TO, "groupBy": by})).await;
        assert_eq!(answer["received"], 10);
        answer["rows"].clone()
    };
    let count = |rows: &Value, field: &str| {
        let rows = rows.as_array().expect("a list").iter();
        let pair = |row: &Value| {
            (
                row[field].as_str().map(str::to_owned),
                row["count"].as_i64().unwrap_or_default(),
            )
        };
        rows.map(pair).collect::<Vec<_>>()
    };
    let some = |text: &str| Some(text.to_owned());
    // The most frequent first.
    assert_eq!(
        count(&by(&["OUTCOME"]).await, "outcome"),
        [(some("ACCEPTED"), 9), (some("INVALID"), 1)]
    );
    assert_eq!(
        count(&by(&["CODE"]).await, "code"),
        [(None, 9), (some("INVALID_ACTION"), 1)]
    );
    assert_eq!(
        count(&by(&["ACTION"]).await, "action"),
        [(some("a"), 7), (some("b"), 2), (None, 1)]
    );
    assert_eq!(count(&by(&["DIALECT"]).await, "dialect"), [(some("graphql"), 10)]);
    let keys = by(&["KEY"]).await;
    let mut counts = count(&keys, "key");
    counts.sort();
    let mut expected = [(some(&super::prefix(client)), 5), (some(&super::prefix(&other)), 5)];
    expected.sort();
    assert_eq!(counts, expected);
    assert_eq!(
        by(&["OUTCOME", "CODE", "ACTION", "KEY", "DIALECT"])
            .await
            .as_array()
            .map(Vec::len),
        Some(4)
    );
}

async fn wrong_questions_are_told_why(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--max-points", "100")
        .flag("--max-rows", "2")
        .start()
        .await;
    let client = tidemark.client();
    tidemark
        .accept(vec![
            json!({"action": "a"}),
            json!({"action": "b"}),
            json!({"action": "c"}),
        ])
        .await;
    for (changes, code, path) in [
        (json!({"from": TO, "to": FROM}), "INVALID_RANGE", "from"),
        (json!({"from": "yesterday"}), "INVALID_TIME", "from"),
        (json!({"timeZone": "Mars/Olympus"}), "UNKNOWN_TIME_ZONE", "timeZone"),
        (json!({"period": "HOUR"}), "TOO_MANY_POINTS", "period"),
        (json!({"groupBy": ["CODE", "CODE"]}), "INVALID_ARGUMENT", "groupBy[1]"),
        (json!({"groupBy": ["ACTION"]}), "TOO_MANY_ROWS", "groupBy"),
        (json!({"site": "nowhere"}), "UNKNOWN_SITE", "site"),
    ] {
        let mut arguments = json!({"from": FROM, "to": TO, "groupBy": []});
        for (name, value) in changes.as_object().expect("an object") {
            arguments[name] = value.clone();
        }
        let answer = client.graphql(graphql::LEDGER, arguments).await;
        assert_eq!(
            (answer.error_code(), answer.error_path()),
            (code, path),
            "{}",
            answer.text
        );
    }
    let blind = tidemark.client_allowed("log").await;
    let arguments = json!({"from": FROM, "to": TO, "groupBy": []});
    assert_eq!(
        blind.graphql(graphql::LEDGER, arguments).await.error_code(),
        "FORBIDDEN"
    );
}
