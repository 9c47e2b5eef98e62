//! Quarantine: what does not fit the tag schema is kept whole, can be mended and tried again, and goes in its time.

use serde_json::{Value, json};
use support::{Client, Tidemark};

mod bound;
mod erase;
mod keep;
mod redrive;

const LIST: &str = "query ($site: String, $filter: QuarantineFilter, $first: Int, $after: String, $last: Int) { \
     quarantine(site: $site, filter: $filter, first: $first, after: $after, last: $last) { totalCount bytes expired \
     displaced edges { cursor node { id code path key expectedType receivedType apiKey event { id action label time \
     received url referrer trafficSource tag actor actorSource company device session language country city ip userAgent \
     deviceType browser os bot door } } } pageInfo { hasNextPage endCursor } } }";
const REDRIVE: &str = "mutation ($input: RedriveQuarantineInput!) { redriveQuarantine(input: $input) { accepted duplicates \
     refused remaining outcomes { id outcome event { id time received tag door } error { code path } } \
     error { code message path } } }";
const DELETE: &str = "mutation ($input: DeleteQuarantinedInput!) { deleteQuarantined(input: $input) { count remaining \
     error { code path } } }";

/// The site's quarantine.
async fn quarantine(client: &Client, variables: Value) -> Value {
    client.graphql(LIST, variables).await.data()["quarantine"].clone()
}

/// The events in the site's quarantine, the oldest first.
async fn list(client: &Client) -> Vec<Value> {
    let page = quarantine(client, json!({"first": 1000})).await;
    let edges = page["edges"].as_array().expect("a list");
    edges.iter().map(|edge| edge["node"].clone()).collect()
}

/// How many events are in the site's quarantine.
async fn count(client: &Client) -> i64 {
    let page = quarantine(client, json!({"first": 1})).await;
    page["totalCount"].as_i64().expect("a count")
}

/// Tries events again.
async fn redrive(client: &Client, input: Value) -> Value {
    let answer = client.graphql(REDRIVE, json!({"input": input})).await;
    answer.data()["redriveQuarantine"].clone()
}

/// A caller who may manage all sites.
async fn admin(tidemark: &Tidemark) -> Client {
    tidemark.client_of_all_sites("log,query,delete,manage").await
}

/// Makes `plan` a key of texts, and logs events that do not fit.
async fn misfits(tidemark: &Tidemark, events: Vec<Value>) {
    tidemark
        .accept(vec![json!({"action": "first", "tag": {"plan": "text"}})])
        .await;
    let count = events.len();
    let payload = tidemark.client().log_many(events).await;
    let refused = payload["outcomes"].as_array().expect("a list").iter();
    let refused = refused.filter(|one| one["outcome"] == "TYPE_CONFLICT").count();
    assert_eq!(refused, count, "{payload:#}");
}

/// An event whose plan is a number.
fn misfit(id: impl std::fmt::Display) -> Value {
    json!({
        "id": id.to_string(), "action": "misfit", "actor": format!("user {id}"), "time": "2026-11-18T10:00:00Z",
        "tag": {"plan": 7},
    })
}

/// How many events of the action `misfit` there are.
async fn logged(tidemark: &Tidemark) -> i64 {
    let input = json!({
        "view": "actions", "from": "2020-01-01T00:00:00Z", "to": "2030-01-01T00:00:00Z",
        "where": [{"dimension": "action", "value": "misfit"}],
    });
    tidemark.client().find(input).await["total"].as_i64().expect("a count")
}
