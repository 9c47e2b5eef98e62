//! Tokens that nobody here signed, or not for this, or not any more: none of them opens anything.
//!
//! What takes the signing key to forge (a wrong issuer or audience, a time out of bounds) is tried in `signing::own_key`.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use support::{Client, Engine, Tidemark};

support::on_both_engines!(no_forged_token_opens_anything);

fn encode(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

fn decode(part: &str) -> Value {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).expect("base 64");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// Signs what stands before the last dot, under a secret that an attacker may think of.
fn sign(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let text = format!("{}.{}", encode(header), encode(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any key will do");
    mac.update(text.as_bytes());
    format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// A value with some fields changed.
fn with(value: &Value, changes: &Value) -> Value {
    let mut value = value.clone();
    for (name, change) in changes.as_object().expect("an object") {
        value[name] = change.clone();
    }
    value
}

/// Tokens that nobody here signed: made of a `token` that was, and of the `wanted` claims of somebody who may more.
fn forged(token: &str, wanted: &str) -> Vec<String> {
    let parts: Vec<&str> = token.split('.').collect();
    let wanted_part = wanted.split('.').nth(1).expect("claims");
    let (header, claims, wanted) = (decode(parts[0]), decode(parts[1]), decode(wanted_part));
    let signed = |header: &Value, claims: &Value| format!("{}.{}.{}", encode(header), encode(claims), parts[2]);
    let guessed = |changes: Value, secret: &[u8]| sign(&with(&header, &changes), &wanted, secret);
    let kid = header["kid"].as_str().expect("a key's name");
    let mut forged = vec![
        // Claims of another, or for longer, under a signature that is not theirs.
        signed(&header, &wanted),
        signed(&header, &with(&claims, &json!({"sub": wanted["sub"]}))),
        signed(&header, &with(&claims, &json!({"exp": 4_000_000_000_i64}))),
        signed(&header, &with(&claims, &json!({"aud": "tidemark-client"}))),
        format!("{}.{wanted_part}.{}", parts[0], parts[2]),
        // Keys that do not exist, or that somebody hopes are looked up elsewhere.
        guessed(json!({"kid": "0000000000000000"}), b"secret"),
        guessed(json!({"kid": "../../dev/null"}), b""),
        guessed(json!({"kid": "' OR 1=1 --"}), b"secret"),
        guessed(json!({"kid": null}), b"secret"),
        guessed(json!({"jwk": {"kty": "oct", "k": encode(&json!("secret"))}}), b"secret"),
        guessed(json!({"jku": "https://evil.example.com/keys"}), b"secret"),
        guessed(json!({"crit": ["exp"]}), b"secret"),
        // Secrets that everybody knows.
        guessed(json!({}), b""),
        guessed(json!({}), b"secret"),
        guessed(json!({}), kid.as_bytes()),
        guessed(json!({}), parts[2].as_bytes()),
        // Not whole.
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        format!(".{}.{}", parts[1], parts[2]),
        format!("{}..{}", parts[0], parts[2]),
        format!("{token}.{}", parts[2]),
        token[..token.len() - 3].to_owned(),
        "..".to_owned(),
        format!("{}.{}.{}", parts[0], "A".repeat(20_000), parts[2]),
    ];
    for algorithm in [
        "none", "None", "NONE", "nOnE", "", "HS384", "HS512", "RS256", "ES256", "PS256", "EdDSA", "dir",
    ] {
        let changed = with(&header, &json!({"alg": algorithm}));
        forged.push(format!("{}.{}.", encode(&changed), encode(&wanted)));
        forged.push(signed(&changed, &wanted));
        forged.push(sign(&changed, &wanted, b"secret"));
    }
    for kind in ["client+jwt", "JWT", "at+jwt", "account+JWT"] {
        forged.push(signed(&with(&header, &json!({"typ": kind})), &claims));
    }
    // Each letter of the signature counts but for the last, of which some bits are padding.
    for position in parts[0].len() + parts[1].len() + 2..token.len() - 1 {
        let mut changed = token.to_owned().into_bytes();
        changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
        forged.push(String::from_utf8(changed).expect("letters"));
    }
    forged
}

async fn no_forged_token_opens_anything(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let elsewhere = Tidemark::start(engine).await;
    let ada = tidemark.person("ada@example.com", &[]).await;
    let eve = tidemark.person("eve@example.com", &["--role", "viewer"]).await;
    // Another installation's token, of an account with the same address.
    let foreign = elsewhere.person("ada@example.com", &[]).await;
    let claims = decode(eve.token().split('.').nth(1).expect("claims"));
    assert_eq!(claims["iss"], "tidemark");
    let life = claims["exp"]
        .as_i64()
        .zip(claims["iat"].as_i64())
        .map(|(exp, iat)| exp - iat);
    assert_eq!(life, Some(900));
    let mut tokens = forged(eve.token(), ada.token());
    tokens.push(foreign.token().to_owned());
    let mut said = Vec::new();
    for token in &tokens {
        let client = Client::new(tidemark.server().address(), token);
        let answer = client.graphql("{ viewer { name } }", json!({})).await;
        assert_eq!(
            (answer.status, answer.error_code()),
            (401, "UNAUTHENTICATED"),
            "{token}: {}",
            answer.text
        );
        said.push(answer.error()["message"].clone());
    }
    // What looks like a token is refused in the same words, whatever is wrong with it; what does not, like a key.
    said.sort_by_key(ToString::to_string);
    said.dedup();
    assert_eq!(said.len(), 2, "{said:?}");
    for person in [&ada, &eve] {
        assert_eq!(person.viewer().await.status, 200);
    }
}
