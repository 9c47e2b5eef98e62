//! Subscriptions are kept as they were sent, where metadata of users and companies is tidied.

use serde_json::json;
use support::{Engine, Tidemark};

use super::{accept, actor, company};

support::on_both_engines!(a_subscription_is_kept_as_it_was_sent);

async fn a_subscription_is_kept_as_it_was_sent(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let sent = json!({
        "subscription_id": "s1", "company_id": "acme", "status": "active", "trial_end": null, "plan.name": "pro",
        "traffic_source": "mail", "metadata": {"a.b": {"c.d": 1, "c_d": "x", "e": null}, "list": [null, {"f.g": null}]},
    });
    accept(client, "/v1/subscriptions", sent.clone()).await;
    let acme = company(client, "acme").await;
    assert_eq!(acme["subscriptions"], json!([{"id": "s1", "traits": sent}]));
    // What is sent later is merged with it; what is `null` then is not given.
    accept(
        client,
        "/v1/subscriptions/batch",
        json!([{
            "subscription_id": "s1", "company_id": "acme", "status": "ended", "trial_end": "2027-01-01T00:00:00Z",
            "plan.name": null, "metadata": {"a.b": {"c.d": 2}},
        }]),
    )
    .await;
    let merged = json!({
        "subscription_id": "s1", "company_id": "acme", "status": "ended", "trial_end": "2027-01-01T00:00:00Z",
        "plan.name": "pro", "traffic_source": "mail",
        "metadata": {"a.b": {"c.d": 2, "c_d": "x", "e": null}, "list": [null, {"f.g": null}]},
    });
    let acme = company(client, "acme").await;
    assert_eq!(acme["subscriptions"], json!([{"id": "s1", "traits": merged}]));
    accept(
        client,
        "/v1/users",
        json!({"user_id": "ada", "metadata": {"a.b": {"c.d": 1, "e": null}, "f": null}}),
    )
    .await;
    assert_eq!(actor(client, "ada").await["traits"], json!({"a_b": {"c_d": 1}}));
}
