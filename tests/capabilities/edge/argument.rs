//! Every text that a question or a change takes, wherever in its arguments, is a value: the schema itself says which there
//! are, so that what is added to it is tried as well.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use support::{Client, Engine, Tidemark};

use super::injection::{TEXTS, harmless, two_sites};

support::on_both_engines!(no_argument_becomes_a_statement);

const SCHEMA: &str = "{ __schema { queryType { ...R } mutationType { ...R } types { kind name enumValues { name } \
     inputFields { name type { ...T } defaultValue } } } }
    fragment R on __Type { fields { name args { name type { ...T } defaultValue } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// How deep inputs nest in what is tried.
const DEPTH: usize = 4;

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, name: &str) -> std::slice::Iter<'a, Value> {
    value[name].as_array().expect("a list").iter()
}

/// A type as documents write it.
fn written(kind: &Value) -> String {
    match text(kind, "kind") {
        "NON_NULL" => format!("{}!", written(&kind["ofType"])),
        "LIST" => format!("[{}]", written(&kind["ofType"])),
        _ => text(kind, "name").to_owned(),
    }
}

fn is_required(input: &Value) -> bool {
    input["type"]["kind"] == "NON_NULL" && input["defaultValue"].is_null()
}

/// Types by name.
struct Types<'a>(HashMap<&'a str, &'a Value>);

impl Types<'_> {
    /// What an argument may well be.
    fn fine(&self, name: &str, kind: &Value) -> Value {
        match text(kind, "kind") {
            "NON_NULL" => self.fine(name, &kind["ofType"]),
            "LIST" => json!([self.fine(name, &kind["ofType"])]),
            "ENUM" => self.0[text(kind, "name")]["enumValues"][0]["name"].clone(),
            "INPUT_OBJECT" => {
                let fields = list(self.0[text(kind, "name")], "inputFields").filter(|field| is_required(field));
                let fine = |field: &Value| {
                    let name = text(field, "name");
                    (name.to_owned(), self.fine(name, &field["type"]))
                };
                Value::Object(fields.map(fine).collect())
            }
            _ => match (name, text(kind, "name")) {
                ("from", _) => json!("2026-11-18T00:00:00Z"),
                ("to", _) => json!("2026-11-19T00:00:00Z"),
                ("view", _) => json!("events"),
                ("dimension", _) => json!("tag.plan"),
                ("dimensions", _) => json!("action"),
                (_, "Int") => json!(1),
                (_, "Boolean") => json!(false),
                _ => json!("a"),
            },
        }
    }

    /// The same input with the text in each of the places that take one, each with the way there.
    fn tampered(&self, name: &str, kind: &Value, injected: &str, depth: usize) -> Vec<(String, Value)> {
        match text(kind, "kind") {
            "NON_NULL" => self.tampered(name, &kind["ofType"], injected, depth),
            "LIST" => {
                let inner = self.tampered(name, &kind["ofType"], injected, depth);
                inner
                    .into_iter()
                    .map(|(way, value)| (format!("[]{way}"), json!([value])))
                    .collect()
            }
            "INPUT_OBJECT" if depth > 0 => {
                let whole = self.fine(name, kind);
                let fields = list(self.0[text(kind, "name")], "inputFields");
                let tampered = fields.flat_map(|field| {
                    let name = text(field, "name");
                    let inner = self.tampered(name, &field["type"], injected, depth - 1);
                    let whole = &whole;
                    inner.into_iter().map(move |(way, value)| {
                        let mut changed = whole.clone();
                        changed[name] = value;
                        (format!(".{name}{way}"), changed)
                    })
                });
                tampered.collect()
            }
            "SCALAR" if !matches!(text(kind, "name"), "Int" | "Float" | "Boolean") => {
                vec![(String::new(), json!(injected))]
            }
            _ => Vec::new(),
        }
    }
}

/// Asks one question, or for one change, with the text in each place that takes one; gives the places.
async fn try_field(
    client: &Client,
    types: &Types<'_>,
    (operation, field): (&str, &Value),
    injected: &str,
) -> Vec<String> {
    let name = text(field, "name");
    let mut places = Vec::new();
    for argument in list(field, "args") {
        let own = text(argument, "name");
        for (way, value) in types.tampered(own, &argument["type"], injected, DEPTH) {
            let (mut variables, mut heads, mut bodies) = (Map::new(), Vec::new(), Vec::new());
            for other in list(field, "args").filter(|other| is_required(other) || text(other, "name") == own) {
                let other_name = text(other, "name");
                let fine = types.fine(other_name, &other["type"]);
                let given = if other_name == own { value.clone() } else { fine };
                variables.insert(other_name.to_owned(), given);
                heads.push(format!("${other_name}: {}", written(&other["type"])));
                bodies.push(format!("{other_name}: ${other_name}"));
            }
            let (heads, bodies) = (heads.join(", "), bodies.join(", "));
            let document = format!("{operation} ({heads}) {{ {name}({bodies}) {{ __typename }} }}");
            let answer = client.graphql(&document, Value::Object(variables)).await;
            let place = format!("{name}({own}{way})");
            harmless(&answer, &format!("{place} with {injected}"));
            places.push(place);
        }
    }
    places
}

async fn no_argument_becomes_a_statement(engine: Engine) {
    let tidemark: Tidemark = two_sites(engine).await;
    let client = tidemark.client();
    let answer = client.graphql(SCHEMA, json!({})).await;
    let schema = &answer.data()["__schema"];
    let types = Types(list(schema, "types").map(|one| (text(one, "name"), one)).collect());
    let mut places = Vec::new();
    for (number, injected) in TEXTS.iter().enumerate() {
        places.clear();
        for field in list(&schema["queryType"], "fields") {
            places.extend(try_field(client, &types, ("query", field), injected).await);
        }
        // Of changes some will do: each is asked for in the same words.
        if number % 4 == 0 {
            for field in list(&schema["mutationType"], "fields") {
                places.extend(try_field(client, &types, ("mutation", field), injected).await);
            }
        }
    }
    let injected = "'; DROP TABLE event; --";
    for field in list(&schema["mutationType"], "fields") {
        places.extend(try_field(client, &types, ("mutation", field), injected).await);
    }
    for known in [
        "find(input.where[].dimension)",
        "find(input.where[].value)",
        "find(input.groupBy[])",
        "find(input.timeZone)",
        "findBatch(inputs[].where[].value)",
        "unique(input.scope[])",
        "events(after)",
        "events(filter.where[].dimension)",
        "actor(id)",
        "company(id)",
        "audit(actor)",
        "tagTypes(prefix)",
        "quarantine(filter.path)",
        "previewRule(input.rule.pattern)",
        "explainEvent(input.tag)",
        "ledger(timeZone)",
        "sessions(account)",
        "logEvent(input.tag)",
        "logEvents(inputs[].actor)",
        "createView(input.dimensions[])",
        "createUniqueScope(fields[])",
        "createRule(input.rule.pattern)",
        "deleteEvents(input.filter.where[].value)",
        "redriveQuarantine(input.filter.path)",
        "createKey(input.name)",
    ] {
        assert!(
            places.iter().any(|place| place == known),
            "{known} is not among {places:#?}"
        );
    }
    let find = json!({"view": "events", "from": "2026-11-18T00:00:00Z", "to": "2026-11-19T00:00:00Z"});
    assert_eq!(client.find(find).await["total"], 3, "everything is still there");
}
