//! Networks are asked as their interfaces are published, told apart, and left alone where they want to be.

use std::{collections::HashMap, time::Duration};

use serde_json::{Value, json};
use support::{
    Engine, Server, Tidemark,
    folder::TemporaryFolder,
    stand_in::{Asked, Says, StandIn},
};

use super::{PAGE, TRACK, UNTRACK, figures, now, polls, stats, wait_until};

support::on_both_engines!(
    networks_are_asked_and_their_changes_told,
    who_wants_to_be_left_alone_is,
    several_servers_ask_once,
);

const NAMES: [&str; 6] = ["bluesky", "facebook", "hackernews", "mastodon", "pinterest", "reddit"];

/// Where each network is asked, on a server that stands in for all of them.
pub(super) fn path(network: &str) -> String {
    let own = match network {
        "bluesky" => "/xrpc/app.bsky.feed.searchPosts",
        "facebook" => "/",
        "hackernews" => "/api/v1/search",
        "mastodon" => "/api/v2/search",
        "pinterest" => "/v1/urls/count.json",
        "reddit" => "/api/info.json",
        name => panic!("there is no {name}"),
    };
    format!("/{network}{own}")
}

/// What a network answers in its own shape, and what that comes to; `more` is what was added since.
fn answer(network: &str, more: i64) -> (Value, [Option<i64>; 3]) {
    match network {
        "bluesky" => {
            let post = |likes, replies| {
                json!({"uri": "at://did:plc:x/app.bsky.feed.post/y", "record": {"text": "see"},
                "likeCount": likes, "repostCount": 2, "quoteCount": 1, "replyCount": replies})
            };
            let posts = json!({"cursor": "2", "posts": [post(10 + more, 1), post(5, 2)]});
            (posts, [Some(8), Some(15 + more), Some(3)])
        }
        "facebook" => {
            let told = json!({"engagement": {"reaction_count": 14 + more, "comment_count": 53, "share_count": 101,
                "comment_plugin_count": 2}, "id": PAGE});
            (told, [Some(101), Some(14 + more), Some(55)])
        }
        "hackernews" => {
            let story = |url: &str, points, comments| json!({"objectID": "1", "url": url, "points": points, "num_comments": comments});
            let hits = json!({"nbHits": 3, "hits": [
                story("http://example.com/article?id=7", 100 + more, 40),
                story("https://example.com/article?id=7#top", 1, 2),
                story("https://example.com/article?id=77", 1_000, 1_000),
            ]});
            (hits, [Some(2), Some(101 + more), Some(42)])
        }
        "mastodon" => {
            let status = json!({"id": "1", "reblogs_count": 3, "favourites_count": 4 + more, "replies_count": 5});
            (
                json!({"accounts": [], "statuses": [status], "hashtags": []}),
                [Some(4), Some(4 + more), Some(5)],
            )
        }
        "pinterest" => (json!({"url": PAGE, "count": 9 + more}), [Some(9 + more), None, None]),
        "reddit" => {
            let post = |score| json!({"kind": "t3", "data": {"score": score, "num_comments": 7}});
            let listing = json!({"kind": "Listing", "data": {"after": null, "children": [post(50 + more), post(0)]}});
            (listing, [Some(2), Some(50 + more), Some(14)])
        }
        name => panic!("there is no {name}"),
    }
}

pub(super) fn tell(networks: &StandIn, more: i64) {
    for network in NAMES {
        let body = answer(network, more).0.to_string();
        let body = if network == "pinterest" {
            format!("receiveCount({body})")
        } else {
            body
        };
        networks.say(&path(network), Says::body(body));
    }
}

pub(super) fn setting(networks: &StandIn, names: &[&str]) -> String {
    let parts = names
        .iter()
        .map(|name| format!("{name}={}", networks.url(&format!("/{name}"))));
    parts.collect::<Vec<_>>().join(",")
}

/// A folder with a file of tokens, and the path of the file.
fn tokens() -> (TemporaryFolder, String) {
    let folder = TemporaryFolder::new();
    let path = folder.path().join("tokens");
    std::fs::write(&path, "# Tokens\nfacebook = a token&more\nmastodon=another\n").expect("it can be written");
    (folder, path.to_str().expect("text").to_owned())
}

