//! Each door that mints a token is paid for as the mutation is that does.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use support::{Answer, Client, Engine, Tidemark};

support::on_both_engines!(every_door_that_mints_is_paid_for_like_a_change);

const WORKSPACE: &str = "/v4/auth/login/profile";
const DEVICE: &str = "/sauth/v3/auth/login/client/anonymous";

/// Sends the same until it is refused; gives how often it was not, and the refusal.
async fn spend(client: &Client, request: &RequestBuilder) -> (usize, Answer) {
    for done in 0..40 {
        let answer = client.send(request.try_clone().expect("no stream")).await;
        if answer.status != 200 {
            return (done, answer);
        }
    }
    panic!("there is no end to it");
}

async fn every_door_that_mints_is_paid_for_like_a_change(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--rate-manage-changes", "10")
        .start()
        .await;
    let somebody = json!({"identityProvider": "OAUTH", "uuid": "u"});
    for (method, path, login, body) in [
        (
            Method::POST,
            "/rest/search/v2/token?organizationId=acme",
            None,
            json!({}),
        ),
        (Method::POST, WORKSPACE, None, json!({})),
        (Method::POST, "/uauth/v2/auth/login/profile", None, json!({})),
        (Method::POST, "/v4/auth/login/client", None, somebody.clone()),
        (Method::POST, "/sauth/v2/auth/login/client", None, somebody.clone()),
        (Method::POST, "/sauth/v3/auth/login/client", None, somebody),
        (Method::POST, DEVICE, None, json!({"deviceId": "d"})),
        (Method::GET, "/v4/auth/refresh/profile", Some(WORKSPACE), Value::Null),
        (Method::POST, "/sauth/v3/auth/refresh/client", Some(DEVICE), json!({})),
    ] {
        let backend = tidemark.client_allowed("log,impersonate").await;
        let with_key = |mut body: Value| {
            if body.is_object() && !path.starts_with("/rest/") {
                body["apiKey"] = json!(backend.key());
            }
            body
        };
        let mut sender = backend.clone();
        if let Some(login) = login {
            let request = backend.request(Method::POST, login);
            let answer = backend.send(request.json(&with_key(json!({"deviceId": "d"})))).await;
            let token = answer.body["token"]
                .as_str()
                .unwrap_or_else(|| panic!("{}", answer.text));
            sender = Client::new(tidemark.server().address(), token);
        }
        let request = sender.request(method, path);
        let request = if body.is_null() {
            request
        } else {
            request.json(&with_key(body))
        };
        let (minted, refused) = spend(&sender, &request).await;
        // Some come back meanwhile; a token to be renewed was paid for, too.
        let most = if login.is_some() { 9 } else { 10 };
        assert!((most..=most + 4).contains(&minted), "{path}: {minted}");
        let told = &refused.body;
        if path.starts_with("/rest/") {
            assert_eq!(
                (refused.status, &told["type"]),
                (429, &json!("TooManyRequests")),
                "{path}"
            );
        } else {
            assert_eq!(
                (refused.status, &told["status"], &told["error"]),
                (429, &json!(429), &json!("Too Many Requests")),
                "{path}: {}",
                refused.text
            );
        }
        let wait = refused.headers["retry-after"].to_str().expect("text");
        assert!(
            (1..=60).contains(&wait.parse::<u64>().expect("seconds")),
            "{path}: {wait}"
        );
        // Nothing else is the less for it.
        assert_eq!(
            backend.log(json!({"action": "a"})).await["outcome"],
            "ACCEPTED",
            "{path}"
        );
    }
}
