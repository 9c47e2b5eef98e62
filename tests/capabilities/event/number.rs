//! Numbers of tags keep their value and their kind.

use serde_json::{Value, json};
use support::{Engine, Tidemark, graphql};

support::on_both_engines!(numbers_survive, numbers_written_into_a_document_survive);

/// As JSON writes them; each must come back in the same digits.
const NUMBERS: [&str; 21] = [
    "0",
    "-0.0",
    "1",
    "1.0",
    "-1",
    "0.1",
    "77.23",
    "1e21",
    "1e-7",
    "1.7976931348623157e308",
    "5e-324",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "123456789.123456789",
    "1e16",
    "10000000000000000",
    "-9.2e18",
    "1.8446744073709549e19",
    "1.8446744073709552e19",
];

/// PostgreSQL's numbers have no negative zero; the two are equal.
fn survived(engine: Engine, tag: &Value) {
    for (index, number) in NUMBERS.iter().enumerate() {
        let (sent, kept): (Value, _) = (
            serde_json::from_str(number).expect("a number"),
            &tag[format!("n{index}")],
        );
        if engine == Engine::Postgres && *number == "-0.0" {
            assert_eq!(kept.as_f64(), Some(0.0));
        } else {
            assert_eq!(kept.to_string(), sent.to_string());
        }
    }
}

async fn numbers_survive(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let fields: Vec<_> = NUMBERS
        .iter()
        .enumerate()
        .map(|(index, number)| format!("\"n{index}\":{number}"))
        .collect();
    let tag: Value = serde_json::from_str(&format!("{{{}}}", fields.join(","))).expect("JSON");
    let event = super::kept(client, json!({"id": "numbers", "action": "a", "tag": tag})).await;
    survived(engine, &event["tag"]);
    tidemark.await_folded().await;
    survived(engine, &client.event("numbers").await["tag"]);
    // Equal numbers are one group, however they are written.
    let span = json!(["2020-01-01T00:00:00Z", "2060-01-01T00:00:00Z"]);
    let same = ["1e16", "10000000000000000", "10000000000000000.0"];
    for (index, number) in same.iter().enumerate() {
        let number: Value = serde_json::from_str(number).expect("a number");
        let tag = json!({"group": number});
        let _ = super::kept(
            client,
            json!({"id": format!("same {index}"), "action": "same", "tag": tag}),
        )
        .await;
    }
    tidemark.await_folded().await;
    for view in ["events", "groups"] {
        let filter = json!([{"dimension": "action", "value": "same"}]);
        let input = json!({"view": view, "from": span[0], "to": span[1], "where": filter, "groupBy": ["tag.group"]});
        let found = client.find(input).await;
        let row = json!([{"dimensions": {"tag.group": 10_000_000_000_000_000_u64}, "count": 3}]);
        assert_eq!(found["rows"], row, "{view}");
    }
    // They are numbers to questions, too.
    for (field, value, total) in [
        ("tag.n1", json!(0), 1),
        ("tag.n3", json!(1), 1),
        ("tag.n3", json!("1"), 0),
        ("tag.n6", json!(77.23), 1),
        ("tag.n7", json!(1e21), 1),
        ("tag.n14", json!(u64::MAX), 1),
        ("tag.n16", json!(10_000_000_000_000_000_u64), 1),
        ("tag.n17", json!(1e16), 1),
    ] {
        let input = json!({
            "view": "events", "from": "2020-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z",
            "where": [{"dimension": field, "value": value}],
        });
        assert_eq!(client.find(input).await["total"], total, "{field} = {value}");
    }
}

async fn numbers_written_into_a_document_survive(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let fields: Vec<_> = NUMBERS
        .iter()
        .enumerate()
        .map(|(index, number)| format!("n{index}: {number}"))
        .collect();
    let document = format!(
        "mutation {{ logEvent(input: {{id: \"numbers\", action: \"a\", tag: {{{}}}}}) {{ outcome }} }}",
        fields.join(", ")
    );
    let answer = tidemark.client().graphql(&document, json!({})).await;
    assert_eq!(answer.data()["logEvent"]["outcome"], "ACCEPTED");
    let answer = tidemark
        .client()
        .graphql(graphql::EVENT, json!({"id": "numbers"}))
        .await;
    survived(engine, &answer.data()["event"]["tag"]);
}
