//! How random questions begin: with random events, as they are answered.

use reqwest::Method;
use serde_json::Value;
use support::{Engine, Tidemark, random::Random, setting};

use super::{ask, items, list};

/// Events of one run.
const EVENTS: usize = 80;

/// A site with random events, and the chance by which it goes on.
pub(super) struct Hunt {
    /// The server.
    pub(super) tidemark: Tidemark,
    /// What the chance follows from.
    pub(super) seed: u64,
    /// The chance.
    pub(super) random: Random,
    /// The events, as `TrackEvents` lists them.
    pub(super) events: Vec<Value>,
}

/// Begins with events that are made so.
pub(super) async fn begin(engine: Engine, any_event: fn(&mut Random) -> Value) -> Hunt {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--max-event-age", "none")
        .start()
        .await;
    let client = tidemark.client();
    // Each engine is asked others, so that both together try as many as there are.
    let seed = setting::seed().unwrap_or(match engine {
        Engine::Sqlite => 1,
        Engine::Postgres => 2,
    });
    let mut random = Random::new(seed);
    let sent: Value = (0..EVENTS).map(|_| any_event(&mut random)).collect();
    let answer = ask(client, Method::POST, "/api/v1.0/TrackBulk", Some(&sent)).await;
    assert!(
        items(&answer).iter().all(|item| item["TrackId"] != ""),
        "{}",
        answer.text
    );
    let all = list(client, &[("$top", "1000")]).await;
    let events = items(&all).clone();
    assert_eq!(events.len(), EVENTS);
    Hunt {
        tidemark,
        seed,
        random,
        events,
    }
}
