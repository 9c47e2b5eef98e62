//! Sign-ins, and what the tokens open that they give.

use base64::Engine as _;
use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{Answer, Client, Engine, Tidemark, app::EVERYTHING};

use super::{CUSTOM, accept, custom, events, now, post, refused};

support::on_both_engines!(
    a_workspaces_token_stands_for_its_key,
    a_clients_token_says_who_it_is,
    nobody_known_is_a_device,
    only_a_key_that_may_signs_anybody_in,
    only_what_a_sign_in_gave_is_renewed_and_for_a_day,
    a_key_may_be_asked_what_it_may,
);

const WORKSPACE: [&str; 2] = ["/v4/auth/login/profile", "/uauth/v2/auth/login/profile"];
const CLIENT: [&str; 3] = [
    "/v4/auth/login/client",
    "/sauth/v2/auth/login/client",
    "/sauth/v3/auth/login/client",
];
const NOBODY: &str = "/sauth/v3/auth/login/client/anonymous";
const RENEW_WORKSPACE: &str = "/v4/auth/refresh/profile";
const RENEW_CLIENT: &str = "/sauth/v3/auth/refresh/client";

/// The token that a sign-in gives, for an hour.
fn token(answer: &Answer) -> String {
    let body = &answer.body;
    assert_eq!(
        (answer.status, &body["expires_in"]),
        (200, &json!(3_600)),
        "{}",
        answer.text
    );
    assert_eq!(body["token"], body["access_token"]);
    let token = body["token"].as_str().expect("a token").to_owned();
    let left = claims(&token)["exp"].as_i64().expect("a time") - now().as_second();
    assert!((3_500..=3_600).contains(&left), "{left} seconds");
    token
}

/// What a token says of itself.
fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).expect("a JWT");
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(claims)
        .expect("base64");
    serde_json::from_slice(&claims).expect("JSON")
}

async fn by(nobody: &Client, token: &str, body: &Value) -> Answer {
    let request = nobody.request(Method::POST, CUSTOM).bearer_auth(token);
    nobody.send(request.json(body)).await
}

/// An event that does not say whose it is.
fn unnamed() -> Value {
    let mut event = custom(json!({}));
    event.as_object_mut().expect("an object").remove("client");
    event
}

async fn last(tidemark: &Tidemark) -> Value {
    events(tidemark).await.pop().expect("an event")
}

async fn a_workspaces_token_stands_for_its_key(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let key = tidemark.client().key().expect("a key").to_owned();
    let nobody = tidemark.client().without_key();
    for path in WORKSPACE {
        let workspace = token(&post(&nobody, path, &json!({"apiKey": key})).await);
        assert_eq!(by(&nobody, &workspace, &custom(json!({}))).await.status, 202);
        // It speaks for nobody.
        let answer = by(&nobody, &workspace, &unnamed()).await;
        assert_eq!(refused(&answer, 400, "Bad Request"), ["client"]);
        let renew = |token: String| {
            let request = nobody.request(Method::GET, RENEW_WORKSPACE);
            nobody.send(request.bearer_auth(token))
        };
        let renewed = token(&renew(workspace).await);
        assert_eq!(by(&nobody, &renewed, &custom(json!({}))).await.status, 202);
        // A key is no token, nor is nothing.
        refused(&renew(key.clone()).await, 401, "Unauthorized");
        let request = nobody.request(Method::GET, RENEW_WORKSPACE);
        refused(&nobody.send(request).await, 401, "Unauthorized");
        refused(
            &post(&nobody, path, &json!({"apiKey": "wrong"})).await,
            401,
            "Unauthorized",
        );
        refused(&post(&nobody, path, &json!({})).await, 401, "Unauthorized");
        refused(&post(&nobody, path, &json!([])).await, 400, "Bad Request");
        let request = nobody
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, "text/plain");
        refused(&nobody.send(request.body("{}")).await, 415, "Unsupported Media Type");
    }
    // By name and secret, as servers send it.
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("workspace:{key}"));
    let request = nobody.request(Method::POST, CUSTOM);
    let request = request.header(header::AUTHORIZATION, format!("Basic {basic}"));
    assert_eq!(nobody.send(request.json(&custom(json!({})))).await.status, 202);
    let found = events(&tidemark).await;
    assert_eq!(found.len(), 5);
    assert!(found.iter().all(|event| event["actor"] == "u-1"));
}

