//! Ids of another site's things: wherever a field takes one, it is answered exactly as an id that never was. A field that
//! takes an id, or the name of something on a site, and is not in the list here fails the test.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};
use support::{Client, Engine, Person, Tidemark, Transport, app::EVERYTHING};

support::on_both_engines!(an_id_of_another_site_is_one_that_never_was);

/// Of each field the name, the kind of thing it takes the id of, and what to ask.
const ASKS: &[(&str, &str, &str)] = &[
    (
        "Query.event",
        "event",
        "query ($id: ID!) { event(site: \"other\", id: $id) { id action } }",
    ),
    (
        "Query.actor",
        "actor",
        "query ($id: ID!) { actor(site: \"other\", id: $id) { id traits firstSeen events { edges { node { id } } } } }",
    ),
    (
        "Query.company",
        "company",
        "query ($id: ID!) { company(site: \"other\", id: $id) { id traits firstSeen events { edges { node { id } } } } }",
    ),
    (
        "Query.segment",
        "segment",
        "query ($id: String!) { segment(site: \"other\", name: $id) { count } }",
    ),
    (
        "Query.deletion",
        "deletion",
        "query ($id: ID!) { deletion(id: $id) { id state total } }",
    ),
    (
        "Query.rule",
        "rule",
        "query ($id: ID!) { rule(id: $id) { id pattern } }",
    ),
    (
        "Query.previewRule",
        "rule",
        "query ($id: ID!) { previewRule(input: {site: \"other\", replaces: $id, \
         rule: {list: DENY, target: ACTION, pattern: \"z\"}}) { refused } }",
    ),
    (
        "Query.explainEvent",
        "event",
        "query ($id: ID!) { explainEvent(input: {site: \"other\", id: $id, action: \"a\"}) { outcome } }",
    ),
    (
        "Query.sessions",
        "account",
        "query ($id: ID!) { sessions(account: $id) { id } }",
    ),
    (
        "Mutation.deleteEvent",
        "event",
        "mutation ($id: ID!) { deleteEvent(site: \"other\", id: $id) { count notFound error { code message path } } }",
    ),
    (
        "Mutation.deleteEvents",
        "event",
        "mutation ($id: ID!) { deleteEvents(input: {site: \"other\", ids: [$id]}) { count notFound error { code message path } } }",
    ),
    (
        "Mutation.restoreDeletion",
        "deletion",
        "mutation ($id: ID!) { restoreDeletion(id: $id) { count error { code message path } } }",
    ),
    (
        "Mutation.deleteView",
        "view",
        "mutation ($id: String!) { deleteView(site: \"other\", name: $id) { name } }",
    ),
    (
        "Mutation.deleteSegment",
        "segment",
        "mutation ($id: String!) { deleteSegment(site: \"other\", name: $id) { name } }",
    ),
    (
        "Mutation.describeEventScope",
        "scope",
        "mutation ($id: String!) { describeEventScope(site: \"other\", name: $id, description: \"d\") { name description } }",
    ),
    (
        "Mutation.renewInvitation",
        "account",
        "mutation ($id: ID!) { renewInvitation(account: $id) { link error { code message path } } }",
    ),
    (
        "Mutation.setAccountRole",
        "account",
        "mutation ($id: ID!) { setAccountRole(account: $id, role: VIEWER, site: \"other\") { account { email } \
         error { code message path } } }",
    ),
    (
        "Mutation.removeAccountRole",
        "account",
        "mutation ($id: ID!) { removeAccountRole(account: $id, site: \"shop\") { account { email } error { code message path } } }",
    ),
    (
        "Mutation.disableAccount",
        "account",
        "mutation ($id: ID!) { disableAccount(account: $id) { account { email } error { code message path } } }",
    ),
    (
        "Mutation.revokeSession",
        "session",
        "mutation ($id: ID!) { revokeSession(id: $id) { session { address } error { code message path } } }",
    ),
    (
        "Mutation.updateKey",
        "key",
        "mutation ($id: ID!) { updateKey(input: {key: $id, name: \"taken\"}) { key { name } error { code message path } } }",
    ),
    (
        "Mutation.rotateKey",
        "key",
        "mutation ($id: ID!) { rotateKey(key: $id) { secret error { code message path } } }",
    ),
    (
        "Mutation.revokeKey",
        "key",
        "mutation ($id: ID!) { revokeKey(key: $id) { key { name } error { code message path } } }",
    ),
    (
        "Mutation.updateRule",
        "rule",
        "mutation ($id: ID!) { updateRule(input: {id: $id, enabled: false}) { rule { pattern } error { code message path } } }",
    ),
    (
        "Mutation.deleteRule",
        "rule",
        "mutation ($id: ID!) { deleteRule(id: $id) { rule { pattern } error { code message path } } }",
    ),
    (
        "Mutation.redriveQuarantine",
        "quarantined",
        "mutation ($id: ID!) { redriveQuarantine(input: {site: \"other\", ids: [$id]}) { accepted duplicates refused remaining \
         error { code message path } } }",
    ),
    (
        "Mutation.deleteQuarantined",
        "quarantined",
        "mutation ($id: ID!) { deleteQuarantined(input: {site: \"other\", ids: [$id]}) { count remaining \
         error { code message path } } }",
    ),
    (
        "Subscription.viewBackfill",
        "view",
        "subscription ($id: String!) { viewBackfill(site: \"other\", name: $id) { state } }",
    ),
    // What is logged takes an id that is free. Each is logged by one field, as it is taken from then on.
    (
        "Mutation.ping",
        "event",
        "mutation ($id: ID!) { ping(input: {site: \"other\", id: $id, action: \"a\"}) }",
    ),
    (
        "Mutation.logEvent",
        "logged singly",
        "mutation ($id: ID!) { logEvent(input: {site: \"other\", id: $id, action: \"a\"}) { outcome event { id action } \
         error { code message path } } }",
    ),
    (
        "Mutation.logEvents",
        "logged with others",
        "mutation ($id: ID!) { logEvents(inputs: [{site: \"other\", id: $id, action: \"a\"}]) { outcomes { outcome \
         event { id action } error { code message path } } } }",
    ),
    (
        "Mutation.logClick",
        "logged as a click",
        "mutation ($id: ID!) { logClick(input: {site: \"other\", id: $id, actionCause: \"a\", documentPosition: 1, \
         searchQueryUid: \"q\", sourceName: \"s\", language: \"en\"}) { outcome event { id action } error { code message path } } }",
    ),
];

