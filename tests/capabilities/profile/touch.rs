//! What first and last brought a company here, by whichever door it is told.

use reqwest::Method;
use serde_json::{Value, json};
use support::{Client, Engine, Tidemark};

use super::say;

support::on_both_engines!(segments_groups_tell_of_it, moesifs_companies_tell_of_it);

/// What is known of how a company came.
async fn touches(client: &Client, id: &str) -> Value {
    let document = "query ($id: ID!) { company(id: $id) { firstTouch { time campaign } lastTouch { time campaign } } }";
    client.graphql(document, json!({"id": id})).await.data()["company"].clone()
}

async fn segments_groups_tell_of_it(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let group = |time: &str, context: Value| json!({"userId": "ada", "groupId": "acme", "traits": {"size": 7}, "timestamp": time, "context": context});
    say(client, "/v1/group", &group("2026-11-20T10:00:00Z", json!({}))).await;
    assert_eq!(
        touches(client, "acme").await,
        json!({"firstTouch": null, "lastTouch": null})
    );
    let ad = json!({"campaign": {"source": "ad"}, "page": {"referrer": "https://news.example/"}});
    say(client, "/v1/group", &group("2026-11-20T11:00:00Z", ad)).await;
    let ad = json!({"time": "2026-11-20T11:00:00Z", "campaign": {"source": "ad", "referrer": "https://news.example/"}});
    assert_eq!(
        touches(client, "acme").await,
        json!({"firstTouch": ad, "lastTouch": ad})
    );
    let of = |source: &str| json!({"campaign": {"source": source}});
    say(client, "/v1/group", &group("2026-11-20T12:00:00Z", of("mail"))).await;
    let mail = json!({"time": "2026-11-20T12:00:00Z", "campaign": {"source": "mail"}});
    assert_eq!(
        touches(client, "acme").await,
        json!({"firstTouch": ad, "lastTouch": mail})
    );
    // What comes late counts by its own time.
    say(client, "/v1/group", &group("2026-11-20T09:00:00Z", of("fair"))).await;
    let fair = json!({"time": "2026-11-20T09:00:00Z", "campaign": {"source": "fair"}});
    assert_eq!(
        touches(client, "acme").await,
        json!({"firstTouch": fair, "lastTouch": mail})
    );
    // It brought whoever is of the company as well.
    let document = "{ actor(id: \"ada\") { firstTouch { time campaign } lastTouch { time campaign } } }";
    let ada = client.graphql(document, json!({})).await;
    assert_eq!(ada.data()["actor"], json!({"firstTouch": fair, "lastTouch": mail}));
}

async fn moesifs_companies_tell_of_it(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let company = |time: &str, campaign: Value| json!({"company_id": "acme", "company_domain": "acme.example", "modified_time": time, "campaign": campaign});
    let send = async |path: &str, body: &Value| {
        let request = client.without_key().request(Method::POST, path).json(body);
        let key = client.key().expect("a key");
        let answer = client.send(request.header("X-Moesif-Application-Id", key)).await;
        assert_eq!(answer.status, 201, "{path}: {}", answer.text);
    };
    let (ad, mail) = (
        json!({"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "adwords", "utm_term": null}),
        json!({"utm_source": "mail"}),
    );
    send("/v1/companies", &company("2026-11-20T11:00:00Z", ad)).await;
    let list = json!([
        company("2026-11-20T12:00:00Z", mail),
        company("2026-11-20T13:00:00Z", json!({})),
    ]);
    send("/v1/companies/batch", &list).await;
    let first = json!({"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "adwords"});
    assert_eq!(
        touches(client, "acme").await,
        json!({
            "firstTouch": {"time": "2026-11-20T11:00:00Z", "campaign": first},
            "lastTouch": {"time": "2026-11-20T12:00:00Z", "campaign": {"utm_source": "mail"}},
        })
    );
}
