//! An owner of one site: everything there, who may do what included, and nothing that is the organisation's.

use serde_json::{Value, json};
use support::{Engine, Person, Tidemark};

support::on_both_engines!(
    an_owner_of_a_site_says_who_may_do_what_there,
    what_is_the_organisations_is_not_a_sites_owners,
);

const ACCOUNTS: &str = "{ accounts { email roles { role site } } }";
const SET: &str = "mutation ($account: ID!, $role: Role!, $site: String) { setAccountRole(account: $account, role: $role, \
                   site: $site) { account { email roles { role site } } error { code path } } }";
const REMOVE: &str = "mutation ($account: ID!, $site: String) { removeAccountRole(account: $account, site: $site) { account \
                      { email roles { role site } } error { code path } } }";

/// An account as lists have it.
fn account(email: &str, roles: &[(&str, &str)]) -> Value {
    let roles: Vec<_> = roles
        .iter()
        .map(|(role, site)| json!({"role": role, "site": site}))
        .collect();
    json!({"email": email, "roles": roles})
}

/// Two sites, an owner of the organisation, and an owner of the first site who may look at the other.
async fn start(engine: Engine) -> (Tidemark, Person, Person) {
    let tidemark = Tidemark::start(engine).await;
    let _other = tidemark.another_site("other").await;
    let ada = tidemark.person("ada@example.com", &[]).await;
    let carl = tidemark
        .person("carl@example.com", &["--role", "owner", "--site", "shop"])
        .await;
    let given = ada
        .field(
            SET,
            json!({"account": "carl@example.com", "role": "VIEWER", "site": "other"}),
        )
        .await;
    assert_eq!(
        given["account"],
        account("carl@example.com", &[("OWNER", "shop"), ("VIEWER", "other")])
    );
    (tidemark, ada, carl)
}

async fn an_owner_of_a_site_says_who_may_do_what_there(engine: Engine) {
    let (tidemark, ada, carl) = start(engine).await;
    let bob = tidemark
        .person("bob@example.com", &["--role", "viewer", "--site", "other"])
        .await;
    let own = account("carl@example.com", &[("OWNER", "shop")]);
    assert_eq!(carl.field(ACCOUNTS, json!({})).await, json!([own]));
    let declare =
        "mutation { createView(input: {site: \"shop\", name: \"v\", dimensions: [\"action\"]}) { __typename } }";
    assert!(
        bob.client()
            .graphql(declare, json!({}))
            .await
            .text
            .contains("FORBIDDEN")
    );

    // Whoever has an account is let in by its address; what it may do elsewhere is not told.
    let given = carl
        .field(
            SET,
            json!({"account": " Bob@Example.com", "role": "ANALYST", "site": "shop"}),
        )
        .await;
    let of_shop = account("bob@example.com", &[("ANALYST", "shop")]);
    assert_eq!(given, json!({"account": of_shop, "error": null}));
    assert!(bob.client().graphql(declare, json!({})).await.body["errors"].is_null());
    assert_eq!(carl.field(ACCOUNTS, json!({})).await, json!([of_shop, own]));
    let all = ada.field(ACCOUNTS, json!({})).await;
    assert_eq!(
        all[1],
        account("bob@example.com", &[("ANALYST", "shop"), ("VIEWER", "other")])
    );
    // Another owner, who takes the first one's role away: the organisation has its own.
    let given = carl
        .field(
            SET,
            json!({"account": "bob@example.com", "role": "OWNER", "site": "shop"}),
        )
        .await;
    assert!(given["error"].is_null(), "{given:#}");
    let taken = bob
        .field(REMOVE, json!({"account": "carl@example.com", "site": "shop"}))
        .await;
    assert_eq!(taken["account"], account("carl@example.com", &[]));
    assert_eq!(
        carl.client().graphql(ACCOUNTS, json!({})).await.error_code(),
        "FORBIDDEN"
    );
    for (name, code) in [
        ("nobody", "NOT_FOUND"),
        ("nobody@example.com", "NOT_FOUND"),
        ("no@address@", "INVALID_ARGUMENT"),
    ] {
        let refused = bob
            .field(SET, json!({"account": name, "role": "VIEWER", "site": "shop"}))
            .await;
        assert_eq!(refused["error"], json!({"code": code, "path": "account"}), "{name}");
    }
    let printed = tidemark.command(&["account", "list"]).await.success();
    assert!(
        printed.contains("bob@example.com\tOWNER of shop, VIEWER of other\t"),
        "{printed}"
    );
}

async fn what_is_the_organisations_is_not_a_sites_owners(engine: Engine) {
    let (tidemark, ada, carl) = start(engine).await;
    let accounts = ada.field("{ accounts { id } }", json!({})).await;
    let id = accounts[0]["id"].as_str().expect("an id").to_owned();
    let sessions = ada.field("{ sessions { id } }", json!({})).await;
    let session = sessions[0]["id"].as_str().expect("an id").to_owned();
    for document in [
        "mutation { inviteAccount(input: {email: \"z@example.com\", role: VIEWER}) { link } }",
        "mutation { inviteAccount(input: {email: \"z@example.com\", role: VIEWER, site: \"shop\"}) { link } }",
        "mutation ($id: ID!) { renewInvitation(account: $id) { link } }",
        "mutation ($id: ID!) { disableAccount(account: $id) { account { id } } }",
        "mutation ($id: ID!) { setAccountRole(account: $id, role: VIEWER) { account { id } } }",
        "mutation { setAccountRole(account: \"carl@example.com\", role: OWNER) { account { id } } }",
        "mutation { setAccountRole(account: \"carl@example.com\", role: OWNER, site: \"other\") { account { id } } }",
        "mutation ($id: ID!) { removeAccountRole(account: $id) { account { id } } }",
        "query ($id: ID!) { sessions(account: $id) { id } }",
        "mutation { createSite(input: {name: \"third\"}) { name } }",
        "mutation { createUniqueScope(fields: [\"tag.x\"]) { name } }",
        "{ system { version } }",
    ] {
        let named = document.contains("$id");
        let variables = if named { json!({"id": id}) } else { json!({}) };
        let answer = carl.client().graphql(document, variables).await;
        assert_eq!(answer.error_code(), "FORBIDDEN", "{document}: {}", answer.text);
    }
    let revoke = "mutation ($id: ID!) { revokeSession(id: $id) { error { code } } }";
    let refused = carl.field(revoke, json!({"id": session})).await;
    assert_eq!(refused["error"]["code"], "NOT_FOUND");
    assert_eq!(ada.viewer().await.status, 200);
    // A site that one may not see is not there to be owned.
    let _third = tidemark.another_site("third").await;
    let mut said = Vec::new();
    for site in ["third", "nowhere"] {
        let refused = carl
            .field(
                SET,
                json!({"account": "carl@example.com", "role": "VIEWER", "site": site}),
            )
            .await;
        said.push(refused);
    }
    assert_eq!(said[0]["error"], json!({"code": "UNKNOWN_SITE", "path": "site"}));
    assert_eq!(said[0], said[1]);
    // Who owns a site does not own the organisation, which must have an owner.
    let last = ada.field(REMOVE, json!({"account": "ada@example.com"})).await;
    assert_eq!(last["error"], json!({"code": "LAST_OWNER", "path": "account"}));
}
