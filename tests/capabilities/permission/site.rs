//! A key of one site opens no other, and learns nothing of it; a key of all sites says which it means.

use serde_json::{Value, json};
use support::{Engine, Tidemark, app::EVERYTHING, graphql};

use super::{DOORS, code, door::Door};

support::on_both_engines!(
    to_a_key_of_one_site_no_other_exists,
    nothing_of_another_site_is_read_changed_or_inferred,
    a_key_of_all_sites_names_the_site,
);

/// The doors at which a key can name a site; what people may do, people say alone.
fn doors() -> impl Iterator<Item = &'static Door> {
    let of_people = |door: &Door| ["Mutation.setAccountRole", "Mutation.removeAccountRole"].contains(&door.name);
    DOORS.iter().filter(move |door| door.site.is_some() && !of_people(door))
}

/// The path by which an error names the site; a payload's own error is below its input.
fn path(told: &Value) -> Option<&str> {
    told["errors"][0]["extensions"]["path"].as_str()
}

async fn to_a_key_of_one_site_no_other_exists(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    tidemark.accept(vec![json!({"id": "x", "action": "secret"})]).await;
    let key = other.key().expect("it has one")[..15].to_owned();
    assert!(doors().count() > 15);
    for door in doors() {
        let about = async |site: &str| {
            let mut told = door
                .knock(&other, door.on(door.variables(&key, "log"), Some(site)))
                .await;
            // Each request has an id of its own.
            if let Some(id) = told.pointer_mut("/errors/0/extensions/requestId") {
                id.take();
            }
            told
        };
        let theirs = about(tidemark.site()).await;
        assert_eq!(
            code(&theirs).as_deref(),
            Some("UNKNOWN_SITE"),
            "{}: {theirs:#}",
            door.name
        );
        if let Some(path) = path(&theirs) {
            assert_eq!(Some(path), door.site, "{}", door.name);
        }
        // The answer does not tell whether there is such a site.
        let nowhere = about("nowhere").await.to_string().replace("nowhere", tidemark.site());
        assert_eq!(theirs.to_string(), nowhere, "{}", door.name);
    }
}

