//! Client tokens: a backend's key mints them, frontends use them, and nobody forges them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Client, Engine, Server, Tidemark, Transport};

mod forgery;

support::on_both_engines!(
    a_frontend_does_what_its_token_allows,
    a_token_speaks_for_its_user,
    a_token_allows_no_more_than_its_key,
    a_token_ends_with_its_key,
    a_token_opens_one_site,
    wrong_tokens_are_refused_by_field,
    a_frontend_is_not_trusted,
);

const CREATE: &str = "mutation ($input: CreateClientTokenInput!) { createClientToken(input: $input) { token expiresAt \
     error { code message path } } }";

const VIEWER: &str = "{ viewer { kind name permissions site { name } eventsPerSecond token { username displayName \
     searchHub pipeline groups expiresAt } } }";

/// What minting answers.
async fn mint(client: &Client, input: Value) -> Value {
    let answer = client.graphql(CREATE, json!({"input": input})).await;
    answer.data()["createClientToken"].clone()
}

/// A frontend with a token.
async fn frontend(tidemark: &Tidemark, backend: &Client, input: Value) -> Client {
    let minted = mint(backend, input).await;
    let token = minted["token"].as_str();
    Client::new(
        tidemark.server().address(),
        token.unwrap_or_else(|| panic!("a token: {minted:#}")),
    )
}

/// The code with which a caller is refused; none where it is let in.
async fn refusal(client: &Client) -> Option<String> {
    let answer = client.graphql("{ viewer { kind } }", json!({})).await;
    (answer.status != 200).then(|| answer.error_code().to_owned())
}

async fn a_frontend_does_what_its_token_allows(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let backend = tidemark.client();
    let both = frontend(&tidemark, backend, json!({"permissions": ["LOG", "QUERY"]})).await;
    assert_eq!(both.log(json!({"id": "x", "action": "a"})).await["outcome"], "ACCEPTED");
    assert_eq!(both.events(json!({})).await["edges"].as_array().map(Vec::len), Some(1));
    let viewer = both.graphql(VIEWER, json!({})).await;
    let viewer = &viewer.data()["viewer"];
    let expires = viewer["token"]["expiresAt"].as_str().expect("a time").to_owned();
    assert_eq!(
        *viewer,
        json!({
            "kind": "CLIENT_TOKEN", "name": null, "permissions": ["LOG", "QUERY"], "site": {"name": tidemark.site()},
            "eventsPerSecond": null, "token": {
                "username": null, "displayName": null, "searchHub": null, "pipeline": null, "groups": [],
                "expiresAt": expires,
            },
        })
    );
    let reader = frontend(&tidemark, backend, json!({"permissions": ["QUERY"]})).await;
    let refused = reader
        .graphql("mutation { logEvent(input: {action: \"a\"}) { outcome } }", json!({}))
        .await;
    assert_eq!(refused.error_code(), "FORBIDDEN");
    let logger = frontend(&tidemark, backend, json!({"permissions": ["LOG"]})).await;
    assert_eq!(
        logger
            .graphql("{ events { edges { cursor } } }", json!({}))
            .await
            .error_code(),
        "FORBIDDEN"
    );
    // It manages nothing, and mints nothing.
    for document in [
        "{ keys { id } }",
        "{ audit { edges { cursor } } }",
        "mutation { createKey(input: {permissions: [LOG]}) { secret } }",
        "mutation { createClientToken(input: {permissions: [LOG]}) { token } }",
        "mutation { deleteEvent(id: \"x\") { count } }",
    ] {
        assert_eq!(
            both.graphql(document, json!({})).await.error_code(),
            "FORBIDDEN",
            "{document}"
        );
    }
    let mut watching = both
        .subscribe(
            Transport::WebSocket,
            "subscription { eventLogged { action } }",
            json!({}),
        )
        .await;
    let begin = Instant::now();
    while tokio::time::timeout(Duration::from_millis(100), watching.next())
        .await
        .is_err()
    {
        assert!(begin.elapsed() < Duration::from_secs(10), "a token opens a socket, too");
        let _ = logger.log(json!({"action": "seen"})).await;
    }
    // Two tokens of one moment are two tokens.
    let tokens = [
        mint(backend, json!({"permissions": ["LOG"]})).await,
        mint(backend, json!({"permissions": ["LOG"]})).await,
    ];
    assert_ne!(tokens[0]["token"], tokens[1]["token"]);
    let log = tidemark.server().log();
    assert!(!log.contains(tokens[0]["token"].as_str().expect("a token")));
}

