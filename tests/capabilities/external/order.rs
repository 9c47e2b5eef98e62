//! Figures count for their moments, in whatever order they come and whatever they leave out.

use serde_json::{Value, json};
use support::{
    Client, Engine, Tidemark,
    stand_in::{Says, StandIn},
};

use super::{
    PAGE, PUSH, TRACK, ago, figures,
    network::{path, setting, tell},
    polls, stats, wait_until,
};

support::on_both_engines!(
    the_order_of_pushing_does_not_matter,
    what_is_pushed_late_goes_between_what_was_asked,
    the_last_to_tell_a_figure_outlives_retention,
);

fn day(day: usize) -> String {
    format!("2026-03-{day:02}T00:00:00Z")
}

/// Pushes figures of one moment, in a request of their own.
async fn push(client: &Client, url: &str, time: &str, figures: &Value) {
    let mut one = json!({"url": url, "network": "reddit", "time": time});
    let fields = figures.as_object().expect("an object").clone();
    one.as_object_mut().expect("an object").extend(fields);
    let answer = client.graphql(PUSH, json!({"figures": [one]})).await;
    assert_eq!(answer.data()["pushExternalStats"]["taken"], 1, "{}", answer.text);
}

/// Every order of so many things.
fn orders(number: usize) -> Vec<Vec<usize>> {
    let Some(last) = number.checked_sub(1) else {
        return vec![Vec::new()];
    };
    let insert = |order: Vec<usize>| {
        (0..=order.len()).map(move |at| {
            let mut order = order.clone();
            order.insert(at, last);
            order
        })
    };
    orders(last).into_iter().flat_map(insert).collect()
}

async fn the_order_of_pushing_does_not_matter(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    // The fifth day says of shares what the first does, and the others leave something out.
    let told = [
        (1, json!({"shares": 10, "likes": 2})),
        (3, json!({"shares": 20})),
        (5, json!({"shares": 10, "comments": 4})),
        (7, json!({"likes": 5})),
    ];
    let orders = orders(told.len());
    for (number, order) in orders.iter().enumerate() {
        for index in order {
            let (on, figures) = &told[*index];
            push(client, &format!("https://example.com/{number}"), &day(*on), figures).await;
        }
    }
    for (from, to, change, total, since, told) in [
        (
            4,
            6,
            figures(Some(-10), Some(0), Some(0)),
            figures(Some(10), Some(2), Some(4)),
            4,
            5,
        ),
        (
            2,
            4,
            figures(Some(10), Some(0), None),
            figures(Some(20), Some(2), None),
            2,
            3,
        ),
        (
            6,
            8,
            figures(Some(0), Some(3), Some(0)),
            figures(Some(10), Some(5), Some(4)),
            6,
            7,
        ),
        (
            8,
            9,
            figures(Some(0), Some(0), Some(0)),
            figures(Some(10), Some(5), Some(4)),
            8,
            7,
        ),
        // What is not known at the begin is counted from the first time that it was told.
        (
            1,
            8,
            figures(Some(0), Some(3), Some(0)),
            figures(Some(10), Some(5), Some(4)),
            1,
            7,
        ),
    ] {
        let rows = stats(client, json!({"from": day(from), "to": day(to)})).await;
        assert_eq!(rows.len(), orders.len(), "{from}–{to}");
        for row in rows {
            assert_eq!(
                (&row["change"], &row["total"]),
                (&change, &total),
                "{from}–{to}: {row:#}"
            );
            assert_eq!(
                (&row["since"], &row["asOf"]),
                (&json!(day(since)), &json!(day(told))),
                "{from}–{to}: {row:#}"
            );
        }
    }
    // What is said of the same moment later is added to it, or takes its place.
    let url = "https://example.com/0";
    push(client, url, &day(3), &json!({"likes": 3})).await;
    push(client, url, &day(5), &json!({"shares": 11})).await;
    let all = stats(client, json!({"from": day(2), "to": day(6), "urls": [url]})).await;
    assert_eq!(all[0]["total"], figures(Some(11), Some(3), Some(4)), "{all:#?}");
    assert_eq!(all[0]["change"], figures(Some(1), Some(1), Some(0)), "{all:#?}");
}

async fn what_is_pushed_late_goes_between_what_was_asked(engine: Engine) {
    let networks = StandIn::start().await;
    tell(&networks, 0);
    let tidemark = Tidemark::builder(engine)
        .flag("--external-networks", &setting(&networks, &["reddit"]))
        .flag("--external-interval", "1s")
        .flag("--external-pause", "1ms")
        .start()
        .await;
    let client = tidemark.client();
    let _ = client.graphql(TRACK, json!({"urls": [PAGE]})).await.data();
    let answered = async || {
        polls(&tidemark)
            .await
            .first()
            .is_some_and(|poll| poll["lastAt"].is_string())
    };
    wait_until("it has answered", answered).await;
    let whole = || stats(client, json!({"from": day(4), "to": "2100-01-01T00:00:00Z"}));
    let first = whole().await.remove(0);
    assert_eq!(first["total"], figures(Some(2), Some(50), Some(14)), "{first:#}");
    // Who goes on saying the same is asked again, and fills nothing.
    let asked = networks.asked(&path("reddit")).len();
    wait_until("it was asked again and again", async || {
        networks.asked(&path("reddit")).len() >= asked + 3
    })
    .await;
    assert_eq!(whole().await, std::slice::from_ref(&first));
    // What was so long before is told now.
    push(client, PAGE, &day(3), &json!({"shares": 7})).await;
    let early = stats(client, json!({"from": day(1), "to": day(5)})).await;
    assert_eq!(early[0]["total"], figures(Some(7), None, None), "{early:#?}");
    let late = whole().await.remove(0);
    assert_eq!(
        (&late["total"], &late["change"]),
        (&first["total"], &figures(Some(-5), Some(0), Some(0))),
        "{late:#}"
    );
    assert_eq!(late["since"], day(4));
    // And what is new is kept.
    networks.say(
        &path("reddit"),
        Says::body(json!({"kind": "Listing", "data": {"children": []}})),
    );
    wait_until("it has said something else", async || {
        whole().await[0]["total"] == figures(Some(0), Some(0), Some(0))
    })
    .await;
}

async fn the_last_to_tell_a_figure_outlives_retention(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--retention-interval", "200ms")
        .start()
        .await;
    let client = tidemark.client();
    for (days, said) in [
        (40, json!({"shares": 1, "likes": 9})),
        (30, json!({"shares": 2})),
        (20, json!({"shares": 4})),
        (2, json!({"shares": 8})),
    ] {
        push(client, PAGE, &ago(days), &said).await;
    }
    let keep = "mutation { updateSite(input: {rawRetentionDays: 5, rollupRetentionDays: 10}) { name } }";
    let answer = client.graphql(keep, json!({})).await;
    assert_eq!(answer.data()["updateSite"]["name"], tidemark.site());
    let long_ago = json!({"from": ago(60), "to": ago(25)});
    wait_until("what was told again since has gone", async || {
        stats(client, long_ago.clone()).await[0]["total"]["shares"] == 1
    })
    .await;
    let lately = stats(client, json!({"from": ago(9), "to": ago(1)})).await;
    assert_eq!(
        (&lately[0]["total"], &lately[0]["change"]),
        (&figures(Some(8), Some(9), None), &figures(Some(4), Some(0), None)),
        "{lately:#?}"
    );
}
