//! The paths: all of them, below every folder, each by its method alone.

use reqwest::Method;
use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::accept;

support::on_both_engines!(every_path_is_there_below_every_folder);

async fn every_path_is_there_below_every_folder(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let key = client.key().expect("a key");
    let send = async |method: Method, path: &str| {
        let request = client.without_key().request(method, path);
        client
            .send(request.header("X-Moesif-Application-Id", key).json(&json!({})))
            .await
    };
    let objects = [
        ("actions", json!({"action_name": "a"})),
        (
            "events",
            json!({"request": {"uri": "https://api.example.com/a", "verb": "GET"}, "response": {"status": 200}}),
        ),
        ("users", json!({"user_id": "u"})),
        ("companies", json!({"company_id": "c"})),
        (
            "subscriptions",
            json!({"subscription_id": "s", "company_id": "c", "status": "active"}),
        ),
    ];
    for folder in ["", "/collector", "/moesif"] {
        for (name, object) in &objects {
            let path = format!("{folder}/v1/{name}");
            accept(client, &path, object.clone()).await;
            accept(client, &format!("{path}/batch"), json!([object])).await;
            for path in [path.clone(), format!("{path}/batch")] {
                for method in [Method::GET, Method::PUT, Method::DELETE] {
                    assert_eq!(send(method.clone(), &path).await.status, 405, "{method} {path}");
                }
            }
        }
        let configuration = send(Method::GET, &format!("{folder}/v1/config")).await;
        assert_eq!(configuration.status, 200, "{folder}");
        assert_eq!(
            configuration.body,
            json!({"org_id": "shop", "app_id": "shop", "sample_rate": 100, "user_sample_rate": {}, "company_sample_rate": {},
                "user_rules": {}, "company_rules": {}, "regex_config": []})
        );
        let rules = send(Method::GET, &format!("{folder}/v1/rules")).await;
        assert_eq!((rules.status, &rules.body), (200, &json!([])), "{folder}");
        for answer in [configuration, rules] {
            assert_eq!(answer.headers["x-moesif-config-etag"], "1");
        }
        for name in ["config", "rules"] {
            let path = format!("{folder}/v1/{name}");
            assert_eq!(send(Method::POST, &path).await.status, 405, "{path}");
        }
    }
    let all = super::events(&tidemark).await;
    let of = |action: &str| all.iter().filter(|event| event["action"] == action).count();
    assert_eq!((of("a"), of("api.call")), (6, 6));
    assert_ne!(super::actor(client, "u").await, Value::Null);
    assert_eq!(super::company(client, "c").await["subscriptions"][0]["id"], "s");
}
