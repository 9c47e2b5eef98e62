//! Where a request comes from, and what it is called, is said by proxies that are believed, and by nobody else.

use reqwest::Method;
use serde_json::{Value, json};
use support::{Answer, Client, Engine, Tidemark};

support::on_both_engines!(
    only_a_trusted_proxy_names_the_client,
    nobody_else_names_a_client_or_a_request
);

/// Logs an event with these headers, and gives the answer.
async fn log_with(client: &Client, action: &str, headers: &[(&str, &str)]) -> Answer {
    let body = json!({"query": format!("mutation {{ logEvent(input: {{action: \"{action}\"}}) {{ outcome error {{ message }} }} }}")});
    let mut request = client.request(Method::POST, "/graphql").json(&body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request).await
}

/// The address of the one event with an action, as the site keeps it.
async fn address_of(client: &Client, action: &str) -> Value {
    let document = "query ($filter: EventFilter) { events(filter: $filter) { edges { node { ip } } } }";
    let filter = json!({"filter": {"where": [{"dimension": "action", "value": action}]}});
    let answer = client.graphql(document, filter).await;
    let edges = answer.data()["events"]["edges"].as_array().expect("a list").clone();
    assert_eq!(edges.len(), 1, "{action}: {}", answer.text);
    edges[0]["node"]["ip"].clone()
}

async fn whole_addresses(tidemark: &Tidemark) {
    let site = ["site", "update", "shop", "--ip-policy", "whole"];
    let _ = tidemark.command(&site).await.success();
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
}

async fn only_a_trusted_proxy_names_the_client(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--trusted-proxies", "127.0.0.0/8, 10.0.0.0/8,2001:db8:1::/48")
        .start()
        .await;
    whole_addresses(&tidemark).await;
    let client = tidemark.client();
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[], "127.0.0.1"),
        (&[("x-forwarded-for", "192.0.2.1")], "192.0.2.1"),
        (&[("x-forwarded-for", "203.0.113.7, 192.0.2.1, 10.0.0.2")], "192.0.2.1"),
        (
            &[("x-forwarded-for", "203.0.113.7"), ("x-forwarded-for", "192.0.2.1:80")],
            "192.0.2.1",
        ),
        (&[("x-forwarded-for", "[2001:db8::7]:443")], "2001:db8::7"),
        (&[("x-forwarded-for", "192.0.2.1, unknown")], "127.0.0.1"),
        (
            &[("forwarded", "for=\"[2001:db8::7]:4711\";proto=https")],
            "2001:db8::7",
        ),
        (
            &[("forwarded", "for=203.0.113.7, for=192.0.2.1;by=10.0.0.2, For=10.0.0.2")],
            "192.0.2.1",
        ),
        (&[("forwarded", "for=192.0.2.1, for=_hidden")], "127.0.0.1"),
        (
            &[("forwarded", "for=192.0.2.1"), ("x-forwarded-for", "192.0.2.1")],
            "192.0.2.1",
        ),
    ];
    for (number, (headers, wanted)) in cases.iter().enumerate() {
        let action = format!("case {number}");
        let answer = log_with(client, &action, headers).await;
        assert_eq!(answer.data()["logEvent"]["outcome"], "ACCEPTED", "{}", answer.text);
        assert_eq!(address_of(client, &action).await, **wanted, "{headers:?}");
    }
    // One of the two is an invention, and it cannot be known which.
    let both = [("forwarded", "for=203.0.113.9"), ("x-forwarded-for", "192.0.2.1")];
    let refused = log_with(client, "both", &both).await;
    assert_eq!(
        (refused.status, &refused.body["error"]["code"]),
        (400, &json!("MALFORMED_REQUEST"))
    );
    assert!(refused.headers.contains_key("x-request-id"));
    // Limits go by the client, too, and not by the proxy.
    let anonymous = Client::anonymous(tidemark.server().address());
    let told = async |from: &str| {
        let request = anonymous
            .request(Method::GET, "/session/methods")
            .header("x-forwarded-for", from);
        let sign_in = anonymous
            .request(Method::POST, "/session/sign-in")
            .header("x-forwarded-for", from);
        let body = json!({"email": format!("{from}@example.com"), "password": "wrong horse battery"});
        let _ = anonymous.send(sign_in.json(&body)).await;
        let answer = anonymous.send(request).await;
        answer.headers["ratelimit"].to_str().expect("text").to_owned()
    };
    assert!(told("192.0.2.1").await.starts_with("\"sign-in\";r=49;"));
    assert!(
        told("192.0.2.2").await.starts_with("\"sign-in\";r=49;"),
        "another client"
    );
    assert!(told("192.0.2.1").await.starts_with("\"sign-in\";r=48;"));
    // A proxy that is believed names requests, too, if plainly.
    for (sent, kept) in [
        ("request-17", true),
        ("a b", false),
        ("x\"y", false),
        (&*"x".repeat(65), false),
    ] {
        let answer = log_with(client, "named", &[("x-request-id", sent)]).await;
        let id = answer.headers["x-request-id"].to_str().expect("text");
        assert_eq!(id == sent, kept, "{sent:?} {id:?}");
    }
}

async fn nobody_else_names_a_client_or_a_request(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--trusted-proxies", "10.0.0.0/8")
        .start()
        .await;
    whole_addresses(&tidemark).await;
    let client = tidemark.client();
    let headers = [
        ("x-forwarded-for", "192.0.2.1"),
        ("forwarded", "for=203.0.113.7"),
        ("x-real-ip", "192.0.2.1"),
        ("x-request-id", "request-17"),
    ];
    let answer = log_with(client, "spoofed", &headers).await;
    assert_eq!(answer.data()["logEvent"]["outcome"], "ACCEPTED");
    assert_ne!(answer.headers["x-request-id"], "request-17");
    assert_eq!(address_of(client, "spoofed").await, "127.0.0.1");
    // What an address is refused is refused whatever it calls itself.
    let rule =
        "mutation { createRule(input: {rule: {list: DENY, target: IP, pattern: \"127.0.0.1\"}}) { rule { id } } }";
    let _ = client.graphql(rule, json!({})).await.data();
    let answer = log_with(client, "spoofed again", &headers).await;
    assert_eq!(answer.data()["logEvent"]["outcome"], "DENIED", "{}", answer.text);
}
