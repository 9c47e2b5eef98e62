//! Guessing is slow: each account and each address has its attempts.

use reqwest::header;
use serde_json::json;
use support::{
    Engine, Person, Tidemark,
    person::{PASSWORD, code, cookie, post, sign_in},
};

support::on_both_engines!(
    an_account_has_its_attempts,
    an_address_has_its_attempts,
    a_session_is_not_renewed_without_an_end,
);

async fn an_account_has_its_attempts(engine: Engine) {
    let mut tidemark = Tidemark::builder(engine).flag("--sign-in-attempts", "3").start().await;
    let address = &tidemark.server().address().clone();
    tidemark.account("ada@example.com", &[]).await;
    let bob = tidemark.person("bob@example.com", &["--role", "viewer"]).await;
    for email in ["ada@example.com", "nobody@example.com"] {
        for _ in 0..3 {
            let answer = sign_in(address, email, "wrong horse battery", None).await;
            assert_eq!(code(&answer), "SIGN_IN_FAILED");
        }
        // From here on not even the right password is looked at.
        let answer = sign_in(address, email, PASSWORD, None).await;
        assert_eq!((answer.status, code(&answer)), (429, "RATE_LIMITED"), "{email}");
        let wait: u64 = answer.headers[header::RETRY_AFTER]
            .to_str()
            .expect("text")
            .parse()
            .expect("seconds");
        assert!((1..=30).contains(&wait), "{wait}");
        assert_eq!(answer.body["error"]["retryAfter"], wait);
    }
    // One account's attempts are not another's; and the present password is not to be guessed either.
    let _ = Person::sign_in(address, "bob@example.com").await;
    let change = "mutation ($password: String!) { changePassword(password: $password, newPassword: \"another horse \
                  battery\") { done error { code retryAfter } } }";
    let wrong = bob.field(change, json!({"password": "wrong horse battery"})).await;
    assert_eq!(wrong["error"]["code"], "SIGN_IN_FAILED", "{wrong:#}");
    let limited = bob.field(change, json!({"password": PASSWORD})).await;
    assert_eq!(limited["error"]["code"], "RATE_LIMITED", "{limited:#}");
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
