//! Values of the wrong kind, for every argument and input field that the schema has: each is refused by its path.
//!
//! The table is the schema itself, so that what is added to it is tried as well.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use support::{Client, Engine, Tidemark, Transport};

use super::{goes_on, speaks_to_people};

support::on_both_engines!(whatever_is_of_the_wrong_kind_is_named);

const SCHEMA: &str = "{ __schema { queryType { name } mutationType { name } subscriptionType { name } types {
    kind name enumValues { name } inputFields { name type { ...T } defaultValue }
    fields { name type { ...T } args { name type { ...T } defaultValue } } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// A field, and how it is come by: the kind of operation, and the field that it is within where that is no root.
struct Place<'a> {
    operation: &'static str,
    within: Option<&'static str>,
    field: &'a Value,
}

impl Place<'_> {
    fn document(&self, variables: &str, field: &str) -> String {
        let operation = self.operation;
        match self.within {
            None => format!("{operation} {variables} {{ {field} }}"),
            Some(within) => format!("{operation} {variables} {{ {within} {{ {field} }} }}"),
        }
    }
}

/// The types below the roots whose fields take arguments, and a field that gives one.
const DEEPER: [(&str, &str); 3] = [
    ("Actor", "actor(id: \"a\")"),
    ("Company", "company(id: \"a\")"),
    ("Viewer", "viewer"),
];

/// The types of the schema, by name.
struct Schema<'a>(HashMap<&'a str, &'a Value>);

/// A value, and the way to what is wrong with it.
type Case = (Value, String);

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

/// A type as documents write it.
fn written(kind: &Value) -> String {
    match text(kind, "kind") {
        "NON_NULL" => format!("{}!", written(&kind["ofType"])),
        "LIST" => format!("[{}]", written(&kind["ofType"])),
        _ => text(kind, "name").to_owned(),
    }
}

fn named(kind: &Value) -> &Value {
    match kind["ofType"] {
        Value::Null => kind,
        ref inner => named(inner),
    }
}

fn is_required(input: &Value) -> bool {
    input["type"]["kind"] == "NON_NULL" && input["defaultValue"].is_null()
}

impl Schema<'_> {
    /// A value of a type, with no more than it must have.
    fn right(&self, kind: &Value) -> Value {
        match text(kind, "kind") {
            "NON_NULL" => self.right(&kind["ofType"]),
            "LIST" => json!([self.right(&kind["ofType"])]),
            "ENUM" => self.0[text(kind, "name")]["enumValues"][0]["name"].clone(),
            "INPUT_OBJECT" => {
                let fields = list(self.0[text(kind, "name")], "inputFields").filter(|field| is_required(field));
                let right = |field: &Value| (text(field, "name").to_owned(), self.right(&field["type"]));
                Value::Object(fields.map(right).collect())
            }
            _ => match text(kind, "name") {
                "Int" => json!(1),
                "Boolean" => json!(true),
                "DateTime" => json!("2026-11-21T00:00:00Z"),
                "String" | "ID" | "JSON" => json!("a"),
                other => panic!("the scalar {other} is new: say here what it takes, and below what it refuses"),
            },
        }
    }

    /// Values that a type does not take.
    fn wrong(&self, kind: &Value) -> Vec<Case> {
        let here = |values: &[Value]| values.iter().map(|value| (value.clone(), String::new())).collect();
        match text(kind, "kind") {
            "NON_NULL" => {
                let mut cases: Vec<Case> = here(&[Value::Null]);
                cases.extend(self.wrong(&kind["ofType"]));
                cases
            }
            "LIST" => {
                let inner = &kind["ofType"];
                let second = |(value, way): Case| (json!([self.right(inner), value]), format!("[1]{way}"));
                let mut cases: Vec<Case> = self.wrong(inner).into_iter().map(second).collect();
                // A single value stands for a list of one.
                cases.extend(self.wrong(inner).into_iter().filter(|(value, _)| !value.is_null()));
                cases
            }
            "ENUM" => here(&[json!("NOTHING_LIKE_THAT"), json!(7), json!(true), json!({})]),
            "INPUT_OBJECT" => self.wrong_object(kind),
            _ => match text(kind, "name") {
                "Int" => here(&[
                    json!("1"),
                    json!(1.5),
                    json!(2_147_483_648_i64),
                    json!(-2_147_483_649_i64),
                    json!(true),
                    json!({}),
                ]),
                "Boolean" => here(&[json!("true"), json!(1), json!({})]),
                "ID" => here(&[json!(1.5), json!(true), json!({})]),
                "String" | "DateTime" => here(&[json!(7), json!(1e300), json!(false), json!({"a": 1})]),
                // Everything is JSON.
                _ => Vec::new(),
            },
        }
    }

    fn wrong_object(&self, kind: &Value) -> Vec<Case> {
        let right = self.right(kind);
        let with = |name: &str, value: Value| {
            let mut object = right.clone();
            object[name] = value;
            object
        };
        let mut cases: Vec<Case> = [json!(7), json!("a"), json!(true)]
            .map(|value| (value, String::new()))
            .into();
        cases.push((with("nothingLikeThat", json!(1)), ".nothingLikeThat".to_owned()));
        for field in list(self.0[text(kind, "name")], "inputFields") {
            let name = text(field, "name");
            if is_required(field) {
                let mut object = right.as_object().cloned().unwrap_or_default();
                object.remove(name);
                cases.push((Value::Object(object), format!(".{name}")));
            }
            let wrong = self.wrong(&field["type"]).into_iter();
            cases.extend(wrong.map(|(value, way)| (with(name, value), format!(".{name}{way}"))));
        }
        cases
    }
}

