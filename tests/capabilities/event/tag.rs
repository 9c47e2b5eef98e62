//! The tag: any JSON object, within bounds.

use serde_json::{Map, Value, json};
use support::{Client, Engine, Tidemark};

use super::{kept, refuses};

support::on_both_engines!(
    a_tag_comes_back_as_it_was_sent,
    keys_lose_their_dots,
    a_tag_has_bounds,
    bounds_of_tags_are_settings,
    the_traffic_source_is_never_the_clients,
);

/// The tag that is kept, without what the server adds.
async fn tag(client: &Client, tag: Value) -> Value {
    let mut event = kept(client, json!({"action": "a", "tag": tag})).await;
    let tag = event["tag"].as_object_mut().expect("an object");
    assert_eq!(tag.remove("traffic_source"), Some(json!("direct")));
    Value::Object(tag.clone())
}

async fn a_tag_comes_back_as_it_was_sent(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    for sent in [
        json!({}),
        json!({"": "no name", " ": 1, "$ref": true, "__proto__": null, "a\"b\\c": "quoted"}),
        json!({"ключ": "значение", "日本": "東京", "🐟": "👩‍👩‍👧", "e\u{301}": "é", "rtl": "שלום", "control": "\u{1}\u{1f}\u{7f}\u{2028}"}),
        json!({"text": "", "false": false, "null": null, "list": [], "object": {}, "lists": [[], null, [[null, 1], []]]}),
        json!({"max": "\u{10ffff}\u{ffff}", "newline": "a\r\n\tb", "sql": "'; DROP TABLE events; --", "percent": "%s%n"}),
    ] {
        assert_eq!(tag(client, sent.clone()).await, sent);
    }
    assert_eq!(tag(client, Value::Null).await, json!({}));
}

async fn keys_lose_their_dots(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    assert_eq!(
        tag(client, json!(["a", {"b.c": 2}])).await,
        json!({"0": "a", "1": {"b_c": 2}})
    );
    let dotted = json!({"a.b": {"c.d": "e.f", "..": [{"g.h": "i.j"}]}});
    assert_eq!(
        tag(client, dotted).await,
        json!({"a_b": {"c_d": "e.f", "__": [{"g_h": "i.j"}]}})
    );
    for (sent, path) in [
        (json!({"a.b": 1, "a_b": 2}), "input.tag.a_b"),
        (json!({"x": {"a.b": 1, "a_b": 1}}), "input.tag.x.a_b"),
        (json!({"x": [{"a.b.c": 1, "a_b.c": 1}]}), "input.tag.x[0].a_b_c"),
    ] {
        refuses(client, json!({"action": "a", "tag": sent}), "TAG_KEY_COLLISION", path).await;
    }
    // Equal keys of different objects do not meet.
    let apart = json!({"a_b": {"a_b": {}}, "c": {"a_b": {"x": 1}}});
    assert_eq!(tag(client, apart.clone()).await, apart);
}

fn nested(levels: usize) -> Value {
    (1..levels).fold(json!({"end": true}), |inner, _| json!({ "a": inner }))
}

fn many(keys: usize) -> Value {
    let keys = (0..keys).map(|key| (format!("k{key}"), json!(key)));
    keys.collect::<Map<_, _>>().into()
}

async fn a_tag_has_bounds(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    for sent in [nested(64), many(4_096), json!({"long": "x".repeat((1 << 20) - 11)})] {
        assert_eq!(tag(client, sent.clone()).await, sent);
    }
    let lists = (1..64).fold(json!([]), |inner, _| json!([inner]));
    for sent in [
        json!("text"),
        json!(7),
        json!(true),
        nested(65),
        json!({ "lists": lists }),
        many(4_097),
        json!({"split": [many(2_048), many(2_048)]}),
        json!({"long": "x".repeat(1 << 20)}),
        Value::Array(vec![json!(1); 4_097]),
    ] {
        refuses(client, json!({"action": "a", "tag": sent}), "INVALID_TAG", "input.tag").await;
    }
    for (sent, path) in [
        (json!({"a": "x\0y"}), "input.tag.a"),
        (json!({"a": {"b": ["\0"]}}), "input.tag.a.b[0]"),
        (json!({"x": {"a\0": 1}}), "input.tag.x"),
    ] {
        refuses(client, json!({"action": "a", "tag": sent}), "INVALID_TEXT", path).await;
    }
}

async fn bounds_of_tags_are_settings(engine: Engine) {
    let bounded = Tidemark::builder(engine)
        .flag("--max-tag-bytes", "30")
        .flag("--max-tag-levels", "2")
        .flag("--max-tag-keys", "3");
    let tidemark = bounded.start().await;
    let client = tidemark.client();
    let most = json!({"a": {"b": 1, "c": "0123456789"}});
    assert_eq!(tag(client, most.clone()).await, most);
    for sent in [
        json!({"a": {"b": {}}}),
        json!({"a": 1, "b": 2, "c": 3, "d": 4}),
        json!({"a": "0123456789012345678901234"}),
    ] {
        refuses(client, json!({"action": "a", "tag": sent}), "INVALID_TAG", "input.tag").await;
    }
}

async fn the_traffic_source_is_never_the_clients(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    for (sent, computed) in [
        (
            json!({"action": "a", "tag": {"traffic_source": "search", "x": 1}}),
            "direct",
        ),
        (
            json!({"action": "a", "referrer": "https://www.google.com/", "tag": {"traffic.source": "direct"}}),
            "search",
        ),
        (
            json!({"action": "a", "referrer": "https://x.example/", "tag": {"traffic_source": {"a": 1}}}),
            "other",
        ),
    ] {
        let event = kept(client, sent).await;
        assert_eq!(
            (&event["trafficSource"], &event["tag"]["traffic_source"]),
            (&json!(computed), &json!(computed))
        );
    }
    let input = json!({
        "view": "events", "from": "2020-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z",
        "where": [{"dimension": "tag.traffic_source", "value": "search"}],
    });
    assert_eq!(client.find(input).await["total"], 1);
}
