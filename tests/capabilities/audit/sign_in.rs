//! Who came in, who went out, and who was not let in.

use serde_json::{Value, json};
use support::{
    Client, Engine, Person, Tidemark,
    person::{PASSWORD, code, post, sign_in},
};
use totp_rs::Totp;

use super::entries;

support::on_both_engines!(
    who_signs_in_and_out_is_written_down,
    who_is_not_let_in_is_written_down,
    attempts_that_nobody_looks_at_leave_no_entry,
);

const SIGN_IN: &str = "POST /session/sign-in";
const SIGN_OUT: &str = "POST /session/sign-out";

/// What was done at the doors to sessions, the first first.
async fn told(client: &Client) -> Vec<Value> {
    let all = entries(client, json!({"first": 100})).await;
    let of_session = |entry: &Value| {
        entry["operation"]
            .as_str()
            .is_some_and(|name| name.contains("/session/"))
    };
    all.into_iter().filter(of_session).rev().collect()
}

/// The id of a session, as its owner sees it.
async fn session_of(person: &Person) -> Value {
    let sessions = person.field("{ sessions { id current } }", json!({})).await;
    let mut all = sessions.as_array().expect("a list").iter();
    all.find(|one| one["current"] == true).expect("one's own")["id"].clone()
}

async fn who_signs_in_and_out_is_written_down(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let address = tidemark.server().address();
    let admin = tidemark.client_of_all_sites("manage").await;
    let ada = tidemark.person("ada@example.com", &[]).await;
    let session = session_of(&ada).await;
    let list = told(&admin).await;
    assert_eq!(list.len(), 1, "{list:#?}");
    let who = json!({"kind": "ACCOUNT", "name": "ada@example.com"});
    let entry = &list[0];
    assert_eq!(
        (&entry["operation"], &entry["actor"], &entry["target"]),
        (&json!(SIGN_IN), &who, &session)
    );
    assert_eq!(
        (&entry["before"], &entry["after"]),
        (&Value::Null, &json!({"signedIn": true, "secondFactor": null}))
    );
    assert_eq!((&entry["ip"], &entry["site"]), (&json!("127.0.0.1"), &Value::Null));
    assert!(entry["requestId"].is_string(), "{entry:#}");
    // To stay signed in is nothing new.
    let renewed = post(address, "/session/refresh", &json!({}), Some(ada.cookie())).await;
    let ada = Person::of(address, &renewed);
    for _ in 0..2 {
        let out = post(address, "/session/sign-out", &json!({}), Some(ada.cookie())).await;
        assert_eq!(out.status, 204, "{}", out.text);
    }
    let list = told(&admin).await;
    assert_eq!(list.len(), 2, "once for each: {list:#?}");
    assert_eq!(
        (&list[1]["operation"], &list[1]["actor"], &list[1]["target"]),
        (&json!(SIGN_OUT), &who, &session)
    );
    // By whom and what, as for every entry; and none of it is a site's.
    let found = entries(&admin, json!({"actor": "ada@example.com", "operation": SIGN_OUT})).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(told(tidemark.client()).await.is_empty());
    let text = json!(list).to_string();
    for secret in [PASSWORD, ada.token(), ada.cookie()] {
        assert!(!text.contains(secret), "{text}");
    }
}

async fn who_is_not_let_in_is_written_down(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--sign-in-attempts", "1000")
        .start()
        .await;
    let address = tidemark.server().address();
    let admin = tidemark.client_of_all_sites("manage").await;
    let ada = tidemark.person("ada@example.com", &[]).await;
    tidemark.account("bob@example.com", &["--role", "viewer"]).await;
    let _ = tidemark
        .command(&["account", "disable", "bob@example.com"])
        .await
        .success();
    let enrol = "mutation ($password: String!) { enrolTotp(password: $password) { uri } }";
    let enrolled = ada.field(enrol, json!({"password": PASSWORD})).await;
    let app = Totp::from_url(enrolled["uri"].as_str().expect("a URI")).expect("an otpauth URI");
    let confirm = "mutation ($code: String!) { confirmTotp(code: $code) { recoveryCodes error { code } } }";
    let confirmed = ada
        .field(confirm, json!({"code": app.generate(seconds()).to_string()}))
        .await;
    let recovery = confirmed["recoveryCodes"][0].as_str().expect("a code").to_owned();
    let before = told(&admin).await.len();
    let wrong = "wrong horse battery staple";
    let tries: [(&str, &str, Option<&str>, &str); 6] = [
        ("ada@example.com", wrong, None, "WRONG_PASSWORD"),
        (" NOBODY@example.com ", PASSWORD, None, "UNKNOWN_ACCOUNT"),
        ("bob@example.com", PASSWORD, None, "ACCOUNT_DISABLED"),
        ("bob@example.com", wrong, None, "WRONG_PASSWORD"),
        ("ada@example.com", PASSWORD, None, "NO_SECOND_FACTOR"),
        ("ada@example.com", PASSWORD, Some("nonsense"), "WRONG_SECOND_FACTOR"),
    ];
    for (email, password, second, _) in tries {
        assert_eq!(sign_in(address, email, password, second).await.status, 401);
    }
    let list = told(&admin).await;
    assert_eq!(list.len(), before + tries.len(), "{list:#?}");
    for (entry, (email, _, _, reason)) in list[before..].iter().zip(tries) {
        assert_eq!(
            (&entry["operation"], &entry["target"], &entry["after"]),
            (
                &json!(SIGN_IN),
                &json!(email.trim().to_lowercase()),
                &json!({"signedIn": false, "reason": reason})
            ),
            "{entry:#}"
        );
        // Whoever it was has proven nothing.
        assert_eq!(entry["actor"], json!({"kind": "ANONYMOUS", "name": null}));
        assert_eq!(entry["ip"], "127.0.0.1");
    }
    // What opened the door is told, and nothing that would open it again.
    assert_eq!(
        sign_in(address, "ada@example.com", PASSWORD, Some(&recovery))
            .await
            .status,
        200
    );
    let list = told(&admin).await;
    let last = list.last().expect("an entry");
    assert_eq!(
        last["after"],
        json!({"signedIn": true, "secondFactor": "RECOVERY_CODE"})
    );
    let text = json!(list).to_string();
    for secret in [PASSWORD, wrong, "nonsense", &recovery] {
        assert!(!text.contains(secret), "{text}");
    }
}

async fn attempts_that_nobody_looks_at_leave_no_entry(engine: Engine) {
    let tidemark = Tidemark::builder(engine).flag("--sign-in-attempts", "3").start().await;
    let address = tidemark.server().address();
    let admin = tidemark.client_of_all_sites("manage").await;
    tidemark.account("ada@example.com", &[]).await;
    let mut codes = Vec::new();
    for _ in 0..8 {
        let answer = sign_in(address, "ada@example.com", "wrong horse battery", None).await;
        codes.push(code(&answer).to_owned());
    }
    let failed = codes.iter().filter(|code| *code == "SIGN_IN_FAILED").count();
    assert!(
        failed >= 3 && codes.iter().any(|code| code == "RATE_LIMITED"),
        "{codes:?}"
    );
    assert_eq!(told(&admin).await.len(), failed, "{codes:?}");
}

/// Seconds since 1970, by which an app makes its codes.
#[expect(clippy::disallowed_methods, reason = "apps go by the real clock")]
fn seconds() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_second()).expect("past 1970")
}
