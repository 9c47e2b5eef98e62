//! What answers in other systems' wire formats tell of limits: of the budgets that a request was charged to.

use reqwest::{Method, RequestBuilder};
use serde_json::json;
use support::{Answer, Client, Engine, Tidemark};

use super::told;
use crate::clickst::{Signer, try_ask};

support::on_both_engines!(
    whoever_is_refused_is_told_what_is_left,
    an_answer_tells_of_the_budgets_that_it_was_charged_to,
    other_systems_questions_and_events_tell_their_own,
    whoever_used_it_up_hears_of_the_same,
);

const WRONG: &str = "tm_0000000000_wrong";

/// A request to each dialect with a key, as its clients send it.
fn knocks(nobody: &Client, key: &str) -> [RequestBuilder; 6] {
    let post = |path: &str| nobody.request(Method::POST, path);
    let get = |path: &str| nobody.request(Method::GET, path);
    [
        get("/v1/config").header("X-Moesif-Application-Id", key),
        post("/v1/track")
            .basic_auth(key, Some(""))
            .json(&json!({"event": "a", "userId": "u"})),
        post("/v4/events/custom").bearer_auth(key).json(&json!({})),
        get("/api/v1.0/scopes").header("Authorization", format!("epi-single {key}")),
        get(&format!("/rest/action.log?key={key}&action=a")),
        post("/rest/organizations/shop/events/v1")
            .bearer_auth(key)
            .json(&json!([])),
    ]
}

/// The names of the budgets that an answer tells of, which are the same in both headers.
fn budgets(answer: &Answer) -> Vec<String> {
    let [policy, left] = ["ratelimit-policy", "ratelimit"].map(|header| {
        let text = answer.headers.get(header);
        let text = text.unwrap_or_else(|| panic!("no {header}: {}", answer.text));
        let items = text.to_str().expect("text").split(", ");
        let names = items.map(|item| item.split(';').next().unwrap_or_default().trim_matches('"').to_owned());
        names.collect::<Vec<_>>()
    });
    assert_eq!(policy, left, "{}", answer.text);
    left
}

async fn whoever_is_refused_is_told_what_is_left(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--rate-anonymous-units", "10")
        .start()
        .await;
    let nobody = Client::anonymous(tidemark.server().address());
    let mut before = 11;
    for request in knocks(&nobody, WRONG) {
        let answer = nobody.send(request).await;
        assert_eq!(answer.status, 401, "{}", answer.text);
        assert_eq!(budgets(&answer), ["query"], "{}", answer.text);
        assert_eq!(told(&answer, "ratelimit-policy", "query", "q"), 10);
        let left = told(&answer, "ratelimit", "query", "r");
        assert!(left < before, "each guess is paid for: {left}");
        before = left;
    }
    let [guess, ..] = knocks(&nobody, WRONG);
    let mut guesses = 0;
    while nobody.send(guess.try_clone().expect("no stream")).await.status == 401 {
        guesses += 1;
        assert!(guesses < 10, "there is no end to it");
    }
    for request in knocks(&nobody, WRONG) {
        let mut answer = nobody.send(request.try_clone().expect("no stream")).await;
        if answer.status == 401 {
            // One more came free, as it does every six seconds.
            answer = nobody.send(request).await;
        }
        assert_eq!(answer.status, 429, "{}", answer.text);
        assert_eq!(budgets(&answer), ["query"], "{}", answer.text);
        assert_eq!(told(&answer, "ratelimit", "query", "r"), 0);
        let wait = answer.headers["retry-after"].to_str().expect("text");
        assert!((1..=60).contains(&wait.parse::<u64>().expect("seconds")), "{wait}");
    }
}

async fn an_answer_tells_of_the_budgets_that_it_was_charged_to(engine: Engine) {
    // Slow to come back, so that what was charged shows.
    let slow = Tidemark::builder(engine)
        .flag("--rate-query-units", "200")
        .start()
        .await;
    let signer = Signer::new(&slow).await;
    for method in ["action.find", "action.find_batch"] {
        let arguments = match method {
            "action.find" => vec![("view", "actions"), ("begin", "0")],
            _ => vec![("queries", r#"[{"view": "actions", "begin": 0}]"#)],
        };
        let found = try_ask(slow.client(), &signer, method, &arguments).await;
        assert_eq!(
            (found.status, budgets(&found)),
            (200, vec!["query".to_owned()]),
            "{}",
            found.text
        );
        let left = told(&found, "ratelimit", "query", "r");
        assert!(
            left < told(&found, "ratelimit-policy", "query", "q"),
            "{method} is paid for"
        );
    }
}

async fn other_systems_questions_and_events_tell_their_own(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let nobody = client.without_key();
    let key = client.key().expect("it has one");
    let as_profile_store = |method: Method, path: &str| {
        let request = nobody.request(method, path);
        request.header("Authorization", format!("epi-single {key}"))
    };
    let event = json!({"DeviceId": "d", "EventType": "epiPageView", "Value": "Viewed Home"});
    for (status, budget, request) in [
        (200, "query", as_profile_store(Method::GET, "/api/v2.0/trackevents")),
        (
            200,
            "query",
            as_profile_store(Method::POST, "/api/v2.0/trackevents/preview").json(&json!({"Query": "Events | take 1"})),
        ),
        (200, "query", as_profile_store(Method::GET, "/api/v1.0/scopes")),
        (200, "query", as_profile_store(Method::GET, "/api/v1.0/profiles")),
        (
            200,
            "manage",
            as_profile_store(Method::PUT, "/api/v1.0/scopes/shop").json(&json!({"Description": "d"})),
        ),
        (
            404,
            "delete",
            as_profile_store(
                Method::DELETE,
                "/api/v1.0/trackevents/default/00000000-0000-0000-0000-000000000000",
            ),
        ),
        (
            200,
            "log",
            as_profile_store(Method::POST, "/api/v1.0/track").json(&event),
        ),
        (
            200,
            "log",
            nobody
                .request(Method::POST, "/v1/track")
                .basic_auth(key, Some(""))
                .json(&json!({"event": "a", "userId": "u"})),
        ),
    ] {
        let answer = nobody.send(request).await;
        assert_eq!(
            (answer.status, budgets(&answer)),
            (status, vec![budget.to_owned()]),
            "{}",
            answer.text
        );
    }
    // What is charged nothing tells what its caller may do there.
    let [configuration, ..] = knocks(&nobody, key);
    let answer = nobody.send(configuration).await;
    assert_eq!(
        (answer.status, budgets(&answer)),
        (200, vec!["log".to_owned(), "query".to_owned()])
    );
}

async fn whoever_used_it_up_hears_of_the_same(engine: Engine) {
    let few = Tidemark::builder(engine)
        .flag("--rate-query-units", "100")
        .start()
        .await;
    let signer = Signer::new(&few).await;
    let arguments = [("view", "actions"), ("begin", "0")];
    let mut refused = try_ask(few.client(), &signer, "action.find", &arguments).await;
    for _ in 0..200 {
        if refused.status != 200 {
            break;
        }
        refused = try_ask(few.client(), &signer, "action.find", &arguments).await;
    }
    assert_eq!(
        (refused.status, budgets(&refused)),
        (429, vec!["query".to_owned()]),
        "{}",
        refused.text
    );
    assert!(refused.headers.contains_key("retry-after"), "{}", refused.text);
}
