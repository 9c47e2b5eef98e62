//! Pages of other origins may ask where a site or a key allows their origin, and read errors as well.

use reqwest::{Method, header};
use serde_json::json;
use support::{Answer, Client, Engine, Tidemark};

support::on_both_engines!(
    pages_of_allowed_origins_may_ask,
    others_are_told_nothing,
    what_is_refused_at_the_edge_may_be_read_by_pages_too,
);

const PAGE: &str = "https://www.example.com";

async fn tidemark(engine: Engine) -> Tidemark {
    let tidemark = Tidemark::builder(engine)
        .flag("--trusted-proxies", "127.0.0.0/8")
        .start()
        .await;
    let update = "mutation { updateSite(input: {origins: [\"https://www.example.com\"]}) { name } }";
    let _ = tidemark.client().graphql(update, json!({})).await.data();
    let flags = [
        "--site",
        "shop",
        "--allow",
        "log",
        "--origin",
        "https://*.shop.example:8443",
    ];
    let key = tidemark.key(&flags).await;
    // The server has met it, and so read anew what is allowed.
    let public = Client::new(tidemark.server().address(), &key);
    let request = public
        .request(Method::POST, "/graphql")
        .header("origin", "https://a.shop.example:8443");
    let met = public
        .send(request.json(&json!({"query": "{ viewer { kind } }"})))
        .await;
    let _ = met.data();
    tidemark
}

fn preflight(client: &Client, origin: &str) -> reqwest::RequestBuilder {
    client
        .request(Method::OPTIONS, "/graphql")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type")
}

fn text<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.get(name).map(|value| value.to_str().expect("text"))
}

fn varies(answer: &Answer) -> bool {
    let mut lines = answer.headers.get_all(header::VARY).iter();
    lines.any(|line| {
        line.to_str()
            .expect("text")
            .split(", ")
            .any(|name| name.eq_ignore_ascii_case("origin"))
    })
}

async fn pages_of_allowed_origins_may_ask(engine: Engine) {
    let tidemark = tidemark(engine).await;
    let (client, anonymous) = (tidemark.client(), Client::anonymous(tidemark.server().address()));
    for origin in [PAGE, "https://a.shop.example:8443", "https://b.a.shop.example:8443"] {
        let answer = anonymous.send(preflight(&anonymous, origin)).await;
        assert_eq!(
            (answer.status, text(&answer, "access-control-allow-origin")),
            (204, Some(origin))
        );
        assert_eq!(text(&answer, "access-control-allow-methods"), Some("GET, POST"));
        let headers = text(&answer, "access-control-allow-headers")
            .expect("some")
            .to_lowercase();
        assert!(headers.contains("authorization") && headers.contains("content-type") && headers.contains("x-api-key"));
        assert!(text(&answer, "access-control-max-age").is_some() && varies(&answer));
        // No cookie opens anything here.
        assert_eq!(text(&answer, "access-control-allow-credentials"), None);
        assert!(text(&answer, "x-request-id").is_some(), "it has a name like any other");
    }
    let query = |client: &Client, body| {
        client
            .request(Method::POST, "/graphql")
            .header("origin", PAGE)
            .json(&body)
    };
    let wrong = Client::new(tidemark.server().address(), "tm_0000000000_wrong");
    for (status, request) in [
        (200, query(client, json!({"query": "{ viewer { kind } }"}))),
        (200, query(client, json!({"query": "{ nothing }"}))),
        (401, query(&wrong, json!({"query": "{ viewer { kind } }"}))),
        (400, query(client, json!({"no": "query"}))),
        (
            406,
            query(client, json!({"query": "{ viewer { kind } }"})).header("accept", "image/png"),
        ),
        (
            415,
            client
                .request(Method::POST, "/graphql")
                .header("origin", PAGE)
                .body("text"),
        ),
        (405, client.request(Method::DELETE, "/graphql").header("origin", PAGE)),
    ] {
        let answer = client.send(request).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        assert_eq!(
            text(&answer, "access-control-allow-origin"),
            Some(PAGE),
            "{}",
            answer.text
        );
        let exposed = text(&answer, "access-control-expose-headers").expect("some");
        for name in ["RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id"] {
            assert!(exposed.contains(name), "{exposed}");
        }
        assert!(varies(&answer), "{:?}", answer.headers);
    }
}

async fn others_are_told_nothing(engine: Engine) {
    let tidemark = tidemark(engine).await;
    let (client, anonymous) = (tidemark.client(), Client::anonymous(tidemark.server().address()));
    for origin in [
        "null",
        "http://www.example.com",
        "https://www.example.com:8443",
        "https://example.com",
        "https://shop.example:8443",
        "https://a.shop.example",
        "https://ashop.example:8443",
        "https://www.example.com.evil.example",
        "https://www.example.com/page",
        "*",
    ] {
        let refused = anonymous.send(preflight(&anonymous, origin)).await;
        assert_eq!(
            (refused.status, &refused.body["error"]["code"]),
            (403, &json!("ORIGIN_NOT_ALLOWED")),
            "{origin}"
        );
        let request = client.request(Method::POST, "/graphql").header("origin", origin);
        let answer = client
            .send(request.json(&json!({"query": "{ viewer { kind } }"})))
            .await;
        for answer in [&refused, &answer] {
            assert_eq!(text(answer, "access-control-allow-origin"), None, "{origin}");
            assert!(varies(answer), "{origin}: {:?}", answer.headers);
        }
    }
    // Also where no page asks: what is kept for one must not be given to another.
    assert!(varies(&client.graphql("{ viewer { kind } }", json!({})).await));
    // Sessions are for the server's own pages alone.
    let request = anonymous
        .request(Method::GET, "/session/methods")
        .header("origin", PAGE);
    assert_eq!(
        text(&anonymous.send(request).await, "access-control-allow-origin"),
        None
    );
    // What no site and no key allows any more is over.
    let update = "mutation { updateSite(input: {origins: []}) { name } }";
    let _ = client.graphql(update, json!({})).await.data();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(anonymous.send(preflight(&anonymous, PAGE)).await.status, 403);
}

/// Proxies that contradict each other: nothing behind the edge sees the request, and the page is told all the same.
async fn what_is_refused_at_the_edge_may_be_read_by_pages_too(engine: Engine) {
    let tidemark = tidemark(engine).await;
    let anonymous = Client::anonymous(tidemark.server().address());
    let ask = async |method: Method, path: &str, origin: &str| {
        let request = anonymous
            .request(method, path)
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("forwarded", "for=203.0.113.9")
            .header("x-forwarded-for", "192.0.2.1");
        let answer = anonymous.send(request).await;
        assert_eq!(
            (answer.status, &answer.body["error"]["code"]),
            (400, &json!("MALFORMED_REQUEST")),
            "{path}: {}",
            answer.text
        );
        assert!(varies(&answer), "{path}: {:?}", answer.headers);
        assert!(text(&answer, "x-request-id").is_some(), "{path}");
        answer
    };
    for path in ["/graphql", "/v1/track"] {
        for method in [Method::POST, Method::OPTIONS] {
            let answer = ask(method.clone(), path, PAGE).await;
            assert_eq!(
                text(&answer, "access-control-allow-origin"),
                Some(PAGE),
                "{method} {path}"
            );
            let stranger = ask(method, path, "https://evil.example").await;
            assert_eq!(text(&stranger, "access-control-allow-origin"), None, "{path}");
        }
        let answer = ask(Method::POST, path, PAGE).await;
        let exposed = text(&answer, "access-control-expose-headers").expect("some");
        assert!(exposed.contains("X-Request-Id"), "{exposed}");
    }
}
