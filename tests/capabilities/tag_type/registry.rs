//! Asking for the tag schema, and changing it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Client, Engine, Server, Tidemark};

use super::{DECLARE, LIST, RELEASE, RETYPE, accepted, admin, change, conflict, list, logged, release, set, types};

support::on_both_engines!(
    a_key_is_listed_with_how_it_is_used,
    a_site_learns_nothing_of_how_others_use_a_key,
    keys_are_declared_retyped_and_released,
    a_change_holds_on_every_server_within_a_second,
    keys_are_listed_page_by_page,
);

async fn a_key_is_listed_with_how_it_is_used(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    let admin = admin(&tidemark).await;
    for (client, action, tag) in [
        (&other, "first", json!({"plan": "pro", "n": {"plan": "free"}})),
        (tidemark.client(), "second", json!({"plan": "free"})),
        (tidemark.client(), "third", json!({"plan": null})),
    ] {
        let payload = client.log(json!({"action": action, "tag": tag})).await;
        assert_eq!(payload["outcome"], "ACCEPTED");
    }
    // A refused event and a duplicate use nothing.
    assert_eq!(logged(&other, json!({"plan": 1})).await, conflict("plan"));
    set(&admin, DECLARE, "unused", "array of number").await;
    let keys = list(&admin, json!({})).await;
    let names: Vec<_> = keys.iter().map(|key| key["name"].as_str().expect("a name")).collect();
    assert_eq!(names, ["n", "plan", "unused"]);
    let plan = &keys[1];
    assert_eq!(
        (&plan["type"], &plan["declared"], &plan["declaredAt"], &plan["count"]),
        (&json!("string"), &json!(false), &Value::Null, &json!(3)),
        "{plan:#}"
    );
    assert_eq!(
        (&plan["firstSite"], &plan["firstAction"], &plan["sites"]),
        (&json!("other"), &json!("first"), &json!(["other", "shop"]))
    );
    assert!(plan["firstSeenAt"].as_str() <= plan["lastSeenAt"].as_str());
    let mut samples: Vec<_> = plan["samples"].as_array().expect("a list").clone();
    samples.sort_by_key(Value::to_string);
    assert_eq!(samples, ["free", "pro"]);
    assert_eq!(keys[0]["samples"], json!([{"plan": "free"}]));
    let unused = &keys[2];
    assert_eq!(
        (
            &unused["type"],
            &unused["declared"],
            &unused["count"],
            &unused["firstSeenAt"]
        ),
        (&json!("array of number"), &json!(true), &json!(0), &Value::Null)
    );
    assert_eq!(list(&admin, json!({"declared": true})).await.len(), 1);
    assert_eq!(list(&admin, json!({"prefix": "pl"})).await.len(), 1);
}

async fn a_site_learns_nothing_of_how_others_use_a_key(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    assert_eq!(
        logged(&other, json!({"secret": "of the other", "plan": "theirs"})).await,
        accepted()
    );
    assert_eq!(logged(tidemark.client(), json!({"plan": "ours"})).await, accepted());
    let answer = tidemark.client().graphql(LIST, json!({})).await;
    let page = &answer.data()["tagTypes"];
    assert_eq!(page["totalCount"], 1, "{page:#}");
    let plan = &page["nodes"][0];
    assert_eq!(
        (&plan["count"], &plan["firstSite"], &plan["sites"], &plan["samples"]),
        (&json!(1), &json!("shop"), &json!(["shop"]), &json!(["ours"]))
    );
    for word in ["secret", "theirs", "other"] {
        assert!(!answer.text.contains(word), "{}", answer.text);
    }
    let answer = tidemark.client().graphql(LIST, json!({"site": "other"})).await;
    assert_eq!(answer.error_code(), "UNKNOWN_SITE");
    // Types are everybody's: one site's administrator does not change them.
    let refused = tidemark.client().graphql(RELEASE, json!({"name": "plan"})).await;
    assert_eq!(refused.error_code(), "FORBIDDEN");
}

