//! Each kind of use has a budget of its own, and each caller theirs.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::Method;
use serde_json::{Value, json};
use support::{Answer, Client, Engine, Person, Tidemark, person};

use super::{left, told};

support::on_both_engines!(
    budgets_are_charged_apart,
    a_key_an_account_and_a_network_have_their_own,
    wrong_keys_are_paid_for_by_where_they_come_from,
    tokens_that_are_not_known_are_paid_for_like_wrong_keys,
    one_visitor_cannot_use_up_what_all_have,
    what_cannot_be_read_and_what_is_only_looked_at_is_paid_for_like_events,
);

const ACTIONS: &str = "{ actions { name } }";

async fn spend(client: &Client, document: &str) -> usize {
    for done in 0..1_000 {
        let answer = client.graphql(document, json!({})).await;
        if answer.status == 429 {
            assert_eq!(answer.error_code(), "RATE_LIMITED", "{}", answer.text);
            let wait: u64 = answer.headers["retry-after"]
                .to_str()
                .expect("text")
                .parse()
                .expect("seconds");
            assert_eq!(answer.error()["extensions"]["retryAfter"], wait);
            assert!((1..=60).contains(&wait), "{wait}");
            assert!(answer.body["data"].is_null(), "nothing was executed: {}", answer.text);
            return done;
        }
        let _ = answer.data();
    }
    panic!("there is no end to it");
}

async fn budgets_are_charged_apart(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--rate-query-units", "100")
        .flag("--rate-delete-units", "300")
        .flag("--rate-manage-changes", "10")
        .start()
        .await;
    let client = tidemark.client();
    let asked = spend(client, ACTIONS).await;
    // Some come back meanwhile.
    assert!((99..=130).contains(&asked), "{asked}");
    // Nothing else is the less for it: changes, deletions, and events.
    let rule =
        "mutation { createRule(input: {rule: {list: DENY, target: ACTION, pattern: \"never\"}}) { rule { id } } }";
    let made = spend(client, rule).await;
    assert!((10..=14).contains(&made), "{made}");
    let delete = "mutation { deleteEvents(input: {filter: {to: \"2020-01-01T00:00:00Z\"}}) { count } }";
    for _ in 0..3 {
        let _ = client.graphql(delete, json!({})).await.data();
    }
    let refused = client.graphql(delete, json!({})).await;
    assert_eq!(
        (refused.status, refused.error_code()),
        (200, "RATE_LIMITED"),
        "the field alone: {}",
        refused.text
    );
    // By ids it is as many units as ids.
    let ids: Vec<_> = (0..400).map(|id| id.to_string()).collect();
    let by_ids = "mutation ($ids: [ID!]!) { deleteEvents(input: {ids: $ids}) { count } }";
    let refused = client.graphql(by_ids, json!({"ids": ids})).await;
    assert_eq!(refused.error_code(), "RATE_LIMITED");
    assert_eq!(client.log_many(vec![json!({"action": "a"}); 50]).await["accepted"], 50);
    // A mixture draws on each of its budgets, and passes only where all do.
    let mixed = "mutation { ping logEvent(input: {action: \"a\"}) { outcome } updateSite(input: {}) { name } }";
    let refused = client.graphql(mixed, json!({})).await;
    assert_eq!((refused.status, refused.error_code()), (429, "RATE_LIMITED"));
}

