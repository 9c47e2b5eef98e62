//! An OpenID Connect provider of a test's own, which vouches for whom it is told to, and lies as it is told to.

use std::{
    collections::HashMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    web::{self, Data, Form},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    rsa::PublicKeyComponents,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// How a provider knows Tidemark.
pub const CLIENT_ID: &str = "tidemark test";
const RSA_KEY: &[u8] = include_bytes!("../fixtures/issuer/rsa.der");
/// The secret that they share.
pub const CLIENT_SECRET: &str = "a secret: with/odd+characters%";

/// A provider that runs until it is dropped.
#[derive(Debug)]
pub struct Issuer {
    url: String,
    state: Data<State>,
    server: actix_web::dev::ServerHandle,
}

#[derive(Debug)]
struct State {
    url: Mutex<String>,
    keys: Mutex<Keys>,
    codes: Mutex<HashMap<String, Grant>>,
    /// Requests to the token endpoint, as they came.
    redeemed: Mutex<Vec<Value>>,
    /// What is told besides, by the access token that opens it.
    told: Mutex<HashMap<String, Value>>,
}

/// A code, and what it is worth.
#[derive(Debug, Clone)]
struct Grant {
    challenge: String,
    redirect_uri: String,
    token: String,
    told: Value,
}

#[derive(Debug)]
struct Keys {
    name: String,
    ecdsa: Arc<EcdsaKeyPair>,
    ed25519: Arc<Ed25519KeyPair>,
    rsa: Arc<RsaKeyPair>,
}

impl Keys {
    fn new(name: &str) -> Self {
        let random = SystemRandom::new();
        let ecdsa = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("randomness");
        let ecdsa = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, ecdsa.as_ref(), &random);
        let ed25519 = Ed25519KeyPair::generate_pkcs8(&random).expect("randomness");
        Self {
            name: name.to_owned(),
            ecdsa: Arc::new(ecdsa.expect("its own key")),
            rsa: Arc::new(RsaKeyPair::from_pkcs8(RSA_KEY).expect("the fixture is a key")),
            ed25519: Arc::new(Ed25519KeyPair::from_pkcs8(ed25519.as_ref()).expect("its own key")),
        }
    }

    fn published(&self) -> Value {
        // 0x04, then the two coordinates.
        let rsa: PublicKeyComponents<Vec<u8>> = self.rsa.public().into();
        let point = self.ecdsa.public_key().as_ref();
        json!({"keys": [
            {"kty": "EC", "crv": "P-256", "use": "sig", "kid": format!("{}-ec", self.name),
             "x": encode(&point[1..33]), "y": encode(&point[33..])},
            {"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": format!("{}-ed", self.name),
             "x": encode(self.ed25519.public_key().as_ref())},
            {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": format!("{}-rsa", self.name),
             "n": encode(&rsa.n), "e": encode(&rsa.e)},
            // Not ours to use: a kind of key that nobody knows yet, and a secret that is none.
            {"kty": "NEW", "kid": "new"},
            {"kty": "oct", "kid": "shared", "k": encode(b"everybody knows this")},
        ]})
    }
}

/// Who signs a token, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// The provider, by ECDSA over P-256.
    Es256,
    /// The provider, by RSA, like most.
    Rs256,
    /// The provider, by Ed25519.
    EdDsa,
    /// Nobody: `alg: none`.
    None,
    /// Somebody who takes the public key, or a published secret, for a shared one.
    Hs256,
    /// Somebody with a key of their own, under the name of the provider's.
    Stranger,
}