async fn keys_are_declared_retyped_and_released(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let (client, admin) = (tidemark.client(), admin(&tidemark).await);
    let declared = set(&admin, DECLARE, "a.b", "array of array of string").await;
    assert_eq!(
        declared,
        json!({"name": "a_b", "type": "array of array of string", "declared": true})
    );
    assert_eq!(logged(client, json!({"a.b": ["x"]})).await, conflict("a_b"));
    assert_eq!(logged(client, json!({"a.b": [["x"]]})).await, accepted());
    // What was only seen can be declared, as what it is.
    assert_eq!(logged(client, json!({"seen": 1})).await, accepted());
    let other_type = change(&admin, DECLARE, json!({"input": {"name": "seen", "type": "string"}})).await;
    assert_eq!(
        (&other_type["error"]["code"], &other_type["error"]["path"]),
        (&json!("ALREADY_EXISTS"), &json!("input.name"))
    );
    assert_eq!(set(&admin, DECLARE, "seen", "number").await["declared"], true);
    let again = change(&admin, DECLARE, json!({"input": {"name": "seen", "type": "number"}})).await;
    assert_eq!(again["error"]["code"], "ALREADY_EXISTS");
    for (document, name, kind, code, path) in [
        (DECLARE, "x", "text", "INVALID_ARGUMENT", "input.type"),
        (DECLARE, "x", "array", "INVALID_ARGUMENT", "input.type"),
        (DECLARE, "x\0", "string", "INVALID_TEXT", "input.name"),
        (RETYPE, "nothing", "string", "NOT_FOUND", "input.name"),
        (RETYPE, "seen", "", "INVALID_ARGUMENT", "input.type"),
    ] {
        let payload = change(&admin, document, json!({"input": {"name": name, "type": kind}})).await;
        assert_eq!(
            (
                &payload["error"]["code"],
                &payload["error"]["path"],
                &payload["tagType"]
            ),
            (&json!(code), &json!(path), &Value::Null),
            "{name:?} {kind:?}"
        );
    }
    assert_eq!(
        set(&admin, RETYPE, "seen", "string").await,
        json!({"name": "seen", "type": "string", "declared": true})
    );
    assert_eq!(logged(client, json!({"seen": 1})).await, conflict("seen"));
    assert_eq!(logged(client, json!({"seen": "1"})).await, accepted());
    assert_eq!(release(&admin, "seen").await["type"], "string");
    assert_eq!(logged(client, json!({"seen": [true]})).await, accepted());
    let keys = types(&admin).await;
    assert_eq!(keys[1], ("seen".to_owned(), "array of boolean".to_owned()));
    // Counted anew since it was released.
    assert_eq!(list(&admin, json!({"prefix": "seen"})).await[0]["count"], 1);
    let audit = "{ audit(first: 3) { edges { node { operation target before after } } } }";
    let answer = admin.graphql(audit, json!({})).await;
    let entries = &answer.data()["audit"]["edges"];
    assert_eq!(entries[0]["node"]["operation"], "releaseTagType");
    assert_eq!(
        (&entries[1]["node"]["operation"], &entries[1]["node"]["target"]),
        (&json!("retypeTagType"), &json!("seen"))
    );
    assert_eq!(
        (
            &entries[1]["node"]["before"]["type"],
            &entries[1]["node"]["after"]["type"]
        ),
        (&json!("number"), &json!("string"))
    );
}

/// Logs until an event is accepted; gives how long that took.
async fn until_accepted(client: &Client, tag: Value) -> Duration {
    let begin = Instant::now();
    while logged(client, tag.clone()).await != accepted() {
        assert!(begin.elapsed() < Duration::from_secs(10), "it is never accepted");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    begin.elapsed()
}

async fn a_change_holds_on_every_server_within_a_second(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let second = Server::start_with(tidemark.database(), &[]).await;
    let admin = admin(&tidemark).await;
    let there = tidemark.client().at(second.address());
    let here = tidemark.client();
    assert_eq!(logged(here, json!({"k": 1})).await, accepted());
    assert_eq!(logged(&there, json!({"k": 2})).await, accepted());
    set(&admin, RETYPE, "k", "string").await;
    assert!(until_accepted(&there, json!({"k": "text"})).await < Duration::from_secs(1));
    assert_eq!(logged(here, json!({"k": 1})).await, conflict("k"));
    release(&admin.at(second.address()), "k").await;
    assert!(until_accepted(here, json!({"k": true})).await < Duration::from_secs(1));
    assert_eq!(logged(&there, json!({"k": "text"})).await, conflict("k"));
    set(&admin, DECLARE, "declared", "object").await;
    assert_eq!(logged(&there, json!({"declared": 1})).await, conflict("declared"));
}

async fn keys_are_listed_page_by_page(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    assert_eq!(
        logged(client, json!({"a": 1, "B": 1, "ä": 1, "b": 1, "": 1, "_": 1, "c": 1})).await,
        accepted()
    );
    let (mut met, mut after) = (Vec::new(), Value::Null);
    loop {
        let answer = client.graphql(LIST, json!({"first": 3, "after": after})).await;
        let page = &answer.data()["tagTypes"];
        assert_eq!(page["totalCount"], 7);
        assert_eq!(page["pageInfo"]["hasPreviousPage"], !after.is_null());
        for edge in page["edges"].as_array().expect("a list") {
            met.push(edge["node"]["name"].as_str().expect("a name").to_owned());
        }
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(met, ["", "B", "_", "a", "b", "c", "ä"]);
    let answer = client.graphql(LIST, json!({"first": 0})).await;
    assert_eq!(
        (answer.error_code(), answer.error_path()),
        ("INVALID_ARGUMENT", "first")
    );
}
