//! Profiles: what is known of actors and companies can be asked like any dimension, and goes with whom it is of.

use reqwest::Method;
use serde_json::{Value, json};
use support::{Client, Engine, Tidemark};

mod touch;

support::on_both_engines!(
    traits_are_dimensions_of_raw_events,
    a_trait_may_be_called_like_what_is_computed_of_events,
    who_is_forgotten_leaves_no_profile,
    a_profile_is_its_sites_own,
    racing_calls_lose_nothing,
);

const FROM: &str = "2000-01-01T00:00:00Z";
const TO: &str = "2060-01-01T00:00:00Z";

async fn say(client: &Client, path: &str, body: &Value) {
    let key = client.key().expect("a key");
    let request = client
        .without_key()
        .request(Method::POST, path)
        .basic_auth(key, Some(""));
    let answer = client.send(request.json(body)).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
}

async fn actor(client: &Client, id: &str) -> Value {
    let document =
        "query ($id: ID!) { actor(id: $id) { id aliases traits events(first: 100) { edges { node { action } } } } }";
    client.graphql(document, json!({"id": id})).await.data()["actor"].clone()
}

/// Counts of raw events by the values of a dimension.
async fn by(client: &Client, dimension: &str, conditions: Value) -> Vec<(Value, i64)> {
    let input = json!({"view": "events", "from": FROM, "to": TO, "groupBy": [dimension], "where": conditions});
    let found = client.find(input).await;
    let rows = found["rows"].as_array().expect("a list").iter();
    let mut rows: Vec<_> = rows
        .map(|row| {
            (
                row["dimensions"][dimension].clone(),
                row["count"].as_i64().expect("a number"),
            )
        })
        .collect();
    rows.sort_by_key(|(value, _)| value.to_string());
    rows
}

async fn traits_are_dimensions_of_raw_events(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    say(client, "/v1/batch", &json!({"batch": [
        {"type": "track", "event": "looked", "anonymousId": "d1"},
        {"type": "identify", "userId": "ada", "anonymousId": "d1", "traits": {"plan": "pro", "age": 36, "address": {"city": "London"}}},
        {"type": "identify", "userId": "bob", "traits": {"plan": "free", "age": 40}},
        {"type": "group", "userId": "ada", "groupId": "acme", "traits": {"size": 7}},
        {"type": "track", "event": "bought", "userId": "ada", "context": {"groupId": "acme"}},
        {"type": "track", "event": "bought", "userId": "ada"},
        {"type": "track", "event": "bought", "userId": "bob"},
        {"type": "track", "event": "bought", "userId": "nobody"},
    ]})).await;
    let plain = |rows: &[(Value, i64)]| rows.to_vec();
    assert_eq!(
        by(client, "actor.plan", json!([])).await,
        plain(&[(json!("free"), 1), (json!("pro"), 3), (Value::Null, 1)])
    );
    assert_eq!(
        by(client, "actor.age", json!([])).await,
        plain(&[(json!(36), 3), (json!(40), 1), (Value::Null, 1)])
    );
    assert_eq!(
        by(client, "actor.address.city", json!([])).await,
        plain(&[(json!("London"), 3), (Value::Null, 2)])
    );
    assert_eq!(
        by(client, "company.size", json!([])).await,
        plain(&[(json!(7), 1), (Value::Null, 4)])
    );
    for (dimension, op, value, total) in [
        ("actor.plan", "EQ", json!("pro"), 3),
        ("actor.plan", "NE", json!("pro"), 2),
        ("actor.plan", "IN", json!(["pro", "free"]), 4),
        ("actor.plan", "EXISTS", json!(false), 1),
        ("actor.plan", "PREFIX", json!("fr"), 1),
        ("actor.age", "GT", json!(36), 1),
        ("actor.age", "LTE", json!(40), 4),
        ("company.size", "EQ", json!(7), 1),
    ] {
        let conditions = json!([{"dimension": dimension, "op": op, "value": value}]);
        let rows = by(client, "action", conditions).await;
        let sum: i64 = rows.iter().map(|(_, n)| n).sum();
        assert_eq!(sum, total, "{dimension} {op}: {rows:?}");
    }
    // What is said later is what is known now, of what was done before as well.
    say(
        client,
        "/v1/identify",
        &json!({"userId": "bob", "traits": {"plan": "pro"}}),
    )
    .await;
    assert_eq!(
        by(client, "actor.plan", json!([])).await,
        plain(&[(json!("pro"), 4), (Value::Null, 1)])
    );
    // A view counts once and for all; what changes later is none of its dimensions.
    let ask = "query ($input: FindInput!) { find(input: $input) { total } }";
    let input = json!({"view": "actions", "from": FROM, "to": TO, "groupBy": ["actor.plan"]});
    assert_eq!(
        client.graphql(ask, json!({"input": input})).await.error_code(),
        "UNKNOWN_DIMENSION"
    );
    let declare = "mutation { createView(input: {name: \"plans\", dimensions: [\"actor.plan\"]}) { name } }";
    assert_eq!(
        client.graphql(declare, json!({})).await.error_code(),
        "UNKNOWN_DIMENSION"
    );
    let filter = "{ events(filter: {where: [{dimension: \"actor.plan\", value: \"pro\"}]}) { edges { cursor } } }";
    assert_eq!(
        client.graphql(filter, json!({})).await.error_code(),
        "UNKNOWN_DIMENSION"
    );
}