const TYPES: &str = "{ __schema { queryType { name } mutationType { name } subscriptionType { name } types { name \
     fields { name args { name type { ...Inner } } } inputFields { name type { ...Inner } } } } } \
     fragment Inner on __Type { name ofType { name ofType { name ofType { name } } } }";

/// The type inside lists and the like.
fn innermost(kind: &Value) -> &str {
    match kind["name"].as_str() {
        Some(name) => name,
        None => innermost(&kind["ofType"]),
    }
}

/// Whether an argument of this type holds an id, at any depth of inputs.
fn holds_an_id(types: &[Value], name: &str) -> bool {
    let (mut open, mut seen) = (vec![name], BTreeSet::new());
    while let Some(name) = open.pop() {
        if name == "ID" {
            return true;
        }
        // One may be within itself.
        if !seen.insert(name) {
            continue;
        }
        let found = types.iter().find(|one| one["name"] == name);
        let inner = found.and_then(|one| one["inputFields"].as_array());
        let inner = inner.into_iter().flatten();
        open.extend(inner.map(|field| innermost(&field["type"])));
    }
    false
}

/// The fields that take an id, or the name of something on a site.
async fn those_of_the_schema(client: &Client) -> BTreeSet<String> {
    let answer = client.graphql(TYPES, Value::Null).await;
    let schema = &answer.data()["__schema"];
    let types = schema["types"].as_array().expect("a list");
    let mut found = BTreeSet::new();
    for root in ["queryType", "mutationType", "subscriptionType"] {
        let root = schema[root]["name"].as_str().expect("a name");
        let known = types.iter().find(|one| one["name"] == root).expect("its type");
        for field in known["fields"].as_array().expect("a list") {
            let arguments = field["args"].as_array().expect("a list");
            let has = |name: &str| arguments.iter().any(|one| one["name"] == name);
            let by_id = arguments.iter().any(|one| holds_an_id(types, innermost(&one["type"])));
            if by_id || (has("site") && has("name")) {
                found.insert(format!("{root}.{}", field["name"].as_str().expect("a name")));
            }
        }
    }
    found
}

/// An id that looks like this one.
fn never_was(id: &str) -> String {
    let (rest, last) = id.split_at(id.len() - 1);
    format!("{rest}{}", if last == "0" { "1" } else { "0" })
}

/// What a caller is told of an id, which is named the same in every answer.
async fn told(client: &Client, document: &str, id: &str) -> String {
    let variables = json!({"id": id});
    let mut body = if document.starts_with("subscription") {
        let mut stream = client.subscribe(Transport::EventStream, document, variables).await;
        let next = tokio::time::timeout(Duration::from_secs(5), stream.next()).await;
        next.ok().flatten().unwrap_or_default()
    } else {
        client.graphql(document, variables).await.body
    };
    let errors = body["errors"].as_array_mut().into_iter().flatten();
    for error in errors {
        // Each request has an id of its own.
        if let Some(request) = error.pointer_mut("/extensions/requestId") {
            request.take();
        }
    }
    let told = json!({"data": body["data"], "errors": body["errors"]});
    told.to_string().replace(id, "ID")
}

