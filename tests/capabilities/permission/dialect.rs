//! The doors of other systems' wire formats: every cell of their rows, tried in the words of each.

use reqwest::{Method, RequestBuilder};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Value, json};
use support::{Answer, Client, Engine, Tidemark, app::EVERYTHING};

use super::{ROLES, ROUTES, printed, sign_in};

support::on_both_engines!(
    each_door_of_a_dialect_wants_its_permission,
    each_role_may_what_it_may_at_the_doors_of_dialects,
    a_signed_question_wants_the_permission_to_ask,
);

/// The routes of dialects that not everybody may use, with the cells of their rows.
pub(super) fn doors() -> Vec<(&'static str, Vec<String>)> {
    let rows = printed();
    let row = |name: &str| rows.iter().find(|(doors, _)| doors.iter().any(|one| one == name));
    let doors = ROUTES
        .iter()
        .map(|(name, _)| (*name, row(name).expect("a row").1.clone()));
    doors
        // These have tests of their own.
        .filter(|(name, cells)| cells[1] != "●" && !sign_in::tries(name) && !is_of_profile_store(name))
        .collect()
}

fn is_of_profile_store(name: &str) -> bool {
    name.contains("{path:(?i:")
}

/// Whether a door's path names the site, as Coveo's organization does.
fn names_site(name: &str) -> bool {
    name.contains("{org}")
}

/// The Profile Store's paths in small letters and without a slash behind them, where they are meant in any way.
pub(crate) fn plain(path: &str) -> String {
    let mut path = path
        .replace("(?i:", "")
        .replace("[.]", ".")
        .replace("v[12]", "v2")
        .replace("{end:/?}", "");
    path = path.replace("/?)}", "").replace(")}", "").replace("{path:", "");
    path
}

/// The Profile Store's rows, whose cells are tried by its own tests.
pub(crate) fn rows_of_profile_store() -> Vec<(String, Vec<String>)> {
    let rows = printed()
        .into_iter()
        .flat_map(|(doors, cells)| doors.into_iter().map(move |door| (door, cells.clone())));
    rows.filter(|(door, _)| is_of_profile_store(door))
        .map(|(door, cells)| (plain(&door), cells))
        .collect()
}

/// What a caller sends to a door, with all that the wire format wants.
fn knock(name: &str, caller: &Client, site: &str) -> RequestBuilder {
    let (method, path) = name.split_once(' ').expect("a method and a path");
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    if let Some(body) = of_coveo(path) {
        let path = path
            .replace("{folder:(.*/)?}{version:v1[45]}", "rest/ua/v15")
            .replace("{org}", site)
            .replace("{form}", "click");
        return caller.request(method, &path).json(&body);
    }
    let (nobody, key) = (caller.without_key(), caller.key().expect("it has one"));
    if path.starts_with("/rest") {
        if path == "/rest" {
            let call =
                json!({"jsonrpc": "2.0", "id": 1, "method": "action.log", "params": {"key": key, "action": "a"}});
            return nobody.request(method, path).json(&call);
        }
        let path = path.replace("{method}", "action.log");
        return nobody.request(method, &format!("{path}?key={key}&action=a"));
    }
    if path == "/script" {
        let body = json!({"key": key, "messages": [{"action": "a"}, {"identify": "u"}]});
        return nobody.request(method, path).json(&body);
    }
    if path == "/script.gif" {
        return nobody.request(method, &format!("{path}?key={key}&action=a"));
    }
    if path.contains("/auth/login/") {
        return nobody.request(method, path).json(&json!({"apiKey": key, "uuid": "d"}));
    }
    if path.starts_with("/v4/") {
        let event = json!({"action": "a", "label": "l", "client": {"uuid": "u", "customId": "c"}});
        let (name, body) = match path {
            "/v4/events/batch" => ("", json!([event])),
            "/v4/events/ai-compat/batch" => ("", json!({"eventType": "item.search.click", "items": [event]})),
            "/v4/events/ai-compat/{name}" => ("item.search.click", event),
            "/v4/events/push/{name}" => ("viewed", event),
            _ => ("custom", event),
        };
        let request = nobody.request(method, &path.replace("{name}", name));
        return request.bearer_auth(key).json(&body);
    }
    let name = path.strip_prefix("/v1/").expect("a path of another system");
    let (kind, is_list) = match name.strip_suffix("/batch") {
        Some(kind) => (kind, true),
        None => (name, false),
    };
    let of_moesif = match kind {
        "actions" => Some(json!({"action_name": "a", "user_id": "u"})),
        "events" => Some(json!({
            "request": {"time": "2026-11-18T10:00:00.000Z", "uri": "https://api.example.com/a", "verb": "GET", "headers": {}},
            "response": {"time": "2026-11-18T10:00:00.100Z", "status": 200},
        })),
        "users" => Some(json!({"user_id": "u"})),
        "companies" => Some(json!({"company_id": "c"})),
        "subscriptions" => Some(json!({"subscription_id": "s", "company_id": "c", "status": "active"})),
        _ => None,
    };
    if let Some(item) = of_moesif {
        let body = if is_list { json!([item]) } else { item };
        let request = nobody.request(method, path).header("X-Moesif-Application-Id", key);
        return request.json(&body);
    }
    let message = json!({"type": "track", "event": "a", "name": "a", "userId": "u", "groupId": "g", "previousId": "p"});
    let body = match name {
        "batch" | "b" | "import" => json!({"batch": [message]}),
        _ => message,
    };
    nobody.request(method, path).basic_auth(key, Some("")).json(&body)
}

