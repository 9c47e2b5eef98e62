//! A real server's log, counted by the reader and, independently, by a script.

use std::{
    collections::{BTreeMap, HashSet},
    fs::{self, File},
    path::PathBuf,
};

use serde_json::{Value, json};
use url::Url;

use super::super::{Draft, Reader, Skip, Translator};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/fixtures/access-log")
        .join(name)
}

/// Reads the whole log: the events, the unreadable lines with the reasons, and the translator with its counts.
fn import(all: bool) -> (Vec<Draft>, Vec<(u64, String)>, Translator) {
    let mut translator = Translator::new(all, Some("semicomplete.com".parse().expect("a host")));
    let (mut drafts, mut unreadable) = (Vec::new(), Vec::new());
    let log = File::open(fixture("apache_2015.log.gz")).expect("the log is in the repository");
    for record in Reader::new(log).expect("a readable file") {
        let record = record.expect("gzip that is whole");
        match record.line {
            Ok(line) => drafts.extend(translator.translate(&record.digest, line)),
            Err(error) => unreadable.push((record.number, error.to_string())),
        }
    }
    (drafts, unreadable, translator)
}

/// The counts in the shape of `count.py`.
fn counts(drafts: &[Draft]) -> Value {
    let mut per: BTreeMap<&str, BTreeMap<String, u64>> = BTreeMap::new();
    let mut visitors = HashSet::new();
    for draft in drafts {
        let day = draft.time.strftime("%F").to_string();
        let url = Url::parse(draft.url.as_deref().expect("a URL")).expect("a whole URL");
        for (name, key) in [
            ("per_day", day.clone()),
            ("per_path", url.path().to_owned()),
            ("per_status", draft.tag["status"].to_string()),
        ] {
            *per.entry(name).or_default().entry(key).or_default() += 1;
        }
        if visitors.insert((day.clone(), draft.ip, draft.user_agent.clone())) {
            *per.entry("visitors_per_day").or_default().entry(day).or_default() += 1;
        }
    }
    let mut counts = json!(per);
    counts["total"] = json!(drafts.len());
    counts
}

#[test]
fn the_real_log_counts_as_the_script_says() {
    let text = fs::read_to_string(fixture("expected.json")).expect("the counts are in the repository");
    let expected: Value = serde_json::from_str(&text).expect("JSON");
    let (requests, unreadable, _) = import(true);
    let (page_views, _, translator) = import(false);

    assert_eq!(
        unreadable,
        [(8899, "the user agent is cut off (column 183)".to_owned())]
    );
    assert_eq!(expected["unreadable"], json!([8899]));
    assert_eq!(requests.len(), 9999);
    assert_eq!(counts(&requests), expected["http.request"]);
    assert_eq!(counts(&page_views), expected["pageview"]);
    let skipped = |reason| translator.skipped().of(reason);
    let by_reason = json!({
        "method": skipped(Skip::Method), "status": skipped(Skip::Status), "asset": skipped(Skip::Asset),
    });
    assert_eq!((by_reason, skipped(Skip::Request)), (expected["skipped"].clone(), 0));
}

#[test]
fn the_real_log_has_an_id_for_each_event() {
    for all in [true, false] {
        let ids = |(drafts, ..): (Vec<Draft>, _, _)| drafts.into_iter().map(|draft| draft.id).collect::<Vec<_>>();
        let first = ids(import(all));
        assert_eq!(first.iter().collect::<HashSet<_>>().len(), first.len());
        assert_eq!(ids(import(all)), first);
    }
}
