//! Trying events again: exactly once each, at their original times, by whom and how often it is tried.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::{Engine, Server, Tidemark};

use super::{REDRIVE, admin, count, list, logged, misfit, misfits, redrive};

support::on_both_engines!(
    an_event_is_coerced_renamed_or_its_key_retyped,
    how_old_an_event_is_does_not_matter,
    a_dry_run_tells_and_changes_nothing,
    what_is_refused_again_stays,
    one_that_is_stored_already_goes,
    two_redrives_at_once_log_each_event_once,
    a_kill_in_between_loses_and_repeats_nothing,
    a_fix_that_makes_no_sense_is_told,
);

/// The tags of all events of an action, the oldest first.
async fn tags(tidemark: &Tidemark, action: &str) -> Vec<Value> {
    let filter = json!({"where": [{"dimension": "action", "value": action}]});
    let events = tidemark.client().events(json!({"filter": filter, "first": 1000})).await;
    let edges = events["edges"].as_array().expect("a list");
    let tag = |edge: &Value| {
        let mut tag = edge["node"]["tag"].clone();
        tag.as_object_mut().expect("an object").remove("traffic_source");
        tag
    };
    edges.iter().map(tag).collect()
}

async fn an_event_is_coerced_renamed_or_its_key_retyped(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let (client, admin) = (tidemark.client(), admin(&tidemark).await);
    let event = |action: &str| json!({"action": action, "tag": {"plan": 7, "in": [{"plan": 8}]}});
    misfits(&tidemark, ["coerce", "rename", "retype", "release"].map(event).into()).await;
    let received: Vec<_> = list(client).await.iter().map(|one| one["event"].clone()).collect();
    let of = |action: &str| json!({"action": action});
    let fixes = json!([{"coerce": {"name": "plan", "type": "string"}}]);
    let done = redrive(client, json!({"filter": of("coerce"), "fixes": fixes})).await;
    assert_eq!(
        (&done["accepted"], &done["refused"], &done["remaining"]),
        (&json!(1), &json!(0), &json!(0)),
        "{done:#}"
    );
    assert_eq!(
        tags(&tidemark, "coerce").await,
        [json!({"plan": "7", "in": [{"plan": "8"}]})]
    );
    // The event is what it was, but for its tag and the way it came in.
    let event = &done["outcomes"][0]["event"];
    for field in ["id", "time", "received"] {
        assert_eq!(event[field], received[0][field], "{field}");
    }
    assert_eq!(event["door"], "redrive");
    let stored = client.event(event["id"].as_str().expect("an id")).await;
    assert_eq!(
        (&stored["door"], &stored["received"]),
        (&json!("redrive"), &received[0]["received"])
    );

    let fixes = json!([{"rename": {"from": "plan", "to": "plan.number"}}]);
    let done = redrive(client, json!({"filter": of("rename"), "fixes": fixes})).await;
    assert_eq!(done["accepted"], 1, "{done:#}");
    assert_eq!(
        tags(&tidemark, "rename").await,
        [json!({"plan_number": 7, "in": [{"plan_number": 8}]})]
    );

    // Types are the organisation's.
    let fixes = json!([{"retype": {"name": "plan", "type": "number"}}]);
    let input = json!({"filter": of("retype"), "fixes": fixes, "site": tidemark.site()});
    let refused = client.graphql(REDRIVE, json!({"input": input})).await;
    assert_eq!(refused.error_code(), "FORBIDDEN");
    let done = redrive(&admin, input).await;
    assert_eq!(done["accepted"], 1, "{done:#}");
    assert_eq!(
        client.log(json!({"action": "a", "tag": {"plan": "text"}})).await["outcome"],
        "TYPE_CONFLICT"
    );
    assert_eq!(
        client.log(json!({"action": "a", "tag": {"plan": 9}})).await["outcome"],
        "ACCEPTED"
    );

    // Mended beforehand, it needs no fix.
    let release = "mutation { releaseTagType(name: \"plan\") { error { code } } }";
    let _ = admin.graphql(release, json!({})).await.data();
    let done = redrive(client, json!({"filter": of("release")})).await;
    assert_eq!(done["accepted"], 1, "{done:#}");
    assert_eq!(
        client.log(json!({"action": "a", "tag": {"plan": "text"}})).await["outcome"],
        "TYPE_CONFLICT"
    );
    let left: Vec<_> = list(client)
        .await
        .iter()
        .map(|one| one["event"]["action"].clone())
        .collect();
    assert_eq!(left, ["a", "a"]);
}

async fn how_old_an_event_is_does_not_matter(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    misfits(&tidemark, vec![misfit("old")]).await;
    let document = "mutation { updateSite(input: {maxEventAgeSeconds: 1}) { name } }";
    let _ = client.graphql(document, json!({})).await.data();
    assert_eq!(client.log(misfit("late")).await["error"]["code"], "EVENT_TOO_OLD");
    let fixes = json!([{"coerce": {"name": "plan", "type": "string"}}]);
    let done = redrive(client, json!({"fixes": fixes})).await;
    assert_eq!(done["accepted"], 1, "{done:#}");
    assert_eq!(client.event("old").await["time"], "2026-11-18T10:00:00Z");
    let day = json!({"view": "actions", "from": "2026-11-18T00:00:00Z", "to": "2026-11-19T00:00:00Z"});
    assert_eq!(client.find(day.clone()).await["total"], 1);
    tidemark.await_folded().await;
    assert_eq!(client.find(day).await["total"], 1);
}

