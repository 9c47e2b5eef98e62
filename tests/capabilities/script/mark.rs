//! What else pages mark and browsers tell: links that download, shared addresses of one's own, boxes to tick, visits that
//! end by themselves, pages that come back, and the image of pages that run no scripts.

use std::fs;

use serde_json::{Value, json};
use support::folder::repository;

use super::page::{Reader, of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_that_download_and_boxes_are_told() {
    let reader = Reader::new("data-without=\"sessions\"").await;
    reader.put(
        "/a",
        "<a href=/plain download onclick=\"event.preventDefault()\">Take</a>
         <a href=/plain onclick=\"event.preventDefault()\">Read</a>
         <label><input type=checkbox data-tm-field=news> News</label>
         <label><input type=radio name=size value=large data-tm-field=large> Large</label>",
    );
    reader.open("/a").await;
    reader.sees(&["pageview"]).await;
    for name in ["Take", "Read", "News"] {
        reader.browser().press(name).await;
    }
    let events = reader.sees(&["pageview", "file.click", "field.change"]).await;
    let file = of(&events, "file.click")[0];
    assert_eq!(
        (&file["label"], &file["tag"]["link"]),
        (&json!("Take"), &json!(reader.url("/plain")))
    );
    let field = of(&events, "field.change")[0];
    assert_eq!(
        (&field["label"], &field["tag"]["field_value"]),
        (&json!("news"), &json!("true"))
    );
    reader.browser().press("News").await;
    reader.browser().press("Large").await;
    let events = reader
        .sees(&["pageview", "file.click", "field.change", "field.change", "field.change"])
        .await;
    let fields: Vec<_> = of(&events, "field.change")
        .iter()
        .map(|event| (event["label"].clone(), event["tag"]["field_value"].clone()))
        .collect();
    assert_eq!(
        fields[1..],
        [(json!("news"), json!("false")), (json!("large"), json!("true"))]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_out_is_not_told() {
    let reader = Reader::new("data-without=\"sessions outbound files pageview\"").await;
    reader.put(
        "/a",
        "<a href=\"https://elsewhere.example/\" onclick=\"event.preventDefault()\">Elsewhere</a>
         <a href=/report.pdf onclick=\"event.preventDefault()\">Report</a>",
    );
    reader.open("/a").await;
    for name in ["Elsewhere", "Report"] {
        reader.browser().press(name).await;
    }
    reader.run("history.pushState({}, '', '/b'); tidemark('own')").await;
    let events = reader.sees(&["own"]).await;
    assert_eq!(events[0]["session"], Value::Null);
    // What a page says itself is logged all the same.
    reader.run("tidemark.page({label: 'step 2'})").await;
    let events = reader.sees(&["own", "pageview"]).await;
    let view = of(&events, "pageview")[0];
    assert_eq!(
        (&view["label"], &view["url"]),
        (&json!("step 2"), &json!(reader.url("/b")))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_button_shares_the_address_that_it_names() {
    let reader = Reader::new("data-without=\"sessions\"").await;
    reader.put(
        "/a",
        "<button id=own data-tm-share=mastodon data-tm-url=\"/other?x=1\">Toot</button>
         <button id=page data-tm-share=bluesky>Post</button>",
    );
    reader.open("/a").await;
    let events = reader.sees(&["pageview", "button.load", "button.load"]).await;
    let load = |network: &str| {
        let mut loads = of(&events, "button.load").into_iter();
        loads
            .find(|event| event["tag"]["network"] == network)
            .expect("a button")
            .clone()
    };
    for (id, network, path) in [("own", "mastodon", "/other?x=1"), ("page", "bluesky", "/a")] {
        let load = load(network);
        assert_eq!(load["url"], reader.url(path));
        // Whatever the button is, its stamped address is there for the page to use.
        let link = reader
            .run(&format!("return document.getElementById('{id}').dataset.tmLink"))
            .await;
        let link = reqwest::Url::parse(link.as_str().expect("an address")).expect("an address");
        let stamp = link
            .query_pairs()
            .find(|(name, _)| name == "tm_share")
            .expect("a stamp")
            .1;
        let share = load["tag"]["share"].as_str().expect("an id");
        assert_eq!(stamp, format!("{network}.{share}"));
        assert!(link.as_str().starts_with(&reader.url(path)), "{link}");
    }
    // The page moves on; what is pressed is still the button of what it shares.
    reader.run("history.pushState({}, '', '/moved')").await;
    reader.browser().press("Toot").await;
    reader.browser().press("Post").await;
    let events = reader
        .sees(&[
            "pageview",
            "button.load",
            "button.load",
            "pageview",
            "button.click",
            "button.click",
        ])
        .await;
    let clicks: Vec<_> = of(&events, "button.click")
        .iter()
        .map(|event| event["url"].clone())
        .collect();
    assert_eq!(clicks, [reader.url("/other?x=1"), reader.url("/a")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_ends_after_half_an_hour_of_nothing() {
    let reader = Reader::new("").await;
    reader.put("/a", "<a href=/b>Go on</a>");
    reader.put("/b", "");
    reader.open("/a").await;
    reader.sees(&["session.start", "pageview"]).await;
    // As if the tab had been left alone for that long.
    let minutes = "const [name, text] = Object.entries(sessionStorage)[0]; const visit = JSON.parse(text); \
                   visit.at -= 31 * 60 * 1000; sessionStorage.setItem(name, JSON.stringify(visit)); return visit";
    let visit = reader.run(minutes).await;
    reader.browser().press("Go on").await;
    let events = reader
        .sees(&["session.start", "pageview", "session.end", "session.start", "pageview"])
        .await;
    let (starts, views) = (of(&events, "session.start"), of(&events, "pageview"));
    let end = of(&events, "session.end")[0];
    assert_eq!(
        (&starts[0]["session"], &end["session"]),
        (&visit["id"], &visit["id"]),
        "{events:#?}"
    );
    assert_ne!(starts[1]["session"], visit["id"]);
    assert_eq!(views[1]["session"], starts[1]["session"]);
    // It ended when something last happened, and not when that was noticed.
    let time = |event: &Value| -> jiff::Timestamp { event["time"].as_str().expect("a time").parse().expect("a time") };
    let apart = time(starts[1]).duration_since(time(end)).as_secs();
    assert!((31 * 60..60 * 60).contains(&apart), "{apart} s");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_comes_back_is_seen_again() {
    let reader = Reader::new("").await;
    reader.put("/a", "");
    reader.open("/a").await;
    reader.sees(&["session.start", "pageview"]).await;
    // What the browser says to a page that it puts aside, and takes up again as it was.
    reader
        .run(
            "for (const what of ['pagehide', 'pageshow']) \
             window.dispatchEvent(new PageTransitionEvent(what, {persisted: true}))",
        )
        .await;
    let events = reader
        .sees(&["session.start", "pageview", "session.end", "session.start", "pageview"])
        .await;
    let starts = of(&events, "session.start");
    assert_ne!(starts[0]["session"], starts[1]["session"]);
    let views = of(&events, "pageview");
    assert_eq!(views[1]["url"], reader.url("/a"));
    assert_eq!(views[1]["session"], starts[1]["session"]);
    // One that is only shown for the first time is not seen twice.
    reader
        .run("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: false})); tidemark('own')")
        .await;
    let actions = [
        "session.start",
        "pageview",
        "session.end",
        "session.start",
        "pageview",
        "own",
    ];
    reader.sees(&actions).await;
}

/// The image between the two words in a text.
fn image(text: &str) -> &str {
    let (_, rest) = text.split_once("<noscript>").expect("an image");
    rest.split_once("</noscript>").expect("its end").0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_image_tells_the_whole_address_of_its_page() {
    let read = |path: &str| fs::read_to_string(repository().join(path)).expect("a file");
    let (docs, offered) = (read("docs/script.md"), read("web/src/pages/settings/snippet.rs"));
    let reader = Reader::new("").await;
    // As it is documented, and as it is offered; browsers with scripts do not look into `noscript`.
    let documented = image(&docs).replace("https://tidemark.example.com/script.gif", &reader.image());
    let documented = documented.replace("tm_…", reader.key());
    let offered = image(&offered).replace("{0}/{1}.gif", &reader.image());
    let offered = offered.replace("YOUR-KEY", reader.key());
    for (path, image) in [("/documented", documented), ("/offered", offered)] {
        reader.put_with(path, "", &image);
    }
    reader.open("/documented?from=letter").await;
    reader.sees(&["pageview"]).await;
    reader.open("/offered?from=letter").await;
    let events = reader.sees(&["pageview", "pageview"]).await;
    let urls: Vec<_> = events.iter().map(|event| event["url"].clone()).collect();
    assert_eq!(
        urls,
        [
            reader.url("/documented?from=letter"),
            reader.url("/offered?from=letter")
        ]
    );
    assert_eq!(reader.browser().complaints().await, Vec::<String>::new());
}
