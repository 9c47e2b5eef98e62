//! Declaring, changing, deleting and listing rules, and what is refused of it.

use serde_json::{Value, json};
use support::{Client, Engine, Tidemark};

use super::{CREATE, CREATE_MANY, DELETE, LIST, UPDATE, allow, create, delete, deny, list, update, with};

support::on_both_engines!(
    a_rule_is_kept_as_it_was_declared,
    what_cannot_be_a_rule_is_told,
    another_sites_rules_do_not_exist,
    rules_are_listed_page_by_page,
    a_site_has_a_bounded_number_of_rules,
);

async fn a_rule_is_kept_as_it_was_declared(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let mut declared = deny("REFERRER_HOST", "**.Spam.example");
    declared["note"] = json!("they never stop");
    declared["shadow"] = json!(true);
    declared["expiresAt"] = json!("2027-01-01T01:00:00.123456789+01:00");
    let made = create(client, declared).await;
    assert_eq!(made["pattern"], "*.spam.example");
    assert_eq!(made["expiresAt"], "2027-01-01T00:00:00.123456789Z");
    assert_eq!(
        (&made["note"], &made["shadow"]),
        (&json!("they never stop"), &json!(true))
    );
    assert_eq!(
        (&made["enabled"], &made["hits"], &made["lastHitAt"]),
        (&json!(true), &json!(0), &Value::Null)
    );
    assert_eq!(list(client).await, std::slice::from_ref(&made));
    let one = "query ($id: ID!) { rule(id: $id) { pattern days { hits } } }";
    let found = client.graphql(one, json!({"id": made["id"]})).await.data()["rule"].clone();
    assert_eq!(found["pattern"], made["pattern"]);
    assert_eq!(found["days"].as_array().map(Vec::len), Some(30));

    let id = &made["id"];
    let changes = json!({"id": id, "pattern": "evil.example", "note": null, "enabled": false, "shadow": false, "expiresAt": null});
    let changed = update(client, changes).await;
    let mut expected = made.clone();
    for (field, value) in [
        ("pattern", json!("evil.example")),
        ("note", Value::Null),
        ("enabled", json!(false)),
        ("shadow", json!(false)),
        ("expiresAt", Value::Null),
    ] {
        expected[field] = value;
    }
    assert_eq!(changed, expected);
    assert_eq!(
        update(client, json!({"id": id})).await,
        expected,
        "nothing named, nothing changed"
    );
    assert_eq!(delete(client, &made).await, expected);
    assert_eq!(list(client).await, Vec::<Value>::new());
}

/// The error of a payload, which holds nothing else.
async fn error(client: &Client, document: &str, variables: Value) -> (String, String) {
    let answer = client.graphql(document, variables).await;
    let (field, payload) = answer
        .data()
        .as_object()
        .and_then(|data| data.iter().next())
        .expect("one field");
    assert!(
        payload["rule"].is_null() && payload["rules"].as_array().is_none_or(Vec::is_empty),
        "{field}"
    );
    let error = &payload["error"];
    assert!(
        error["message"].as_str().is_some_and(|message| message.len() > 10),
        "{payload:#}"
    );
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&error["code"]), text(&error["path"]))
}

fn told(code: &str, path: &str) -> (String, String) {
    (code.to_owned(), path.to_owned())
}

