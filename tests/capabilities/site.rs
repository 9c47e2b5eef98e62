//! Sites, made and changed over GraphQL and at the command line.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Engine, Tidemark};

support::on_both_engines!(
    a_site_is_made_over_graphql,
    a_site_is_renamed,
    share_links_are_those_of_the_site,
    wrong_settings_are_refused_by_field,
);

const CREATE: &str = "mutation ($input: CreateSiteInput!) { createSite(input: $input) { name timeZone actionPolicy \
     ipPolicy identityPeriod maxEventAgeSeconds rawRetentionDays rollupRetentionDays origins shareHosts } }";
const UPDATE: &str = "mutation ($input: UpdateSiteInput!) { updateSite(input: $input) { name origins shareHosts } }";

async fn a_site_is_made_over_graphql(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let manager = tidemark.client_of_all_sites("log,query,manage").await;
    let plain = manager.graphql(CREATE, json!({"input": {"name": "plain"}})).await;
    assert_eq!(
        plain.data()["createSite"],
        json!({
            "name": "plain", "timeZone": "UTC", "actionPolicy": "FREE", "ipPolicy": "TRUNCATED", "identityPeriod": "DAY",
            "maxEventAgeSeconds": 2_592_000, "rawRetentionDays": null, "rollupRetentionDays": null, "origins": [],
            "shareHosts": null,
        })
    );
    let all = json!({
        "name": "all", "timeZone": "Europe/Berlin", "actionPolicy": "CONTEXT_ACTIVITY", "ipPolicy": "NONE",
        "identityPeriod": "WEEK", "maxEventAgeSeconds": null, "rawRetentionDays": 30, "rollupRetentionDays": 90,
        "origins": ["https://www.example.com", "https://*.example.com:8443"], "shareHosts": ["share.example"],
    });
    let made = manager.graphql(CREATE, json!({"input": all})).await;
    assert_eq!(made.data()["createSite"], all);
    // It takes events at once, and has its views.
    let logged = manager.log(json!({"site": "all", "action": "page.view"})).await;
    assert_eq!(logged["outcome"], "ACCEPTED", "{logged:#}");
    let loose = manager.log(json!({"site": "all", "action": "pageview"})).await;
    assert_eq!(loose["error"]["code"], "INVALID_ACTION", "{loose:#}");
    let find = json!({"site": "all", "view": "actions", "from": "2020-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z"});
    assert_eq!(manager.find(find).await["total"], 1);
    // One alone is told of by its name.
    let named = async |name: &str| {
        let asked = "query ($name: String) { sites(name: $name) { name timeZone } }";
        manager.graphql(asked, json!({"name": name})).await.data()["sites"].clone()
    };
    assert_eq!(
        named("all").await,
        json!([{"name": "all", "timeZone": "Europe/Berlin"}])
    );
    assert_eq!(named("al").await, json!([]));
    let again = manager.graphql(CREATE, json!({"input": {"name": "all"}})).await;
    assert_eq!(
        (again.error_code(), again.error_path()),
        ("ALREADY_EXISTS", "input.name")
    );
}

async fn a_site_is_renamed(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    tidemark.accept(vec![json!({"id": "x", "action": "a"})]).await;
    let taken = tidemark
        .client()
        .graphql(UPDATE, json!({"input": {"name": "other"}}))
        .await;
    assert_eq!(
        (taken.error_code(), taken.error_path()),
        ("ALREADY_EXISTS", "input.name")
    );
    let renamed = tidemark
        .client()
        .graphql(UPDATE, json!({"input": {"name": "store"}}))
        .await;
    assert_eq!(renamed.data()["updateSite"]["name"], "store");
    // Its events, its keys and the rest of its settings stay.
    assert_eq!(tidemark.client().event("x").await["id"], "x");
    let sites = tidemark.client().graphql("{ sites { name } }", json!({})).await;
    assert_eq!(sites.data()["sites"], json!([{"name": "store"}]));
    // The old name is free.
    let freed = other.graphql(UPDATE, json!({"input": {"name": tidemark.site()}})).await;
    assert_eq!(freed.data()["updateSite"]["name"], tidemark.site());
    let printed = tidemark
        .command(&["site", "update", "store", "--rename", "back"])
        .await
        .success();
    assert!(printed.starts_with("back\t"), "{printed}");
}

/// The traffic source of an event that comes from this host.
async fn source(tidemark: &Tidemark, host: &str) -> Value {
    let event = json!({"action": "a", "url": "https://www.example.com/", "referrer": format!("https://{host}/x")});
    tidemark.client().log(event).await["event"]["trafficSource"].clone()
}

async fn share_links_are_those_of_the_site(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    assert_eq!(source(&tidemark, "click.st").await, "click.st");
    assert_eq!(source(&tidemark, "go.example").await, "other");
    let input = json!({"shareHosts": ["Go.Example", "bücher.example"]});
    let changed = tidemark.client().graphql(UPDATE, json!({"input": input})).await;
    assert_eq!(
        changed.data()["updateSite"]["shareHosts"],
        json!(["go.example", "xn--bcher-kva.example"])
    );
    assert_eq!(source(&tidemark, "go.example").await, "click.st");
    assert_eq!(source(&tidemark, "bücher.example").await, "click.st");
    assert_eq!(source(&tidemark, "click.st").await, "other");
    let flags = ["site", "update", tidemark.site(), "--share-link-hosts", "none"];
    let _ = tidemark.command(&flags).await.success();
    let begin = Instant::now();
    while source(&tidemark, "click.st").await != "click.st" {
        assert!(
            begin.elapsed() < Duration::from_secs(1),
            "a setting holds within a second"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn wrong_settings_are_refused_by_field(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    for (input, path) in [
        (json!({"name": ""}), "input.name"),
        (json!({"name": "a b"}), "input.name"),
        (
            json!({"origins": ["https://a.example", "a.example"]}),
            "input.origins[1]",
        ),
        (json!({"origins": vec!["https://a.example"; 101]}), "input.origins"),
        (json!({"shareHosts": ["https://a.example"]}), "input.shareHosts[0]"),
        (json!({"shareHosts": ["a.example/path"]}), "input.shareHosts[0]"),
        (json!({"shareHosts": [""]}), "input.shareHosts[0]"),
    ] {
        let answer = tidemark.client().graphql(UPDATE, json!({"input": input})).await;
        assert_eq!(answer.error_path(), path, "{input}: {}", answer.text);
    }
    let sites = tidemark.client().graphql("{ sites { name origins } }", json!({})).await;
    assert_eq!(sites.data()["sites"], json!([{"name": tidemark.site(), "origins": []}]));
}