/// Something of each kind on the first site, by its id.
async fn things(tidemark: &Tidemark, ada: &Person) -> Vec<(&'static str, String)> {
    let client = tidemark.client();
    let event = |id: &str| {
        let tag = json!({"plan": "gold"});
        json!({"id": id, "action": "hush", "actor": "actor of theirs", "company": "company of theirs", "tag": tag})
    };
    let events = [
        ("event", "event of theirs"),
        ("logged singly", "single of theirs"),
        ("logged with others", "one of theirs"),
        ("logged as a click", "click of theirs"),
    ];
    tidemark.accept(events.iter().map(|(_, id)| event(id)).collect()).await;
    tidemark.accept(vec![event("deleted of theirs")]).await;
    let deletion = client.delete("deleted of theirs").await;
    let misfit = client.log(json!({"action": "a", "tag": {"plan": 7}})).await;
    assert_eq!(misfit["outcome"], "TYPE_CONFLICT", "{misfit:#}");
    client.add_rule("DENY", "never").await;
    let documents = [
        "mutation { createView(input: {name: \"view_of_theirs\", dimensions: [\"label\"]}) { name } }",
        "mutation { createSegment(input: {name: \"segment_of_theirs\", query: \"Events\"}) { name } }",
        "mutation { describeEventScope(name: \"scope_of_theirs\", description: \"d\") { name } }",
    ];
    for document in documents {
        let _ = client.graphql(document, Value::Null).await.data();
    }
    let asked = "{ rules { edges { node { id } } } quarantine { edges { node { id } } } }";
    let answer = client.graphql(asked, Value::Null).await;
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{value} is no id")).to_owned();
    let first = |field: &str| text(&answer.data()[field]["edges"][0]["node"]["id"]);
    let key = tidemark.key(&["--site", tidemark.site(), "--allow", "log"]).await;
    let viewer = ada.field("{ viewer { account { id } } }", Value::Null).await;
    let sessions = ada.field("{ sessions { id } }", Value::Null).await;
    let named = [
        ("actor", "actor of theirs".to_owned()),
        ("company", "company of theirs".to_owned()),
        ("view", "view_of_theirs".to_owned()),
        ("segment", "segment_of_theirs".to_owned()),
        ("scope", "scope_of_theirs".to_owned()),
        ("deletion", text(&deletion["deletion"]["id"])),
        ("rule", first("rules")),
        ("quarantined", first("quarantine")),
        ("key", key[..15].to_owned()),
        ("account", text(&viewer["account"]["id"])),
        ("session", text(&sessions[0]["id"])),
    ];
    let events = events.into_iter().map(|(kind, id)| (kind, id.to_owned()));
    events.chain(named).collect()
}

/// All that the first site has, as whoever may everything sees it.
async fn all_there(admin: &Client, owner: &Person) -> [Value; 2] {
    let site = "query { events(site: \"shop\") { edges { node { id action } } } views(site: \"shop\") { name } \
         segments(site: \"shop\") { name query } eventScopes(site: \"shop\") { name description } \
         rules(site: \"shop\") { nodes { id pattern enabled } } quarantine(site: \"shop\") { edges { node { id } } } \
         deletions(site: \"shop\") { nodes { id } } keys(site: \"shop\") { id name permissions rotatedAt revokedAt } }";
    let site = admin.graphql(site, Value::Null).await;
    let people = owner
        .field("{ accounts { email disabledAt roles { role site } } }", Value::Null)
        .await;
    [site.data().clone(), people]
}

async fn an_id_of_another_site_is_one_that_never_was(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    assert_eq!(tidemark.site(), "shop", "the documents name it");
    let tried: BTreeSet<_> = ASKS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(
        tried,
        those_of_the_schema(tidemark.client()).await,
        "left: those tried here; right: fields of the schema that take an id, or a name on a site"
    );
    let key = tidemark.another_site("other").await;
    let owner = tidemark.person("first@example.com", &[]).await;
    let ada = tidemark
        .person("ada@example.com", &["--role", "admin", "--site", tidemark.site()])
        .await;
    let mut callers = vec![("a key".to_owned(), key)];
    for role in ["viewer", "admin", "owner"] {
        let flags = ["--role", role, "--site", "other"];
        let person = tidemark.person(&format!("{role}@example.com"), &flags).await;
        callers.push((role.to_owned(), person.client().clone()));
    }
    let things = things(&tidemark, &ada).await;
    let admin = tidemark.client_of_all_sites(EVERYTHING).await;
    let before = all_there(&admin, &owner).await;
    for (who, client) in &callers {
        for (name, kind, document) in ASKS {
            if who == "owner" && *name == "Mutation.setAccountRole" {
                // An owner gives a role on the own site to whomever the organisation knows.
                continue;
            }
            let (_, real) = things.iter().find(|(one, _)| one == kind).expect("there is one");
            let theirs = told(client, document, real).await;
            let nobodys = told(client, document, &never_was(real)).await;
            assert_eq!(theirs, nobodys, "{name} by {who}");
            assert!(
                !theirs.contains("hush") && !theirs.contains("of theirs"),
                "{name} by {who}: {theirs}"
            );
        }
    }
    assert_eq!(all_there(&admin, &owner).await, before, "nothing of it has changed");
    let still = ada.field("{ sessions { id endedAt } }", Value::Null).await;
    let session = things.iter().find(|(kind, _)| *kind == "session").expect("it is there");
    assert!(
        still
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["id"] == session.1 && one["endedAt"].is_null())),
        "{still:#}"
    );
}