impl Issuer {
    /// Starts one on a free port.
    ///
    /// # Panics
    /// When it cannot listen.
    pub async fn start() -> Self {
        let state = Data::new(State {
            url: Mutex::default(),
            keys: Mutex::new(Keys::new("first")),
            codes: Mutex::default(),
            redeemed: Mutex::default(),
            told: Mutex::default(),
        });
        let of_app = state.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(of_app.clone())
                .route("/.well-known/openid-configuration", web::get().to(discovery))
                .route("/keys", web::get().to(keys))
                .route("/token", web::post().to(token))
                .route("/userinfo", web::get().to(userinfo))
        })
        .workers(1)
        .disable_signals()
        .bind((Ipv4Addr::LOCALHOST, 0))
        .expect("some port is free");
        let url = format!("http://{}", server.addrs()[0]);
        url.clone_into(&mut lock(&state.url));
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self {
            url,
            state,
            server: handle,
        }
    }

    /// Its address, which is its name.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Signs with new keys from now on.
    pub fn rotate(&self, name: &str) {
        *lock(&self.state.keys) = Keys::new(name);
    }

    /// The forms that the token endpoint was sent.
    #[must_use]
    pub fn redeemed(&self) -> Vec<Value> {
        lock(&self.state.redeemed).clone()
    }

    /// Lets somebody in who was sent here: gives the code to go back with. The claims are changed before they are signed;
    /// null takes one away.
    ///
    /// # Panics
    /// When the request for it lacks what OpenID Connect asks for.
    #[must_use]
    pub fn authorize(&self, query: &HashMap<String, String>, claims: &Value, signature: Signature) -> String {
        self.authorize_and_tell(query, claims, &json!({"sub": claims["sub"]}), signature)
    }

    /// The same, with what the provider tells besides the ID token when it is asked; null has it fail.
    ///
    /// # Panics
    /// As [`Issuer::authorize`].
    #[must_use]
    pub fn authorize_and_tell(
        &self,
        query: &HashMap<String, String>,
        claims: &Value,
        told: &Value,
        signature: Signature,
    ) -> String {
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", CLIENT_ID),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(query[name], value, "{query:?}");
        }
        assert!(query["scope"].split(' ').any(|scope| scope == "openid"), "{query:?}");
        let now = now();
        let mut all = json!({
            "iss": self.url, "aud": CLIENT_ID, "sub": "someone", "nonce": query["nonce"], "iat": now, "exp": now + 300,
        });
        for (name, value) in claims.as_object().expect("an object") {
            all[name] = value.clone();
        }
        all.as_object_mut()
            .expect("an object")
            .retain(|_, value| !value.is_null());
        let code = format!("code-{}", uuid::Uuid::now_v7().simple());
        let grant = Grant {
            challenge: query["code_challenge"].clone(),
            redirect_uri: query["redirect_uri"].clone(),
            token: self.sign(&all, signature),
            told: told.clone(),
        };
        lock(&self.state.codes).insert(code.clone(), grant);
        code
    }

    fn sign(&self, claims: &Value, signature: Signature) -> String {
        let keys = lock(&self.state.keys);
        let (algorithm, kid) = match signature {
            Signature::Es256 | Signature::Stranger => ("ES256", format!("{}-ec", keys.name)),
            Signature::Rs256 => ("RS256", format!("{}-rsa", keys.name)),
            Signature::EdDsa => ("EdDSA", format!("{}-ed", keys.name)),
            Signature::None => ("none", format!("{}-ec", keys.name)),
            Signature::Hs256 => ("HS256", "shared".to_owned()),
        };
        let header = json!({"alg": algorithm, "kid": kid, "typ": "JWT"});
        let text = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let random = SystemRandom::new();
        let ecdsa = |pair: &EcdsaKeyPair| {
            let signed = pair.sign(&random, text.as_bytes()).expect("randomness");
            signed.as_ref().to_vec()
        };
        let signed = match signature {
            Signature::Es256 => ecdsa(&keys.ecdsa),
            Signature::Stranger => ecdsa(&Keys::new("stranger").ecdsa),
            Signature::Rs256 => {
                let mut signed = vec![0; keys.rsa.public().modulus_len()];
                let done = keys.rsa.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signed);
                done.expect("the key fits");
                signed
            }
            Signature::EdDsa => keys.ed25519.sign(text.as_bytes()).as_ref().to_vec(),
            Signature::None => Vec::new(),
            Signature::Hs256 => {
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"everybody knows this");
                ring::hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
            }
        };
        format!("{text}.{}", encode(signed))
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

async fn discovery(state: Data<State>) -> HttpResponse {
    let url = lock(&state.url).clone();
    HttpResponse::Ok().json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize?tenant=1"),
        "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/keys"),
        "userinfo_endpoint": format!("{url}/userinfo"),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }))
}

async fn keys(state: Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(lock(&state.keys).published())
}

/// Changes a code for a token, once, for the client that proves who it is and that it asked.
async fn token(state: Data<State>, request: HttpRequest, form: Form<HashMap<String, String>>) -> HttpResponse {
    lock(&state.redeemed).push(json!(*form));
    let refuse = |why: &str| HttpResponse::BadRequest().json(json!({"error": why}));
    let form_encoded = |text: &str| -> String {
        let mut pair = reqwest::Url::parse("http://x").expect("a URL");
        pair.query_pairs_mut().append_key_only(text);
        pair.query().unwrap_or_default().to_owned()
    };
    let wanted = format!("{}:{}", form_encoded(CLIENT_ID), form_encoded(CLIENT_SECRET));
    let wanted = format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(wanted));
    let sent = request.headers().get("authorization");
    if sent.is_none_or(|sent| sent.as_bytes() != wanted.as_bytes()) {
        return refuse("invalid_client");
    }
    let field = |name: &str| form.get(name).cloned().unwrap_or_default();
    let Some(grant) = lock(&state.codes).remove(&field("code")) else {
        return refuse("invalid_grant");
    };
    let challenge = encode(Sha256::digest(field("code_verifier").as_bytes()));
    let proven = challenge == grant.challenge && field("redirect_uri") == grant.redirect_uri;
    if !proven || field("grant_type") != "authorization_code" {
        return refuse("invalid_grant");
    }
    let access = format!("access-{}", uuid::Uuid::now_v7().simple());
    lock(&state.told).insert(access.clone(), grant.told);
    HttpResponse::Ok().json(json!({"access_token": access, "token_type": "Bearer", "id_token": grant.token}))
}

/// Tells more of whoever an access token is about.
async fn userinfo(state: Data<State>, request: HttpRequest) -> HttpResponse {
    let sent = request
        .headers()
        .get("authorization")
        .and_then(|sent| sent.to_str().ok());
    let token = sent.and_then(|sent| sent.strip_prefix("Bearer "));
    match token.and_then(|token| lock(&state.told).get(token).cloned()) {
        Some(Value::Null) => HttpResponse::InternalServerError().finish(),
        Some(told) => HttpResponse::Ok().json(told),
        None => HttpResponse::Unauthorized().finish(),
    }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::disallowed_methods, reason = "a provider has a clock of its own")]
fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
