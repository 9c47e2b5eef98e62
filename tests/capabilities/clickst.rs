//! click.st's `action` component: logging by a key, asking by a signature, over REST and JSON-RPC.

use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::{Method, header};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Value, json};
use support::{Answer, Client, Engine, Tidemark, kept::events};

mod argument;
mod condition;
mod example;
mod proof;
mod question;
mod refusal;
mod series;
mod unique;

support::on_both_engines!(
    an_action_is_logged_by_every_way_to_send_it,
    bad_arguments_are_named,
    json_rpc_says_the_same,
    a_page_may_load_it_as_a_script,
);

/// A key that signs, with its secret.
pub(crate) struct Signer {
    key: String,
    secret: String,
    used: AtomicUsize,
}

impl Signer {
    pub(crate) async fn new(tidemark: &Tidemark) -> Self {
        Self::of(tidemark.client()).await
    }

    /// A key of the client's site.
    pub(crate) async fn of(client: &Client) -> Self {
        let document = "mutation { createKey(input: {permissions: [LOG, QUERY], signingSecret: true}) { secret signingSecret \
             error { code message } } }";
        let made = client.graphql(document, json!({})).await.data()["createKey"].clone();
        let text = |name: &str| made[name].as_str().unwrap_or_else(|| panic!("{made:#}")).to_owned();
        Self {
            key: text("secret"),
            secret: text("signingSecret"),
            used: AtomicUsize::new(0),
        }
    }

    fn nonce(&self) -> String {
        format!("n-{}", self.used.fetch_add(1, Ordering::Relaxed))
    }

    /// The arguments that prove the key.
    pub(crate) fn sign(&self) -> Vec<(String, String)> {
        self.sign_with(&self.key[..15], &self.nonce())
    }

