//! `SR`, which pages call as they called Synerise's script, in a real browser.

use std::{fs, net::Ipv4Addr, time::Duration};

use serde_json::{Value, json};
use support::folder::repository;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};

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

/// Another way to the server, on which everything takes a second longer; gives its address.
async fn slow_way(reader: &Reader) -> String {
    let server = reader.tidemark().server().url("");
    let server = server.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let own = listener.local_addr().expect("it listens");
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let server = server.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                let mut server = TcpStream::connect(server).await.expect("the server");
                let _ = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    format!("http://{own}")
}

/// The first lines of HTML in a page of the manual that hold this.
fn documented(page: &str, what: &str) -> String {
    let page = fs::read_to_string(repository().join("docs").join(page)).expect("a page");
    let mut blocks = page
        .split("```html\n")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once("```")?.0));
    blocks.find(|lines| lines.contains(what)).expect("lines").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whichever_script_comes_first_a_page_is_told_of_once() {
    let reader = Reader::new("").await;
    let fast = reader.tidemark().server().url("");
    let fast = fast.trim_end_matches('/').to_owned();
    let slow = slow_way(&reader).await;
    let filled = |page: &str, what: &str, server: &str| {
        let lines = documented(page, what).replace("https://tidemark.example.com", server);
        lines.replace("tm_…", reader.key())
    };
    let ours = |server: &str| filled("script.md", "<script defer", server);
    let theirs = |server: &str| filled("synerise.md", "?sr", server);
    let mut wanted = Vec::new();
    for (path, head) in [
        ("/ours-first", ours(&fast) + &theirs(&slow)),
        ("/theirs-first", ours(&slow) + &theirs(&fast)),
        ("/below", theirs(&slow) + &ours(&fast)),
    ] {
        reader.put_with(path, &head, "");
        reader.open(path).await;
        wanted.extend(["page.visit", "newsletter.signup"]);
        reader.sees(&wanted).await;
        // Had there been a page view, it would come with this.
        reader.run("tidemark('own'); tidemark.flush()").await;
        wanted.extend(["session.start", "own"]);
        reader.sees(&wanted).await;
        wanted.push("session.end");
    }
    // Where it is put there only once ours has told of the page, it does not tell of it again.
    reader.put_with("/late", &ours(&fast), "");
    reader.open("/late").await;
    wanted.extend(["session.start", "pageview"]);
    reader.sees(&wanted).await;
    let late = "const [trackerKey, address] = arguments; const script = document.createElement('script'); script.src = address; \
                script.onload = () => SR.init({trackerKey}).then(() => SR.event.pageVisit({step: 2})) \
                .then(() => SR.event.trackCustomEvent('late.one')); document.head.append(script)";
    let arguments = json!([reader.key(), format!("{fast}/script.js?sr")]);
    reader.browser().script(late, arguments).await;
    wanted.push("late.one");
    reader.sees(&wanted).await;
    reader.run("SR.event.trackCustomEvent('last.one')").await;
    wanted.push("last.one");
    reader.sees(&wanted).await;
}
