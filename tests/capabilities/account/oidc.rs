//! Signing in by an identity provider, an honest one and one that lies.

use std::collections::HashMap;

use reqwest::{Method, Url, header};
use serde_json::{Value, json};
use support::{
    Answer, Client, Database, Engine, Person, Server, Tidemark, binary,
    issuer::{CLIENT_ID, CLIENT_SECRET, Issuer, Signature},
    person::{code, post},
};

mod factor;
mod outage;
mod refusal;
mod userinfo;

support::on_both_engines!(
    people_sign_in_with_the_roles_of_their_groups,
    what_the_provider_did_not_say_to_this_browser_is_refused,
    a_code_is_good_for_the_sign_in_that_it_was_given_to,
    without_a_map_of_roles_only_the_invited_come_in,
);

const MAP: &str = "owners=OWNER, staff=VIEWER, shop team=ADMIN@shop, ghosts=ADMIN@nowhere";

/// A server with a provider.
async fn start(engine: Engine, roles: &str) -> (Tidemark, Issuer) {
    let issuer = Issuer::start().await;
    let folder = support::folder::TemporaryFolder::new();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, format!("{CLIENT_SECRET}\n")).expect("the folder is ours");
    let tidemark = Tidemark::builder(engine)
        .flag("--public-url", "https://stats.example.com")
        .flag("--oidc-issuer", issuer.url())
        .flag("--oidc-client-id", CLIENT_ID)
        .flag("--oidc-client-secret-file", &secret.display().to_string())
        .flag("--oidc-roles-claim", "realm.groups")
        .flag("--oidc-roles", roles)
        .flag("--sign-in-attempts", "1000")
        .start()
        .await;
    (tidemark, issuer)
}

/// A browser on its way to the provider.
struct Journey {
    query: HashMap<String, String>,
    cookie: String,
}

/// The value of a cookie that an answer sets.
fn set(answer: &Answer, name: &str) -> Option<String> {
    let cookies = answer.headers.get_all(header::SET_COOKIE).iter();
    let texts = cookies.filter_map(|cookie| cookie.to_str().ok());
    let values = texts.filter_map(|text| text.strip_prefix(name)?.strip_prefix('=')?.split(';').next());
    values.map(str::to_owned).next()
}

async fn send(server: &Server, path: &str, cookie: Option<&str>) -> Answer {
    // The browser follows; the test looks where to.
    let http = support::client::http()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client");
    let mut request = http.request(Method::GET, server.url(path));
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, format!("tidemark_oidc={cookie}"));
    }
    Client::anonymous(server.address()).send(request).await
}

async fn depart(server: &Server, issuer: &Issuer) -> Journey {
    let answer = send(server, "/session/oidc/start", None).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let to: Url = answer.headers[header::LOCATION]
        .to_str()
        .expect("text")
        .parse()
        .expect("a URL");
    assert!(
        to.as_str()
            .starts_with(&format!("{}/authorize?tenant=1&", issuer.url())),
        "{to}"
    );
    let kept = answer.headers[header::SET_COOKIE].to_str().expect("text");
    for attribute in [
        "HttpOnly",
        "SameSite=Lax",
        "Path=/session/oidc",
        "Secure",
        "Max-Age=600",
    ] {
        assert!(kept.contains(attribute), "{kept}");
    }
    let query: HashMap<_, _> = to.query_pairs().into_owned().collect();
    assert_eq!(query["redirect_uri"], "https://stats.example.com/session/oidc/callback");
    for secret in ["state", "nonce", "code_challenge"] {
        assert!(query[secret].len() >= 43, "{query:?}");
        assert!(!kept.contains(&query[secret]), "it is sealed: {kept}");
    }
    let cookie = set(&answer, "tidemark_oidc").expect("a cookie");
    Journey { query, cookie }
}

async fn arrive(server: &Server, code: &str, state: &str, cookie: Option<&str>) -> Answer {
    send(
        server,
        &format!("/session/oidc/callback?code={code}&state={state}"),
        cookie,
    )
    .await
}

/// Signs in as the provider says.
async fn sign_in(tidemark: &Tidemark, issuer: &Issuer, claims: Value, signature: Signature) -> Answer {
    let server = tidemark.server();
    let journey = depart(server, issuer).await;
    let code = issuer.authorize(&journey.query, &claims, signature);
    arrive(server, &code, &journey.query["state"], Some(&journey.cookie)).await
}

