//! Whatever is sent to a door is answered: by what its wire format has for it, and never by a failure of ours. Each door is
//! sent its own words, garbled, for half a minute; for longer by `TIDEMARK_TEST_FUZZ_SECONDS`, and from another beginning
//! by `TIDEMARK_TEST_SEED`.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use futures_util::future::join_all;
use proptest::test_runner::{RngAlgorithm, TestRng};
use reqwest::{Method, header};
use support::{Client, Engine, Tidemark, setting};

use corpus::{Door, KEY, NAMES};
use garble::Garbler;

mod corpus;
mod garble;

const SECONDS: u64 = 30;
/// Requests at a time.
const LANES: u64 = 4;

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
}

impl Sent {
    fn of(door: &Door, garbler: &mut Garbler, key: &str) -> Self {
        let (method, path) = *garbler.pick(&door.paths);
        let mut query = garbler.query(&door.parameters, NAMES);
        if path.contains('?') && !query.is_empty() {
            query.insert(0, '&');
        } else if !query.is_empty() {
            query.insert(0, '?');
        }
        let path = format!("{path}{query}").replace(KEY, key);
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
    let seed = setting::seed().unwrap_or(1);
    // A request mostly waits for the disk.
    let lanes = (0..LANES).map(|lane| press(&tidemark, door, seed.wrapping_mul(LANES).wrapping_add(lane)));
    let pressed = join_all(lanes).await;
    let (number, taken) = pressed
        .into_iter()
        .fold((0, 0), |(n, t), (number, taken)| (n + number, t + taken));
    let log = tidemark.server().log();
    assert!(!log.contains("panicked") && !log.contains("a request failed"), "{log}");
    eprintln!("{number} requests, {taken} of them taken");
    assert!(
        number > 100 && taken > number / 50,
        "{taken} of {number} were taken: the examples are not good any more"
    );
}

/// Sends garbled words, one after the other; gives how many, and how many of them were taken.
async fn press(tidemark: &Tidemark, door: &Door, seed: u64) -> (u64, u64) {
    let client = tidemark.client().clone();
    let key = client.key().expect("it has one").to_owned();
    let time = Duration::from_secs(setting::fuzz_seconds().unwrap_or(SECONDS));
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut garbler = Garbler(TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let (begin, mut number, mut taken) = (Instant::now(), 0_u64, 0_u64);
    while begin.elapsed() < time {
        number += 1;
        let sent = Sent::of(door, &mut garbler, &key);
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
                taken += u64::from(status < 300);
                // 503 is for a server that is busy, and 501 for nothing here.
                if status >= 500 || text.contains("\"INTERNAL\"") || text.contains("InternalError") {
                    failed(&format!("it is answered with {status}: {text}"));
                }
            }
        }
    }
    (number, taken)
}
