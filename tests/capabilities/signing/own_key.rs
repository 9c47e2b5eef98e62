//! Tokens under the server's own key that say what it would not have signed: the claims and the header are judged as well.
//! The key is read from the database, as only its operator could.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf,
    hmac::{self, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512},
};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder, Statement};
use serde_json::{Value, json};
use support::{Client, Engine, Tidemark};

use crate::inside;

support::on_both_engines!(
    of_an_accounts_claims_each_is_judged,
    of_a_frontends_claims_each_is_judged
);

/// The two parts of a token that are signed.
#[derive(Clone)]
struct Parts {
    header: Value,
    claims: Value,
}

impl Parts {
    fn of(token: &str) -> Self {
        let parts: Vec<_> = token.split('.').collect();
        let read = |part: &str| {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).expect("base 64");
            serde_json::from_slice(&bytes).expect("JSON")
        };
        Self {
            header: read(parts[0]),
            claims: read(parts[1]),
        }
    }

    /// The same with one claim changed; null takes it away.
    fn claiming(&self, name: &str, value: Value) -> Self {
        let mut changed = self.clone();
        set(&mut changed.claims, name, value);
        changed
    }

    /// The same with one field of the header changed; null takes it away.
    fn headed(&self, name: &str, value: Value) -> Self {
        let mut changed = self.clone();
        set(&mut changed.header, name, value);
        changed
    }

    fn signed(&self, algorithm: hmac::Algorithm, secret: &[u8]) -> String {
        let encode = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
        let text = format!("{}.{}", encode(&self.header), encode(&self.claims));
        let signature = hmac::sign(&hmac::Key::new(algorithm, secret), text.as_bytes());
        format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    fn seconds(&self, name: &str) -> i64 {
        self.claims[name].as_i64().expect("seconds since 1970")
    }
}

fn set(object: &mut Value, name: &str, value: Value) {
    let fields = object.as_object_mut().expect("an object");
    if value.is_null() {
        fields.remove(name);
    } else {
        fields.insert(name.to_owned(), value);
    }
}

/// The secret of the key that signs.
async fn own_key(tidemark: &Tidemark) -> Vec<u8> {
    let connection = inside::connect(tidemark.database()).await;
    let backend = connection.get_database_backend();
    let statement = Statement::from_string(backend, "SELECT secret FROM configuration WHERE id = 1");
    let row = connection.query_one_raw(statement).await.expect("it can be read");
    let installation: Vec<u8> = row.expect("a row").try_get_by_index(0).expect("bytes");
    let keys = entity::signing_key::Entity::find().order_by_desc(entity::signing_key::Column::Id);
    let key = keys.one(&connection).await.expect("it can be read").expect("a key");
    connection.close().await.expect("it can be closed");
    // As `domain::seal` seals where the operator gives no key of their own.
    let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, b"").extract(&installation);
    let secret = secret.expand(&[b"tidemark seal 1"], &CHACHA20_POLY1305);
    let seal = LessSafeKey::new(UnboundKey::from(secret.expect("32 bytes")));
    let (nonce, sealed) = key.secret.split_at(NONCE_LEN);
    let nonce = Nonce::try_assume_unique_for_key(nonce).expect("a nonce");
    let mut sealed = sealed.to_vec();
    let opened = seal.open_in_place(nonce, Aad::from("signing key"), &mut sealed);
    opened.expect("the seal of a signing key").to_vec()
}

/// What is wrong with a token of either kind, in every way that there is; `other` is the audience of the other kind.
fn flaws(token: &Parts, other: &str) -> Vec<(String, Parts)> {
    let now = token.seconds("iat");
    let mut flawed = Vec::new();
    for (name, values) in [
        (
            "iss",
            vec![
                json!("somebody"),
                json!(""),
                json!("Tidemark"),
                json!(["tidemark"]),
                Value::Null,
            ],
        ),
        (
            "aud",
            vec![
                json!(other),
                json!("tidemark"),
                json!(""),
                json!([token.claims["aud"]]),
                json!([token.claims["aud"], other]),
                Value::Null,
            ],
        ),
        (
            "exp",
            vec![
                json!(now - 60),
                json!(now + 2 * 86_400),
                json!(i64::MAX),
                json!("later"),
                Value::Null,
            ],
        ),
        (
            "nbf",
            vec![json!(now + 600), json!(i64::MAX), json!("now"), Value::Null],
        ),
        ("iat", vec![json!(now + 600), json!(i64::MIN), Value::Null]),
    ] {
        for value in values {
            flawed.push((format!("{name} {value}"), token.claiming(name, value)));
        }
    }
    // Two flaws that each would hide the other: it was over before it began.
    let over = token.claiming("nbf", json!(now + 600)).claiming("exp", json!(now - 60));
    flawed.push(("over before it began".to_owned(), over));
    let kind = token.header["typ"].as_str().expect("a kind");
    let other_kind = other.replace("tidemark-", "") + "+jwt";
    assert_ne!(kind, other_kind);
    for value in [json!(other_kind), json!("JWT"), json!("at+jwt"), Value::Null] {
        flawed.push((format!("typ {value}"), token.headed("typ", value)));
    }
    // What is of one kind is of the other by no more than its name.
    let disguised = token.headed("typ", json!(other_kind)).claiming("aud", json!(other));
    flawed.push(("the other kind".to_owned(), disguised));
    for value in [json!("0000000000000000"), json!(""), Value::Null] {
        flawed.push((format!("kid {value}"), token.headed("kid", value)));
    }
    flawed.push(("crit".to_owned(), token.headed("crit", json!(["exp"]))));
    flawed
}

