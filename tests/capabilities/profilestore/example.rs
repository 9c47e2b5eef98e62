//! Every example of the manual, byte for byte, gets the documented answer, and is found by all questions.

use std::{collections::BTreeSet, fs};

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{Client, Engine, Tidemark, folder::repository};

use super::{ask, event, form, items, kql::preview, list, track};

support::on_both_engines!(documented_examples_are_taken, documented_questions_are_answered);

const FROM: &str = "2000-01-01T00:00:00Z";
const TO: &str = "2060-01-01T00:00:00Z";

fn read(name: &str, file: &str) -> String {
    let path = repository().join("tests/fixtures/profilestore").join(name).join(file);
    fs::read_to_string(path).expect("a file of the fixture")
}

fn read_json(name: &str, file: &str) -> Value {
    serde_json::from_str(&read(name, file)).expect("JSON")
}

/// Whether a value has all that another one has.
fn has(found: &Value, expected: &Value) -> bool {
    let fields = expected.as_object().expect("an object");
    fields.iter().all(|(name, value)| &found[name] == value)
}

/// Takes the ids out of an answer.
fn without_ids(mut answer: Value) -> Value {
    fn blank(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    if name == "TrackId" {
                        assert_eq!(value.as_str().map(str::len), Some(36), "{value}");
                        *value = json!("");
                    } else {
                        blank(value);
                    }
                }
            }
            Value::Array(list) => list.iter_mut().for_each(blank),
            _ => {}
        }
    }
    blank(&mut answer);
    answer
}

async fn total(client: &Client, filter: &str) -> Value {
    let answer = list(client, &[("$filter", filter)]).await;
    assert_eq!(answer.status, 200, "{filter}: {}", answer.text);
    answer.body["total"].clone()
}

async fn documented_examples_are_taken(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    for name in [
        "track",
        "track-listed",
        "track-form",
        "track-form-scoped",
        "track-bulk-scoped",
    ] {
        let client = tidemark
            .another_site_with(name, &["--max-event-age", "none", "--ip-policy", "whole"])
            .await;
        let request = client.without_key().request(Method::POST, read(name, "path").trim());
        let request = request
            .header("Authorization", format!("epi-single {}", client.key().expect("a key")))
            .header(header::CONTENT_TYPE, "application/json")
            .body(read(name, "request.json"));
        let answer = client.send(request).await;
        let expected = read_json(name, "response.json");
        if expected["error"].is_object() {
            assert_eq!(answer.status, 400, "{name}: {}", answer.text);
            assert!(
                has(&answer.body["error"], &expected["error"]),
                "{name}: {}",
                answer.text
            );
        } else {
            assert_eq!(answer.status, 200, "{name}: {}", answer.text);
            assert_eq!(without_ids(answer.body.clone()), expected, "{name}");
        }
        found_by_all(&client, name).await;
        let listed = list(&client, &[]).await;
        let expected = read_json(name, "items.json");
        let expected = expected.as_array().expect("a list");
        assert_eq!(items(&listed).len(), expected.len(), "{name}: {}", listed.text);
        for one in expected {
            let found = items(&listed).iter().any(|item| has(item, one));
            assert!(found, "{name}: {one} is not in {}", listed.text);
        }
        let questions = read_json(name, "questions.json");
        for (filter, wanted) in questions["filters"].as_object().expect("an object") {
            assert_eq!(total(&client, filter).await, *wanted, "{name}: {filter}");
        }
        for (query, wanted) in questions["queries"].as_object().expect("an object") {
            let answer = preview(&client, query, None).await;
            assert_eq!(items(&answer).len(), *wanted, "{name}: {query}");
        }
    }
}

/// The events of a fixture are found by `events`, `find` and `unique`.
async fn found_by_all(client: &Client, name: &str) {
    let expected = read_json(name, "events.json");
    let expected = expected.as_array().expect("a list");
    let page = client
        .events(json!({"first": 100, "orderBy": "ARRIVAL_ASCENDING"}))
        .await;
    let edges = page["edges"].as_array().expect("a list");
    let found: Vec<_> = edges.iter().map(|edge| &edge["node"]).collect();
    assert_eq!(found.len(), expected.len(), "{name}");
    for (event, one) in found.iter().zip(expected) {
        assert!(has(event, one), "{name}: {one} is not in {event}");
        let action = &one["action"];
        let alike: Vec<_> = found.iter().filter(|event| event["action"] == *action).collect();
        let of_action = json!([{"dimension": "action", "value": action}]);
        let input = json!({"view": "actions", "from": FROM, "to": TO, "where": of_action});
        assert_eq!(client.find(input).await["total"], alike.len(), "{name}");
        let actors: BTreeSet<_> = alike.iter().map(|event| event["actor"].to_string()).collect();
        let input = json!({"action": action, "from": FROM, "to": TO});
        assert_eq!(client.unique(input).await["count"], actors.len(), "{name}");
    }
}

async fn documented_questions_are_answered(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let guid = "91687965-bc76-49a2-862c-e014441b8f6b";
    for sent in [
        json!({"DeviceId": guid, "EventType": "home", "SessionId": "s1"}),
        json!({"DeviceId": guid, "EventType": "product", "SessionId": "s2", "CountryCode": "SE",
            "Payload": {"customer": {"email": "jane.doe@example.com"}}}),
        json!({"DeviceId": "device1", "EventType": "product", "CountryCode": "NO"}),
        json!({"DeviceId": "device2", "EventType": "product", "CountryCode": "SE"}),
        json!({"DeviceId": "device3", "EventType": "home", "CountryCode": "SE"}),
    ] {
        track(client, event(sent)).await;
    }
    for (filter, wanted) in [
        ("EventType eq home", 2),
        ("Payload.customer.email eq jane.doe@example.com", 1),
        ("Payload.customer.email eq 'jane.doe@example.com'", 1),
        (guid_filter(guid, "DeviceId").as_str(), 2),
    ] {
        assert_eq!(total(client, filter).await, wanted, "{filter}");
    }
    for (filter, wanted) in [
        ("Visits gt 1", vec![guid]),
        (guid_filter(guid, "DeviceIds").as_str(), vec![guid]),
        (guid_filter(guid, "ProfileId").as_str(), vec![guid]),
    ] {
        let path = format!("/api/v1.0/Profiles?{}", form(&[("$filter", filter)]));
        let answer = ask(client, Method::GET, &path, None).await;
        let found: Vec<_> = items(&answer).iter().map(|item| &item["ProfileId"]).collect();
        assert_eq!(found, wanted, "{filter}");
    }
    for (query, wanted) in [
        (
            "Events | where EventType == \"product\" and CountryCode  == \"SE\" | take 25",
            2,
        ),
        (
            "Events | where DeviceId == \"device1\" | where DeviceId == \"device2\" | where DeviceId == \"device3\"",
            0,
        ),
        ("Events | where DeviceId in (\"device1\", \"device2\", \"device3\")", 3),
        ("Events | take 10", 5),
        ("Events | sample 1", 1),
    ] {
        let answer = preview(client, query, None).await;
        assert_eq!(items(&answer).len(), wanted, "{query}");
        assert_eq!(answer.body["count"], wanted, "{query}");
    }
}

fn guid_filter(guid: &str, field: &str) -> String {
    format!("{field} eq {guid}")
}