/// Who was let in.
async fn person(tidemark: &Tidemark, answer: &Answer) -> Person {
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert_eq!(answer.headers[header::LOCATION], "/");
    let refresh = set(answer, "tidemark_session").expect("a session");
    assert_eq!(set(answer, "tidemark_oidc").as_deref(), Some(""), "it is used up");
    let address = tidemark.server().address();
    let answer = post(address, "/session/refresh", &json!({}), Some(&refresh)).await;
    Person::of(address, &answer)
}

fn claims(subject: &str, email: &str, groups: &[&str]) -> Value {
    json!({"sub": subject, "email": email, "email_verified": true, "name": "Somebody", "realm": {"groups": groups}})
}

async fn roles(person: &Person) -> Value {
    person.viewer().await.data()["viewer"]["account"]["roles"].clone()
}

/// What the audit log tells of sign-ins by the provider.
async fn told(tidemark: &Tidemark) -> Vec<Value> {
    let log = tidemark.command(&["export", "audit"]).await.success();
    let entries = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a JSON object"));
    entries
        .filter(|entry| entry["operation"] == "GET /session/oidc/callback")
        .collect()
}

async fn people_sign_in_with_the_roles_of_their_groups(engine: Engine) {
    let (tidemark, issuer) = start(engine, MAP).await;
    let methods = send(tidemark.server(), "/session/methods", None).await;
    assert_eq!(methods.body, json!({"password": true, "oidc": true}));
    let ada = claims("ada", "Ada@example.com", &["owners", "unknown"]);
    for signature in [Signature::Rs256, Signature::Es256, Signature::EdDsa] {
        let answer = sign_in(&tidemark, &issuer, ada.clone(), signature).await;
        let ada = person(&tidemark, &answer).await;
        assert_eq!(roles(&ada).await, json!([{"role": "OWNER", "site": null}]));
        let accounts = ada.field("{ accounts { email name hasPassword } }", json!({})).await;
        assert_eq!(
            accounts,
            json!([{"email": "ada@example.com", "name": "Somebody", "hasPassword": false}])
        );
    }
    let form = issuer.redeemed()[0].clone();
    assert!(
        form["code_verifier"]
            .as_str()
            .is_some_and(|verifier| verifier.len() >= 43),
        "{form:#}"
    );
    assert!(form.get("client_secret").is_none(), "it goes as HTTP Basic: {form:#}");

    // The provider says at each sign-in what somebody may.
    for (groups, expected) in [
        (
            &["staff", "shop team"][..],
            json!([{"role": "VIEWER", "site": null}, {"role": "ADMIN", "site": "shop"}]),
        ),
        (&["shop team", "ghosts"], json!([{"role": "ADMIN", "site": "shop"}])),
        (&["staff"], json!([{"role": "VIEWER", "site": null}])),
    ] {
        let answer = sign_in(
            &tidemark,
            &issuer,
            claims("bob", "bob@example.com", groups),
            Signature::Es256,
        )
        .await;
        assert_eq!(roles(&person(&tidemark, &answer).await).await, expected, "{groups:?}");
    }
    // What its word made or changed is in the audit log, and nothing where it changed nothing; so is each sign-in.
    let told = told(&tidemark).await;
    let of = |email: &str| {
        let changes = told.iter().filter(|entry| entry["target"] == email).count();
        let begun = |entry: &&Value| entry["actor"]["name"] == email && entry["after"]["signedIn"] == true;
        (changes, told.iter().filter(begun).count())
    };
    assert_eq!(
        (of("ada@example.com"), of("bob@example.com")),
        ((1, 3), (3, 3)),
        "{told:#?}"
    );
    for groups in [&[][..], &["strangers"], &["ghosts"], &["Staff"]] {
        let answer = sign_in(
            &tidemark,
            &issuer,
            claims("eve", "eve@example.com", groups),
            Signature::Es256,
        )
        .await;
        assert_eq!((answer.status, code(&answer)), (403, "FORBIDDEN"), "{groups:?}");
    }
    // The last owner stays one, whatever the provider says.
    let lessened = claims("ada", "ada@example.com", &["staff"]);
    let answer = sign_in(&tidemark, &issuer, lessened, Signature::Es256).await;
    assert_eq!(
        roles(&person(&tidemark, &answer).await).await,
        json!([{"role": "OWNER", "site": null}])
    );

    // Another's address is no way into their account, and a changed address leads to one's own.
    let taken = claims("eve", "ada@example.com", &["staff"]);
    assert_eq!(
        code(&sign_in(&tidemark, &issuer, taken, Signature::Es256).await),
        "FORBIDDEN"
    );
    let moved = claims("bob", "robert@example.com", &["staff"]);
    let answer = sign_in(&tidemark, &issuer, moved, Signature::Es256).await;
    let bob = person(&tidemark, &answer).await;
    assert_eq!(
        bob.viewer().await.data()["viewer"]["account"]["email"],
        "bob@example.com"
    );

    // New keys of the provider are learnt by themselves.
    tokio::time::sleep(std::time::Duration::from_secs(11)).await;
    issuer.rotate("second");
    let answer = sign_in(&tidemark, &issuer, ada.clone(), Signature::Es256).await;
    let _ = person(&tidemark, &answer).await;
    let _ = tidemark
        .command(&["account", "disable", "bob@example.com"])
        .await
        .success();
    let bob = claims("bob", "bob@example.com", &["owners"]);
    assert_eq!(
        code(&sign_in(&tidemark, &issuer, bob, Signature::Es256).await),
        "FORBIDDEN"
    );
    for secret in [
        CLIENT_SECRET,
        form["code_verifier"].as_str().expect("text"),
        form["code"].as_str().expect("text"),
    ] {
        assert!(!tidemark.server().log().contains(secret), "the log holds {secret}");
    }
}

