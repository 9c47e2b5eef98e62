//! That what happens on a page is logged once: in batches, again where it may have come, later where the server cannot
//! take it, also when the page goes meanwhile, and never without an end.

use serde_json::{Value, json};
use support::kept::{counted, told};

use super::page::{Reader, of};

/// The numbers of the events `many`, in order.
fn numbers(events: &[Value]) -> Vec<i64> {
    let many = of(events, "many");
    let mut numbers: Vec<_> = many.iter().filter_map(|event| event["tag"]["i"].as_i64()).collect();
    numbers.sort_unstable();
    numbers
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
    assert_eq!(numbers(&events), (0..60).collect::<Vec<_>>());
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
    counts(
        &reader,
        &[("ACCEPTED", "", "pageview", 1), ("DUPLICATE", "", "pageview", 1)],
    )
    .await;
    assert_eq!(reader.logged().await.len(), 1);
    // Nothing of it waits any longer, and what comes next is sent as ever.
    reader.keeps_nothing().await;
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
    reader.keeps_nothing().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_date_says_as_well_when_to_ask_again() {
    let reader = Reader::new("data-without=\"sessions\"").await;
    // Dates have no parts of seconds: this one is three seconds ahead, or up to four.
    let busy = "<script>const real = window.fetch; window.times = []; \
                const soon = () => new Date(Date.now() + 4000).toUTCString(); \
                window.fetch = (...all) => { window.times.push(performance.now()); return window.times.length > 1 ? real(...all) : \
                Promise.resolve(new Response('', {status: 503, headers: {'Retry-After': soon()}})) }</script>";
    let head = busy.to_owned() + reader.script();
    reader.put_with("/a", &head, "");
    reader.open("/a").await;
    reader.sees(&["pageview"]).await;
    let times = times(&reader).await;
    assert_eq!(times.len(), 2, "{times:?}");
    assert!(times[1] - times[0] >= 2_990.0, "not before that date: {times:?}");
    reader.keeps_nothing().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_waits_for_as_long_as_it_is_told_and_not_for_ever() {
    let reader = Reader::new("data-without=\"sessions\"").await;
    // An hour, the next century, something that cannot be read, and nothing at all.
    let busy = "<script>const timer = window.setTimeout; window.waits = []; \
                window.setTimeout = (what, wait) => { if (wait >= 300000) window.waits.push(wait); return timer(what, wait) }; \
                const says = [{'Retry-After': '3600'}, {'Retry-After': 'Fri, 01 Jan 2100 00:00:00 GMT'}, {'Retry-After': 'soon'}, {}]; \
                const real = window.fetch; window.fetch = (...all) => says.length ? \
                Promise.resolve(new Response('', {status: 503, headers: says.shift()})) : real(...all)</script>";
    let head = busy.to_owned() + reader.script();
    reader.put_with("/a", &head, "");
    reader.open("/a").await;
    // Five minutes bound what it doubles by itself; a day bounds what it is told.
    let waits = [3_600_000, 86_400_000, 300_000, 300_000];
    for number in 1..=waits.len() {
        let waited = format!("return JSON.stringify(window.waits) === '{}'", json!(waits[..number]));
        reader.awaits("see it wait", &waited).await;
        reader.run("tidemark.flush()").await;
    }
    reader.sees(&["pageview"]).await;
    reader.keeps_nothing().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_large_together_comes_in_parts() {
    let reader = Reader::new("data-without=\"sessions\"").await;
    // It takes ten events at once, and never one of them.
    let bounded = "<script>const real = window.fetch; window.sent = []; \
                   window.fetch = (to, how) => { const {messages} = JSON.parse(how.body); window.sent.push(messages.length); \
                   return messages.length > 10 || messages.some(({action}) => action === 'huge') ? \
                   Promise.resolve(new Response('much too large', {status: 413})) : real(to, how) }</script>";
    let head = bounded.to_owned() + reader.script();
    reader.put_with("/a", &head, "");
    reader.open("/a").await;
    reader.sees(&["pageview"]).await;
    reader
        .run("for (let i = 0; i < 60; i++) tidemark(i === 30 ? 'huge' : 'many', {tag: {i}})")
        .await;
    let mut wanted = vec!["many"; 59];
    wanted.push("pageview");
    let events = reader.sees(&wanted).await;
    assert_eq!(numbers(&events), (0..60).filter(|i| *i != 30).collect::<Vec<_>>());
    reader.keeps_nothing().await;
    // Each came once, and the console says what was given up.
    counts(
        &reader,
        &[("ACCEPTED", "", "many", 59), ("ACCEPTED", "", "pageview", 1)],
    )
    .await;
    let complaints = reader.browser().complaints().await;
    let told = complaints.iter().filter(|text| text.contains("much too large"));
    assert_eq!(told.count(), 1, "{complaints:?}");
    let sent = reader.run("return window.sent").await;
    let sent = sent.as_array().expect("a list");
    assert_eq!(sent[..5], [json!(1), json!(50), json!(25), json!(12), json!(6)]);
    // Parts that are taken grow again, so that one event does not keep all others apart.
    assert!(sent.len() < 30, "{sent:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_takes_one_by_one_is_sent_so() {
    let reader = Reader::new("data-without=\"sessions\"").await;
    reader.put("/a", "");
    reader.open("/a").await;
    reader.sees(&["pageview"]).await;
    // Two of these are more values than a page's request may hold.
    reader
        .run("for (let i = 0; i < 3; i++) tidemark('long', {tag: {i, list: Array(10000).fill(i)}})")
        .await;
    reader.sees(&["long", "long", "long", "pageview"]).await;
    reader.keeps_nothing().await;
    counts(&reader, &[("ACCEPTED", "", "long", 3), ("ACCEPTED", "", "pageview", 1)]).await;
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
    let kept = "const all = Object.keys(localStorage).sort().map((name) => JSON.parse(localStorage[name]));";
    reader
        .awaits("see them kept", &format!("{kept} return all.length === 1000"))
        .await;
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

/// Waits until this is what the ledger counts of the script.
async fn counts(reader: &Reader, rows: &[(&str, &str, &str, i64)]) {
    let wanted = told(rows);
    reader
        .browser()
        .retry("see it counted", async || {
            let found = counted(reader.tidemark().client(), "script").await;
            if found == wanted {
                Ok(())
            } else {
                Err(format!("{found:?}"))
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_hangs_while_the_page_goes_is_sent_by_the_next() {
    let reader = Reader::new("data-without=\"sessions\"").await;
    // Its request is never answered, and what it hands to the browser on leaving is lost.
    let hangs = "<script>window.calls = 0; window.fetch = () => { window.calls++; return new Promise(() => {}) }; \
                 navigator.sendBeacon = (to, body) => { sessionStorage.setItem('handed', body); return true }</script>";
    let head = hangs.to_owned() + reader.script();
    reader.put_with("/hangs", &head, "");
    reader.put("/next", "");
    reader.open("/hangs").await;
    reader.awaits("see it ask", "return window.calls === 1").await;
    reader.run("tidemark('queued')").await;
    reader.open("/next").await;
    let events = reader.sees(&["pageview", "queued", "pageview"]).await;
    assert_eq!(of(&events, "queued")[0]["url"], reader.url("/hangs"));
    assert_eq!(of(&events, "pageview")[0]["url"], reader.url("/hangs"));
    let handed = reader.run("return sessionStorage.getItem('handed')").await;
    assert!(handed.as_str().unwrap_or_default().contains("queued"), "{handed}");
    reader.keeps_nothing().await;
    counts(
        &reader,
        &[("ACCEPTED", "", "pageview", 2), ("ACCEPTED", "", "queued", 1)],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_batch_under_way_while_the_page_goes_comes_once() {
    let reader = Reader::new("data-without=\"sessions\"").await;
    // What is too large for the browser to hold never arrives.
    let hangs = "<script>const real = window.fetch; window.large = 0; \
                 window.fetch = (to, how) => { if (how.keepalive) return real(to, how); \
                 window.large = JSON.parse(how.body).messages.length; return new Promise(() => {}) }</script>";
    let head = hangs.to_owned() + reader.script();
    reader.put_with("/hangs", &head, "");
    reader.put("/next", "");
    let log = |action: &str, length: usize| {
        format!("for (let i = 0; i < 50; i++) tidemark('{action}', {{tag: {{i, long: 'x'.repeat({length})}}}})")
    };
    let mut wanted = Vec::new();
    // As much as goes by the browser on leaving, and more than that.
    for (action, length) in [("less", 500), ("more", 3_000)] {
        reader.open("/hangs").await;
        wanted.push("pageview");
        reader.sees(&wanted).await;
        reader.keeps_nothing().await;
        reader.run(&log(action, length)).await;
        reader.awaits("see them under way", "return window.large === 50").await;
        reader.browser().open("about:blank").await;
        if action == "less" {
            wanted.extend([action; 50]);
            reader.sees(&wanted).await;
        }
        reader.open("/next").await;
        if action == "more" {
            wanted.extend([action; 50]);
        }
        wanted.push("pageview");
        reader.sees(&wanted).await;
        reader.keeps_nothing().await;
    }
    // Nobody heard that the browser had brought the first ones.
    let rows = [
        ("ACCEPTED", "", "less", 50),
        ("ACCEPTED", "", "more", 50),
        ("ACCEPTED", "", "pageview", 4),
        ("DUPLICATE", "", "less", 50),
    ];
    counts(&reader, &rows).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_on_leaving_to_a_server_that_is_down_comes_later() {
    let mut reader = Reader::new("data-without=\"sessions\"").await;
    let watch = "<script>const real = navigator.sendBeacon; navigator.sendBeacon = function (...all) { \
                 const taken = real.apply(this, all); sessionStorage.setItem('taken', taken); return taken }</script>";
    let head = watch.to_owned() + reader.script();
    reader.put_with("/a", &head, "");
    reader.put_with("/blank", "", "");
    reader.open("/a").await;
    reader.sees(&["pageview"]).await;
    reader.kill();
    reader.run("tidemark('last'); location.href = '/blank'").await;
    reader
        .awaits("see the next page", "return location.pathname === '/blank'")
        .await;
    assert_eq!(reader.run("return sessionStorage.getItem('taken')").await, "true");
    reader.restart().await;
    reader.put("/b", "");
    reader.open("/b").await;
    reader.sees(&["pageview", "last", "pageview"]).await;
    reader.keeps_nothing().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tabs_keep_what_is_each_others() {
    let reader = Reader::new("data-without=\"sessions pageview\"").await;
    let broken = "<script>const real = window.fetch; window.broken = true; window.failed = 0; \
                  window.fetch = (...all) => window.broken ? (window.failed++, Promise.reject(new TypeError('gone'))) : real(...all)</script>";
    let head = broken.to_owned() + reader.script();
    reader.put_with("/a", &head, "");
    reader.open("/a").await;
    let first = reader.browser().use_window(None).await;
    reader.run("tidemark('first')").await;
    reader.awaits("see it fail", "return window.failed > 0").await;
    let second = reader.browser().open_window(&reader.url("/a")).await;
    reader.run("tidemark('second')").await;
    reader.awaits("see it fail", "return window.failed > 0").await;
    reader.browser().use_window(Some(&first)).await;
    reader.run("tidemark('third'); tidemark.flush()").await;
    let both = "const all = Object.values(localStorage).join(); \
                return ['first', 'second', 'third'].every((action) => all.includes(action))";
    reader.awaits("see all kept", both).await;
    // Whichever gets through first sends what both have.
    reader.browser().use_window(Some(&second)).await;
    reader.run("window.broken = false; tidemark.flush()").await;
    reader.sees(&["first", "second", "third"]).await;
    reader.keeps_nothing().await;
    let rows = ["first", "second", "third"].map(|action| ("ACCEPTED", "", action, 1));
    counts(&reader, &rows).await;
    // And the other has nothing left to send.
    reader.browser().use_window(Some(&first)).await;
    reader.keeps_nothing().await;
    reader
        .run("window.broken = false; tidemark('fourth'); tidemark.flush()")
        .await;
    reader.sees(&["first", "second", "third", "fourth"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_may_not_store_sends_all_the_same() {
    let reader = Reader::new("data-without=\"sessions\"").await;
    let forbidden = "for (const box of ['localStorage', 'sessionStorage']) \
                     Object.defineProperty(window, box, {get: () => { throw new DOMException('no', 'SecurityError') }})";
    reader.browser().prepare(forbidden).await;
    let broken = "<script>const real = window.fetch; let calls = 0; \
                  window.fetch = (...all) => ++calls > 1 ? real(...all) : Promise.reject(new TypeError('gone'))</script>";
    let head = broken.to_owned() + reader.script();
    reader.put_with("/a", &head, "");
    reader.open("/a").await;
    reader.sees(&["pageview"]).await;
    reader.run("tidemark('last'); location.href = 'about:blank'").await;
    reader.sees(&["pageview", "last"]).await;
    counts(&reader, &[("ACCEPTED", "", "last", 1), ("ACCEPTED", "", "pageview", 1)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_hidden_sends_at_once_and_hears_of_it() {
    let reader = Reader::new("data-without=\"sessions\"").await;
    let watch = "<script>const real = window.fetch; window.calls = 0; \
                 window.fetch = (...all) => { window.calls++; return real(...all) }</script>";
    let head = watch.to_owned() + reader.script();
    reader.put_with("/a", &head, "");
    reader.open("/a").await;
    reader.sees(&["pageview"]).await;
    reader.keeps_nothing().await;
    // As the browser says it when another tab is looked at.
    let hide = "Object.defineProperty(document, 'visibilityState', {get: () => 'hidden'}); tidemark('seen'); \
                document.dispatchEvent(new Event('visibilitychange')); return window.calls";
    assert_eq!(reader.run(hide).await, 2);
    reader.sees(&["pageview", "seen"]).await;
    reader.keeps_nothing().await;
    counts(&reader, &[("ACCEPTED", "", "pageview", 1), ("ACCEPTED", "", "seen", 1)]).await;
}
