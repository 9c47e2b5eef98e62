//! What the server makes of user agents, referrers and addresses.

use serde_json::{Value, json};
use support::{Engine, Tidemark, folder};

use super::kept;

support::on_both_engines!(
    a_user_agent_tells_the_device,
    a_referrer_tells_the_source,
    share_hosts_are_a_setting,
    an_address_tells_the_country,
);

async fn a_user_agent_tells_the_device(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    for (agent, device, browser, os, bot) in [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
            "desktop",
            json!("Chrome"),
            json!("Windows"),
            false,
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
            "mobile",
            json!("Mobile Safari"),
            json!("iOS"),
            false,
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 16_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.5 Mobile/15E148 Safari/604.1",
            "tablet",
            json!("Mobile Safari"),
            json!("iOS"),
            false,
        ),
        (
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "bot",
            json!("Googlebot"),
            Value::Null,
            true,
        ),
        ("nothing that anybody knows", "other", Value::Null, Value::Null, false),
    ] {
        let event = kept(tidemark.client(), json!({"action": "a", "userAgent": agent})).await;
        assert_eq!(event["userAgent"], agent);
        let found = (&event["deviceType"], &event["browser"], &event["os"], &event["bot"]);
        assert_eq!(found, (&json!(device), &browser, &os, &json!(bot)), "{agent}");
    }
    let event = kept(tidemark.client(), json!({"action": "a"})).await;
    for field in ["userAgent", "deviceType", "browser", "os", "bot"] {
        assert!(event[field].is_null(), "{field}: {event:#}");
    }
}

async fn source(tidemark: &Tidemark, url: Option<&str>, referrer: Option<&str>) -> Value {
    kept(
        tidemark.client(),
        json!({"action": "a", "url": url, "referrer": referrer}),
    )
    .await["trafficSource"]
        .clone()
}

async fn a_referrer_tells_the_source(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let page = Some("https://shop.example/a");
    for (url, referrer, expected) in [
        (page, None, "direct"),
        (None, None, "direct"),
        (page, Some("https://shop.example/b"), "direct"),
        (page, Some("https://SHOP.example:8443/"), "direct"),
        (page, Some("https://www.google.com/"), "search"),
        (None, Some("https://duckduckgo.com/?q=x"), "search"),
        (page, Some("https://www.bing.com/search?q=x"), "search"),
        (page, Some("https://click.st/abc"), "click.st"),
        (page, Some("https://news.example/"), "other"),
        (page, Some("https://notgoogle.example/?u=www.google.com"), "other"),
    ] {
        assert_eq!(
            source(&tidemark, url, referrer).await,
            expected,
            "{url:?} from {referrer:?}"
        );
    }
}

async fn share_hosts_are_a_setting(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--share-hosts", "go.example, S.example")
        .start()
        .await;
    for (host, expected) in [
        ("go.example", "click.st"),
        ("s.example", "click.st"),
        ("click.st", "other"),
    ] {
        let referrer = format!("https://{host}/x");
        assert_eq!(source(&tidemark, None, Some(&referrer)).await, expected, "{host}");
    }
}

async fn an_address_tells_the_country(engine: Engine) {
    let file = folder::repository().join("tests/fixtures/country/city.mmdb");
    let file = file.to_str().expect("text");
    let tidemark = Tidemark::builder(engine).flag("--country-file", file).start().await;
    for (sent, country, city) in [
        (json!({"ip": "81.2.69.142"}), json!("GB"), json!("London")),
        (json!({"ip": "89.160.20.1"}), json!("SE"), json!("Linköping")),
        (json!({"ip": "2.125.160.7"}), json!("GB"), Value::Null),
        (json!({"ip": "2001:218::9"}), json!("JP"), json!("Tokyo")),
        (json!({"ip": "192.0.2.1"}), Value::Null, Value::Null),
        (
            json!({"ip": "81.2.69.142", "country": "DE", "city": "Bonn"}),
            json!("DE"),
            json!("Bonn"),
        ),
        (json!({}), Value::Null, Value::Null),
    ] {
        let mut event = sent.clone();
        event["action"] = json!("a");
        let event = kept(tidemark.client(), event).await;
        assert_eq!((&event["country"], &event["city"]), (&country, &city), "{sent}");
    }
}
