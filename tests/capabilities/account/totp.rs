//! The second factor: begun, proven, asked for, and each code taken once.

use std::time::{Duration, Instant};

use reqwest::{Method, header};
use serde_json::json;
use support::{
    Engine, Person, Tidemark,
    person::{PASSWORD, code, sign_in},
};
use totp_rs::Totp;

support::on_both_engines!(
    a_second_factor_is_proven_and_then_asked_for,
    a_recovery_code_stands_in_once
);

const ENROL: &str =
    "mutation ($password: String!) { enrolTotp(password: $password) { secret uri error { code path } } }";
const CONFIRM: &str = "mutation ($code: String!) { confirmTotp(code: $code) { recoveryCodes error { code path } } }";
const DISABLE: &str = "mutation ($password: String!, $code: String!) { disableTotp(password: $password, code: $code) { \
                       done error { code path } } }";

/// An app with the secret, whose clock can be turned.
struct App {
    totp: Totp,
    begin: Instant,
    at: u64,
}

impl App {
    /// An app that was given the URI, and whose clock goes like the server's.
    async fn new(uri: &str, tidemark: &Tidemark) -> Self {
        let client = tidemark.client();
        let answer = client.send(client.request(Method::GET, "/healthz")).await;
        let date = answer.headers[header::DATE].to_str().expect("text");
        let date = jiff::fmt::rfc2822::parse(date).expect("a date");
        Self {
            totp: Totp::from_url(uri).expect("an otpauth URI"),
            begin: Instant::now(),
            at: u64::try_from(date.timestamp().as_second()).expect("past 1970"),
        }
    }

    /// The code of the step that is so many steps from now.
    fn code(&self, steps: i64) -> String {
        let now = self.at + self.begin.elapsed().as_secs();
        let at = now.checked_add_signed(steps * 30).expect("a time");
        self.totp.generate(at).to_string()
    }

