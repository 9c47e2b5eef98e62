//! Sites that take declared keys alone, and how many keys there may be.

use reqwest::Method;
use serde_json::{Map, Value, json};
use support::{Client, Engine, Tidemark, graphql};

use super::{DECLARE, RELEASE, accepted, admin, change, conflict, logged, release, set, told, types};

support::on_both_engines!(
    a_strict_site_takes_declared_keys_alone,
    a_public_key_introduces_a_hundred_keys_a_day,
    there_are_ten_thousand_keys_at_most,
    a_key_with_a_type_has_a_bounded_name,
);

fn limit(path: &str) -> (String, String, String) {
    (
        "TYPE_CONFLICT".into(),
        "TAG_KEY_LIMIT".into(),
        format!("input.tag.{path}"),
    )
}

async fn a_strict_site_takes_declared_keys_alone(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let (client, admin) = (tidemark.client(), admin(&tidemark).await);
    let undeclared = |path: &str| {
        (
            "TYPE_CONFLICT".into(),
            "TAG_KEY_UNDECLARED".into(),
            format!("input.tag.{path}"),
        )
    };
    assert_eq!(logged(client, json!({"seen": 1})).await, accepted());
    set(&admin, DECLARE, "plan", "string").await;
    let mode = async |mode: &str| {
        let document = "mutation ($mode: TagMode!) { updateSite(input: {tagMode: $mode}) { tagMode } }";
        let answer = client.graphql(document, json!({"mode": mode})).await;
        assert_eq!(answer.data()["updateSite"]["tagMode"], mode);
    };
    mode("STRICT").await;
    assert_eq!(logged(client, json!({"plan": "pro"})).await, accepted());
    assert_eq!(logged(client, json!({"plan": null})).await, accepted());
    assert_eq!(logged(client, json!({"plan": 1})).await, conflict("plan"));
    for (tag, path) in [
        (json!({"seen": 1}), "seen"),
        (json!({"fresh": 1}), "fresh"),
        (json!({"fresh": null}), "fresh"),
        (json!({"plan": "pro", "z": {}}), "z"),
    ] {
        assert_eq!(logged(client, tag).await, undeclared(path), "{path}");
    }
    assert_eq!(logged(client, Value::Null).await, accepted());
    // Another site is what it was, and what it sees is not declared.
    let other = tidemark.another_site("other").await;
    assert_eq!(logged(&other, json!({"fresh": true})).await, accepted());
    assert_eq!(logged(client, json!({"fresh": true})).await, undeclared("fresh"));
    set(&admin, DECLARE, "fresh", "boolean").await;
    assert_eq!(logged(client, json!({"fresh": true})).await, accepted());
    release(&admin, "plan").await;
    assert_eq!(logged(client, json!({"plan": "pro"})).await, undeclared("plan"));
    mode("REJECT").await;
    assert_eq!(logged(client, json!({"plan": 1})).await, accepted());
    // From the command line, too.
    let _ = tidemark
        .command(&["site", "update", tidemark.site(), "--tag-mode", "strict"])
        .await
        .success();
    assert_eq!(logged(client, json!({"plan": 1})).await, undeclared("plan"));
}

const ORIGIN: &str = "https://www.example.com";

/// Logs from a page, with a key that browsers know.
async fn log_from_a_page(client: &Client, tag: Value) -> (String, String, String) {
    let event = json!({"action": "a", "tag": tag});
    let body = json!({"query": graphql::LOG_EVENT, "variables": {"input": event}});
    let request = client
        .request(Method::POST, "/graphql")
        .json(&body)
        .header("origin", ORIGIN);
    let answer = client.send(request).await;
    told(&answer.data()["logEvent"])
}

async fn public(tidemark: &Tidemark, site: &str) -> Client {
    let key = tidemark
        .key(&["--site", site, "--allow", "log", "--origin", ORIGIN])
        .await;
    Client::new(tidemark.server().address(), &key)
}

