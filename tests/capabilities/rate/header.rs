//! Every answer of the API tells what is left, as the headers of the IETF's draft have it and as data.

use reqwest::Method;
use serde_json::json;
use support::{Client, Engine, Tidemark, person};

use super::{left, told};

support::on_both_engines!(every_answer_tells_what_is_left, headers_and_data_agree);

/// `"log";q=5;w=1`: a list of strings, each with its parameters (RFC 9651).
fn is_list(text: &str, parameters: [&str; 2]) -> bool {
    text.split(", ").all(|item| {
        let mut parts = item.split(';');
        let name = parts.next().unwrap_or_default();
        let quoted = name.len() > 2 && name.starts_with('"') && name.ends_with('"');
        let named = parameters.iter().all(|wanted| {
            let value = parts.next().and_then(|part| part.strip_prefix(&format!("{wanted}=")));
            value.is_some_and(|value| value.parse::<u64>().is_ok())
        });
        quoted && named && parts.next().is_none()
    })
}

async fn every_answer_tells_what_is_left(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let (client, address) = (tidemark.client(), tidemark.server().address());
    let anonymous = Client::anonymous(address);
    let wrong = Client::new(address, "tm_0000000000_wrong");
    let query = |text: &str| json!({"query": text});
    let post = |client: &Client, body| client.request(Method::POST, "/graphql").json(&body);
    let stream = post(client, query("{ viewer { kind } }")).header("accept", "text/event-stream");
    let requests = [
        (
            200,
            "log",
            post(
                client,
                query("mutation { logEvent(input: {action: \"a\"}) { outcome } }"),
            ),
        ),
        (200, "query", post(client, query("{ actions { name } }"))),
        (
            200,
            "query",
            post(
                client,
                query("{ find(input: {view: \"nowhere\", from: \"x\", to: \"y\"}) { total } }"),
            ),
        ),
        (200, "query", stream),
        (400, "query", post(client, json!({"nothing": true}))),
        (
            406,
            "query",
            post(client, query("{ viewer { kind } }")).header("accept", "image/png"),
        ),
        (401, "query", post(&wrong, query("{ viewer { kind } }"))),
        (200, "query", post(&anonymous, query("{ viewer { kind } }"))),
        (405, "query", client.request(Method::PUT, "/graphql")),
        (
            200,
            "query",
            client.request(Method::GET, "/graphql?query={viewer{kind}}"),
        ),
        (
            401,
            "sign-in",
            anonymous.request(Method::POST, "/session/refresh").json(&json!({})),
        ),
        (200, "sign-in", anonymous.request(Method::GET, "/session/methods")),
    ];
    for (status, name, request) in requests {
        let answer = client.send(request).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        assert!(told(&answer, "ratelimit-policy", name, "q") > 0);
        assert!(told(&answer, "ratelimit-policy", name, "w") > 0);
        assert!(told(&answer, "ratelimit", name, "r") <= told(&answer, "ratelimit-policy", name, "q"));
        let _ = told(&answer, "ratelimit", name, "t");
        for (header, parameters) in [("ratelimit-policy", ["q", "w"]), ("ratelimit", ["r", "t"])] {
            let text = answer.headers[header].to_str().expect("text");
            assert!(is_list(text, parameters), "{header}: {text}");
        }
    }
    let failed = person::sign_in(address, "nobody@example.com", "wrong horse battery", None).await;
    assert_eq!(told(&failed, "ratelimit", "sign-in", "r"), 49);
}

async fn headers_and_data_agree(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .key_flag("--rate", "7/s")
        .flag("--rate-query-units", "100")
        .flag("--rate-delete-units", "200")
        .flag("--rate-manage-changes", "60")
        .start()
        .await;
    let client = tidemark.client();
    let document = "mutation ($inputs: [EventInput!]!) { logEvents(inputs: $inputs) { accepted } }";
    let logged = client
        .graphql(document, json!({"inputs": vec![json!({"action": "a"}); 20]}))
        .await;
    assert_eq!(
        logged.data()["logEvents"]["accepted"],
        7,
        "events are counted, not requests"
    );
    assert_eq!(told(&logged, "ratelimit-policy", "log", "q"), 7);
    assert_eq!(told(&logged, "ratelimit-policy", "log", "w"), 1);
    assert_eq!(told(&logged, "ratelimit", "log", "r"), 0);
    assert_eq!(told(&logged, "ratelimit", "log", "t"), 1);
    let asked = client
        .graphql("{ viewer { rateLimits { name remaining } } }", json!({}))
        .await;
    let limits = asked.data()["viewer"]["rateLimits"].as_array().expect("a list").clone();
    let names: Vec<_> = limits
        .iter()
        .map(|limit| limit["name"].as_str().expect("text"))
        .collect();
    assert_eq!(names, ["log", "query", "delete", "manage", "sign-in"]);
    assert_eq!(limits[1]["remaining"], told(&asked, "ratelimit", "query", "r"));
    for (name, limit, seconds) in [
        ("log", 7, 1),
        ("query", 100, 60),
        ("delete", 200, 60),
        ("manage", 60, 60),
    ] {
        let found = left(client, name).await;
        assert_eq!(
            (&found["limit"], &found["seconds"]),
            (&json!(limit), &json!(seconds)),
            "{found:#}"
        );
        let resets: jiff::Timestamp = found["resetsAt"].as_str().expect("text").parse().expect("a time");
        let wait = resets.duration_since(now()).as_secs_f64();
        assert!((-5.0..=f64::from(seconds)).contains(&wait), "{found:#}");
    }
    // What was mixed tells of each of its budgets.
    let mixed = "mutation { ping updateSite(input: {}) { name } }";
    let answer = client.graphql(mixed, json!({})).await;
    assert!(told(&answer, "ratelimit", "manage", "r") >= 58, "{}", answer.text);
    let _ = told(&answer, "ratelimit", "log", "r");
}

#[expect(
    clippy::disallowed_methods,
    reason = "a server in its own process reads the system's clock as well"
)]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
