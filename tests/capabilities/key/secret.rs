//! Secrets: shown once, kept as a hash or sealed, and not to be guessed.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Client, Engine, Tidemark};

use super::{change, stored_bytes};

support::on_both_engines!(
    a_signing_secret_is_shown_once_and_kept_sealed,
    a_key_is_not_to_be_guessed
);

async fn a_signing_secret_is_shown_once_and_kept_sealed(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let input = json!({"permissions": ["LOG"], "signingSecret": true});
    let made = tidemark.client().graphql(change::CREATE, json!({"input": input})).await;
    let made = &made.data()["createKey"];
    assert_eq!(made["key"]["hasSigningSecret"], true, "{made:#}");
    let first = made["signingSecret"].as_str().expect("a secret").to_owned();
    assert!(first.len() >= 40 && first != made["secret"].as_str().expect("a key"));
    // It opens nothing.
    let answer = Client::new(tidemark.server().address(), &first)
        .graphql("{ viewer { kind } }", json!({}))
        .await;
    assert_eq!(answer.status, 401);

    let update = async |secret: Value| {
        let input = json!({"key": made["key"]["id"], "signingSecret": secret, "name": "signs"});
        let changed = tidemark.client().graphql(change::UPDATE, json!({"input": input})).await;
        changed.data()["updateKey"].clone()
    };
    let kept = update(Value::Null).await;
    assert_eq!(
        (&kept["key"]["hasSigningSecret"], &kept["signingSecret"]),
        (&json!(true), &Value::Null)
    );
    let renewed = update(json!(true)).await;
    let second = renewed["signingSecret"].as_str().expect("a new secret").to_owned();
    assert_ne!(first, second);
    let id = made["key"]["id"].as_str().expect("an id");
    let printed = tidemark
        .command(&["key", "update", id, "--signing-secret", "new"])
        .await
        .success();
    let third = printed.trim_end().to_owned();
    assert_eq!(third.len(), second.len(), "the secret alone: {printed}");

    let kept = stored_bytes(&tidemark);
    let log = tidemark.server().log();
    let audit = tidemark.command(&["export", "audit"]).await.success();
    for secret in [
        &first,
        &second,
        &third,
        &made["secret"].as_str().expect("a key").to_owned(),
    ] {
        assert!(
            !kept.windows(secret.len()).any(|part| part == secret.as_bytes()),
            "in the clear"
        );
        assert!(!log.contains(secret) && !audit.contains(secret));
    }
    let gone = update(json!(false)).await;
    assert_eq!(
        (&gone["key"]["hasSigningSecret"], &gone["signingSecret"]),
        (&json!(false), &Value::Null)
    );
}

/// Every letter may be tried one after the other, if the time that a refusal takes told how many are right.
async fn a_key_is_not_to_be_guessed(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let key = tidemark.key(&["--site", tidemark.site(), "--allow", "log"]).await;
    let wrong = |right: usize| {
        let rest: String = key[right..]
            .chars()
            .map(|letter| match letter {
                '_' => '_',
                'x' => 'y',
                _ => 'x',
            })
            .collect();
        format!("{}{rest}", &key[..right])
    };
    // Nothing of the key right but its mark, its prefix, and all but its last letter.
    let guesses = [wrong(3), wrong(15), wrong(key.len() - 1)].map(|key| Client::new(tidemark.server().address(), &key));
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..120 {
        for (client, times) in guesses.iter().zip(&mut times) {
            let begin = Instant::now();
            let answer = client.graphql("{ viewer { kind } }", json!({})).await;
            times.push(begin.elapsed());
            assert_eq!((answer.status, answer.error_code()), (401, "UNAUTHENTICATED"));
        }
    }
    let mut medians = times.map(|mut times| {
        times.sort();
        times[times.len() / 2]
    });
    medians.sort();
    // Comparing letter by letter would differ by nanoseconds, which no network shows; a look-up or a slow hash that only
    // some guesses reach would differ by more than this.
    let difference = medians[2] - medians[0];
    assert!(difference < Duration::from_millis(2), "{medians:?}");
    let one = Client::new(tidemark.server().address(), &wrong(15));
    let other = Client::new(tidemark.server().address(), &wrong(3));
    let told = [&one, &other].map(|client| async { client.graphql("{ viewer { kind } }", json!({})).await });
    let [one, other] = told;
    let (one, other) = (one.await, other.await);
    assert_eq!(
        one.error()["message"],
        other.error()["message"],
        "the same words, whatever is wrong"
    );
}
