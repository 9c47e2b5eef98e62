//! Optimizely's Profile Store: its wire format, and its two languages of questions.

use reqwest::Method;
use serde_json::{Value, json};
use support::{Answer, Client, Engine, Tidemark, app::EVERYTHING};

mod address;
mod deadline;
mod delete;
mod example;
mod filter;
mod joined;
mod kql;
mod list;
mod profile;
mod query;
mod random;
mod refusal;
mod room;
mod segment;
mod track;
mod written;

/// Asks with the client's key, in the way of the Profile Store.
async fn ask(client: &Client, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let mut request = client.without_key().request(method, path);
    if let Some(key) = client.key() {
        request = request.header("Authorization", format!("epi-single {key}"));
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    client.send(request).await
}

/// Tracks an event, and gives its id.
async fn track(client: &Client, event: Value) -> String {
    let answer = ask(client, Method::POST, "/api/v1.0/Track", Some(&event)).await;
    assert_eq!(answer.status, 200, "{event}: {}", answer.text);
    let id = answer.body["TrackId"].as_str().expect("an id").to_owned();
    assert!(!id.is_empty());
    id
}

/// An event with these fields besides those that it must have.
fn event(with: Value) -> Value {
    let mut fields = json!({"DeviceId": "d1", "EventType": "epiPageView", "Value": "Viewed Home"});
    for (name, value) in with.as_object().expect("an object") {
        fields[name] = value.clone();
    }
    fields
}

/// Lists events by options, each a name and a value.
async fn list(client: &Client, options: &[(&str, &str)]) -> Answer {
    let query: String = form(options);
    ask(client, Method::GET, &format!("/api/v2.0/TrackEvents?{query}"), None).await
}

fn form(options: &[(&str, &str)]) -> String {
    let one = |(name, value): &(&str, &str)| {
        let quoted: String = value.bytes().map(|byte| format!("%{byte:02x}")).collect();
        format!("{name}={quoted}")
    };
    options.iter().map(one).collect::<Vec<_>>().join("&")
}

/// The items of a list that is answered.
fn items(answer: &Answer) -> &Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.body["items"].as_array().expect("a list")
}

/// The names in one field of what is listed.
async fn listed(client: &Client, filter: &str, field: &str) -> Vec<String> {
    let answer = list(client, &[("$filter", filter)]).await;
    let text = |item: &Value| item[field].as_str().unwrap_or_default().to_owned();
    let mut found: Vec<String> = items(&answer).iter().map(text).collect();
    assert_eq!(answer.body["total"], found.len(), "{filter}");
    found.sort();
    found
}

/// What is in quarantine: code, path and action of each.
async fn quarantined(tidemark: &Tidemark) -> Vec<String> {
    let document = "{ quarantine(first: 100) { edges { node { code path event { action door } } } } }";
    let page = tidemark.client().graphql(document, json!({})).await;
    let edges = page.data()["quarantine"]["edges"].as_array().expect("a list").clone();
    let shown = edges.iter().map(|edge| {
        let node = &edge["node"];
        assert_eq!(node["event"]["door"], "profilestore");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        format!(
            "{} {} {}",
            text(&node["code"]),
            text(&node["path"]),
            text(&node["event"]["action"])
        )
    });
    let mut shown: Vec<_> = shown.collect();
    shown.sort();
    shown
}

/// Knocks at a door in the words of the Profile Store, with what is right there.
async fn knock(tidemark: &Tidemark, client: &Client, door: &str) -> Answer {
    let (method, path) = door.split_once(' ').expect("a method and a path");
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let body = match path {
        "/api/v1.0/track" => Some(event(json!({}))),
        "/api/v1.0/trackbulk" => Some(json!([event(json!({}))])),
        "/api/v2.0/trackevents/preview" => Some(json!({"Query": "Events | take 1"})),
        "/api/v1.0/scopes/{scope}" if method == Method::PUT => Some(json!({"Description": "a shop"})),
        "/api/v1.0/profiles" if method == Method::POST => Some(json!({"ProfileId": "posted"})),
        "/api/v1.0/profiles/{id}" | "/api/v1.0/profiles/{scope}/{id}" if method == Method::PUT => {
            Some(json!({"Name": "Ada"}))
        }
        _ => None,
    };
    let mut path = path.to_owned();
    if path.ends_with("trackevents/{scope}/{id}") {
        let id = track(tidemark.client(), event(json!({"EventType": "to be deleted"}))).await;
        path = path.replace("{scope}", "default").replace("{id}", &id);
    }
    if path.ends_with("profiles/{scope}/{id}") {
        track(tidemark.client(), event(json!({"DeviceId": "known"}))).await;
        path = path.replace("{id}", "known");
    }
    path = path.replace("{id}", "written");
    path = path.replace("{scope}", "default");
    ask(client, method, &path, body.as_ref()).await
}

/// Every row of the printed table that is the Profile Store's, with every permission.
async fn permission_cells(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let rows = crate::permission::dialect::rows_of_profile_store();
    assert!(rows.len() >= 14, "{rows:#?}");
    for (index, permission) in EVERYTHING.split(',').enumerate() {
        let of_site = tidemark.client_allowed(permission).await;
        let of_all = tidemark.client_of_all_sites(permission).await;
        for (door, cells) in &rows {
            let may = !cells[2 + index].is_empty();
            assert_eq!(cells[1], "", "{door} is not for anybody");
            let answer = knock(&tidemark, &of_site, door).await;
            let wanted = if may { 200..=299 } else { 403..=403 };
            assert!(
                wanted.contains(&answer.status),
                "{door} with {permission}: {} {}",
                answer.status,
                answer.text
            );
            // No wire format names a site: who has a key to all is told so, and not that they may not.
            let answer = knock(&tidemark, &of_all, door).await;
            assert_eq!(
                answer.status,
                if may { 400 } else { 403 },
                "{door} with {permission}: {}",
                answer.text
            );
        }
    }
    let nobody = Client::anonymous(tidemark.server().address());
    for (door, _) in &rows {
        assert_eq!(knock(&tidemark, &nobody, door).await.status, 401, "{door}");
    }
}

/// The same, with every role. An account has no site of its own, and no wire format names one: who may is told so.
async fn role_cells(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--sign-in-attempts", "1000")
        .start()
        .await;
    tidemark.account("first@example.com", &[]).await;
    let rows = crate::permission::dialect::rows_of_profile_store();
    for (index, role) in crate::permission::ROLES.iter().enumerate() {
        let everywhere = tidemark.person(&format!("{role}@example.com"), &["--role", role]).await;
        let flags = ["--role", role, "--site", tidemark.site()];
        let of_site = tidemark.person(&format!("{role}.of.site@example.com"), &flags).await;
        for person in [everywhere, of_site] {
            for (door, cells) in &rows {
                let expected = if cells[7 + index].is_empty() { 403 } else { 400 };
                let answer = knock(&tidemark, person.client(), door).await;
                assert_eq!(answer.status, expected, "{door} as {role}: {}", answer.text);
            }
        }
    }
}
