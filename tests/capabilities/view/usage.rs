//! What views and scopes keep and how often they are asked: whoever declared one sees whether it is worth its room.

use serde_json::{Value, json};
use support::{Client, Engine, Tidemark};

support::on_both_engines!(
    what_is_kept_and_asked_is_told,
    a_site_tells_nothing_of_anothers_questions,
);

const LIST: &str = "{ views { name usage { rows more questions lastAskedAt } } \
                    uniqueScopes { name usage { rows more questions lastAskedAt } } }";

/// The usage of a view or scope.
async fn usage(client: &Client, name: &str) -> Value {
    let answer = client.graphql(LIST, json!({})).await;
    let data = answer.data();
    let lists = [&data["views"], &data["uniqueScopes"]];
    let mut all = lists
        .into_iter()
        .flat_map(|list| list.as_array().expect("a list").clone());
    all.find(|one| one["name"] == name).expect("it is listed")["usage"].clone()
}

/// Waits until so many questions are told: they are written down every few seconds.
async fn await_questions(client: &Client, name: &str, questions: u64) -> Value {
    for _ in 0..300 {
        let told = usage(client, name).await;
        if told["questions"] == questions {
            return told;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{name}: {} and not {questions} questions", usage(client, name).await);
}

fn day(view: &str) -> Value {
    json!({"view": view, "from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z"})
}

async fn what_is_kept_and_asked_is_told(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--max-event-age", "none")
        .start()
        .await;
    let client = tidemark.client();
    assert_eq!(usage(client, "events").await, Value::Null, "it keeps nothing");
    let nothing = json!({"rows": 0, "more": false, "questions": 0, "lastAskedAt": null});
    assert_eq!(usage(client, "countries").await, nothing);
    let events = (0..6).map(|index| {
        json!({"action": "a", "time": format!("2026-11-01T0{}:30:00Z", index % 2), "country": (["AT", "DE", "FR"][index % 3]),
               "actor": index.to_string(), "tag": {"network": "north"}})
    });
    tidemark.accept(events.collect()).await;
    tidemark.await_folded().await;
    // A row for each country in each of two hours, and in the day.
    assert_eq!(usage(client, "countries").await["rows"], 9);
    assert_eq!(
        usage(client, "<tag.network>").await["rows"],
        2,
        "of the action, and of any"
    );
    for _ in 0..3 {
        assert_eq!(client.find(day("countries")).await["total"], 6);
    }
    let who = json!({"scope": ["tag.network"], "where": [{"dimension": "tag.network", "value": "north"}],
                     "from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z"});
    assert_eq!(client.unique(who).await["count"], 6);
    // What is refused is no use of it.
    let mut wrong = day("countries");
    wrong["groupBy"] = json!(["device"]);
    let document = "query ($input: FindInput!) { find(input: $input) { total } }";
    let refused = client.graphql(document, json!({"input": wrong})).await;
    assert_eq!(refused.error_code(), "UNKNOWN_DIMENSION");
    let told = await_questions(client, "countries", 3).await;
    assert!(told["lastAskedAt"].is_string(), "{told}");
    assert_eq!(await_questions(client, "<tag.network>", 1).await["more"], false);
    // Declared again under its name, it is another view, which nobody has asked.
    let declare = "mutation { createView(input: {name: \"mine\", dimensions: [\"country\"]}) { name usage { rows } } }";
    let made = client.graphql(declare, json!({})).await;
    assert_eq!(made.data()["createView"]["usage"], Value::Null);
    let _ = client.find(day("mine")).await;
    let _ = await_questions(client, "mine", 1).await;
    let remove = "mutation { deleteView(name: \"mine\") { name } }";
    let _ = client.graphql(remove, json!({})).await.data();
    let _ = client.graphql(declare, json!({})).await.data();
    assert_eq!(usage(client, "mine").await["questions"], 0);
}

async fn a_site_tells_nothing_of_anothers_questions(engine: Engine) {
    let mut tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    let question = json!({"from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z"});
    let _ = other.unique(question.clone()).await;
    let _ = other.find(day("countries")).await;
    assert_eq!(await_questions(&other, "<>", 1).await["rows"], 0);
    let _ = await_questions(&other, "countries", 1).await;
    assert_eq!(usage(tidemark.client(), "<>").await["questions"], 0);
    assert_eq!(usage(tidemark.client(), "countries").await["questions"], 0);
    // Whoever sees both sites sees the questions of both; a server that stops forgets none.
    let _ = tidemark.client().unique(question).await;
    tidemark.server_mut().restart().await;
    let all = tidemark.client_of_all_sites("query").await;
    let list = "{ uniqueScopes { name usage { questions } } }";
    let told = all.graphql(list, json!({})).await;
    let scopes = told.data()["uniqueScopes"].as_array().expect("a list").clone();
    let empty = scopes.iter().find(|scope| scope["name"] == "<>").expect("it is listed");
    assert_eq!(empty["usage"]["questions"], 2);
}
