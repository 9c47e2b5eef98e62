//! Published libraries of other systems in the pages of a real browser, unmodified, from another origin than the server's.

use serde_json::{Value, json};
use support::{
    Browser, Engine, Pages, Tidemark,
    kept::{counted, events},
    node,
};

/// A page that a library is on, and somebody who looks at it.
struct Visit {
    tidemark: Tidemark,
    pages: Pages,
    browser: Browser,
    key: String,
}

impl Visit {
    /// Opens a page with these lines in its head, in which `SERVER`, `HOST` and `KEY` stand for what they are; beside it are
    /// these scripts, as they are published.
    async fn new(package: &str, scripts: &[&str], head: &str) -> Self {
        node::is_installed(package);
        Self::with(scripts, head).await
    }

    /// The same for a page that needs no package.
    async fn with(scripts: &[&str], head: &str) -> Self {
        let tidemark = Tidemark::start(Engine::Sqlite).await;
        let pages = Pages::start().await;
        let flags = ["--site", tidemark.site(), "--allow", "log", "--origin", pages.origin()];
        let key = tidemark.key(&flags).await;
        let visit = Self {
            tidemark,
            pages,
            browser: Browser::start().await,
            key,
        };
        for script in scripts {
            visit.pages.put_script(script, &node::script(script));
        }
        let html = format!("<!doctype html><html lang=en><title>Shop</title><link rel=icon href=data:,>{head}<body>");
        visit.pages.put("/shop", &visit.fill(&html));
        visit.browser.open(&visit.url()).await;
        visit
    }

    fn url(&self) -> String {
        self.pages.url("/shop?utm_source=letter")
    }

    fn fill(&self, text: &str) -> String {
        let server = self.tidemark.server().url("");
        let host = server
            .split("://")
            .nth(1)
            .unwrap_or_default()
            .trim_end_matches('/')
            .to_owned();
        let text = text
            .replace("SERVER", server.trim_end_matches('/'))
            .replace("HOST", &host);
        text.replace("KEY", &self.key)
    }

    /// Has the page do something, and waits for it; what goes wrong is told in words.
    async fn run(&self, script: &str) -> Value {
        let script = format!(
            "return (async () => {{ try {{ {} }} catch (error) {{ return 'failed: ' + error }} }})()",
            self.fill(script)
        );
        self.browser.script(&script, json!([])).await
    }

    /// Waits until these actions were logged, in any order, and no others; gives their events.
    async fn sees(&self, actions: &[&str]) -> Vec<Value> {
        let mut wanted = actions.to_vec();
        wanted.sort_unstable();
        self.browser
            .retry(&format!("see {actions:?} logged"), async || {
                let all = events(&self.tidemark).await;
                let mut found: Vec<_> = all.iter().filter_map(|event| event["action"].as_str()).collect();
                found.sort_unstable();
                if found == wanted {
                    Ok(all.clone())
                } else {
                    Err(format!("{found:?}"))
                }
            })
            .await
    }

    /// What is known of an actor, once this is.
    async fn actor(&self, id: &str, what: &str) -> Value {
        let document =
            "query ($id: ID!) { actor(id: $id) { id aliases traits company { id traits } firstTouch { campaign } } }";
        self.browser
            .retry(&format!("see {what} of {id} known"), async || {
                let answer = self.tidemark.client().graphql(document, json!({"id": id})).await;
                match &answer.data()["actor"][what] {
                    Value::Object(fields) if !fields.is_empty() => Ok(answer.data()["actor"].clone()),
                    other => Err(other.to_string()),
                }
            })
            .await
    }

    /// Fails if anything that came was refused.
    async fn all_is_well(&self, door: &str) {
        let counted = counted(self.tidemark.client(), door).await;
        assert!(counted.iter().all(|row| row.0 == "ACCEPTED"), "{counted:?}");
        assert_eq!(self.browser.complaints().await, Vec::<String>::new());
    }
}

