//! Every call of the manual, byte for byte, gets the documented answer, and is found by all questions.

use reqwest::{Method, header};
use support::{
    Engine, Tidemark,
    example::{bytes, contains, examples, found_by_all_questions, json_of, list_of, profiles_are_known},
    kept::{events, events_of},
};

use super::anonymous;

support::on_both_engines!(documented_calls_are_taken);

async fn documented_calls_are_taken(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--max-event-age", "none")
        .start()
        .await;
    let cases = examples("segment");
    assert_eq!(cases.len(), 9, "{cases:?}");
    for (name, folder) in cases {
        // A site of its own, so that what is said in one call does not answer for another.
        let client = tidemark
            .another_site_with(&name, &["--max-event-age", "none", "--ip-policy", "whole"])
            .await;
        let path = format!("/v1/{}", name.split('-').next().expect("a first part"));
        let request = anonymous(&client)
            .request(Method::POST, &path)
            .basic_auth(client.key().expect("a key"), Some(""))
            .header(header::CONTENT_TYPE, "application/json")
            .body(bytes(&folder, "request.json"));
        let answer = client.send(request).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text);
        assert_eq!(answer.body, json_of(&folder, "response.json"), "{name}");
        let expected = list_of(&folder, "events.json");
        let found = events_of(&client).await;
        assert_eq!(found.len(), expected.len(), "{name}: {found:#?}");
        for (event, expected) in found.iter().zip(&expected) {
            contains(event, expected, &name);
        }
        found_by_all_questions(&client, &found, &name).await;
        profiles_are_known(&client, &json_of(&folder, "profiles.json"), &name).await;
    }
    assert!(events(&tidemark).await.is_empty());
}