/// What Coveo's clients send to a path, if it is one of Coveo's.
fn of_coveo(path: &str) -> Option<Value> {
    if path.contains("/events/v1") && !path.contains("{form}") {
        return Some(
            json!([{"action": "add", "quantity": 1, "meta": {"type": "ec.cartAction",
            "config": {"trackingId": "shop"}, "ts": 1_795_000_000_000_i64, "source": ["app@1", "relay@2.1.1"],
            "clientId": "489aa3e3-aed2-4563-8e81-62bb73178a56", "location": "https://shop.example.com/"}}]),
        );
    }
    if path == "/rest/search/v2/token" {
        return Some(json!({"searchHub": "Community"}));
    }
    let name = path.strip_prefix("/{folder:(.*/)?}{version:v1[45]}/analytics/");
    let name = name.or_else(|| path.contains("{form}").then_some("click"))?;
    let search =
        json!({"actionCause": "enter", "searchQueryUid": "q", "language": "en", "queryText": "", "responseTime": 1});
    Some(match name {
        "click" => json!({"actionCause": "documentOpen", "documentPosition": 2, "sourceName": "web", "language": "en",
            "searchQueryUid": "7bfc652a-9dea-4811-b3f9-6d24345c37ce"}),
        "search" => search,
        "searches" => json!([search]),
        "custom" => json!({"eventType": "a", "eventValue": "b", "language": "en"}),
        "view" => {
            json!({"location": "https://a.example/", "contentIdKey": "k", "contentIdValue": "v", "language": "en"})
        }
        "collect" => json!({"t": "pageview", "uid": "u"}),
        name => panic!("{name} is tried in no test"),
    })
}

/// The status of what a caller is told; that of a refusal in JSON-RPC stands inside.
fn status(answer: &Answer) -> u16 {
    match answer.body["error"]["data"]["code"].as_str() {
        Some("identity_required") => 403,
        Some("unknown_key") => 401,
        Some(_) => 400,
        None => answer.status,
    }
}

/// How many events there are, and how many actors of whom something was said.
async fn kept(tidemark: &Tidemark) -> (usize, bool) {
    let events = tidemark.client().events(json!({"first": 500})).await;
    let document = "{ actor(id: \"u\") { traits firstSeen } }";
    let answer = tidemark.client().graphql(document, json!({})).await;
    let actor = &answer.data()["actor"];
    (
        events["edges"].as_array().expect("a list").len(),
        actor["firstSeen"].is_string(),
    )
}

async fn each_door_of_a_dialect_wants_its_permission(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--max-event-age", "none")
        .start()
        .await;
    let doors = doors();
    assert!(doors.len() > 25, "{doors:#?}");
    // Those who may last, so that it shows that the others did nothing.
    let mut permissions: Vec<(usize, &str)> = EVERYTHING.split(',').enumerate().collect();
    permissions.sort_by_key(|(_, name)| *name == "log");
    for (index, permission) in permissions {
        if permission == "log" {
            assert_eq!(kept(&tidemark).await, (0, false), "who may not log leaves nothing");
        }
        let of_site = tidemark.client_allowed(permission).await;
        let of_all = tidemark.client_of_all_sites(permission).await;
        for (name, cells) in &doors {
            let may = !cells[2 + index].is_empty();
            for (client, knows_site) in [(&of_site, true), (&of_all, names_site(name))] {
                let answer = client.send(knock(name, client, tidemark.site())).await;
                // Where nothing names a site, who has a key to all is told so, and not that they may not.
                let expected = match (may, knows_site) {
                    (false, _) => 403..=403,
                    (true, true) => 200..=202,
                    (true, false) => 400..=400,
                };
                assert!(
                    expected.contains(&status(&answer)),
                    "{name} with {permission}: {} {}",
                    answer.status,
                    answer.text
                );
            }
        }
    }
    let (events, said) = kept(&tidemark).await;
    assert!(events > 10 && said, "who may log leaves something: {events}");
    // Nobody, somebody whose key is wrong, and somebody whose key is no more.
    let revoked = tidemark.client_allowed("log").await;
    let id = &revoked.key().expect("it has one")[..15];
    let _ = tidemark.command(&["key", "revoke", id]).await.success();
    let wrong = format!("{}{}", &revoked.key().expect("it has one")[..15], "x".repeat(43));
    let wrong = Client::new(tidemark.server().address(), &wrong);
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    for client in [&revoked, &wrong] {
        for (name, _) in &doors {
            let answer = client.send(knock(name, client, tidemark.site())).await;
            assert_eq!(status(&answer), 401, "{name}: {}", answer.text);
        }
    }
    assert_eq!(kept(&tidemark).await, (events, said));
}