async fn a_dry_run_tells_and_changes_nothing(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let (client, admin) = (tidemark.client(), admin(&tidemark).await);
    misfits(
        &tidemark,
        vec![
            misfit(1),
            json!({"action": "misfit", "tag": {"plan": true, "fresh": 1}}),
        ],
    )
    .await;
    let before = list(client).await;
    let fixes = json!([{"retype": {"name": "plan", "type": "number"}}]);
    let input = json!({"site": tidemark.site(), "fixes": fixes, "dryRun": true});
    let told = redrive(&admin, input.clone()).await;
    assert_eq!(
        (&told["accepted"], &told["refused"]),
        (&json!(1), &json!(1)),
        "{told:#}"
    );
    let outcomes = told["outcomes"].as_array().expect("a list");
    assert_eq!(
        (
            &outcomes[0]["outcome"],
            &outcomes[0]["event"]["id"],
            &outcomes[1]["outcome"]
        ),
        (&json!("ACCEPTED"), &json!("1"), &json!("TYPE_CONFLICT"))
    );
    assert_eq!(list(client).await, before);
    assert_eq!(logged(&tidemark).await, 0);
    // No type was changed or given, on this server or in the database.
    assert_eq!(
        client.log(json!({"action": "a", "tag": {"plan": 1}})).await["outcome"],
        "TYPE_CONFLICT"
    );
    assert_eq!(
        client.log(json!({"action": "a", "tag": {"fresh": "x"}})).await["outcome"],
        "ACCEPTED"
    );
    let audit = "{ audit(operation: \"redriveQuarantine\") { edges { cursor } } }";
    assert_eq!(
        admin.graphql(audit, json!({})).await.data()["audit"]["edges"],
        json!([])
    );
    let mut real = input;
    real["dryRun"] = json!(false);
    let told = redrive(&admin, real).await;
    assert_eq!(
        (&told["accepted"], &told["refused"]),
        (&json!(2), &json!(1)),
        "{told:#}"
    );
}

async fn what_is_refused_again_stays(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    misfits(
        &tidemark,
        vec![
            misfit("denied"),
            json!({"id": "taken", "action": "a", "tag": {"plan": 1, "number": 2}}),
            json!({"id": "other", "action": "a", "tag": {"plan": {"in": true}}}),
            json!({"id": "ring", "action": "a", "tag": {"plan": 4, "first": 1}}),
            misfit("fine"),
        ],
    )
    .await;
    client.add_rule("DENY", "misfit").await;
    let fixes = json!([{"rename": {"from": "plan", "to": "number"}}]);
    let told = redrive(client, json!({"fixes": fixes})).await;
    let outcomes: Vec<_> = told["outcomes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            (text(&one["outcome"]), text(&one["error"]["code"]))
        })
        .collect();
    let pair = |outcome: &str, code: &str| (outcome.to_owned(), code.to_owned());
    assert_eq!(
        outcomes,
        [
            pair("DENIED", "DENIED"),
            pair("INVALID", "TAG_KEY_COLLISION"),
            pair("ACCEPTED", ""),
            pair("TYPE_CONFLICT", "TAG_TYPE_CONFLICT"),
            pair("DENIED", "DENIED"),
        ],
        "{told:#}"
    );
    assert_eq!(
        (&told["accepted"], &told["refused"], &told["remaining"]),
        (&json!(1), &json!(4), &json!(4))
    );
    let rules = client.graphql("{ rules { nodes { id } } }", json!({})).await;
    let id = &rules.data()["rules"]["nodes"][0]["id"];
    let delete = "mutation ($id: ID!) { deleteRule(id: $id) { error { code } } }";
    let _ = client.graphql(delete, json!({"id": id})).await.data();
    // What an entry says of its reason is the last that was found out.
    let kept = list(client).await;
    let ring = kept.iter().find(|one| one["event"]["id"] == "ring").expect("it stays");
    assert_eq!(
        (&ring["path"], &ring["expectedType"], &ring["receivedType"]),
        (&json!("number"), &json!("object"), &json!("number"))
    );
    assert_eq!(ring["event"]["tag"]["plan"], 4, "what is refused stays as it came");
    let fixes = json!([{"coerce": {"name": "plan", "type": "string"}}]);
    let told = redrive(client, json!({"fixes": fixes, "filter": {"action": "misfit"}})).await;
    assert_eq!(told["accepted"], 2, "{told:#}");
    assert_eq!(count(client).await, 2);
}

