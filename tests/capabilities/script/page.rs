//! The script in a real browser, on pages of another origin than the server's.

use serde_json::{Value, json};
use support::{Browser, Engine, Pages, Tidemark};

/// A site of one's own with the script on its pages, and somebody who looks at them.
pub(super) struct Reader {
    tidemark: Tidemark,
    pages: Pages,
    browser: Browser,
    key: String,
    script: String,
}

impl Reader {
    /// `more` are further attributes of the script.
    pub(super) async fn new(more: &str) -> Self {
        let tidemark = Tidemark::start(Engine::Sqlite).await;
        let pages = Pages::start().await;
        let key = super::public_key(&tidemark, pages.origin()).await;
        let address = tidemark.server().url("/script.js");
        let script = format!("<script defer src=\"{address}\" data-key=\"{key}\" {more}></script>");
        Self {
            tidemark,
            pages,
            browser: Browser::start().await,
            key,
            script,
        }
    }

    /// The key of the pages.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The address of the script.
    pub(super) fn address(&self) -> String {
        self.tidemark.server().url("/script.js")
    }

    /// The address of the image.
    pub(super) fn image(&self) -> String {
        self.tidemark.server().url("/script.gif")
    }

    /// The server, and what it knows.
    pub(super) fn tidemark(&self) -> &Tidemark {
        &self.tidemark
    }

    /// The line that loads the script.
    pub(super) fn script(&self) -> &str {
        &self.script
    }

    /// The address of a page.
    pub(super) fn url(&self, path: &str) -> String {
        self.pages.url(path)
    }

    /// Puts a page there with the script.
    pub(super) fn put(&self, path: &str, body: &str) {
        self.put_with(path, &self.script, body);
    }

    /// Puts a page there with these lines in its head.
    pub(super) fn put_with(&self, path: &str, head: &str, body: &str) {
        let html =
            format!("<!doctype html><html lang=en><title>{path}</title><link rel=icon href=data:,>{head}<body>{body}");
        self.pages.put(path, &html);
    }

    pub(super) async fn open(&self, path: &str) {
        self.browser.open(&self.pages.url(path)).await;
    }

    pub(super) async fn run(&self, script: &str) -> Value {
        self.browser.script(script, json!([])).await
    }

    /// Waits until the page says that it is so.
    pub(super) async fn awaits(&self, what: &str, script: &str) {
        let look = async || match self.run(script).await {
            Value::Bool(true) => Ok(()),
            other => Err(other.to_string()),
        };
        self.browser.retry(what, look).await;
    }

    /// Waits until the browser keeps nothing that is to be sent.
    pub(super) async fn keeps_nothing(&self) {
        self.awaits("see nothing wait", "return localStorage.length === 0")
            .await;
    }

    /// Has the server end at once.
    pub(super) fn kill(&mut self) {
        self.tidemark.server_mut().kill9();
    }

    /// Has the server begin again, at another address, from which pages that are put there from now on load the script.
    pub(super) async fn restart(&mut self) {
        self.tidemark.server_mut().restart().await;
        let (_, rest) = self.script.split_once("/script.js").expect("an address");
        self.script = format!("<script defer src=\"{}{rest}", self.address());
    }

    /// Their browser.
    pub(super) fn browser(&self) -> &Browser {
        &self.browser
    }

    /// What was logged, as it arrived: the action with the path of its page.
    pub(super) async fn logged(&self) -> Vec<Value> {
        let document = "{ events(orderBy: ARRIVAL_ASCENDING, first: 500) { edges { node { action time label url referrer tag session \
                        actor actorSource device door } } } }";
        let answer = self.tidemark.client().graphql(document, json!({})).await;
        let edges = answer.data()["events"]["edges"].as_array().cloned().unwrap_or_default();
        edges.into_iter().map(|edge| edge["node"].clone()).collect()
    }

    /// Waits until these actions, and no others, were logged.
    pub(super) async fn sees(&self, actions: &[&str]) -> Vec<Value> {
        let mut wanted: Vec<_> = actions.to_vec();
        wanted.sort_unstable();
        self.browser
            .retry(&format!("see {actions:?} logged"), async || {
                let events = self.logged().await;
                let mut found: Vec<_> = events.iter().filter_map(|event| event["action"].as_str()).collect();
                found.sort_unstable();
                if found == wanted {
                    Ok(events.clone())
                } else {
                    Err(format!("{found:?}"))
                }
            })
            .await
    }
}

