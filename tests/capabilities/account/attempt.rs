//! Guessing is slow: each account and each address has its attempts. Nor does it keep anybody from their own account.

use std::time::Instant;

use reqwest::header;
use serde_json::json;
use support::{
    Answer, Engine, Person, Tidemark,
    person::{PASSWORD, code, cookie, post, sign_in, sign_in_from},
};

use crate::rate::told;

support::on_both_engines!(
    an_account_has_its_attempts,
    an_address_has_its_attempts,
    guessing_keeps_nobody_from_their_own_account,
    guessing_from_many_addresses_has_an_end,
    a_session_is_not_renewed_without_an_end,
);

const CHANGE: &str = "mutation ($password: String!, $next: String!) { changePassword(password: $password, \
                      newPassword: $next) { done error { code retryAfter } } }";
const NEXT: &str = "another horse battery staple";
const WRONG: &str = "wrong horse battery";

/// Whether an attempt was refused, which tells when to come back and that nothing is left until then.
#[track_caller]
fn assert_limited(answer: &Answer, longest: u64) {
    assert_eq!((answer.status, code(answer)), (429, "RATE_LIMITED"), "{}", answer.text);
    let wait = answer.headers[header::RETRY_AFTER].to_str().expect("text");
    let wait: u64 = wait.parse().expect("seconds");
    assert!((1..=longest).contains(&wait), "{wait}");
    assert_eq!(answer.body["error"]["retryAfter"], wait);
    let left = ["r", "t"].map(|parameter| told(answer, "ratelimit", "sign-in", parameter));
    assert_eq!(left, [0, wait], "{:?}", answer.headers);
}

async fn an_account_has_its_attempts(engine: Engine) {
    let mut tidemark = Tidemark::builder(engine).flag("--sign-in-attempts", "3").start().await;
    let address = &tidemark.server().address().clone();
    tidemark.account("ada@example.com", &[]).await;
    let bob = tidemark.person("bob@example.com", &["--role", "viewer"]).await;
    for email in ["ada@example.com", "nobody@example.com"] {
        for _ in 0..3 {
            let answer = sign_in(address, email, WRONG, None).await;
            assert_eq!(code(&answer), "SIGN_IN_FAILED");
        }
        // From here on not even the right password is looked at.
        assert_limited(&sign_in(address, email, PASSWORD, None).await, 30);
    }
    // One account's attempts are not another's; and the present password is not to be guessed either.
    let _ = Person::sign_in(address, "bob@example.com").await;
    for _ in 0..3 {
        let wrong = bob.field(CHANGE, json!({"password": WRONG, "next": NEXT})).await;
        assert_eq!(wrong["error"]["code"], "SIGN_IN_FAILED", "{wrong:#}");
    }
    let limited = bob.field(CHANGE, json!({"password": PASSWORD, "next": NEXT})).await;
    assert_eq!(limited["error"]["code"], "RATE_LIMITED", "{limited:#}");
    // Those are not the attempts to sign in.
    let _ = Person::sign_in(address, "bob@example.com").await;
    // A restart gives nobody new ones.
    tidemark.server_mut().restart().await;
    let answer = sign_in(address, "ada@example.com", PASSWORD, None).await;
    assert_eq!(code(&answer), "RATE_LIMITED");
}

async fn an_address_has_its_attempts(engine: Engine) {
    let tidemark = Tidemark::builder(engine).flag("--sign-in-attempts", "2").start().await;
    let address = tidemark.server().address();
    tidemark.account("ada@example.com", &[]).await;
    let mut told = Vec::new();
    for number in 0..10 {
        let answer = sign_in(address, &format!("{number}@example.com"), PASSWORD, None).await;
        told.push(code(&answer).to_owned());
    }
    assert_eq!(told, ["SIGN_IN_FAILED"; 10]);
    let answer = sign_in(address, "ada@example.com", PASSWORD, None).await;
    assert_eq!(code(&answer), "RATE_LIMITED");
    // Guessing at links and refresh tokens counts as well.
    let token = format!("tml_{}", "a".repeat(43));
    let body = json!({"token": token, "password": PASSWORD});
    let answer = post(address, "/session/accept", &body, None).await;
    assert_eq!(code(&answer), "RATE_LIMITED");
    let guessed = format!("tmr_{}", "a".repeat(43));
    for path in ["/session/refresh", "/session/sign-out"] {
        let answer = post(address, path, &json!({}), Some(&guessed)).await;
        assert_eq!(code(&answer), "RATE_LIMITED", "{path}");
    }
}