async fn what_cannot_be_a_rule_is_told(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let pattern = told("INVALID_PATTERN", "input.rule.pattern");
    for (rule, expected) in [
        (deny("IP", "192.0.2.*"), pattern.clone()),
        (deny("IP", "192.0.2.7/24"), pattern.clone()),
        (deny("BOT", "maybe"), pattern.clone()),
        (deny("URL_PATH", "admin"), pattern.clone()),
        (deny("ACTION", ""), pattern.clone()),
        (deny("ACTION", "a\u{0}"), pattern.clone()),
        (deny("USER_AGENT", &"x".repeat(513)), pattern),
        (
            with(deny("ACTION", "a"), "note", json!("x".repeat(1_025))),
            told("TOO_LONG", "input.rule.note"),
        ),
        (
            with(deny("ACTION", "a"), "note", json!("a\u{0}")),
            told("INVALID_TEXT", "input.rule.note"),
        ),
        (
            with(deny("ACTION", "a"), "expiresAt", json!("tomorrow")),
            told("INVALID_TIME", "input.rule.expiresAt"),
        ),
    ] {
        let shown: String = rule.to_string().chars().take(120).collect();
        let variables = json!({"input": {"rule": rule}});
        assert_eq!(error(client, CREATE, variables).await, expected, "{shown}");
    }
    let first = create(client, deny("ACTION", "a*")).await;
    let second = create(client, deny("ACTION", "b")).await;
    create(client, allow("ACTION", "a*")).await;
    // The same pattern in other words is the same pattern.
    let twin = json!({"input": {"rule": deny("ACTION", "a**")}});
    assert_eq!(
        error(client, CREATE, twin).await,
        told("ALREADY_EXISTS", "input.rule.pattern")
    );
    let twin = json!({"input": {"id": second["id"], "pattern": "a*"}});
    assert_eq!(
        error(client, UPDATE, twin).await,
        told("ALREADY_EXISTS", "input.pattern")
    );
    let bad = json!({"input": {"id": first["id"], "pattern": ""}});
    assert_eq!(
        error(client, UPDATE, bad).await,
        told("INVALID_PATTERN", "input.pattern")
    );
    for id in ["", "nothing", "a\u{0}", "01a1fdaf-d26f-7755-a6ce-b4f551d03198"] {
        let changes = json!({"input": {"id": id, "enabled": false}});
        assert_eq!(
            error(client, UPDATE, changes).await,
            told("NOT_FOUND", "input.id"),
            "{id:?}"
        );
        assert_eq!(
            error(client, DELETE, json!({"id": id})).await,
            told("NOT_FOUND", "id"),
            "{id:?}"
        );
    }
    // One bad rule of many: none is added.
    let many = [deny("ACTION", "x"), deny("IP", "here")];
    let many = json!({"input": {"rules": many}});
    assert_eq!(
        error(client, CREATE_MANY, many).await,
        told("INVALID_PATTERN", "input.rules[1].pattern")
    );
    let many = json!({"input": {"rules": [deny("ACTION", "x"), deny("ACTION", "x")]}});
    assert_eq!(
        error(client, CREATE_MANY, many).await,
        told("ALREADY_EXISTS", "input.rules[1].pattern")
    );
    assert_eq!(list(client).await.len(), 3);
    let answer = client
        .graphql("{ rules(site: \"nowhere\") { totalCount } }", json!({}))
        .await;
    assert_eq!(answer.error_code(), "UNKNOWN_SITE");
}

async fn another_sites_rules_do_not_exist(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    let rule = create(tidemark.client(), deny("ACTION", "a")).await;
    assert_eq!(list(&other).await, Vec::<Value>::new());
    let unknown = told("NOT_FOUND", "input.id");
    let changes = json!({"input": {"id": rule["id"], "enabled": false}});
    assert_eq!(error(&other, UPDATE, changes).await, unknown);
    assert_eq!(
        error(&other, DELETE, json!({"id": rule["id"]})).await,
        told("NOT_FOUND", "id")
    );
    let one = "query ($id: ID!) { rule(id: $id) { pattern } }";
    let answer = other.graphql(one, json!({"id": rule["id"]})).await;
    assert_eq!(answer.data()["rule"], Value::Null);
    let preview = "query ($id: ID!) { previewRule(input: {rule: {list: DENY, target: ACTION, pattern: \"a\"}, replaces: $id}) \
         { refused } }";
    let answer = other.graphql(preview, json!({"id": rule["id"]})).await;
    assert_eq!(
        (answer.error_code(), answer.error_path()),
        ("NOT_FOUND", "input.replaces")
    );
    for document in [
        "{ rules(site: \"shop\") { totalCount } }",
        "{ explainEvent(input: {site: \"shop\", action: \"a\"}) { outcome } }",
        "{ previewRule(input: {site: \"shop\", rule: {list: DENY, target: ACTION, pattern: \"a\"}}) { refused } }",
        "mutation { createRule(input: {site: \"shop\", rule: {list: DENY, target: ACTION, pattern: \"b\"}}) { error { code } } }",
    ] {
        assert_eq!(
            other.graphql(document, json!({})).await.error_code(),
            "UNKNOWN_SITE",
            "{document}"
        );
    }
    assert_eq!(list(tidemark.client()).await, [rule]);
}

