//! Every mutation that manages something leaves an entry: one that is new in the schema, and not here, fails the test.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::{Client, Engine, Person, Tidemark, person::PASSWORD};
use totp_rs::Totp;

use super::entries;

support::on_both_engines!(every_managing_mutation_leaves_one_entry);

/// These manage nothing: what they do is counted, or does not last.
const EXEMPT: &[&str] = &[
    "ping",
    "logEvent",
    "logEvents",
    "logClick",
    "pushExternalStats",
    "createClientToken",
];

/// A managing mutation with what its entry holds.
struct Change {
    field: &'static str,
    document: &'static str,
    /// May use what those before it made: `DELETION`, `KEY`, `RULE`, `ACCOUNT`, `SESSION`, `APP`, `RECOVERY`.
    variables: Value,
    operation: &'static str,
    /// Whether the thing was there before, and is there after; neither is told where it is a secret or a session.
    there: (bool, bool),
    /// Whether it takes somebody who has signed in.
    person: bool,
}

impl Change {
    fn by_a_person(mut self) -> Self {
        self.person = true;
        self
    }
}

fn change(
    field: &'static str,
    document: &'static str,
    variables: Value,
    operation: &'static str,
    there: (bool, bool),
) -> Change {
    Change {
        field,
        document,
        variables,
        operation,
        there,
        person: false,
    }
}

const NEW: (bool, bool) = (false, true);
const CHANGED: (bool, bool) = (true, true);
const GONE: (bool, bool) = (true, false);
const UNTOLD: (bool, bool) = (false, false);

/// In an order in which each can be done.
fn changes() -> Vec<Change> {
    let mut changes = changes_of_data();
    changes.extend(changes_of_tracking());
    changes.extend(changes_of_access());
    changes
}

/// To the pages that networks are asked about.
fn changes_of_tracking() -> Vec<Change> {
    vec![
        change(
            "trackUrls",
            "mutation { trackUrls(input: {site: \"shop\", urls: [\"https://a.example/\"]}) { changed } }",
            json!({}),
            "trackUrls",
            NEW,
        ),
        change(
            "untrackUrls",
            "mutation { untrackUrls(input: {site: \"shop\", urls: [\"https://a.example/\"]}) { changed } }",
            json!({}),
            "untrackUrls",
            GONE,
        ),
    ]
}

/// To what is stored and asked: sites, views, scopes and events.
fn changes_of_data() -> Vec<Change> {
    vec![
        change(
            "createSite",
            "mutation { createSite(input: {name: \"new\", timeZone: \"UTC\"}) { name } }",
            json!({}),
            "createSite",
            NEW,
        ),
        change(
            "updateSite",
            "mutation { updateSite(input: {site: \"shop\", ipPolicy: NONE}) { name } }",
            json!({}),
            "updateSite",
            CHANGED,
        ),
        change(
            "createView",
            "mutation { createView(input: {site: \"shop\", name: \"v\", dimensions: [\"label\"]}) { name } }",
            json!({}),
            "createView",
            NEW,
        ),
        change(
            "deleteView",
            "mutation { deleteView(site: \"shop\", name: \"v\") { name } }",
            json!({}),
            "deleteView",
            GONE,
        ),
        change(
            "describeEventScope",
            "mutation { describeEventScope(site: \"shop\", name: \"s\", description: \"d\") { name } }",
            json!({}),
            "describeEventScope",
            NEW,
        ),
        change(
            "createSegment",
            "mutation { createSegment(input: {site: \"shop\", name: \"s\", query: \"Events\"}) { name } }",
            json!({}),
            "createSegment",
            NEW,
        ),
        change(
            "deleteSegment",
            "mutation { deleteSegment(site: \"shop\", name: \"s\") { name } }",
            json!({}),
            "deleteSegment",
            GONE,
        ),
        change(
            "createUniqueScope",
            "mutation { createUniqueScope(fields: [\"tag.plan\"]) { name } }",
            json!({}),
            "createUniqueScope",
            NEW,
        ),
        change(
            "deleteUniqueScope",
            "mutation { deleteUniqueScope(fields: [\"tag.plan\"]) { name } }",
            json!({}),
            "deleteUniqueScope",
            GONE,
        ),
        change(
            "deleteEvent",
            "mutation { deleteEvent(site: \"shop\", id: \"1\") { deletion { id } } }",
            json!({}),
            "deleteEvents",
            NEW,
        ),
        change(
            "deleteEvents",
            "mutation { deleteEvents(input: {site: \"shop\", ids: [\"2\"]}) { deletion { id } } }",
            json!({}),
            "deleteEvents",
            NEW,
        ),
        change(
            "restoreDeletion",
            "mutation ($id: ID!) { restoreDeletion(id: $id) { deletion { id } } }",
            json!({"id": "DELETION"}),
            "restoreDeletion",
            CHANGED,
        ),
    ]
}

