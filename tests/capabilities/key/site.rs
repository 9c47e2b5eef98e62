//! A key of one site opens no other; a key of all sites says which it means.

use serde_json::{Value, json};
use support::{Client, Engine, Tidemark, app::EVERYTHING, graphql};

support::on_both_engines!(a_key_of_one_site_opens_no_other, a_key_of_all_sites_names_the_site,);

/// Documents that name a site, with the path of that name.
fn operations(site: &str) -> Vec<(String, Value, &'static str)> {
    let range = json!({"site": site, "from": "2020-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z"});
    let mut find = range.clone();
    find["view"] = json!("actions");
    let by_site = |field: &str| {
        let document = format!("query ($site: String) {{ {field}(site: $site) {{ __typename }} }}");
        (document, json!({"site": site}), "site")
    };
    let view = "mutation ($input: CreateViewInput!) { createView(input: $input) { name } }".to_owned();
    let update = "mutation ($input: UpdateSiteInput!) { updateSite(input: $input) { name } }".to_owned();
    let delete_view = "mutation ($site: String) { deleteView(site: $site, name: \"v\") { name } }".to_owned();
    vec![
        (graphql::FIND.to_owned(), json!({"input": find}), "input.site"),
        (graphql::UNIQUE.to_owned(), json!({"input": range}), "input.site"),
        (graphql::EVENTS.to_owned(), json!({"site": site}), "site"),
        (graphql::EVENT.to_owned(), json!({"site": site, "id": "theirs"}), "site"),
        (
            graphql::DELETE_EVENT.to_owned(),
            json!({"site": site, "id": "theirs"}),
            "site",
        ),
        (
            graphql::DELETE_EVENTS.to_owned(),
            json!({"input": {"site": site, "ids": ["theirs"]}}),
            "input.site",
        ),
        (
            graphql::DELETE_EVENTS.to_owned(),
            json!({"input": {"site": site, "filter": {}}}),
            "input.site",
        ),
        (
            view,
            json!({"input": {"site": site, "name": "v", "dimensions": ["action"]}}),
            "input.site",
        ),
        (
            update,
            json!({"input": {"site": site, "maxEventAgeSeconds": 1}}),
            "input.site",
        ),
        (delete_view, json!({"site": site}), "site"),
        by_site("views"),
        by_site("actions"),
        by_site("deletions"),
    ]
}

async fn a_key_of_one_site_opens_no_other(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    tidemark.accept(vec![json!({"id": "theirs", "action": "secret"})]).await;
    let site = tidemark.site();
    // The answer does not tell whether there is such a site.
    for name in [site, "nowhere"] {
        for (document, variables, path) in operations(name) {
            let answer = other.graphql(&document, variables).await;
            assert_eq!(
                (answer.error_code(), answer.error_path()),
                ("UNKNOWN_SITE", path),
                "{document}: {}",
                answer.text
            );
        }
        let payload = other.log(json!({"site": name, "action": "a"})).await;
        assert_eq!(payload["error"]["code"], "UNKNOWN_SITE", "{payload:#}");
    }
    assert!(other.event("theirs").await.is_null());
    assert_eq!(other.delete("theirs").await["error"]["code"], "NOT_FOUND");
    let sites = other.graphql("{ sites { name } }", json!({})).await;
    assert_eq!(sites.data()["sites"], json!([{"name": "other"}]));

    // A deletion of another site cannot be seen or taken back by its id.
    let deletion = tidemark.client().delete("theirs").await;
    let id = deletion["deletion"]["id"].clone();
    let seen = other
        .graphql("query ($id: ID!) { deletion(id: $id) { id } }", json!({"id": id}))
        .await;
    assert!(seen.data()["deletion"].is_null(), "{}", seen.text);
    let restored = other.restore(id.as_str().expect("an id")).await;
    assert_eq!(restored["error"]["code"], "NOT_FOUND", "{restored:#}");
    assert!(tidemark.client().event("theirs").await.is_null(), "still deleted");
}

async fn a_key_of_all_sites_names_the_site(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    let key = super::create(&tidemark, &["--allow", EVERYTHING]).await;
    let client = Client::new(tidemark.server().address(), &key);
    let missing = || {
        operations("x")
            .into_iter()
            .map(|(document, variables, _)| (document, without_site(variables)))
    };
    for (document, variables) in missing() {
        let answer = client.graphql(&document, variables).await;
        assert_eq!(answer.error_code(), "SITE_REQUIRED", "{document}: {}", answer.text);
    }
    assert_eq!(
        client.log(json!({"action": "a"})).await["error"]["code"],
        "SITE_REQUIRED"
    );
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

fn without_site(mut variables: Value) -> Value {
    let object = variables.as_object_mut().expect("an object");
    object.remove("site");
    if let Some(input) = object.get_mut("input").and_then(Value::as_object_mut) {
        input.remove("site");
    }
    variables
}
