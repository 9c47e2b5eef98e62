//! Arguments: by which names they go, in which forms they come, and which of them are not known.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{Signer, address, ask, events, question::stock, try_ask};

support::on_both_engines!(
    each_argument_goes_by_all_its_names,
    arguments_are_named_as_they_were_told,
    what_is_not_known_is_told,
    lists_come_as_php_writes_them,
    a_tag_may_be_a_list,
    a_word_is_no_agent,
);

/// Somebody's browser.
const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

async fn each_argument_goes_by_all_its_names(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--ip-policy", "whole")
        .start()
        .await;
    let (client, signer) = (tidemark.client(), Signer::new(&tidemark).await);
    for [action, referrer, ip, agent] in [
        ["action", "referrer", "ip", "user_agent"],
        ["name", "referer", "ip_address", "useragent"],
        ["action", "referrer", "address", "agent"],
    ] {
        let said = [
            (action, "button.click"),
            (referrer, "https://news.example/today"),
            (ip, "203.0.113.9"),
            (agent, AGENT),
        ];
        let answer = try_ask(client, &signer, "action.log", &said).await;
        assert_eq!(
            (answer.status, &answer.body["warnings"]),
            (200, &Value::Null),
            "{said:?}: {}",
            answer.text
        );
    }
    let all = events(&tidemark).await;
    assert_eq!(all.len(), 3);
    for event in all {
        assert_eq!(
            (&event["action"], &event["referrer"], &event["ip"], &event["browser"]),
            (
                &json!("button.click"),
                &json!("https://news.example/today"),
                &json!("203.0.113.9"),
                &json!("Firefox")
            )
        );
    }
    let (tidemark, signer) = stock(engine).await;
    let client = tidemark.client();
    let fine = async |method: &str, said: &[(&str, &str)]| {
        let answer = try_ask(client, &signer, method, said).await;
        assert_eq!(
            (answer.status, &answer.body["warnings"]),
            (200, &Value::Null),
            "{said:?}: {}",
            answer.text
        );
        answer.body["result"].clone()
    };
    let clicks = r#"{"action": "button.click"}"#;
    for [conditions, begin, end] in [
        ["where", "begin", "end"],
        ["conditions", "start", "to"],
        ["filter", "from", "to"],
    ] {
        let said = [
            ("view", "networks"),
            (conditions, clicks),
            (begin, "2026-11-11T00:00:00Z"),
            (end, "2026-11-13T10:00:01Z"),
        ];
        // Without the conditions three, without the begin four; two days later there is one more.
        assert_eq!(fine("action.find", &said).await, json!({"count": 2}), "{said:?}");
        let until = [("view", "actions"), (end, "2026-11-13T10:00:00Z")];
        assert_eq!(fine("action.find", &until).await, json!({"count": 3}), "{until:?}");
    }
    for group_by in ["group_by", "groupBy", "group_by[]"] {
        let said = [("view", "actions"), (group_by, "action")];
        let rows = json!([{"action": "button.click", "count": 4}, {"action": "pageview", "count": 1}]);
        assert_eq!(fine("action.find", &said).await, rows, "{group_by}");
    }
    for queries in ["queries", "args", "batch", "requests"] {
        let said = [(queries, r#"[{"view": "actions"}]"#)];
        assert_eq!(
            fine("action.find_batch", &said).await,
            json!([{"count": 5}]),
            "{queries}"
        );
    }
}

async fn arguments_are_named_as_they_were_told(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let (client, signer) = (tidemark.client(), Signer::new(&tidemark).await);
    let long = "x".repeat(3_000);
    let (find, stats, log) = ("action.find", "action.get_external_stats", "action.log");
    for (method, arguments, argument) in [
        (find, vec![("view", "actions"), ("begin", "5"), ("end", "5")], "begin"),
        (
            find,
            vec![("view", "unique_actions"), ("from", "5"), ("to", "4")],
            "begin",
        ),
        (
            find,
            vec![("view", "actions"), ("where", r#"{"action": "a", "tag.x": 1}"#)],
            "where.tag.x",
        ),
        (find, vec![("view", "actions"), ("groupBy", "tag.x")], "group_by"),
        (stats, vec![("begin", "2"), ("end", "2")], "begin"),
        (
            stats,
            vec![("begin", "1"), ("end", "2"), ("filter[network]", "Twitter!")],
            "filter",
        ),
        (
            stats,
            vec![("begin", "1"), ("end", "2"), ("filter[url][]", "example.com")],
            "filter",
        ),
        (log, vec![("action", "a"), ("agent", long.as_str())], "user_agent"),
        (
            log,
            vec![
                ("action", "a"),
                ("tag[visitor_id]", ""),
                ("tag[site_id]", long.as_str()),
            ],
            "tag.site_id",
        ),
    ] {
        let answer = try_ask(client, &signer, method, &arguments).await;
        let error = &answer.body["error"];
        assert_eq!(
            (answer.status, &error["code"], &error["argument"]),
            (400, &json!("invalid_argument"), &json!(argument)),
            "{method} {argument}: {}",
            answer.text
        );
    }
}

/// What is told of one argument that is not known.
fn warning(name: &str) -> Value {
    json!([format!("the argument “{name}” is not known and was ignored")])
}

async fn what_is_not_known_is_told(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let (client, signer) = (tidemark.client(), Signer::new(&tidemark).await);
    let times = [("begin", "1"), ("end", "2"), ("odd", "1")];
    let queries = r#"[{"view": "actions"}, {"view": "actions", "even": 1}]"#;
    for (method, said, named) in [
        ("action.log", vec![("action", "a"), ("odd", "1")], "odd"),
        ("action.find", vec![("view", "actions"), ("odd", "1")], "odd"),
        ("action.find", vec![("view", "unique_actions"), ("odd", "1")], "odd"),
        ("action.find_batch", vec![("queries", queries)], "queries[1].even"),
        ("action.get_external_stats", times.to_vec(), "odd"),
        ("quota.get", vec![("odd", "1")], "odd"),
    ] {
        let answer = try_ask(client, &signer, method, &said).await;
        assert_eq!(answer.status, 200, "{method}: {}", answer.text);
        assert!(!answer.body["result"].is_null(), "{method}: {}", answer.text);
        assert_eq!(answer.body["warnings"], warning(named), "{method}: {}", answer.text);
    }
    let nobody = client.without_key();
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": "action.log", "params": {"action": "a", "key": signer.key, "odd": 1}});
    let answer = nobody.send(nobody.request(Method::POST, "/rest").json(&body)).await;
    assert!(answer.body["result"]["id"].is_string(), "{}", answer.text);
    assert_eq!(
        (&answer.body["id"], &answer.body["warnings"]),
        (&json!(7), &warning("odd")),
        "{}",
        answer.text
    );
}

async fn lists_come_as_php_writes_them(engine: Engine) {
    let (tidemark, signer) = stock(engine).await;
    let ask = async |method: &str, said: &[(&str, &str)]| ask(tidemark.client(), &signer, method, said).await;
    let either = [
        ("view", "networks"),
        ("where[tag.network][0]", "twitter"),
        ("where[tag.network][1]", "facebook"),
        ("group_by[0]", "tag.network"),
    ];
    assert_eq!(
        ask("action.find", &either).await,
        json!([{"tag.network": "twitter", "count": 3}, {"tag.network": "facebook", "count": 1}])
    );
    let batch = [
        ("queries[0][view]", "actions"),
        ("queries[1][view]", "networks"),
        ("queries[1][where][tag.network][0]", "facebook"),
    ];
    assert_eq!(
        ask("action.find_batch", &batch).await,
        json!([{"count": 5}, {"count": 1}])
    );
    let operators = [("view", "events"), ("where[tag.network][prefix]", "twi")];
    assert_eq!(ask("action.find", &operators).await, json!({"count": 3}));
}

async fn a_tag_may_be_a_list(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let (key, nobody) = (client.key().expect("a key"), client.without_key());
    let arguments = [("key", key), ("action", "a"), ("tag", r#"["a","b"]"#)];
    let in_address = nobody.request(Method::GET, &address("/rest/action.log", &arguments));
    let in_body = nobody.request(Method::POST, "/rest/action.log");
    let in_body = in_body.json(&json!({"key": key, "action": "a", "tag": ["a", "b"]}));
    for request in [in_address, in_body] {
        let answer = nobody.send(request).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let all = events(&tidemark).await;
    assert_eq!(all.len(), 2);
    for event in all {
        assert_eq!(event["tag"], json!({"0": "a", "1": "b", "traffic_source": "direct"}));
    }
}

async fn a_word_is_no_agent(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let (client, signer) = (tidemark.client(), Signer::new(&tidemark).await);
    let nobody = client.without_key();
    for said in ["unknown", ""] {
        let mut all = signer.sign();
        all.extend([("action", "a"), ("user_agent", said)].map(|(name, value)| (name.to_owned(), value.to_owned())));
        let request = nobody.request(Method::GET, &address("/rest/action.log", &all));
        let answer = nobody.send(request.header(header::USER_AGENT, AGENT)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let all = events(&tidemark).await;
    let browsers: Vec<_> = all.iter().map(|event| &event["browser"]).collect();
    assert_eq!(browsers, ["Firefox", "Firefox"], "the connection's stands in for it");
}
