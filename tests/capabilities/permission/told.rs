//! Nobody has to be known to be told what they may still do: every answer says so, whatever it answers.

use reqwest::{Method, RequestBuilder, header};
use serde_json::json;
use support::{Answer, Client, Engine, Tidemark};

use super::{ROUTES, some_path};
use crate::rate::told;

support::on_both_engines!(every_answer_to_nobody_tells_what_is_left);

const PAGE: &str = "https://www.example.com";

fn check(answer: &Answer, budget: &str, what: &str) {
    for header in ["ratelimit-policy", "ratelimit"] {
        assert!(
            answer.headers.contains_key(header),
            "{what} has no {header}: {}",
            answer.text
        );
    }
    let quota = told(answer, "ratelimit-policy", budget, "q");
    assert!(quota > 0 && told(answer, "ratelimit-policy", budget, "w") > 0, "{what}");
    assert!(told(answer, "ratelimit", budget, "r") <= quota, "{what}");
    let _ = told(answer, "ratelimit", budget, "t");
}

fn preflight(client: &Client, path: &str, origin: &str) -> RequestBuilder {
    client
        .request(Method::OPTIONS, path)
        .header(header::ORIGIN, origin)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
}

async fn every_answer_to_nobody_tells_what_is_left(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let update = "mutation ($origins: [String!]!) { updateSite(input: {origins: $origins}) { name } }";
    let _ = tidemark
        .client()
        .graphql(update, json!({"origins": [PAGE]}))
        .await
        .data();
    let anonymous = Client::anonymous(tidemark.server().address());
    for (name, status) in ROUTES {
        let (method, path) = name.split_once(' ').expect("a method and a path");
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let answer = anonymous.send(anonymous.request(method, &some_path(path))).await;
        assert_eq!(answer.status, *status, "{name}: {}", answer.text);
        let budget = if path.starts_with("/session/") {
            "sign-in"
        } else {
            "query"
        };
        check(&answer, budget, name);
    }
    let dialect = |method: Method| anonymous.request(method, "/v1/track");
    for (status, what, request) in [
        (
            200,
            "a page of the UI",
            anonymous
                .request(Method::GET, "/sites")
                .header(header::ACCEPT, "text/html"),
        ),
        (
            404,
            "a file that is not there",
            anonymous.request(Method::GET, "/nothing.js"),
        ),
        (405, "a wrong method", anonymous.request(Method::PUT, "/graphql")),
        (204, "a page that may ask", preflight(&anonymous, "/graphql", PAGE)),
        (204, "a page that may send", preflight(&anonymous, "/v1/track", PAGE)),
        (
            403,
            "a page that may not ask",
            preflight(&anonymous, "/graphql", "https://evil.example"),
        ),
        (
            403,
            "a page that may not send",
            preflight(&anonymous, "/v1/track", "https://evil.example"),
        ),
        (
            403,
            "a key on a page that may not send",
            dialect(Method::POST)
                .header(header::ORIGIN, "https://evil.example")
                .basic_auth(tidemark.client().key().expect("it has one"), Some(""))
                .json(&json!({"event": "a", "userId": "u"})),
        ),
    ] {
        let answer = anonymous.send(request).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text);
        check(&answer, "query", what);
    }
    // A page that may read the answer may read these headers of it.
    let refused = anonymous.send(dialect(Method::POST).header(header::ORIGIN, PAGE)).await;
    assert_eq!(refused.status, 401, "{}", refused.text);
    check(&refused, "query", "what a page is refused");
    let exposed = refused.headers[header::ACCESS_CONTROL_EXPOSE_HEADERS]
        .to_str()
        .expect("text");
    for name in ["RateLimit", "RateLimit-Policy", "Retry-After"] {
        assert!(exposed.split(", ").any(|one| one == name), "{exposed}");
    }
}