    /// Waits until this step has a while to go, so that the next lines see one step.
    async fn settle(&self) {
        while (self.at + self.begin.elapsed().as_secs()) % 30 > 18 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

async fn a_second_factor_is_proven_and_then_asked_for(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--sign-in-attempts", "1000")
        .start()
        .await;
    let address = tidemark.server().address();
    let email = "ada@example.com";
    let ada = tidemark.person(email, &[]).await;
    let wrong = ada.field(ENROL, json!({"password": "wrong horse battery"})).await;
    assert_eq!(wrong["error"]["code"], "SIGN_IN_FAILED", "{wrong:#}");
    let none = ada.field(CONFIRM, json!({"code": "123456"})).await;
    assert_eq!(none["error"]["code"], "NOT_FOUND", "{none:#}");
    let enrolled = ada.field(ENROL, json!({"password": PASSWORD})).await;
    let uri = enrolled["uri"].as_str().expect("a URI");
    assert!(uri.starts_with("otpauth://totp/Tidemark:"), "{uri}");
    assert!(uri.contains(enrolled["secret"].as_str().expect("a secret")), "{uri}");
    let app = App::new(uri, &tidemark).await;
    // It does not count yet.
    assert_eq!(sign_in(address, email, PASSWORD, None).await.status, 200);
    app.settle().await;
    for code in [app.code(5), "000".to_owned(), String::new(), "abcdef".to_owned()] {
        let wrong = ada.field(CONFIRM, json!({"code": code})).await;
        assert_eq!(
            wrong["error"],
            json!({"code": "SIGN_IN_FAILED", "path": "code"}),
            "{code}"
        );
    }
    let confirmed = ada.field(CONFIRM, json!({"code": app.code(-1)})).await;
    assert_eq!(
        confirmed["recoveryCodes"].as_array().map(Vec::len),
        Some(10),
        "{confirmed:#}"
    );
    let again = ada.field(ENROL, json!({"password": PASSWORD})).await;
    assert_eq!(
        again["error"]["code"], "ALREADY_EXISTS",
        "one would replace the other unproven"
    );

    let missing = sign_in(address, email, PASSWORD, None).await;
    assert_eq!((missing.status, code(&missing)), (401, "SECOND_FACTOR_REQUIRED"));
    assert_eq!(missing.body["error"]["path"], "code");
    let guessed = sign_in(address, email, "wrong horse battery", None).await;
    assert_eq!(
        code(&guessed),
        "SIGN_IN_FAILED",
        "who lacks the password is not told of the factor"
    );
    for code_sent in [app.code(-1), app.code(-4), app.code(4), "123".to_owned()] {
        let wrong = sign_in(address, email, PASSWORD, Some(&code_sent)).await;
        assert_eq!((wrong.status, code(&wrong)), (401, "SIGN_IN_FAILED"), "{code_sent}");
    }
    let now = app.code(0);
    let spaced = format!("{} {}", &now[..3], &now[3..]);
    assert_eq!(sign_in(address, email, PASSWORD, Some(&spaced)).await.status, 200);
    let replayed = sign_in(address, email, PASSWORD, Some(&now)).await;
    assert_eq!(code(&replayed), "SIGN_IN_FAILED", "a code is taken once");
    // Two who send one code at once: one of them is in.
    let next = app.code(1);
    let (one, two) = tokio::join!(
        sign_in(address, email, PASSWORD, Some(&next)),
        sign_in(address, email, PASSWORD, Some(&next))
    );
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    let account = ada.field("{ accounts { hasSecondFactor } }", json!({})).await;
    assert_eq!(account[0]["hasSecondFactor"], true);
}

async fn a_recovery_code_stands_in_once(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--sign-in-attempts", "1000")
        .start()
        .await;
    let address = tidemark.server().address();
    let email = "ada@example.com";
    let ada = tidemark.person(email, &[]).await;
    let bob = tidemark.person("bob@example.com", &["--role", "viewer"]).await;
    let mut codes = Vec::new();
    for person in [&ada, &bob] {
        let enrolled = person.field(ENROL, json!({"password": PASSWORD})).await;
        let app = App::new(enrolled["uri"].as_str().expect("a URI"), &tidemark).await;
        let confirmed = person.field(CONFIRM, json!({"code": app.code(0)})).await;
        let list: Vec<String> = serde_json::from_value(confirmed["recoveryCodes"].clone()).expect("a list of texts");
        codes.push(list);
    }
    let left = async |person: &Person| person.field("{ recoveryCodesLeft }", json!({})).await;
    assert_eq!(left(&ada).await, 10);
    let foreign = sign_in(address, email, PASSWORD, Some(&codes[1][0])).await;
    assert_eq!(code(&foreign), "SIGN_IN_FAILED", "another's code");
    let plain = codes[0][0].replace('-', "");
    assert_eq!(sign_in(address, email, PASSWORD, Some(&plain)).await.status, 200);
    let again = sign_in(address, email, PASSWORD, Some(&codes[0][0])).await;
    assert_eq!(code(&again), "SIGN_IN_FAILED", "each code once");
    assert_eq!(left(&ada).await, 9);
    for (password, code, expected) in [
        ("wrong horse battery", codes[0][1].as_str(), "SIGN_IN_FAILED"),
        (PASSWORD, "nonsense", "SIGN_IN_FAILED"),
        (PASSWORD, "", "SECOND_FACTOR_REQUIRED"),
    ] {
        let refused = ada.field(DISABLE, json!({"password": password, "code": code})).await;
        assert_eq!(refused["error"]["code"], expected, "{refused:#}");
    }
    let disabled = ada
        .field(DISABLE, json!({"password": PASSWORD, "code": codes[0][1]}))
        .await;
    assert_eq!(disabled["done"], true, "{disabled:#}");
    assert_eq!(left(&ada).await, 0);
    assert_eq!(sign_in(address, email, PASSWORD, None).await.status, 200);
    let refused = ada
        .field(DISABLE, json!({"password": PASSWORD, "code": codes[0][2]}))
        .await;
    assert_eq!(refused["error"]["code"], "NOT_FOUND");
}
