//! Whatever is sent to a door is answered: by what its wire format has for it, and never by a failure of ours. Each door is
//! sent its own words, garbled, for half a minute; for longer by `TIDEMARK_TEST_FUZZ_SECONDS`, and from another beginning
//! by `TIDEMARK_TEST_SEED`.
//!
//! A run by hand, of ten minutes, of one door; it says how many requests were sent:
//!
//! ```sh
//! TIDEMARK_TEST_FUZZ_SECONDS=600 cargo test --locked -p tidemark-tests --test capabilities -- --nocapture --exact fuzz::coveo
//! ```
//!
//! The last of them, with what is built for tests, of seven doors:
//!
//! | day | doors | seconds each | requests each | panics |
//! |---|---|---|---|---|
//! | 2026-11-21 | `synerise`, `profilestore`, `languages`, `script`, `moesif`, `clickst`, `coveo` | 600 | 39,324 to 61,011 | none |

use std::{
    io::Write,
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use futures_util::future::join_all;
use proptest::test_runner::{RngAlgorithm, TestRng};
use reqwest::{Method, header};
use serde_json::Value;
use support::{Client, Engine, Tidemark, setting};

use corpus::{Door, KEY, NAMES};
use garble::Garbler;

use crate::clickst::Signer;

mod corpus;
mod garble;

const SECONDS: u64 = 30;
/// Requests at a time.
const LANES: u64 = 4;

/// Where click.st's questions are asked, of which none is read that is not signed.
const SIGNED: [&str; 5] = [
    "/rest",
    "/rest/action.find",
    "/rest/action.find_batch",
    "/rest/action.get_external_stats",
    "/rest/quota.get",
];
/// The arguments of these questions.
const ARGUMENTS: [&str; 9] = [
    "view", "where", "begin", "end", "series", "period", "group_by", "queries", "filter",
];

macro_rules! doors {
    ($($name:ident)+) => {$(
        #[tokio::test]
        async fn $name() {
            fuzz(&corpus::$name()).await;
        }
    )+};
}

doors! { clickst coveo graphql languages moesif profilestore relay script segment synerise }

/// What is sent.
struct Sent {
    method: Method,
    path: String,
    media: &'static str,
    gzip: bool,
    body: Vec<u8>,
    /// Whether its address says whose it is by a signature that is right.
    signed: bool,
}

impl Sent {
    fn of(door: &Door, garbler: &mut Garbler, key: &str, signer: Option<&Signer>) -> Self {
        let (method, path) = *garbler.pick(&door.paths);
        let mut query = garbler.query(&door.parameters, NAMES);
        if path.contains('?') && !query.is_empty() {
            query.insert(0, '&');
        } else if !query.is_empty() {
            query.insert(0, '?');
        }
        let signer = signer.filter(|_| is_question(path) && !garbler.one_of(8));
        let mut path = format!("{path}{query}").replace(KEY, key);
        // Of arguments that are given twice the last counts: nothing that is garbled takes the place of these.
        for (name, value) in signer.map(Signer::sign).unwrap_or_default() {
            let mark = if path.contains('?') { "&" } else { "?" };
            path.extend([mark, &name, "=", &value]);
        }
        let media = *garbler.pick(&[
            "application/json",
            "application/json; charset=utf-8",
            "application/vnd.x+json",
            "text/plain",
            "application/x-www-form-urlencoded",
            "",
        ]);
        let body = garbler.body(&door.bodies).replace_key(key);
        Self {
            method: method.parse().expect("a method"),
            path,
            media,
            gzip: garbler.one_of(8),
            body,
            signed: signer.is_some(),
        }
    }

    async fn send(&self, client: &Client, garbler_key: bool) -> Result<(u16, String), reqwest::Error> {
        let nobody = client.without_key();
        let sender = if garbler_key { client } else { &nobody };
        let mut request = sender.request(self.method.clone(), &self.path);
        if garbler_key {
            let key = client.key().expect("it has one");
            request = request.header("X-Moesif-Application-Id", key);
        }
        if !self.media.is_empty() {
            request = request.header(header::CONTENT_TYPE, self.media);
        }
        let body = if self.gzip {
            let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
            packed.write_all(&self.body).expect("it is in memory");
            request = request.header(header::CONTENT_ENCODING, "gzip");
            packed.finish().expect("it is in memory")
        } else {
            self.body.clone()
        };
        // Who asks for something sends nothing: a body that nobody reads ends the connection, at times before the answer
        // has come through.
        if self.method != Method::GET {
            request = request.body(body);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        Ok((status, answer.text().await?))
    }
}

impl std::fmt::Display for Sent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (path, body) = (start(&self.path), self.body.escape_ascii().to_string());
        let packed = if self.gzip { ", packed" } else { "" };
        write!(f, "{} {path} ({}{packed}): {}", self.method, self.media, start(&body))
    }
}

/// Whether a question of click.st's is asked at a path.
fn is_question(path: &str) -> bool {
    let own = path.split_once('?').map_or(path, |(own, _)| own);
    SIGNED.contains(&own)
}

