//! A site that has been in use for weeks: people, keys, lists, quarantine, deletions, and what happened day by day.

use std::fmt::Write as _;

use reqwest::Method;
use serde_json::{Value, json};
use support::{Client, binary, person::PASSWORD};

use super::visit::Visit;
use crate::inside;

/// The days that events are told of.
const DAYS: u64 = 45;
/// Events of an ordinary day.
const A_DAY: u64 = 90;
const DAY: u64 = 86_400;

/// What browsers say of themselves.
const AGENTS: [&str; 5] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 \
     Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/604.1",
];
const PATHS: [&str; 9] = [
    "/",
    "/prices",
    "/shop/boots",
    "/shop/raincoats",
    "/journal/how-we-read-the-tide-tables-of-the-north-sea-and-what-they-leave-out",
    "/about",
    "/shop/lanterns",
    "/basket",
    "/help/delivery",
];
const REFERRERS: [Option<&str>; 8] = [
    None,
    Some("https://www.google.com/"),
    Some("https://news.example/today"),
    None,
    Some("https://duckduckgo.com/"),
    Some("https://click.st/x7"),
    Some("https://harbour-masters-association.example/links"),
    Some("https://www.bing.com/"),
];
const ACTORS: [&str; 7] = ["anna", "bert", "chloé", "dimitri", "eve", "farid", "gudrun"];
const COMPANIES: [Option<&str>; 5] = [Some("acme"), None, Some("Lighthouse & Sons"), None, Some("globex")];

/// Numbers that look as if by chance, and are the same each time.
fn dice(seed: u64, sides: u64) -> usize {
    let mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    usize::try_from((mixed ^ (mixed >> 32)) % sides).expect("small")
}

/// The smaller values come up more often.
fn leaning(seed: u64, sides: u64) -> usize {
    dice(seed, sides).min(dice(seed + 7_919, sides))
}

fn event(seed: u64, at: u64) -> Value {
    let action = [
        "pageview",
        "pageview",
        "pageview",
        "button.click",
        "Searched for Something",
        "signup",
        "order.placed",
    ][leaning(seed, 7)];
    let mut event = json!({
        "action": action,
        "time": jiff::Timestamp::from_second(i64::try_from(at).expect("a time")).expect("a time").to_string(),
        "actor": format!("{}-{}", ACTORS[dice(seed + 1, 7)], dice(seed + 2, 40)),
        "url": format!("https://shop.example{}", PATHS[leaning(seed + 3, 9)]),
        "country": (["DE", "AT", "NL", "GB", "DK", "US"][leaning(seed + 4, 6)]),
        "language": (["de", "en", "nl"][leaning(seed + 5, 3)]),
        "userAgent": AGENTS[leaning(seed + 6, 5)],
        "session": format!("session {}", dice(seed + 8, 900)),
        "tag": {
            "network": (["north", "south", "the outer islands"][leaning(seed + 9, 3)]),
            "group": (["red", "blue"][dice(seed + 10, 2)]),
            "plan": (["free", "pro", "harbour"][leaning(seed + 11, 3)]),
            "price": dice(seed + 12, 9_000),
            "basket": {"items": dice(seed + 13, 5), "gift": seed.is_multiple_of(3)},
        },
    });
    if let Some(referrer) = REFERRERS[dice(seed + 14, 8)] {
        event["referrer"] = json!(referrer);
    }
    if let Some(company) = COMPANIES[dice(seed + 15, 5)] {
        event["company"] = json!(company);
    }
    if action == "button.click" {
        event["label"] = json!("Add to basket");
    }
    event
}

/// The days before today, with their weekends and a little growth.
fn past(now: u64) -> String {
    let mut lines = String::new();
    for ago in 1..=DAYS {
        let busy = match (now / DAY - ago) % 7 {
            2 | 3 => A_DAY / 2,
            _ => A_DAY,
        };
        let amount = busy * (120 - ago) / 100 + u64::try_from(dice(ago, 30)).expect("small");
        for index in 0..amount {
            let at = now - ago * DAY - (index * 57_600) / amount;
            let _ = writeln!(lines, "{}", event(ago * 1_000 + index, at));
        }
    }
    lines
}

