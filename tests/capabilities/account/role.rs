//! What each role may, on its sites and nowhere else.

use serde_json::{Value, json};
use support::{Client, Engine, Person, Server, Tidemark, graphql};

support::on_both_engines!(
    each_role_may_what_the_table_says,
    a_role_for_one_site_opens_no_other,
    the_last_owner_stays,
    a_changed_role_holds_on_every_instance_at_once,
);

const RANGE: &str = "from: \"2026-01-01T00:00:00Z\", to: \"2026-01-02T00:00:00Z\"";

/// Documents on the site `$site`, with the least role that may.
fn operations() -> Vec<(String, Value, usize)> {
    let (viewer, analyst, admin) = (0, 1, 2);
    let asked = |field: &str| format!("query ($site: String) {{ {field} {{ __typename }} }}");
    let changed = |field: &str| format!("mutation ($site: String) {{ {field} {{ __typename }} }}");
    vec![
        (
            asked(&format!("find(input: {{site: $site, view: \"actions\", {RANGE}}})")),
            json!({}),
            viewer,
        ),
        (
            asked(&format!("unique(input: {{site: $site, {RANGE}}})")),
            json!({}),
            viewer,
        ),
        (asked("events(site: $site)"), json!({}), viewer),
        (asked("event(site: $site, id: \"x\")"), json!({}), viewer),
        (asked("actions(site: $site)"), json!({}), viewer),
        (asked("views(site: $site)"), json!({}), viewer),
        (
            changed("createView(input: {site: $site, name: \"v\", dimensions: [\"action\"]})"),
            json!({}),
            analyst,
        ),
        (changed("deleteView(site: $site, name: \"v\")"), json!({}), analyst),
        (
            // Each event is answered for by itself.
            "mutation ($site: String) { logEvent(input: {site: $site, action: \"a\"}) { error { code message } } }"
                .to_owned(),
            json!({}),
            admin,
        ),
        (asked("deletions(site: $site)"), json!({}), admin),
        (
            changed("deleteEvents(input: {site: $site, filter: {}, dryRun: true})"),
            json!({}),
            admin,
        ),
        (
            changed("updateSite(input: {site: $site, maxEventAgeSeconds: 1000})"),
            json!({}),
            admin,
        ),
    ]
}

/// Documents that are for owners of the organisation.
const OF_OWNERS: [&str; 6] = [
    "{ accounts { id } }",
    "mutation { inviteAccount(input: {email: \"z@example.com\", role: VIEWER}) { error { code } } }",
    "mutation { setAccountRole(account: \"x\", role: OWNER) { error { code } } }",
    "mutation { disableAccount(account: \"x\") { error { code } } }",
    "mutation { removeAccountRole(account: \"x\") { error { code } } }",
    "mutation { renewInvitation(account: \"x\") { error { code } } }",
];

/// Documents that are for people who have signed in.
const OF_ONESELF: [&str; 8] = [
    "{ sessions { id } }",
    "{ sessions(account: \"x\") { id } }",
    "{ recoveryCodesLeft }",
    "mutation { revokeSession(id: \"x\") { error { code } } }",
    "mutation { changePassword(password: \"x\", newPassword: \"another horse battery\") { error { code } } }",
    "mutation { enrolTotp(password: \"x\") { error { code } } }",
    "mutation { confirmTotp(code: \"x\") { error { code } } }",
    "mutation { disableTotp(password: \"x\", code: \"x\") { error { code } } }",
];

const ROLES: [&str; 4] = ["viewer", "analyst", "admin", "owner"];

async fn each_role_may_what_the_table_says(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    for (rank, role) in ROLES.into_iter().enumerate() {
        let person = tidemark.person(&format!("{role}@example.com"), &["--role", role]).await;
        for (document, mut variables, least) in operations() {
            variables["site"] = json!(tidemark.site());
            let answer = person.client().graphql(&document, variables.clone()).await;
            if rank >= least {
                assert!(
                    answer.body["errors"].is_null(),
                    "{role} may: {document}: {}",
                    answer.text
                );
            } else {
                assert_eq!(
                    (answer.status, answer.error_code()),
                    (200, "FORBIDDEN"),
                    "{role}: {document}"
                );
            }
        }
        for document in OF_OWNERS {
            let answer = person.client().graphql(document, json!({})).await;
            if role == "owner" {
                assert!(answer.body["errors"].is_null(), "{document}: {}", answer.text);
            } else {
                assert_eq!(
                    (answer.status, answer.error_code()),
                    (200, "FORBIDDEN"),
                    "{role}: {document}"
                );
            }
        }
    }
    let anonymous = Client::anonymous(tidemark.server().address());
    for document in OF_OWNERS.into_iter().chain(OF_ONESELF) {
        assert_eq!(
            anonymous.graphql(document, json!({})).await.error_code(),
            "UNAUTHENTICATED",
            "{document}"
        );
        assert_eq!(
            tidemark.client().graphql(document, json!({})).await.error_code(),
            "FORBIDDEN",
            "a key: {document}"
        );
    }
}

