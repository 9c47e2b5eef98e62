//! The question of click.st by an address alone.

use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{PAGE, PUSH};
use crate::clickst::{Signer, try_ask};

support::on_both_engines!(click_st_asks_by_an_address);

const OTHER: &str = "https://example.com/other";

async fn click_st_asks_by_an_address(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let at = |url: &str, network: &str, day: u8, shares: i64| json!({"url": url, "network": network, "time": format!("2026-03-{day:02}T00:00:00Z"), "shares": shares});
    let figures = json!([
        at(PAGE, "twitter", 1, 10),
        at(PAGE, "twitter", 5, 30),
        at(PAGE, "twitter", 9, 100),
        at(PAGE, "facebook", 1, 1),
        at(PAGE, "facebook", 5, 2),
        at(OTHER, "twitter", 1, 5),
        at(OTHER, "twitter", 5, 9),
    ]);
    let pushed = client.graphql(PUSH, json!({"figures": figures})).await;
    assert_eq!(pushed.data()["pushExternalStats"]["taken"], 7, "{}", pushed.text);
    let signer = Signer::new(&tidemark).await;
    let row = |network: &str, url: &str, shares: i64| json!({"network": network, "url": url, "shares": shares, "likes": 0, "comments": 0});
    // The end is the moment of the last figure, which is not within.
    let (begin, end) = ("1772409600", "1773014400");
    for (filter, rows) in [
        (
            vec![],
            vec![
                row("twitter", OTHER, 4),
                row("facebook", PAGE, 1),
                row("twitter", PAGE, 20),
            ],
        ),
        (
            vec![("filter", r#"{"network":"facebook"}"#)],
            vec![row("facebook", PAGE, 1)],
        ),
        (vec![("filter[network]", "facebook")], vec![row("facebook", PAGE, 1)]),
        (
            vec![("filter[network][0]", "twitter"), ("filter[network][1]", "reddit")],
            vec![row("twitter", OTHER, 4), row("twitter", PAGE, 20)],
        ),
        (
            vec![("filter[url][]", PAGE), ("filter[network]", "twitter")],
            vec![row("twitter", PAGE, 20)],
        ),
    ] {
        let mut said = vec![("begin", begin), ("end", end)];
        said.extend(filter.iter().copied());
        let answer = try_ask(client, &signer, "action.get_external_stats", &said).await;
        assert_eq!(answer.status, 200, "{filter:?}: {}", answer.text);
        let by = |row: &Value| (row["url"].to_string(), row["network"].to_string());
        let (mut found, mut rows) = (answer.body["result"].as_array().expect("a list").clone(), rows);
        found.sort_by_key(by);
        rows.sort_by_key(by);
        assert_eq!(found, rows, "{filter:?}");
    }
    // A second later it is.
    let later = [
        ("begin", begin),
        ("end", "1773014401"),
        ("filter[network]", "twitter"),
        ("filter[url]", PAGE),
    ];
    let answer = try_ask(client, &signer, "action.get_external_stats", &later).await;
    assert_eq!(
        answer.body["result"],
        json!([row("twitter", PAGE, 90)]),
        "{}",
        answer.text
    );
}