async fn a_token_speaks_for_its_user(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let input = json!({
        "permissions": ["LOG"], "username": "ada", "displayName": "Ada L.", "searchHub": "docs", "pipeline": "main",
        "groups": ["staff", "eng"], "expiresIn": 60,
    });
    let client = frontend(&tidemark, tidemark.client(), input.clone()).await;
    let viewer = client.graphql(VIEWER, json!({})).await;
    let mut token = viewer.data()["viewer"]["token"].clone();
    let expires = token["expiresAt"]
        .take()
        .as_str()
        .expect("a time")
        .parse::<jiff::Timestamp>();
    assert!(expires.is_ok());
    assert_eq!(
        token,
        json!({
            "username": "ada", "displayName": "Ada L.", "searchHub": "docs", "pipeline": "main",
            "groups": ["staff", "eng"], "expiresAt": null,
        })
    );
    for (id, event) in [
        ("none", json!({"id": "none", "action": "a"})),
        ("same", json!({"id": "same", "action": "a", "actor": "ada"})),
        ("device", json!({"id": "device", "action": "a", "device": "phone"})),
    ] {
        assert_eq!(client.log(event).await["outcome"], "ACCEPTED", "{id}");
        let stored = tidemark.client().event(id).await;
        assert_eq!(
            (&stored["actor"], &stored["actorSource"]),
            (&json!("ada"), &json!("USER")),
            "{stored:#}"
        );
    }
    let other = client.log(json!({"action": "a", "actor": "bob"})).await;
    assert_eq!(other["outcome"], "INVALID", "{other:#}");
    assert_eq!(
        (&other["error"]["code"], &other["error"]["path"]),
        (&json!("FORBIDDEN"), &json!("input.actor"))
    );
    // In a batch the others are stored.
    let batch = client
        .log_many(vec![
            json!({"action": "a"}),
            json!({"action": "a", "actor": "bob"}),
            json!({"action": "a"}),
        ])
        .await;
    assert_eq!(batch["accepted"], 2, "{batch:#}");
    // A token without a user says of the actor what it likes, as a page's key does.
    let free = frontend(&tidemark, tidemark.client(), json!({"permissions": ["LOG"]})).await;
    assert_eq!(
        free.log(json!({"id": "free", "action": "a", "actor": "bob"})).await["outcome"],
        "ACCEPTED"
    );
    assert_eq!(tidemark.client().event("free").await["actor"], "bob");

    // To name a user takes a permission of its own.
    let plain = tidemark.client_allowed("log,query").await;
    for named in [
        json!({"username": "ada"}),
        json!({"displayName": "Ada"}),
        json!({"groups": ["staff"]}),
    ] {
        let mut input = named.clone();
        input["permissions"] = json!(["LOG"]);
        let answer = plain.graphql(CREATE, json!({"input": input})).await;
        assert_eq!(answer.error_code(), "FORBIDDEN", "{named}");
        assert!(answer.text.contains("impersonate"), "{}", answer.text);
    }
    assert!(mint(&plain, json!({"permissions": ["LOG"], "searchHub": "docs"})).await["token"].is_string());
}

async fn a_token_allows_no_more_than_its_key(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let logger = tidemark.client_allowed("log,manage").await;
    for (permissions, code) in [
        (json!(["QUERY"]), "FORBIDDEN"),
        (json!(["LOG", "QUERY"]), "FORBIDDEN"),
        (json!(["LOG", "MANAGE"]), "INVALID_ARGUMENT"),
        (json!(["DELETE"]), "INVALID_ARGUMENT"),
        (json!([]), "INVALID_ARGUMENT"),
    ] {
        let answer = logger
            .graphql(CREATE, json!({"input": {"permissions": permissions}}))
            .await;
        let told = answer.body["errors"][0]["extensions"].as_object().cloned();
        let payload = &answer.body["data"]["createClientToken"]["error"];
        let told = told.map_or_else(|| payload.clone(), Value::from);
        assert_eq!(
            (&told["code"], &told["path"]),
            (&json!(code), &json!("input.permissions")),
            "{permissions}: {}",
            answer.text
        );
    }
    // Whoever reads a page could mint with its key.
    let key = tidemark
        .key(&[
            "--site",
            tidemark.site(),
            "--allow",
            "log",
            "--origin",
            "https://a.example",
        ])
        .await;
    let public = Client::new(tidemark.server().address(), &key);
    let body = json!({"query": CREATE, "variables": {"input": {"permissions": ["LOG"]}}});
    let request = public.request(reqwest::Method::POST, "/graphql").json(&body);
    let answer = public.send(request.header("origin", "https://a.example")).await;
    assert_eq!(answer.error_code(), "FORBIDDEN", "{}", answer.text);

    // What the key loses, its tokens have lost.
    let backend = tidemark.client_allowed("log,query").await;
    let client = frontend(&tidemark, &backend, json!({"permissions": ["LOG", "QUERY"]})).await;
    assert!(client.graphql("{ sites { name } }", json!({})).await.data().is_object());
    let update = "mutation ($input: UpdateKeyInput!) { updateKey(input: $input) { key { id } error { code } } }";
    let input = json!({"key": &backend.key().expect("it has one")[..15], "permissions": ["LOG"]});
    let _ = tidemark.client().graphql(update, json!({"input": input})).await.data();
    assert_eq!(
        client.graphql("{ sites { name } }", json!({})).await.error_code(),
        "FORBIDDEN"
    );
    assert_eq!(client.log(json!({"action": "a"})).await["outcome"], "ACCEPTED");
}

