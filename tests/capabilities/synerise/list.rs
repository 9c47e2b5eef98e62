//! A site's allow and deny lists, and its tag schema: what they refuse is answered as if all were well.

use serde_json::json;
use support::{Engine, Tidemark};

use super::{BATCH, CUSTOM, accept, counted, custom, events, misfits, post, refused, told};

support::on_both_engines!(what_lists_refuse_is_accepted_and_counted);

async fn what_lists_refuse_is_accepted_and_counted(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    client.add_rule("DENY", "page.visit").await;
    client.add_rule("DENY", "session.*").await;
    // What comes by itself is under the lists like all else.
    accept(client, "/v4/events/page-visit", custom(json!({}))).await;
    accept(client, CUSTOM, custom(json!({"action": "session.start"}))).await;
    accept(client, CUSTOM, custom(json!({"params": {"n": 1}}))).await;
    accept(client, CUSTOM, custom(json!({"params": {"n": "text"}}))).await;
    // Of a list, what may pass does.
    let list = json!([
        custom(json!({"action": "session.end"})),
        custom(json!({"action": "fine"}))
    ]);
    accept(client, BATCH, list).await;
    // Whoever asks is told.
    let answer = post(client, "/v4/events/page-visit?strict=1", &custom(json!({}))).await;
    refused(&answer, 403, "Forbidden");
    let misfit = custom(json!({"params": {"n": "text"}}));
    refused(
        &post(client, "/v4/events/custom?strict=1", &misfit).await,
        400,
        "Bad Request",
    );
    client.add_rule("ALLOW", "context.*").await;
    accept(client, CUSTOM, custom(json!({"action": "fine"}))).await;
    let answer = post(
        client,
        "/v4/events/custom?strict=true",
        &custom(json!({"action": "fine"})),
    )
    .await;
    refused(&answer, 403, "Forbidden");
    assert_eq!(
        post(client, "/v4/events/custom?strict=1", &custom(json!({})))
            .await
            .status,
        202
    );
    let found = events(&tidemark).await;
    let found: Vec<_> = found.iter().filter_map(|event| event["action"].as_str()).collect();
    assert_eq!(found, ["context.activity", "fine", "context.activity"]);
    assert_eq!(
        counted(client, "synerise").await,
        told(&[
            ("ACCEPTED", "", "context.activity", 2),
            ("ACCEPTED", "", "fine", 1),
            ("DENIED", "DENIED", "fine", 2),
            ("DENIED", "DENIED", "page.visit", 2),
            ("DENIED", "DENIED", "session.end", 1),
            ("DENIED", "DENIED", "session.start", 1),
            ("TYPE_CONFLICT", "TAG_TYPE_CONFLICT", "context.activity", 2),
        ])
    );
    assert_eq!(misfits(client, "synerise").await.len(), 8);
}
