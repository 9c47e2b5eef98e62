//! Staying signed in: tokens are renewed once each, and what is revoked opens nothing any more, anywhere.

use std::time::Duration;

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{
    Client, Engine, Person, Server, Tidemark, Transport,
    person::{PASSWORD, code, cookie, post, sign_in},
};

use crate::inside;

support::on_both_engines!(
    a_refresh_token_renews_once_and_its_reuse_ends_the_session,
    an_access_token_and_a_session_expire,
    of_two_who_send_a_token_at_once_neither_stays,
    who_names_a_renewal_is_given_the_same_again,
    what_is_no_repetition_of_a_renewal_ends_the_session,
    signing_out_and_revoking_end_a_session_at_once,
    a_changed_password_ends_the_other_sessions,
    a_rotation_of_signing_keys_logs_nobody_out,
);

async fn refresh(server: &Server, cookie: &str) -> support::Answer {
    post(server.address(), "/session/refresh", &json!({}), Some(cookie)).await
}

async fn a_refresh_token_renews_once_and_its_reuse_ends_the_session(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let server = tidemark.server();
    let ada = tidemark.person("ada@example.com", &[]).await;
    let other = Person::sign_in(server.address(), "ada@example.com").await;
    let sessions = ada.field("{ sessions { id current } }", json!({})).await;
    let mut own = sessions.as_array().expect("a list").iter();
    let session = own.find(|one| one["current"] == true).expect("one's own")["id"].clone();
    let second = Person::of(server.address(), &refresh(server, ada.cookie()).await);
    let third = Person::of(server.address(), &refresh(server, second.cookie()).await);
    let family = [&ada, &second, &third];
    for (index, person) in family.iter().enumerate() {
        assert_eq!(person.viewer().await.status, 200, "{index}");
        let mut elders = family[..index].iter();
        assert!(elders.all(|elder| elder.cookie() != person.cookie()), "{index}");
    }
    // Straight away: the token that was spent last comes again.
    let stolen = refresh(server, second.cookie()).await;
    assert_eq!((stolen.status, code(&stolen)), (401, "UNAUTHENTICATED"));
    assert_eq!(cookie(&stolen), "", "the cookie is taken back");
    // The whole family is out, the thief and the owner; other sessions are not.
    for (index, person) in family.iter().enumerate() {
        let answer = refresh(server, person.cookie()).await;
        assert_eq!((answer.status, code(&answer)), (401, "UNAUTHENTICATED"), "{index}");
        assert_eq!(person.viewer().await.error_code(), "UNAUTHENTICATED", "{index}");
    }
    assert_eq!(other.viewer().await.data()["viewer"]["kind"], "ACCOUNT");
    assert!(server.log().contains("used twice"), "{}", server.log());
    // The audit log knows of it, once, and names the session and whose it was.
    let log = tidemark.command(&["export", "audit"]).await.success();
    let told: Vec<Value> = log
        .lines()
        .filter(|line| line.contains("REFRESH_TOKEN_REUSED"))
        .map(|line| serde_json::from_str(line).expect("a JSON object"))
        .collect();
    assert_eq!(told.len(), 1, "{log}");
    assert_eq!(
        (&told[0]["operation"], &told[0]["target"], &told[0]["actor"]["kind"]),
        (&json!("POST /session/refresh"), &session, &json!("ANONYMOUS"))
    );
    assert_eq!(told[0]["after"]["account"], "ada@example.com");
    for none in ["", "tmr_", "nonsense", other.token()] {
        assert_eq!(code(&refresh(server, none).await), "UNAUTHENTICATED", "{none}");
    }
    let answer = post(server.address(), "/session/refresh", &json!({}), None).await;
    assert_eq!((answer.status, code(&answer)), (401, "UNAUTHENTICATED"));
    // It may come late, after a sign-in, and takes nothing back that it did not see.
    assert_eq!(answer.headers.get(header::SET_COOKIE), None);
}

