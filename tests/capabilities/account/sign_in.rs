//! Signing in: by JSON alone, with the same answer whatever is wrong, and nothing of it in the log.

use std::time::{Duration, Instant};

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{
    Client, Engine, Person, Subscription, Tidemark, Transport, binary,
    person::{PASSWORD, code, post, sign_in},
};

support::on_both_engines!(
    somebody_signs_in_and_asks_over_every_transport,
    what_is_wrong_is_not_told,
    only_json_of_ones_own_site_is_read,
    secrets_are_neither_logged_nor_stored,
);

async fn somebody_signs_in_and_asks_over_every_transport(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    tidemark.account("Ada@Example.com", &["--name", "Ada"]).await;
    let address = tidemark.server().address();
    let answer = sign_in(address, " ADA@example.com ", PASSWORD, None).await;
    let account = &answer.body["account"];
    assert_eq!(
        (&account["email"], &account["name"]),
        (&json!("ada@example.com"), &json!("Ada")),
        "{}",
        answer.text
    );
    assert_eq!(answer.body["tokenType"], "Bearer");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    let set = answer.headers[header::SET_COOKIE].to_str().expect("text");
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/session", "Max-Age=1209"] {
        assert!(set.contains(attribute), "{set}");
    }
    assert!(!set.contains("Secure"), "this server is reached by HTTP: {set}");
    let ada = Person::of(address, &answer);
    let viewer = ada.viewer().await;
    assert_eq!(
        viewer.data()["viewer"],
        json!({
            "kind": "ACCOUNT", "name": "Ada", "permissions": ["LOG", "QUERY", "DELETE", "MANAGE", "IMPERSONATE"],
            "account": {"email": "ada@example.com", "roles": [{"role": "OWNER", "site": null}]},
        })
    );
    let log = "mutation ($site: String) { logEvent(input: {site: $site, action: \"a\"}) { outcome } }";
    let logged = ada.field(log, json!({"site": tidemark.site()})).await;
    assert_eq!(logged["outcome"], "ACCEPTED");
    for transport in [Transport::WebSocket, Transport::EventStream] {
        let mut watched = watch(&tidemark, &ada, transport).await;
        let _ = ada.field(log, json!({"site": tidemark.site()})).await;
        assert_eq!(watched.field("eventLogged").await["action"], "a", "{transport:?}");
    }
}

async fn watch(tidemark: &Tidemark, person: &Person, transport: Transport) -> Subscription {
    let document = "subscription ($site: String) { eventLogged(site: $site) { action } }";
    let client = person.client();
    let mut watched = client
        .subscribe(transport, document, json!({"site": tidemark.site()}))
        .await;
    // The feed begins some time after the request; what was logged by then does not come.
    loop {
        tidemark.accept(vec![json!({"action": "a"})]).await;
        let first = tokio::time::timeout(Duration::from_millis(500), watched.field("eventLogged"));
        if first.await.is_ok() {
            return watched;
        }
    }
}

async fn what_is_wrong_is_not_told(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--sign-in-attempts", "1000")
        .start()
        .await;
    let address = tidemark.server().address();
    tidemark.account("ada@example.com", &[]).await;
    tidemark.account("bob@example.com", &["--role", "viewer"]).await;
    let invited = ["account", "create", "carol@example.com", "--role", "viewer"];
    let _ = tidemark.command(&invited).await.success();
    let _ = tidemark
        .command(&["account", "disable", "bob@example.com"])
        .await
        .success();
    let long = "x".repeat(5_000);
    let tries = [
        ("ada@example.com", "wrong horse battery staple"),
        ("ada@example.com", ""),
        ("ada@example.com", &long),
        ("bob@example.com", PASSWORD),
        ("carol@example.com", PASSWORD),
        ("carol@example.com", ""),
        ("nobody@example.com", PASSWORD),
    ];
    let mut said = Vec::new();
    for (email, password) in tries {
        let answer = sign_in(address, email, password, None).await;
        assert_eq!((answer.status, code(&answer)), (401, "SIGN_IN_FAILED"), "{email}");
        assert!(answer.headers.get(header::SET_COOKIE).is_none());
        said.push(answer.text);
    }
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");

    // The times of both kinds overlap: each median lies among the other's times.
    let mut times: [Vec<Duration>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..20 {
        for (kind, email) in ["ada@example.com", "nobody@example.com"].into_iter().enumerate() {
            let start = Instant::now();
            let _ = sign_in(address, email, "wrong horse battery staple", None).await;
            times[kind].push(start.elapsed());
        }
    }
    for list in &mut times {
        list.sort();
    }
    for (one, other) in [(0, 1), (1, 0)] {
        let median = times[one][10];
        assert!(
            times[other][0] < median * 3 / 2 && median < times[other][19] * 3 / 2,
            "somebody could tell them apart: {times:?}"
        );
    }
}

async fn only_json_of_ones_own_site_is_read(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let ada = tidemark.person("ada@example.com", &[]).await;
    let anonymous = Client::anonymous(tidemark.server().address());
    let body = json!({"email": "ada@example.com", "password": PASSWORD}).to_string();
    let form = format!("email=ada%40example.com&password={}", PASSWORD.replace(' ', "+"));
    let cookie = format!("tidemark_session={}", ada.cookie());
    for path in [
        "/session/sign-in",
        "/session/refresh",
        "/session/sign-out",
        "/session/accept",
    ] {
        // What a form of another site can send without asking first.
        for (media, text) in [
            ("application/x-www-form-urlencoded", form.as_str()),
            ("multipart/form-data; boundary=x", "--x--"),
            ("text/plain", body.as_str()),
        ] {
            let request = anonymous
                .request(Method::POST, path)
                .header(header::CONTENT_TYPE, media)
                .header(header::COOKIE, &cookie)
                .body(text.to_owned());
            let answer = anonymous.send(request).await;
            assert_eq!(
                (answer.status, code(&answer)),
                (415, "UNSUPPORTED_MEDIA_TYPE"),
                "{path} {media}"
            );
        }
        let request = anonymous
            .request(Method::POST, path)
            .header("sec-fetch-site", "cross-site")
            .header(header::COOKIE, &cookie)
            .json(&json!({}));
        let answer = anonymous.send(request).await;
        assert_eq!((answer.status, code(&answer)), (403, "FORBIDDEN"), "{path}");
        let answer = anonymous.send(anonymous.request(Method::GET, path)).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text);
    }
    let address = tidemark.server().address();
    for (body, status, expected) in [
        (json!({"email": "ada@example.com"}), 400, "MALFORMED_REQUEST"),
        (json!({"email": 1, "password": PASSWORD}), 400, "MALFORMED_REQUEST"),
        (
            json!({"email": "a@b", "password": "x", "role": "OWNER"}),
            400,
            "MALFORMED_REQUEST",
        ),
        (json!({"email": "ada", "password": PASSWORD}), 400, "INVALID_ARGUMENT"),
        (
            json!({"email": "a@b", "password": "x".repeat(20_000)}),
            413,
            "BODY_TOO_LARGE",
        ),
    ] {
        let answer = post(address, "/session/sign-in", &body, None).await;
        assert_eq!((answer.status, code(&answer)), (status, expected), "{}", answer.text);
    }
    // Nothing of all that ended the session, and the cookie opens nothing but /session.
    assert_eq!(ada.viewer().await.data()["viewer"]["kind"], "ACCOUNT");
    let request = anonymous
        .request(Method::POST, "/graphql")
        .header(header::COOKIE, &cookie)
        .json(&json!({"query": "{ viewer { kind } }"}));
    let answer = anonymous.send(request).await;
    assert_eq!(answer.data()["viewer"]["kind"], "ANONYMOUS");
}

