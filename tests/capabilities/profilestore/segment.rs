//! Saved segments, and what scopes are for.

use reqwest::Method;
use serde_json::{Value, json};
use support::{Answer, Client, Engine, Tidemark};

use super::{ask, event, track};

support::on_both_engines!(
    a_segment_finds_its_devices_anew_each_time,
    values_of_a_segment_are_never_read_as_its_query,
    a_placeholder_says_how_many_rows_are_taken,
    scopes_are_described,
);

const CREATE: &str =
    "mutation ($input: CreateSegmentInput!) { createSegment(input: $input) { name query parameters { name type } } }";

async fn create(client: &Client, input: Value) -> Answer {
    client.graphql(CREATE, json!({"input": input})).await
}

async fn asked(client: &Client, name: &str, parameters: Value) -> Answer {
    let document = "query ($name: String!, $parameters: JSON) { segment(name: $name, parameters: $parameters) { \
                    segment { name } count devices truncated } }";
    client
        .graphql(document, json!({"name": name, "parameters": parameters}))
        .await
}

async fn devices(client: &Client, name: &str, parameters: Value) -> String {
    let answer = asked(client, name, parameters).await;
    let found = &answer.data()["segment"];
    let list = found["devices"].as_array().expect("a list");
    assert_eq!(
        (&found["count"], &found["truncated"]),
        (&json!(list.len()), &json!(false))
    );
    let mut list: Vec<_> = list.iter().map(|device| device.as_str().expect("a device")).collect();
    list.sort_unstable();
    list.join(" ")
}

async fn a_segment_finds_its_devices_anew_each_time(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let first = track(client, event(json!({"DeviceId": "d1", "Payload": {"price": 5}}))).await;
    track(client, event(json!({"DeviceId": "d2", "Payload": {"price": 20}}))).await;
    track(client, event(json!({"DeviceId": "d2", "Payload": {"price": 30}}))).await;
    track(client, event(json!({"DeviceId": "d3", "EventType": "epiOrder"}))).await;
    let spenders = json!({"name": "big-spenders_1.0", "query": "Events | where Payload.price >= {{least}}",
        "parameters": [{"name": "least", "type": "long"}]});
    let created = create(client, spenders.clone()).await;
    assert_eq!(
        created.data()["createSegment"]["parameters"],
        json!([{"name": "least", "type": "long"}])
    );
    assert_eq!(create(client, spenders).await.error_code(), "ALREADY_EXISTS");
    let often = json!({"name": "often", "query": "Events | summarize n = count() by DeviceId | where n > 1"});
    assert_eq!(create(client, often).await.data()["createSegment"]["name"], "often");
    assert_eq!(devices(client, "big-spenders_1.0", json!({"least": 5})).await, "d1 d2");
    assert_eq!(devices(client, "big-spenders_1.0", json!({"least": 25})).await, "d2");
    assert_eq!(devices(client, "often", json!(null)).await, "d2");
    // What is deleted is in none, at once, and what comes is.
    let deleted = client.delete(&first).await;
    assert_eq!(devices(client, "big-spenders_1.0", json!({"least": 5})).await, "d2");
    track(client, event(json!({"DeviceId": "d3", "Payload": {"price": 9}}))).await;
    assert_eq!(devices(client, "big-spenders_1.0", json!({"least": 5})).await, "d2 d3");
    assert_eq!(devices(client, "often", json!({})).await, "d2 d3");
    client.restore(deleted["deletion"]["id"].as_str().expect("an id")).await;
    assert_eq!(
        devices(client, "big-spenders_1.0", json!({"least": 5})).await,
        "d1 d2 d3"
    );
    // Another site has none of them.
    let other = tidemark.another_site("other").await;
    assert_eq!(asked(&other, "often", json!({})).await.error_code(), "NOT_FOUND");
    let document = "{ segments { name } }";
    assert_eq!(other.graphql(document, json!({})).await.data()["segments"], json!([]));
    let listed = client.graphql(document, json!({})).await;
    assert_eq!(
        listed.data()["segments"],
        json!([{"name": "big-spenders_1.0"}, {"name": "often"}])
    );
    let gone = client
        .graphql("mutation { deleteSegment(name: \"often\") { name } }", json!({}))
        .await;
    assert_eq!(gone.data()["deleteSegment"]["name"], "often");
    assert_eq!(asked(client, "often", json!({})).await.error_code(), "NOT_FOUND");
}

