//! Figures that somebody pushes, and how they are asked for.

use reqwest::Method;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{PAGE, PUSH, STATS, TRACK, TRACKED, ago, figures, stats, wait_until};

support::on_both_engines!(
    pushed_figures_are_told_by_their_changes,
    click_st_asks_in_its_own_words,
    what_cannot_be_taken_is_named,
    pages_are_listed_and_bounded,
    a_site_hears_of_its_own_pages_alone,
    old_figures_go_as_retention_says,
);

async fn push(tidemark: &Tidemark, figures: Value) -> Value {
    let answer = tidemark.client().graphql(PUSH, json!({"figures": figures})).await;
    answer.data()["pushExternalStats"].clone()
}

fn day(day: i64) -> String {
    format!("2026-03-{day:02}T00:00:00Z")
}

async fn pushed_figures_are_told_by_their_changes(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let at = |day_of, with: Value| {
        let mut one = json!({"url": PAGE, "network": "twitter", "time": day(day_of)});
        one.as_object_mut()
            .expect("an object")
            .extend(with.as_object().expect("an object").clone());
        one
    };
    // In any order; what one leaves out is as it was before.
    let taken = push(
        &tidemark,
        json!([
            at(5, json!({"shares": 30, "likes": 2})),
            at(1, json!({"shares": 10})),
            at(3, json!({"shares": 25})),
            at(9, json!({"shares": 28, "likes": 7, "comments": 1}))
        ]),
    )
    .await;
    assert_eq!(taken, json!({"taken": 4, "error": null}));
    assert_eq!(
        push(&tidemark, json!([at(3, json!({"shares": 25}))])).await["taken"],
        1,
        "again, which changes nothing"
    );
    for (from, to, change, total, since) in [
        (1, 2, figures(Some(0), None, None), figures(Some(10), None, None), 1),
        (2, 4, figures(Some(15), None, None), figures(Some(25), None, None), 2),
        (1, 4, figures(Some(15), None, None), figures(Some(25), None, None), 1),
        (
            4,
            6,
            figures(Some(5), Some(0), None),
            figures(Some(30), Some(2), None),
            4,
        ),
        (
            6,
            7,
            figures(Some(0), Some(0), None),
            figures(Some(30), Some(2), None),
            6,
        ),
        (
            6,
            10,
            figures(Some(-2), Some(5), Some(0)),
            figures(Some(28), Some(7), Some(1)),
            6,
        ),
        // `to` is not in it.
        (4, 5, figures(Some(0), None, None), figures(Some(25), None, None), 4),
    ] {
        let rows = stats(client, json!({"from": day(from), "to": day(to)})).await;
        assert_eq!(rows.len(), 1, "{from}–{to}: {rows:#?}");
        assert_eq!(
            (&rows[0]["change"], &rows[0]["total"]),
            (&change, &total),
            "{from}–{to}"
        );
        assert_eq!(rows[0]["since"], day(since), "{from}–{to}");
    }
    assert_eq!(
        stats(client, json!({"from": "2026-02-01T00:00:00Z", "to": day(1)})).await,
        Vec::<Value>::new()
    );
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn click_st_asks_in_its_own_words(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let at = |day_of, shares, likes| json!({"url": PAGE, "network": "twitter", "time": day(day_of), "shares": shares, "likes": likes});
    let taken = push(&tidemark, json!([at(5, 30, 2), at(9, 28, 7)])).await;
    assert_eq!(taken["taken"], 2, "{taken}");
    let make = "mutation { createKey(input: {permissions: [QUERY], signingSecret: true}) { secret signingSecret } }";
    let made = client.graphql(make, json!({})).await.data()["createKey"].clone();
    let text = |name: &str| made[name].as_str().expect("text").to_owned();
    let (key, secret) = (text("secret")[..15].to_owned(), text("signingSecret"));
    let ask = async |arguments: Value, nonce: &str| {
        let signature = digest(
            &SHA1_FOR_LEGACY_USE_ONLY,
            [key.as_str(), nonce, &secret].concat().as_bytes(),
        );
        let mut body = json!({"key": key, "nonce": nonce, "signature": hex(signature.as_ref())});
        body.as_object_mut()
            .expect("an object")
            .extend(arguments.as_object().expect("an object").clone());
        let request = client
            .without_key()
            .request(Method::POST, "/rest/action.get_external_stats");
        client.send(request.json(&body)).await
    };
    let seconds = |day_of: i64| 1_772_323_200 + (day_of - 1) * 86_400;
    let told = ask(
        json!({"begin": seconds(6), "end": seconds(10), "filter": {"network": "twitter"}}),
        "1",
    )
    .await;
    let row = json!({"network": "twitter", "url": PAGE, "shares": -2, "likes": 5, "comments": 0});
    assert_eq!(told.body, json!({"result": [row]}), "{}", told.text);
    let none = ask(
        json!({"begin": seconds(6), "end": seconds(10), "filter": {"network": ["facebook"], "url": PAGE}}),
        "2",
    )
    .await;
    assert_eq!(none.body, json!({"result": []}));
    for (number, (arguments, argument)) in [
        (json!({"end": 5}), "begin"),
        (json!({"begin": 1, "end": "soon"}), "end"),
        (json!({"begin": 1, "end": 2, "filter": {"metric": "likes"}}), "filter"),
    ]
    .into_iter()
    .enumerate()
    {
        let refused = ask(arguments, &format!("wrong {number}")).await;
        assert_eq!(
            (refused.status, &refused.body["error"]["argument"]),
            (400, &json!(argument)),
            "{}",
            refused.text
        );
    }
    let unsigned = client
        .without_key()
        .request(Method::POST, "/rest/action.get_external_stats");
    let refused = client
        .send(unsigned.json(&json!({"key": text("secret"), "begin": 1, "end": 2})))
        .await;
    assert_eq!(
        (refused.status, &refused.body["error"]["code"]),
        (403, &json!("identity_required"))
    );
}

async fn what_cannot_be_taken_is_named(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let good = json!({"url": PAGE, "network": "twitter", "shares": 1});
    for (with, code, path) in [
        (json!({"url": "example.com"}), "INVALID_ARGUMENT", "url"),
        (json!({"url": "javascript:alert(1)"}), "INVALID_ARGUMENT", "url"),
        (
            json!({"url": format!("https://example.com/{}", "x".repeat(3_000))}),
            "TOO_LONG",
            "url",
        ),
        (json!({"network": "Twitter!"}), "INVALID_ARGUMENT", "network"),
        (json!({"network": "\u{0}"}), "INVALID_ARGUMENT", "network"),
        (json!({"shares": null}), "INVALID_ARGUMENT", "shares"),
        (json!({"shares": -1}), "INVALID_ARGUMENT", "shares"),
        (json!({"comments": (1_i64 << 53) + 1}), "INVALID_ARGUMENT", "comments"),
        (json!({"time": "yesterday"}), "INVALID_TIME", "time"),
        (json!({"time": "2099-01-01T00:00:00Z"}), "INVALID_TIME", "time"),
    ] {
        let mut bad = good.clone();
        bad.as_object_mut()
            .expect("an object")
            .extend(with.as_object().expect("an object").clone());
        let refused = push(&tidemark, json!([good, bad])).await["error"].clone();
        let at = format!("input.figures[1].{path}");
        assert_eq!(
            (&refused["code"], &refused["path"]),
            (&json!(code), &json!(at)),
            "{with}: {refused}"
        );
    }
    let refused = push(&tidemark, json!(vec![good; 1_001])).await["error"].clone();
    assert_eq!(
        (&refused["code"], &refused["path"]),
        (&json!("TOO_MANY_ITEMS"), &json!("input.figures"))
    );
    let all = json!({"from": "2020-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z"});
    assert_eq!(
        stats(tidemark.client(), all).await,
        Vec::<Value>::new(),
        "all of it or nothing"
    );
    let backwards = json!({"from": "2026-01-02T00:00:00Z", "to": "2026-01-02T00:00:00Z"});
    let refused = tidemark.client().graphql(STATS, backwards).await;
    assert_eq!(refused.error_code(), "INVALID_RANGE");
    let refused = tidemark
        .client()
        .graphql(TRACK, json!({"urls": [PAGE, "mailto:a@example.com"]}))
        .await;
    let error = &refused.data()["trackUrls"]["error"];
    assert_eq!(
        (&error["code"], &error["path"]),
        (&json!("INVALID_ARGUMENT"), &json!("input.urls[1]"))
    );
}

async fn pages_are_listed_and_bounded(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let mut all: Vec<String> = (0..10_000).map(|page| format!("https://example.com/{page}")).collect();
    for urls in all.chunks(1_000) {
        let answer = client.graphql(TRACK, json!({"urls": urls})).await;
        assert_eq!(answer.data()["trackUrls"]["changed"], 1_000, "{}", answer.text);
    }
    let refused = client.graphql(TRACK, json!({"urls": [PAGE]})).await;
    assert_eq!(
        refused.data()["trackUrls"]["error"]["code"],
        "TOO_MANY_URLS",
        "{}",
        refused.text
    );
    all.sort();
    let (mut listed, mut after) = (Vec::new(), Value::Null);
    loop {
        let answer = client.graphql(TRACKED, json!({"first": 900, "after": after})).await;
        let page = &answer.data()["trackedUrls"];
        assert_eq!(page["totalCount"], 10_000);
        let edges = page["edges"].as_array().expect("a list");
        listed.extend(
            edges
                .iter()
                .map(|edge| edge["node"]["url"].as_str().expect("text").to_owned()),
        );
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(listed, all);
}

async fn a_site_hears_of_its_own_pages_alone(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    let one = json!([{"url": PAGE, "network": "twitter", "shares": 3}]);
    assert_eq!(push(&tidemark, one.clone()).await["taken"], 1);
    let _ = tidemark.client().graphql(TRACK, json!({"urls": [PAGE]})).await.data();
    let all = json!({"from": "2020-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z"});
    assert_eq!(stats(&other, all.clone()).await, Vec::<Value>::new());
    let tracked = other.graphql(TRACKED, json!({})).await;
    assert_eq!(tracked.data()["trackedUrls"]["totalCount"], 0);
    let (mut theirs, mut push_there) = (all.clone(), json!({"figures": one}));
    theirs["site"] = json!(tidemark.site());
    push_there["site"] = json!(tidemark.site());
    assert_eq!(other.graphql(STATS, theirs).await.error_code(), "UNKNOWN_SITE");
    assert_eq!(
        other.graphql(PUSH, push_there.clone()).await.error_code(),
        "UNKNOWN_SITE"
    );
    // A key that whoever reads the page has may log, and push nothing.
    let public = tidemark
        .key(&["--allow", "log", "--origin", "https://shop.example.com"])
        .await;
    let public = support::Client::new(tidemark.server().address(), &public);
    let request = public
        .request(Method::POST, "/graphql")
        .header("Origin", "https://shop.example.com");
    let refused = public
        .send(request.json(&json!({"query": PUSH, "variables": push_there})))
        .await;
    assert_eq!(refused.error_code(), "FORBIDDEN", "{}", refused.text);
    assert_eq!(
        stats(tidemark.client(), all).await[0]["total"],
        figures(Some(3), None, None)
    );
}

async fn old_figures_go_as_retention_says(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--retention-interval", "200ms")
        .start()
        .await;
    let client = tidemark.client();
    let at = |days: i64, shares: i64| json!({"url": PAGE, "network": "twitter", "shares": shares, "time": ago(days)});
    let pushed = push(&tidemark, json!([at(40, 1), at(30, 2), at(20, 4), at(2, 8)])).await;
    assert_eq!(pushed["taken"], 4, "{pushed}");
    let keep = "mutation { updateSite(input: {rawRetentionDays: 5, rollupRetentionDays: 10}) { name } }";
    let answer = client.graphql(keep, json!({})).await;
    assert_eq!(answer.data()["updateSite"]["name"], tidemark.site());
    let long_ago = json!({"from": ago(60), "to": ago(25)});
    wait_until("what is old has gone", async || {
        stats(client, long_ago.clone()).await.is_empty()
    })
    .await;
    let lately = stats(client, json!({"from": ago(9), "to": ago(1)})).await;
    assert_eq!(
        lately[0]["change"],
        figures(Some(4), None, None),
        "the last before is still what is counted from"
    );
}