/// To what is let in, and with which key.
fn changes_of_access() -> Vec<Change> {
    vec![
        change(
            "createRule",
            "mutation { createRule(input: {site: \"shop\", rule: {list: DENY, target: ACTION, pattern: \"z\"}}) { rule { id } } }",
            json!({}),
            "createRule",
            NEW,
        ),
        change(
            "updateRule",
            "mutation ($id: ID!) { updateRule(input: {id: $id, shadow: true}) { rule { id } } }",
            json!({"id": "RULE"}),
            "updateRule",
            CHANGED,
        ),
        change(
            "deleteRule",
            "mutation ($id: ID!) { deleteRule(id: $id) { rule { id } } }",
            json!({"id": "RULE"}),
            "deleteRule",
            GONE,
        ),
        change(
            "createRules",
            "mutation { createRules(input: {site: \"shop\", rules: [{list: DENY, target: ACTION, pattern: \"y\"}]}) \
             { rules { id } } }",
            json!({}),
            "createRule",
            NEW,
        ),
        change(
            "declareTagType",
            "mutation { declareTagType(input: {name: \"d\", type: \"string\"}) { tagType { name } error { code } } }",
            json!({}),
            "declareTagType",
            NEW,
        ),
        change(
            "retypeTagType",
            "mutation { retypeTagType(input: {name: \"d\", type: \"number\"}) { tagType { name } error { code } } }",
            json!({}),
            "retypeTagType",
            CHANGED,
        ),
        change(
            "releaseTagType",
            "mutation { releaseTagType(name: \"d\") { tagType { name } error { code } } }",
            json!({}),
            "releaseTagType",
            GONE,
        ),
        change(
            "redriveQuarantine",
            "mutation { redriveQuarantine(input: {site: \"shop\"}) { refused error { code } } }",
            json!({}),
            "redriveQuarantine",
            NEW,
        ),
        change(
            "deleteQuarantined",
            "mutation { deleteQuarantined(input: {site: \"shop\", filter: {}}) { count error { code } } }",
            json!({}),
            "deleteQuarantined",
            NEW,
        ),
        change(
            "createKey",
            "mutation { createKey(input: {site: \"shop\", permissions: [LOG], signingSecret: true}) { key { id } secret } }",
            json!({}),
            "createKey",
            NEW,
        ),
        change(
            "updateKey",
            "mutation ($key: ID!) { updateKey(input: {key: $key, name: \"n\", signingSecret: true}) { key { id } } }",
            json!({"key": "KEY"}),
            "updateKey",
            CHANGED,
        ),
        change(
            "rotateKey",
            "mutation ($key: ID!) { rotateKey(key: $key) { key { id } secret } }",
            json!({"key": "KEY"}),
            "rotateKey",
            CHANGED,
        ),
        change(
            "revokeKey",
            "mutation ($key: ID!) { revokeKey(key: $key) { key { id } } }",
            json!({"key": "KEY"}),
            "revokeKey",
            CHANGED,
        ),
    ]
}

/// What people change, in an order in which each can be done.
fn changes_by_people() -> Vec<Change> {
    let account = || json!({"account": "ACCOUNT"});
    let list = vec![
        change(
            "inviteAccount",
            "mutation { inviteAccount(input: {email: \"eve@example.com\", role: VIEWER}) { account { id } link } }",
            json!({}),
            "inviteAccount",
            NEW,
        ),
        change(
            "renewInvitation",
            "mutation ($account: ID!) { renewInvitation(account: $account) { link } }",
            account(),
            "renewInvitation",
            UNTOLD,
        ),
        change(
            "setAccountRole",
            "mutation ($account: ID!) { setAccountRole(account: $account, role: ADMIN, site: \"shop\") { account { id } } }",
            account(),
            "setAccountRole",
            CHANGED,
        ),
        change(
            "removeAccountRole",
            "mutation ($account: ID!) { removeAccountRole(account: $account) { account { id } } }",
            account(),
            "removeAccountRole",
            CHANGED,
        ),
        change(
            "disableAccount",
            "mutation ($account: ID!) { disableAccount(account: $account) { account { id } } }",
            account(),
            "disableAccount",
            CHANGED,
        ),
        change(
            "revokeSession",
            "mutation ($id: ID!) { revokeSession(id: $id) { session { id } } }",
            json!({"id": "SESSION"}),
            "revokeSession",
            UNTOLD,
        ),
        change(
            "enrolTotp",
            "mutation ($password: String!) { enrolTotp(password: $password) { uri } }",
            json!({"password": PASSWORD}),
            "enrolTotp",
            UNTOLD,
        ),
        change(
            "confirmTotp",
            "mutation ($code: String!) { confirmTotp(code: $code) { recoveryCodes } }",
            json!({"code": "APP"}),
            "confirmTotp",
            UNTOLD,
        ),
        change(
            "disableTotp",
            "mutation ($password: String!, $code: String!) { disableTotp(password: $password, code: $code) { done } }",
            json!({"password": PASSWORD, "code": "RECOVERY"}),
            "disableTotp",
            UNTOLD,
        ),
        change(
            "changePassword",
            "mutation ($password: String!) { changePassword(password: $password, newPassword: \"another horse entirely\") \
             { done } }",
            json!({"password": PASSWORD}),
            "changePassword",
            UNTOLD,
        ),
    ];
    list.into_iter().map(Change::by_a_person).collect()
}