async fn guessing_keeps_nobody_from_their_own_account(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--sign-in-attempts", "3")
        .flag("--trusted-proxies", "127.0.0.0/8")
        .start()
        .await;
    let (address, email) = (tidemark.server().address(), "ada@example.com");
    let ada = tidemark.person(email, &[]).await;
    let guess = async || sign_in_from(address, "198.51.100.1", email, WRONG).await;
    for _ in 0..3 {
        assert_eq!(code(&guess().await), "SIGN_IN_FAILED");
    }
    assert_limited(&guess().await, 30);
    // Whoever is signed in changes the password, and begins a second factor.
    let changed = ada.field(CHANGE, json!({"password": PASSWORD, "next": NEXT})).await;
    assert_eq!(changed["done"], true, "{changed:#}");
    let enrol = "mutation ($password: String!) { enrolTotp(password: $password) { secret error { code } } }";
    let enrolled = ada.field(enrol, json!({"password": NEXT})).await;
    assert!(enrolled["secret"].is_string(), "{enrolled:#}");
    // She signs in from where she is, and he is refused where he is whatever he sends.
    assert_limited(&guess().await, 30);
    let answer = sign_in_from(address, "203.0.113.9", email, NEXT).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_limited(&sign_in_from(address, "198.51.100.1", email, NEXT).await, 30);
}

async fn guessing_from_many_addresses_has_an_end(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--sign-in-attempts", "2")
        .flag("--trusted-proxies", "127.0.0.0/8")
        .start()
        .await;
    let address = tidemark.server().address();
    for email in ["ada@example.com", "bob@example.com"] {
        tidemark.account(email, &[]).await;
    }
    let (begin, mut guesses) = (Instant::now(), tokio::task::JoinSet::new());
    for number in 0..40 {
        let (address, from) = (address.clone(), format!("198.51.100.{number}"));
        guesses.spawn(async move { sign_in_from(&address, &from, "ada@example.com", WRONG).await });
    }
    let answers = guesses.join_all().await;
    let (refused, looked_at): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 429);
    // Ten times the attempts of one address, one more every ten seconds.
    let back = usize::try_from(begin.elapsed().as_secs() / 10).expect("a small number");
    let count = looked_at.len();
    assert!((20..=21 + back).contains(&count), "{count} in {:?}", begin.elapsed());
    refused.into_iter().for_each(|answer| assert_limited(answer, 10));
    // That is this account's alone.
    let answer = sign_in_from(address, "198.51.100.1", "bob@example.com", PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// Each renewal keeps what was spent.
async fn a_session_is_not_renewed_without_an_end(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--rate-manage-changes", "10")
        .start()
        .await;
    let address = tidemark.server().address();
    let ada = tidemark.person("ada@example.com", &["--role", "viewer"]).await;
    let mut newest = ada.cookie().to_owned();
    let mut statuses = Vec::new();
    for _ in 0..14 {
        let answer = post(address, "/session/refresh", &json!({}), Some(&newest)).await;
        statuses.push(answer.status);
        if answer.status == 200 {
            newest = cookie(&answer);
        }
    }
    let renewed = statuses.iter().filter(|status| **status == 200).count();
    assert!((10..=12).contains(&renewed), "{statuses:?}");
    assert_eq!(statuses[13], 429, "{statuses:?}");
    // That is no sign of a thief: the session goes on.
    assert_eq!(ada.viewer().await.status, 200);
}
