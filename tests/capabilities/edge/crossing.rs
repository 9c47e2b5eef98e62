//! What one site's key watches is its own site's.

use serde_json::{Value, json};
use support::{Engine, Tidemark, Transport};

support::on_both_engines!(
    a_subscription_hears_of_its_own_site_alone,
    an_answer_tells_nothing_of_what_arrives_elsewhere
);

/// How far an answer reaches is told by the site's own events.
async fn an_answer_tells_nothing_of_what_arrives_elsewhere(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    let (from, to) = ("2001-01-01T00:00:00Z", "2001-01-02T00:00:00Z");
    let document = "query ($find: FindInput!, $unique: UniqueInput!) {
        find(input: $find) { provenance { markLagEvents upToEvent source } }
        unique(input: $unique) { provenance { markLagEvents upToEvent source } } }";
    let variables = json!({"find": {"view": "actions", "from": from, "to": to}, "unique": {"from": from, "to": to}});
    let told = async || {
        let answer = other.graphql(document, variables.clone()).await;
        ["find", "unique"].map(|field| answer.data()[field]["provenance"].clone())
    };
    let nothing = json!({"markLagEvents": 0, "upToEvent": null, "source": "ROLLUP"});
    for round in 0..20 {
        tidemark
            .accept(vec![
                json!({"id": format!("theirs {round}"), "action": "secret", "actor": "hidden"}),
            ])
            .await;
        for provenance in told().await {
            assert_eq!(provenance, nothing, "{round}");
        }
    }
    let event = json!({"id": "own", "action": "mine"});
    assert_eq!(other.log(event).await["outcome"], "ACCEPTED");
    for round in 20..40 {
        for provenance in told().await {
            assert_eq!(provenance["upToEvent"], "own");
        }
        tidemark
            .accept(vec![json!({"id": format!("theirs {round}"), "action": "secret"})])
            .await;
    }
}

async fn a_subscription_hears_of_its_own_site_alone(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    let event = |id: &str| json!({"id": id, "action": "secret", "actor": "hidden", "tag": {"plan": "gold"}});
    let document = "subscription ($filter: EventFilter) { eventLogged(filter: $filter) { id action tag } }";
    // Neither with a filter that names what is there, nor with none.
    let filters = [
        Value::Null,
        json!({"where": [{"dimension": "action", "value": "secret"}]}),
    ];
    for transport in [Transport::WebSocket, Transport::EventStream] {
        for filter in &filters {
            let mut watch = other.subscribe(transport, document, json!({"filter": filter})).await;
            let mut heard = None;
            // Whether it has begun to watch shows only in what comes.
            for round in 0..100 {
                tidemark
                    .accept(vec![event(&format!("{transport:?} {filter} theirs {round}"))])
                    .await;
                let own = format!("{transport:?} {filter} own {round}");
                assert_eq!(other.log(event(&own)).await["outcome"], "ACCEPTED");
                let next = tokio::time::timeout(std::time::Duration::from_millis(300), watch.field("eventLogged"));
                if let Ok(found) = next.await {
                    heard = Some(found);
                    break;
                }
            }
            let heard = heard.expect("something comes");
            assert!(heard["id"].as_str().is_some_and(|id| id.contains("own")), "{heard:#}");
        }
        let named = "subscription ($site: String) { eventLogged(site: $site) { id } }";
        let mut watch = other
            .subscribe(transport, named, json!({"site": tidemark.site()}))
            .await;
        let refused = watch.next().await.expect("an answer");
        assert_eq!(
            refused["errors"][0]["extensions"]["code"], "UNKNOWN_SITE",
            "{refused:#}"
        );
    }
}