async fn mutations(client: &Client) -> BTreeSet<String> {
    let answer = client
        .graphql("{ __schema { mutationType { fields { name } } } }", json!({}))
        .await;
    let fields = answer.data()["__schema"]["mutationType"]["fields"]
        .as_array()
        .expect("a list");
    fields
        .iter()
        .map(|field| field["name"].as_str().expect("a name").to_owned())
        .filter(|name| !EXEMPT.contains(&name.as_str()))
        .collect()
}

/// Seconds since 1970, by which an app makes its codes.
#[expect(clippy::disallowed_methods, reason = "apps go by the real clock")]
fn seconds() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_second()).expect("past 1970")
}

/// What the changes before made, by the words that stand for it.
#[derive(Default)]
struct Made(Vec<(&'static str, String)>);

impl Made {
    fn note(&mut self, word: &'static str, value: &Value) {
        if let Some(text) = value.as_str() {
            self.0.retain(|(known, _)| *known != word);
            self.0.push((word, text.to_owned()));
        }
    }

    fn note_all(&mut self, payload: &Value) {
        self.note("DELETION", &payload["deletion"]["id"]);
        self.note("KEY", &payload["key"]["id"]);
        self.note("RULE", &payload["rule"]["id"]);
        self.note("ACCOUNT", &payload["account"]["id"]);
        self.note("RECOVERY", &payload["recoveryCodes"][0]);
        if let Some(uri) = payload["uri"].as_str() {
            let app = Totp::from_url(uri).expect("an otpauth URI");
            self.note("APP", &json!(app.generate(seconds()).to_string()));
        }
    }

    fn fill(&self, variables: &Value) -> Value {
        let text = self
            .0
            .iter()
            .fold(variables.to_string(), |text, (word, value)| text.replace(word, value));
        serde_json::from_str(&text).expect("JSON")
    }
}

async fn every_managing_mutation_leaves_one_entry(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client_of_all_sites("log,query,delete,manage").await;
    tidemark
        .accept(vec![
            json!({"id": "1", "action": "a"}),
            json!({"id": "2", "action": "a"}),
        ])
        .await;
    // One event for quarantine.
    tidemark.accept(vec![json!({"action": "a", "tag": {"k": 1}})]).await;
    let refused = client
        .log(json!({"site": "shop", "action": "a", "tag": {"k": "text"}}))
        .await;
    assert_eq!(refused["outcome"], "TYPE_CONFLICT", "{refused:#}");
    let changes: Vec<_> = changes().into_iter().chain(changes_by_people()).collect();
    let tried: BTreeSet<_> = changes.iter().map(|change| change.field.to_owned()).collect();
    assert_eq!(
        tried,
        mutations(&client).await,
        "left: those tried here; right: those of the schema"
    );

    let ada = tidemark.person("ada@example.com", &[]).await;
    let other = Person::sign_in(tidemark.server().address(), "ada@example.com").await;
    let mut made = Made::default();
    let session = other
        .client()
        .graphql("{ sessions { id isAsking: current } }", json!({}))
        .await;
    let sessions = session.data()["sessions"].as_array().expect("a list").clone();
    let second = sessions
        .iter()
        .find(|session| session["isAsking"] == true)
        .expect("its own");
    made.note("SESSION", &second["id"]);
    let prefix = client.key().expect("it has one")[..15].to_owned();
    for change in changes {
        let field = change.field;
        let by = if change.person { ada.client() } else { &client };
        let before = entries(&client, json!({})).await;
        let answer = by.graphql(change.document, made.fill(&change.variables)).await;
        let payload = &answer.data()[field];
        assert!(payload.is_object() && payload["error"].is_null(), "{}", answer.text);
        made.note_all(payload);
        let after = entries(&client, json!({})).await;
        assert_eq!(after.len(), before.len() + 1, "{field}: {:#?}", after.first());
        let entry = &after[0];
        assert_eq!(entry["operation"], change.operation, "{field}");
        let actor = if change.person {
            json!({"kind": "ACCOUNT", "name": "ada@example.com"})
        } else {
            json!({"kind": "KEY", "name": prefix})
        };
        assert_eq!(entry["actor"], actor, "{field}");
        let there = (!entry["before"].is_null(), !entry["after"].is_null());
        assert_eq!(there, change.there, "{field}: {entry:#}");
        assert!(
            entry["target"].as_str().is_some_and(|target| !target.is_empty()),
            "{field}"
        );
        if change.there == CHANGED && field != "updateKey" {
            assert_ne!(entry["before"], entry["after"], "{field}: {entry:#}");
        }
        let text = entry.to_string();
        let secrets = [
            &payload["secret"],
            &payload["link"],
            &payload["uri"],
            &payload["recoveryCodes"][0],
        ];
        for secret in secrets.into_iter().filter_map(Value::as_str) {
            assert!(!text.contains(&secret[secret.len() / 2..]), "{field}: a secret");
        }
        assert!(
            !text.contains(PASSWORD) && !text.contains("entirely"),
            "{field}: a password"
        );
    }
}