async fn of_two_who_send_a_token_at_once_neither_stays(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let second = Server::start(tidemark.database()).await;
    tidemark.account("ada@example.com", &[]).await;
    // On one instance, and on two.
    for other in [tidemark.server(), &second] {
        let ada = Person::sign_in(tidemark.server().address(), "ada@example.com").await;
        let (one, two) = tokio::join!(refresh(tidemark.server(), ada.cookie()), refresh(other, ada.cookie()));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401], "{} {}", one.text, two.text);
        let first = if one.status == 200 { &one } else { &two };
        let heir = Person::of(tidemark.server().address(), first);
        assert_eq!(heir.viewer().await.error_code(), "UNAUTHENTICATED");
        assert_eq!(ada.viewer().await.error_code(), "UNAUTHENTICATED");
        assert_eq!(code(&refresh(other, heir.cookie()).await), "UNAUTHENTICATED");
    }
}

/// Characters of the shortest key.
const LEAST_KEY: usize = 16;

async fn refresh_by_key(server: &Server, cookie: &str, key: &str) -> support::Answer {
    let client = Client::anonymous(server.address());
    let request = client
        .request(Method::POST, "/session/refresh")
        .json(&json!({}))
        .header(header::COOKIE, format!("tidemark_session={cookie}"))
        .header("Idempotency-Key", key);
    client.send(request).await
}

async fn who_names_a_renewal_is_given_the_same_again(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let second = Server::start(tidemark.database()).await;
    let server = tidemark.server();
    let ada = tidemark.person("ada@example.com", &[]).await;
    let key = "k".repeat(LEAST_KEY);
    // Four tabs at once, on two instances.
    let tabs = tokio::join!(
        refresh_by_key(server, ada.cookie(), &key),
        refresh_by_key(&second, ada.cookie(), &key),
        refresh_by_key(server, ada.cookie(), &key),
        refresh_by_key(&second, ada.cookie(), &key),
    );
    let tabs = [tabs.0, tabs.1, tabs.2, tabs.3].map(|answer| Person::of(server.address(), &answer));
    for tab in &tabs {
        assert_eq!(tab.cookie(), tabs[0].cookie());
        assert_ne!(tab.cookie(), ada.cookie());
        assert_eq!(tab.viewer().await.status, 200);
    }
    // One of them has gone on by the time that a late one is answered.
    let next = Person::of(server.address(), &refresh_by_key(server, tabs[0].cookie(), &key).await);
    assert_ne!(next.cookie(), tabs[0].cookie());
    for cookie in [tabs[0].cookie(), ada.cookie()] {
        let late = Person::of(server.address(), &refresh_by_key(&second, cookie, &key).await);
        assert_eq!(late.cookie(), next.cookie());
    }
    // The same key makes another token of another session.
    let other = Person::sign_in(server.address(), "ada@example.com").await;
    let renewed = Person::of(server.address(), &refresh_by_key(server, other.cookie(), &key).await);
    assert_ne!(renewed.cookie(), next.cookie());
    for person in [&ada, &next, &renewed] {
        assert_eq!(person.viewer().await.status, 200);
    }
    // What is no key spends nothing.
    for bad in [
        "k".repeat(LEAST_KEY - 1),
        "k".repeat(129),
        "a key that has spaces".to_owned(),
    ] {
        let answer = refresh_by_key(server, next.cookie(), &bad).await;
        assert_eq!((answer.status, code(&answer)), (400, "MALFORMED_REQUEST"), "{bad}");
        assert_eq!(answer.body["error"]["path"], "Idempotency-Key");
    }
    let _ = Person::of(server.address(), &refresh(server, next.cookie()).await);
}