async fn values_of_a_segment_are_never_read_as_its_query(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    track(client, event(json!({"DeviceId": "d1", "Value": "x' or true //"}))).await;
    track(client, event(json!({"DeviceId": "d2", "Value": "{{name}}"}))).await;
    let parameters = json!([{"name": "name", "type": "string"}, {"name": "from", "type": "datetime"}, {"name": "back", "type": "timespan"}]);
    let query = "Events | where Value == {{name}} and EventTime between (({{from}} - {{ back }}) .. now())";
    let created = create(
        client,
        json!({"name": "by-value", "query": query, "parameters": parameters}),
    )
    .await;
    assert_eq!(created.data()["createSegment"]["name"], "by-value");
    let with = |name: &str| json!({"name": name, "from": "2026-01-01", "back": "1d"});
    for (name, wanted) in [
        ("x' or true //", "d1"),
        ("{{name}}", "d2"),
        ("\" or true or \"", ""),
        ("x", ""),
    ] {
        assert_eq!(devices(client, "by-value", with(name)).await, wanted, "{name}");
    }
    for text in crate::edge::injection::TEXTS {
        assert_eq!(devices(client, "by-value", with(text)).await, "", "{text}");
    }
    for (given, path) in [
        (json!({"from": "2026-01-01", "back": "1d"}), "parameters.name"),
        (
            json!({"name": 5, "from": "2026-01-01", "back": "1d"}),
            "parameters.name",
        ),
        (json!({"name": "x", "from": "soon", "back": "1d"}), "parameters.from"),
        (
            json!({"name": "x", "from": "2026-01-01", "back": "1d", "more": 1}),
            "parameters.more",
        ),
        (json!([]), "parameters"),
    ] {
        let answer = asked(client, "by-value", given).await;
        assert_eq!(
            (answer.error_code(), answer.error_path()),
            ("INVALID_ARGUMENT", path),
            "{}",
            answer.text
        );
    }
    for (input, code, path) in [
        (
            json!({"name": "a b", "query": "Events"}),
            "INVALID_ARGUMENT",
            "input.name",
        ),
        (
            json!({"name": "a", "query": "Events | project EventType"}),
            "INVALID_QUERY",
            "input.query",
        ),
        (
            json!({"name": "a", "query": "Events | where Value == {{x}}"}),
            "INVALID_QUERY",
            "input.query",
        ),
        (
            json!({"name": "a", "query": "Events", "parameters": [{"name": "x", "type": "text"}]}),
            "INVALID_ARGUMENT",
            "input.parameters[0].type",
        ),
    ] {
        let answer = create(client, input.clone()).await;
        assert_eq!(
            (answer.error_code(), answer.error_path()),
            (code, path),
            "{input}: {}",
            answer.text
        );
    }
}