/// Runs a change that answers with an error where it did not work.
async fn change(client: &Client, document: &str, variables: Value) -> Value {
    let answer = client.graphql(document, variables).await;
    let data = answer.data().clone();
    let answered = data.as_object().and_then(|fields| fields.values().next()).cloned();
    let answered = answered.expect("a field");
    assert!(answered["error"].is_null(), "{document}: {answered:#}");
    answered
}

/// Fills the site `shop`.
pub(super) async fn fill(visit: &Visit) {
    let now = visit
        .browser
        .script("return Math.floor(Date.now() / 1000)", json!([]))
        .await;
    let now = now.as_u64().expect("a time");
    let flags = [
        "key",
        "create",
        "--allow",
        "log,query,delete,manage",
        "--name",
        "Warehouse nightly job",
    ];
    let made = binary::run(&visit.database, &[&flags[..], &["--site", "shop"]].concat()).await;
    let client = Client::new(visit.server.address(), made.success().trim_end());
    let arguments = ["import", "events", "-", "--site", "shop"];
    let _ = binary::run_with_input(&visit.database, &arguments, past(now).as_bytes())
        .await
        .success();
    people(visit).await;
    keys(&client).await;
    lists(&client).await;
    profiles(&client).await;
    today(&client, now).await;
    declared(&client).await;
    deleted(&client).await;
    client.await_folded("shop").await;
    before(visit).await;
}

async fn people(visit: &Visit) {
    let told = [
        ("grace@example.com", "Grace Hopper", "admin", None),
        (
            "linus.von.der.tann@harbour-masters-association.example",
            "Linus von der Tann",
            "analyst",
            Some("shop"),
        ),
        ("mary@example.com", "Mary Anning", "viewer", Some("shop")),
    ];
    for (email, name, role, site) in told {
        let mut arguments = vec![
            "account",
            "create",
            email,
            "--name",
            name,
            "--role",
            role,
            "--password-stdin",
        ];
        arguments.extend(site.iter().flat_map(|site| ["--site", *site]));
        let input = format!("{PASSWORD}\n");
        let _ = binary::run_with_input(&visit.database, &arguments, input.as_bytes())
            .await
            .success();
    }
    let invited = [
        "account",
        "create",
        "new.colleague@example.com",
        "--name",
        "Katherine",
        "--role",
        "viewer",
    ];
    let _ = binary::run(&visit.database, &invited).await.success();
    let _ = binary::run(&visit.database, &["account", "disable", "mary@example.com"])
        .await
        .success();
}

async fn keys(client: &Client) {
    let create = "mutation ($input: CreateKeyInput!) { createKey(input: $input) { key { id } error { message } } }";
    for input in [
        json!({"name": "Website", "permissions": ["LOG"], "origins": ["https://shop.example", "https://*.shop.example"]}),
        json!({"name": "Reporting for the board", "permissions": ["QUERY"], "eventsPerSecond": 50, "expiresAt": "2031-01-01T00:00:00Z"}),
        json!({"name": "Old till", "permissions": ["LOG"], "eventsPerSecond": 100}),
    ] {
        let made = change(client, create, json!({"input": input})).await;
        if input["name"] == "Old till" {
            let revoke = "mutation ($key: ID!) { revokeKey(key: $key) { key { id } error { message } } }";
            change(client, revoke, json!({"key": made["key"]["id"]})).await;
        }
    }
}

async fn lists(client: &Client) {
    let create =
        "mutation ($input: CreateRulesInput!) { createRules(input: $input) { rules { id } error { message } } }";
    let rules = json!([
        {"list": "DENY", "target": "REFERRER_HOST", "pattern": "*.spam.example", "note": "Comment spam since spring"},
        {"list": "DENY", "target": "IP", "pattern": "203.0.113.0/24", "note": "A scraper's block; ask Grace before removing"},
        {"list": "DENY", "target": "USER_AGENT", "pattern": "*HeadlessChrome*"},
        {"list": "DENY", "target": "URL_PATH", "pattern": "/internal/*", "shadow": true, "note": "Would it hurt?"},
        {"list": "DENY", "target": "BOT", "pattern": "true", "enabled": false},
        {"list": "ALLOW", "target": "COUNTRY", "pattern": "DE", "shadow": true, "expiresAt": "2031-06-01T00:00:00Z"},
    ]);
    change(client, create, json!({"input": {"rules": rules}})).await;
}