fn keys(prefix: &str, numbers: std::ops::Range<usize>) -> Value {
    let keys = numbers.map(|number| (format!("{prefix}{number:05}"), json!(number)));
    Value::Object(keys.collect::<Map<_, _>>())
}

async fn a_public_key_introduces_a_hundred_keys_a_day(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let _other = tidemark.another_site("other").await;
    let page = public(&tidemark, tidemark.site()).await;
    // More than it may, at once: nothing is taken.
    assert_eq!(log_from_a_page(&page, keys("a", 0..101)).await, limit("a00100"));
    assert!(types(tidemark.client()).await.is_empty());
    assert_eq!(log_from_a_page(&page, keys("a", 0..99)).await, accepted());
    assert_eq!(log_from_a_page(&page, json!({"last": 1})).await, accepted());
    assert_eq!(log_from_a_page(&page, json!({"more": 1})).await, limit("more"));
    // What has its type is no new key, and what has none locks none.
    assert_eq!(log_from_a_page(&page, keys("a", 0..99)).await, accepted());
    assert_eq!(
        log_from_a_page(&page, json!({"more": null, "most": []})).await,
        accepted()
    );
    // Another key, another site and a backend have room of their own.
    let second = public(&tidemark, tidemark.site()).await;
    assert_eq!(log_from_a_page(&second, json!({"second": 1})).await, accepted());
    let elsewhere = public(&tidemark, "other").await;
    assert_eq!(log_from_a_page(&elsewhere, json!({"elsewhere": 1})).await, accepted());
    assert_eq!(logged(tidemark.client(), keys("b", 0..200)).await, accepted());
    assert_eq!(log_from_a_page(&page, keys("b", 0..200)).await, accepted());
}

async fn there_are_ten_thousand_keys_at_most(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let (client, admin) = (tidemark.client(), admin(&tidemark).await);
    for part in 0..4 {
        let tag = keys("k", part * 2_500..(part + 1) * 2_500 - usize::from(part == 3));
        assert_eq!(logged(client, tag).await, accepted());
    }
    assert_eq!(logged(client, json!({"x": 1, "y": 1})).await, limit("y"));
    assert_eq!(logged(client, json!({"x": 1})).await, accepted());
    assert_eq!(logged(client, json!({"y": 1})).await, limit("y"));
    let full = change(&admin, DECLARE, json!({"input": {"name": "y", "type": "number"}})).await;
    assert_eq!(full["error"]["code"], "TAG_KEY_LIMIT", "{full:#}");
    assert_eq!(logged(client, keys("k", 0..2_500)).await, accepted());
    release(&admin, "k00007").await;
    assert_eq!(logged(client, json!({"y": 1})).await, accepted());
    assert_eq!(logged(client, json!({"k00007": 1})).await, limit("k00007"));
}

async fn a_key_with_a_type_has_a_bounded_name(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let (client, admin) = (tidemark.client(), admin(&tidemark).await);
    let (long, too_long) = ("ä".repeat(512), "ä".repeat(513));
    assert_eq!(logged(client, json!({ long.clone(): 1 })).await, accepted());
    assert_eq!(logged(client, json!({ long: "text" })).await.1, "TAG_TYPE_CONFLICT");
    assert_eq!(logged(client, json!({ too_long.clone(): 1 })).await.1, "TAG_KEY_LIMIT");
    assert_eq!(logged(client, json!({ too_long.clone(): null })).await, accepted());
    let declared = change(&admin, DECLARE, json!({"input": {"name": too_long, "type": "number"}})).await;
    assert_eq!(
        (&declared["error"]["code"], &declared["error"]["path"]),
        (&json!("TOO_LONG"), &json!("input.name"))
    );
    let unknown = change(&admin, RELEASE, json!({"name": "nothing"})).await;
    assert_eq!(
        (&unknown["error"]["code"], &unknown["error"]["path"]),
        (&json!("NOT_FOUND"), &json!("name"))
    );
}