async fn what_is_no_repetition_of_a_renewal_ends_the_session(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let server = tidemark.server();
    tidemark.account("ada@example.com", &[]).await;
    let key = "k".repeat(LEAST_KEY);
    let longer_ago = "UPDATE refresh_token SET spent_at = spent_at - 61000000000 WHERE spent_at IS NOT NULL";
    // By which key it was renewed, and is asked for again; whether that is late.
    let cases = [
        (None, Some(&key), false),
        (Some(&key), None, false),
        (Some(&key), Some(&"x".repeat(LEAST_KEY)), false),
        (Some(&key), Some(&key), true),
    ];
    for (first, again, late) in cases {
        let what = format!("{first:?} {again:?} {late}");
        let ada = Person::sign_in(server.address(), "ada@example.com").await;
        let renew = async |key: Option<&String>| match key {
            Some(key) => refresh_by_key(server, ada.cookie(), key).await,
            None => refresh(server, ada.cookie()).await,
        };
        let heir = Person::of(server.address(), &renew(first).await);
        assert_eq!(heir.viewer().await.status, 200, "{what}");
        if late {
            inside::execute(tidemark.database(), longer_ago).await;
        }
        let stolen = renew(again).await;
        assert_eq!((stolen.status, code(&stolen)), (401, "UNAUTHENTICATED"), "{what}");
        assert_eq!(heir.viewer().await.error_code(), "UNAUTHENTICATED", "{what}");
        let end = refresh_by_key(server, heir.cookie(), &key).await;
        assert_eq!(code(&end), "UNAUTHENTICATED", "{what}");
    }
}

async fn an_access_token_and_a_session_expire(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--access-token-life", "1s")
        .flag("--session-idle", "9s")
        .start()
        .await;
    let server = tidemark.server();
    let ada = tidemark.person("ada@example.com", &[]).await;
    assert_eq!(ada.viewer().await.status, 200);
    // A second, and the leeway for clocks that are apart.
    tokio::time::sleep(Duration::from_secs(7)).await;
    let answer = ada.viewer().await;
    assert_eq!((answer.status, answer.error_code()), (401, "UNAUTHENTICATED"));
    let renewed = Person::of(server.address(), &refresh(server, ada.cookie()).await);
    assert_eq!(renewed.viewer().await.status, 200);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(code(&refresh(server, renewed.cookie()).await), "UNAUTHENTICATED");
}