/// The events of an action.
pub(super) fn of<'a>(events: &'a [Value], action: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["action"] == action).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_begins_goes_on_over_pages_and_ends() {
    let reader = Reader::new("").await;
    reader.put("/a", "<a href=/c>See</a>");
    reader.put("/c", "the end");
    reader.open("/a?utm_source=letter#top").await;
    reader.sees(&["session.start", "pageview"]).await;
    // A single page moves without leaving; a mark within it is no other page.
    reader
        .run("history.pushState({}, '', '/b'); location.hash = 'part'")
        .await;
    let events = reader.sees(&["session.start", "pageview", "pageview"]).await;
    let views = of(&events, "pageview");
    assert_eq!(views[0]["url"], reader.pages.url("/a?utm_source=letter#top"));
    assert_eq!(views[1]["url"], reader.pages.url("/b"));
    assert_eq!(views[1]["referrer"], views[0]["url"]);
    reader.browser.press("See").await;
    let events = reader
        .sees(&["session.start", "pageview", "pageview", "pageview"])
        .await;
    assert_eq!(of(&events, "pageview")[2]["url"], reader.pages.url("/c"));
    reader.browser.open("about:blank").await;
    let events = reader
        .sees(&["session.start", "pageview", "pageview", "pageview", "session.end"])
        .await;
    let visit = &events[0]["session"];
    assert!(
        visit.is_string() && events.iter().all(|event| event["session"] == *visit),
        "{events:#?}"
    );
    // Who comes back later comes for another visit.
    reader.open("/c").await;
    let events = reader
        .sees(&[
            "session.start",
            "pageview",
            "pageview",
            "pageview",
            "session.end",
            "session.start",
            "pageview",
        ])
        .await;
    assert_ne!(of(&events, "session.start")[1]["session"], *visit);
    // Nothing stays in the browser that would know it again.
    reader.keeps_nothing().await;
    assert_eq!(reader.run("return document.cookie").await, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_pressed_written_and_dwelt_on_is_told() {
    let reader = Reader::new("data-without=\"sessions\"").await;
    reader.put(
        "/a",
        "<a href=\"https://elsewhere.example/x?y=1\" onclick=\"event.preventDefault()\">Elsewhere</a>
         <a href=/report.PDF onclick=\"event.preventDefault()\">Report</a>
         <a href=/a onclick=\"event.preventDefault()\">Nothing special</a>
         <button data-tm-event=signup data-tm-label=top data-tm-tag='{\"plan\": \"pro\"}'>Sign up</button>
         <label>Colour <input data-tm-field=colour></label>
         <label>Other <input name=other></label>
         <label>Secret <input type=password data-tm-field=secret></label>
         <p data-tm-hover=price id=price>9.99</p>",
    );
    reader.open("/a").await;
    reader.sees(&["pageview"]).await;
    for name in ["Elsewhere", "Report", "Nothing special", "Sign up"] {
        reader.browser.press(name).await;
    }
    for field in ["Colour", "Other", "Secret"] {
        reader.browser.fill(field, "green").await;
    }
    reader
        .run(
            "document.activeElement.blur(); const price = document.getElementById('price'); \
             price.dispatchEvent(new MouseEvent('mouseenter')); \
             setTimeout(() => price.dispatchEvent(new MouseEvent('mouseleave')), 700); \
             tidemark('own', {label: 'by hand', tag: {step: 2}})",
        )
        .await;
    let events = reader
        .sees(&[
            "pageview",
            "outbound.click",
            "file.click",
            "signup",
            "field.change",
            "hover",
            "own",
        ])
        .await;
    let one = |action: &str| of(&events, action)[0];
    let outbound = one("outbound.click");
    assert_eq!(
        (&outbound["label"], &outbound["tag"]["link"]),
        (&json!("Elsewhere"), &json!("https://elsewhere.example/x?y=1"))
    );
    assert_eq!(one("file.click")["tag"]["link"], reader.pages.url("/report.PDF"));
    assert_eq!(one("signup")["label"], "top");
    assert_eq!(one("signup")["tag"]["plan"], "pro");
    assert_eq!(one("field.change")["label"], "colour");
    assert_eq!(one("field.change")["tag"]["field_value"], "green");
    assert_eq!(one("hover")["label"], "price");
    let dwell = one("hover")["tag"]["dwell"].as_f64();
    assert!(dwell.is_some_and(|dwell| dwell >= 0.6), "{dwell:?}");
    assert_eq!(one("own")["tag"]["step"], 2);
    assert!(events.iter().all(|event| event["session"].is_null()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_shared_leads_back_to_who_shared_it() {
    let reader = Reader::new("data-without=\"sessions\"").await;
    reader.put(
        "/a",
        "<a data-tm-share=facebook data-tm-group=top target=_self href=\"/share?u={url}\">Share</a>",
    );
    reader.put("/share", "");
    reader.open("/a").await;
    let events = reader.sees(&["pageview", "button.load"]).await;
    let share = of(&events, "button.load")[0]["tag"]["share"].clone();
    reader.browser.press("Share").await;
    let events = reader
        .sees(&["pageview", "button.load", "button.click", "pageview"])
        .await;
    assert_eq!(
        of(&events, "button.click")[0]["tag"],
        json!({"network": "facebook", "group": "top", "share": share, "traffic_source": "direct"})
    );
    // Whoever follows the link that was passed on:
    let landed = reader.browser.url().await;
    let link = reqwest::Url::parse(&landed).expect("an address");
    let link = link
        .query_pairs()
        .find(|(name, _)| name == "u")
        .expect("a link")
        .1
        .into_owned();
    assert!(link.contains("tm_share=facebook."), "{link}");
    reader.browser.open(&link).await;
    let events = reader
        .sees(&[
            "pageview",
            "button.load",
            "button.click",
            "pageview",
            "sharelink.click",
            "pageview",
            "button.load",
        ])
        .await;
    let followed = of(&events, "sharelink.click")[0];
    assert_eq!(
        (&followed["tag"]["network"], &followed["tag"]["share"]),
        (&json!("facebook"), &share)
    );
    assert_eq!(
        reader.browser.url().await,
        reader.pages.url("/a"),
        "it is passed on without the stamp"
    );
    assert_eq!(of(&events, "pageview")[2]["url"], reader.pages.url("/a"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_it_is_is_said_once_and_forgotten_when_told() {
    let reader = Reader::new("data-with=\"cookie\"").await;
    reader.put("/a", "");
    reader.open("/a").await;
    reader.sees(&["session.start", "pageview"]).await;
    reader
        .run("tidemark.identify('ada', {plan: 'pro'}); tidemark('bought')")
        .await;
    reader.sees(&["session.start", "pageview", "bought"]).await;
    reader.run("location.reload()").await;
    let events = reader.sees(&["session.start", "pageview", "bought", "pageview"]).await;
    assert_eq!(of(&events, "bought")[0]["actor"], "ada");
    assert_eq!(of(&events, "pageview")[1]["actor"], "ada", "also on the next page");
    let device = &events[0]["device"];
    assert!(
        device.is_string() && events.iter().all(|event| event["device"] == *device),
        "{events:#?}"
    );
    assert_eq!(
        reader.run("return document.cookie").await,
        format!("tidemark={}", device.as_str().unwrap_or_default())
    );
    reader.run("tidemark.identify(null); tidemark('anonymous')").await;
    let events = reader
        .sees(&["session.start", "pageview", "bought", "pageview", "anonymous"])
        .await;
    assert_ne!(of(&events, "anonymous")[0]["actor"], "ada");
    let known = "{ actor(id: \"ada\") { traits sessions } }";
    let known = reader.tidemark.client().graphql(known, json!({})).await;
    assert_eq!(known.data()["actor"]["traits"], json!({"plan": "pro"}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_sent_waits_and_comes_once() {
    let mut reader = Reader::new("data-without=\"sessions\"").await;
    reader.put("/a", "");
    reader.open("/a").await;
    reader.sees(&["pageview"]).await;
    reader.kill();
    reader.run("tidemark('first'); tidemark('second')").await;
    let kept = async |last: &str| {
        let all = reader.run("return Object.values(localStorage).join()").await;
        let all = all.as_str().unwrap_or_default().to_owned();
        if all.contains(last) { Ok(()) } else { Err(all) }
    };
    reader.browser.retry("see it kept", async || kept("second").await).await;
    reader.run("tidemark('third')").await;
    reader.browser.retry("see it kept", async || kept("third").await).await;
    // The next page sends what the last one could not.
    reader.restart().await;
    reader.put("/a", "");
    reader.open("/a").await;
    reader.sees(&["pageview", "first", "second", "third", "pageview"]).await;
    reader.keeps_nothing().await;
}

/// Has the browser say that its user does not want to be followed, and looks at what the script makes of it.
async fn is_respected(signal: &str) {
    let reader = Reader::new("").await;
    // Nor is anything kept that waited from before they said so.
    let before = format!(
        "<script>localStorage.setItem('tidemark-{}-1', '{{\"action\": \"before\"}}')</script>",
        &reader.key[..15]
    );
    let head = before + reader.script();
    reader.put_with("/a", &head, "");
    let own = reader.script.clone();
    reader.pages.put(
        "/b",
        &format!(
            "<!doctype html><link rel=icon href=data:,>{}<body>",
            own.replace("data-key", "data-without=signals data-key")
        ),
    );
    let signal = format!("Object.defineProperty(Navigator.prototype, {signal})");
    reader.browser.prepare(&signal).await;
    reader.open("/a").await;
    reader.run("tidemark('any'); tidemark.identify('ada')").await;
    assert_eq!(
        reader
            .run("return [sessionStorage.length, localStorage.length, document.cookie]")
            .await,
        json!([0, 0, ""])
    );
    // A page may say that its reader was asked.
    reader.open("/b").await;
    reader.sees(&["session.start", "pageview"]).await;
    assert_eq!(reader.browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_not_to_be_followed_is_not() {
    is_respected("'globalPrivacyControl', {get: () => true}").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_not_to_be_tracked_is_not() {
    is_respected("'doNotTrack', {get: () => '1'}").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_before_it_is_there_is_logged_in_order() {
    let reader = Reader::new("data-without=\"sessions\"").await;
    let early =
        "<script>window.tidemark = window.tidemark || function () { (tidemark.q = tidemark.q || []).push(arguments) };
                 tidemark('first', {label: 'early', tag: {step: 1}}); tidemark('second')</script>";
    let head = early.to_owned() + reader.script();
    reader.put_with("/a", &head, "");
    reader.open("/a").await;
    reader.sees(&["pageview", "first", "second"]).await;
    reader.run("tidemark('third')").await;
    let events = reader.sees(&["pageview", "first", "second", "third"]).await;
    let actions: Vec<_> = events.iter().filter_map(|event| event["action"].as_str()).collect();
    assert_eq!(actions, ["pageview", "first", "second", "third"]);
    let first = of(&events, "first")[0];
    assert_eq!((&first["label"], &first["tag"]["step"]), (&json!("early"), &json!(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_sends_to_where_it_is_told_to() {
    let mut reader = Reader::new("data-without=\"sessions\"").await;
    let rename = "mutation { updateSite(input: {scriptName: \"hello\"}) { scriptName } }";
    let manager = reader.tidemark.client_allowed("manage").await;
    assert_eq!(
        manager.graphql(rename, json!({})).await.data()["updateSite"]["scriptName"],
        "hello"
    );
    let endpoint = reader.tidemark.server().url("/hello");
    reader.script = reader
        .script
        .replace("data-key", &format!("data-endpoint=\"{endpoint}\" data-key"));
    // Whatever goes to its own address is not sent on.
    let watch = "<script>const real = window.fetch; window.asked = []; \
                 window.fetch = (to, how) => { window.asked.push(String(to)); return real(to, how) }</script>";
    let head = watch.to_owned() + reader.script();
    reader.put_with("/a", &head, "");
    reader.open("/a").await;
    reader.sees(&["pageview"]).await;
    assert_eq!(reader.run("return window.asked").await, json!([endpoint]));
    // On leaving, too.
    reader.run("tidemark('last')").await;
    reader.browser.open("about:blank").await;
    reader.sees(&["pageview", "last"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_follows_the_hash_is_another_page_where_it_is_said_to_be() {
    let reader = Reader::new("data-without=\"sessions\" data-with=\"hash\"").await;
    reader.put("/a", "");
    reader.open("/a#/first").await;
    reader.sees(&["pageview"]).await;
    reader.run("location.hash = '/second'").await;
    let events = reader.sees(&["pageview", "pageview"]).await;
    assert_eq!(events[1]["url"], reader.url("/a#/second"));
    assert_eq!(events[1]["referrer"], reader.url("/a#/first"));
    // The same once more is no other page.
    reader.run("location.hash = '/second'; tidemark('own')").await;
    reader.sees(&["pageview", "pageview", "own"]).await;
}