async fn a_trait_may_be_called_like_what_is_computed_of_events(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    say(
        client,
        "/v1/batch",
        &json!({"batch": [
            {"type": "identify", "userId": "ada", "traits": {"traffic_source": "mail", "plan": "pro"}},
            {"type": "group", "userId": "ada", "groupId": "acme", "traits": {"traffic_source": "fair"}},
            {"type": "track", "event": "bought", "userId": "ada", "properties": {"traffic_source": "made up", "n": 1}},
            // What is added later leaves it as it is.
            {"type": "identify", "userId": "ada", "traits": {"plan": "free"}},
        ]}),
    )
    .await;
    assert_eq!(
        actor(client, "ada").await["traits"],
        json!({"traffic_source": "mail", "plan": "free"})
    );
    let company = "query { company(id: \"acme\") { traits } }";
    let acme = client.graphql(company, json!({})).await;
    assert_eq!(acme.data()["company"]["traits"], json!({"traffic_source": "fair"}));
    assert_eq!(
        by(client, "actor.traffic_source", json!([])).await,
        [(json!("mail"), 1)]
    );
    // Of an event it is computed all the same.
    assert_eq!(by(client, "traffic_source", json!([])).await, [(json!("direct"), 1)]);
}

async fn who_is_forgotten_leaves_no_profile(engine: Engine) {
    let tidemark = Tidemark::builder(engine).flag("--purge-interval", "15s").start().await;
    let client = tidemark.client().clone();
    say(&client, "/v1/batch", &json!({"batch": [
        {"type": "track", "event": "looked", "anonymousId": "secret device"},
        {"type": "identify", "userId": "secret ada", "anonymousId": "secret device", "traits": {"email": "secret@example.com"}},
        {"type": "identify", "userId": "bob", "traits": {"email": "bob@example.com"}},
        {"type": "track", "event": "bought", "userId": "secret ada"},
        {"type": "track", "event": "bought", "userId": "bob"},
    ]})).await;
    // What is deleted of what somebody did says nothing of what is known of them.
    let some = json!({"filter": {"where": [{"dimension": "actor", "value": "bob"}, {"dimension": "action", "value": "bought"}]}});
    let _ = client.delete_many(some).await;
    assert_eq!(
        actor(&client, "bob").await["traits"],
        json!({"email": "bob@example.com"})
    );
    // By any of the ids everything of all of them goes.
    let deleted = client.delete_many(json!({"actor": "secret device"})).await;
    assert_eq!(deleted["count"], 2, "{deleted:#}");
    for id in ["secret ada", "secret device"] {
        assert_eq!(actor(&client, id).await, Value::Null);
    }
    let _ = client.restore(deleted["deletion"]["id"].as_str().expect("an id")).await;
    let ada = actor(&client, "secret device").await;
    assert_eq!(
        (&ada["id"], &ada["traits"]),
        (&json!("secret ada"), &json!({"email": "secret@example.com"}))
    );
    let _ = client.delete_many(json!({"actor": "secret ada"})).await;
    let begin = std::time::Instant::now();
    loop {
        let answer = client
            .graphql("{ deletions(first: 1) { nodes { state } } }", json!({}))
            .await;
        if answer.data()["deletions"]["nodes"][0]["state"] == "PURGED" {
            break;
        }
        assert!(begin.elapsed() < std::time::Duration::from_secs(60), "{}", answer.text);
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert_eq!(actor(&client, "secret ada").await, Value::Null);
    // Who comes back begins anew.
    say(
        &client,
        "/v1/identify",
        &json!({"userId": "secret ada", "traits": {"plan": "new"}}),
    )
    .await;
    assert_eq!(actor(&client, "secret ada").await["traits"], json!({"plan": "new"}));
}

async fn a_profile_is_its_sites_own(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let (client, other) = (tidemark.client(), tidemark.another_site("other").await);
    say(
        client,
        "/v1/identify",
        &json!({"userId": "ada", "traits": {"plan": "pro"}}),
    )
    .await;
    say(
        &other,
        "/v1/identify",
        &json!({"userId": "ada", "traits": {"plan": "free"}}),
    )
    .await;
    assert_eq!(actor(client, "ada").await["traits"], json!({"plan": "pro"}));
    assert_eq!(actor(&other, "ada").await["traits"], json!({"plan": "free"}));
    // What is known there of somebody of whom nothing is known here: other names, companies, subscriptions, events.
    say(
        client,
        "/v1/batch",
        &json!({"batch": [
            {"type": "track", "event": "secret", "anonymousId": "phone"},
            {"type": "identify", "userId": "bob", "anonymousId": "phone", "traits": {"plan": "hidden"}},
            {"type": "group", "userId": "bob", "groupId": "acme", "traits": {"size": 7}},
            {"type": "track", "event": "secret", "userId": "bob", "context": {"groupId": "acme"}},
        ]}),
    )
    .await;
    let company = "query ($id: ID!) { company(id: $id) { id traits subscriptions { id } } }";
    for id in ["bob", "phone"] {
        assert_eq!(actor(&other, id).await, Value::Null, "{id}");
    }
    let found = other.graphql(company, json!({"id": "acme"})).await;
    assert!(found.data()["company"].is_null(), "{}", found.text);
    // The same ids, used here, are somebody else's.
    say(
        &other,
        "/v1/batch",
        &json!({"batch": [
            {"type": "track", "event": "ours", "anonymousId": "phone"},
            {"type": "track", "event": "ours", "userId": "bob", "context": {"groupId": "acme"}},
        ]}),
    )
    .await;
    let phone = actor(&other, "phone").await;
    assert_eq!(
        (&phone["id"], &phone["aliases"], &phone["traits"]),
        (&json!("phone"), &json!([]), &json!({})),
        "{phone:#}"
    );
    assert_eq!(
        phone["events"]["edges"],
        json!([{"node": {"action": "ours"}}]),
        "{phone:#}"
    );
    for dimension in ["actor.plan", "company.size"] {
        assert_eq!(
            by(&other, dimension, json!([])).await,
            [(Value::Null, 2)],
            "{dimension}"
        );
        for (op, value) in [("EQ", json!("hidden")), ("EQ", json!(7)), ("EXISTS", json!(true))] {
            let conditions = json!([{"dimension": dimension, "op": op, "value": value}]);
            assert_eq!(by(&other, "action", conditions).await, [], "{dimension} {op}");
        }
    }
    // Nor does what is deleted here take anything there.
    let deleted = other.delete_many(json!({"actor": "bob"})).await;
    assert_eq!(deleted["count"], 1, "{deleted:#}");
    assert_eq!(actor(client, "bob").await["traits"], json!({"plan": "hidden"}));
    assert_eq!(actor(client, "phone").await["id"], "bob");
    let acme = client.graphql(company, json!({"id": "acme"})).await;
    assert_eq!(acme.data()["company"]["traits"], json!({"size": 7}), "{}", acme.text);
}

async fn racing_calls_lose_nothing(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client().clone();
    let calls = (0..40).map(|number| {
        let client = client.clone();
        async move {
            let name = format!("trait {}", number % 20);
            let (one, other) = if number % 2 == 0 {
                ("ada", "bob")
            } else {
                ("bob", "ada")
            };
            let identify =
                |user: &str| json!({"type": "identify", "userId": user, "traits": {&name: true, "all": {&name: true}}});
            say(
                &client,
                "/v1/batch",
                &json!({"batch": [identify(one), identify(other)]}),
            )
            .await;
        }
    });
    futures_util::future::join_all(calls).await;
    for id in ["ada", "bob"] {
        let traits = actor(&client, id).await["traits"].clone();
        assert_eq!(traits.as_object().map(serde_json::Map::len), Some(21), "{traits:#}");
        assert_eq!(
            traits["all"].as_object().map(serde_json::Map::len),
            Some(20),
            "{traits:#}"
        );
    }
    // Each becomes the other's name at once: one of them wins, and nothing goes in circles.
    let alias = |previous: &'static str, user: &'static str| {
        let client = client.clone();
        async move { say(&client, "/v1/alias", &json!({"previousId": previous, "userId": user})).await }
    };
    let _ = futures_util::future::join(alias("ada", "bob"), alias("bob", "ada")).await;
    let (ada, bob) = (actor(&client, "ada").await, actor(&client, "bob").await);
    assert_eq!(ada["id"], bob["id"]);
    assert_eq!(ada["aliases"].as_array().map(Vec::len), Some(1), "{ada:#}");
}