async fn a_token_ends_with_its_key(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let second = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => Some(Server::start(tidemark.database()).await),
    };
    let key = tidemark.key(&["--site", tidemark.site(), "--allow", "log,query"]).await;
    let backend = Client::new(tidemark.server().address(), &key);
    let client = frontend(&tidemark, &backend, json!({"permissions": ["LOG", "QUERY"]})).await;
    assert_eq!(refusal(&client).await, None);
    if let Some(second) = &second {
        assert_eq!(
            refusal(&client.at(second.address())).await,
            None,
            "any instance knows it"
        );
    }
    let mut watching = client
        .subscribe(
            Transport::EventStream,
            "subscription { eventLogged { action } }",
            json!({}),
        )
        .await;
    // A new secret is still the same key.
    let _ = tidemark.command(&["key", "rotate", &key[..15]]).await.success();
    assert_eq!(refusal(&client).await, None);
    let _ = tidemark.command(&["key", "revoke", &key[..15]]).await.success();
    let begin = Instant::now();
    let elsewhere = second.as_ref().map(|second| client.at(second.address()));
    for client in [Some(client), elsewhere].into_iter().flatten() {
        while refusal(&client).await.is_none() {
            assert!(begin.elapsed() < Duration::from_secs(1), "it still opens");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(refusal(&client).await.as_deref(), Some("UNAUTHENTICATED"));
    }
    let end = tokio::time::timeout(Duration::from_secs(5), async {
        while watching.next().await.is_some_and(|answer| answer["errors"].is_null()) {}
    });
    end.await.expect("its streams end");
}

async fn a_token_opens_one_site(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    let everywhere = tidemark.client_of_all_sites("log,query").await;
    let missing = everywhere
        .graphql(CREATE, json!({"input": {"permissions": ["LOG"]}}))
        .await;
    assert_eq!(
        (missing.error_code(), missing.error_path()),
        ("SITE_REQUIRED", "input.site")
    );
    let input = json!({"site": "other", "permissions": ["LOG", "QUERY"]});
    let client = frontend(&tidemark, &everywhere, input).await;
    assert_eq!(
        client.log(json!({"id": "mine", "action": "a"})).await["outcome"],
        "ACCEPTED"
    );
    assert_eq!(other.event("mine").await["action"], "a");
    let elsewhere = client.log(json!({"site": tidemark.site(), "action": "a"})).await;
    assert_eq!(elsewhere["error"]["code"], "UNKNOWN_SITE", "{elsewhere:#}");
    let sites = client.graphql("{ sites { name } }", json!({})).await;
    assert_eq!(sites.data()["sites"], json!([{"name": "other"}]));
    let theirs = other
        .graphql(
            CREATE,
            json!({"input": {"site": tidemark.site(), "permissions": ["LOG"]}}),
        )
        .await;
    assert_eq!(theirs.error_code(), "UNKNOWN_SITE");
}

async fn wrong_tokens_are_refused_by_field(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    for (mut input, path) in [
        (json!({"expiresIn": 0}), "input.expiresIn"),
        (json!({"expiresIn": -1}), "input.expiresIn"),
        (json!({"expiresIn": 86_401}), "input.expiresIn"),
        (json!({"username": "x".repeat(129)}), "input.username"),
        (json!({"username": ""}), "input.username"),
        (json!({"searchHub": "x".repeat(129)}), "input.searchHub"),
        (json!({"pipeline": ""}), "input.pipeline"),
        (json!({"groups": vec!["g"; 101]}), "input.groups"),
        (json!({"groups": ["g", "x".repeat(129)]}), "input.groups[1]"),
    ] {
        input["permissions"] = json!(["LOG"]);
        let payload = mint(tidemark.client(), input.clone()).await;
        assert_eq!(payload["error"]["path"], path, "{input}: {payload:#}");
        assert_eq!(payload["token"], Value::Null);
    }
    let longest = json!({"permissions": ["LOG"], "expiresIn": 86_400, "username": "é".repeat(128)});
    assert!(mint(tidemark.client(), longest).await["token"].is_string());
}

async fn a_frontend_is_not_trusted(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--ip-policy", "whole")
        .start()
        .await;
    let client = frontend(&tidemark, tidemark.client(), json!({"permissions": ["LOG"]})).await;
    let event = json!({"id": "claimed", "action": "a", "ip": "203.0.113.9", "country": "SE", "userAgent": "Mine/1"});
    assert_eq!(client.log(event).await["outcome"], "ACCEPTED");
    let stored = tidemark.client().event("claimed").await;
    assert_eq!(
        (&stored["ip"], &stored["country"]),
        (&json!("127.0.0.1"), &Value::Null),
        "{stored:#}"
    );
    assert_ne!(stored["userAgent"], "Mine/1");
    // Its rate is that of its key.
    let key = tidemark
        .key(&["--site", tidemark.site(), "--allow", "log", "--rate", "2/s"])
        .await;
    let backend = Client::new(tidemark.server().address(), &key);
    let client = frontend(&tidemark, &backend, json!({"permissions": ["LOG"]})).await;
    let logged = client.log_many(vec![json!({"action": "a"}); 5]).await;
    assert_eq!(logged["accepted"], 2, "{logged:#}");
    assert_eq!(logged["outcomes"][4]["error"]["code"], "RATE_LIMITED");
}