async fn a_clients_token_says_who_it_is(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let key = client.key().expect("a key").to_owned();
    let nobody = client.without_key();
    let login = json!({"apiKey": key, "identityProvider": "SYNERISE", "email": "ada@example.com", "password": "secret",
        "uuid": "u-1", "deviceId": "d"});
    for path in CLIENT {
        let ada = token(&post(&nobody, path, &login).await);
        assert_eq!(by(&nobody, &ada, &unnamed()).await.status, 202);
        let event = last(&tidemark).await;
        assert_eq!(
            (&event["actor"], &event["actorSource"], &event["device"]),
            (&json!("u-1"), &json!("USER"), &json!("d"))
        );
        assert_eq!(event["tag"]["uuid"], "u-1");
        // Its own ids may be said once more; others it does not speak for.
        for own in [json!({"uuid": "u-1"}), json!({"email": "ADA@example.com"})] {
            let answer = by(&nobody, &ada, &custom(json!({"client": own}))).await;
            assert_eq!(answer.status, 202, "{}", answer.text);
            assert_eq!(last(&tidemark).await["actor"], "u-1");
        }
        let before = events(&tidemark).await.len();
        let answer = by(&nobody, &ada, &custom(json!({"client": {"uuid": "u-2"}}))).await;
        refused(&answer, 403, "Forbidden");
        assert_eq!(events(&tidemark).await.len(), before);
        for (without, field) in [
            (json!({"apiKey": key, "identityProvider": "SYNERISE"}), "email"),
            (json!({"apiKey": key, "email": "ada@example.com"}), "identityProvider"),
            (
                json!({"apiKey": key, "identityProvider": "OAUTH", "email": "ada"}),
                "email",
            ),
        ] {
            let answer = post(&nobody, path, &without).await;
            assert_eq!(refused(&answer, 400, "Bad Request"), [field]);
        }
        // For another hour, with a key that is good for the same site.
        let renew = |token: String, key: String| {
            let request = nobody.request(Method::POST, RENEW_CLIENT).bearer_auth(token);
            nobody.send(request.json(&json!({"apiKey": key})))
        };
        let renewed = token(&renew(ada.clone(), key.clone()).await);
        assert_eq!(by(&nobody, &renewed, &unnamed()).await.status, 202);
        assert_eq!(last(&tidemark).await["actor"], "u-1");
        refused(&renew(ada.clone(), "wrong".to_owned()).await, 401, "Unauthorized");
        refused(&renew("wrong".to_owned(), key.clone()).await, 401, "Unauthorized");
    }
    // From then on a backend means the same by the address.
    accept(client, CUSTOM, custom(json!({"client": {"email": "Ada@example.com"}}))).await;
    assert_eq!(last(&tidemark).await["actor"], "u-1");
    let other = tidemark.another_site("other").await;
    let ada = token(&post(&nobody, CLIENT[0], &login).await);
    let request = nobody.request(Method::POST, RENEW_CLIENT).bearer_auth(ada);
    let answer = nobody.send(request.json(&json!({"apiKey": other.key()}))).await;
    assert_eq!(refused(&answer, 403, "Forbidden"), ["apiKey"]);
}

async fn nobody_known_is_a_device(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let logs = tidemark.client_allowed("log").await;
    let nobody = logs.without_key();
    let key = logs.key().expect("a key");
    let somebody = json!({"apiKey": key, "uuid": "device-uuid", "deviceId": "d"});
    let device = token(&post(&nobody, NOBODY, &somebody).await);
    assert_eq!(by(&nobody, &device, &unnamed()).await.status, 202);
    let event = last(&tidemark).await;
    assert_eq!(
        (&event["actor"], &event["actorSource"], &event["tag"]["uuid"]),
        (&json!("device-uuid"), &json!("DEVICE"), &json!("device-uuid"))
    );
    let request = nobody.request(Method::POST, RENEW_CLIENT).bearer_auth(&device);
    let renewed = token(&nobody.send(request.json(&json!({"apiKey": key}))).await);
    assert_eq!(by(&nobody, &renewed, &unnamed()).await.status, 202);
    assert_eq!(last(&tidemark).await["actorSource"], "DEVICE");
    let token = token(&post(&nobody, NOBODY, &json!({"apiKey": key, "deviceId": "d"})).await);
    assert_eq!(by(&nobody, &token, &unnamed()).await.status, 202);
    assert_eq!(last(&tidemark).await["actor"], "d");
    let answer = post(&nobody, NOBODY, &json!({"apiKey": key})).await;
    assert_eq!(refused(&answer, 400, "Bad Request"), ["uuid"]);
}