/// Each network was asked about the page as its interface wants it, and shown its own token.
fn check_requests(networks: &StandIn) {
    for name in NAMES {
        let Asked {
            parameters,
            authorization,
            user_agent,
            ..
        } = networks.asked(&path(name)).remove(0);
        let page = match name {
            "facebook" => &parameters["id"],
            "hackernews" => &parameters["query"],
            "mastodon" => &parameters["q"],
            _ => &parameters["url"],
        };
        assert_eq!(page, PAGE, "{name}: {parameters:?}");
        let token = parameters.get("access_token").cloned().or(authorization);
        let expected = match name {
            "facebook" => Some("a token&more".to_owned()),
            "mastodon" => Some("Bearer another".to_owned()),
            _ => None,
        };
        assert_eq!(token, expected, "{name}");
        assert!(user_agent.starts_with("tidemark/"), "{user_agent}");
    }
}

async fn networks_are_asked_and_their_changes_told(engine: Engine) {
    let networks = StandIn::start().await;
    tell(&networks, 0);
    let (_folder, tokens) = tokens();
    let tidemark = Tidemark::builder(engine)
        .flag("--external-networks", &setting(&networks, &NAMES))
        .flag("--external-tokens-file", &tokens)
        .flag("--external-interval", "1s")
        .flag("--external-pause", "1ms")
        .start()
        .await;
    let client = tidemark.client();
    assert!(
        NAMES.iter().all(|name| networks.asked(&path(name)).is_empty()),
        "nobody is asked for nothing"
    );
    let begin = now();
    let page = format!("{PAGE}#comments");
    let answer_to = client.graphql(TRACK, json!({"urls": [page, PAGE]})).await;
    assert_eq!(
        answer_to.data()["trackUrls"]["changed"],
        1,
        "it is one page: {}",
        answer_to.text
    );
    let all_answered = async || {
        let polls = polls(&tidemark).await;
        polls.len() == NAMES.len()
            && polls
                .iter()
                .all(|poll| poll["lastAt"].is_string() && poll["fault"].is_null())
    };
    wait_until("each network has answered", all_answered).await;
    check_requests(&networks);
    let middle = now();
    tell(&networks, 5);
    let later = async || {
        let rows = stats(client, json!({"from": middle, "to": "2100-01-01T00:00:00Z"})).await;
        rows.len() == NAMES.len()
            && rows
                .iter()
                .all(|row| row["change"] != figures(None, None, None) && changed(row) == 5)
    };
    wait_until("each network has said more", later).await;
    let end = now();
    let told = |rows: Vec<Value>| -> HashMap<String, Value> {
        let name = |row: &Value| row["network"].as_str().expect("a name").to_owned();
        rows.into_iter().map(|row| (name(&row), row)).collect()
    };
    let first = told(stats(client, json!({"from": begin, "to": middle})).await);
    let second = told(stats(client, json!({"from": middle, "to": end, "urls": [page]})).await);
    let whole = told(stats(client, json!({"from": begin, "to": end})).await);
    for name in NAMES {
        let ([shares, likes, comments], [_, _, then]) = (answer(name, 0).1, answer(name, 5).1);
        assert_eq!(first[name]["total"], figures(shares, likes, comments), "{name}");
        let zero = |figure: Option<i64>| figure.map(|_| 0);
        assert_eq!(
            first[name]["change"],
            figures(zero(shares), zero(likes), zero(comments)),
            "{name}: since the first"
        );
        let more = if name == "pinterest" {
            figures(Some(5), None, None)
        } else {
            figures(Some(0), Some(5), zero(then))
        };
        assert_eq!(second[name]["change"], more, "{name}");
        assert_eq!(second[name]["since"], middle, "{name}");
        assert_eq!(whole[name]["change"], more, "{name}: of what was seen");
        assert!(
            whole[name]["since"].as_str() > Some(&begin),
            "{name}: known from the first answer on"
        );
        assert_eq!(first[name]["url"], PAGE);
    }
    // Put together, and of one network alone.
    let all = stats(client, json!({"from": middle, "to": end, "groupBy": []})).await;
    assert_eq!(all.len(), 1, "{all:#?}");
    assert_eq!(all[0]["change"], figures(Some(5), Some(25), Some(0)), "{all:#?}");
    assert!(all[0]["network"].is_null() && all[0]["url"].is_null());
    let one = stats(client, json!({"from": middle, "to": end, "networks": ["reddit"]})).await;
    assert_eq!((one.len(), &one[0]["network"]), (1, &json!("reddit")));
    // Nobody is asked about what is not tracked any more; what was said is kept.
    let gone = client
        .graphql(UNTRACK, json!({"urls": [PAGE, "https://example.com/other"]}))
        .await;
    assert_eq!(gone.data()["untrackUrls"]["changed"], 1);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let asked = || NAMES.map(|name| networks.asked(&path(name)).len());
    let before = asked();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(asked(), before);
    assert_eq!(told(stats(client, json!({"from": middle, "to": end})).await), second);
}

