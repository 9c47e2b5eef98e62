//! Who may do what: every door of the server, and every cell of the printed table, tried on a real server.
//!
//! A door that is in the schema, a route in the sources or a command in the table, and not in the tables of `permission/door.rs`,
//! `permission/route.rs` and `permission/command.rs`, fails the test.

use std::{collections::BTreeSet, fs, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use support::{Answer, Client, Engine, Tidemark, Transport, app::EVERYTHING, binary, folder::repository, golden};

use command::COMMANDS;
use door::{DOORS, Door};
use route::ROUTES;

mod anybody;
mod command;
pub(crate) mod dialect;
mod door;
mod id;
mod preflight;
mod route;
mod sign_in;
mod site;
mod told;

support::on_both_engines!(
    each_operation_wants_its_permission,
    each_role_may_what_its_column_says,
    nobody_known_is_let_in_nowhere,
);

/// The roles, in the order of their columns, which stand behind those of the permissions.
pub(crate) const ROLES: [&str; 4] = ["viewer", "analyst", "admin", "owner"];

const INTROSPECTION: &str = "{ __schema { queryType { fields { name } } mutationType { fields { name } } \
     subscriptionType { fields { name } } } }";

/// The printed table: each row's doors, and its cells: where, anybody, and one for each permission and each role.
fn printed() -> Vec<(Vec<String>, Vec<String>)> {
    let table = table();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let cells: Vec<_> = line
            .trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect();
        let doors = cells[0].split(", ").map(|door| door.trim_matches('`').to_owned());
        (doors.collect(), cells[2..].to_vec())
    };
    rows.map(row).collect()
}

fn table() -> String {
    let printed = binary::command()
        .arg("permissions")
        .output()
        .expect("the program can be started");
    assert!(printed.status.success(), "{printed:?}");
    String::from_utf8(printed.stdout).expect("text")
}

#[test]
fn the_committed_table_is_the_servers() {
    golden::assert_matches("api/permissions.md", &table());
}

#[tokio::test]
async fn every_door_has_its_row_and_its_test() {
    let tidemark = Tidemark::start(Engine::Sqlite).await;
    let answer = tidemark.client().graphql(INTROSPECTION, json!({})).await;
    let mut there = BTreeSet::new();
    for (kind, name) in [
        ("queryType", "Query"),
        ("mutationType", "Mutation"),
        ("subscriptionType", "Subscription"),
    ] {
        let fields = answer.data()["__schema"][kind]["fields"].as_array().expect("a list");
        let fields = fields.iter().map(|field| field["name"].as_str().expect("a name"));
        there.extend(fields.map(|field| format!("{name}.{field}")));
    }
    assert!(there.len() > 30, "{there:?}");
    there.extend(routes());
    there.extend(COMMANDS.iter().map(|command| command.name.to_owned()));
    let rows = printed().into_iter().flat_map(|(doors, _)| doors);
    let rows: BTreeSet<_> = rows.collect();
    assert_eq!(
        rows, there,
        "left: rows of the table in `domain/operation.rs`; right: doors of the server, and commands that are tried"
    );
    let tried = DOORS
        .iter()
        .map(|door| door.name)
        .chain(ROUTES.iter().map(|(name, _)| *name))
        .chain(COMMANDS.iter().map(|command| command.name));
    let tried: BTreeSet<_> = tried.map(str::to_owned).collect();
    assert_eq!(
        tried, there,
        "left: doors tried in `permission/door.rs` and `permission/route.rs`; right: doors of the server"
    );
}

/// Each route's cells are tried in one place: what anybody may, what wants more than a cell tells, what the Profile Store's
/// own tests knock at, and all others.
#[test]
fn the_cells_of_every_route_have_their_test() {
    let of_profile_store = dialect::rows_of_profile_store();
    let others = dialect::doors();
    for (door, cells) in printed()
        .iter()
        .flat_map(|(doors, cells)| doors.iter().map(move |door| (door, cells)))
    {
        if !door.contains(' ') {
            continue;
        }
        let places = [
            cells[1] == "●",
            sign_in::tries(door),
            of_profile_store.iter().any(|(one, _)| *one == dialect::plain(door)),
            others.iter().any(|(one, _)| one == door),
        ];
        let count = places.into_iter().filter(|tried| *tried).count();
        assert_eq!(
            count, 1,
            "anybody, sign-ins, Profile Store, other dialects: {door} {places:?}"
        );
    }
}

/// A path that a route's pattern means: of any folder, and one of two versions.
fn some_path(pattern: &str) -> String {
    dialect::plain(&pattern.replace("{folder:(.*/)?}{version:v1[45]}", "rest/ua/v15"))
}

