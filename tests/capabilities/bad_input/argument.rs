//! Arguments of the other operations.

use serde_json::{Value, json};
use support::{Client, Engine, Tidemark, graphql};

use super::{goes_on, refuses};

support::on_both_engines!(
    bad_pages_name_the_argument,
    bad_deletions_name_the_argument,
    bad_declarations_name_the_argument,
    bad_scopes_name_the_field,
);

async fn bad_pages_name_the_argument(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    for (arguments, code, path) in [
        (json!({"first": 0}), "INVALID_ARGUMENT", "first"),
        (json!({"first": -1}), "INVALID_ARGUMENT", "first"),
        (json!({"first": 1_001}), "INVALID_ARGUMENT", "first"),
        (json!({"last": 0}), "INVALID_ARGUMENT", "last"),
        (json!({"first": 1, "last": 1}), "INVALID_ARGUMENT", "last"),
        (json!({"first": "1"}), "INVALID_ARGUMENT", "first"),
        (json!({"first": 3_000_000_000_u64}), "INVALID_ARGUMENT", "first"),
        (json!({"after": "nonsense"}), "INVALID_CURSOR", "after"),
        (json!({"after": ""}), "INVALID_CURSOR", "after"),
        (json!({"before": "\0"}), "INVALID_CURSOR", "before"),
        (json!({"before": "9".repeat(1_000)}), "INVALID_CURSOR", "before"),
        (json!({"orderBy": "RANDOM"}), "INVALID_ARGUMENT", "orderBy"),
        (json!({"filter": {"from": "x"}}), "INVALID_TIME", "filter.from"),
        (
            json!({"filter": {"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}}),
            "INVALID_RANGE",
            "filter.from",
        ),
        (
            json!({"filter": {"where": [{"dimension": "nothing", "value": 1}]}}),
            "UNKNOWN_DIMENSION",
            "filter.where[0].dimension",
        ),
        (
            json!({"filter": {"where": [{"dimension": "action", "op": "IN", "value": 1}]}}),
            "INVALID_CONDITION",
            "filter.where[0].value",
        ),
        (json!({"site": "nowhere"}), "UNKNOWN_SITE", "site"),
    ] {
        refuses(tidemark.client(), graphql::EVENTS, arguments, code, path).await;
    }
    for id in [
        "\0",
        "",
        "nothing",
        "x".repeat(10_000).as_str(),
        "'; DROP TABLE event; --",
    ] {
        assert!(tidemark.client().event(id).await.is_null(), "there is none");
    }
    goes_on(&tidemark).await;
}

async fn bad_deletions_name_the_argument(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let ids: Vec<_> = (0..10_001).map(|id| id.to_string()).collect();
    for (input, code, path) in [
        (json!({}), "INVALID_ARGUMENT", "input"),
        (json!({"ids": ["a"], "actor": "b"}), "INVALID_ARGUMENT", "input"),
        (json!({"ids": ["a"], "filter": {}}), "INVALID_ARGUMENT", "input"),
        (json!({ "ids": ids }), "TOO_MANY_ITEMS", "input.ids"),
        (json!({"filter": {"to": "x"}}), "INVALID_TIME", "input.filter.to"),
        (
            json!({"filter": {"where": [{"dimension": "x"}]}}),
            "UNKNOWN_DIMENSION",
            "input.filter.where[0].dimension",
        ),
        (json!({"ids": [true]}), "INVALID_ARGUMENT", "input.ids[0]"),
        (json!({"filter": 7}), "INVALID_ARGUMENT", "input.filter"),
        (json!({"site": "nowhere", "ids": ["a"]}), "UNKNOWN_SITE", "input.site"),
    ] {
        refuses(client, graphql::DELETE_EVENTS, json!({ "input": input }), code, path).await;
    }
    for id in ["\0", "", "nothing", "-1", "999999999999999999999"] {
        assert_eq!(client.delete(id).await["error"]["code"], "NOT_FOUND", "{id:?}");
        assert_eq!(client.restore(id).await["error"]["code"], "NOT_FOUND", "{id:?}");
    }
    let none = client.delete_many(json!({"ids": ["\0", "x"]})).await;
    assert_eq!((&none["count"], &none["notFound"]), (&json!(0), &json!(["\0", "x"])));
    goes_on(&tidemark).await;
}

async fn bad_declarations_name_the_argument(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let view = "mutation ($input: CreateViewInput!) { createView(input: $input) { name } }";
    let input = |changes: Value| {
        let mut input = json!({"name": "v", "dimensions": ["action"]});
        for (name, value) in changes.as_object().expect("an object") {
            input[name] = value.clone();
        }
        json!({ "input": input })
    };
    for (changes, code, path) in [
        (json!({"name": "events"}), "RESERVED_NAME", "input.name"),
        (json!({"name": "actions"}), "RESERVED_NAME", "input.name"),
        (json!({"name": ""}), "INVALID_ARGUMENT", "input.name"),
        (json!({"name": "a b"}), "INVALID_ARGUMENT", "input.name"),
        (json!({"name": "x".repeat(65)}), "INVALID_ARGUMENT", "input.name"),
        (
            json!({"dimensions": ["nothing"]}),
            "UNKNOWN_DIMENSION",
            "input.dimensions[0]",
        ),
        (
            json!({"dimensions": vec!["action"; 9]}),
            "INVALID_ARGUMENT",
            "input.dimensions",
        ),
        (json!({"dimensions": 7}), "INVALID_ARGUMENT", "input.dimensions"),
        (json!({"measures": ["action"]}), "INVALID_ARGUMENT", "input.measures"),
        (json!({"actions": [""]}), "INVALID_ARGUMENT", "input.actions[0]"),
        (json!({"site": "nowhere"}), "UNKNOWN_SITE", "input.site"),
    ] {
        refuses(client, view, input(changes), code, path).await;
    }
    let delete = "mutation ($name: String!) { deleteView(name: $name) { name } }";
    refuses(client, delete, json!({"name": "nowhere"}), "UNKNOWN_VIEW", "name").await;
    refuses(client, delete, json!({"name": "pages"}), "RESERVED_NAME", "name").await;
    let update = "mutation ($input: UpdateSiteInput!) { updateSite(input: $input) { name } }";
    for (changes, code, path) in [
        (
            json!({"timeZone": "Mars/Olympus"}),
            "UNKNOWN_TIME_ZONE",
            "input.timeZone",
        ),
        (
            json!({"maxEventAgeSeconds": -1}),
            "INVALID_ARGUMENT",
            "input.maxEventAgeSeconds",
        ),
        (
            json!({"rawRetentionDays": 0}),
            "INVALID_ARGUMENT",
            "input.rawRetentionDays",
        ),
        (
            json!({"rawRetentionDays": 30, "rollupRetentionDays": 10}),
            "INVALID_ARGUMENT",
            "input.rollupRetentionDays",
        ),
        (
            json!({"maxEventAgeSeconds": 2_147_483_648_i64}),
            "INVALID_ARGUMENT",
            "input.maxEventAgeSeconds",
        ),
        (
            json!({"rollupRetentionDays": 36_501}),
            "INVALID_ARGUMENT",
            "input.rollupRetentionDays",
        ),
        (json!({"ipPolicy": "SOME"}), "INVALID_ARGUMENT", "input.ipPolicy"),
    ] {
        refuses(client, update, json!({ "input": changes }), code, path).await;
    }
    goes_on(&tidemark).await;
}

async fn bad_scopes_name_the_field(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    // A scope is every site's, so a key of one site may not declare it.
    let key = tidemark.command(&["key", "create", "--allow", "query,manage"]).await;
    let client = Client::new(tidemark.server().address(), key.success().trim_end());
    let create = "mutation ($fields: [String!]!) { createUniqueScope(fields: $fields) { name } }";
    let delete = "mutation ($fields: [String!]!) { deleteUniqueScope(fields: $fields) { name } }";
    for document in [create, delete] {
        for (fields, code, path) in [
            (json!(["tag.a", "nothing"]), "UNKNOWN_DIMENSION", "fields[1]"),
            (json!(["action"]), "INVALID_ARGUMENT", "fields[0]"),
            (json!(["tag.a", "tag.a"]), "INVALID_ARGUMENT", "fields[1]"),
            (
                json!(["tag.a", "tag.b", "tag.c", "tag.d", "tag.e"]),
                "INVALID_ARGUMENT",
                "fields",
            ),
        ] {
            refuses(&client, document, json!({ "fields": fields }), code, path).await;
        }
    }
    let built_in = json!({"fields": ["tag.network"]});
    refuses(&client, create, built_in.clone(), "ALREADY_EXISTS", "fields").await;
    refuses(&client, delete, built_in, "RESERVED_NAME", "fields").await;
    let undeclared = json!({"fields": ["tag.plan"]});
    refuses(&client, delete, undeclared.clone(), "UNSUPPORTED_SCOPE", "fields").await;
    let told = client.graphql(delete, undeclared).await;
    let message = told.error()["message"].as_str().expect("a message");
    assert!(
        message.contains("<tag.plan>") && message.contains("<tag.group,tag.network>"),
        "{message}"
    );
    goes_on(&tidemark).await;
}
