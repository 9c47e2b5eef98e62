//! Questions are charged what they cost, which is known before they run and told with the answer.

use serde_json::{Value, json};
use support::{Client, Engine, Tidemark, Transport};

use super::left;

support::on_both_engines!(a_question_tells_what_it_cost, what_costs_too_much_is_not_asked);

async fn cost(client: &Client, document: &str, variables: Value) -> i64 {
    let before = left(client, "query").await["remaining"].as_i64().expect("a number");
    let answer = client.graphql(document, variables).await;
    let _ = answer.data();
    let cost = answer.body["extensions"]["cost"].as_i64().expect("a cost");
    let after = left(client, "query").await["remaining"].as_i64().expect("a number");
    // Both looks cost one; what comes back meanwhile is little.
    let charged = before - after - 1;
    assert!(charged <= cost && charged + 3 >= cost, "{charged} is not {cost}");
    cost
}

fn find(view: &str, days: u32) -> String {
    let to = format!("2026-{:02}-{:02}T00:00:00Z", 1 + days / 28, 1 + days % 28);
    format!("find(input: {{view: \"{view}\", from: \"2026-01-01T00:00:00Z\", to: \"{to}\"}}) {{ total }}")
}

async fn a_question_tells_what_it_cost(engine: Engine) {
    // Slow to come back, so that what was charged shows.
    let tidemark = Tidemark::builder(engine)
        .flag("--rate-query-units", "200")
        .start()
        .await;
    let client = tidemark.client();
    let asked = async |text: String| cost(client, &text, json!({})).await;
    // One for the document, one for the question.
    assert_eq!(asked(format!("{{ {} }}", find("actions", 20))).await, 2);
    assert_eq!(
        asked(format!("{{ a: {} b: {} }}", find("actions", 20), find("actions", 1))).await,
        3
    );
    // Raw events are charged by the day.
    assert_eq!(asked(format!("{{ {} }}", find("events", 3))).await, 1 + 40);
    let batch = json!({"inputs": [
        {"view": "actions", "from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"},
        {"view": "events", "from": "2026-01-01T00:00:00Z", "to": "2026-01-01T12:00:00Z"},
        {"view": "nowhere", "from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"},
    ]});
    let document = "query ($inputs: [FindInput!]!) { findBatch(inputs: $inputs) { result { total } } }";
    assert_eq!(cost(client, document, batch).await, 1 + 1 + 10 + 1);
    assert_eq!(
        asked("{ events(first: 100) { edges { node { id } } } }".to_owned()).await,
        1 + 10
    );
    let many = (0..60)
        .map(|n| format!("a{n}: event(id: \"x\") {{ id }} "))
        .collect::<String>();
    assert_eq!(asked(format!("{{ {many} }}")).await, 3, "120 fields");
    // What only logs has no cost to tell: its budget is counted in events.
    let logged = client
        .graphql("mutation { logEvent(input: {action: \"a\"}) { outcome } }", json!({}))
        .await;
    assert_eq!(logged.data()["logEvent"]["outcome"], "ACCEPTED");
    assert!(logged.body["extensions"].is_null(), "{}", logged.text);
}

async fn what_costs_too_much_is_not_asked(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--rate-query-units", "100")
        .start()
        .await;
    let client = tidemark.client();
    let document = format!("{{ cheap: {} dear: {} }}", find("actions", 1), find("events", 28));
    let answer = client
        .graphql(&format!("{{ dear: {} }}", find("events", 28)), json!({}))
        .await;
    assert_eq!(
        answer.error_code(),
        "RATE_LIMITED",
        "the document itself took one: {}",
        answer.text
    );
    let answer = client.graphql(&document, json!({})).await;
    assert_eq!(
        answer.status, 200,
        "a field of an operation that began: {}",
        answer.text
    );
    assert_eq!(answer.error_code(), "RATE_LIMITED");
    assert_eq!(answer.error()["path"], json!(["dear"]));
    // Subscriptions count as well, by either way.
    while client.graphql("{ actions { name } }", json!({})).await.status != 429 {}
    for transport in [Transport::WebSocket, Transport::EventStream] {
        let mut events = client
            .subscribe(transport, "subscription { eventLogged { id } }", json!({}))
            .await;
        let refused = events.next().await.expect("an answer");
        assert_eq!(
            refused["errors"][0]["extensions"]["code"], "RATE_LIMITED",
            "{refused:#}"
        );
    }
}
