//! Forged tokens: of each kind that has let somebody in somewhere.

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use support::{Client, Engine, Tidemark};

use super::{mint, refusal};

support::on_both_engines!(no_forged_token_opens_anything, an_expired_token_opens_nothing);

/// The three parts of a token.
fn parts(token: &str) -> [String; 3] {
    let parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    parts.try_into().expect("three parts")
}

/// A part as JSON.
fn read(part: &str) -> Value {
    serde_json::from_slice(&from_base64(part)).expect("a JSON object")
}

/// JSON as a part.
fn part(value: &Value) -> String {
    to_base64(value.to_string().as_bytes())
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn to_base64(bytes: &[u8]) -> String {
    let sextets = bytes.chunks(3).flat_map(|chunk| {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        (0..=chunk.len()).map(move |at| char::from(LETTERS[(bits >> (18 - 6 * at)) as usize & 63]))
    });
    sextets.collect()
}

fn from_base64(text: &str) -> Vec<u8> {
    let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::new());
    for letter in text.bytes() {
        let value = LETTERS
            .iter()
            .position(|one| *one == letter)
            .expect("a letter of base64url");
        (bits, held) = (bits << 6 | u32::try_from(value).expect("small"), held + 6);
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 255).expect("a byte"));
        }
    }
    bytes
}

/// A token with this header and these claims, signed with a secret of one's own.
fn sign(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let mut own = Header::new(Algorithm::HS256);
    own.typ = header["typ"].as_str().map(str::to_owned);
    own.kid = header["kid"].as_str().map(str::to_owned);
    encode(&own, claims, &EncodingKey::from_secret(secret)).expect("it can be signed")
}

/// Tokens made of a good one, each with what was done to it.
fn forgeries(good: &str) -> Vec<(String, String)> {
    let [header, claims, signature] = parts(good);
    let (of_header, of_claims) = (read(&header), read(&claims));
    assert_eq!(
        part(&read(&part(&of_claims))),
        part(&of_claims),
        "the tools of this test are right"
    );
    let with = |value: &Value, name: &str, to: Value| {
        let mut changed = value.clone();
        changed[name] = to;
        changed
    };
    let none = |alg: &str| {
        let header = part(&json!({"alg": alg, "typ": of_header["typ"], "kid": of_header["kid"]}));
        [format!("{header}.{claims}."), format!("{header}.{claims}.{signature}")]
    };
    let mut forged: Vec<(String, String)> = Vec::new();
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        forged.extend(none(alg).map(|token| (format!("alg {alg}"), token)));
    }
    // Another algorithm over the same bytes, or one that takes the secret for a public key.
    for alg in ["HS384", "HS512", "RS256", "ES256", "EdDSA", "PS256"] {
        let header = part(&with(&of_header, "alg", json!(alg)));
        forged.push((format!("alg {alg}"), format!("{header}.{claims}.{signature}")));
    }
    // More than was given.
    for (name, value) in [
        ("permissions", json!(["log", "query", "manage"])),
        ("site", json!(of_claims["site"].as_i64().expect("a number") + 1)),
        ("exp", json!(of_claims["exp"].as_i64().expect("a number") + 3_600)),
        ("username", json!("ada")),
        ("key", json!("tm_000000000000")),
        ("iss", json!("somebody")),
        ("aud", json!("tidemark-account")),
        ("nbf", json!(of_claims["exp"])),
    ] {
        let changed = with(&of_claims, name, value);
        forged.push((
            format!("claim {name}"),
            format!("{header}.{}.{signature}", part(&changed)),
        ));
        // Signed by somebody who does not know the secret, under our key's name.
        for secret in [
            &b""[..],
            b"secret",
            of_header["kid"].as_str().expect("a name").as_bytes(),
        ] {
            forged.push((format!("signed {name}"), sign(&of_header, &changed, secret)));
        }
    }
    forged.push(("own secret".to_owned(), sign(&of_header, &of_claims, b"secret")));
    for kid in [json!("../../dev/null"), json!("' OR 1=1 --"), json!(""), Value::Null] {
        let header = with(&of_header, "kid", kid.clone());
        forged.push((format!("kid {kid}"), sign(&header, &of_claims, b"")));
        forged.push((format!("kid {kid}"), format!("{}.{claims}.{signature}", part(&header))));
    }
    // A key of their own choice, for those who believe headers.
    for name in ["jwk", "jku", "x5u", "crit"] {
        let header = with(&of_header, name, json!({"kty": "oct", "k": "c2VjcmV0"}));
        forged.push((name.to_owned(), format!("{}.{claims}.{signature}", part(&header))));
    }
    let mut last = from_base64(&signature);
    last[0] ^= 1;
    forged.push((
        "signature".to_owned(),
        format!("{header}.{claims}.{}", to_base64(&last)),
    ));
    forged.push((
        "cut".to_owned(),
        format!("{header}.{claims}.{}", &signature[..signature.len() - 4]),
    ));
    forged.push(("longer".to_owned(), format!("{good}AAAA")));
    forged.push(("no signature".to_owned(), format!("{header}.{claims}.")));
    forged.push(("empty".to_owned(), "..".to_owned()));
    forged.push(("huge".to_owned(), format!("{header}.{}.{signature}", "A".repeat(7_000))));
    forged
}

async fn no_forged_token_opens_anything(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let _other = tidemark.another_site("other").await;
    let minted = mint(tidemark.client(), json!({"permissions": ["LOG"]})).await;
    let good = minted["token"].as_str().expect("a token").to_owned();
    let mut forged = forgeries(&good);
    // Of another installation, all in order but for the keys.
    let elsewhere = Tidemark::start(engine).await;
    let theirs = mint(elsewhere.client(), json!({"permissions": ["LOG"]})).await;
    let theirs = theirs["token"].as_str().expect("a token").to_owned();
    let ([header, ..], [_, their_claims, their_signature]) = (parts(&good), parts(&theirs));
    forged.push(("another installation".to_owned(), theirs));
    forged.push((
        "another's signature".to_owned(),
        format!("{header}.{their_claims}.{their_signature}"),
    ));

    assert!(forged.len() > 50);
    for (kind, token) in forged {
        let client = Client::new(tidemark.server().address(), &token);
        assert_eq!(
            refusal(&client).await.as_deref(),
            Some("UNAUTHENTICATED"),
            "{kind}: {token}"
        );
    }
    let client = Client::new(tidemark.server().address(), &good);
    assert_eq!(refusal(&client).await, None, "the true one still opens");
    let anonymous = Client::anonymous(tidemark.server().address());
    let in_url = anonymous.request(
        reqwest::Method::GET,
        &format!("/graphql?query={{viewer{{kind}}}}&access_token={good}"),
    );
    let answer = anonymous.send(in_url).await;
    assert!(!answer.text.contains("CLIENT_TOKEN"), "{}", answer.text);
}

async fn an_expired_token_opens_nothing(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let minted = mint(tidemark.client(), json!({"permissions": ["LOG"], "expiresIn": 1})).await;
    let client = Client::new(tidemark.server().address(), minted["token"].as_str().expect("a token"));
    assert_eq!(refusal(&client).await, None);
    // A second, and what the clocks of two instances may be apart.
    let mut refused = None;
    for _ in 0..60 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        refused = refusal(&client).await;
        if refused.is_some() {
            break;
        }
    }
    assert_eq!(refused.as_deref(), Some("UNAUTHENTICATED"));
}
