//! Making, changing, rotating and taking back keys over GraphQL, and who may.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use support::{Answer, Client, Engine, Server, Tidemark, Transport};

support::on_both_engines!(
    a_key_is_made_and_changed,
    a_rotated_key_overlaps_until_it_is_to,
    a_key_expires,
    a_changed_key_ends_its_streams,
    a_key_that_lost_its_permission_logs_nothing_more_anywhere,
    nobody_hands_on_more_than_they_may,
    a_key_of_one_site_manages_its_own_keys,
    wrong_keys_are_refused_by_field,
    a_key_knows_when_it_was_last_used,
);

pub(super) const CREATE: &str = "mutation ($input: CreateKeyInput!) { createKey(input: $input) { key { id name site \
     permissions origins public eventsPerSecond valid expiresAt revokedAt previousSecretUntil hasSigningSecret \
     lastUsedAt } secret signingSecret error { code message path } } }";
pub(super) const UPDATE: &str = "mutation ($input: UpdateKeyInput!) { updateKey(input: $input) { key { id name \
     permissions origins eventsPerSecond expiresAt hasSigningSecret } secret signingSecret error { code message path } } }";
const ROTATE: &str = "mutation ($key: ID!, $overlapUntil: DateTime) { rotateKey(key: $key, overlapUntil: $overlapUntil) \
     { key { id previousSecretUntil } secret error { code message path } } }";
const REVOKE: &str = "mutation ($key: ID!) { revokeKey(key: $key) { key { id valid revokedAt } error { code path } } }";
const KEYS: &str = "query ($site: String) { keys(site: $site) { id name site valid lastUsedAt revokedAt } }";

/// The payload of a mutation.
async fn change(client: &Client, document: &str, variables: Value) -> Value {
    let answer = client.graphql(document, variables).await;
    answer
        .data()
        .as_object()
        .expect("fields")
        .values()
        .next()
        .expect("one")
        .clone()
}

/// A caller with a key that was shown just now.
fn holder(tidemark: &Tidemark, payload: &Value) -> Client {
    let secret = payload["secret"].as_str();
    Client::new(
        tidemark.server().address(),
        secret.unwrap_or_else(|| panic!("a secret: {payload:#}")),
    )
}

async fn viewer(client: &Client) -> Answer {
    client
        .graphql("{ viewer { kind name permissions eventsPerSecond } }", json!({}))
        .await
}

/// A moment so many seconds ahead, by the clock that the server has, too.
#[expect(clippy::disallowed_methods, reason = "keys expire by the real clock")]
fn moment(seconds: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(seconds)
}

/// Waits until a moment is past.
async fn past(until: Timestamp) {
    let left = until.duration_since(moment(0)) + SignedDuration::from_millis(50);
    tokio::time::sleep(Duration::try_from(left).unwrap_or_default()).await;
}

/// Whether a key opens the server.
async fn opens(client: &Client) -> bool {
    let answer = viewer(client).await;
    assert!(matches!(answer.status, 200 | 401), "{}", answer.text);
    answer.status == 200
}

