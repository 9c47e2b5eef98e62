//! Every documented call, byte for byte, gets the documented answer, and what it logs is found by all questions.

use std::{
    fs,
    path::{Path, PathBuf},
};

use reqwest::Method;
use serde_json::{Value, json};
use support::{Answer, Client, Engine, Tidemark, folder::repository, kept::events_of};

use super::{Signer, ask};

support::on_both_engines!(documented_calls_log, documented_questions_are_answered);

/// All times.
const FROM: &str = "2000-01-01T00:00:00Z";
const TO: &str = "2060-01-01T00:00:00Z";

/// The folders that have a file of this name.
fn cases(with: &str) -> Vec<PathBuf> {
    let cases = fs::read_dir(repository().join("tests/fixtures/clickst")).expect("the folder of fixtures");
    let cases = cases.map(|case| case.expect("a folder").path());
    let mut cases: Vec<_> = cases.filter(|path| path.join(with).is_file()).collect();
    cases.sort();
    cases
}

fn read(case: &Path, name: &str) -> Value {
    let text = fs::read_to_string(case.join(name)).expect("a file of the fixture");
    serde_json::from_str(&text).expect("JSON")
}

/// Sends a documented call, by a key of the site.
async fn send(client: &Client, signer: &Signer, case: &Path) -> Answer {
    let text = fs::read_to_string(case.join("request")).expect("a file of the fixture");
    let key = &signer.key[..15];
    let proof = signer.sign_with(key, &signer.nonce());
    let text = if text.contains("signature=SIG") {
        let text = text.replace("SIG", &proof[2].1).replace("NONCE", &proof[1].1);
        text.replace("KEY", key)
    } else {
        text.replace("KEY", &signer.key)
    };
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let (method, path) = lines.next().and_then(|line| line.split_once(' ')).expect("a call");
    let method: Method = method.parse().expect("a method");
    let nobody = client.without_key();
    let mut request = nobody.request(method, path);
    for line in lines {
        let (name, value) = line.split_once(": ").expect("a header");
        request = request.header(name, value);
    }
    if !body.is_empty() {
        request = request.body(body.trim_end().to_owned());
    }
    nobody.send(request).await
}

async fn documented_calls_log(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let cases = cases("events.json");
    assert_eq!(cases.len(), 7, "{cases:?}");
    for case in cases {
        let name = case.file_name().and_then(|name| name.to_str()).expect("a name");
        // A site of its own, so that one call does not answer for another.
        let client = tidemark.another_site_with(name, &["--max-event-age", "none"]).await;
        let signer = Signer::of(&client).await;
        let answer = send(&client, &signer, &case).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text);
        let (found, expected) = (events_of(&client).await, read(&case, "events.json"));
        assert_eq!(Some(found.len()), expected.as_array().map(Vec::len), "{name}");
        for (field, value) in expected[0].as_object().expect("an object") {
            assert_eq!(found[0][field], *value, "{name}: {field}");
        }
        let mut told = json!({"result": {"id": found[0]["id"]}});
        if name == "log-rpc" {
            told["jsonrpc"] = "2.0".into();
            told["id"] = 1.into();
        }
        assert_eq!(answer.body, told, "{name}");
        // By the questions of GraphQL, and by click.st's own.
        let action = &expected[0]["action"];
        let of_action = json!([{"dimension": "action", "value": action}]);
        let input = json!({"view": "actions", "from": FROM, "to": TO, "where": of_action});
        assert_eq!(client.find(input).await["total"], 1, "{name}");
        let input = json!({"action": action, "from": FROM, "to": TO});
        assert_eq!(client.unique(input).await["count"], 1, "{name}");
        let conditions = json!({"action": action}).to_string();
        for view in ["actions", "events", "unique_actions"] {
            let asked = [("view", view), ("where", conditions.as_str())];
            let answer = ask(&client, &signer, "action.find", &asked).await;
            assert_eq!(answer, json!({"count": 1}), "{name}: {view}");
        }
    }
}

async fn documented_questions_are_answered(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--max-event-age", "none")
        .start()
        .await;
    let client = tidemark.client();
    let click = |number: usize| {
        let time = if number < 3 {
            "2023-11-14T23:00:00Z"
        } else {
            "2023-11-15T10:00:00Z"
        };
        let network = if number < 7 { "twitter" } else { "facebook" };
        json!({"action": "button.click", "time": time, "device": number.to_string(),
            "tag": {"network": network, "group": "g"}})
    };
    tidemark.accept((0..12).map(click).collect()).await;
    let push =
        "mutation ($figures: [ExternalFiguresInput!]!) { pushExternalStats(input: {figures: $figures}) { taken } }";
    let page = "https://www.example.com/things/123";
    let figure = |network: &str| json!({"url": page, "network": network, "shares": 5, "time": "2023-11-14T23:00:00Z"});
    let figures = json!({"figures": [figure("twitter"), figure("facebook")]});
    assert_eq!(
        client.graphql(push, figures).await.data()["pushExternalStats"]["taken"],
        2
    );
    let signer = Signer::of(client).await;
    let cases = cases("response.json");
    assert_eq!(cases.len(), 7, "{cases:?}");
    for case in cases {
        let answer = send(client, &signer, &case).await;
        let expected = read(&case, "response.json");
        let status = if expected["error"].is_null() { 200 } else { 400 };
        assert_eq!((answer.status, &answer.body), (status, &expected), "{}", case.display());
    }
}
