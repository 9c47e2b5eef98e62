//! Custom data in the order in which it was sent. `json!` sorts its keys, so that here everything is sent as text.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{Answer, Client, Engine, Tidemark};

use super::{ANALYTICS, events, post_form};

support::on_both_engines!(of_keys_that_become_one_the_last_counts);

/// What each path must be sent.
const FIELDS: [(&str, &str); 4] = [
    (
        "click",
        r#""actionCause":"open","documentPosition":1,"searchQueryUid":"q","sourceName":"s","language":"en""#,
    ),
    (
        "search",
        r#""actionCause":"enter","searchQueryUid":"q","queryText":"","responseTime":0,"language":"en""#,
    ),
    ("custom", r#""eventType":"facet","eventValue":"v","language":"en""#),
    ("view", r#""location":"https://docs.example.com/""#),
];

/// Custom data of one key, however it is written.
const DATA: [&str; 4] = [
    r#"{"my_key":"first","My Key":"last"}"#,
    r#"{"My Key":"first","my_key":"last"}"#,
    r#"{"MY KEY":"first","my_key":"second","My_key":"last"}"#,
    r#"{"a":"1","My_key":"first","b":"2","MY KEY":"last"}"#,
];

async fn send(client: &Client, path: &str, body: String) -> Answer {
    let request = client.request(Method::POST, path);
    let request = request.header(header::CONTENT_TYPE, "application/json");
    let answer = client.send(request.body(body.clone())).await;
    assert_eq!(answer.status, 200, "{path} {body}: {}", answer.text);
    answer
}

async fn of_keys_that_become_one_the_last_counts(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let key = client.key().expect("a key");
    let mut sent = 0;
    for (name, fields) in FIELDS {
        let path = format!("{ANALYTICS}/{name}");
        for data in DATA {
            let event = format!(r#"{{{fields},"customData":{data}}}"#);
            let _ = send(client, &path, event.clone()).await;
            let encoded: String = event.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let beacon = format!("{name}?access_token={key}");
            let answer = post_form(client, &beacon, format!("{name}Event={encoded}")).await;
            assert_eq!(answer.status, 200, "{name} {data}: {}", answer.text);
            sent += 2;
        }
    }
    let searches: Vec<_> = DATA
        .iter()
        .map(|data| format!(r#"{{{},"customData":{data}}}"#, FIELDS[1].1))
        .collect();
    let _ = send(
        client,
        &format!("{ANALYTICS}/searches"),
        format!("[{}]", searches.join(",")),
    )
    .await;
    sent += searches.len();
    // Over GraphQL, in variables and in the document itself.
    let mutation = "mutation ($input: ClickInput!) { logClick(input: $input) { outcome } }";
    for data in DATA {
        let body = format!(
            r#"{{"query":"{mutation}","variables":{{"input":{{{},"customData":{data}}}}}}}"#,
            FIELDS[0].1
        );
        let answer = send(client, "/graphql", body).await;
        assert_eq!(
            answer.data()["logClick"]["outcome"],
            "ACCEPTED",
            "{data}: {}",
            answer.text
        );
        sent += 1;
    }
    for data in [
        r#"{my_key: "first", My_Key: "last"}"#,
        r#"{My_Key: "first", my_key: "last"}"#,
    ] {
        let document = format!(
            "mutation {{ logClick(input: {{actionCause: \"open\", documentPosition: 1, searchQueryUid: \"q\", \
             sourceName: \"s\", language: \"en\", customData: {data}}}) {{ outcome }} }}"
        );
        let answer = client.graphql(&document, json!({})).await;
        assert_eq!(
            answer.data()["logClick"]["outcome"],
            "ACCEPTED",
            "{data}: {}",
            answer.text
        );
        sent += 1;
    }
    let found = events(&tidemark).await;
    assert_eq!(found.len(), sent);
    for event in &found {
        assert_eq!(event["tag"]["my_key"], "last", "{event:#}");
        assert_eq!(event["tag"]["dropped"], Value::Null, "{event:#}");
    }
}
