//! What libraries send along of where somebody is: nothing in it loses the event that it came with.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{accept, anonymous, events, quarantined};

support::on_both_engines!(an_address_that_is_none_loses_no_event, what_is_too_long_is_cut,);

async fn an_address_that_is_none_loses_no_event(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--ip-policy", "whole")
        .start()
        .await;
    let client = tidemark.client();
    let cases = [
        (json!("198.51.100.7:50123"), false, json!("198.51.100.7")),
        (json!("[2001:db8::1]:443"), false, json!("2001:db8::1")),
        (json!("198.51.100.7, 10.0.0.1"), false, json!("198.51.100.7")),
        // A server's connection is not its user's, unless it says so.
        (json!("here"), false, Value::Null),
        (json!("here"), true, json!("127.0.0.1")),
        (json!("unknown, 198.51.100.7"), true, json!("127.0.0.1")),
        (json!("1".repeat(65)), true, json!("127.0.0.1")),
        (json!({"v4": "198.51.100.7"}), true, json!("127.0.0.1")),
    ];
    for (written, direct, _) in &cases {
        let context = json!({"ip": written, "direct": direct});
        let body = json!({"event": "seen", "userId": "u", "context": context});
        accept(client, "/v1/track", body).await;
    }
    let all = events(&tidemark).await;
    assert_eq!(all.len(), cases.len());
    for (event, (written, direct, wanted)) in all.iter().zip(&cases) {
        assert_eq!(&event["ip"], wanted, "{written} {direct}");
    }
    // Of a page it would not even count.
    let page = "https://www.example.com";
    let key = tidemark
        .key(&["--site", "shop", "--allow", "log", "--origin", page])
        .await;
    let nobody = anonymous(client);
    let send = || {
        let body = json!({"event": "page's", "anonymousId": "d", "writeKey": key, "context": {"ip": "here"}});
        let request = nobody.request(Method::POST, "/v1/t").header(header::ORIGIN, page);
        nobody.send(request.body(body.to_string()))
    };
    // The server meets the key, and so what it allows.
    let _ = send().await;
    let answer = send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let all = events(&tidemark).await;
    let of_page = &all[cases.len()..];
    assert!(!of_page.is_empty());
    assert!(of_page.iter().all(|event| event["ip"] == "127.0.0.1"), "{of_page:#?}");
    assert_eq!(quarantined(client).await, Vec::<Value>::new());
}

async fn what_is_too_long_is_cut(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let address = |letters: usize| format!("https://shop.example/{}", "x".repeat(letters - 21));
    let name = "ä".repeat(1_025);
    let context = json!({
        "userAgent": "a".repeat(2_049), "locale": "l".repeat(65), "page": {"url": address(8_193), "referrer": address(8_193)},
    });
    let page = json!({"userId": "u", "name": name, "context": context});
    accept(client, "/v1/page", page).await;
    let own = json!({"userId": "u", "name": name, "properties": {"name": "own"}});
    accept(client, "/v1/screen", own).await;
    let all = events(&tidemark).await;
    assert_eq!(all.len(), 2, "{:#?}", quarantined(client).await);
    for (field, wanted) in [
        ("url", address(8_192)),
        ("referrer", address(8_192)),
        // No more of an agent is kept by any way.
        ("userAgent", "a".repeat(1_024)),
        ("language", "l".repeat(64)),
        ("label", "ä".repeat(1_024)),
    ] {
        assert_eq!(all[0][field], wanted, "{field}");
    }
    // The whole name is beside it, where the properties leave room for it.
    assert_eq!(all[0]["tag"]["name"], name);
    assert_eq!(
        (&all[1]["label"], &all[1]["tag"]["name"]),
        (&all[0]["label"], &json!("own"))
    );
}
