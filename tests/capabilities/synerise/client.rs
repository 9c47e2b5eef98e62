//! Clients: all ids that come together are one actor's.

use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{BATCH, CUSTOM, accept, custom, events};

support::on_both_engines!(
    ids_that_come_together_are_one_actors,
    ids_of_one_list_are_joined_in_order,
    ids_that_are_one_text_go_round_in_no_circle,
);

fn by(ids: Value) -> Value {
    custom(json!({"client": ids}))
}

async fn actor(tidemark: &Tidemark, id: &str) -> Value {
    let document =
        "query ($id: ID!) { actor(id: $id) { id aliases traits events(first: 20) { edges { node { id } } } } }";
    let answer = tidemark.client().graphql(document, json!({"id": id})).await;
    answer.data()["actor"].clone()
}

async fn ids_that_come_together_are_one_actors(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    for ids in [
        json!({"email": "Ada@Example.com"}),
        json!({"email": "ada@example.com", "customId": "c-7", "id": 5}),
        json!({"id": 5}),
        json!({"customId": "c-7"}),
        // A number is another id than the same number of the customer's own.
        json!({"customId": "5"}),
        json!({"uuid": "u-9", "email": "bob@example.com"}),
        json!({"email": "BOB@example.com"}),
        // Whoever comes with another uuid and the same address is the same somebody under that from now on.
        json!({"uuid": "u-10", "email": "bob@example.com"}),
        json!({"uuid": "u-9"}),
        json!({"email": "bob@example.com"}),
    ] {
        accept(client, CUSTOM, by(ids)).await;
    }
    let found = events(&tidemark).await;
    let actors: Vec<_> = found.iter().filter_map(|event| event["actor"].as_str()).collect();
    let own = actors[0];
    let uuid = uuid::Uuid::parse_str(own).expect("a UUID");
    assert_eq!(uuid.get_version_num(), 5);
    assert_eq!(actors, [own, own, own, own, "5", "u-9", "u-9", "u-10", "u-10", "u-10"]);
    assert!(found.iter().all(|event| event["tag"]["uuid"] == event["actor"]));
    for id in [own, "c-7", "id:5", "ada@example.com"] {
        let ada = actor(&tidemark, id).await;
        assert_eq!(ada["id"], own, "{id}");
        assert_eq!(ada["aliases"], json!(["ada@example.com", "c-7", "id:5"]));
        assert_eq!(ada["traits"], json!({"email": "Ada@Example.com", "customId": "c-7"}));
        assert_eq!(ada["events"]["edges"].as_array().map(Vec::len), Some(4));
    }
    assert_eq!(actor(&tidemark, "5").await["aliases"], json!([]));
    let bob = actor(&tidemark, "u-10").await;
    assert_eq!(bob["aliases"], json!(["bob@example.com", "u-9"]));
    assert_eq!(bob["events"]["edges"].as_array().map(Vec::len), Some(5));
    // Another site has a namespace of its own.
    let other = tidemark.another_site("other").await;
    accept(&other, CUSTOM, by(json!({"email": "ada@example.com"}))).await;
    let page = other.events(json!({"first": 1})).await;
    assert_ne!(page["edges"][0]["node"]["actor"], own);
}

async fn ids_of_one_list_are_joined_in_order(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let list = json!([
        by(json!({"customId": "c-1"})),
        by(json!({"customId": "c-1", "email": "ada@example.com"})),
        by(json!({"email": "ada@example.com"})),
        by(json!({"uuid": "u-1", "email": "ada@example.com"})),
        by(json!({"customId": "c-1"})),
    ]);
    accept(client, BATCH, list.clone()).await;
    // Once more, when all of that is known.
    accept(client, BATCH, list).await;
    let found = events(&tidemark).await;
    let actors: Vec<_> = found.iter().filter_map(|event| event["actor"].as_str()).collect();
    // An e-mail address that nobody has yet brings a uuid with it.
    let made = actors[1];
    assert_eq!(uuid::Uuid::parse_str(made).expect("a UUID").get_version_num(), 5);
    assert_eq!(actors[..5], ["c-1", made, made, "u-1", "u-1"]);
    assert_eq!(actors[5..], ["u-1"; 5]);
    let ada = actor(&tidemark, "ada@example.com").await;
    let mut names = ["ada@example.com", "c-1", made];
    names.sort_unstable();
    assert_eq!((&ada["id"], &ada["aliases"]), (&json!("u-1"), &json!(names)));
    assert_eq!(ada["events"]["edges"].as_array().map(Vec::len), Some(10));
}

/// A customer may well number clients by their e-mail addresses; to look for whoever goes by both must come to an end.
async fn ids_that_are_one_text_go_round_in_no_circle(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let both = json!({"uuid": "u-1", "customId": "ada@example.com", "email": "ada@example.com"});
    accept(client, CUSTOM, by(both.clone())).await;
    let without = json!({"customId": "bob@example.com", "email": "Bob@example.com"});
    accept(client, CUSTOM, by(without)).await;
    let around = [
        json!({"uuid": "a", "customId": "b"}),
        json!({"uuid": "b", "customId": "a"}),
        both,
    ];
    accept(client, BATCH, around.into_iter().map(by).collect()).await;
    let found = events(&tidemark).await;
    let actors: Vec<_> = found.iter().filter_map(|event| event["actor"].as_str()).collect();
    assert_eq!((actors.len(), actors[0], actors[4]), (5, "u-1", "u-1"), "{actors:?}");
    assert_eq!(actor(&tidemark, "ada@example.com").await["id"], "u-1");
    assert_eq!(actors[2], actor(&tidemark, "b").await["id"]);
}
