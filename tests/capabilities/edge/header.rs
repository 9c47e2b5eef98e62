//! What browsers are told they may do with an answer.

use reqwest::Method;
use serde_json::json;
use support::{Engine, Tidemark};

support::on_both_engines!(every_answer_tells_browsers_what_they_may);

async fn every_answer_tells_browsers_what_they_may(engine: Engine) {
    for https in [false, true] {
        let mut builder = Tidemark::builder(engine).flag("--trusted-proxies", "127.0.0.1");
        if https {
            builder = builder.flag("--public-url", "https://stats.example.com");
        }
        let tidemark = builder.start().await;
        let client = tidemark.client();
        let graphql = |body| client.request(Method::POST, "/graphql").json(&body);
        let get = |path: &str| client.request(Method::GET, path);
        // Whoever sent it, one of the two is an invention.
        let of_two = |path: &str| {
            let request = get(path).header("forwarded", "for=203.0.113.9");
            request.header("x-forwarded-for", "192.0.2.1")
        };
        for (status, page, request) in [
            (200, false, graphql(json!({"query": "{ viewer { kind } }"}))),
            (400, false, graphql(json!({}))),
            (200, false, get("/healthz")),
            (200, false, get("/metrics")),
            (405, false, client.request(Method::PUT, "/graphql")),
            (415, false, client.request(Method::POST, "/session/sign-in")),
            (200, true, get("/")),
            (200, true, get("/session/link")),
            (404, true, get("/nowhere")),
            (400, false, of_two("/healthz")),
            (400, true, of_two("/")),
        ] {
            let answer = client.send(request).await;
            assert_eq!(answer.status, status, "{}", answer.text);
            let told = |name: &str| {
                let mut values = answer.headers.get_all(name).iter();
                let value = values.next().map(|value| value.to_str().expect("text"));
                assert!(values.next().is_none(), "{name} twice");
                value
            };
            assert_eq!(told("x-content-type-options"), Some("nosniff"));
            assert_eq!(told("referrer-policy"), Some("no-referrer"));
            assert_eq!(told("x-frame-options"), Some("DENY"));
            assert_eq!(told("cross-origin-opener-policy"), Some("same-origin"));
            let permissions = told("permissions-policy").expect("a policy");
            for feature in ["camera=()", "microphone=()", "geolocation=()"] {
                assert!(permissions.contains(feature), "{permissions}");
            }
            let policy = told("content-security-policy").expect("a policy");
            for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
                assert!(policy.contains(part), "{policy}");
            }
            assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'") && !policy.contains('*'));
            assert_eq!(
                policy.contains("script-src 'self' 'wasm-unsafe-eval'"),
                page,
                "{policy}"
            );
            let transport = told("strict-transport-security");
            assert_eq!(transport.is_some_and(|text| text.contains("max-age=63072000")), https);
            assert_eq!(transport.is_some(), https);
            assert_eq!(told("x-request-id").map(str::len), Some(32));
        }
    }
}
