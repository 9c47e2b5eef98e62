//! Floods of every kind at once: nobody gets in, the server stays, and others are served.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use reqwest::Method;
use serde_json::json;
use support::{
    Client, Engine, Tidemark,
    person::{PASSWORD, sign_in, sign_in_from},
};

use crate::rate::Pace;

support::on_both_engines!(floods_let_nobody_in_and_slow_nobody_down);

/// Somebody whose account is guessed at.
const ADA: &str = "ada@example.com";

/// A few bytes that come to many.
fn bomb() -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..64 {
        packed.write_all(&[b' '; 1 << 20]).expect("memory");
    }
    packed.finish().expect("memory")
}

/// Sends one request of a kind, and says whether it was refused.
async fn attack(anonymous: &Client, kind: usize, round: usize, bomb: &[u8]) -> bool {
    let aliases = || {
        (0..90)
            .map(|n| format!("a{n}: viewer {{ kind permissions }} "))
            .collect::<String>()
    };
    let fragments = || {
        (0..30)
            .map(|n| format!("fragment f{n} on Query {{ ...f{0} ...f{0} }} ", n + 1))
            .collect::<String>()
    };
    let answer = match kind {
        0 => anonymous.graphql(&format!("{{ {} }}", aliases()), json!({})).await,
        1 => {
            let text = format!("{{ ...f0 }} {} fragment f30 on Query {{ __typename }}", fragments());
            anonymous.graphql(&text, json!({})).await
        }
        2 => {
            anonymous
                .graphql(
                    &format!("{{ viewer {{ kind {} }} }}", "@skip(if: false) ".repeat(500)),
                    json!({}),
                )
                .await
        }
        3 => {
            let batch = vec![json!({"query": "{ viewer { kind } }"}); 500];
            anonymous
                .send(anonymous.request(Method::POST, "/graphql").json(&batch))
                .await
        }
        4 => {
            let request = anonymous
                .request(Method::POST, "/graphql")
                .header("content-type", "application/json");
            anonymous
                .send(request.header("content-encoding", "gzip").body(bomb.to_vec()))
                .await
        }
        5 => {
            let call = |n: usize| json!({"jsonrpc": "2.0", "id": n, "method": "action.log", "params": {"key": format!("tm_{n:012}_x"), "action": "a"}});
            let calls: Vec<_> = (0..50).map(call).collect();
            let answer = anonymous
                .send(anonymous.request(Method::POST, "/rest").json(&calls))
                .await;
            // Each call is refused for itself.
            assert!(!answer.text.contains("result"), "{}", answer.text);
            return true;
        }
        6 => {
            let path = ["/v1/batch", "/v1/actions/batch", "/rest/action.log"][round % 3];
            let request = anonymous
                .request(Method::POST, path)
                .basic_auth("tm_000000000000", Some(""));
            let request = request
                .header("x-moesif-application-id", "tm_000000000000")
                .header("content-type", "application/json")
                .header("content-encoding", "gzip");
            anonymous.send(request.body(bomb.to_vec())).await
        }
        7 => {
            let body = json!({"email": ADA, "password": format!("wrong horse battery {round}")});
            anonymous
                .send(anonymous.request(Method::POST, "/session/sign-in").json(&body))
                .await
        }
        _ => {
            let guess = format!("tm_{round:010}_{}", "b".repeat(43));
            let request = anonymous.request(Method::POST, "/graphql").header("x-api-key", guess);
            anonymous
                .send(request.json(&json!({"query": "{ actions(site: \"shop\") { name } }"})))
                .await
        }
    };
    assert!(answer.status < 500 || answer.status == 503, "{kind}: {}", answer.text);
    assert!(
        !answer.text.contains("accessToken") && !answer.text.contains("INTERNAL"),
        "{kind}: {}",
        answer.text
    );
    answer.status >= 400 || !answer.body["errors"].is_null()
}

/// Somebody is let in from where she is, though from elsewhere no guess at her account is looked at any more.
async fn assert_owner_gets_in(tidemark: &Tidemark) {
    let address = tidemark.server().address();
    let mut statuses = Vec::new();
    while statuses.len() < 20 && !statuses.contains(&429) {
        statuses.push(sign_in(address, ADA, "wrong horse battery", None).await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    let answer = sign_in_from(address, "203.0.113.9", ADA, PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// How long it takes somebody who has a key to log an event, thirty times.
async fn pace(quiet: &Client) -> Pace {
    let mut waits = Vec::new();
    for _ in 0..30 {
        let begin = Instant::now();
        assert_eq!(quiet.log(json!({"action": "quiet"})).await["outcome"], "ACCEPTED");
        waits.push(begin.elapsed());
    }
    Pace::of(waits)
}

async fn floods_let_nobody_in_and_slow_nobody_down(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--rate-anonymous-units", "60")
        .flag("--trusted-proxies", "127.0.0.0/8")
        .start()
        .await;
    tidemark.account(ADA, &[]).await;
    let anonymous = Client::anonymous(tidemark.server().address());
    // Once for what is slow at first.
    let _ = pace(tidemark.client()).await;
    let alone = pace(tidemark.client()).await;
    let (over, bomb) = (Arc::new(AtomicBool::new(false)), Arc::new(bomb()));
    let mut floods = tokio::task::JoinSet::new();
    for kind in 0..9 {
        let (client, over, bomb) = (anonymous.clone(), over.clone(), bomb.clone());
        floods.spawn(async move {
            let (mut sent, mut refused) = (0, 0);
            while !over.load(Ordering::SeqCst) {
                refused += usize::from(attack(&client, kind, sent, &bomb).await);
                sent += 1;
            }
            (kind, sent, refused)
        });
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let beside = pace(tidemark.client()).await;
    assert_owner_gets_in(&tidemark).await;
    over.store(true, Ordering::SeqCst);
    while let Some(flood) = floods.join_next().await {
        let (kind, sent, refused) = flood.expect("no panic");
        // Sixty of what is right pass, and as many as come back.
        let passes = if kind == 0 { 75 } else { 0 };
        assert!(sent > 0 && refused + passes >= sent, "{kind}: {refused} of {sent}");
    }
    // A debug build unpacks bombs on the same two processors.
    beside.assert_near(&alone, Duration::from_millis(400));
    let answer = tidemark.client().graphql("{ viewer { kind } }", json!({})).await;
    assert_eq!(answer.data()["viewer"]["kind"], "KEY");
}
