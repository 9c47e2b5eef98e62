//! How networks are asked: one question at a time, with a pause between, not before they said, and each with its token.

use std::time::Duration;

use serde_json::json;
use support::{
    Engine, Tidemark,
    folder::TemporaryFolder,
    stand_in::{Says, StandIn},
};

use super::{
    TRACK,
    network::{path, setting, tell},
    now, polls, wait_until,
};

support::on_both_engines!(
    between_two_questions_is_a_pause,
    a_date_says_when_to_come_back,
    each_network_is_shown_its_own_token,
);

async fn between_two_questions_is_a_pause(engine: Engine) {
    let networks = StandIn::start().await;
    tell(&networks, 0);
    let tidemark = Tidemark::builder(engine)
        .flag("--external-networks", &setting(&networks, &["reddit"]))
        .flag("--external-pause", "300ms")
        .start()
        .await;
    let urls: Vec<_> = (0..5).map(|page| format!("https://example.com/{page}")).collect();
    let _ = tidemark.client().graphql(TRACK, json!({"urls": urls})).await.data();
    let asked = || networks.asked(&path("reddit"));
    wait_until("all are asked", async || asked().len() >= 5).await;
    let asked = asked();
    // Whoever asks waits for the answer, and then as long as the pause, however busy the machine is.
    for pair in asked.windows(2) {
        let gap = pair[1].at - pair[0].at;
        assert!(gap >= Duration::from_millis(290), "{gap:?}");
    }
    let mut pages: Vec<_> = asked.iter().map(|one| one.parameters["url"].clone()).collect();
    pages.sort();
    assert_eq!(pages, urls, "each once");
}

async fn a_date_says_when_to_come_back(engine: Engine) {
    let networks = StandIn::start().await;
    let time: jiff::Timestamp = now().parse().expect("a time");
    let then = time + jiff::SignedDuration::from_hours(2);
    let date = then.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    networks.say(
        &path("bluesky"),
        Says::body("later").with_status(429).with("Retry-After", &date),
    );
    let tidemark = Tidemark::builder(engine)
        .flag("--external-networks", &setting(&networks, &["bluesky"]))
        .flag("--external-interval", "1s")
        .flag("--external-pause", "1ms")
        .start()
        .await;
    let urls = ["https://example.com/first", "https://example.com/second"];
    let _ = tidemark.client().graphql(TRACK, json!({"urls": urls})).await.data();
    wait_until("it has answered", async || {
        polls(&tidemark)
            .await
            .first()
            .is_some_and(|poll| poll["fault"].is_string())
    })
    .await;
    let poll = polls(&tidemark).await.remove(0);
    let next: jiff::Timestamp = poll["nextAt"].as_str().expect("text").parse().expect("a time");
    // A date has no parts of a second.
    let early = then.duration_since(next).as_secs();
    assert!((-120..=1).contains(&early), "{next} is not {date}");
    assert_eq!(
        networks.asked(&path("bluesky")).len(),
        1,
        "not about the other page either"
    );
}

async fn each_network_is_shown_its_own_token(engine: Engine) {
    let networks = StandIn::start().await;
    tell(&networks, 0);
    let folder = TemporaryFolder::new();
    let file = folder.path().join("tokens");
    std::fs::write(&file, "reddit=of reddit\nbluesky = of-bluesky\nhackernews=hn\n").expect("it can be written");
    let names = ["bluesky", "hackernews", "pinterest", "reddit"];
    let tidemark = Tidemark::builder(engine)
        .flag("--external-networks", &setting(&networks, &names))
        .flag("--external-tokens-file", file.to_str().expect("text"))
        .flag("--external-pause", "1ms")
        .start()
        .await;
    let urls = ["https://example.com/first"];
    let _ = tidemark.client().graphql(TRACK, json!({"urls": urls})).await.data();
    for (name, token) in [
        ("bluesky", Some("Bearer of-bluesky")),
        ("hackernews", Some("Bearer hn")),
        ("pinterest", None),
        ("reddit", Some("Bearer of reddit")),
    ] {
        wait_until(name, async || !networks.asked(&path(name)).is_empty()).await;
        let asked = networks.asked(&path(name)).remove(0);
        assert_eq!(asked.authorization.as_deref(), token, "{name}");
        assert!(
            asked
                .parameters
                .values()
                .all(|value| !value.contains("of-") && !value.contains("of ")),
            "{name}: {:?}",
            asked.parameters
        );
    }
    let log = tidemark.server().log();
    assert!(!log.contains("of-bluesky") && !log.contains("of reddit"), "{log}");
}
