//! Paths that there are not, and methods that paths do not take.

use reqwest::Method;
use serde_json::json;
use support::{Engine, Tidemark};

support::on_both_engines!(what_is_not_there_is_told_in_its_words);

async fn what_is_not_there_is_told_in_its_words(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    for (method, path, status) in [
        (Method::GET, "/rest/ua/v15/analytics/click", 405),
        (Method::PUT, "/coveo/rest/v14/analytics/searches", 405),
        (Method::POST, "/any/folder/v15/analytics/visit", 405),
        (Method::GET, "/rest/search/v2/token", 405),
        (Method::GET, "/rest/organizations/shop/events/v1", 405),
        (Method::PUT, "/coveo/rest/organizations/shop/events/v1/validate", 405),
        (Method::POST, "/rest/ua/v15/analytics/unknown", 404),
        (Method::GET, "/coveo/rest/ua/v15/analytics/unknown", 404),
        (Method::POST, "/rest/organizations/shop/events/v1/unknown", 404),
    ] {
        let answer = client.send(client.request(method.clone(), path)).await;
        let kind = if status == 405 { "MethodNotAllowed" } else { "NotFound" };
        assert_eq!(
            (answer.status, &answer.body["type"]),
            (status, &json!(kind)),
            "{method} {path}: {}",
            answer.text
        );
        assert!(answer.body["message"].is_string(), "{}", answer.text);
    }
}
