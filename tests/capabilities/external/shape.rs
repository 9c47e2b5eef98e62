//! Networks answer in more than one shape; and nobody is asked whom the settings do not name.

use std::time::Duration;

use serde_json::{Value, json};
use support::{
    Engine, Tidemark,
    stand_in::{Says, StandIn},
};

use super::{
    PAGE, TRACK, figures,
    network::{path, setting},
    polls, stats, wait_until,
};

support::on_both_engines!(each_form_of_an_answer_is_read, nobody_is_asked_unless_named);

const ALL: [&str; 2] = ["2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z"];

async fn each_form_of_an_answer_is_read(engine: Engine) {
    let networks = StandIn::start().await;
    let link = "/mastodon/api/v1/timelines/link";
    let status =
        |favourites| json!({"id": "1", "reblogs_count": 3, "favourites_count": favourites, "replies_count": 5});
    networks.say(link, Says::body(json!([status(4), status(1)])));
    let post = |likes| json!({"uri": "at://did:plc:x/app.bsky.feed.post/y", "likeCount": likes, "repostCount": 2, "quoteCount": 1, "replyCount": 6});
    // It counts more posts than it lists.
    let posts = json!({"cursor": "2", "hitsTotal": 40, "posts": [post(10), post(5)]});
    networks.say(&path("bluesky"), Says::body(posts));
    let tidemark = Tidemark::builder(engine)
        .flag("--external-networks", &setting(&networks, &["bluesky", "mastodon"]))
        .flag("--external-pause", "1ms")
        .start()
        .await;
    let client = tidemark.client();
    let _ = client.graphql(TRACK, json!({"urls": [PAGE]})).await.data();
    wait_until("both have answered", async || {
        let polls = polls(&tidemark).await;
        polls.len() == 2 && polls.iter().all(|poll| poll["lastAt"].is_string())
    })
    .await;
    let asked = networks.asked(link).remove(0);
    assert_eq!(
        (asked.parameters["url"].as_str(), asked.parameters["limit"].as_str()),
        (PAGE, "40")
    );
    assert_eq!(asked.authorization, None);
    assert!(
        networks.asked(&path("mastodon")).is_empty(),
        "nobody may search without a token"
    );
    let rows = stats(client, json!({"from": ALL[0], "to": ALL[1]})).await;
    let told: Vec<_> = rows.iter().map(|row| (&row["network"], &row["total"])).collect();
    assert_eq!(
        told,
        [
            (&json!("bluesky"), &figures(Some(46), Some(15), Some(12))),
            (&json!("mastodon"), &figures(Some(8), Some(5), Some(10))),
        ]
    );
}

async fn nobody_is_asked_unless_named(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--external-interval", "1s")
        .flag("--external-pause", "1ms")
        .flag("--external-timeout", "500ms")
        .start()
        .await;
    let client = tidemark.client();
    let answer = client.graphql(TRACK, json!({"urls": [PAGE]})).await;
    assert_eq!(answer.data()["trackUrls"]["changed"], 1, "{}", answer.text);
    // It would look for something to ask once a second, and note whom it is about to ask before it does.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(polls(&tidemark).await, Vec::<Value>::new());
    assert_eq!(
        stats(client, json!({"from": ALL[0], "to": ALL[1]})).await,
        Vec::<Value>::new()
    );
    let log = tidemark.server().log();
    assert!(!log.contains("a network says nothing"), "{log}");
}