async fn one_that_is_stored_already_goes(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    misfits(&tidemark, vec![misfit("twice"), misfit("twice"), misfit("later")]).await;
    let mut mended = misfit("later");
    mended["tag"]["plan"] = json!("7");
    assert_eq!(client.log(mended).await["outcome"], "ACCEPTED");
    let fixes = json!([{"coerce": {"name": "plan", "type": "string"}}]);
    let told = redrive(client, json!({"fixes": fixes})).await;
    assert_eq!(
        (&told["accepted"], &told["duplicates"]),
        (&json!(1), &json!(2)),
        "{told:#}"
    );
    assert_eq!(count(client).await, 0);
    assert_eq!(logged(&tidemark).await, 2);
    // An id stays taken, by whatever way the event came in.
    assert_eq!(client.log(misfit("twice")).await["outcome"], "DUPLICATE");
}

async fn two_redrives_at_once_log_each_event_once(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let second = Server::start_with(tidemark.database(), &[]).await;
    let here = tidemark.client();
    let there = here.at(second.address());
    misfits(&tidemark, (0..300).map(misfit).collect()).await;
    let fixes = json!([{"coerce": {"name": "plan", "type": "string"}}]);
    let ids: Vec<_> = list(here).await.iter().map(|one| one["id"].clone()).collect();
    let mut accepted = 0;
    for part in ids.chunks(100) {
        let inputs = [
            json!({"ids": part, "fixes": fixes}),
            json!({"fixes": fixes, "limit": 60}),
            json!({"ids": part, "fixes": fixes}),
        ];
        let [one, other, third] = inputs;
        let told = tokio::join!(redrive(here, one), redrive(&there, other), redrive(&there, third));
        for told in [told.0, told.1, told.2] {
            assert!(told["error"].is_null() && told["duplicates"] == 0, "{told:#}");
            accepted += told["accepted"].as_i64().expect("a count");
        }
    }
    let told = redrive(here, json!({"fixes": fixes})).await;
    accepted += told["accepted"].as_i64().expect("a count");
    assert_eq!((accepted, logged(&tidemark).await, count(here).await), (300, 300, 0));
}

async fn a_kill_in_between_loses_and_repeats_nothing(engine: Engine) {
    let mut tidemark = Tidemark::start(engine).await;
    let events = 400;
    misfits(&tidemark, (0..events).map(misfit).collect()).await;
    let fixes = json!([{"coerce": {"name": "plan", "type": "string"}}]);
    for round in 0..8_u64 {
        let client = tidemark.client().clone();
        let input = json!({"input": {"fixes": fixes, "limit": 25}});
        let pouring = tokio::spawn(async move { while client.try_graphql(REDRIVE, input.clone()).await.is_ok() {} });
        tokio::time::sleep(std::time::Duration::from_millis(5 + round * 17 % 40)).await;
        tidemark.server_mut().kill9();
        pouring.await.expect("it ends");
        tidemark.server_mut().restart().await;
        let left = count(tidemark.client()).await;
        assert_eq!(left + logged(&tidemark).await, events, "round {round}");
    }
    let told = redrive(tidemark.client(), json!({"fixes": fixes})).await;
    assert_eq!(told["duplicates"], 0, "{told:#}");
    assert_eq!((count(tidemark.client()).await, logged(&tidemark).await), (0, events));
    let filter = json!({"where": [{"dimension": "action", "value": "misfit"}]});
    let listed = tidemark.client().events(json!({"filter": filter, "first": 1000})).await;
    let edges = listed["edges"].as_array().expect("a list");
    let ids: BTreeSet<_> = edges
        .iter()
        .map(|edge| edge["node"]["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(ids.len(), 400);
}

async fn a_fix_that_makes_no_sense_is_told(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    misfits(&tidemark, vec![misfit(1)]).await;
    let admin = admin(&tidemark).await;
    for (fix, code, path) in [
        (json!({}), "INVALID_ARGUMENT", "input.fixes[0]"),
        (
            json!({"coerce": {"name": "plan", "type": "text"}}),
            "INVALID_ARGUMENT",
            "input.fixes[0].coerce.type",
        ),
        (
            json!({"rename": {"from": "plan", "to": "plan"}}),
            "INVALID_ARGUMENT",
            "input.fixes[0].rename.to",
        ),
        (
            json!({"rename": {"from": "plan", "to": "traffic.source"}}),
            "RESERVED_NAME",
            "input.fixes[0].rename.to",
        ),
        (
            json!({"retype": {"name": "nothing", "type": "string"}}),
            "NOT_FOUND",
            "input.name",
        ),
    ] {
        let told = redrive(&admin, json!({"site": tidemark.site(), "fixes": [fix]})).await;
        assert_eq!(
            (&told["error"]["code"], &told["error"]["path"]),
            (&json!(code), &json!(path)),
            "{told:#}"
        );
    }
    let told = redrive(&admin, json!({"site": tidemark.site(), "limit": 1001})).await;
    assert_eq!(told["error"]["path"], "input.limit");
    assert_eq!(count(tidemark.client()).await, 1);
}
