//! Synerise's sign-ins whose callers need more than a cell tells: one names somebody, which takes a key that may impersonate;
//! a renewal takes a token to renew.

use reqwest::{Method, RequestBuilder};
use serde_json::json;
use support::{Answer, Client, Engine, Tidemark, app::EVERYTHING};

use super::{ROLES, printed};

support::on_both_engines!(
    who_names_somebody_may_mint_and_impersonate,
    a_renewal_wants_what_a_sign_in_does,
    nobody_with_an_account_signs_clients_in,
);

const NAMING: [&str; 3] = [
    "POST /v4/auth/login/client",
    "POST /sauth/v2/auth/login/client",
    "POST /sauth/v3/auth/login/client",
];
const RENEW_WORKSPACE: &str = "GET /v4/auth/refresh/profile";
const RENEW_CLIENT: &str = "POST /sauth/v3/auth/refresh/client";

/// Whether the cells of a route are tried here.
pub(super) fn tries(route: &str) -> bool {
    NAMING.contains(&route) || [RENEW_WORKSPACE, RENEW_CLIENT].contains(&route)
}

/// The cells of a door's row.
fn cells(door: &str) -> Vec<String> {
    let row = printed()
        .into_iter()
        .find(|(doors, _)| doors.iter().any(|one| one == door));
    row.unwrap_or_else(|| panic!("{door} has no row")).1
}

fn request(client: &Client, door: &str) -> RequestBuilder {
    let (method, path) = door.split_once(' ').expect("a method and a path");
    client.request(Method::from_bytes(method.as_bytes()).expect("a method"), path)
}

/// Signs in at a door, with a key or whatever else is in its place.
async fn sign_in(client: &Client, door: &str) -> Answer {
    let nobody = client.without_key();
    let body = json!({"apiKey": client.key(), "identityProvider": "OAUTH", "uuid": "u", "deviceId": "d"});
    nobody.send(request(&nobody, door).json(&body)).await
}

/// A token of the kind that a door renews.
async fn token_for(client: &Client, door: &str) -> String {
    let door = match door {
        RENEW_WORKSPACE => "POST /v4/auth/login/profile",
        _ => "POST /sauth/v3/auth/login/client/anonymous",
    };
    let answer = sign_in(client, door).await;
    let token = answer.body["token"].as_str();
    token.unwrap_or_else(|| panic!("{door}: {}", answer.text)).to_owned()
}

/// Renews a token; what stands for the key is sent where the door wants one.
async fn renew(keeper: &Client, token: &str, door: &str) -> Answer {
    let nobody = keeper.without_key();
    let mut request = request(&nobody, door).bearer_auth(token);
    if door == RENEW_CLIENT {
        request = request.json(&json!({"apiKey": keeper.key()}));
    }
    nobody.send(request).await
}

async fn who_names_somebody_may_mint_and_impersonate(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let rows = NAMING.map(|door| (door, cells(door)));
    for (index, permission) in EVERYTHING.split(',').enumerate() {
        for vouches in [false, true] {
            let also = if vouches && permission != "impersonate" {
                ",impersonate"
            } else {
                ""
            };
            let allow = format!("{permission}{also}");
            let of_site = tidemark.client_allowed(&allow).await;
            let of_all = tidemark.client_of_all_sites(&allow).await;
            for (door, cells) in &rows {
                let may = !cells[2 + index].is_empty();
                for (client, knows_site) in [(&of_site, true), (&of_all, false)] {
                    let answer = sign_in(client, door).await;
                    // No wire format of Synerise's names a site.
                    let expected = match (may, knows_site, vouches) {
                        (true, false, _) => 400,
                        (true, true, true) => 200,
                        _ => 403,
                    };
                    assert_eq!(answer.status, expected, "{door} with {allow}: {}", answer.text);
                }
            }
        }
    }
}

async fn a_renewal_wants_what_a_sign_in_does(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let admin = tidemark.client_of_all_sites(EVERYTHING).await;
    let narrow = "mutation ($key: ID!, $permissions: [Permission!]!) \
                  { updateKey(input: {key: $key, permissions: $permissions}) { error { code message } } }";
    for door in [RENEW_WORKSPACE, RENEW_CLIENT] {
        let cells = cells(door);
        for (index, permission) in EVERYTHING.split(',').enumerate() {
            let may = !cells[2 + index].is_empty();
            let expected = if may { 200 } else { 403 };
            // Whoever may only this gets no token in the first place: the key of one that has a token loses the rest.
            let key = tidemark.client_allowed(EVERYTHING).await;
            let token = token_for(&key, door).await;
            let prefix = &key.key().expect("it has one")[..15];
            let variables = json!({"key": prefix, "permissions": [permission.to_uppercase()]});
            let narrowed = admin.graphql(narrow, variables).await;
            assert!(narrowed.data()["updateKey"]["error"].is_null(), "{}", narrowed.text);
            let answer = renew(&key, &token, door).await;
            assert_eq!(answer.status, expected, "{door} with {permission}: {}", answer.text);
            if door == RENEW_CLIENT {
                // The key beside a token of another's is judged, too.
                let token = token_for(tidemark.client(), door).await;
                let of_site = tidemark.client_allowed(permission).await;
                let of_all = tidemark.client_of_all_sites(permission).await;
                for beside in [&of_site, &of_all] {
                    let answer = renew(beside, &token, door).await;
                    assert_eq!(answer.status, expected, "{door} beside {permission}: {}", answer.text);
                }
            }
        }
    }
}

async fn nobody_with_an_account_signs_clients_in(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--sign-in-attempts", "1000")
        .start()
        .await;
    let key = tidemark.client();
    let workspace = token_for(key, RENEW_WORKSPACE).await;
    let device = token_for(key, RENEW_CLIENT).await;
    tidemark.account("first@example.com", &[]).await;
    let naming = NAMING.map(|door| (door, cells(door)));
    let renewing = [RENEW_WORKSPACE, RENEW_CLIENT].map(|door| (door, cells(door)));
    for (index, role) in ROLES.iter().enumerate() {
        let everywhere = tidemark.person(&format!("{role}@example.com"), &["--role", role]).await;
        let flags = ["--role", role, "--site", tidemark.site()];
        let of_site = tidemark.person(&format!("{role}.of.site@example.com"), &flags).await;
        for person in [everywhere, of_site] {
            let client = person.client();
            for (door, cells) in naming.iter().chain(&renewing) {
                assert_eq!(cells[7 + index], "", "a key alone mints tokens: {door}");
            }
            for (door, _) in &naming {
                let answer = sign_in(client, door).await;
                assert_eq!(answer.status, 403, "{door} as {role}: {}", answer.text);
            }
            // A session is no token that a sign-in here gave, is of no site, and stands in for no key.
            for ((door, _), expected) in renewing.iter().zip([401, 403]) {
                let answer = renew(key, person.token(), door).await;
                assert_eq!(answer.status, expected, "{door} as {role}: {}", answer.text);
            }
            let answer = renew(client, &device, RENEW_CLIENT).await;
            assert_eq!(answer.status, 403, "beside a session as {role}: {}", answer.text);
        }
    }
    // Nor does a token stand in for its own key: it is in its client's hands, who would have it renewed without end.
    for token in [&device, &workspace] {
        let holder = Client::new(tidemark.server().address(), token);
        let answer = renew(&holder, &device, RENEW_CLIENT).await;
        assert_eq!(answer.status, 403, "{}", answer.text);
    }
    assert_eq!(renew(key, &device, RENEW_CLIENT).await.status, 200);
}
