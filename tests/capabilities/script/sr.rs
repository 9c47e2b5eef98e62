//! `SR`, which pages call as they called Synerise's script, in a real browser.

use serde_json::{Value, json};

use super::page::Reader;

/// A page whose own lines load it as the vendor's lines load theirs, with these options and what is done then.
fn lines(reader: &Reader, options: &str, then: &str) -> String {
    format!(
        "<script>function onSyneriseLoad() {{ SR.init({{trackerKey: \"{}\", {options}}}).then(() => {{ {then} }}) }} \
         var SyneriseObjectNamespace = \"SR\"; window.SR = window.SR || [];</script>\
         <script async src=\"{}?sr\" onload=\"onSyneriseLoad()\"></script>",
        reader.key(),
        reader.address()
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_says_what_the_vendors_script_says() {
    let reader = Reader::new("").await;
    let head = lines(
        &reader,
        "",
        "SR.event.trackCustomEvent('newsletter.signup', {plan: 'pro'}, 'Signed up'); SR.event.trackCustomEvent('bare.action')",
    );
    reader.put_with("/a", &head, "");
    reader.open("/a?from=letter").await;
    let events = reader.sees(&["page.visit", "newsletter.signup", "bare.action"]).await;
    let one = |action: &str| events.iter().find(|event| event["action"] == action).expect("an event");
    let visit = one("page.visit");
    assert_eq!(visit["label"], "Visited page /a");
    assert_eq!(visit["url"], reader.url("/a?from=letter"));
    assert_eq!(visit["tag"]["title"], "/a");
    assert_eq!(visit["tag"]["source"], "WEB_DESKTOP");
    let signup = one("newsletter.signup");
    assert_eq!(
        (&signup["label"], &signup["tag"]["plan"]),
        (&json!("Signed up"), &json!("pro"))
    );
    assert_eq!(one("bare.action")["label"], "bare.action");
    // Nobody is known by anything that stays.
    for event in &events {
        assert_eq!(
            (&event["door"], &event["actorSource"]),
            (&json!("synerise"), &json!("UNNAMED"))
        );
    }
    assert_eq!(
        reader
            .run("return [document.cookie, localStorage.length, sessionStorage.length]")
            .await,
        json!(["", 0, 0])
    );
    assert_eq!(reader.browser().complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_is_told_of_once_by_whoever_tells_it() {
    let reader = Reader::new("").await;
    // Beside our own script there is no page view of it; its visit begins with the first thing that it logs.
    let both = lines(&reader, "", "") + reader.script();
    reader.put_with("/both", &both, "");
    reader.open("/both").await;
    reader.sees(&["page.visit"]).await;
    reader.run("history.pushState({}, '', '/moved'); tidemark('own')").await;
    reader.sees(&["page.visit", "session.start", "own"]).await;
    // A page that says by itself when it is visited is not said to be once more.
    let says = lines(&reader, "", "SR.event.pageVisit({step: 2})");
    reader.put_with("/says", &says, "");
    reader.open("/says").await;
    let actions = ["page.visit", "session.start", "own", "page.visit"];
    let events = reader.sees(&actions).await;
    assert_eq!(events.iter().filter(|event| event["tag"]["step"] == 2).count(), 1);
    // Nor is one that never says so, where it is left to it.
    let never = lines(
        &reader,
        "customPageVisit: true",
        "SR.event.trackCustomEvent('last.one', {}, 'Last')",
    );
    reader.put_with("/never", &never, "");
    reader.open("/never").await;
    let actions = ["page.visit", "session.start", "own", "page.visit", "last.one"];
    reader.sees(&actions).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_are_known_by_the_vendors_cookie_or_by_one_asked_for() {
    let reader = Reader::new("").await;
    let uuid = "07243772-008a-42e1-ba37-c3807cebde8f";
    reader.put_with("/blank", "", "");
    reader.open("/blank").await;
    reader
        .run(&format!("document.cookie = '_snrs_uuid={uuid};path=/'"))
        .await;
    reader.put_with("/a", &lines(&reader, "", ""), "");
    reader.open("/a").await;
    let events = reader.sees(&["page.visit"]).await;
    assert_eq!(
        (&events[0]["actor"], &events[0]["actorSource"]),
        (&json!(uuid), &json!("USER"))
    );
    reader.run("document.cookie = '_snrs_uuid=;path=/;max-age=0'").await;
    reader.put_with("/b", &lines(&reader, "cookie: true", ""), "");
    reader.open("/b").await;
    reader.sees(&["page.visit", "page.visit"]).await;
    reader.open("/b").await;
    let events = reader.sees(&["page.visit"; 3]).await;
    let made = events[1]["actor"].as_str().expect("an actor");
    assert!(made != uuid && uuid_of(made), "{made}");
    assert_eq!(events[2]["actor"], made);
    assert_eq!(reader.run("return document.cookie").await, format!("_snrs_uuid={made}"));
}

fn uuid_of(text: &str) -> bool {
    uuid::Uuid::parse_str(text).is_ok_and(|uuid| uuid.get_version_num() == 4)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_have_come_is_sent_again_and_stored_once() {
    let reader = Reader::new("").await;
    // Its first request arrives, and its answer does not.
    let broken = "<script>const real = window.fetch; let calls = 0; \
                  window.fetch = (...all) => { const done = real(...all); window.calls = ++calls; \
                  return calls > 1 ? done : done.then(() => Promise.reject(new TypeError('gone'))) }</script>";
    let head = broken.to_owned() + &lines(&reader, "", "");
    reader.put_with("/a", &head, "");
    reader.open("/a").await;
    reader
        .browser()
        .retry("see it sent again", async || {
            match reader.run("return window.calls").await {
                Value::Number(calls) if calls.as_i64() >= Some(2) => Ok(()),
                other => Err(other.to_string()),
            }
        })
        .await;
    reader.run("SR.event.trackCustomEvent('then.this', {}, 'Then')").await;
    reader.sees(&["page.visit", "then.this"]).await;
}

/// Waits until the page's own lines have run, which say so in its title.
async fn has_begun(reader: &Reader) {
    reader
        .browser()
        .retry("see it begun", async || {
            match reader.run("return document.title").await {
                Value::String(title) if title == "begun" => Ok(()),
                other => Err(other.to_string()),
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_not_to_be_followed_is_not_by_it_either() {
    let reader = Reader::new("").await;
    let signal = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})";
    reader.browser().prepare(signal).await;
    reader.put_with("/a", &lines(&reader, "cookie: true", "document.title = 'begun'"), "");
    reader.open("/a").await;
    has_begun(&reader).await;
    reader.run("SR.event.trackCustomEvent('any', {}, 'Any')").await;
    assert_eq!(reader.run("return document.cookie").await, "");
    // Nor does a machine look that only wants the words.
    let bot = "<script>Object.defineProperty(Navigator.prototype, 'userAgent', \
               {get: () => 'Mozilla/5.0 (compatible; Googlebot/2.1)'})</script>";
    let head = bot.to_owned() + &lines(&reader, "signals: false", "document.title = 'begun'");
    reader.put_with("/bot", &head, "");
    reader.open("/bot").await;
    has_begun(&reader).await;
    reader.run("SR.event.trackCustomEvent('any', {}, 'Any')").await;
    reader.put_with("/b", &lines(&reader, "signals: false", ""), "");
    reader.open("/b").await;
    // Had the page before said anything, it would be here by now.
    let events = reader.sees(&["page.visit"]).await;
    assert_eq!(events[0]["url"], reader.url("/b"));
}