    fn sign_with(&self, key: &str, nonce: &str) -> Vec<(String, String)> {
        let signature = sha1(&[key, nonce, &self.secret]);
        [("key", key), ("nonce", nonce), ("signature", &signature)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }
}

fn sha1(parts: &[&str]) -> String {
    let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, parts.concat().as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A path with arguments behind it.
fn address(path: &str, arguments: &[(impl AsRef<str>, impl AsRef<str>)]) -> String {
    let url = reqwest::Url::parse_with_params("http://x", arguments).expect("any arguments can be written");
    format!("{path}?{}", url.query().unwrap_or_default())
}

async fn get(client: &Client, method: &str, arguments: &[(String, String)]) -> Answer {
    let nobody = client.without_key();
    let request = nobody.request(Method::GET, &address(&format!("/rest/{method}"), arguments));
    nobody.send(request).await
}

/// Calls with a signature, and gives the result.
async fn ask(client: &Client, signer: &Signer, method: &str, arguments: &[(&str, &str)]) -> Value {
    let answer = try_ask(client, signer, method, arguments).await;
    assert_eq!(answer.status, 200, "{method} {arguments:?}: {}", answer.text);
    answer.body["result"].clone()
}

pub(crate) async fn try_ask(client: &Client, signer: &Signer, method: &str, arguments: &[(&str, &str)]) -> Answer {
    let mut all = signer.sign();
    all.extend(
        arguments
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    get(client, method, &all).await
}

async fn an_action_is_logged_by_every_way_to_send_it(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let key = client.key().expect("a key");
    let nobody = client.without_key();
    let brackets = format!("key={key}&tag[item_id]=1&tag[referral][network]=facebook&tag[network]=twitter");
    let in_json = format!(
        "key={key}&tag=%7B%22item_id%22%3A%221%22%2C%22referral%22%3A%7B%22network%22%3A%22facebook%22%7D%2C%22network%22%3A%22twitter%22%7D"
    );
    let page = "url=https%3A%2F%2Fshop.example%2Fcart&referer=https%3A%2F%2Fwww.google.com%2Fsearch%3Fq%3Dx";
    let body = json!({"action": "button.click", "url": "https://shop.example/cart", "referrer": "https://www.google.com/search?q=x",
        "tag": {"item_id": "1", "referral": {"network": "facebook"}, "network": "twitter", "traffic_source": "made up"}});
    let requests = [
        nobody.request(
            Method::GET,
            &format!("/rest/action.log?action=button.click&{brackets}&{page}"),
        ),
        nobody.request(
            Method::GET,
            &format!("/clickst/rest/action.log?name=button.click&{in_json}&{page}"),
        ),
        nobody
            .request(Method::POST, &format!("/rest/action.log?key={key}&action=overruled"))
            .json(&body),
        nobody
            .request(Method::POST, "/rest/action.log")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(format!("action=button.click&{brackets}&{page}")),
    ];
    let mut ids = Vec::new();
    for request in requests {
        let answer = nobody.send(request).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        ids.push(answer.body["result"]["id"].clone());
    }
    let all = events(&tidemark).await;
    assert_eq!(all.iter().map(|event| event["id"].clone()).collect::<Vec<_>>(), ids);
    for event in &all {
        assert_eq!(
            (&event["action"], &event["door"]),
            (&json!("button.click"), &json!("clickst"))
        );
        assert_eq!(event["url"], "https://shop.example/cart");
        // Always computed, whatever the caller says.
        assert_eq!(
            event["tag"],
            json!({"item_id": "1", "referral": {"network": "facebook"}, "network": "twitter", "traffic_source": "search"})
        );
    }
    // Each known action, and the documented sources of visits.
    for (action, referrer, source) in [
        ("pageview", "", "direct"),
        ("button.load", "https://shop.example/other", "direct"),
        ("email.send", "https://duckduckgo.com/?q=a", "search"),
        ("sharelink.click", "https://click.st/abc", "click.st"),
        ("conversion", "https://news.example/", "other"),
    ] {
        let arguments = [
            ("key", key),
            ("action", action),
            ("url", "https://shop.example/cart"),
            ("referrer", referrer),
            ("odd", "1"),
        ];
        let request = nobody.request(Method::GET, &address("/rest/action.log", &arguments));
        let answer = nobody.send(request).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(
            answer.body["warnings"].as_array().map(Vec::len),
            Some(1),
            "{}",
            answer.text
        );
        let id = answer.body["result"]["id"].as_str().expect("an id").to_owned();
        assert_eq!(client.event(&id).await["trafficSource"], source, "{action}");
    }
}

async fn bad_arguments_are_named(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let signer = Signer::new(&tidemark).await;
    for (method, arguments, argument) in [
        ("action.log", vec![], "action"),
        ("action.log", vec![("action", "a"), ("tag", "7")], "tag"),
        ("action.log", vec![("action", "a"), ("ip", "here")], "ip"),
        ("action.find", vec![], "view"),
        (
            "action.find",
            vec![("view", "actions"), ("begin", "yesterday")],
            "begin",
        ),
        ("action.find", vec![("view", "actions"), ("period", "decade")], "period"),
        (
            "action.find",
            vec![("view", "actions"), ("series", "perhaps")],
            "series",
        ),
        ("action.find", vec![("view", "actions"), ("where", "[]")], "where"),
        (
            "action.find",
            vec![("view", "actions"), ("where", r#"{"action": {"like": "a"}}"#)],
            "where.action",
        ),
        (
            "action.find",
            vec![("view", "actions"), ("where", r#"{"colour": "red"}"#)],
            "where.colour",
        ),
        (
            "action.find",
            vec![("view", "actions"), ("group_by", "colour")],
            "group_by",
        ),
        ("action.find_batch", vec![], "queries"),
    ] {
        let answer = try_ask(client, &signer, method, &arguments).await;
        let error = &answer.body["error"];
        assert_eq!(
            (answer.status, &error["code"], &error["argument"]),
            (400, &json!("invalid_argument"), &json!(argument)),
            "{method} {arguments:?}: {}",
            answer.text
        );
    }
    tidemark
        .accept(vec![json!({"action": "first", "tag": {"plan": "text"}})])
        .await;
    let misfit = try_ask(
        client,
        &signer,
        "action.log",
        &[("action", "a"), ("tag", r#"{"plan": 7}"#)],
    )
    .await;
    assert_eq!(
        (misfit.status, &misfit.body["error"]["argument"]),
        (400, &json!("tag.plan")),
        "{}",
        misfit.text
    );
    let kept = client
        .graphql(
            "{ quarantine(first: 9) { edges { node { code event { door } } } } }",
            json!({}),
        )
        .await;
    let edges = &kept.data()["quarantine"]["edges"];
    assert!(
        edges.to_string().contains("TAG_TYPE_CONFLICT") && edges.to_string().contains("clickst"),
        "{edges:#}"
    );
}

async fn json_rpc_says_the_same(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let signer = Signer::new(&tidemark).await;
    let rpc = |body: Value| {
        let nobody = client.without_key();
        async move { nobody.send(nobody.request(Method::POST, "/rest").json(&body)).await }
    };
    let signed = |mut params: Value| {
        for (name, value) in signer.sign() {
            params[name] = value.into();
        }
        params
    };
    let call = |id: Value, method: &str, params: Value| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
    let answer = rpc(call(json!(1), "action.log", json!({"action": "a", "key": signer.key}))).await;
    assert_eq!(
        (&answer.body["jsonrpc"], &answer.body["id"]),
        (&json!("2.0"), &json!(1)),
        "{}",
        answer.text
    );
    assert!(answer.body["result"]["id"].is_string(), "{}", answer.text);
    let answer = rpc(json!([
        call(json!("x"), "action.find", signed(json!({"view": "actions"}))),
        call(json!(null), "action.find", json!({"view": "actions"})),
        call(json!(3), "no.method", json!({})),
        call(json!(4), "action.find", signed(json!({}))),
        {"id": 5, "method": "action.find"},
        {"jsonrpc": "2.0", "method": "action.log", "params": {"action": "notified", "key": signer.key}},
    ]))
    .await;
    let answers = answer.body.as_array().expect("a list");
    assert_eq!(answers.len(), 5, "a notification is not answered: {}", answer.text);
    assert_eq!(answers[0], json!({"jsonrpc": "2.0", "id": "x", "result": {"count": 1}}));
    let codes: Vec<_> = answers[1..]
        .iter()
        .map(|one| one["error"]["code"].as_i64().expect("a code"))
        .collect();
    assert_eq!(codes, [-32_000, -32_601, -32_602, -32_600], "{}", answer.text);
    assert_eq!(answers[1]["error"]["data"]["code"], "identity_required");
    assert_eq!(events(&tidemark).await.len(), 2);
    assert_eq!(rpc(json!([])).await.body["error"]["code"], -32_600);
    let nobody = client.without_key();
    let broken = nobody
        .request(Method::POST, "/rest")
        .header(header::CONTENT_TYPE, "application/json")
        .body("{");
    assert_eq!(nobody.send(broken).await.body["error"]["code"], -32_700);
}

async fn a_page_may_load_it_as_a_script(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let page = "https://www.example.com";
    let key = tidemark
        .key(&["--site", "shop", "--allow", "log", "--origin", page])
        .await;
    let nobody = tidemark.client().without_key();
    let load = |callback: &'static str, referrer: &'static str| {
        let arguments = [("key", key.as_str()), ("action", "pageview"), ("callback", callback)];
        let request = nobody.request(Method::GET, &address("/rest/action.log", &arguments));
        nobody.send(request.header(header::REFERER, referrer))
    };
    let _ = load("cb", "https://www.example.com/page").await;
    let answer = load("my.cb_1", "https://www.example.com/page?x=1").await;
    assert_eq!(
        (answer.status, &answer.headers[header::CONTENT_TYPE]),
        (
            200,
            &header::HeaderValue::from_static("application/javascript; charset=utf-8")
        )
    );
    assert!(
        answer.text.starts_with("/**/my.cb_1({\"result\":{\"id\":\"") && answer.text.ends_with("});"),
        "{}",
        answer.text
    );
    // A failure has to be heard as well, and a script is only run where it is answered with 200.
    let answer = load("cb", "https://evil.example/").await;
    assert_eq!(answer.status, 200);
    assert!(answer.text.contains("identity_required"), "{}", answer.text);
    let answer = load("alert(1)", "https://www.example.com/").await;
    assert_eq!(
        (answer.status, &answer.body["error"]["argument"]),
        (400, &json!("callback"))
    );
    let script = nobody
        .send(nobody.request(Method::GET, &format!("/api.js?key={key}")))
        .await;
    assert_eq!(script.status, 200);
    assert!(
        script.text.contains(&key) && script.text.contains("clickst"),
        "{}",
        script.text
    );
    let preflight = nobody
        .request(Method::OPTIONS, "/rest/action.log")
        .header(header::ORIGIN, page)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST");
    assert_eq!(
        nobody.send(preflight).await.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN],
        page
    );
}