/// What calls that identify have said.
async fn profiles(client: &Client) {
    let body = json!({"batch": [
        {"type": "identify", "userId": "anna-0", "anonymousId": "browser-77", "traits": {
            "name": "Anna Ahrens", "email": "anna@acme.example", "plan": "pro", "logins": 1_284,
            "address": {"city": "Hamburg", "postcode": "20457"}, "newsletter": true}},
        {"type": "group", "userId": "anna-0", "groupId": "acme", "traits": {"name": "Acme Shipping", "seats": 250, "industry": "Freight"}},
    ]});
    let key = client.key().expect("a key").to_owned();
    let request = client
        .without_key()
        .request(Method::POST, "/v1/batch")
        .basic_auth(key, Some(""));
    let answer = client.send(request.json(&body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// What came in today, with what was refused and what is in quarantine.
async fn today(client: &Client, now: u64) {
    let mut events: Vec<Value> = (0..140)
        .map(|index| event(900_000 + index, now - 60 - index * 170))
        .collect();
    events.extend((0..12).map(|index| {
        let mut known = event(960_000 + index, now - 900 - index * 600);
        (known["actor"], known["company"]) = (json!("anna-0"), json!("acme"));
        known
    }));
    for index in 0..23 {
        let mut spam = event(910_000 + index, now - 60);
        spam["referrer"] = json!(format!("https://offer-{index}.spam.example/"));
        events.push(spam);
    }
    for index in 0..9 {
        let mut scraper = event(920_000 + index, now - 60);
        scraper["ip"] = json!(format!("203.0.113.{index}"));
        events.push(scraper);
    }
    for (index, price) in ["12,50", "n/a", "7", "1299"].into_iter().enumerate() {
        let mut conflict = event(930_000 + u64::try_from(index).expect("small"), now - 300);
        conflict["tag"]["price"] = json!(price);
        events.push(conflict);
    }
    let mut gift = event(940_000, now - 400);
    gift["tag"]["basket"]["gift"] = json!("yes");
    events.push(gift);
    let mut late = event(950_000, now - 40 * DAY);
    late["action"] = json!("signup");
    events.push(late);
    let _ = client.log_many(events).await;
}

async fn declared(client: &Client) {
    let view = "mutation ($input: CreateViewInput!) { createView(input: $input) { name } }";
    let input = json!({"name": "plans", "actions": ["signup", "order.placed"], "dimensions": ["tag.plan", "country"], "measures": ["tag.price"]});
    let _ = client.graphql(view, json!({"input": input})).await.data();
    let input = json!({"name": "everything-by-device-and-language", "dimensions": ["action", "device", "browser", "os", "language"]});
    let _ = client.graphql(view, json!({"input": input})).await.data();
}

async fn deleted(client: &Client) {
    let delete =
        "mutation ($input: DeleteEventsInput!) { deleteEvents(input: $input) { deletion { id } error { message } } }";
    let filter = |value: &str| json!({"input": {"filter": {"where": [{"dimension": "actor", "value": value}]}}});
    let first = change(client, delete, filter("eve-3")).await;
    let restore = "mutation ($id: ID!) { restoreDeletion(id: $id) { deletion { id } error { message } } }";
    change(client, restore, json!({"id": first["deletion"]["id"]})).await;
    change(client, delete, filter("bert-7")).await;
}

/// What only time can bring: the days before had refusals and hits as today has. What was imported came in at once.
async fn before(visit: &Visit) {
    let days = "WITH RECURSIVE days(ago) AS (SELECT 1 UNION ALL SELECT ago + 1 FROM days WHERE ago < 20)";
    for statement in [
        format!(
            "{days} INSERT INTO ledger SELECT site_id, quarter - 96 * ago, outcome, code, action_id, key_id, door, writer, \
             n * (3 + ago * 7 % 5) / 4 + 1 FROM ledger, days WHERE door <> (SELECT door FROM ledger GROUP BY door ORDER BY sum(n) DESC LIMIT 1)"
        ),
        format!(
            "{days} INSERT INTO rule_hit SELECT rule_id, day - ago, writer, n * (ago * 5 % 7) / 3 + 1, last_at FROM rule_hit, \
             days WHERE (ago + rule_id) % 4 <> 0"
        ),
    ] {
        inside::execute(&visit.database, &statement).await;
    }
}