async fn a_role_for_one_site_opens_no_other(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    let payload = other.log(json!({"id": "theirs", "action": "secret"})).await;
    assert_eq!(payload["outcome"], "ACCEPTED");
    let admin = tidemark
        .person("bob@example.com", &["--role", "admin", "--site", "shop"])
        .await;
    for (document, _, _) in operations() {
        // The answer does not tell whether there is such a site.
        let mut said = Vec::new();
        for site in ["other", "nowhere"] {
            let answer = admin.client().graphql(&document, json!({"site": site})).await;
            let error = answer.body["errors"][0]["message"].as_str().map(str::to_owned);
            let error = error.unwrap_or_else(|| answer.body["data"].to_string());
            said.push(error.replace(site, "…"));
            let unknown = answer.text.contains("UNKNOWN_SITE");
            assert!(
                unknown && !answer.text.contains("secret"),
                "{document}: {}",
                answer.text
            );
        }
        assert_eq!(said[0], said[1]);
        let answer = admin.client().graphql(&document, json!({"site": "shop"})).await;
        assert!(answer.body["errors"].is_null(), "{document}: {}", answer.text);
        let answer = admin.client().graphql(&document, json!({})).await;
        assert!(answer.text.contains("SITE_REQUIRED"), "{document}: {}", answer.text);
    }
    let sites = admin.field("{ sites { name } }", json!({})).await;
    assert_eq!(sites, json!([{"name": "shop"}]));
    // Scopes are of the whole organisation.
    let scope = "mutation { createUniqueScope(fields: [\"tag.x\"]) { __typename } }";
    assert_eq!(admin.client().graphql(scope, json!({})).await.error_code(), "FORBIDDEN");
    let deleted = other.delete("theirs").await;
    let id = &deleted["deletion"]["id"];
    let restored = admin
        .client()
        .graphql(graphql::RESTORE_DELETION, json!({"id": id}))
        .await;
    assert_eq!(restored.data()["restoreDeletion"]["error"]["code"], "NOT_FOUND");

    // More on one site than on another: each is judged where it is asked for.
    let ada = tidemark.person("ada@example.com", &[]).await;
    let accounts = ada.field("{ accounts { id email } }", json!({})).await;
    let bob = accounts
        .as_array()
        .and_then(|list| list.iter().find(|one| one["email"] == "bob@example.com"))
        .expect("bob's");
    let set = "mutation ($account: ID!) { setAccountRole(account: $account, role: VIEWER, site: \"other\") { account { \
               roles { role site } } error { code } } }";
    let payload = ada.field(set, json!({"account": bob["id"]})).await;
    assert_eq!(
        payload["account"]["roles"],
        json!([{"role": "ADMIN", "site": "shop"}, {"role": "VIEWER", "site": "other"}])
    );
    for (document, _, least) in operations() {
        let answer = admin.client().graphql(&document, json!({"site": "other"})).await;
        assert_eq!(
            answer.text.contains("FORBIDDEN"),
            least > 0,
            "{document}: {}",
            answer.text
        );
    }
}

