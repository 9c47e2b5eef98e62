//! What others say about pages: asked of networks that answer as theirs do, or pushed.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Client, Tidemark};

mod network;
mod order;
mod polite;
mod push;
mod shape;
mod words;

const PAGE: &str = "https://example.com/article?id=7";

const TRACK: &str = "mutation ($urls: [String!]!, $site: String) { trackUrls(input: {urls: $urls, site: $site}) \
                     { changed error { code message path } } }";
const UNTRACK: &str =
    "mutation ($urls: [String!]!) { untrackUrls(input: {urls: $urls}) { changed error { code message path } } }";
const PUSH: &str = "mutation ($figures: [ExternalFiguresInput!]!, $site: String) \
                    { pushExternalStats(input: {figures: $figures, site: $site}) { taken error { code message path } } }";
const STATS: &str = "query ($from: DateTime!, $to: DateTime!, $networks: [String!], $urls: [String!], $site: String, \
                     $groupBy: [ExternalDimension!] = [NETWORK, URL]) \
                     { externalStats(from: $from, to: $to, networks: $networks, urls: $urls, site: $site, groupBy: $groupBy) \
                     { network url change { shares likes comments } total { shares likes comments } since asOf } }";
const TRACKED: &str = "query ($first: Int, $after: String) { trackedUrls(first: $first, after: $after) { totalCount \
                       pageInfo { hasNextPage endCursor } edges { cursor node { url since networks \
                       { network nextAt lastAt fault } } } } }";

async fn stats(client: &Client, variables: Value) -> Vec<Value> {
    let answer = client.graphql(STATS, variables).await;
    answer.data()["externalStats"].as_array().expect("a list").clone()
}

/// What the networks said last of the first page that is tracked, by name.
async fn polls(tidemark: &Tidemark) -> Vec<Value> {
    let answer = tidemark.client().graphql(TRACKED, json!({})).await;
    let networks = answer.data()["trackedUrls"]["edges"][0]["node"]["networks"].as_array();
    networks.expect("a list").clone()
}

/// Waits until `holds`, which has a minute.
async fn wait_until<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    let begin = Instant::now();
    while !holds().await {
        assert!(begin.elapsed() < Duration::from_secs(60), "not yet: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "the server's clock is the system's")]
fn ago(days: i64) -> String {
    (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days)).to_string()
}

fn now() -> String {
    ago(0)
}

fn figures(shares: Option<i64>, likes: Option<i64>, comments: Option<i64>) -> Value {
    json!({"shares": shares, "likes": likes, "comments": comments})
}