/// How much one figure of a row changed.
fn changed(row: &Value) -> i64 {
    let change = &row["change"];
    change["likes"].as_i64().or(change["shares"].as_i64()).unwrap_or(0)
}

async fn who_wants_to_be_left_alone_is(engine: Engine) {
    let networks = StandIn::start().await;
    tell(&networks, 0);
    let busy =
        json!({"error": {"message": "(#4) Application request limit reached", "type": "OAuthException", "code": 4}});
    networks.say(&path("facebook"), Says::body(busy).with_status(400));
    networks.say(
        &path("hackernews"),
        Says::body("slow down").with_status(429).with("Retry-After", "7200"),
    );
    networks.say(&path("bluesky"), Says::body("<html>").with_status(502));
    networks.say(&path("mastodon"), Says::body("<html>no JSON</html>"));
    let mut slow = Says::body("{}");
    slow.after = Duration::from_secs(20);
    networks.say(&path("pinterest"), slow);
    let (_folder, tokens) = tokens();
    let tidemark = Tidemark::builder(engine)
        .flag("--external-networks", &setting(&networks, &NAMES))
        .flag("--external-tokens-file", &tokens)
        .flag("--external-interval", "1s")
        .flag("--external-pause", "1ms")
        .flag("--external-timeout", "500ms")
        .flag("--external-back-off", "1h")
        .start()
        .await;
    let client = tidemark.client();
    let urls = [PAGE, "https://example.com/second", "https://example.com/third"];
    let _ = client.graphql(TRACK, json!({"urls": urls})).await.data();
    let reddit_goes_on = async || networks.asked(&path("reddit")).len() >= 9;
    wait_until("Reddit was asked three times about each page", reddit_goes_on).await;
    for name in ["facebook", "hackernews", "bluesky", "mastodon", "pinterest"] {
        assert_eq!(
            networks.asked(&path(name)).len(),
            1,
            "{name} is left alone, whatever the page"
        );
    }
    let polls = polls(&tidemark).await;
    let poll = |name: &str| {
        polls
            .iter()
            .find(|poll| poll["network"] == name)
            .expect("it was asked")
            .clone()
    };
    for (name, fault) in [
        ("facebook", "It wants to be left alone for a while."),
        ("hackernews", "It wants to be left alone for a while."),
        ("bluesky", "It answered with the status 502."),
        ("mastodon", "Its answer is not what it should be."),
        ("pinterest", "It did not answer in time."),
    ] {
        let poll = poll(name);
        assert_eq!(
            (&poll["fault"], &poll["lastAt"]),
            (&json!(fault), &Value::Null),
            "{name}"
        );
        let next: jiff::Timestamp = poll["nextAt"].as_str().expect("text").parse().expect("a time");
        let now: jiff::Timestamp = now().parse().expect("a time");
        let minutes = next.duration_since(now).as_mins();
        let wanted = if name == "hackernews" { 110..=120 } else { 50..=60 };
        assert!(wanted.contains(&minutes), "{name}: {minutes}");
    }
    assert!(poll("reddit")["fault"].is_null());
    // What is the page's fault is no reason to leave the network alone.
    networks.say(&path("reddit"), Says::body("{}").with_status(404));
    let asked = networks.asked(&path("reddit")).len();
    wait_until("all pages were tried again", async || {
        networks.asked(&path("reddit")).len() >= asked + 6
    })
    .await;
    let log = tidemark.server().log();
    assert!(!log.contains("a token"), "no token is logged: {log}");
}

async fn several_servers_ask_once(engine: Engine) {
    let networks = StandIn::start().await;
    tell(&networks, 0);
    let at = setting(&networks, &["reddit", "hackernews"]);
    let flags = [("--external-networks", at.as_str()), ("--external-pause", "20ms")];
    let mut builder = Tidemark::builder(engine);
    for (flag, value) in flags {
        builder = builder.flag(flag, value);
    }
    let tidemark = builder.start().await;
    let second = Server::start_with(tidemark.database(), &flags).await;
    let urls: Vec<_> = (0..40).map(|page| format!("https://example.com/{page}")).collect();
    let _ = tidemark.client().graphql(TRACK, json!({"urls": urls})).await.data();
    let asked = |name: &str| networks.asked(&path(name)).len();
    wait_until("all are asked", async || {
        asked("reddit") >= 40 && asked("hackernews") >= 40
    })
    .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(
        (asked("reddit"), asked("hackernews")),
        (40, 40),
        "each once, by whichever server"
    );
    drop(second);
}