/// A value as documents write it.
fn literal(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|(name, value)| format!("{name}: {}", literal(value)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

/// Asks, and gives the first error.
async fn refusal(client: &Client, place: &Place<'_>, document: &str, variables: Value) -> Value {
    let answer = if place.operation == "subscription" {
        let mut told = client.subscribe(Transport::EventStream, document, variables).await;
        told.next().await.unwrap_or_default()
    } else {
        let answer = client.graphql(document, variables).await;
        assert_eq!(answer.status, 200, "{document}: {}", answer.text);
        speaks_to_people(&answer);
        answer.body
    };
    answer["errors"][0].clone()
}

/// Tries all that is wrong for one argument; gives how much that was.
async fn try_argument(client: &Client, schema: &Schema<'_>, place: &Place<'_>, argument: &Value) -> usize {
    let field = text(place.field, "name");
    let name = text(argument, "name");
    let others = list(place.field, "args").filter(|other| is_required(other) && other["name"] != name);
    let others: String = others
        .map(|other| format!(", {}: {}", text(other, "name"), literal(&schema.right(&other["type"]))))
        .collect();
    let is_object = matches!(
        text(named(&place.field["type"]), "kind"),
        "OBJECT" | "INTERFACE" | "UNION"
    );
    let selected = if is_object { "{ __typename }" } else { "" };
    let cases = schema.wrong(&argument["type"]);
    for (value, way) in &cases {
        let kind = written(&argument["type"]);
        let asked = |value: &str| format!("{field}({name}: {value}{others}) {selected}");
        let by_variable = place.document(&format!("($x: {kind})"), &asked("$x"));
        let by_literal = place.document("", &asked(&literal(value)));
        let variables = Map::from_iter([("x".to_owned(), value.clone())]);
        for (document, variables) in [(by_variable, variables), (by_literal, Map::new())] {
            // A variable that is no value at all never gets as far as the argument.
            let path = if value.is_null() && !variables.is_empty() {
                "variables.x".to_owned()
            } else {
                format!("{name}{way}")
            };
            let error = refusal(client, place, &document, Value::Object(variables)).await;
            let found = (&error["extensions"]["code"], &error["extensions"]["path"]);
            assert_eq!(
                found,
                (&json!("INVALID_ARGUMENT"), &json!(path)),
                "{document} {value}: {error:#}"
            );
        }
    }
    cases.len()
}

async fn whatever_is_of_the_wrong_kind_is_named(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let answer = tidemark.client().graphql(SCHEMA, json!({})).await;
    let found = &answer.data()["__schema"];
    let schema = Schema(list(found, "types").map(|kind| (text(kind, "name"), kind)).collect());
    let roots = [
        ("query", "queryType"),
        ("mutation", "mutationType"),
        ("subscription", "subscriptionType"),
    ];
    let mut places = Vec::new();
    for (operation, root) in roots {
        let fields = list(schema.0[text(&found[root], "name")], "fields");
        places.extend(fields.map(|field| Place {
            operation,
            within: None,
            field,
        }));
    }
    for (kind, within) in DEEPER {
        let fields = list(schema.0[kind], "fields");
        places.extend(fields.map(|field| Place {
            operation: "query",
            within: Some(within),
            field,
        }));
    }
    let mut tried = HashMap::new();
    for place in &places {
        for argument in list(place.field, "args") {
            let cases = try_argument(tidemark.client(), &schema, place, argument).await;
            let name = (place.within, text(place.field, "name"));
            *tried.entry(name).or_insert(0) += cases;
        }
    }
    for (name, least) in [
        ((None, "find"), 80),
        ((None, "logEvents"), 80),
        ((None, "events"), 30),
        ((None, "eventLogged"), 20),
        ((None, "updateSite"), 30),
        ((Some(DEEPER[0].1), "events"), 30),
        ((Some(DEEPER[1].1), "events"), 30),
    ] {
        assert!(tried[&name] >= least, "{tried:?}");
    }
    // What takes arguments is a root, or has its place in the table above.
    let mut known: Vec<&str> = roots.iter().map(|(_, root)| text(&found[root], "name")).collect();
    known.extend(DEEPER.iter().map(|(kind, _)| *kind));
    for kind in list(found, "types").filter(|kind| !text(kind, "name").starts_with("__")) {
        let deeper = list(kind, "fields").find(|field| list(field, "args").next().is_some());
        assert!(
            known.contains(&text(kind, "name")) || deeper.is_none(),
            "{deeper:?} takes arguments"
        );
    }
    goes_on(&tidemark).await;
}
