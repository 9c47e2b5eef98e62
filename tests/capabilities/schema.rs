//! The schema is a document: committed, and described throughout.

use serde_json::{Value, json};
use support::{Engine, Tidemark, binary, golden};

const INTROSPECTION: &str = "{ __schema { types { kind name description enumValues(includeDeprecated: true) { name \
     description } inputFields { name description } fields(includeDeprecated: true) { name description args { name \
     description } } } directives { name description args { name description } } } }";

#[test]
fn the_committed_schema_is_the_servers() {
    let printed = binary::command()
        .arg("schema")
        .output()
        .expect("the program can be started");
    assert!(printed.status.success(), "{printed:?}");
    assert!(printed.stderr.is_empty(), "{printed:?}");
    golden::assert_matches("api/schema.graphql", &String::from_utf8(printed.stdout).expect("text"));
}

/// What has no description, by its path.
fn silent(element: &Value, path: &str, found: &mut Vec<String>) {
    let path = format!("{path}.{}", element["name"].as_str().expect("a name"));
    if element["description"]
        .as_str()
        .is_none_or(|text| text.trim().is_empty())
    {
        found.push(path.clone());
    }
    for list in ["fields", "args", "inputFields", "enumValues"] {
        for child in element[list].as_array().into_iter().flatten() {
            silent(child, &path, found);
        }
    }
}

#[tokio::test]
async fn everything_in_the_schema_is_described() {
    let tidemark = Tidemark::start(Engine::Sqlite).await;
    let answer = tidemark.client().graphql(INTROSPECTION, json!({})).await;
    let schema = &answer.data()["__schema"];
    let types = schema["types"].as_array().expect("a list");
    let own = types
        .iter()
        .filter(|one| !one["name"].as_str().is_some_and(|name| name.starts_with("__")));
    let mut found = Vec::new();
    for element in own.chain(schema["directives"].as_array().expect("a list")) {
        // What the specification itself defines is described there.
        if !["ID", "include", "skip", "deprecated", "specifiedBy", "oneOf"]
            .iter()
            .any(|name| element["name"] == *name)
        {
            silent(element, "", &mut found);
        }
    }
    assert!(types.len() > 40, "there is something to describe: {}", types.len());
    assert!(found.is_empty(), "without a description: {found:#?}");
}

#[tokio::test]
async fn introspection_can_be_switched_off() {
    let tidemark = Tidemark::builder(Engine::Sqlite)
        .flag("--introspection", "false")
        .start()
        .await;
    let answer = tidemark.client().graphql(INTROSPECTION, json!({})).await;
    assert_eq!(answer.error_code(), "INTROSPECTION_DISABLED");
    let answer = tidemark
        .client()
        .graphql("{ __typename viewer { __typename } }", json!({}))
        .await;
    assert_eq!(answer.data()["viewer"]["__typename"], "Viewer");
}
