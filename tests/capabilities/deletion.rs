//! Deletion in two stages: gone from every answer at once, restorable until the purge, then gone from the disk.

use std::{
    fs,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use support::{Engine, Tidemark};

mod held;
mod purge;
mod refusal;

support::on_both_engines!(
    a_deleted_event_is_gone_from_every_answer_at_once_and_comes_back,
    deletions_by_ids_filter_and_actor_hide_exactly_those,
    a_dry_run_only_counts,
    a_large_deletion_is_right_while_it_is_worked_off,
    what_is_logged_after_a_large_deletion_is_not_under_it,
    deletions_are_listed_page_by_page,
);

const DAY: [&str; 2] = ["2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z"];
const LIMIT: Duration = Duration::from_secs(60);

fn event(number: usize) -> Value {
    json!({
        "id": format!("event {number}"),
        "action": if number.is_multiple_of(2) { "even" } else { "odd" },
        "time": format!("2026-11-18T{:02}:{:02}:00Z", number % 24, number % 60),
        "actor": format!("user {}", number % 5),
        "tag": {"network": format!("network {}", number % 3), "number": number},
    })
}

/// What every kind of answer says: the view's total, the raw total, unique actors, and the listed ids.
async fn answers(tidemark: &Tidemark) -> (i64, i64, i64, Vec<String>) {
    let document = "query ($view: FindInput!, $raw: FindInput!, $unique: UniqueInput!) { \
         view: find(input: $view) { total } raw: find(input: $raw) { total } unique(input: $unique) { count } \
         events(first: 1000, orderBy: TIME_ASCENDING) { edges { node { id } } } actions { count } }";
    let variables = json!({
        "view": {"view": "networks", "from": DAY[0], "to": DAY[1]},
        "raw": {"view": "events", "from": DAY[0], "to": DAY[1]},
        "unique": {"from": DAY[0], "to": DAY[1]},
    });
    let answer = tidemark.client().graphql(document, variables).await;
    let data = answer.data();
    let count = |value: &Value| value.as_i64().expect("a count");
    let edges = data["events"]["edges"].as_array().expect("a list");
    let ids: Vec<_> = edges
        .iter()
        .map(|edge| edge["node"]["id"].as_str().expect("an id").to_owned())
        .collect();
    let actions = data["actions"].as_array().expect("a list");
    let of_actions: i64 = actions.iter().map(|action| count(&action["count"])).sum();
    assert_eq!(of_actions, count(&data["view"]["total"]), "{data:#}");
    (
        count(&data["view"]["total"]),
        count(&data["raw"]["total"]),
        count(&data["unique"]["count"]),
        ids,
    )
}

async fn exported(tidemark: &Tidemark) -> String {
    let arguments = ["export", "events", "--site", tidemark.site()];
    tidemark.command(&arguments).await.success()
}

pub(super) async fn await_state(tidemark: &Tidemark, id: &Value, wanted: &str) {
    let begin = Instant::now();
    loop {
        let query = "query ($id: ID!) { deletion(id: $id) { state total done } }";
        let answer = tidemark.client().graphql(query, json!({"id": id})).await;
        let deletion = &answer.data()["deletion"];
        if deletion["state"] == wanted {
            return;
        }
        assert!(begin.elapsed() < LIMIT, "the deletion stays {deletion}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn a_deleted_event_is_gone_from_every_answer_at_once_and_comes_back(engine: Engine) {
    // Folded or not, it makes no difference.
    for folded in [true, false] {
        let interval = if folded { "10ms" } else { "1h" };
        let tidemark = Tidemark::builder(engine)
            .flag("--fold-interval", interval)
            .start()
            .await;
        tidemark.accept((0..6).map(event).collect()).await;
        if folded {
            tidemark.await_folded().await;
        }
        assert_eq!(answers(&tidemark).await.0, 6);
        let deleted = tidemark.client().delete("event 4").await;
        assert_eq!(deleted["count"], 1, "{deleted:#}");
        let (view, raw, unique, ids) = answers(&tidemark).await;
        // `user 4` did nothing else.
        assert_eq!((view, raw, unique), (5, 5, 4));
        assert!(!ids.contains(&"event 4".to_owned()) && ids.len() == 5, "{ids:?}");
        assert_eq!(tidemark.client().event("event 4").await, Value::Null);
        assert!(!exported(&tidemark).await.contains("event 4"));
        let again = tidemark.client().log(event(4)).await;
        assert_eq!(again["outcome"], "DUPLICATE", "{again:#}");

        let id = deleted["deletion"]["id"].as_str().expect("an id");
        let restored = tidemark.client().restore(id).await;
        assert_eq!((&restored["count"], &restored["error"]), (&json!(1), &Value::Null));
        let (view, raw, unique, ids) = answers(&tidemark).await;
        assert_eq!((view, raw, unique, ids.len()), (6, 6, 5, 6));
        assert_eq!(tidemark.client().event("event 4").await["id"], "event 4");
        assert!(exported(&tidemark).await.contains("event 4"));
        let twice = tidemark.client().restore(id).await;
        assert_eq!(twice["error"]["code"], "NOT_RESTORABLE", "{twice:#}");
    }
}

async fn deletions_by_ids_filter_and_actor_hide_exactly_those(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    tidemark.accept((0..30).map(event).collect()).await;
    tidemark.await_folded().await;
    let ids = json!({"ids": ["event 1", "nobody knows", "event 2", "event 2"]});
    let deleted = tidemark.client().delete_many(ids.clone()).await;
    assert_eq!(
        (&deleted["count"], &deleted["notFound"]),
        (&json!(2), &json!(["nobody knows"]))
    );
    let again = tidemark.client().delete_many(ids).await;
    assert_eq!((&again["count"], &again["deletion"]), (&json!(0), &Value::Null));
    assert_eq!(answers(&tidemark).await.0, 28);

    // Of the 10 of this network one is hidden already.
    let condition = json!({"dimension": "tag.network", "value": "network 1"});
    let filter = json!({"filter": {"where": [condition], "from": DAY[0], "to": DAY[1]}});
    let deleted = tidemark.client().delete_many(filter).await;
    assert_eq!(deleted["count"], 9, "{deleted:#}");
    let (view, raw, unique, _) = answers(&tidemark).await;
    assert_eq!((view, raw, unique), (19, 19, 5));

    // 3, 8, 18, 23: 13 and 28 went with their network.
    let deleted = tidemark.client().delete_many(json!({"actor": "user 3"})).await;
    assert_eq!(deleted["count"], 4, "{deleted:#}");
    let (view, raw, unique, ids) = answers(&tidemark).await;
    assert_eq!((view, raw, unique, ids.len()), (15, 15, 4, 15));
}

async fn a_dry_run_only_counts(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    tidemark.accept((0..10).map(event).collect()).await;
    for input in [
        json!({"ids": ["event 0", "event 5", "x"], "dryRun": true}),
        json!({"actor": "user 0", "dryRun": true}),
        json!({"filter": {"where": [{"dimension": "tag.number", "op": "IN", "value": [0, 5]}]}, "dryRun": true}),
    ] {
        let told = tidemark.client().delete_many(input).await;
        assert_eq!(
            (&told["count"], &told["deletion"]),
            (&json!(2), &Value::Null),
            "{told:#}"
        );
    }
    assert_eq!(answers(&tidemark).await.0, 10);
}

async fn a_large_deletion_is_right_while_it_is_worked_off(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--deletion-slice-events", "3")
        .start()
        .await;
    tidemark.accept((0..200).map(event).collect()).await;
    tidemark.await_folded().await;
    let filter = |value: &str| json!({"filter": {"where": [{"dimension": "action", "value": value}]}});
    let even = tidemark.client().delete_many(filter("even")).await;
    assert_eq!(even["count"], 100, "{even:#}");
    // A second one over the first takes only what is left.
    let actor = tidemark.client().delete_many(json!({"actor": "user 1"})).await;
    assert_eq!(actor["count"], 20, "{actor:#}");
    loop {
        let (view, raw, unique, ids) = answers(&tidemark).await;
        assert_eq!((view, raw, unique, ids.len()), (80, 80, 4, 80));
        let answer = tidemark
            .client()
            .graphql("{ deletions(states: [HIDING]) { nodes { state } } }", json!({}))
            .await;
        if !answer.text.contains("HIDING") {
            break;
        }
    }
    for (deletion, after) in [(even, 180), (actor, 200)] {
        let id = &deletion["deletion"]["id"];
        let restored = tidemark.client().restore(id.as_str().expect("an id")).await;
        assert_eq!(restored["error"], Value::Null, "{restored:#}");
        await_state(&tidemark, id, "RESTORED").await;
        let (view, raw, _, ids) = answers(&tidemark).await;
        assert_eq!((view, raw, ids.len()), (after, after, after as usize));
    }
}

async fn what_is_logged_after_a_large_deletion_is_not_under_it(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--deletion-slice-events", "3")
        .start()
        .await;
    tidemark.accept((0..100).map(event).collect()).await;
    let deleted = tidemark.client().delete_many(json!({"actor": "user 0"})).await;
    assert_eq!(deleted["count"], 20, "{deleted:#}");
    let mut late = event(0);
    late["id"] = json!("late");
    tidemark.accept(vec![late]).await;
    assert_eq!(tidemark.client().event("late").await["id"], "late");
    assert_eq!(answers(&tidemark).await.0, 81);
    await_state(&tidemark, &deleted["deletion"]["id"], "HIDDEN").await;
    let (view, raw, unique, _) = answers(&tidemark).await;
    assert_eq!((view, raw, unique), (81, 81, 5));
    assert_eq!(tidemark.client().event("late").await["id"], "late");
}

async fn deletions_are_listed_page_by_page(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    tidemark.accept((0..10).map(event).collect()).await;
    let mut made = Vec::new();
    for number in 0..5 {
        let deleted = tidemark.client().delete(&format!("event {number}")).await;
        made.push(deleted["deletion"]["id"].as_str().expect("an id").to_owned());
    }
    assert_eq!(tidemark.client().restore(&made[1]).await["count"], 1);
    made.reverse();
    let document = "query ($states: [DeletionState!], $first: Int, $after: String) { \
         deletions(states: $states, first: $first, after: $after) { edges { cursor node { id } } nodes { id } \
         pageInfo { hasNextPage hasPreviousPage endCursor } } }";
    let ask = async |variables: Value| tidemark.client().graphql(document, variables).await;
    let (mut found, mut after) = (Vec::new(), Value::Null);
    loop {
        let answer = ask(json!({"first": 2, "after": after})).await;
        let page = answer.data()["deletions"].clone();
        let ids = page["nodes"].as_array().expect("a list").iter();
        found.extend(ids.map(|node| node["id"].as_str().expect("an id").to_owned()));
        assert_eq!(page["pageInfo"]["hasPreviousPage"], !after.is_null());
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(found, made, "the latest first");
    let answer = ask(json!({"states": ["RESTORED", "RESTORING"]})).await;
    assert_eq!(answer.data()["deletions"]["nodes"], json!([{"id": made[3]}]));

    // Another site's deletion is no place in this list.
    let other = tidemark.another_site("other").await;
    let _ = other.log(event(7)).await;
    let foreign = other.delete("event 7").await["deletion"]["id"].clone();
    for (variables, code, path) in [
        (json!({"first": 0}), "INVALID_ARGUMENT", "first"),
        (json!({"first": 1_001}), "INVALID_ARGUMENT", "first"),
        (json!({"after": "nonsense"}), "INVALID_CURSOR", "after"),
        (json!({"after": "\0"}), "INVALID_CURSOR", "after"),
        (json!({ "after": foreign }), "INVALID_CURSOR", "after"),
        (json!({"states": ["GONE"]}), "INVALID_ARGUMENT", "states[0]"),
    ] {
        let answer = ask(variables).await;
        let told = (answer.error_code(), answer.error()["extensions"]["path"].as_str());
        // A variable of the wrong kind is told by its own name.
        let path = told.1.filter(|told| told.ends_with(path)).unwrap_or(path);
        assert_eq!(told, (code, Some(path)), "{}", answer.text);
    }
}

/// Every byte of the data folder.
pub(super) fn bytes_on_disk(tidemark: &Tidemark) -> Vec<u8> {
    let files = fs::read_dir(tidemark.database().folder().path()).expect("the folder is there");
    let files = files.map(|file| file.expect("a file").path());
    files
        .filter(|path| path.is_file())
        .flat_map(|path| fs::read(path).expect("it can be read"))
        .collect()
}