async fn what_the_provider_did_not_say_to_this_browser_is_refused(engine: Engine) {
    let (tidemark, issuer) = start(engine, MAP).await;
    let server = tidemark.server();
    let ada = || claims("ada", "ada@example.com", &["owners"]);
    for signature in [Signature::None, Signature::Hs256, Signature::Stranger] {
        refused(
            &sign_in(&tidemark, &issuer, ada(), signature).await,
            &format!("{signature:?}"),
        );
    }
    let now = jiff_seconds(server).await;
    for (name, value) in [
        ("iss", json!("https://evil.example.com")),
        ("iss", Value::Null),
        ("aud", json!("another client")),
        ("aud", json!(["another client"])),
        ("aud", json!([CLIENT_ID, "another client"])),
        ("aud", Value::Null),
        ("azp", json!("another client")),
        ("nonce", json!("replayed")),
        ("nonce", Value::Null),
        ("exp", json!(now - 120)),
        ("exp", Value::Null),
        ("iat", json!(now + 600)),
        ("iat", Value::Null),
        ("nbf", json!(now + 600)),
        ("sub", json!("")),
        ("sub", Value::Null),
        ("sub", json!(7)),
    ] {
        let mut claims = ada();
        claims[name] = value.clone();
        refused(
            &sign_in(&tidemark, &issuer, claims, Signature::Es256).await,
            &format!("{name}: {value}"),
        );
    }
    for (name, value) in [
        ("email_verified", json!(false)),
        ("email", Value::Null),
        ("email", json!("nonsense")),
    ] {
        let mut claims = ada();
        claims[name] = value;
        let answer = sign_in(&tidemark, &issuer, claims, Signature::Es256).await;
        assert_eq!((answer.status, code(&answer)), (403, "FORBIDDEN"), "{name}");
    }
}

/// Fails unless an answer lets nobody in.
fn refused(answer: &Answer, why: &str) {
    assert_eq!(
        (answer.status, code(answer)),
        (401, "SIGN_IN_FAILED"),
        "{why}: {}",
        answer.text
    );
    assert_eq!(set(answer, "tidemark_session"), None, "{why}");
}

async fn a_code_is_good_for_the_sign_in_that_it_was_given_to(engine: Engine) {
    let (tidemark, issuer) = start(engine, MAP).await;
    let server = tidemark.server();
    let ada = || claims("ada", "ada@example.com", &["owners"]);
    // Another browser, another sign-in, or none.
    let journey = depart(server, &issuer).await;
    let another = depart(server, &issuer).await;
    let fresh = || issuer.authorize(&journey.query, &ada(), Signature::Es256);
    let state = journey.query["state"].as_str();
    let first = if journey.cookie.starts_with('A') { 'B' } else { 'A' };
    let changed = format!("{first}{}", &journey.cookie[1..]);
    for (why, code, state, cookie) in [
        ("no cookie", fresh(), state, None),
        ("another's cookie", fresh(), state, Some(another.cookie.as_str())),
        ("a changed cookie", fresh(), state, Some(changed.as_str())),
        ("no seal", fresh(), state, Some("nonsense")),
        (
            "another's state",
            fresh(),
            another.query["state"].as_str(),
            Some(journey.cookie.as_str()),
        ),
        ("no state", fresh(), "", Some(journey.cookie.as_str())),
        (
            "a guessed code",
            "guessed".to_owned(),
            state,
            Some(journey.cookie.as_str()),
        ),
        // The code of another sign-in: the verifier does not fit.
        (
            "an injected code",
            issuer.authorize(&another.query, &ada(), Signature::Es256),
            state,
            Some(journey.cookie.as_str()),
        ),
    ] {
        refused(&arrive(server, &code, state, cookie).await, why);
    }
    let denied = send(
        server,
        "/session/oidc/callback?error=access_denied%0a",
        Some(&journey.cookie),
    )
    .await;
    refused(&denied, "denied");
    assert!(denied.text.contains("access_denied"), "{}", denied.text);
    let answer = send(server, "/session/oidc/callback", Some(&journey.cookie)).await;
    refused(&answer, "no code");
    // A code is good for one sign-in.
    let once = fresh();
    let first = arrive(server, &once, state, Some(&journey.cookie)).await;
    assert_eq!(first.status, 303, "{}", first.text);
    refused(
        &arrive(server, &once, state, Some(&journey.cookie)).await,
        "a used code",
    );
    let printed = tidemark.command(&["account", "list"]).await.success();
    assert_eq!(printed.lines().count(), 1, "nobody else came to be: {printed}");
}

