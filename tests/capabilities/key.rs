//! API keys: what they look like, what they open, and when they stop.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use support::{Client, Engine, Tidemark};

mod change;
mod origin;
mod secret;

support::on_both_engines!(
    a_key_is_printed_once_and_kept_hashed,
    a_revoked_key_stops_within_a_second,
    a_key_is_sent_in_either_header,
    wrong_settings_of_keys_are_told,
);

/// A change has to hold on every running server within this.
const EFFECTIVE: Duration = Duration::from_secs(1);

/// The rows of `key list`, columns apart.
async fn list(tidemark: &Tidemark) -> Vec<Vec<String>> {
    let printed = tidemark.command(&["key", "list"]).await.success();
    printed
        .lines()
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}

/// What the database keeps of keys: its files, or the rows of PostgreSQL's table.
fn stored_bytes(tidemark: &Tidemark) -> Vec<u8> {
    match tidemark.database().url() {
        Some(url) => {
            let statement = "SELECT json_agg(api_key)::text FROM api_key";
            support::postgres::execute(url, statement)
                .expect("the keys can be read")
                .into_bytes()
        }
        None => {
            let files = std::fs::read_dir(tidemark.database().folder().path()).expect("the data folder");
            files
                .flat_map(|file| std::fs::read(file.expect("a file").path()).unwrap_or_default())
                .collect()
        }
    }
}

async fn a_key_is_printed_once_and_kept_hashed(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let flags = [
        "--site",
        tidemark.site(),
        "--allow",
        "query,log",
        "--name",
        "the backend's",
        "--rate",
        "100/s",
    ];
    let key = tidemark.key(&flags).await;
    let safe = key
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_');
    assert!(key.len() >= 50 && safe, "{key}");
    let another = tidemark.key(&flags).await;
    assert_ne!(key, another);

    let keys = list(&tidemark).await;
    assert_eq!(keys.len(), 3, "{keys:?}");
    let row = keys
        .iter()
        .find(|row| key.contains(row[0].as_str()))
        .expect("it is listed by its prefix");
    assert_eq!(
        row[1..],
        [
            tidemark.site(),
            "log,query",
            "100/s",
            "valid",
            "the backend's",
            "-",
            "never used"
        ]
    );
    assert!(row[0].len() < key.len() / 2, "a prefix is not the key");
    let stored = stored_bytes(&tidemark);
    let holds = |text: &str| stored.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds(&row[0]), "the prefix is stored");
    assert!(!holds(&key) && !holds(&key[row[0].len()..]), "the key itself is not");
    assert!(!tidemark.server().log().contains(&key));
}

async fn a_revoked_key_stops_within_a_second(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let key = tidemark.key(&["--site", tidemark.site(), "--allow", "log,query"]).await;
    let client = Client::new(tidemark.server().address(), &key);
    assert_eq!(client.log(json!({"action": "a"})).await["outcome"], "ACCEPTED");
    let keys = list(&tidemark).await;
    let row = keys
        .iter()
        .find(|row| key.contains(row[0].as_str()))
        .expect("it is listed");
    let _ = tidemark.command(&["key", "revoke", &row[0]]).await.success();
    let begin = Instant::now();
    let viewer = "{ viewer { kind } }";
    let refused = loop {
        let answer = client.graphql(viewer, json!({})).await;
        if answer.status != 200 {
            break answer;
        }
        assert!(begin.elapsed() < EFFECTIVE, "the key still opens");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!((refused.status, refused.error_code()), (401, "UNAUTHENTICATED"));
    let keys = list(&tidemark).await;
    assert!(
        keys.iter().any(|listed| listed[0] == row[0] && listed[4] == "revoked"),
        "{keys:?}"
    );
    assert_eq!(
        tidemark.client().graphql(viewer, json!({})).await.data()["viewer"]["kind"],
        "KEY"
    );
    let _ = tidemark
        .command(&["key", "revoke", "nothing-like-that"])
        .await
        .failure();
}

async fn a_key_is_sent_in_either_header(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let key = tidemark.key(&["--site", tidemark.site(), "--allow", "log"]).await;
    let anonymous = Client::anonymous(tidemark.server().address());
    let body = json!({"query": "mutation { logEvent(input: {action: \"a\"}) { outcome } }"});
    let send = async |name: &str, value: &str| {
        let request = anonymous
            .request(Method::POST, "/graphql")
            .header(name, value)
            .json(&body);
        anonymous.send(request).await
    };
    for (name, value) in [("authorization", format!("Bearer {key}")), ("x-api-key", key.clone())] {
        assert_eq!(
            send(name, &value).await.data()["logEvent"]["outcome"],
            "ACCEPTED",
            "{name}"
        );
    }
    let changed = format!(
        "{}{}",
        &key[..key.len() - 1],
        if key.ends_with('A') { 'B' } else { 'A' }
    );
    for wrong in [
        changed,
        key[..key.len() - 1].to_owned(),
        format!("{key}x"),
        key.to_uppercase(),
        String::new(),
    ] {
        let bearer = format!("Bearer {wrong}");
        for (name, value) in [("authorization", bearer.as_str()), ("x-api-key", wrong.as_str())] {
            let answer = send(name, value).await;
            assert_eq!(
                (answer.status, answer.error_code()),
                (401, "UNAUTHENTICATED"),
                "{name}: {value}"
            );
        }
    }
    let answer = anonymous
        .graphql("{ viewer { kind permissions site { name } } }", json!({}))
        .await;
    let nobody: Value = json!({"kind": "ANONYMOUS", "permissions": [], "site": null});
    assert_eq!(answer.data()["viewer"], nobody);
}

async fn wrong_settings_of_keys_are_told(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let long = "ü".repeat(201);
    for (flags, word) in [
        (vec!["--site", "nowhere", "--allow", "log"], "nowhere"),
        (vec!["--site", tidemark.site(), "--allow", "log,fly"], "fly"),
        (vec!["--site", tidemark.site(), "--allow", ""], "permission"),
        (vec!["--site", tidemark.site()], "--allow"),
        (
            vec!["--site", tidemark.site(), "--allow", "log", "--rate", "fast"],
            "100/s",
        ),
        (
            vec!["--site", tidemark.site(), "--allow", "log", "--rate", "0/s"],
            "100/s",
        ),
        (
            vec!["--site", tidemark.site(), "--allow", "log", "--rate", "1000000001/s"],
            "1 to 1000000000",
        ),
        (
            vec!["--site", tidemark.site(), "--allow", "log", "--name", "two\nlines"],
            "printable",
        ),
        (
            vec!["--site", tidemark.site(), "--allow", "log", "--name", &long],
            "200 characters",
        ),
    ] {
        let finished = tidemark.command(&[&["key", "create"], flags.as_slice()].concat()).await;
        assert!(finished.failure().contains(word), "{finished}");
        assert_eq!(finished.stdout(), "", "no key");
    }
    assert_eq!(list(&tidemark).await.len(), 1);
}