async fn a_placeholder_says_how_many_rows_are_taken(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--max-event-age", "none")
        .start()
        .await;
    let client = tidemark.client();
    for (device, action, day) in [("d1", "product", 1), ("d2", "product", 2), ("d3", "home", 3)] {
        let time = format!("2026-11-0{day}T10:00:00Z");
        track(
            client,
            event(json!({"DeviceId": device, "EventType": action, "EventTime": time})),
        )
        .await;
    }
    // The manual's own query.
    let query = "Events | where EventType == {{eventType}} | take {{takeTop}}";
    let parameters = json!([{"name": "eventType", "type": "string"}, {"name": "takeTop", "type": "int"}]);
    let created = create(
        client,
        json!({"name": "latest", "query": query, "parameters": parameters}),
    )
    .await;
    assert_eq!(created.data()["createSegment"]["query"], query);
    for (action, most, wanted) in [
        ("product", 1, "d2"),
        ("product", 2, "d1 d2"),
        ("product", 0, ""),
        ("home", 5, "d3"),
        ("nothing", 5, ""),
    ] {
        let given = json!({"eventType": action, "takeTop": most});
        assert_eq!(devices(client, "latest", given.clone()).await, wanted, "{given}");
    }
    let answer = asked(client, "latest", json!({"eventType": "product", "takeTop": -1})).await;
    assert_eq!(answer.error_code(), "INVALID_QUERY", "{}", answer.text);
    let answer = asked(client, "latest", json!({"eventType": "product", "takeTop": "1"})).await;
    assert_eq!(
        (answer.error_code(), answer.error_path()),
        ("INVALID_ARGUMENT", "parameters.takeTop"),
        "{}",
        answer.text
    );
    let of_text = json!([{"name": "eventType", "type": "string"}, {"name": "takeTop", "type": "string"}]);
    let answer = create(client, json!({"name": "texts", "query": query, "parameters": of_text})).await;
    assert_eq!(
        (answer.error_code(), answer.error_path()),
        ("INVALID_QUERY", "input.query"),
        "{}",
        answer.text
    );
}

async fn scopes_are_described(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let get = async |path: &str| ask(client, Method::GET, path, None).await;
    let put = async |name: &str, description: &str| {
        let body = json!({"Description": description});
        ask(client, Method::PUT, &format!("/api/v1.0/scopes/{name}"), Some(&body)).await
    };
    let plain = json!({"ScopeId": "default", "Description": ""});
    assert_eq!(get("/api/v1.0/scopes/").await.body, json!({"items": [plain]}));
    let answer = put("my_shop.1", "The shop").await;
    let shop = json!({"ScopeId": "my_shop.1", "Description": "The shop"});
    assert_eq!((answer.status, &answer.body), (200, &shop));
    assert_eq!(get("/API/v1.0/Scopes").await.body, json!({"items": [plain, shop]}));
    assert_eq!(get("/api/v1.0/scopes/my_shop.1/").await.body, shop);
    assert_eq!(put("my_shop.1", "Another").await.body["Description"], "Another");
    assert_eq!(put("default", "The rest").await.status, 200);
    assert_eq!(get("/api/v1.0/scopes/default").await.body["Description"], "The rest");
    assert_eq!(
        get("/api/v1.0/scopes/").await.body["items"].as_array().map(Vec::len),
        Some(2)
    );
    let missing = get("/api/v1.0/scopes/nothing").await;
    assert_eq!(
        (missing.status, &missing.body["error"]["code"]),
        (404, &json!("NotFound"))
    );
    for (name, description) in [("Not-One", "x"), (&"x".repeat(65), "x"), ("fine", &"x".repeat(257))] {
        assert_eq!(put(name, description).await.status, 400, "{name}");
    }
    // Each change is written down, and no other site sees it.
    let document =
        "{ audit(operation: \"describeEventScope\") { edges { node { target } } } eventScopes { name description } }";
    let audit = client.graphql(document, json!({})).await;
    assert_eq!(
        audit.data()["audit"]["edges"].as_array().map(Vec::len),
        Some(3),
        "{}",
        audit.text
    );
    let shown =
        json!([{"name": "default", "description": "The rest"}, {"name": "my_shop.1", "description": "Another"}]);
    assert_eq!(audit.data()["eventScopes"], shown);
    let other = tidemark.another_site("other").await;
    assert_eq!(
        ask(&other, Method::GET, "/api/v1.0/scopes", None).await.body,
        json!({"items": [plain]})
    );
}