async fn secrets_are_neither_logged_nor_stored(engine: Engine) {
    let tidemark = Tidemark::builder(engine).flag("--log", "trace").start().await;
    let ada = tidemark.person("ada@example.com", &[]).await;
    let _ = sign_in(
        tidemark.server().address(),
        "ada@example.com",
        "wrong horse battery",
        None,
    )
    .await;
    let renewed = post(
        tidemark.server().address(),
        "/session/refresh",
        &json!({}),
        Some(ada.cookie()),
    )
    .await;
    let renewed = Person::of(tidemark.server().address(), &renewed);
    let enrol = "mutation ($password: String!) { enrolTotp(password: $password) { secret error { code } } }";
    let enrolled = ada.field(enrol, json!({"password": PASSWORD})).await;
    let invite = "mutation { inviteAccount(input: {email: \"bob@example.com\", role: VIEWER}) { link } }";
    let invited: Value = ada.field(invite, json!({})).await;
    let link = invited["link"]
        .as_str()
        .and_then(|link| link.split('#').nth(1))
        .expect("a link");
    let setup = tidemark.server().stdout();
    let setup = setup.split('#').nth(1).expect("a setup link").trim();
    let stored = stored(&tidemark);
    let log = tidemark.server().log();
    assert!(log.contains("/session/sign-in"), "the log is read");
    for secret in [
        PASSWORD,
        "wrong horse battery",
        ada.token(),
        ada.cookie(),
        renewed.token(),
        renewed.cookie(),
        enrolled["secret"].as_str().expect("a secret"),
        link,
        setup,
    ] {
        assert!(secret.len() > 10, "{secret}");
        assert!(!log.contains(secret), "the log holds {secret}");
        let holds = stored.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!holds, "the database holds {secret}");
    }
}

/// Everything that the database keeps about accounts.
fn stored(tidemark: &Tidemark) -> Vec<u8> {
    let tables = [
        "account",
        "session",
        "refresh_token",
        "link",
        "recovery_code",
        "signing_key",
    ];
    match tidemark.database().url() {
        Some(url) => tables
            .iter()
            .flat_map(|table| {
                let statement = format!("SELECT json_agg({table})::text FROM {table}");
                support::postgres::execute(url, &statement)
                    .expect("the table can be read")
                    .into_bytes()
            })
            .collect(),
        None => {
            let files = std::fs::read_dir(tidemark.database().folder().path()).expect("the data folder");
            files
                .flat_map(|file| std::fs::read(file.expect("a file").path()).unwrap_or_default())
                .collect()
        }
    }
}

#[tokio::test]
async fn the_cookie_is_for_https_where_the_server_is_reached_by_it() {
    let tidemark = Tidemark::builder(Engine::Sqlite)
        .flag("--public-url", "https://stats.example.com")
        .start()
        .await;
    let setup = tidemark.server().stdout();
    assert!(setup.contains("https://stats.example.com/session/link#tml_"), "{setup}");
    tidemark.account("ada@example.com", &[]).await;
    let answer = sign_in(tidemark.server().address(), "ada@example.com", PASSWORD, None).await;
    let set = answer.headers[header::SET_COOKIE].to_str().expect("text");
    assert!(set.contains("; Secure"), "{set}");
    let flags = ["site", "list", "--public-url", "stats.example.com"];
    let told = binary::run(tidemark.database(), &flags).await.failure();
    assert!(told.contains("--public-url"), "{told}");
}
