//! Each operation wants its permission.

use serde_json::{Value, json};
use support::{Client, Engine, Tidemark, graphql};

support::on_both_engines!(each_operation_wants_its_permission);

const RANGE: &str = "from: \"2026-01-01T00:00:00Z\", to: \"2026-01-02T00:00:00Z\"";

/// Documents with the permission that they want.
fn operations() -> Vec<(String, Value, &'static str)> {
    let none = || json!({});
    let manage = |field: &str| (format!("mutation {{ {field} {{ __typename }} }}"), none(), "manage");
    let query = |field: &str| (format!("{{ {field} {{ __typename }} }}"), none(), "query");
    let managed = |field: &str| (format!("{{ {field} {{ __typename }} }}"), none(), "manage");
    vec![
        (graphql::LOG_EVENT.to_owned(), json!({"input": {"action": "a"}}), "log"),
        (
            graphql::LOG_EVENTS.to_owned(),
            json!({"inputs": [{"action": "a"}]}),
            "log",
        ),
        (graphql::EVENT.to_owned(), json!({"id": "x"}), "query"),
        query(&format!("find(input: {{view: \"actions\", {RANGE}}})")),
        query(&format!("unique(input: {{{RANGE}}})")),
        query("events"),
        query("views"),
        query("uniqueScopes"),
        query("actions"),
        query("sites"),
        ("{ deletions { id } }".to_owned(), none(), "delete"),
        ("{ deletion(id: \"1\") { id } }".to_owned(), none(), "delete"),
        (graphql::DELETE_EVENT.to_owned(), json!({"id": "x"}), "delete"),
        (
            graphql::DELETE_EVENTS.to_owned(),
            json!({"input": {"filter": {}, "dryRun": true}}),
            "delete",
        ),
        (graphql::RESTORE_DELETION.to_owned(), json!({"id": "1"}), "delete"),
        manage("createView(input: {name: \"v\", dimensions: [\"action\"]})"),
        manage("deleteView(name: \"v\")"),
        manage("createUniqueScope(fields: [\"tag.x\"])"),
        manage("deleteUniqueScope(fields: [\"tag.x\"])"),
        manage("updateSite(input: {maxEventAgeSeconds: 10})"),
        manage("createRule(input: {rule: {list: DENY, target: ACTION, pattern: \"a\"}})"),
        manage("createRules(input: {rules: [{list: DENY, target: ACTION, pattern: \"a\"}]})"),
        manage("updateRule(input: {id: \"1\", enabled: false})"),
        manage("deleteRule(id: \"1\")"),
        managed("rules"),
        managed("previewRule(input: {rule: {list: DENY, target: ACTION, pattern: \"a\"}})"),
        managed("explainEvent(input: {action: \"a\"})"),
    ]
}

async fn each_operation_wants_its_permission(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    tidemark.accept(vec![json!({"id": "x", "action": "a"})]).await;
    let anonymous = Client::anonymous(tidemark.server().address());
    for permission in ["log", "query", "delete", "manage"] {
        let others: Vec<_> = ["log", "query", "delete", "manage"]
            .into_iter()
            .filter(|one| *one != permission)
            .collect();
        let lacking = tidemark.client_allowed(&others.join(",")).await;
        for (document, variables, wanted) in operations() {
            if wanted != permission {
                continue;
            }
            let answer = lacking.graphql(&document, variables.clone()).await;
            assert_eq!(
                (answer.status, answer.error_code()),
                (200, "FORBIDDEN"),
                "{document}: {}",
                answer.text
            );
            assert!(
                answer.error()["message"]
                    .as_str()
                    .is_some_and(|text| text.contains(permission)),
                "{}",
                answer.text
            );
            let answer = anonymous.graphql(&document, variables).await;
            assert_eq!(answer.error_code(), "UNAUTHENTICATED", "{document}");
        }
    }
    // Nothing of all that did anything, and what is allowed works.
    assert_eq!(tidemark.client().event("x").await["id"], "x");
    let views = tidemark.client().graphql("{ views { name } }", json!({})).await;
    assert!(!views.text.contains("\"v\""), "{}", views.text);
    let logger = tidemark.client_allowed("log").await;
    let payload = logger.log(json!({"id": "x", "action": "a"})).await;
    assert_eq!(
        (&payload["outcome"], &payload["event"]),
        (&json!("DUPLICATE"), &Value::Null),
        "may log, not read"
    );
    let viewer = logger
        .graphql("{ viewer { kind permissions site { name } } }", json!({}))
        .await;
    assert_eq!(
        viewer.data()["viewer"],
        json!({"kind": "KEY", "permissions": ["LOG"], "site": {"name": tidemark.site()}})
    );
}
