//! Conditions in brackets, where everything is a text, find what the same conditions find as JSON.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{Signer, address, ask, try_ask};

support::on_both_engines!(brackets_find_what_json_finds, a_text_of_json_stays_a_text);

/// Events with numbers, texts and booleans, one of them with few fields; and somebody who may ask about them.
async fn stock(engine: Engine) -> (Tidemark, Signer) {
    let tidemark = Tidemark::start(engine).await;
    let bot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let event =
        |actor: &str, agent: &str, tag: Value| json!({"action": "a", "actor": actor, "userAgent": agent, "tag": tag});
    tidemark
        .accept(vec![
            event("u1", bot, json!({"price": 10, "size": "9", "gift": true, "group": 5})),
            event(
                "u2",
                firefox,
                json!({"price": 9.5, "size": "10", "gift": false, "group": 5}),
            ),
            event(
                "u3",
                firefox,
                json!({"price": 100, "size": "XL", "gift": true, "group": 6}),
            ),
            event("u4", firefox, json!({"size": "9"})),
        ])
        .await;
    let signer = Signer::new(&tidemark).await;
    (tidemark, signer)
}

/// A view, conditions in brackets and the same as JSON, and how many they find.
fn cases() -> Vec<(&'static str, &'static str, Value, u64)> {
    vec![
        ("events", "[tag.price]=10", json!({"tag.price": 10}), 1),
        ("events", "[tag.price]=10.0", json!({"tag.price": 10.0}), 1),
        ("events", "[tag.price][gt]=9.5", json!({"tag.price": {"gt": 9.5}}), 2),
        ("events", "[tag.price][gte]=9.5", json!({"tag.price": {"gte": 9.5}}), 3),
        ("events", "[tag.price][lt]=10", json!({"tag.price": {"lt": 10}}), 1),
        ("events", "[tag.price][lte]=10", json!({"tag.price": {"lte": 10}}), 2),
        ("events", "[tag.price][ne]=10", json!({"tag.price": {"ne": 10}}), 3),
        (
            "events",
            "[tag.price][]=10&[tag.price][]=100",
            json!({"tag.price": [10, 100]}),
            2,
        ),
        ("events", "[tag.price]=dear", json!({"tag.price": "dear"}), 0),
        // Where texts are, a number is a text, which stands in their order.
        ("events", "[tag.size]=9", json!({"tag.size": "9"}), 2),
        ("events", "[tag.size][gt]=9", json!({"tag.size": {"gt": "9"}}), 1),
        ("events", "[tag.size][ne]=9", json!({"tag.size": {"ne": "9"}}), 2),
        (
            "events",
            "[tag.size][prefix]=1",
            json!({"tag.size": {"prefix": "1"}}),
            1,
        ),
        (
            "events",
            "[tag.size][0]=9&[tag.size][1]=XL",
            json!({"tag.size": ["9", "XL"]}),
            3,
        ),
        ("events", "[tag.gift]=true", json!({"tag.gift": true}), 2),
        // As PHP writes true and false.
        ("events", "[tag.gift]=1", json!({"tag.gift": true}), 2),
        ("events", "[tag.gift]=0", json!({"tag.gift": false}), 1),
        ("events", "[tag.gift][ne]=false", json!({"tag.gift": {"ne": false}}), 3),
        (
            "events",
            "[tag.price][exists]=1",
            json!({"tag.price": {"exists": true}}),
            3,
        ),
        (
            "events",
            "[tag.price][exists]=true",
            json!({"tag.price": {"exists": true}}),
            3,
        ),
        (
            "events",
            "[tag.price][exists]=0",
            json!({"tag.price": {"exists": false}}),
            1,
        ),
        (
            "events",
            "[tag.price][exists]=false",
            json!({"tag.price": {"exists": false}}),
            1,
        ),
        ("events", "[tag.nothing]=1", json!({"tag.nothing": 1}), 0),
        ("events", "[bot]=1", json!({"bot": true}), 1),
        ("unique_actions", "[tag.group]=5", json!({"tag.group": 5}), 2),
    ]
}

async fn brackets_find_what_json_finds(engine: Engine) {
    let (tidemark, signer) = stock(engine).await;
    let client = tidemark.client();
    for (view, brackets, conditions, count) in cases() {
        let counted = json!({"count": count});
        let said = conditions.to_string();
        let asked = [("view", view), ("where", said.as_str())];
        assert_eq!(ask(client, &signer, "action.find", &asked).await, counted, "{said}");
        let said = |prefix: &str| -> Vec<(String, String)> {
            let pairs = brackets.split('&').filter_map(|pair| pair.split_once('='));
            pairs
                .map(|(name, value)| (format!("{prefix}{name}"), value.to_owned()))
                .collect()
        };
        let mut asked = said("where");
        asked.push(("view".to_owned(), view.to_owned()));
        let plain: Vec<_> = asked
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(ask(client, &signer, "action.find", &plain).await, counted, "{brackets}");
        // In a form, and in a batch.
        asked.extend(signer.sign());
        let form = address("", &asked).replacen('?', "", 1);
        let nobody = client.without_key();
        let request = nobody.request(Method::POST, "/rest/action.find");
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = nobody.send(request.body(form)).await;
        assert_eq!(answer.body["result"], counted, "{brackets}: {}", answer.text);
        let mut batch = said("queries[0][where]");
        batch.push(("queries[0][view]".to_owned(), view.to_owned()));
        let batch: Vec<_> = batch
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let answers = ask(client, &signer, "action.find_batch", &batch).await;
        assert_eq!(answers, json!([counted]), "{brackets}");
    }
    let odd = [("view", "events"), ("where[tag.price][exists]", "perhaps")];
    let answer = try_ask(client, &signer, "action.find", &odd).await;
    assert_eq!(
        (answer.status, &answer.body["error"]["argument"]),
        (400, &json!("where.tag.price")),
        "{}",
        answer.text
    );
}

async fn a_text_of_json_stays_a_text(engine: Engine) {
    let (tidemark, signer) = stock(engine).await;
    for (conditions, count) in [
        (json!({"tag.price": "10"}), 0),
        (json!({"tag.price": {"gt": "5"}}), 0),
        (json!({"tag.gift": "true"}), 0),
        (json!({"tag.size": 9}), 0),
    ] {
        let said = conditions.to_string();
        let asked = [("view", "events"), ("where", said.as_str())];
        let answer = ask(tidemark.client(), &signer, "action.find", &asked).await;
        assert_eq!(answer, json!({"count": count}), "{said}");
    }
}
