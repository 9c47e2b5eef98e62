//! A documented call to each path, byte for byte, is accepted, and found by all questions.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{
    Engine, Tidemark,
    example::{bytes, contains, examples, found_by_all_questions, list_of},
};

use super::{CUSTOM, custom, events, misfits, post};

support::on_both_engines!(documented_calls_are_taken, the_documented_error_is_told_whole);

async fn documented_calls_are_taken(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--max-event-age", "none")
        .start()
        .await;
    let client = tidemark.client();
    let cases = examples("synerise");
    assert_eq!(cases.len(), 26, "{cases:?}");
    let mut before = 0;
    for (name, folder) in cases {
        let path = String::from_utf8(bytes(&folder, "path")).expect("text");
        let request = client
            .request(Method::POST, path.trim_end())
            .header("Api-Version", "4.4")
            .header(header::CONTENT_TYPE, "application/json")
            .body(bytes(&folder, "request.json"));
        let answer = client.send(request).await;
        assert_eq!((answer.status, answer.text.as_str()), (202, ""), "{name}");
        let expected = list_of(&folder, "events.json");
        let mut found = events(&tidemark).await.split_off(before);
        before += found.len();
        assert_eq!(found.len(), expected.len(), "{name}: {found:#?}");
        for (event, expected) in found.iter_mut().zip(&expected) {
            // What differs each time is told by the event itself.
            let id = event["id"].clone();
            let tag = event["tag"].as_object_mut().expect("an object");
            assert_eq!(tag.remove("eventUUID"), Some(id), "{name}");
            assert_eq!(tag.remove("ip"), Some(json!("127.0.0.0")), "{name}");
            contains(event, expected, &name);
        }
    }
    let all = events(&tidemark).await;
    assert_eq!(all.len(), 28);
    found_by_all_questions(client, &all, "all").await;
    assert_eq!(misfits(client, "synerise").await, Vec::<String>::new());
}

async fn the_documented_error_is_told_whole(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let answer = post(tidemark.client(), CUSTOM, &custom(json!({"action": "a b"}))).await;
    let mut body = answer.body;
    let timestamp = body["timestamp"].take();
    let timestamp = timestamp.as_str().expect("a text");
    assert!(timestamp.parse::<jiff::Timestamp>().is_ok(), "{timestamp}");
    assert_eq!(
        (answer.status, body),
        (
            400,
            json!({"timestamp": Value::Null, "status": 400, "error": "Bad Request", "message": "Validation failed",
                "path": CUSTOM, "errors": [{"code": 400, "field": "action", "message": "must match \"^[a-zA-Z0-9.\\-_]+$\"",
                "rejectedValue": "a b"}]})
        )
    );
}