async fn a_key_an_account_and_a_network_have_their_own(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--rate-query-units", "100")
        .flag("--rate-anonymous-units", "20")
        .start()
        .await;
    let person = tidemark.person("ada@example.com", &["--role", "viewer"]).await;
    let anonymous = Client::anonymous(tidemark.server().address());
    let other = tidemark.client_allowed("query").await;
    for client in [tidemark.client(), &other] {
        let spent = spend(client, ACTIONS).await;
        assert!((97..=130).contains(&spent), "{spent}");
    }
    let actions = "{ actions(site: \"shop\") { name } }";
    let spent = spend(person.client(), actions).await;
    assert!((98..=130).contains(&spent), "{spent}");
    // A client token draws on what its key has.
    let backend = tidemark.client_allowed("log,query").await;
    let mint = "mutation { createClientToken(input: {permissions: [QUERY], expiresIn: 900}) { token } }";
    let minted = backend.graphql(mint, json!({})).await;
    let token = minted.data()["createClientToken"]["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let frontend = Client::new(tidemark.server().address(), &token);
    let spent = spend(&frontend, ACTIONS).await;
    assert!((97..=130).contains(&spent), "{spent}");
    assert!(spend(&backend, ACTIONS).await <= 10, "the key has paid for its token");
    let spent = spend(&anonymous, "{ viewer { kind } }").await;
    assert!((18..=24).contains(&spent), "{spent}");
}

async fn wrong_keys_are_paid_for_by_where_they_come_from(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--rate-anonymous-units", "20")
        .start()
        .await;
    let address = tidemark.server().address();
    // A key that the server has not met yet is looked up, as a wrong one is.
    let met = tidemark.client().log(json!({"action": "a"})).await;
    assert_eq!(met["outcome"], "ACCEPTED");
    let mut statuses = Vec::new();
    for number in 0..40 {
        let wrong = Client::new(address, &format!("tm_{number:010}_{}", "a".repeat(43)));
        statuses.push(wrong.graphql("{ viewer { kind } }", json!({})).await.status);
    }
    let refused = statuses.iter().filter(|status| **status == 429).count();
    assert!(
        refused >= 15 && statuses[..15].iter().all(|status| *status == 401),
        "{statuses:?}"
    );
    // Whoever has a key that works does not notice, though they come from the same place.
    assert_eq!(
        tidemark.client().log(json!({"action": "a"})).await["outcome"],
        "ACCEPTED"
    );
    assert_eq!(left(tidemark.client(), "log").await["limit"], 100_000);
}

async fn tokens_that_are_not_known_are_paid_for_like_wrong_keys(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--rate-anonymous-units", "20")
        .flag("--sign-in-attempts", "1000")
        .flag("--trusted-proxies", "127.0.0.1")
        .start()
        .await;
    tidemark.account("ada@example.com", &["--role", "viewer"]).await;
    let nobody = tidemark.client().without_key();
    let of_key = |kind: &str| {
        let mut header = Header::new(Algorithm::HS256);
        (header.typ, header.kid) = (Some(kind.to_owned()), Some("0123456789abcdef".to_owned()));
        encode(&header, &json!({}), &EncodingKey::from_secret(b"a guess")).expect("it can be signed")
    };
    let (of_client, of_account) = (of_key("client+jwt"), of_key("account+jwt"));
    let by_token = async |from: &str, token: &str| {
        let request = nobody.request(Method::POST, "/graphql").bearer_auth(token);
        let request = request.header("x-forwarded-for", from);
        nobody
            .send(request.json(&json!({"query": "{ viewer { kind } }"})))
            .await
            .status
    };
    let by_session = async |from: &str, cookie: &str| {
        let request = nobody.request(Method::POST, "/session/refresh").json(&json!({}));
        let request = request
            .header("x-forwarded-for", from)
            .header("cookie", format!("tidemark_session={cookie}"));
        nobody.send(request).await
    };
    let unknown = format!("tmr_{}", "a".repeat(43));
    for (from, guess) in [
        ("192.0.2.1", &of_client),
        ("192.0.2.2", &of_account),
        ("192.0.2.3", &unknown),
    ] {
        let mut cookie = Person::sign_in(tidemark.server().address(), "ada@example.com")
            .await
            .cookie()
            .to_owned();
        let (mut statuses, mut own) = (Vec::new(), Vec::new());
        for _ in 0..40 {
            let status = if guess == &unknown {
                by_session(from, guess).await.status
            } else {
                by_token(from, guess).await
            };
            if status == 429 {
                // That one's own is refused, too, shows that nothing is looked up; a unit may have come back meanwhile.
                let answer = by_session(from, &cookie).await;
                if answer.status == 200 {
                    cookie = person::cookie(&answer);
                }
                own.push(answer.status);
            }
            statuses.push(status);
        }
        let refused = statuses.iter().filter(|status| **status == 429).count();
        assert!(
            refused >= 15 && statuses[..15].iter().all(|status| *status == 401),
            "{guess}: {statuses:?}"
        );
        assert!(own.contains(&429), "{guess}: {own:?}");
        // Whoever comes from elsewhere, or has a key that works, does not notice.
        assert_eq!(by_session("192.0.2.4", &cookie).await.status, 200, "{guess}");
        let key = tidemark.client().key().expect("a key");
        assert_eq!(by_token(from, key).await, 200, "{guess}");
    }
}

/// Logs events as a page does that was loaded from an address.
async fn log_from(client: &Client, address: &str, events: usize) -> Answer {
    let document = "mutation ($inputs: [EventInput!]!) { logEvents(inputs: $inputs) { accepted outcomes { outcome error { \
                    code message retryAfter } } } }";
    let body = json!({"query": document, "variables": {"inputs": vec![json!({"action": "a"}); events]}});
    let request = client.request(Method::POST, "/graphql").json(&body);
    let request = request
        .header("origin", "https://shop.example")
        .header("x-forwarded-for", address);
    client.send(request).await
}

fn accepted(answer: &Answer) -> Value {
    answer.data()["logEvents"]["accepted"].clone()
}

async fn one_visitor_cannot_use_up_what_all_have(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--rate-visitor-events", "20")
        .flag("--trusted-proxies", "127.0.0.1")
        .start()
        .await;
    let address = tidemark.server().address();
    let public = ["--site", "shop", "--allow", "log", "--origin", "https://shop.example"];
    let public = Client::new(address, &tidemark.key(&public).await);
    let flood = log_from(&public, "192.0.2.1", 30).await;
    assert_eq!(accepted(&flood), 20);
    let refused = &flood.data()["logEvents"]["outcomes"][29];
    assert_eq!(refused["outcome"], "RATE_LIMITED", "{refused:#}");
    assert_eq!(refused["error"]["retryAfter"], 3, "{refused:#}");
    let message = refused["error"]["message"].as_str().expect("text");
    assert!(message.contains("address"), "{message}");
    assert_eq!(told(&flood, "ratelimit-policy", "visitor", "q"), 20);
    assert_eq!(told(&flood, "ratelimit-policy", "visitor", "w"), 60);
    assert_eq!(told(&flood, "ratelimit", "visitor", "r"), 0);
    assert!(told(&flood, "ratelimit", "log", "r") > 1_000, "the key has more");
    // Others are let in, each network by itself; and by another key the same one is.
    assert_eq!(accepted(&log_from(&public, "192.0.2.2", 15).await), 15);
    assert_eq!(accepted(&log_from(&public, "2001:db8::1", 15).await), 15);
    assert_eq!(accepted(&log_from(&public, "2001:db8::2", 15).await), 5);
    let backend = tidemark.client();
    let answer = log_from(backend, "192.0.2.1", 50).await;
    assert_eq!(accepted(&answer), 50);
    let policy = answer.headers["ratelimit-policy"].to_str().expect("text");
    assert!(!policy.contains("visitor"), "a backend speaks for many: {policy}");
    // What backends hand out to pages is held by anybody, too.
    let mint = "mutation { createClientToken(input: {permissions: [LOG, QUERY], expiresIn: 900}) { token } }";
    let minted = backend.graphql(mint, json!({})).await.data()["createClientToken"]["token"].clone();
    let page = Client::new(address, minted.as_str().expect("a token"));
    assert_eq!(accepted(&log_from(&page, "127.0.0.1", 12).await), 12);
    assert_eq!(accepted(&log_from(&page, "192.0.2.7", 30).await), 20);
    let found = left(&page, "visitor").await;
    assert_eq!(
        (&found["limit"], &found["seconds"]),
        (&json!(20), &json!(60)),
        "{found:#}"
    );
    let remaining = found["remaining"].as_u64().expect("a number");
    assert!((8..=12).contains(&remaining), "{found:#}");
}

async fn what_cannot_be_read_and_what_is_only_looked_at_is_paid_for_like_events(engine: Engine) {
    let tidemark = Tidemark::builder(engine).flag("--rate-log-events", "10").start().await;
    let client = tidemark.client_allowed("log").await;
    let message = json!({"type": "track", "event": "a", "userId": "u"});
    let request = client.without_key().request(Method::POST, "/v1/batch");
    let request = request.basic_auth(client.key().expect("it has one"), Some(""));
    // More than is read of one batch.
    let answer = client.send(request.json(&json!({"batch": vec![message; 6_000]}))).await;
    assert_eq!(answer.status, 429, "{}", answer.text);
    let range = json!({"from": "2020-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z", "groupBy": ["OUTCOME", "CODE"]});
    let told = tidemark.client().ledger(range).await;
    let count = |outcome: &str| {
        let rows = told["rows"].as_array().expect("a list");
        let row = rows.iter().find(|row| row["outcome"] == outcome);
        row.and_then(|row| row["count"].as_i64()).unwrap_or(0)
    };
    let (invalid, limited) = (count("INVALID"), count("RATE_LIMITED"));
    assert_eq!(invalid + limited, 6_000, "{told:#}");
    assert!((1..=100).contains(&invalid), "{told:#}");
    let list = json!(vec![json!({}); 500]);
    let path = "/rest/organizations/acme/events/v1/validate";
    let answer = client.send(client.request(Method::POST, path).json(&list)).await;
    assert_eq!(answer.status, 429, "{}", answer.text);
    assert!(answer.headers.contains_key("retry-after"), "{:?}", answer.headers);
}
