//! A provider that hangs: nobody waits for it without an end, it is not asked by everybody, and others are served meanwhile.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::{Url, header};
use serde_json::json;
use support::{
    Answer, Engine, Person, Server, Tidemark,
    issuer::CLIENT_ID,
    person::code,
    stand_in::{Says, StandIn},
};

use super::{arrive, send, set};
use crate::rate::told;

const START: &str = "/session/oidc/start";
const PUBLISHED: &str = "/.well-known/openid-configuration";
/// How long the server waits for one answer of a provider.
const PATIENCE: Duration = Duration::from_secs(10);

/// Accepts, and does not answer as long as any test runs.
fn silence() -> Says {
    Says {
        after: Duration::from_secs(3_600),
        ..Says::body("")
    }
}

/// Has a provider answer what it is asked before somebody signs in.
fn publish(issuer: &StandIn) {
    let published = json!({
        "issuer": issuer.origin(),
        "authorization_endpoint": issuer.url("/authorize"),
        "token_endpoint": issuer.url("/token"),
        "jwks_uri": issuer.url("/keys"),
    });
    issuer.say(PUBLISHED, Says::body(published));
    issuer.say("/keys", Says::body(json!({"keys": []})));
}

async fn start(issuer: &StandIn, flags: &[(&str, &str)]) -> Tidemark {
    let builder = Tidemark::builder(Engine::Sqlite)
        .flag("--oidc-issuer", issuer.origin())
        .flag("--oidc-client-id", CLIENT_ID);
    let flags = flags.iter();
    flags
        .fold(builder, |builder, (flag, value)| builder.flag(flag, value))
        .start()
        .await
}

/// Ten people set out at once; gives their answers and how long all of them took.
async fn ten_set_out(server: &Server) -> (Vec<Answer>, Duration) {
    let begin = Instant::now();
    let answers = join_all((0..10).map(|_| send(server, START, None))).await;
    (answers, begin.elapsed())
}

fn refused(answers: &[Answer], why: &str) {
    for answer in answers {
        assert_eq!((answer.status, code(answer)), (503, why), "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_never_answers_is_asked_once_for_all_who_wait() {
    let issuer = StandIn::start().await;
    issuer.say(PUBLISHED, silence());
    let tidemark = start(&issuer, &[]).await;
    tidemark.account("ada@example.com", &[]).await;
    let server = tidemark.server();
    let others = async {
        let begin = Instant::now();
        let methods = send(server, "/session/methods", None).await;
        assert_eq!(methods.status, 200, "{}", methods.text);
        let _ = Person::sign_in(server.address(), "ada@example.com").await;
        begin.elapsed()
    };
    let ((answers, waited), served) = tokio::join!(ten_set_out(server), others);
    refused(&answers, "PROVIDER_UNAVAILABLE");
    assert!(waited < 2 * PATIENCE, "they waited for one another: {waited:?}");
    assert!(served < PATIENCE, "others waited for the provider: {served:?}");
    assert_eq!(issuer.asked(PUBLISHED).len(), 1);
    // Whoever comes a moment later is told the same at once.
    let (answers, waited) = ten_set_out(server).await;
    refused(&answers, "PROVIDER_UNAVAILABLE");
    assert!(waited < PATIENCE / 2, "{waited:?}");
    assert_eq!(issuer.asked(PUBLISHED).len(), 1);
    // Soon after that it is asked again, and may be back.
    publish(&issuer);
    tokio::time::sleep(Duration::from_secs(6)).await;
    let answer = send(server, START, None).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert_eq!(issuer.asked(PUBLISHED).len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_is_not_waited_for_beyond_the_deadline_of_requests() {
    let issuer = StandIn::start().await;
    issuer.say(PUBLISHED, silence());
    let deadline = [("--request-deadline", "2s")];
    let tidemark = start(&issuer, &deadline).await;
    // It is asked to the end though nobody waits for that any more, or each would ask it anew.
    for _ in 0..2 {
        let (answers, waited) = ten_set_out(tidemark.server()).await;
        refused(&answers, "DEADLINE_EXCEEDED");
        assert!(waited < PATIENCE, "{waited:?}");
    }
    assert_eq!(issuer.asked(PUBLISHED).len(), 1);

    // On the way back it is asked as well.
    let issuer = StandIn::start().await;
    publish(&issuer);
    issuer.say("/token", silence());
    let tidemark = start(&issuer, &deadline).await;
    let server = tidemark.server();
    let departed = send(server, START, None).await;
    assert_eq!(departed.status, 303, "{}", departed.text);
    let to = departed.headers[header::LOCATION].to_str().expect("text");
    let to: Url = to.parse().expect("a URL");
    let (_, state) = to.query_pairs().find(|(name, _)| name == "state").expect("a state");
    let cookie = set(&departed, "tidemark_oidc").expect("a cookie");
    let begin = Instant::now();
    let answer = arrive(server, "a-code", &state, Some(&cookie)).await;
    let waited = begin.elapsed();
    assert_eq!(issuer.asked("/token").len(), 1);
    refused(&[answer], "DEADLINE_EXCEEDED");
    assert!(waited < PATIENCE, "{waited:?}");
}

#[tokio::test]
async fn who_sets_out_again_and_again_is_held_up_and_uses_up_nobodys_attempts() {
    let issuer = StandIn::start().await;
    publish(&issuer);
    let tidemark = start(&issuer, &[("--rate-anonymous-units", "10")]).await;
    let mut passed = 0;
    let refused = loop {
        let answer = send(tidemark.server(), START, None).await;
        if answer.status != 303 {
            break answer;
        }
        passed += 1;
        assert!(passed < 30, "nothing holds them up");
    };
    assert!(passed >= 10, "{passed}");
    assert_eq!((refused.status, code(&refused)), (429, "RATE_LIMITED"));
    assert!(refused.headers.contains_key(header::RETRY_AFTER));
    assert_eq!(told(&refused, "ratelimit", "query", "r"), 0);
    let attempts = told(&refused, "ratelimit-policy", "sign-in", "q");
    assert_eq!(told(&refused, "ratelimit", "sign-in", "r"), attempts);
    assert_eq!(issuer.asked(PUBLISHED).len(), 1);
}