async fn signing_out_and_revoking_end_a_session_at_once(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let second = Server::start(tidemark.database()).await;
    let ada = tidemark.person("ada@example.com", &[]).await;
    let bob = tidemark.person("bob@example.com", &["--role", "viewer"]).await;
    let phone = Person::sign_in(second.address(), "bob@example.com").await;
    let document = "query ($account: ID) { sessions(account: $account) { id current address userAgent expiresAt } }";
    let sessions = bob.field(document, json!({})).await;
    let list = sessions.as_array().expect("a list");
    assert_eq!(list.len(), 2, "{sessions:#}");
    let current: Vec<_> = list.iter().filter(|session| session["current"] == true).collect();
    assert_eq!(current.len(), 1, "{sessions:#}");
    assert_eq!(current[0]["address"], "127.0.0.1");

    // A stream ends as well, though it is on another instance than the one that revokes.
    let mut streams = Vec::new();
    for transport in [Transport::WebSocket, Transport::EventStream] {
        let watch = "subscription ($site: String) { eventLogged(site: $site) { id } }";
        streams.push(
            phone
                .client()
                .subscribe(transport, watch, json!({"site": tidemark.site()}))
                .await,
        );
    }
    let other = list
        .iter()
        .find(|session| session["current"] == false)
        .expect("the phone's");
    let revoke = "mutation ($id: ID!) { revokeSession(id: $id) { session { id endedAt } error { code } } }";
    let revoked = bob.field(revoke, json!({"id": other["id"]})).await;
    assert!(revoked["session"]["endedAt"].is_string(), "{revoked:#}");
    assert_eq!(
        phone.viewer().await.error_code(),
        "UNAUTHENTICATED",
        "on the second server, at once"
    );
    assert_eq!(code(&refresh(&second, phone.cookie()).await), "UNAUTHENTICATED");
    for mut stream in streams {
        if let Some(last) = stream.next().await {
            assert_eq!(last["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{last:#}");
        }
    }
    assert_eq!(bob.viewer().await.status, 200);
    let again = bob.field(revoke, json!({"id": other["id"]})).await;
    assert_eq!(again["error"]["code"], "NOT_FOUND");

    // One sees one's own sessions; an owner sees and ends everybody's.
    let mine = ada.field(document, json!({})).await;
    let foreign = bob.field(revoke, json!({"id": mine[0]["id"]})).await;
    assert_eq!(foreign["error"]["code"], "NOT_FOUND", "{foreign:#}");
    let accounts = ada.field("{ accounts { id email } }", json!({})).await;
    let id = |email: &str| {
        let found = accounts
            .as_array()
            .expect("a list")
            .iter()
            .find(|one| one["email"] == email);
        found.expect("an account")["id"].clone()
    };
    let answer = bob
        .client()
        .graphql(document, json!({"account": id("ada@example.com")}))
        .await;
    assert_eq!(answer.error_code(), "FORBIDDEN");
    let theirs = ada.field(document, json!({"account": id("bob@example.com")})).await;
    assert_eq!(theirs[0]["id"], current[0]["id"]);
    let ended = ada.field(revoke, json!({"id": theirs[0]["id"]})).await;
    assert!(ended["error"].is_null(), "{ended:#}");
    assert_eq!(bob.viewer().await.error_code(), "UNAUTHENTICATED");

    let out = post(second.address(), "/session/sign-out", &json!({}), Some(ada.cookie())).await;
    assert_eq!((out.status, cookie(&out).as_str()), (204, ""));
    assert_eq!(ada.viewer().await.error_code(), "UNAUTHENTICATED");
    assert_eq!(code(&refresh(tidemark.server(), ada.cookie()).await), "UNAUTHENTICATED");
    let out = post(second.address(), "/session/sign-out", &json!({}), None).await;
    assert_eq!(out.status, 204, "who is out is out");
}

async fn a_changed_password_ends_the_other_sessions(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let address = tidemark.server().address();
    let ada = tidemark.person("ada@example.com", &[]).await;
    let other = Person::sign_in(address, "ada@example.com").await;
    let change = "mutation ($password: String!, $next: String!) { changePassword(password: $password, newPassword: \
                  $next) { done error { code path } } }";
    let next = "another horse battery staple";
    for (password, next, expected, path) in [
        ("wrong horse battery", next, "SIGN_IN_FAILED", "password"),
        (PASSWORD, "short", "WEAK_PASSWORD", "newPassword"),
        (PASSWORD, "aaaaaaaaaaaaaaaaaaaa", "WEAK_PASSWORD", "newPassword"),
    ] {
        let payload = ada.field(change, json!({"password": password, "next": next})).await;
        assert_eq!(payload["error"], json!({"code": expected, "path": path}), "{payload:#}");
    }
    assert_eq!(other.viewer().await.status, 200);
    let payload = ada.field(change, json!({"password": PASSWORD, "next": next})).await;
    assert_eq!(payload, json!({"done": true, "error": null}));
    assert_eq!(ada.viewer().await.status, 200, "one's own session goes on");
    assert_eq!(other.viewer().await.error_code(), "UNAUTHENTICATED");
    assert_eq!(
        code(&refresh(tidemark.server(), other.cookie()).await),
        "UNAUTHENTICATED"
    );
    assert_eq!(
        code(&sign_in(address, "ada@example.com", PASSWORD, None).await),
        "SIGN_IN_FAILED"
    );
    assert_eq!(sign_in(address, "ada@example.com", next, None).await.status, 200);
    let answer = tidemark
        .client()
        .graphql(change, json!({"password": PASSWORD, "next": next}))
        .await;
    assert_eq!(answer.error_code(), "FORBIDDEN", "a key has no password");
}

async fn a_rotation_of_signing_keys_logs_nobody_out(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let second = Server::start(tidemark.database()).await;
    let ada = tidemark.person("ada@example.com", &[]).await;
    for _ in 0..3 {
        let _ = tidemark.command(&["signing", "rotate"]).await.success();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let fresh = Person::sign_in(tidemark.server().address(), "ada@example.com").await;
        let header = |person: &Person| person.token().split('.').next().unwrap_or_default().to_owned();
        assert_ne!(header(&fresh), header(&ada), "another key signs");
        for person in [&ada, &fresh] {
            assert_eq!(person.viewer().await.data()["viewer"]["kind"], "ACCOUNT");
            let there = person.client().at(second.address());
            let viewer = there.graphql("{ viewer { kind } }", json!({})).await;
            assert_eq!(viewer.data()["viewer"]["kind"], "ACCOUNT");
        }
    }
}
