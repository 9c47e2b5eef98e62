//! The libraries for Node and for Python as they are published, pointed at the server.

use serde_json::{Value, json};
use support::{Engine, Tidemark, node, python};

use super::{actor, company, contains, counted, events, told};

support::on_both_engines!(
    the_library_for_node_comes_in_unmodified,
    the_library_for_python_comes_in_unmodified,
);

async fn the_library_for_node_comes_in_unmodified(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--max-event-age", "none")
        .start()
        .await;
    let client = tidemark.client();
    let url = tidemark.server().url("");
    let key = client.key().expect("a key");
    let heard = node::run("segment.js", "@segment/analytics-node", &[&url, key]).await;
    let mut heard: Vec<_> = heard.as_array().expect("a list").iter().map(Value::to_string).collect();
    heard.sort();
    heard.dedup();
    assert_eq!(
        heard,
        [
            "\"alias\"",
            "\"counted\"",
            "\"group\"",
            "\"identify\"",
            "\"page\"",
            "\"screen\"",
            "\"track\""
        ],
        "each call is told that all went well"
    );
    let all = events(&tidemark).await;
    let one = |action: &str| all.iter().find(|event| event["action"] == action).expect("it is there");
    contains(
        one("Signed Up"),
        &json!({
            "id": "signed-up-1", "actor": "ada", "actorSource": "USER", "device": "device 1", "language": "en-GB",
            "ip": "203.0.113.0", "browser": "Firefox", "bot": false, "door": "segment",
            "tag": {"seats": 3, "nested": {"network": "press"}, "campaign": {"source": "newsletter"}, "traffic_source": "direct"},
        }),
        "track",
    );
    // The clock of this machine is right, so that hardly anything is corrected.
    let time: jiff::Timestamp = one("Signed Up")["time"]
        .as_str()
        .expect("a time")
        .parse()
        .expect("a time");
    let meant: jiff::Timestamp = "2026-11-20T10:00:00Z".parse().expect("a time");
    assert!(time.duration_since(meant).as_secs().abs() < 30, "{time}");
    contains(
        one("page.visit"),
        &json!({
            "label": "Home", "actor": "ada", "url": "https://www.example.com/home?x=1", "referrer": "https://www.google.com/",
            "trafficSource": "search",
            // The server's connection is not its user's.
            "ip": null, "browser": null,
        }),
        "page",
    );
    assert_eq!(
        (
            &one("page.visit")["tag"]["title"],
            &one("page.visit")["tag"]["category"]
        ),
        (&json!("Home page"), &json!("Docs"))
    );
    contains(
        one("screen.view"),
        &json!({"label": "Main", "actor": "device 1", "actorSource": "DEVICE"}),
        "screen",
    );
    assert_eq!(all.iter().filter(|event| event["action"] == "Counted").count(), 40);
    let input = json!({"action": "Counted", "from": super::FROM, "to": super::TO});
    assert_eq!(client.unique(input).await["count"], 8);
    contains(
        &actor(client, "ada").await,
        &json!({
            "id": "ada", "aliases": ["ada.lovelace", "device 1"],
            "traits": {"plan": "pro", "address": {"city": "London"}}, "company": {"id": "engines", "traits": {"employees": 2}},
        }),
        "ada",
    );
    assert_eq!(actor(client, "ada.lovelace").await["id"], "ada");
    contains(
        &company(client, "engines").await,
        &json!({"traits": {"employees": 2}}),
        "engines",
    );
    assert_eq!(
        counted(client, "segment").await,
        told(&[
            ("ACCEPTED", "", "Counted", 40),
            ("ACCEPTED", "", "Signed Up", 1),
            ("ACCEPTED", "", "page.visit", 1),
            ("ACCEPTED", "", "screen.view", 1),
        ])
    );
}

async fn the_library_for_python_comes_in_unmodified(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let heard = python::run(
        "segment.py",
        &[&tidemark.server().url(""), client.key().expect("a key")],
    )
    .await;
    assert_eq!(heard["failures"], json!([]), "each call is told that all went well");
    let all = events(&tidemark).await;
    let of = |action: &str| all.iter().filter(|event| event["action"] == action).collect::<Vec<_>>();
    assert_eq!((of("Signed Up").len(), of("Counted").len()), (1, 250));
    let signed_up = of("Signed Up")[0];
    contains(
        signed_up,
        &json!({"id": "signed-up-1", "actor": "ada", "actorSource": "USER", "language": "en-GB", "ip": "203.0.113.0", "browser": null,
            "tag": {"seats": 3, "nested": {"network": "press"}, "when": heard["when"], "traffic_source": "direct"}}),
        "track",
    );
    let moment = |value: &Value| {
        value
            .as_str()
            .expect("text")
            .parse::<jiff::Timestamp>()
            .expect("a time")
    };
    let apart = moment(&signed_up["time"]).duration_since(moment(&heard["when"]));
    assert!(apart.as_secs().abs() < 30, "{apart}");
    contains(
        of("page.visit")[0],
        &json!({"label": "Home", "url": "https://www.example.com/home", "trafficSource": "search"}),
        "page",
    );
    contains(of("screen.view")[0], &json!({"label": "Main"}), "screen");
    let input = json!({"action": "Counted", "from": super::FROM, "to": super::TO});
    assert_eq!(client.unique(input).await["count"], 8);
    let ada = actor(client, "device 1").await;
    contains(
        &ada,
        &json!({"traits": {"plan": "pro", "address": {"city": "London"}}, "company": {"id": "engines", "traits": {"employees": 2}}}),
        "ada",
    );
}
