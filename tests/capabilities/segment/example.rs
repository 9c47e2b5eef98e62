//! Every call of the manual, byte for byte, gets the documented answer, and is found by all questions.

use std::{fs, path::Path};

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{Engine, Tidemark, folder::repository};

use super::{FROM, TO, actor, anonymous, company, contains, events};

support::on_both_engines!(documented_calls_are_taken);

fn read(folder: &Path, name: &str) -> Value {
    let text = fs::read_to_string(folder.join(name)).expect("a file of the fixture");
    serde_json::from_str(&text).expect("JSON")
}

async fn documented_calls_are_taken(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--max-event-age", "none")
        .start()
        .await;
    let cases = fs::read_dir(repository().join("tests/fixtures/segment")).expect("the folder of fixtures");
    let mut cases: Vec<_> = cases
        .map(|case| case.expect("a folder").path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert_eq!(cases.len(), 9, "{cases:?}");
    for folder in cases {
        let name = folder
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name")
            .to_owned();
        // A site of its own, so that what is said in one call does not answer for another.
        let client = tidemark
            .another_site_with(&name, &["--max-event-age", "none", "--ip-policy", "whole"])
            .await;
        let path = format!("/v1/{}", name.split('-').next().expect("a first part"));
        let body = fs::read(folder.join("request.json")).expect("a file of the fixture");
        let request = anonymous(&client)
            .request(Method::POST, &path)
            .basic_auth(client.key().expect("a key"), Some(""))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body);
        let answer = client.send(request).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text);
        assert_eq!(answer.body, read(&folder, "response.json"), "{name}");
        let expected = read(&folder, "events.json");
        let page = client
            .events(json!({"first": 100, "orderBy": "ARRIVAL_ASCENDING"}))
            .await;
        let found: Vec<_> = page["edges"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|edge| &edge["node"])
            .collect();
        assert_eq!(Some(found.len()), expected.as_array().map(Vec::len), "{name}");
        for (event, expected) in found.iter().zip(expected.as_array().expect("a list")) {
            contains(event, expected, &name);
            let of_action = json!([{"dimension": "action", "value": expected["action"]}]);
            let input = json!({"view": "actions", "from": FROM, "to": TO, "where": of_action});
            assert_eq!(
                client.find(input).await["total"],
                found.len(),
                "{name}: found by its action"
            );
            let input = json!({"action": expected["action"], "from": FROM, "to": TO});
            assert_eq!(
                client.unique(input).await["count"],
                found.len(),
                "{name}: found by its actor"
            );
        }
        let profiles = read(&folder, "profiles.json");
        for (kind, known) in profiles.as_object().expect("an object") {
            for (id, expected) in known.as_object().expect("an object") {
                let found = if kind == "actors" {
                    actor(&client, id).await
                } else {
                    company(&client, id).await
                };
                contains(&found, expected, &format!("{name}: {id}"));
            }
        }
    }
    assert!(events(&tidemark).await.is_empty());
}
