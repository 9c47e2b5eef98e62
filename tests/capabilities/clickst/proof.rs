//! Who calls: keys, signatures, and what is believed of whom.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{Client, Engine, Server, Tidemark};

use super::{Signer, address, ask, events, get, sha1};
use crate::inside;

support::on_both_engines!(
    who_calls_has_to_prove_it,
    an_address_is_believed_of_who_signs_alone,
    a_nonce_is_good_once_within_its_window,
    a_signature_in_the_address_is_good_for_all_calls_of_a_batch,
    a_page_signs_where_its_origin_is_allowed,
);

async fn who_calls_has_to_prove_it(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let signer = Signer::new(&tidemark).await;
    let find = |arguments: Vec<(String, String)>| async move {
        let mut all = arguments;
        all.push(("view".to_owned(), "actions".to_owned()));
        let answer = get(client, "action.find", &all).await;
        (
            answer.status,
            answer.body["error"]["code"].as_str().unwrap_or("fine").to_owned(),
        )
    };
    let told = |status: u16, code: &str| (status, code.to_owned());
    let key_only = vec![("key".to_owned(), signer.key.clone())];
    assert_eq!(find(Vec::new()).await, told(403, "identity_required"));
    // A key alone only logs, whatever it may do otherwise.
    assert_eq!(find(key_only.clone()).await, told(403, "identity_required"));
    assert_eq!(find(signer.sign()).await, told(200, "fine"));
    assert_eq!(
        find(signer.sign_with(&signer.key, "whole key")).await,
        told(200, "fine")
    );
    assert_eq!(
        find(signer.sign_with(&signer.key, "whole key")).await,
        told(401, "nonce_reused")
    );
    let mut forged = signer.sign();
    forged[2].1 = "0".repeat(40);
    assert_eq!(find(forged).await, told(401, "bad_signature"));
    let mut upper = signer.sign();
    upper[2].1 = upper[2].1.to_uppercase();
    assert_eq!(find(upper).await, told(200, "fine"));
    let long = "n".repeat(129);
    assert_eq!(
        find(signer.sign_with(&signer.key, &long)).await,
        told(400, "invalid_argument")
    );
    assert_eq!(
        find(signer.sign_with("tm_000000000000", "x")).await,
        told(401, "unknown_key")
    );
    // A key that has no secret to sign with.
    assert_eq!(
        find(signer.sign_with(client.key().expect("a key"), "y")).await,
        told(401, "bad_signature")
    );
    // A page signs with what its server handed it for its own address.
    let nonce = signer.nonce();
    let of_page = |address: &str, nonce: &str| {
        let request_key = sha1(&[address, &signer.secret]);
        [
            ("key", signer.key[..15].to_owned()),
            ("nonce", nonce.to_owned()),
            ("signature", sha1(&[&request_key, nonce])),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    };
    assert_eq!(find(of_page("127.0.0.1", &nonce)).await, told(200, "fine"));
    assert_eq!(find(of_page("203.0.113.7", "other")).await, told(401, "bad_signature"));
    let unknown = get(client, "graph.walk", &signer.sign()).await;
    assert_eq!(
        (unknown.status, &unknown.body["error"]["code"]),
        (404, &json!("unknown_method"))
    );
    let nobody = get(client, "action.log", &[("action".to_owned(), "a".to_owned())]).await;
    assert_eq!(
        (nobody.status, &nobody.body["error"]["code"]),
        (403, &json!("identity_required"))
    );
    let wrong = get(
        client,
        "action.log",
        &[
            ("action".to_owned(), "a".to_owned()),
            ("key".to_owned(), "wrong".to_owned()),
        ],
    )
    .await;
    assert_eq!(
        (wrong.status, &wrong.body["error"]["code"]),
        (401, &json!("unknown_key"))
    );
    assert!(events(&tidemark).await.is_empty());
}

async fn an_address_is_believed_of_who_signs_alone(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--ip-policy", "whole")
        .start()
        .await;
    let client = tidemark.client();
    let signer = Signer::new(&tidemark).await;
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let said = [
        ("action", "a"),
        ("ip_address", "203.0.113.9"),
        ("agent", agent),
        ("tag[site_id]", "cookie"),
        ("tag[user_id]", "u"),
    ];
    let _ = ask(client, &signer, "action.log", &said).await;
    let mut by_key = vec![("key".to_owned(), signer.key.clone())];
    by_key.extend(said.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(get(client, "action.log", &by_key).await.status, 200);
    let all = events(&tidemark).await;
    assert_eq!(
        (&all[0]["ip"], &all[0]["browser"]),
        (&json!("203.0.113.9"), &json!("Firefox"))
    );
    assert_eq!((&all[1]["ip"], &all[1]["browser"]), (&json!("127.0.0.1"), &Value::Null));
    // The first name of the visitor that is there.
    assert_eq!(
        (&all[0]["actor"], &all[1]["actor"]),
        (&json!("cookie"), &json!("cookie"))
    );
}

/// Asks how many events there are; gives the status, and the code or `fine`.
async fn find(client: &Client, mut proof: Vec<(String, String)>) -> (u16, String) {
    proof.push(("view".to_owned(), "actions".to_owned()));
    let answer = get(client, "action.find", &proof).await;
    let code = answer.body["error"]["code"].as_str().unwrap_or("fine");
    (answer.status, code.to_owned())
}

async fn a_nonce_is_good_once_within_its_window(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let (signer, other) = (Signer::new(&tidemark).await, Signer::new(&tidemark).await);
    let told = |status: u16, code: &str| (status, code.to_owned());
    let sign = |nonce: &str| signer.sign_with(&signer.key[..15], nonce);
    let (one, most) = ("n".to_owned(), "é".repeat(128));
    for (nonce, expected) in [
        (one.as_str(), told(200, "fine")),
        (most.as_str(), told(200, "fine")),
        ("n".repeat(129).as_str(), told(400, "invalid_argument")),
        ("", told(400, "invalid_argument")),
    ] {
        assert_eq!(find(client, sign(nonce)).await, expected, "{nonce}");
    }
    let mut without = sign("");
    without.retain(|(name, _)| name != "nonce");
    assert_eq!(find(client, without).await, told(400, "invalid_argument"));
    let mut unsigned = sign("unsigned");
    unsigned.retain(|(name, _)| name != "signature");
    assert_eq!(find(client, unsigned).await, told(401, "bad_signature"));
    // Each key has nonces of its own, and all servers of a database know of them.
    let theirs = other.sign_with(&other.key[..15], &one);
    assert_eq!(find(client, theirs).await, told(200, "fine"));
    let second = Server::start_with(tidemark.database(), &[]).await;
    let there = client.at(second.address());
    assert_eq!(find(&there, sign(&one)).await, told(401, "nonce_reused"));
    assert_eq!(find(&there, sign("another")).await, told(200, "fine"));
    assert_eq!(find(client, sign("another")).await, told(401, "nonce_reused"));
    // Ten minutes later it still is used, and fifteen minutes later no more.
    let minutes = |minutes: u64| {
        let nanoseconds = minutes * 60 * 1_000_000_000;
        format!("UPDATE nonce SET used_at = used_at - {nanoseconds}")
    };
    inside::execute(tidemark.database(), &minutes(10)).await;
    assert_eq!(find(client, sign(&one)).await, told(401, "nonce_reused"));
    inside::execute(tidemark.database(), &minutes(5)).await;
    assert_eq!(find(client, sign(&one)).await, told(200, "fine"));
    assert_eq!(find(client, sign(&one)).await, told(401, "nonce_reused"));
}

async fn a_signature_in_the_address_is_good_for_all_calls_of_a_batch(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let (client, signer) = (tidemark.client(), Signer::new(&tidemark).await);
    let nobody = client.without_key();
    let call =
        |id: i64, method: &str, params: Value| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
    let batch = async |proof: &[(String, String)], calls: Value| {
        let request = nobody.request(Method::POST, &address("/rest", proof));
        nobody.send(request.json(&calls)).await.body
    };
    let (proof, view) = (signer.sign(), json!({"view": "actions"}));
    let mut with_own = view.clone();
    for (name, value) in signer.sign() {
        with_own[name] = value.into();
    }
    let calls = json!([
        call(1, "action.log", json!({"action": "a"})),
        call(2, "action.find", view.clone()),
        call(3, "action.find", view.clone()),
        call(4, "action.find", with_own),
        {"jsonrpc": "2.0", "method": "action.log", "params": {"action": "b"}},
        call(5, "action.find", view.clone()),
    ]);
    let answers = batch(&proof, calls).await;
    let counts: Vec<_> = answers
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (one["id"].clone(), one["result"]["count"].clone()))
        .collect();
    assert_eq!(
        counts,
        [
            (json!(1), Value::Null),
            (json!(2), json!(1)),
            (json!(3), json!(1)),
            (json!(4), json!(1)),
            (json!(5), json!(2)),
        ],
        "{answers:#}"
    );
    assert!(answers[0]["result"]["id"].is_string(), "{answers:#}");
    // And for one batch alone.
    let again = batch(
        &proof,
        json!([call(1, "action.find", view.clone()), call(2, "action.find", view)]),
    )
    .await;
    for answer in again.as_array().expect("a list") {
        assert_eq!(answer["error"]["data"]["code"], "nonce_reused", "{again:#}");
    }
    assert_eq!(events(&tidemark).await.len(), 2);
}

async fn a_page_signs_where_its_origin_is_allowed(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let (client, signer) = (tidemark.client(), Signer::new(&tidemark).await);
    let (page, elsewhere) = ("https://www.example.com", "https://evil.example");
    let public = tidemark
        .key(&["--site", tidemark.site(), "--allow", "log", "--origin", page])
        .await;
    let nobody = client.without_key();
    let send = async |method: &str, said: Vec<(String, String)>, origin: &str| {
        let request = nobody.request(Method::GET, &address(&format!("/rest/{method}"), &said));
        let answer = nobody.send(request.header(header::ORIGIN, origin)).await;
        let shared = answer.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        let shared = shared.map(|origin| origin.to_str().expect("text").to_owned());
        (answer.status, answer.body["error"]["code"].clone(), shared)
    };
    let with = |mut said: Vec<(String, String)>, name: &str, value: &str| {
        said.push((name.to_owned(), value.to_owned()));
        said
    };
    // The server has met the key, and with it the origin that it allows.
    let by_key = with(vec![("key".to_owned(), public)], "action", "a");
    assert_eq!(
        send("action.log", by_key, page).await,
        (200, Value::Null, Some(page.to_owned()))
    );
    for (origin, expected) in [
        (page, (200, Value::Null, Some(page.to_owned()))),
        (elsewhere, (403, json!("identity_required"), None)),
        ("null", (403, json!("identity_required"), None)),
    ] {
        let find = with(signer.sign(), "view", "actions");
        assert_eq!(send("action.find", find, origin).await, expected, "{origin}");
        let log = with(signer.sign(), "action", "signed");
        assert_eq!(send("action.log", log, origin).await, expected, "{origin}");
    }
    assert_eq!(events(&tidemark).await.len(), 2, "by the key, and signed by the page");
}
