//! What anybody may: no key, whatever it may otherwise, and no role is turned away there.

use reqwest::Method;
use serde_json::json;
use support::{Client, Engine, Tidemark, app::EVERYTHING};

use super::{ROLES, ROUTES, printed, some_path};

support::on_both_engines!(what_anybody_may_is_refused_to_no_key_and_no_role);

/// Answered to any key that works, and to nobody without.
const WITH_A_KEY: [&str; 3] = [
    "GET /v1/config",
    "GET /v1/rules",
    "POST /uauth/api-key/permission-check",
];

/// The status of what a caller is told.
async fn ask(client: &Client, route: &str) -> u16 {
    let (method, path) = route.split_once(' ').expect("a method and a path");
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let mut request = client.request(method.clone(), &some_path(path));
    if WITH_A_KEY.contains(&route) {
        request = request.header("X-Moesif-Application-Id", client.key().unwrap_or_default());
        if method == Method::POST {
            request = request.json(&json!([]));
        }
    }
    client.send(request).await.status
}

async fn what_anybody_may_is_refused_to_no_key_and_no_role(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--sign-in-attempts", "1000")
        .start()
        .await;
    tidemark.account("first@example.com", &[]).await;
    let rows = printed();
    let is_anybodys = |route: &str| {
        let row = rows.iter().find(|(doors, _)| doors.iter().any(|one| one == route));
        row.expect("a row").1[1] == "●"
    };
    let routes: Vec<_> = ROUTES.iter().filter(|(route, _)| is_anybodys(route)).collect();
    assert!(routes.len() > 15, "{routes:?}");
    let mut keys = Vec::new();
    for permission in EVERYTHING.split(',') {
        keys.push((permission, tidemark.client_allowed(permission).await));
        keys.push((permission, tidemark.client_of_all_sites(permission).await));
    }
    let mut people = Vec::new();
    for role in ROLES {
        let person = tidemark.person(&format!("{role}@example.com"), &["--role", role]).await;
        people.push((role, person.client().clone()));
    }
    for (route, of_nobody) in routes {
        let with_a_key = WITH_A_KEY.contains(route);
        let people = people.iter().filter(|_| !with_a_key);
        for (who, client) in keys.iter().chain(people) {
            let status = ask(client, route).await;
            // A provider's call that it was not asked for is refused to everybody.
            let let_in = ![401, 403].contains(&status) || (!with_a_key && status == *of_nobody);
            assert!(let_in, "{route} with {who}: {status}");
        }
        let status = ask(&tidemark.client().without_key(), route).await;
        assert_eq!(status == 401, *of_nobody == 401, "{route} by nobody: {status}");
    }
}
