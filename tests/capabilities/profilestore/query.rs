//! Random queries in KQL, judged by the server and by a plain reading of the same events: both answer the same. The reading
//! knows of the language what its reference says: `cell` of values, `expression` of what is made of them, `measure` of what
//! is counted, `table` and `step` of the steps; `draw` and `condition` are the chance by which queries are made.

use serde_json::{Map, Value, json};
use support::{Engine, random::Random, setting};

use self::table::{Table, shown};
use super::{
    kql::kql,
    random::{Hunt, begin},
};

mod cell;
mod condition;
mod draw;
mod expression;
mod measure;
mod step;
mod table;

support::on_both_engines!(random_queries_answer_as_a_plain_reading_does);

/// Queries of one run; each of both engines has its own.
const CASES: u64 = 1_000;
/// Steps behind the first.
const STEPS: usize = 4;

const WORDS: [&str; 9] = ["a", "A", "b", "red apple", "Red", "it's", "Ünï", "", "x\"y"];
const AMOUNTS: [f64; 7] = [0.0, 1.0, -1.0, 2.5, 7.0, 1024.0, -300.25];
const TIMES: [&str; 4] = [
    "2026-11-01T00:00:00Z",
    "2026-11-02T10:00:00Z",
    "2026-11-02T10:00:00.0000001Z",
    "2026-11-04T23:00:00Z",
];

fn any_event(random: &mut Random) -> Value {
    let word = |random: &mut Random| Value::from(random.one(&WORDS));
    let mut event = json!({"DeviceId": random.one(&["a", "A", "b", "red"]), "EventType": random.one(&["a", "red apple", "it's"]),
        "Value": word(random), "EventTime": random.one(&TIMES)});
    for name in ["PageUri", "PageTitle", "SessionId"] {
        if random.chance(60) {
            event[name] = word(random);
        }
    }
    if random.chance(50) {
        event["User"] = json!({"Email": word(random), "Info": {"plan": word(random)}});
    }
    let mut payload = Map::new();
    if random.chance(60) {
        payload.insert(
            "s".to_owned(),
            if random.chance(10) { Value::Null } else { word(random) },
        );
    }
    if random.chance(60) {
        payload.insert("n".to_owned(), random.one(&AMOUNTS).into());
    }
    if random.chance(40) {
        payload.insert("o".to_owned(), json!({"k": word(random), "m": random.one(&AMOUNTS)}));
    }
    if random.chance(50) {
        payload.insert("b".to_owned(), random.chance(50).into());
    }
    if !payload.is_empty() {
        event["Payload"] = payload.into();
    }
    event
}

/// A query, and what it finds: a condition on events, and steps behind it.
fn any_query<'a>(random: &mut Random, events: &'a [Value]) -> (String, Table<'a>, usize) {
    let mut table = Table::new(events);
    let mut steps = vec!["Events".to_owned(), table.filter(random, 3)];
    let left = table.rows.len();
    for _ in 0..random.below(STEPS + 1) {
        let (step, goes_on) = table.step(random);
        steps.push(step);
        if !goes_on {
            break;
        }
    }
    steps.extend(table.end());
    (steps.join(" | "), table, left)
}

async fn random_queries_answer_as_a_plain_reading_does(engine: Engine) {
    let Hunt {
        tidemark,
        seed,
        mut random,
        events,
    } = begin(engine, any_event).await;
    let client = tidemark.client();
    let mut spread = 0;
    for number in 0..setting::cases().unwrap_or(CASES) {
        let (query, wanted, left) = any_query(&mut random, &events);
        let answer = kql(client, &query).await;
        let context = format!("TIDEMARK_TEST_SEED={seed}, query {number}: {query}");
        let column = |column: &Value| format!("{} {}", column["name"], column["type"]);
        let columns = answer["columns"].as_array().expect("columns").iter().map(column);
        let named = wanted.columns.iter();
        let named = named.map(|column| format!("\"{}\" \"{}\"", column.name, column.kind.name()));
        assert_eq!(columns.collect::<Vec<_>>(), named.collect::<Vec<_>>(), "{context}");
        let rows = answer["rows"].as_array().expect("rows");
        let told = |row: &Value| row.as_array().expect("a row").iter().map(cell::told).collect();
        let mut rows: Vec<Vec<String>> = rows.iter().map(told).collect();
        let mut expected: Vec<_> = wanted.rows.iter().map(|row| shown(&row.cells)).collect();
        if !wanted.in_order {
            rows.sort();
            expected.sort();
        }
        assert_eq!(rows, expected, "{context}");
        spread += usize::from(left > 0 && left < events.len());
    }
    assert!(
        spread > 250 || setting::cases().is_some(),
        "most queries tell events apart: {spread}"
    );
}
