//! How many profiles a site may have written, and how large all of them may be.

use reqwest::Method;
use serde_json::json;
use support::{Engine, Tidemark};

use super::{
    ask,
    written::{delete, found, listed, put, start, write},
};

support::on_both_engines!(
    a_site_has_as_many_profiles_as_are_allowed,
    an_answer_looks_through_as_much_as_is_said
);

async fn a_site_has_as_many_profiles_as_are_allowed(engine: Engine) {
    let tidemark = Tidemark::builder(engine).flag("--max-profiles", "2").start().await;
    let client = tidemark.client();
    write(client, "default/a", json!({})).await;
    write(client, "shop/b", json!({})).await;
    let refused = put(client, "default/c", json!({})).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    let message = refused.body["error"]["message"].as_str().expect("a message");
    assert!(message.contains("2 written profiles"), "{message}");
    // What is there can be written anew, and leaves its place to another. Each site has a room of its own.
    assert_eq!(write(client, "default/a", json!({"Name": "Ada"})).await["Name"], "Ada");
    assert_eq!(delete(client, "shop/b").await.status, 200);
    write(client, "default/c", json!({})).await;
    assert_eq!(listed(client, "").await, "default/a default/c");
    let other = tidemark.another_site("other").await;
    write(&other, "default/d", json!({})).await;
}

async fn an_answer_looks_through_as_much_as_is_said(engine: Engine) {
    let tidemark = start(engine).await;
    let client = tidemark.client();
    // Of one letter, which a database packs into next to nothing on its disk.
    let large = json!({"Payload": {"text": "x".repeat((256 << 10) - 2_000)}});
    // 64 MiB, and a few.
    for number in 0..260 {
        write(client, &format!("default/{number}"), large.clone()).await;
    }
    let all = ask(
        client,
        Method::GET,
        "/api/v1.0/Profiles?$filter=Scope%20eq%20'default'",
        None,
    )
    .await;
    assert_eq!(all.status, 400, "{}", &all.text[..all.text.len().min(500)]);
    let message = all.body["error"]["message"].as_str().expect("a message");
    assert!(message.contains("More than 64 MB"), "{message}");
    // One is found by its name all the same.
    assert_eq!(found(client, "default/7").await["ProfileId"], "7");
}