/// Each permission at each sign-in: a token does what its key may, and for whom a key may not speak, it signs nobody in.
async fn only_a_key_that_may_signs_anybody_in(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let nobody = tidemark.client().without_key();
    let page = "https://www.example.com";
    for permission in EVERYTHING.split(',') {
        let of_site = tidemark.client_allowed(permission).await;
        let of_all = tidemark.client_of_all_sites(permission).await;
        let may = ["log", "query"].contains(&permission);
        for (client, names_site) in [(&of_site, true), (&of_all, false)] {
            let login = json!({"apiKey": client.key(), "identityProvider": "OAUTH", "uuid": "u", "deviceId": "d"});
            for path in WORKSPACE.into_iter().chain([NOBODY]) {
                let answer = post(&nobody, path, &login).await;
                match (may, names_site) {
                    (true, true) => {
                        let status = by(&nobody, &token(&answer), &custom(json!({}))).await.status;
                        assert_eq!(status, if permission == "log" { 202 } else { 403 });
                    }
                    // No wire format names a site.
                    (true, false) => drop(refused(&answer, 400, "Bad Request")),
                    (false, _) => drop(refused(&answer, 403, "Forbidden")),
                }
            }
            for path in CLIENT {
                // Who somebody is has to be vouched for by a key that may impersonate.
                let answer = post(&nobody, path, &login).await;
                let status = if permission == "log" && !names_site { 400 } else { 403 };
                assert_eq!(answer.status, status, "{path} with {permission}: {}", answer.text);
            }
        }
    }
    let vouches = tidemark.client_allowed("log,impersonate").await;
    let login = json!({"apiKey": vouches.key(), "identityProvider": "OAUTH", "uuid": "u"});
    let _ = token(&post(&nobody, CLIENT[0], &login).await);
    // A key that stands in a page mints no tokens: whoever reads it there would take them elsewhere.
    let flags = ["--site", tidemark.site(), "--allow", "log", "--origin", page];
    let public = tidemark.key(&flags).await;
    let request = nobody.request(Method::POST, WORKSPACE[0]).header(header::ORIGIN, page);
    let answer = nobody.send(request.json(&json!({"apiKey": public}))).await;
    refused(&answer, 403, "Forbidden");
    // With its key a token ends.
    let token = token(&post(&nobody, WORKSPACE[0], &json!({"apiKey": vouches.key()})).await);
    let id = &vouches.key().expect("a key")[..15];
    let _ = tidemark.command(&["key", "revoke", id]).await.success();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while by(&nobody, &token, &custom(json!({}))).await.status == 202 {
        assert!(std::time::Instant::now() < deadline, "it never ends");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    refused(&by(&nobody, &token, &custom(json!({}))).await, 401, "Unauthorized");
}

async fn only_what_a_sign_in_gave_is_renewed_and_for_a_day(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let key = client.key().expect("a key");
    let nobody = client.without_key();
    let renew_workspace = |token: &str| {
        let request = nobody.request(Method::GET, RENEW_WORKSPACE);
        nobody.send(request.bearer_auth(token))
    };
    let renew_client = |token: &str| {
        let request = nobody.request(Method::POST, RENEW_CLIENT).bearer_auth(token);
        nobody.send(request.json(&json!({"apiKey": key})))
    };
    let workspace = token(&post(&nobody, WORKSPACE[0], &json!({"apiKey": key})).await);
    let device = token(&post(&nobody, NOBODY, &json!({"apiKey": key, "deviceId": "d"})).await);
    let until = |token: &str| claims(token)["renewableUntil"].as_i64().expect("a time");
    for (token, is_workspace) in [(&workspace, true), (&device, false)] {
        let begun = claims(token)["iat"].as_i64().expect("a time");
        assert!((0..=5).contains(&(begun + 24 * 60 * 60 - until(token))), "{token}");
        // However often it is renewed, it is for a day from its sign-in.
        let mut latest = token.clone();
        for _ in 0..3 {
            let answer = if is_workspace {
                renew_workspace(&latest).await
            } else {
                renew_client(&latest).await
            };
            let renewed = self::token(&answer);
            assert_ne!(renewed, latest);
            assert_eq!(until(&renewed), until(token));
            latest = renewed;
        }
    }
    // A device's, which anybody may hold, is not renewed without the key, and a backend's is none of a device.
    refused(&renew_workspace(&device).await, 403, "Forbidden");
    refused(&renew_client(&workspace).await, 403, "Forbidden");
    // What another door minted holds for as long as was asked for there.
    let mint = "mutation { createClientToken(input: {permissions: [LOG], expiresIn: 60}) { token } }";
    let minted = client.graphql(mint, Value::Null).await;
    let minted = minted.data()["createClientToken"]["token"].as_str().expect("a token");
    let searching = post(client, "/rest/search/v2/token?organizationId=acme", &json!({})).await;
    let searching = searching.body["token"].as_str().expect("a token");
    assert_eq!(by(&nobody, minted, &custom(json!({}))).await.status, 202);
    for other in [minted, searching] {
        refused(&renew_workspace(other).await, 403, "Forbidden");
        refused(&renew_client(other).await, 403, "Forbidden");
    }
}

async fn a_key_may_be_asked_what_it_may(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let path = "/uauth/api-key/permission-check";
    let asked = json!(["API_CUSTOM_EVENTS_CREATE", "API_CLIENT_CREATE"]);
    for (permission, may) in [("log", true), ("query", false)] {
        let client = tidemark.client_allowed(permission).await;
        let answer = post(&client, path, &asked).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let told = json!({"businessProfileName": "shop",
            "permissions": {"API_CUSTOM_EVENTS_CREATE": may, "API_CLIENT_CREATE": false}});
        assert_eq!(answer.body, told);
    }
    refused(
        &post(&tidemark.client().without_key(), path, &asked).await,
        401,
        "Unauthorized",
    );
    refused(&post(tidemark.client(), path, &json!({})).await, 400, "Bad Request");
}
