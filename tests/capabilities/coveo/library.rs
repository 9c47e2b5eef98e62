//! The libraries as they are published, pointed at the server.

use serde_json::{Value, json};
use support::{Engine, Tidemark, node};

use super::{VISITOR, contains, events};

support::on_both_engines!(the_library_for_node_comes_in_unmodified, relay_comes_in_unmodified,);

async fn the_library_for_node_comes_in_unmodified(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let url = tidemark.server().url("");
    let key = tidemark.client().key().expect("a key");
    let told = node::run("coveo.js", "coveo.analytics", &[&url, key]).await;
    for name in ["search", "click", "custom", "view", "collect"] {
        assert_eq!(told[name]["visitorId"], VISITOR, "{told:#}");
        assert_eq!(told[name]["visitId"], told["search"]["visitId"], "one visit: {told:#}");
    }
    assert!(told["search"]["searchEventUid"].is_string(), "{told:#}");
    assert_eq!(told["visitor"], VISITOR, "it is told its own id back");
    for name in ["rest", "own", "bare"] {
        assert!(told[name]["visitId"].is_string(), "{told:#}");
    }
    assert!(told["visit"]["id"].is_string(), "{told:#}");
    assert_eq!(told["health"], json!({"status": "UP"}));
    assert!(
        told["bad"].as_str().is_some_and(|text| text.starts_with("failed")),
        "{told:#}"
    );
    let found = events(&tidemark).await;
    let actions: Vec<_> = found
        .iter()
        .map(|event| event["action"].as_str().expect("a text"))
        .collect();
    assert_eq!(
        actions,
        [
            "searchboxSubmit",
            "documentOpen",
            "facet",
            "page.visit",
            "rest",
            "own",
            "bare",
            "pageview"
        ]
    );
    contains(
        &found[1],
        &json!({"device": VISITOR, "actor": VISITOR, "language": "en", "door": "coveo"}),
    );
    contains(
        &found[1]["tag"],
        &json!({"documentPosition": 1, "sourceName": "web", "title": "Boats & more +1", "contentidkey": "permanentid",
            "userContext": ["context_role"], "truncated": ["originLevel3"]}),
    );
    contains(
        &found[3],
        &json!({"url": "https://docs.example.com/boats", "action": "page.visit"}),
    );
    contains(
        &found[7],
        &json!({"url": "https://docs.example.com/flat", "language": "en"}),
    );
    let time = |event: &Value| -> jiff::Timestamp { event["time"].as_str().expect("a time").parse().expect("a time") };
    let ago = time(&found[0]).duration_since(time(&found[7])).as_secs();
    assert!((3_000..=3_600).contains(&ago), "{ago} s before the search");
}

async fn relay_comes_in_unmodified(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let url = tidemark.server().url("");
    let key = tidemark.client().key().expect("a key");
    let told = node::run("relay.js", "@coveo/relay", &[&url, key]).await;
    assert_eq!(
        (&told[0], &told[1]),
        (&json!("itemClick"), &json!("ec.productView")),
        "{told:#}"
    );
    let refused = told[2].as_str().expect("a text");
    assert!(refused.contains("Received event was rejected"), "{refused}");
    let found = events(&tidemark).await;
    assert_eq!(found.len(), 2);
    contains(
        &found[0],
        &json!({"action": "itemClick", "url": "https://shop.example.com/boats", "browser": "Firefox", "door": "coveo"}),
    );
    contains(
        &found[0]["tag"],
        &json!({"documentPosition": 2, "documentTitle": "Boats", "trackingId": "shop"}),
    );
    contains(
        &found[1]["tag"],
        &json!({"currency": "EUR", "product": {"productId": "XY-1", "name": "Boat", "price": 540}}),
    );
    assert_eq!(found[0]["device"], found[1]["device"]);
    assert_eq!(found[0]["session"], found[1]["session"]);
}