async fn rules_are_listed_page_by_page(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let mut made = Vec::new();
    for number in 0..7 {
        made.push(create(client, deny("ACTION", &format!("a{number}"))).await);
    }
    create(client, allow("COUNTRY", "AT")).await;
    let (mut met, mut after) = (Vec::new(), Value::Null);
    loop {
        let variables = json!({"list": "DENY", "target": "ACTION", "first": 3, "after": after});
        let answer = client.graphql(LIST, variables).await;
        let page = &answer.data()["rules"];
        assert_eq!(page["totalCount"], 7);
        assert_eq!(page["pageInfo"]["hasPreviousPage"], !after.is_null());
        met.extend(page["nodes"].as_array().expect("a list").clone());
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        // A cursor is a place, which stays good when its rule goes.
        if met.len() == 3 {
            delete(client, &made[2]).await;
            let answer = client.graphql(LIST, json!({"after": after, "first": 1})).await;
            assert_eq!(answer.data()["rules"]["nodes"][0]["id"], made[3]["id"]);
            made[2] = create(client, deny("ACTION", "a2")).await;
        }
    }
    let patterns: Vec<_> = met
        .iter()
        .map(|rule| rule["pattern"].as_str().expect("a text"))
        .collect();
    assert_eq!(patterns, ["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a2"]);
    let answer = client.graphql(LIST, json!({"after": "x"})).await;
    assert_eq!((answer.error_code(), answer.error_path()), ("INVALID_CURSOR", "after"));
    let answer = client.graphql(LIST, json!({"first": 0})).await;
    assert_eq!(
        (answer.error_code(), answer.error_path()),
        ("INVALID_ARGUMENT", "first")
    );
}

async fn a_site_has_a_bounded_number_of_rules(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let many = |from: usize, to: usize| {
        let rules: Vec<_> = (from..to)
            .map(|number| deny("ACTION", &format!("*{number}*x")))
            .collect();
        json!({"input": {"rules": rules}})
    };
    assert_eq!(
        error(client, CREATE_MANY, many(0, 1_001)).await,
        told("TOO_MANY_ITEMS", "input.rules")
    );
    for thousand in 0..10 {
        let answer = client
            .graphql(CREATE_MANY, many(1_000 * thousand, 1_000 * (thousand + 1)))
            .await;
        let payload = &answer.data()["createRules"];
        assert_eq!(
            payload["rules"].as_array().map(Vec::len),
            Some(1_000),
            "{}",
            payload["error"]
        );
    }
    assert_eq!(
        error(client, CREATE_MANY, many(10_000, 10_001)).await,
        told("TOO_MANY_RULES", "input")
    );
    let variables = json!({"input": {"rule": deny("ACTION", "one more")}});
    assert_eq!(error(client, CREATE, variables).await, told("TOO_MANY_RULES", "input"));
    // All of them hold.
    for (action, outcome) in [
        ("7x", "DENIED"),
        ("9999 and x", "DENIED"),
        ("x7", "ACCEPTED"),
        ("7x7", "ACCEPTED"),
    ] {
        assert_eq!(
            super::outcome(client, json!({"action": action})).await,
            outcome,
            "{action}"
        );
    }
}
