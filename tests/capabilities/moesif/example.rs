//! Every call of the manual, byte for byte, gets the documented answer, and is found by all questions.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{
    Engine, Tidemark,
    example::{bytes, contains, examples, found_by_all_questions, json_of, list_of, profiles_are_known},
    kept::{events, events_of, quarantined},
};

support::on_both_engines!(documented_calls_are_taken);

async fn documented_calls_are_taken(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let cases = examples("moesif");
    assert_eq!(cases.len(), 13, "{cases:?}");
    for (name, folder) in cases {
        // A site of its own, so that what is said in one call does not answer for another.
        let client = tidemark
            .another_site_with(&name, &["--max-event-age", "none", "--ip-policy", "whole"])
            .await;
        let call = String::from_utf8(bytes(&folder, "call")).expect("text");
        let (path, kind) = call.trim_end().split_once('\n').expect("a path and a type");
        let request = client
            .without_key()
            .request(Method::POST, path)
            .header("X-Moesif-Application-Id", client.key().expect("a key"))
            .header(header::CONTENT_TYPE, kind)
            .body(bytes(&folder, "request.json"));
        let answer = client.send(request).await;
        assert_eq!(
            (answer.status, answer.body),
            (201, json!({})),
            "{name}: {}",
            answer.text
        );
        assert_eq!(quarantined(&client).await, Vec::<Value>::new(), "{name}");
        let expected = list_of(&folder, "events.json");
        let found = events_of(&client).await;
        assert_eq!(found.len(), expected.len(), "{name}: {found:#?}");
        for (event, expected) in found.iter().zip(&expected) {
            contains(event, expected, &name);
        }
        found_by_all_questions(&client, &found, &name).await;
        let profiles = json_of(&folder, "profiles.json");
        assert!(
            !found.is_empty() || profiles != json!({}),
            "{name}: something comes of it"
        );
        profiles_are_known(&client, &profiles, &name).await;
    }
    assert!(events(&tidemark).await.is_empty());
}