/// Waits until a key opens the server or no more: within a second it has to.
async fn await_opens(client: &Client, wanted: bool) {
    let begin = Instant::now();
    while opens(client).await != wanted {
        assert!(begin.elapsed() < Duration::from_secs(1), "still {}", !wanted);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn a_key_is_made_and_changed(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let input = json!({
        "name": "backend", "permissions": ["QUERY", "LOG"], "eventsPerSecond": 7, "expiresAt": "2100-01-01T00:00:00Z",
    });
    let made = change(tidemark.client(), CREATE, json!({"input": input})).await;
    let key = &made["key"];
    let id = key["id"].as_str().expect("an id");
    assert_eq!(
        *key,
        json!({
            "id": id, "name": "backend", "site": tidemark.site(), "permissions": ["LOG", "QUERY"], "origins": [],
            "public": false, "eventsPerSecond": 7, "valid": true, "expiresAt": "2100-01-01T00:00:00Z",
            "revokedAt": null, "previousSecretUntil": null, "hasSigningSecret": false, "lastUsedAt": null,
        })
    );
    assert!(
        made["secret"]
            .as_str()
            .is_some_and(|secret| secret.starts_with(id) && secret.len() >= 50)
    );
    let holder = holder(&tidemark, &made);
    // It works at once, on the instance that made it.
    let told = viewer(&holder).await;
    assert_eq!(
        told.data()["viewer"],
        json!({"kind": "KEY", "name": "backend", "permissions": ["LOG", "QUERY"], "eventsPerSecond": 7})
    );

    let input =
        json!({"key": id, "name": "ingest", "permissions": ["LOG"], "eventsPerSecond": null, "expiresAt": null});
    let changed = change(tidemark.client(), UPDATE, json!({"input": input})).await;
    assert_eq!(
        changed["key"],
        json!({
            "id": id, "name": "ingest", "permissions": ["LOG"], "origins": [], "eventsPerSecond": null,
            "expiresAt": null, "hasSigningSecret": false,
        })
    );
    assert_eq!((&changed["secret"], &changed["error"]), (&Value::Null, &Value::Null));
    let told = viewer(&holder).await;
    assert_eq!(
        told.data()["viewer"],
        json!({"kind": "KEY", "name": "ingest", "permissions": ["LOG"], "eventsPerSecond": null})
    );
    // What is left out stays.
    let input = json!({"key": id, "permissions": ["QUERY"]});
    let changed = change(tidemark.client(), UPDATE, json!({"input": input})).await;
    assert_eq!(
        (&changed["key"]["name"], &changed["key"]["permissions"]),
        (&json!("ingest"), &json!(["QUERY"]))
    );

    let revoked = change(tidemark.client(), REVOKE, json!({"key": id})).await;
    assert_eq!(revoked["key"]["valid"], false, "{revoked:#}");
    assert!(!opens(&holder).await);
    let when = revoked["key"]["revokedAt"].clone();
    let again = change(tidemark.client(), REVOKE, json!({"key": id})).await;
    assert_eq!(again["key"]["revokedAt"], when, "once revoked it stays so");
    let keys = tidemark.client().graphql(KEYS, json!({})).await;
    let listed = keys.data()["keys"].as_array().expect("a list");
    assert!(
        listed.iter().any(|key| key["id"] == id && key["revokedAt"] == when),
        "{}",
        keys.text
    );
    assert!(!keys.text.contains(made["secret"].as_str().expect("a secret")));
}

async fn a_rotated_key_overlaps_until_it_is_to(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    // PostgreSQL is there for several servers.
    let second = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => Some(Server::start(tidemark.database()).await),
    };
    let made = change(tidemark.client(), CREATE, json!({"input": {"permissions": ["LOG"]}})).await;
    let id = &made["key"]["id"];
    let first = holder(&tidemark, &made);
    assert!(opens(&first).await);

    let until = moment(4);
    let rotated = change(tidemark.client(), ROTATE, json!({"key": id, "overlapUntil": until})).await;
    assert_eq!(
        (&rotated["key"]["id"], &rotated["key"]["previousSecretUntil"]),
        (id, &json!(until))
    );
    let next = holder(&tidemark, &rotated);
    assert!(opens(&next).await, "the new secret works at once");
    assert!(opens(&first).await, "the old one still does");
    if let Some(second) = &second {
        await_opens(&next.at(second.address()), true).await;
        assert!(opens(&first.at(second.address())).await);
    }
    past(until).await;
    assert!(!opens(&first).await, "the overlap is over");
    assert!(opens(&next).await);

    // Without an overlap the old secret stops at once; so does one from two rotations ago.
    let long = json!("2100-01-01T00:00:00Z");
    let third = change(tidemark.client(), ROTATE, json!({"key": id, "overlapUntil": long})).await;
    let fourth = change(tidemark.client(), ROTATE, json!({"key": id, "overlapUntil": long})).await;
    let (third, fourth) = (holder(&tidemark, &third), holder(&tidemark, &fourth));
    assert!(!opens(&next).await && opens(&third).await && opens(&fourth).await);
    let fifth = change(tidemark.client(), ROTATE, json!({"key": id})).await;
    let fifth = holder(&tidemark, &fifth);
    assert!(!opens(&third).await && !opens(&fourth).await && opens(&fifth).await);
    if let Some(second) = &second {
        await_opens(&fourth.at(second.address()), false).await;
        await_opens(&fifth.at(second.address()), true).await;
    }
    let refused = change(
        tidemark.client(),
        ROTATE,
        json!({"key": id, "overlapUntil": "2020-01-01T00:00:00Z"}),
    )
    .await;
    assert_eq!(refused["error"]["path"], "overlapUntil", "{refused:#}");
    assert!(opens(&fifth).await, "nothing was rotated");

    // The command line does the same.
    let id = id.as_str().expect("an id");
    let printed = tidemark.command(&["key", "rotate", id]).await.success();
    let sixth = Client::new(tidemark.server().address(), printed.trim_end());
    await_opens(&sixth, true).await;
    await_opens(&fifth, false).await;
}

async fn a_key_expires(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let soon = moment(3);
    let made = change(
        tidemark.client(),
        CREATE,
        json!({"input": {"permissions": ["LOG"], "expiresAt": soon}}),
    )
    .await;
    let client = holder(&tidemark, &made);
    assert_eq!(client.log(json!({"action": "a"})).await["outcome"], "ACCEPTED");
    past(soon).await;
    assert!(!opens(&client).await);
    let keys = tidemark.client().graphql(KEYS, json!({})).await;
    let listed = keys.data()["keys"].as_array().expect("a list");
    let listed = listed
        .iter()
        .find(|key| key["id"] == made["key"]["id"])
        .expect("it is listed");
    assert_eq!(listed["valid"], false, "{listed:#}");
    // It can be given more time.
    let input = json!({"key": made["key"]["id"], "expiresAt": null});
    let _ = change(tidemark.client(), UPDATE, json!({"input": input})).await;
    assert!(opens(&client).await);
    // So that an hour that is past is a mistake, and no way to revoke.
    let input = json!({"key": made["key"]["id"], "expiresAt": "2020-01-01T00:00:00Z"});
    let refused = change(tidemark.client(), UPDATE, json!({"input": input})).await;
    assert_eq!(refused["error"]["path"], "input.expiresAt", "{refused:#}");
}

async fn a_changed_key_ends_its_streams(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let watch = "subscription { eventLogged { action } }";
    let changes = [
        (ROTATE, json!({"key": "KEY"})),
        (UPDATE, json!({"input": {"key": "KEY", "permissions": ["LOG"]}})),
        (REVOKE, json!({"key": "KEY"})),
    ];
    for (document, variables) in changes {
        let made = change(
            tidemark.client(),
            CREATE,
            json!({"input": {"permissions": ["LOG", "QUERY"]}}),
        )
        .await;
        let id = made["key"]["id"].as_str().expect("an id");
        let mut streams = Vec::new();
        for transport in [Transport::WebSocket, Transport::EventStream] {
            streams.push(holder(&tidemark, &made).subscribe(transport, watch, json!({})).await);
        }
        // Another name ends nothing.
        let _ = change(tidemark.client(), UPDATE, json!({"input": {"key": id, "name": "n"}})).await;
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let _ = change(tidemark.client(), CREATE, json!({"input": {"permissions": ["LOG"]}})).await;
        for stream in &mut streams {
            let quiet = tokio::time::timeout(Duration::from_millis(50), stream.next()).await;
            assert!(quiet.is_err(), "it goes on: {quiet:?}");
        }
        let variables = variables.to_string().replace("KEY", id);
        let _ = change(
            tidemark.client(),
            document,
            serde_json::from_str(&variables).expect("JSON"),
        )
        .await;
        for stream in &mut streams {
            let end = async { while stream.next().await.is_some_and(|answer| answer["errors"].is_null()) {} };
            let ended = tokio::time::timeout(Duration::from_secs(5), end).await;
            assert!(ended.is_ok(), "{document}");
        }
    }
}

async fn a_key_that_lost_its_permission_logs_nothing_more_anywhere(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let second = Server::start(tidemark.database()).await;
    let input = json!({"name": "backend", "permissions": ["LOG", "QUERY"]});
    let made = change(tidemark.client(), CREATE, json!({"input": input})).await;
    let secret = made["secret"].as_str().expect("a secret");
    let holder = Client::new(second.address(), secret);
    let log = async || {
        let document = "mutation { logEvent(input: {action: \"pageview\"}) { outcome error { code } } }";
        holder.graphql(document, json!({})).await
    };
    for _ in 0..5 {
        for (permissions, may) in [(json!(["LOG", "QUERY"]), true), (json!(["QUERY"]), false)] {
            let input = json!({"key": made["key"]["id"], "permissions": permissions});
            let changed = change(tidemark.client(), UPDATE, json!({"input": input})).await;
            assert_eq!(changed["error"], Value::Null, "{changed:#}");
            if may {
                let begin = Instant::now();
                while !log().await.text.contains("ACCEPTED") {
                    assert!(begin.elapsed() < Duration::from_secs(1), "it may log again");
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            } else {
                // Also before the second instance has read what changed.
                let answer = log().await;
                assert!(answer.text.contains("FORBIDDEN"), "{}", answer.text);
            }
        }
    }
}

async fn nobody_hands_on_more_than_they_may(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let manager = tidemark.client_allowed("log,manage").await;
    let more = json!({"input": {"permissions": ["LOG", "DELETE", "QUERY"]}});
    let answer = manager.graphql(CREATE, more).await;
    assert_eq!(
        (answer.error_code(), answer.error_path()),
        ("FORBIDDEN", "input.permissions"),
        "{}",
        answer.text
    );
    assert!(
        answer.text.contains("query, delete") && !answer.text.contains("tm_"),
        "{}",
        answer.text
    );
    let made = change(&manager, CREATE, json!({"input": {"permissions": ["LOG"]}})).await;
    let id = made["key"]["id"].clone();
    let answer = manager
        .graphql(UPDATE, json!({"input": {"key": id, "permissions": ["DELETE"]}}))
        .await;
    assert_eq!(answer.error_code(), "FORBIDDEN", "{}", answer.text);

    // Nor is a stronger key's secret to be had by rotating it, or its reach by changing it.
    let stronger = change(
        tidemark.client(),
        CREATE,
        json!({"input": {"permissions": ["LOG", "DELETE"]}}),
    )
    .await;
    let id = &stronger["key"]["id"];
    for (document, variables) in [
        (ROTATE, json!({"key": id})),
        (UPDATE, json!({"input": {"key": id, "name": "mine"}})),
        (UPDATE, json!({"input": {"key": id, "permissions": ["LOG"]}})),
    ] {
        let answer = manager.graphql(document, variables).await;
        assert_eq!(answer.error_code(), "FORBIDDEN", "{}", answer.text);
    }
    // Whoever sees a leak may stop it.
    let revoked = change(&manager, REVOKE, json!({"key": id})).await;
    assert_eq!(revoked["key"]["valid"], false, "{revoked:#}");
}

async fn a_key_of_one_site_manages_its_own_keys(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    let everywhere = tidemark.client_of_all_sites("log,manage").await;
    let theirs = change(tidemark.client(), CREATE, json!({"input": {"permissions": ["LOG"]}})).await;
    let of_all = change(&everywhere, CREATE, json!({"input": {"permissions": ["LOG"]}})).await;
    assert_eq!(
        of_all["key"]["site"],
        Value::Null,
        "a key of all sites makes keys of all sites"
    );
    for key in [
        &theirs["key"]["id"],
        &of_all["key"]["id"],
        &json!("tm_000000000000"),
        &json!("1"),
    ] {
        for (document, variables) in [
            (UPDATE, json!({"input": {"key": key, "name": "mine"}})),
            (ROTATE, json!({"key": key})),
            (REVOKE, json!({"key": key})),
        ] {
            let payload = change(&other, document, variables).await;
            // As if there were no such key.
            assert_eq!(payload["error"]["code"], "NOT_FOUND", "{payload:#}");
            assert_eq!(payload["key"], Value::Null);
        }
    }
    let listed = |answer: Answer| {
        let keys = answer.data()["keys"].as_array().expect("a list").clone();
        keys.iter().map(|key| key["site"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(listed(other.graphql(KEYS, json!({})).await), [json!("other")]);
    let answer = other.graphql(KEYS, json!({"site": tidemark.site()})).await;
    assert_eq!(answer.error_code(), "UNKNOWN_SITE");
    let answer = other
        .graphql(
            CREATE,
            json!({"input": {"site": tidemark.site(), "permissions": ["LOG"]}}),
        )
        .await;
    assert_eq!(
        (answer.error_code(), answer.error_path()),
        ("UNKNOWN_SITE", "input.site")
    );

    let shop = json!({"site": tidemark.site()});
    assert_eq!(
        listed(everywhere.graphql(KEYS, shop).await),
        [json!(tidemark.site()), json!(tidemark.site())]
    );
    assert_eq!(listed(everywhere.graphql(KEYS, json!({})).await).len(), 5);
    let made = change(
        &everywhere,
        CREATE,
        json!({"input": {"site": "other", "permissions": ["LOG"]}}),
    )
    .await;
    assert_eq!(made["key"]["site"], "other", "{made:#}");
}

async fn wrong_keys_are_refused_by_field(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let long = "x".repeat(201);
    for (input, path) in [
        (json!({"permissions": []}), "input.permissions"),
        (json!({"permissions": ["LOG"], "name": long}), "input.name"),
        (
            json!({"permissions": ["LOG"], "eventsPerSecond": 0}),
            "input.eventsPerSecond",
        ),
        (
            json!({"permissions": ["LOG"], "expiresAt": "2020-01-01T00:00:00Z"}),
            "input.expiresAt",
        ),
        (json!({"permissions": ["LOG"], "expiresAt": "soon"}), "input.expiresAt"),
        (
            json!({"permissions": ["LOG"], "origins": ["https://a.example", "a"]}),
            "input.origins[1]",
        ),
        (
            json!({"permissions": ["LOG", "QUERY"], "origins": ["https://a.example"]}),
            "input.permissions",
        ),
        (
            json!({"permissions": ["LOG"], "origins": vec!["https://a.example"; 101]}),
            "input.origins",
        ),
    ] {
        let payload = change(tidemark.client(), CREATE, json!({"input": input})).await;
        assert_eq!(payload["error"]["path"], path, "{input}: {payload:#}");
        assert_eq!((&payload["key"], &payload["secret"]), (&Value::Null, &Value::Null));
    }
    let keys = tidemark.client().graphql(KEYS, json!({})).await;
    assert_eq!(keys.data()["keys"].as_array().map(Vec::len), Some(1), "none was made");
}

async fn a_key_knows_when_it_was_last_used(engine: Engine) {
    let mut tidemark = Tidemark::start(engine).await;
    let made = change(tidemark.client(), CREATE, json!({"input": {"permissions": ["LOG"]}})).await;
    let id = made["key"]["id"].clone();
    let client = holder(&tidemark, &made);
    let used = async |tidemark: &Tidemark| {
        let keys = tidemark.client().graphql(KEYS, json!({})).await;
        let keys = keys.data()["keys"].as_array().expect("a list").clone();
        let key = keys.into_iter().find(|key| key["id"] == id).expect("it is listed");
        key["lastUsedAt"]
            .as_str()
            .map(|time| time.parse::<Timestamp>().expect("a time"))
    };
    assert_eq!(used(&tidemark).await, None);
    let wrong = Client::new(
        tidemark.server().address(),
        &format!("{}_{}", id.as_str().expect("an id"), "x".repeat(43)),
    );
    assert!(!opens(&wrong).await, "a wrong secret is no use of the key");
    assert!(opens(&client).await);
    let begin = Instant::now();
    let first = loop {
        if let Some(first) = used(&tidemark).await {
            break first;
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "it is noted within seconds");
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    // A use within the minute is noted when the server stops, at the latest.
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(opens(&client).await);
    tidemark.server_mut().restart().await;
    let second = used(&tidemark).await.expect("it was used");
    assert!(first < second, "{first} {second}");
}
