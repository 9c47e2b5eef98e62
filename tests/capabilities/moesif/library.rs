//! The middleware for Python as it is published, pointed at the server.

use serde_json::json;
use support::{Engine, Tidemark, python};

use super::events;

support::on_both_engines!(the_library_for_python_comes_in_unmodified);

async fn the_library_for_python_comes_in_unmodified(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let statuses = python::run("moesif.py", &[&tidemark.server().url(""), client.key().expect("a key")]).await;
    assert_eq!(statuses, json!(["201 Created"]), "the application goes on");
    let stored = events(&tidemark).await;
    assert_eq!(stored.len(), 12, "{stored:#?}");
    for event in &stored {
        for (field, expected) in [
            ("action", json!("api.call")),
            ("actor", json!("ada")),
            ("company", json!("engines")),
            ("ip", json!("203.0.113.0")),
        ] {
            assert_eq!(event[field], expected, "{field} of {event:#}");
        }
        assert_eq!(
            (
                &event["tag"]["verb"],
                &event["tag"]["status"],
                &event["tag"]["datacenter"]
            ),
            (&json!("POST"), &json!(201), &json!("west"))
        );
        assert!(
            event["url"]
                .as_str()
                .expect("a page")
                .starts_with("https://shop.example.com/orders/"),
            "{event:#}"
        );
    }
    let known = client
        .graphql(
            "{ actor(id: \"ada\") { traits company { traits } } bob: actor(id: \"bob\") { traits } }",
            json!({}),
        )
        .await;
    let data = known.data();
    assert_eq!(
        (&data["actor"]["traits"]["plan"], &data["bob"]["traits"]["plan"]),
        (&json!("pro"), &json!("free"))
    );
    assert_eq!(data["actor"]["company"]["traits"]["employees"], 2);
}