fn one<'a>(events: &'a [Value], action: &str) -> &'a Value {
    let found = events.iter().find(|event| event["action"] == action);
    found.unwrap_or_else(|| panic!("{action}: {events:#?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn segments_library_comes_in() {
    let head = "<script src=\"/node_modules/@segment/analytics-next/dist/umd/index.js\"></script>\
                <script>window.analytics = AnalyticsNext.AnalyticsBrowser.load({writeKey: 'KEY', cdnURL: 'SERVER'})</script>";
    let visit = Visit::new(
        "@segment/analytics-next",
        &["/node_modules/@segment/analytics-next/dist/umd/index.js"],
        head,
    )
    .await;
    let told = visit
        .run(
            "await analytics.page('Shop'); await analytics.identify('ada', {plan: 'pro'}); \
             await analytics.track('Signed Up', {step: 2}); await analytics.group('acme', {size: 7}); \
             await analytics.alias('ada', 'ada.lovelace'); return (await analytics.user()).anonymousId()",
        )
        .await;
    let device = told.as_str().expect("an id");
    assert!(!device.starts_with("failed"), "{device}");
    let events = visit.sees(&["page.visit", "Signed Up"]).await;
    let page = one(&events, "page.visit");
    assert_eq!(
        (&page["label"], &page["url"], &page["actor"], &page["actorSource"]),
        (&json!("Shop"), &json!(visit.url()), &json!(device), &json!("DEVICE"))
    );
    let signed = one(&events, "Signed Up");
    assert_eq!(
        (
            &signed["actor"],
            &signed["device"],
            &signed["tag"]["step"],
            &signed["door"]
        ),
        (&json!("ada"), &json!(device), &json!(2), &json!("segment"))
    );
    let ada = visit.actor("ada", "traits").await;
    assert_eq!((&ada["id"], &ada["traits"]["plan"]), (&json!("ada"), &json!("pro")));
    let mut aliases = vec![device, "ada.lovelace"];
    aliases.sort_unstable();
    assert_eq!(ada["aliases"], json!(aliases));
    visit.all_is_well("segment").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coveos_library_comes_in() {
    let head = "<script src=\"/node_modules/coveo.analytics/dist/coveoua.js\"></script>\
                <script>coveoua('init', 'KEY', 'SERVER/rest/ua'); coveoua('send', 'view', {contentIdKey: 'permanentid', \
                contentIdValue: '1', contentType: 'page'})</script>";
    let visit = Visit::new(
        "coveo.analytics",
        &["/node_modules/coveo.analytics/dist/coveoua.js"],
        head,
    )
    .await;
    visit.sees(&["page.visit"]).await;
    let click = "{language: 'en', originLevel1: 'Community', actionCause: 'documentOpen', documentPosition: 1, sourceName: 'web', \
                 searchQueryUid: '7bfc652a-9dea-4811-b3f9-6d24345c37ce', documentTitle: 'Boats & more +1', \
                 documentUrl: 'https://docs.example.com/boats', customData: {contentIDKey: 'permanentid', contentIDValue: '1'}}";
    let told = visit
        .run(&format!(
            "window.client = new coveoanalytics.CoveoAnalyticsClient({{token: 'KEY', endpoint: 'SERVER/rest/ua'}}); \
             const searched = await client.sendSearchEvent({{language: 'en', originLevel1: 'Community', queryText: '', \
             actionCause: 'searchboxSubmit', responseTime: 0, numberOfResults: 3, \
             searchQueryUid: '7bfc652a-9dea-4811-b3f9-6d24345c37ce'}}); \
             await client.sendClickEvent({click}); \
             await client.sendCustomEvent({{language: 'en', eventType: 'facet', eventValue: 'facetSearch'}}); \
             return [searched.visitorId, await client.getCurrentVisitorId()]"
        ))
        .await;
    assert!(told[0].is_string() && told[0] == told[1], "{told}");
    let events = visit
        .sees(&["page.visit", "searchboxSubmit", "documentOpen", "facet"])
        .await;
    // One visitor, in one visit, whether it is said by a request or by a beacon.
    assert!(
        events
            .iter()
            .all(|event| event["device"] == told[0] && event["session"] == events[0]["session"]),
        "{events:#?}"
    );
    let click = one(&events, "documentOpen");
    assert_eq!(click["tag"]["documentTitle"], "Boats & more +1");
    assert_eq!(click["tag"]["contentidvalue"], "1");
    let view = one(&events, "page.visit");
    assert_eq!((&view["url"], &view["door"]), (&json!(visit.url()), &json!("coveo")));
    visit.all_is_well("coveo").await;
}

/// A page with a version of Relay, whose own packages are in this folder, and `uuid` in this one of its.
async fn relay(package: &str, own: &str, uuid: &str) -> Visit {
    let main = format!("/node_modules/{package}/lib/npm/relay.mjs");
    let messenger = format!("/node_modules/{own}@coveo/explorer-messenger/dist/messenger.js");
    let uuid = format!("/node_modules/{own}uuid/{uuid}");
    let imports =
        json!({"@coveo/relay": main, "@coveo/explorer-messenger": messenger, "uuid": format!("{uuid}/index.js")});
    let head = format!("<script type=importmap>{}</script>", json!({"imports": imports}));
    let mut scripts = node::scripts(&uuid);
    scripts.extend([main, messenger]);
    let scripts: Vec<_> = scripts.iter().map(String::as_str).collect();
    Visit::new(package, &scripts, &head).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn relay_comes_in() {
    let visit = relay("@coveo/relay", "", "dist").await;
    let told = visit
        .run(
            "const {createRelay} = await import('@coveo/relay'); \
             const relay = createRelay({url: 'SERVER/rest/organizations/acme/events/v1', token: 'KEY', trackingId: 'shop'}); \
             await relay.emit('itemClick', {responseId: '7bfc652a-9dea-4811-b3f9-6d24345c37ce', position: 2, itemMetadata: \
             {uniqueFieldName: 'permanentid', uniqueFieldValue: '1', title: 'Boats', author: 'ada', url: 'https://docs.example.com/boats'}}); \
             await relay.emit('ec.productView', {currency: 'EUR', product: {productId: 'XY-1', name: 'Boat', price: 540}}); \
             try { await relay.emit('itemClick', {position: 0}); return 'taken' } \
             catch (error) { return relay.getMeta('x').clientId }",
        )
        .await;
    let client = told.as_str().expect("an id");
    assert!(uuid::Uuid::parse_str(client).is_ok(), "{client}");
    let events = visit.sees(&["itemClick", "ec.productView"]).await;
    for event in &events {
        assert_eq!((&event["device"], &event["url"]), (&json!(client), &json!(visit.url())));
    }
    let click = one(&events, "itemClick");
    assert_eq!(
        (&click["tag"]["documentPosition"], &click["tag"]["documentTitle"]),
        (&json!(2), &json!("Boats"))
    );
    let refused = counted(visit.tidemark.client(), "coveo").await;
    assert!(
        refused.iter().any(|row| row.0 == "INVALID" && row.3 == 1),
        "{refused:?}"
    );
}

/// The version before, with which Headless comes, sends beacons of JSON: browsers ask first, with credentials.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn relay_comes_in_by_beacon() {
    let visit = relay("coveo-relay-1", "coveo-relay-1/node_modules/", "dist/esm-browser").await;
    let told = visit
        .run(
            "const {createRelay} = await import('@coveo/relay'); \
             const relay = createRelay({url: 'SERVER/rest/organizations/acme/events/v1', token: 'KEY', trackingId: 'shop'}); \
             relay.emit('itemClick', {searchUid: '7bfc652a-9dea-4811-b3f9-6d24345c37ce', position: 2, itemMetadata: \
             {uniqueFieldName: 'permanentid', uniqueFieldValue: '1', title: 'Boats', author: 'ada', url: 'https://docs.example.com/boats'}}); \
             return relay.getMeta('x').clientId",
        )
        .await;
    let click = &visit.sees(&["itemClick"]).await[0];
    assert_eq!(
        (&click["device"], &click["tag"]["documentTitle"]),
        (&told, &json!("Boats"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moesifs_library_comes_in() {
    for batch in [false, true] {
        let head = format!(
            "<script src=\"/node_modules/moesif-browser-js/moesif.min.js\"></script>\
             <script>moesif.init({{applicationId: 'KEY', host: 'HOST', batchEnabled: {batch}, batchMaxTime: 300}})</script>"
        );
        let visit = Visit::new(
            "moesif-browser-js",
            &["/node_modules/moesif-browser-js/moesif.min.js"],
            &head,
        )
        .await;
        let told = visit
            .run(
                "moesif.track('Looked', {first: true}); moesif.identifyUser('ada', {plan: 'pro'}); \
                 moesif.identifyCompany('acme', {size: 7}, 'acme.example'); \
                 moesif.track('Clicked Sign Up', {button: 'top', 'so.me': {'nes.ted': 1}}); return 'done'",
            )
            .await;
        assert_eq!(told, "done");
        let events = visit.sees(&["Looked", "Clicked Sign Up"]).await;
        let click = one(&events, "Clicked Sign Up");
        assert_eq!(
            (&click["actor"], &click["company"], &click["url"], &click["door"]),
            (&json!("ada"), &json!("acme"), &json!(visit.url()), &json!("moesif"))
        );
        assert_eq!(click["tag"]["button"], "top");
        assert_eq!(click["tag"]["so_me"], json!({"nes_ted": 1}));
        let looked = one(&events, "Looked");
        // Once it knows who it is, it names the device no more; that has become another name of theirs.
        let ada = visit.actor("ada", "firstTouch").await;
        assert_eq!(ada["aliases"], json!([looked["device"]]));
        assert_eq!(ada["traits"]["plan"], "pro");
        assert_eq!(ada["firstTouch"]["campaign"]["utm_source"], "letter");
        // From then on it tells of what the page asks for, too.
        let told = visit
            .run("moesif.start(); await fetch('/shop?called'); return 'done'")
            .await;
        assert_eq!(told, "done");
        let events = visit.sees(&["Looked", "Clicked Sign Up", "api.call"]).await;
        let call = one(&events, "api.call");
        let called = visit.pages.url("/shop?called");
        assert_eq!((&call["actor"], &call["url"]), (&json!("ada"), &json!(called)));
        assert_eq!(
            (&call["tag"]["verb"], &call["tag"]["status"]),
            (&json!("GET"), &json!(200))
        );
        visit.all_is_well("moesif").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn click_sts_snippet_comes_in() {
    let head = "<script src=\"SERVER/api.js?key=KEY\"></script><body><div id=here>\
                <script>clickst.button({id:'123',url:'http://www.example.com/things/123'})</script></div>\
                <a id=own href=\"javascript:void 0\">Tell others</a>\
                <script>clickst.button({id: 7, element: 'own', network: 'twitter', tag: {place: 'foot'}})</script>";
    let visit = Visit::with(&[], head).await;
    let thing = json!("http://www.example.com/things/123");
    let item = json!({"item_id": "123", "traffic_source": "direct"});
    let events = visit.sees(&["pageview", "button.load", "button.load"]).await;
    let page = one(&events, "pageview");
    assert_eq!((&page["url"], &page["door"]), (&json!(visit.url()), &json!("clickst")));
    let loaded = events.iter().find(|event| event["url"] == thing);
    let loaded = loaded.unwrap_or_else(|| panic!("{events:#?}"));
    assert_eq!((&loaded["action"], &loaded["tag"]), (&json!("button.load"), &item));
    // The button stands where the snippet does.
    let drawn = "return document.getElementById('here').firstElementChild.outerHTML";
    assert_eq!(
        visit.browser.script(drawn, json!([])).await,
        "<button type=\"button\" class=\"clickst-button\">Share</button>"
    );
    visit.browser.press("Share").await;
    let events = visit
        .sees(&["pageview", "button.load", "button.load", "button.click"])
        .await;
    let click = one(&events, "button.click");
    assert_eq!(
        (&click["url"], &click["tag"], &click["door"]),
        (&thing, &item, &json!("clickst"))
    );
    // An element of the page's own, which goes on doing what it did.
    visit.browser.press("Tell others").await;
    let told = visit
        .run("clickst.log('conversion', {url: 'http://www.example.com/done', tag: {group: 'g'}}); return 'done'")
        .await;
    assert_eq!(told, "done");
    let events = visit
        .sees(&[
            "pageview",
            "button.load",
            "button.load",
            "button.click",
            "button.click",
            "conversion",
        ])
        .await;
    let own = events.iter().filter(|event| event["tag"]["item_id"] == "7");
    for event in own.clone() {
        assert_eq!(
            (&event["url"], &event["tag"]),
            (
                &json!(visit.url()),
                &json!({"item_id": "7", "network": "twitter", "place": "foot", "traffic_source": "direct"})
            )
        );
    }
    assert_eq!(own.count(), 2, "{events:#?}");
    let conversion = one(&events, "conversion");
    assert_eq!(
        (&conversion["url"], &conversion["tag"]),
        (
            &json!("http://www.example.com/done"),
            &json!({"group": "g", "traffic_source": "direct"})
        )
    );
    visit.all_is_well("clickst").await;
}
