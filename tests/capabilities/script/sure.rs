//! That what happens on a page is logged once: in batches, again where it may have come, later where the server cannot
//! take it, and never without an end.

use serde_json::{Value, json};
use support::kept::{counted, told};

use super::page::{Reader, of};

/// Waits until a page says that it is so.
async fn awaits(reader: &Reader, what: &str, script: &str) {
    reader
        .browser()
        .retry(what, async || match reader.run(script).await {
            Value::Bool(true) => Ok(()),
            other => Err(other.to_string()),
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_sent_in_batches_of_fifty() {
    let reader = Reader::new("data-without=\"sessions\"").await;
    let watch = "<script>const real = window.fetch; window.sent = []; \
                 window.fetch = (to, how) => { window.sent.push(JSON.parse(how.body).messages.length); return real(to, how) }</script>";
    let head = watch.to_owned() + reader.script();
    reader.put_with("/a", &head, "");
    reader.open("/a").await;
    reader.sees(&["pageview"]).await;
    reader
        .run("for (let i = 0; i < 60; i++) tidemark('many', {tag: {i}})")
        .await;
    let mut wanted = vec!["many"; 60];
    wanted.push("pageview");
    let events = reader.sees(&wanted).await;
    let mut numbers: Vec<_> = of(&events, "many")
        .iter()
        .filter_map(|event| event["tag"]["i"].as_i64())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..60).collect::<Vec<_>>());
    assert_eq!(reader.run("return window.sent").await, json!([1, 50, 10]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_have_come_is_sent_again_and_stored_once() {
    let reader = Reader::new("data-without=\"sessions\"").await;
    // Its first request arrives, and its answer does not.
    let broken = "<script>const real = window.fetch; window.calls = 0; \
                  window.fetch = (...all) => { const done = real(...all); \
                  return ++window.calls > 1 ? done : done.then(() => Promise.reject(new TypeError('gone'))) }</script>";
    let head = broken.to_owned() + reader.script();
    reader.put_with("/a", &head, "");
    reader.open("/a").await;
    let once = told(&[("ACCEPTED", "", "pageview", 1), ("DUPLICATE", "", "pageview", 1)]);
    reader
        .browser()
        .retry("see it sent again", async || {
            let found = counted(reader.tidemark().client(), "script").await;
            if found == once {
                Ok(())
            } else {
                Err(format!("{found:?}"))
            }
        })
        .await;
    assert_eq!(reader.logged().await.len(), 1);
    // Nothing of it waits any longer, and what comes next is sent as ever.
    awaits(&reader, "see nothing wait", "return localStorage.length === 0").await;
    reader.run("tidemark('then')").await;
    reader.sees(&["pageview", "then"]).await;
    assert_eq!(reader.run("return window.calls").await, 3);
}

/// When the page sent, in milliseconds since it was opened.
async fn times(reader: &Reader) -> Vec<f64> {
    let times = reader.run("return window.times").await;
    let times = times.as_array().expect("a list").iter();
    times.filter_map(Value::as_f64).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_cannot_take_it_is_asked_later_and_later() {
    let reader = Reader::new("data-without=\"sessions\"").await;
    // It fails, then asks for three seconds, and then it is itself again.
    let busy = "<script>const real = window.fetch; window.times = []; \
                const says = [new Response('', {status: 503}), new Response('', {status: 429, headers: {'Retry-After': '3'}})]; \
                window.fetch = (...all) => { window.times.push(performance.now()); \
                return says.length ? Promise.resolve(says.shift()) : real(...all) }</script>";
    let head = busy.to_owned() + reader.script();
    reader.put_with("/a", &head, "");
    reader.open("/a").await;
    reader.sees(&["pageview"]).await;
    let times = times(&reader).await;
    assert_eq!(times.len(), 3, "{times:?}");
    assert!(times[1] - times[0] >= 999.0, "after a second: {times:?}");
    assert!(times[2] - times[1] >= 2_999.0, "as late as it was told: {times:?}");
    // Once it goes well, the next is not late.
    reader.run("tidemark('then')").await;
    reader.sees(&["pageview", "then"]).await;
    assert_eq!(reader.run("return localStorage.length").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_failure_doubles_the_wait() {
    let reader = Reader::new("data-without=\"sessions\"").await;
    let broken = "<script>const real = window.fetch; window.times = []; \
                  window.fetch = (...all) => { window.times.push(performance.now()); \
                  return window.times.length < 4 ? Promise.reject(new TypeError('gone')) : real(...all) }</script>";
    let head = broken.to_owned() + reader.script();
    reader.put_with("/a", &head, "");
    reader.open("/a").await;
    reader.sees(&["pageview"]).await;
    let times = times(&reader).await;
    assert_eq!(times.len(), 4, "{times:?}");
    for (pair, least) in times.windows(2).zip([999.0, 1_999.0, 3_999.0]) {
        assert!(pair[1] - pair[0] >= least, "{times:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_events_wait_and_no_more() {
    let reader = Reader::new("data-without=\"sessions\"").await;
    let broken = "<script>const real = window.fetch; window.broken = false; \
                  window.fetch = (...all) => window.broken ? Promise.reject(new TypeError('gone')) : real(...all)</script>";
    let head = broken.to_owned() + reader.script();
    reader.put_with("/a", &head, "");
    reader.open("/a").await;
    reader.sees(&["pageview"]).await;
    assert_eq!(reader.browser().complaints().await, Vec::<String>::new());
    reader
        .run("window.broken = true; for (let i = 0; i < 1100; i++) tidemark('many', {tag: {i}})")
        .await;
    let kept = "const all = Object.values(localStorage).flatMap((text) => JSON.parse(text)); ";
    awaits(&reader, "see them kept", &format!("{kept} return all.length === 1000")).await;
    // The oldest are given up, and the console says so.
    let ends = reader
        .run(&format!("{kept} return [all[0].tag.i, all[999].tag.i]"))
        .await;
    assert_eq!(ends, json!([100, 1_099]));
    let complaints = reader.browser().complaints().await;
    assert!(
        complaints
            .iter()
            .any(|text| text.contains("events could not be sent and are given up")),
        "{complaints:?}"
    );
}
