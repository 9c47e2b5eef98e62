//! Where a visitor is.

use reqwest::Method;
use serde_json::json;
use support::{Engine, Tidemark};

use super::{event, items, list, quarantined, track};

support::on_both_engines!(
    where_a_visitor_is_is_known_from_the_nearest_source,
    an_address_that_is_none_loses_no_event,
);

async fn where_a_visitor_is_is_known_from_the_nearest_source(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--ip-policy", "whole")
        .start()
        .await;
    let client = tidemark.client();
    let key = client.key().expect("a key");
    for (number, (field, header, wanted)) in [
        (Some("81.2.69.142"), Some("192.0.2.9"), "81.2.69.142"),
        (None, Some("192.0.2.9"), "192.0.2.9"),
        (None, None, "127.0.0.1"),
    ]
    .into_iter()
    .enumerate()
    {
        let body = event(json!({"Value": number.to_string(), "RemoteAddress": field}));
        let request = client.without_key().request(Method::POST, "/api/v1.0/Track");
        let mut request = request.header("Authorization", format!("epi-single {key}"));
        if let Some(address) = header {
            request = request.header("Epi-User-IP-Address", address);
        }
        assert_eq!(client.send(request.json(&body)).await.status, 200);
        let answer = list(
            client,
            &[("$filter", &format!("Value eq '{number}' and RemoteAddress eq {wanted}"))],
        )
        .await;
        let country = if wanted == "127.0.0.1" { "Localhost" } else { "" };
        assert_eq!(items(&answer)[0]["CountryCode"], country);
    }
    let private = [
        "10.1.2.3",
        "172.16.0.1",
        "172.31.9.9",
        "192.168.1.1",
        "fd00::1",
        "fe80::1",
        "::1",
    ];
    for address in private.iter().chain(&["172.32.0.1", "8.8.8.8", "2001:db8::1"]) {
        track(client, event(json!({"EventType": "net", "RemoteAddress": address}))).await;
    }
    let answer = list(client, &[("$filter", "EventType eq net and CountryCode eq Localhost")]).await;
    assert_eq!(items(&answer).len(), private.len(), "{}", answer.text);
    assert!(items(&answer).iter().all(|item| item["CountryCode"] == "Localhost"));
}

/// The vendor's own sample of the format has a word in its place.
async fn an_address_that_is_none_loses_no_event(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--ip-policy", "whole")
        .start()
        .await;
    let client = tidemark.client();
    for (written, address, payload) in [
        ("81.2.69.142:50123", "81.2.69.142", json!(null)),
        ("[2001:db8::1]:443", "2001:db8::1", json!(null)),
        (
            "client IP address",
            "127.0.0.1",
            json!({"RemoteAddress": "client IP address"}),
        ),
    ] {
        let id = track(client, event(json!({"RemoteAddress": written}))).await;
        let answer = list(client, &[("$filter", &format!("TrackId eq {id}"))]).await;
        let item = &items(&answer)[0];
        assert_eq!(
            (&item["RemoteAddress"], &item["Payload"]),
            (&json!(address), &payload),
            "{written}"
        );
    }
    // What is said of the sender's own request by its headers, and is no address, is passed over.
    let request = client
        .without_key()
        .request(Method::POST, "/api/v1.0/Track")
        .header("Authorization", format!("epi-single {}", client.key().expect("a key")))
        .header("Epi-User-IP-Address", "unknown");
    let answer = client.send(request.json(&event(json!({"Value": "last"})))).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = list(client, &[("$filter", "Value eq last")]).await;
    assert_eq!(items(&answer)[0]["RemoteAddress"], "127.0.0.1");
    assert!(quarantined(&tidemark).await.is_empty());
}