async fn the_last_owner_stays(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let second = Server::start(tidemark.database()).await;
    let ada = tidemark.person("ada@example.com", &[]).await;
    let id = async |person: &Person, email: &str| {
        let accounts = person.field("{ accounts { id email } }", json!({})).await;
        let found = accounts
            .as_array()
            .expect("a list")
            .iter()
            .find(|one| one["email"] == email);
        found.expect("an account")["id"].clone()
    };
    let own = id(&ada, "ada@example.com").await;
    let remove =
        "mutation ($account: ID!) { removeAccountRole(account: $account) { account { id } error { code path } } }";
    let lessen = "mutation ($account: ID!) { setAccountRole(account: $account, role: ADMIN) { error { code path } } }";
    let disable = "mutation ($account: ID!) { disableAccount(account: $account) { error { code path } } }";
    for document in [remove, lessen, disable] {
        let payload = ada.field(document, json!({"account": own})).await;
        assert_eq!(
            payload["error"],
            json!({"code": "LAST_OWNER", "path": "account"}),
            "{document}"
        );
    }
    // A disabled owner is none.
    tidemark.account("bob@example.com", &[]).await;
    let bob_id = id(&ada, "bob@example.com").await;
    let payload = ada.field(disable, json!({"account": bob_id})).await;
    assert!(payload["error"].is_null(), "{payload:#}");
    let payload = ada.field(disable, json!({"account": own})).await;
    assert_eq!(payload["error"]["code"], "LAST_OWNER");
    let enable = "mutation ($account: ID!) { disableAccount(account: $account, disabled: false) { error { code } } }";
    let _ = ada.field(enable, json!({"account": bob_id})).await;
    // Two owners who remove each other at once, on two instances: one is left.
    for _ in 0..5 {
        let bob = Person::sign_in(second.address(), "bob@example.com").await;
        let (one, two) = tokio::join!(
            ada.client().graphql(remove, json!({"account": bob_id})),
            bob.client().graphql(remove, json!({"account": own}))
        );
        let done = |answer: &support::Answer| answer.body["data"]["removeAccountRole"]["account"].is_object();
        assert!(done(&one) != done(&two), "{} {}", one.text, two.text);
        let (winner, loser) = if done(&one) { (&ada, &bob_id) } else { (&bob, &own) };
        let give = "mutation ($account: ID!) { setAccountRole(account: $account, role: OWNER) { error { code } } }";
        let payload = winner.field(give, json!({"account": loser})).await;
        assert!(payload["error"].is_null(), "{payload:#}");
    }
    let missing = ada.field(remove, json!({"account": "nobody"})).await;
    assert_eq!(missing["error"], json!({"code": "NOT_FOUND", "path": "account"}));
}

async fn a_changed_role_holds_on_every_instance_at_once(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let second = Server::start(tidemark.database()).await;
    let ada = tidemark.person("ada@example.com", &[]).await;
    tidemark.account("bob@example.com", &["--role", "viewer"]).await;
    let bob = Person::sign_in(second.address(), "bob@example.com").await;
    let accounts = ada.field("{ accounts { id email } }", json!({})).await;
    let id = accounts
        .as_array()
        .and_then(|list| list.iter().find(|one| one["email"] == "bob@example.com"))
        .expect("bob's")["id"]
        .clone();
    let log = json!({"query": "mutation { logEvent(input: {site: \"shop\", action: \"a\"}) { outcome } }"});
    let try_log = async || {
        let answer = bob
            .client()
            .graphql(log["query"].as_str().expect("a document"), json!({}))
            .await;
        answer.body["data"]["logEvent"]["outcome"] == "ACCEPTED"
    };
    assert!(!try_log().await);
    let set =
        "mutation ($account: ID!, $role: Role!) { setAccountRole(account: $account, role: $role) { error { code } } }";
    for (role, may) in [("ADMIN", true), ("ANALYST", false), ("OWNER", true), ("VIEWER", false)] {
        let _ = ada.field(set, json!({"account": id, "role": role})).await;
        assert_eq!(try_log().await, may, "{role}");
    }
    let remove = "mutation ($account: ID!) { removeAccountRole(account: $account) { error { code } } }";
    let _ = ada.field(remove, json!({"account": id})).await;
    let viewer = bob.viewer().await;
    assert_eq!(viewer.data()["viewer"]["permissions"], json!([]));
    let again = ada.field(remove, json!({"account": id})).await;
    assert_eq!(again["error"]["code"], "NOT_FOUND");
    let disable = "mutation ($account: ID!) { disableAccount(account: $account) { account { disabledAt } } }";
    let disabled = ada.field(disable, json!({"account": id})).await;
    assert!(disabled["account"]["disabledAt"].is_string(), "{disabled:#}");
    assert_eq!(bob.viewer().await.error_code(), "UNAUTHENTICATED");
}