/// The routes that the sources name, with their methods.
fn routes() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![repository().join("api/src/http"), repository().join("api/src/dialects")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("the folder of routes") {
            let path = entry.expect("a file").path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).expect("a source");
            // Long ones are broken behind the bracket.
            let text = text
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .replace("( \"", "(\"");
            // `.route("/path", web::get()…` and `web::resource("/path")`, whose methods are its own affair.
            for (at, _) in text.match_indices(".route(\"/") {
                let rest = &text[at + ".route(\"".len()..];
                let (path, rest) = rest.split_once('"').expect("a closed text");
                let method = rest.split("web::").nth(1).and_then(|rest| rest.split('(').next());
                found.insert(format!("{} {path}", method.expect("a method").to_uppercase()));
            }
            for (at, _) in text.match_indices("web::resource(\"/") {
                let path = text[at + "web::resource(\"".len()..].split('"').next().expect("a path");
                found.extend(["GET", "POST"].map(|method| format!("{method} {path}")));
            }
        }
    }
    found
}

/// The code of what a caller is told, wherever the answer has it; none where nothing is refused.
fn code(answer: &Value) -> Option<String> {
    let whole = answer["errors"][0]["extensions"]["code"].as_str();
    whole.map(str::to_owned).or_else(|| nested(&answer["data"]))
}

/// The code of the first `error` in a payload.
fn nested(value: &Value) -> Option<String> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("error").and_then(|error| error["code"].as_str());
            own.map(str::to_owned).or_else(|| fields.values().find_map(nested))
        }
        Value::Array(list) => list.iter().find_map(nested),
        _ => None,
    }
}

impl Door {
    /// What a caller is told who knocks here.
    async fn knock(&self, client: &Client, variables: Value) -> Value {
        if !self.name.starts_with("Subscription.") {
            let Answer { body, .. } = client.graphql(self.document, variables).await;
            return body;
        }
        let mut stream = client.subscribe(Transport::EventStream, self.document, variables).await;
        // Who is let in may have to wait for something to happen.
        let told = tokio::time::timeout(Duration::from_millis(300), stream.next()).await;
        told.ok().flatten().unwrap_or_else(|| json!({"data": {}}))
    }
}

/// The fields that the caller is told it may use on a site.
async fn allowed(client: &Client, site: &str) -> BTreeSet<String> {
    let document = "query ($site: String) { viewer { may(site: $site) } }";
    let answer = client.graphql(document, json!({"site": site})).await;
    let fields = answer.data()["viewer"]["may"].as_array().cloned().unwrap_or_default();
    fields
        .iter()
        .filter_map(|field| field.as_str().map(str::to_owned))
        .collect()
}

async fn each_operation_wants_its_permission(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    tidemark.accept(vec![json!({"id": "x", "action": "a"})]).await;
    let victim = tidemark.key(&["--site", tidemark.site(), "--allow", "manage"]).await;
    let victim = &victim[..15];
    let rows = printed();
    for (index, permission) in EVERYTHING.split(',').enumerate() {
        let of_site = tidemark.client_allowed(permission).await;
        let of_all = tidemark.client_of_all_sites(permission).await;
        let allowed = [
            allowed(&of_site, tidemark.site()).await,
            allowed(&of_all, tidemark.site()).await,
        ];
        for door in DOORS {
            let (_, cells) = rows
                .iter()
                .find(|(doors, _)| doors.iter().any(|one| one == door.name))
                .expect("a row");
            let (place, anybody, marked) = (cells[0].as_str(), cells[1] == "●", !cells[2 + index].is_empty());
            let variables = door.variables(victim, permission);
            for (client, reaches, site, allowed) in [
                (&of_site, place != "all sites", None, &allowed[0]),
                (&of_all, true, Some(tidemark.site()), &allowed[1]),
            ] {
                let variables = door.on(variables.clone(), site);
                let told = door.knock(client, variables).await;
                let refused = code(&told).is_some_and(|code| code == "FORBIDDEN" || code == "UNAUTHENTICATED");
                let may = anybody || (marked && reaches);
                assert_eq!(
                    refused, !may,
                    "{} with {permission}, site {site:?}: {told:#}",
                    door.name
                );
                assert_eq!(
                    allowed.contains(door.name),
                    may,
                    "what {permission} is told of {}",
                    door.name
                );
                if refused && !marked {
                    let message = told.to_string();
                    let needed: Vec<_> = EVERYTHING
                        .split(',')
                        .zip(&cells[2..])
                        .filter(|(_, cell)| !cell.is_empty())
                        .collect();
                    let named = needed.iter().all(|(name, _)| message.contains(&format!("“{name}”")));
                    assert!(named, "the permission is named: {told:#}");
                }
            }
        }
    }
    // Who may log and not read is told of a duplicate, and not shown it.
    let logger = tidemark.client_allowed("log").await;
    let payload = logger.log(json!({"id": "x", "action": "a"})).await;
    assert_eq!(
        (&payload["outcome"], &payload["event"]),
        (&json!("DUPLICATE"), &Value::Null)
    );
    let viewer = logger
        .graphql("{ viewer { kind permissions site { name } } }", json!({}))
        .await;
    assert_eq!(
        viewer.data()["viewer"],
        json!({"kind": "KEY", "permissions": ["LOG"], "site": {"name": tidemark.site()}})
    );
}

