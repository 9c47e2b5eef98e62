//! Every example of the manual, byte for byte, gets the documented answer, and is found by all questions.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{
    Engine, Tidemark,
    example::{bytes, examples, found_by_all_questions, list_of},
};

use super::{contains, events, events_of, post_form};

support::on_both_engines!(
    documented_examples_are_taken,
    every_form_of_an_address_leads_in,
    beacons_are_read,
);

async fn documented_examples_are_taken(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    for (name, folder) in examples("coveo") {
        // The token is asked for, and used, in a test of its own.
        if name == "token" {
            continue;
        }
        let client = tidemark.another_site_with(&name, &["--max-event-age", "none"]).await;
        let path = String::from_utf8(bytes(&folder, "path")).expect("text");
        let request = client.request(Method::POST, path.trim());
        let request = request
            .header(header::CONTENT_TYPE, "application/json")
            .body(bytes(&folder, "request.json"));
        let answer = client.send(request).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text);
        let expected = &list_of(&folder, "events.json")[0];
        let found = events_of(&client).await;
        assert_eq!(found.len(), 1, "{name}");
        contains(&found[0], expected);
        let named = &expected["device"];
        if name == "event-protocol" {
            assert_eq!(answer.body, json!({"events": [{"accepted": true}]}));
        } else {
            assert!(answer.body["visitId"].is_string(), "{}", answer.text);
            if named.is_string() {
                assert_eq!((&answer.body["visitorId"], &answer.body["clientId"]), (named, named));
            }
            let is_search = answer.body["searchEventUid"].is_string();
            assert_eq!(is_search, name == "search", "{}", answer.text);
            assert_eq!(found[0]["session"], answer.body["visitId"]);
        }
        found_by_all_questions(&client, &found, &name).await;
    }
}

async fn every_form_of_an_address_leads_in(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let custom = json!({"eventType": "facet", "eventValue": "a", "language": "en"});
    let folders = ["/rest/ua", "/rest", "/any/thing", "/coveo/rest/ua", ""];
    for folder in folders {
        for version in ["v14", "v15"] {
            let path = format!("{folder}/{version}/analytics");
            let answer = client
                .send(client.request(Method::POST, &format!("{path}/custom")).json(&custom))
                .await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            let get = |name: &str| client.without_key().request(Method::GET, &format!("{path}/{name}"));
            let answer = client.send(get("status")).await;
            assert_eq!((answer.status, answer.body), (200, json!({"status": "online"})));
            let answer = client.send(get("monitoring/health")).await;
            assert_eq!((answer.status, answer.body), (200, json!({"status": "UP"})));
        }
    }
    assert_eq!(events(&tidemark).await.len(), 2 * folders.len());
    // click.st's methods are where they were.
    let answer = client
        .send(client.without_key().request(Method::GET, "/rest/action.log"))
        .await;
    assert_eq!(answer.status, 403, "{}", answer.text);
}

async fn beacons_are_read(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let key = client.key().expect("a key");
    let encoded = |text: &Value| {
        let letters = text.to_string().into_bytes().into_iter();
        letters.map(|byte| format!("%{byte:02X}")).collect::<String>()
    };
    let visitor = "5ad93d42-7e3c-4b8e-9a55-0d2c7b1f9a11";
    let around = format!("?access_token={key}&visitorId={visitor}&discardVisitInfo=true");
    let fields = json!({"language": "en", "originLevel1": "a + b"});
    let with = |more: Value| {
        let mut all = fields.clone();
        all.as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        all
    };
    let click = with(json!({"actionCause": "open", "documentPosition": 1, "searchQueryUid": "q", "sourceName": "s"}));
    let search = with(json!({"actionCause": "enter", "searchQueryUid": "q", "queryText": "", "responseTime": 0}));
    let custom = with(json!({"eventType": "facet", "eventValue": "v"}));
    let view = with(json!({"location": "https://docs.example.com/"}));
    for (name, event) in [("click", click), ("search", search), ("custom", custom), ("view", view)] {
        let body = format!("{name}Event={}", encoded(&event));
        let answer = post_form(client, &format!("{name}{around}"), body).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text);
        assert_eq!(answer.body["visitorId"], visitor);
        let cookies: Vec<_> = answer.headers.get_all(header::SET_COOKIE).iter().collect();
        assert_eq!(cookies.len(), 1, "the visitor's alone: {cookies:?}");
    }
    let event =
        json!({"t": "pageview", "cid": visitor, "dl": "https://docs.example.com/", "z": "nonce-1", "ul": "en-US"});
    let body = format!("access_token={key}&collectEvent={}", encoded(&event));
    for _ in 0..2 {
        let around = format!("collect?visitorId={visitor}&discardVisitInfo=true");
        let answer = post_form(client, &around, body.clone()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let found = events(&tidemark).await;
    let actions: Vec<_> = found.iter().map(|event| &event["action"]).collect();
    assert_eq!(
        actions,
        ["open", "enter", "facet", "page.visit", "pageview"],
        "`z` came twice"
    );
    assert!(found.iter().all(|event| event["device"] == visitor));
    assert_eq!(found[0]["tag"]["originLevel1"], "a + b");
    assert_eq!(
        (&found[4]["language"], &found[4]["id"]),
        (&json!("en"), &json!("nonce-1"))
    );
}