/// Whether an answer of click.st's comes from behind the signature: it is a result, or says what is wrong with an argument
/// of a question.
fn is_behind_signature(text: &str) -> bool {
    let Ok(body) = serde_json::from_str::<Value>(text) else {
        return false;
    };
    let one = |answer: &Value| {
        let error = &answer["error"];
        let argument = error["argument"]
            .as_str()
            .or_else(|| error["data"]["argument"].as_str());
        let name = argument.and_then(|path| path.split(['.', '[']).next());
        !answer["result"].is_null() || name.is_some_and(|name| ARGUMENTS.contains(&name))
    };
    match &body {
        Value::Array(answers) => answers.iter().any(one),
        answer => one(answer),
    }
}

/// As much of a text as a person reads.
fn start(text: &str) -> String {
    text.chars().take(4_000).collect()
}

trait ReplaceKey {
    fn replace_key(self, key: &str) -> Vec<u8>;
}

impl ReplaceKey for Vec<u8> {
    /// Puts the key where it stands in the examples.
    fn replace_key(self, key: &str) -> Vec<u8> {
        let (mut out, mut rest) = (Vec::with_capacity(self.len()), self.as_slice());
        while let Some(at) = rest.windows(KEY.len()).position(|window| window == KEY.as_bytes()) {
            out.extend_from_slice(&rest[..at]);
            out.extend_from_slice(key.as_bytes());
            rest = &rest[at + KEY.len()..];
        }
        out.extend_from_slice(rest);
        out
    }
}

async fn fuzz(door: &Door) {
    let tidemark = Tidemark::builder(Engine::Sqlite)
        .flag("--rate-anonymous-units", "1000000000")
        .flag("--rate-query-units", "1000000000")
        .flag("--rate-delete-units", "1000000000")
        .flag("--log", "tidemark=warn")
        .site_flag("--max-event-age", "none")
        .start()
        .await;
    let signs = door.paths.iter().any(|(_, path)| is_question(path));
    let signer = if signs {
        Some(Signer::new(&tidemark).await)
    } else {
        None
    };
    let seed = setting::seed().unwrap_or(1);
    // A request mostly waits for the disk.
    let lanes = (0..LANES).map(|lane| {
        let seed = seed.wrapping_mul(LANES).wrapping_add(lane);
        press(&tidemark, (door, signer.as_ref()), seed)
    });
    let pressed = join_all(lanes).await;
    let sum = |of: fn(&Pressed) -> u64| pressed.iter().map(of).sum::<u64>();
    let (number, taken) = (sum(|lane| lane.number), sum(|lane| lane.taken));
    let (signed, read) = (sum(|lane| lane.signed), sum(|lane| lane.read));
    let log = tidemark.server().log();
    assert!(!log.contains("panicked") && !log.contains("a request failed"), "{log}");
    eprintln!("{number} requests, {taken} of them taken; {signed} signed, {read} of them read");
    assert!(
        number > 100 && taken > number / 50,
        "{taken} of {number} were taken: the examples are not good any more"
    );
    assert!(
        !signs || (signed > number / 5 && read > signed / 4),
        "{read} of {signed} signed ones were read, of {number}: what is garbled does not come to those who read it"
    );
}

/// What came of what was sent.
#[derive(Default)]
struct Pressed {
    /// How many were sent.
    number: u64,
    /// How many of them were taken.
    taken: u64,
    /// How many of them were signed.
    signed: u64,
    /// How many of those were read behind the signature.
    read: u64,
}

/// Sends garbled words, one after the other.
async fn press(tidemark: &Tidemark, (door, signer): (&Door, Option<&Signer>), seed: u64) -> Pressed {
    let client = tidemark.client().clone();
    let key = client.key().expect("it has one").to_owned();
    let time = Duration::from_secs(setting::fuzz_seconds().unwrap_or(SECONDS));
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut garbler = Garbler(TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let (begin, mut pressed) = (Instant::now(), Pressed::default());
    while begin.elapsed() < time {
        pressed.number += 1;
        let number = pressed.number;
        let sent = Sent::of(door, &mut garbler, &key, signer);
        let with_key = !garbler.one_of(10);
        let failed = |why: &str| {
            let (why, log) = (start(why), tidemark.server().log());
            panic!("seed {seed}, request {number}: {why}\n{sent}\n{log}");
        };
        match tokio::time::timeout(Duration::from_secs(60), sent.send(&client, with_key)).await {
            Err(_) => failed("it is not answered"),
            // What is no address cannot be sent.
            Ok(Err(error)) if error.is_builder() => {}
            Ok(Err(error)) => failed(&format!("the connection broke: {error:?}")),
            Ok(Ok((status, text))) => {
                pressed.taken += u64::from(status < 300);
                pressed.signed += u64::from(sent.signed);
                pressed.read += u64::from(sent.signed && is_behind_signature(&text));
                // 503 is for a server that is busy, and 501 for nothing here.
                if status >= 500 || text.contains("\"INTERNAL\"") || text.contains("InternalError") {
                    failed(&format!("it is answered with {status}: {text}"));
                }
            }
        }
    }
    pressed
}