async fn nothing_of_another_site_is_read_changed_or_inferred(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    let event = json!({"id": "theirs", "action": "secret", "time": "2026-11-18T10:00:00Z", "tag": {"plan": "gold"}});
    tidemark.accept(vec![event.clone(), json!({"action": "more"})]).await;
    assert!(other.event("theirs").await.is_null());
    assert_eq!(other.delete("theirs").await["error"]["code"], "NOT_FOUND");
    let many = other.delete_many(json!({"ids": ["theirs"]})).await;
    assert_eq!((&many["count"], &many["notFound"]), (&json!(0), &json!(["theirs"])));
    let all = other.delete_many(json!({"filter": {}, "dryRun": true})).await;
    assert_eq!(all["count"], 0, "{all:#}");

    // Counts, actors, actions and dimensions are those of one's own.
    let span = json!({"from": "2020-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z"});
    for view in ["actions", "events"] {
        let mut find = span.clone();
        (find["view"], find["groupBy"]) = (json!(view), json!(["action"]));
        let found = other.find_batch(vec![find]).await;
        assert_eq!(found[0]["result"]["total"], 0, "{found:#}");
        assert!(!found.to_string().contains("secret"));
    }
    assert_eq!(other.unique(span.clone()).await["count"], 0);
    let mut received = span;
    received["groupBy"] = json!(["ACTION", "KEY"]);
    let ledger = other.ledger(received).await;
    assert_eq!(
        (&ledger["received"], &ledger["rows"]),
        (&json!(0), &json!([])),
        "{ledger:#}"
    );
    let actions = other.graphql("{ actions { name } }", json!({})).await;
    assert!(!actions.text.contains("secret"), "{}", actions.text);
    let sites = other.graphql("{ sites { name } }", json!({})).await;
    assert_eq!(sites.data()["sites"], json!([{"name": "other"}]));

    // An id that is taken there is free here.
    assert_eq!(other.log(event).await["outcome"], "ACCEPTED");
    assert_eq!(other.delete("theirs").await["count"], 1);
    assert_eq!(
        tidemark.client().event("theirs").await["id"],
        "theirs",
        "that was another"
    );

    // A cursor is a place, and opens nothing.
    let page = tidemark.client().events(json!({"first": 1})).await;
    let cursor = &page["pageInfo"]["endCursor"];
    for arguments in [
        json!({"first": 10, "after": cursor}),
        json!({"last": 10, "before": cursor}),
    ] {
        assert_eq!(other.events(arguments).await["edges"], json!([]));
    }

    // A deletion cannot be seen or taken back by its id, and looks like one that never was.
    let deletion = tidemark.client().delete("theirs").await;
    let id = deletion["deletion"]["id"].as_str().expect("an id");
    let find = "query ($id: ID!) { deletion(id: $id) { id } }";
    for id in [id, "0199a000-0000-7000-8000-000000000000"] {
        assert!(other.graphql(find, json!({"id": id})).await.data()["deletion"].is_null());
        assert_eq!(other.restore(id).await["error"]["code"], "NOT_FOUND");
    }
    assert!(tidemark.client().event("theirs").await.is_null(), "still deleted");

    // How far a scope is tells nothing of how many events others have.
    let manager = tidemark.client_of_all_sites("manage").await;
    let events =
        (0..100).map(|number| json!({"action": "a", "actor": number.to_string(), "tag": {"plan": number.to_string()}}));
    tidemark.accept(events.collect()).await;
    let create = "mutation { createUniqueScope(fields: [\"tag.plan\"]) { name } }";
    let _ = manager.graphql(create, json!({})).await.data();
    let scopes = other
        .graphql("{ uniqueScopes { name backfill { done total } } }", json!({}))
        .await;
    let scopes = scopes.data()["uniqueScopes"].as_array().expect("a list").clone();
    let plan = scopes
        .iter()
        .find(|scope| scope["name"] == "<tag.plan>")
        .expect("it is listed");
    let total = plan["backfill"]["total"].as_i64().unwrap_or(0);
    assert!(total <= 1, "of one's own event alone: {plan:#}");
    // Nor may one site take from all what all have.
    for document in [
        create,
        "mutation { deleteUniqueScope(fields: [\"tag.plan\"]) { name } }",
    ] {
        assert_eq!(other.graphql(document, json!({})).await.error_code(), "FORBIDDEN");
    }
    // A name that another site has is free.
    let view = "mutation { createView(input: {name: \"mine\", dimensions: [\"label\"]}) { name } }";
    let _ = tidemark.client().graphql(view, json!({})).await.data();
    let _ = other.graphql(view, json!({})).await.data();
    let _ = other
        .graphql("mutation { deleteView(name: \"mine\") { name } }", json!({}))
        .await
        .data();
    let views = tidemark.client().graphql("{ views { name } }", json!({})).await;
    assert!(views.text.contains("mine"), "{}", views.text);
}

async fn a_key_of_all_sites_names_the_site(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    let client = tidemark.client_of_all_sites(EVERYTHING).await;
    let key = client.key().expect("it has one")[..15].to_owned();
    for door in doors() {
        let told = door.knock(&client, door.variables(&key, "log")).await;
        // These are asked of all sites at once where none is named.
        let of_all = [
            "Query.keys",
            "Query.audit",
            "Query.ledger",
            "Query.tagTypes",
            "Mutation.createKey",
        ]
        .contains(&door.name);
        let expected = (!of_all).then_some("SITE_REQUIRED");
        assert_eq!(code(&told).as_deref(), expected, "{}: {told:#}", door.name);
    }
    let payload = client
        .log_many(vec![
            json!({"site": "other", "id": "1", "action": "a"}),
            json!({"action": "a"}),
            json!({"site": tidemark.site(), "id": "2", "action": "a"}),
        ])
        .await;
    assert_eq!(payload["accepted"], 2, "{payload:#}");
    assert_eq!(payload["outcomes"][1]["error"]["code"], "SITE_REQUIRED");
    assert_eq!(other.event("1").await["action"], "a");
    assert!(other.event("2").await.is_null());
    let read = client
        .graphql(graphql::EVENT, json!({"site": tidemark.site(), "id": "2"}))
        .await;
    assert_eq!(read.data()["event"]["id"], "2");
    let sites = client.graphql("{ sites { name } }", json!({})).await;
    assert_eq!(
        sites.data()["sites"],
        json!([{"name": "other"}, {"name": tidemark.site()}])
    );
}