async fn jiff_seconds(server: &Server) -> i64 {
    let answer = send(server, "/healthz", None).await;
    let date = answer.headers[header::DATE].to_str().expect("text");
    jiff::fmt::rfc2822::parse(date).expect("a date").timestamp().as_second()
}

async fn without_a_map_of_roles_only_the_invited_come_in(engine: Engine) {
    let (tidemark, issuer) = start(engine, "").await;
    let ada = claims("ada", "ada@example.com", &["owners"]);
    let answer = sign_in(&tidemark, &issuer, ada.clone(), Signature::Es256).await;
    assert_eq!((answer.status, code(&answer)), (403, "FORBIDDEN"));
    tidemark
        .account("ada@example.com", &["--role", "analyst", "--site", "shop"])
        .await;
    let mut unverified = ada.clone();
    unverified["email_verified"] = json!(false);
    let answer = sign_in(&tidemark, &issuer, unverified, Signature::Es256).await;
    assert_eq!(code(&answer), "FORBIDDEN");
    let answer = sign_in(&tidemark, &issuer, ada, Signature::Es256).await;
    let ada = person(&tidemark, &answer).await;
    assert_eq!(roles(&ada).await, json!([{"role": "ANALYST", "site": "shop"}]));
    let _ = Person::sign_in(tidemark.server().address(), "ada@example.com").await;
}

#[tokio::test]
async fn a_provider_that_is_down_keeps_nobody_else_out() {
    let issuer = Issuer::start().await;
    let url = issuer.url().to_owned();
    drop(issuer);
    let tidemark = Tidemark::builder(Engine::Sqlite)
        .flag("--oidc-issuer", &url)
        .flag("--oidc-client-id", CLIENT_ID)
        .start()
        .await;
    let answer = send(tidemark.server(), "/session/oidc/start", None).await;
    assert_eq!(
        (answer.status, code(&answer)),
        (503, "PROVIDER_UNAVAILABLE"),
        "{}",
        answer.text
    );
    assert!(!answer.text.contains(&url), "{}", answer.text);
    let _ = tidemark.person("ada@example.com", &[]).await;
    let plain = Tidemark::start(Engine::Sqlite).await;
    let methods = send(plain.server(), "/session/methods", None).await;
    assert_eq!(methods.body, json!({"password": true, "oidc": false}));
    let answer = send(plain.server(), "/session/oidc/start", None).await;
    assert_eq!((answer.status, code(&answer)), (404, "NOT_FOUND"));
}

#[tokio::test]
async fn wrong_settings_of_a_provider_are_told() {
    let database = Database::new(Engine::Sqlite);
    for (flags, word) in [
        (
            &["--oidc-issuer", "http://login.example.com", "--oidc-client-id", "x"][..],
            "--oidc-issuer",
        ),
        (
            &["--oidc-issuer", "ldap://login.example.com", "--oidc-client-id", "x"],
            "--oidc-issuer",
        ),
        (&["--oidc-issuer", "https://login.example.com"], "--oidc-client-id"),
        (
            &[
                "--oidc-issuer",
                "https://login.example.com",
                "--oidc-client-id",
                "x",
                "--oidc-roles",
                "staff=king",
            ],
            "staff=king",
        ),
        (
            &[
                "--oidc-issuer",
                "https://login.example.com",
                "--oidc-client-id",
                "x",
                "--oidc-client-secret-file",
                "none",
            ],
            "oidc-client-secret-file",
        ),
    ] {
        let finished = binary::run(&database, &[&["site", "list"], flags].concat()).await;
        assert!(finished.failure().contains(word), "{finished}");
    }
}
