//! Who calls: keys, signatures, and what is believed of whom.

use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{Signer, ask, events, get, sha1};

support::on_both_engines!(who_calls_has_to_prove_it, an_address_is_believed_of_who_signs_alone);

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