async fn each_role_may_what_its_column_says(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--sign-in-attempts", "1000")
        .start()
        .await;
    let _other = tidemark.another_site("other").await;
    tidemark.accept(vec![json!({"id": "x", "action": "a"})]).await;
    let victim = tidemark.key(&["--site", tidemark.site(), "--allow", "manage"]).await;
    let victim = &victim[..15];
    // Somebody owns the organisation already, so that nobody below is the last who does.
    tidemark.account("first@example.com", &[]).await;
    let rows = printed();
    for (index, role) in ROLES.iter().enumerate() {
        let everywhere = tidemark.person(&format!("{role}@example.com"), &["--role", role]).await;
        let flags = ["--role", role, "--site", tidemark.site()];
        let of_site = tidemark.person(&format!("{role}.of.site@example.com"), &flags).await;
        for (person, reaches_all) in [(everywhere, true), (of_site, false)] {
            let allowed = allowed(person.client(), tidemark.site()).await;
            for door in DOORS {
                let row = rows.iter().find(|(doors, _)| doors.iter().any(|one| one == door.name));
                let (_, cells) = row.expect("a row");
                let (place, anybody, marked) = (cells[0].as_str(), cells[1] == "●", !cells[7 + index].is_empty());
                let may = anybody || (marked && (reaches_all || place != "all sites"));
                let variables = door.on(door.variables(victim, "log"), Some(tidemark.site()));
                let told = door.knock(person.client(), variables).await;
                let refused = code(&told).is_some_and(|code| code == "FORBIDDEN" || code == "UNAUTHENTICATED");
                assert_eq!(
                    refused, !may,
                    "{} as {role}, of all sites {reaches_all}: {told:#}",
                    door.name
                );
                assert_eq!(allowed.contains(door.name), may, "what {role} is told of {}", door.name);
                if !reaches_all && door.site.is_some() {
                    // On another site the role is nothing: it does not even exist.
                    let told = door
                        .knock(person.client(), door.on(door.variables(victim, "log"), Some("other")))
                        .await;
                    let elsewhere = code(&told);
                    let shut = matches!(elsewhere.as_deref(), Some("UNKNOWN_SITE" | "FORBIDDEN"));
                    assert!(shut, "{} as {role} of {}: {told:#}", door.name, tidemark.site());
                }
            }
        }
    }
}

async fn nobody_known_is_let_in_nowhere(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    tidemark.accept(vec![json!({"id": "x", "action": "a"})]).await;
    let anonymous = Client::anonymous(tidemark.server().address());
    let rows = printed();
    for door in DOORS {
        let row = rows.iter().find(|(doors, _)| doors.iter().any(|one| one == door.name));
        let anybody = row.expect("a row").1[1] == "●";
        for site in [None, Some(tidemark.site()), Some("nowhere")] {
            let variables = door.on(door.variables("tm_000000000000", "log"), site);
            let told = door.knock(&anonymous, variables).await;
            let expected = (!anybody).then(|| "UNAUTHENTICATED".to_owned());
            assert_eq!(code(&told), expected, "{}: {told:#}", door.name);
        }
    }
    for (name, status) in ROUTES {
        let (method, path) = name.split_once(' ').expect("a method and a path");
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let answer = anonymous.send(anonymous.request(method, &some_path(path))).await;
        assert_eq!(answer.status, *status, "{name}: {}", answer.text);
    }
    // Nothing of all that did anything.
    assert_eq!(tidemark.client().event("x").await["id"], "x");
    let events = tidemark.client().events(json!({})).await;
    assert_eq!(events["edges"].as_array().map(Vec::len), Some(1), "{events:#}");
}