/// Fails unless a token lets nobody in.
async fn refused(tidemark: &Tidemark, why: &str, token: &str) {
    let client = Client::new(tidemark.server().address(), token);
    let answer = client.graphql("{ viewer { kind } }", json!({})).await;
    assert_eq!(
        (answer.status, answer.error_code()),
        (401, "UNAUTHENTICATED"),
        "{why}: {}",
        answer.text
    );
}

/// Tries every flaw of a true token, those of its own kind besides, and the token itself.
async fn judge(tidemark: &Tidemark, token: &str, other: &str, own: Vec<(&str, Value)>) {
    let secret = own_key(tidemark).await;
    let parts = Parts::of(token);
    // Signed anew by the same key it is as good as it was, so that it is not for the signature that the others are refused.
    let same = Client::new(tidemark.server().address(), &parts.signed(HMAC_SHA256, &secret));
    let before = Client::new(tidemark.server().address(), token);
    for client in [&before, &same] {
        let answer = client.graphql("{ viewer { kind name } }", json!({})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let mut flawed = flaws(&parts, other);
    for (name, value) in own {
        flawed.push((format!("{name} {value}"), parts.claiming(name, value)));
    }
    for (why, parts) in &flawed {
        refused(tidemark, why, &parts.signed(HMAC_SHA256, &secret)).await;
    }
    // The true key by another algorithm, whether the header says so or not, and by none.
    for (name, algorithm) in [("HS384", HMAC_SHA384), ("HS512", HMAC_SHA512)] {
        let told = parts.headed("alg", json!(name));
        refused(tidemark, name, &told.signed(algorithm, &secret)).await;
        refused(tidemark, name, &told.signed(HMAC_SHA256, &secret)).await;
        refused(tidemark, name, &parts.signed(algorithm, &secret)).await;
    }
    for name in ["none", "RS256", "ES256", "EdDSA"] {
        let told = parts.headed("alg", json!(name));
        let signed = told.signed(HMAC_SHA256, &secret);
        let unsigned = &signed[..=signed.rfind('.').expect("three parts")];
        refused(tidemark, name, &signed).await;
        refused(tidemark, name, unsigned).await;
    }
    assert_eq!(
        same.graphql("{ viewer { kind } }", json!({})).await.status,
        200,
        "still"
    );
}

async fn of_an_accounts_claims_each_is_judged(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let ada = tidemark.person("ada@example.com", &[]).await;
    let eve = tidemark.person("eve@example.com", &["--role", "viewer"]).await;
    let theirs = Parts::of(ada.token()).claims;
    let own = vec![
        // One's own session and another's name, the other way round, and sessions that there are not.
        ("sub", theirs["sub"].clone()),
        ("sid", theirs["sid"].clone()),
        ("sid", json!("0199a000-0000-7000-8000-000000000000")),
        ("sub", Value::Null),
        ("sid", Value::Null),
    ];
    judge(&tidemark, eve.token(), "tidemark-client", own).await;
}

async fn of_a_frontends_claims_each_is_judged(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let _other = tidemark.another_site("other").await;
    let create = "mutation { createClientToken(input: {permissions: [LOG]}) { token error { code } } }";
    let minted = tidemark.client().graphql(create, json!({})).await;
    let token = minted.data()["createClientToken"]["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let site = Parts::of(&token).seconds("site");
    let own = vec![
        ("key", json!("tm_000000000000")),
        ("key", Value::Null),
        // Its key opens one site.
        ("site", json!(site + 1)),
        ("site", json!("shop")),
        ("site", Value::Null),
        ("permissions", Value::Null),
    ];
    judge(&tidemark, &token, "tidemark-account", own).await;
}