async fn each_role_may_what_it_may_at_the_doors_of_dialects(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--sign-in-attempts", "1000")
        .site_flag("--max-event-age", "none")
        .start()
        .await;
    let _other = tidemark.another_site("other").await;
    tidemark.account("first@example.com", &[]).await;
    let mut logged = 0;
    for (index, role) in ROLES.iter().enumerate() {
        let of_all = tidemark.person(&format!("{role}@example.com"), &["--role", role]).await;
        let flags = ["--role", role, "--site", tidemark.site()];
        let of_site = tidemark.person(&format!("{role}.of.site@example.com"), &flags).await;
        for (person, everywhere) in [(of_all, true), (of_site, false)] {
            for (name, cells) in doors() {
                let may = !cells[7 + index].is_empty();
                let client = person.client();
                if cells[0] == "the site" && names_site(name) && !everywhere {
                    let answer = client.send(knock(name, client, "other")).await;
                    assert_eq!(
                        status(&answer),
                        403,
                        "{name} of another site as {role}: {}",
                        answer.text
                    );
                }
                let answer = client.send(knock(name, client, tidemark.site())).await;
                // An account has no site of its own, and few wire formats name one.
                let expected = match (may, names_site(name)) {
                    (false, _) => 403,
                    (true, true) => 200,
                    (true, false) => 400,
                };
                assert_eq!(status(&answer), expected, "{name} as {role}: {}", answer.text);
                logged += usize::from(expected == 200 && cells[0] == "the site");
            }
        }
    }
    assert_eq!(logged, 4, "owners and administrators of all sites, and of this one");
    assert_eq!(kept(&tidemark).await, (logged, false));
}

/// click.st's callers ask, too: by a signature, and with what their key may do.
async fn a_signed_question_wants_the_permission_to_ask(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    tidemark
        .accept(vec![json!({"action": "secret", "actor": "u"}); 2])
        .await;
    let make = "mutation ($permissions: [Permission!]!) { createKey(input: {permissions: $permissions, signingSecret: true}) \
                { secret signingSecret } }";
    for permission in EVERYTHING.split(',') {
        for (client, found) in [(tidemark.client(), 2), (&other, 0)] {
            let variables = json!({"permissions": [permission.to_uppercase()]});
            let made = client.graphql(make, variables).await.data()["createKey"].clone();
            let text = |name: &str| made[name].as_str().unwrap_or_else(|| panic!("{made:#}")).to_owned();
            let (key, secret) = (text("secret")[..15].to_owned(), text("signingSecret"));
            for (number, (method, view)) in [
                ("action.find", "actions"),
                ("action.find_batch", "actions"),
                ("action.find", "unique_actions"),
            ]
            .into_iter()
            .enumerate()
            {
                let nonce = format!("{permission} {number}");
                let signature = digest(
                    &SHA1_FOR_LEGACY_USE_ONLY,
                    [key.as_str(), &nonce, &secret].concat().as_bytes(),
                );
                let signature: String = signature.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
                let arguments = json!({"view": view, "begin": 0});
                let mut body = json!({"key": key, "nonce": nonce, "signature": signature});
                if method == "action.find_batch" {
                    body["queries"] = json!([arguments]);
                } else {
                    let fields = arguments.as_object().expect("an object").clone();
                    body.as_object_mut().expect("an object").extend(fields);
                }
                let nobody = client.without_key();
                let request = nobody.request(Method::POST, &format!("/rest/{method}"));
                let answer = nobody.send(request.json(&body)).await;
                // In a batch each question is answered for itself.
                let told = if method == "action.find_batch" {
                    answer.body["result"][0].clone()
                } else {
                    answer.body.clone()
                };
                if permission != "query" {
                    assert_eq!(told["error"]["code"], "identity_required", "{method}: {}", answer.text);
                    assert!(!answer.text.contains("secret"), "{}", answer.text);
                    continue;
                }
                let result = if method == "action.find_batch" {
                    &told
                } else {
                    &told["result"]
                };
                let count = result["count"].as_i64();
                let wanted = if view == "unique_actions" { found / 2 } else { found };
                assert_eq!(count, Some(wanted), "{method} of {key}: {}", answer.text);
            }
        }
    }
}
