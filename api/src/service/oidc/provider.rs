//! An identity provider: found by its issuer's address, asked over HTTPS, remembered for a while.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jsonwebtoken::jwk::JwkSet;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use tracing::Instrument;
use url::Url;

use crate::{
    domain::error::{Code, Error, Result},
    service::outbound::{self, Unread},
};

/// How long one answer of the provider may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// What the provider publishes is read anew after this long.
const FRESH: Duration = Duration::from_secs(600);
/// A token by an unknown key has it read anew, but not more often than this.
const SOONEST: Duration = Duration::from_secs(10);
/// After a failure it is asked again, but not sooner than this.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// Bytes of an answer; no provider's key set comes near.
const MOST_BYTES: usize = 1 << 20;

/// What a provider publishes of itself.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Discovery {
    issuer: String,
    pub(super) authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
    #[serde(default)]
    userinfo_endpoint: Option<Url>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

/// What is remembered of a provider.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) discovery: Discovery,
    pub(super) keys: JwkSet,
    read: Instant,
}

/// What came of looking up what a provider publishes.
#[derive(Default)]
struct Memory {
    known: Option<Arc<Known>>,
    /// When it last failed, and how.
    failed: Option<(Instant, Error)>,
}

impl Memory {
    /// What can be said without asking the provider.
    fn answer(&self, newer: bool) -> Option<Result<Arc<Known>>> {
        let most = if newer { SOONEST } else { FRESH };
        if let Some(known) = self.known.as_ref().filter(|known| known.read.elapsed() < most) {
            return Some(Ok(known.clone()));
        }
        let (at, error) = self.failed.as_ref()?;
        (at.elapsed() < AFTER_FAILURE).then(|| Err(error.clone()))
    }
}

/// The one provider of an installation.
pub(super) struct Provider {
    http: reqwest::Client,
    issuer: Url,
    pub(super) client_id: String,
    client_secret: Option<String>,
    memory: Mutex<Memory>,
    /// Held by whoever asks it what it publishes.
    turn: tokio::sync::Mutex<()>,
}

/// What a code was changed for.
#[derive(Deserialize)]
pub(super) struct Tokens {
    pub(super) id_token: String,
    /// Opens what the provider tells besides.
    #[serde(default)]
    access_token: Option<String>,
}

impl Provider {
    /// The provider at `issuer`, which knows us as `client_id` and, unless we are a public client, by a secret.
    pub(super) fn new(issuer: Url, client_id: String, secret_file: Option<&Path>) -> Result<Self> {
        let client_secret = secret_file.map(read_secret).transpose()?;
        let http = outbound::client(TIMEOUT)?;
        Ok(Self {
            http,
            issuer,
            client_id,
            client_secret,
            memory: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        })
    }

    /// The issuer as tokens name it: as it was set, or less the slash that a URL without a path is given.
    fn names(&self) -> [&str; 2] {
        let name = self.issuer.as_str();
        [name, name.trim_end_matches('/')]
    }

    /// What the provider publishes, read anew when it is old, or `newer` than a token by an unknown key. Whoever waits for
    /// the same answer gets the same, a failure as well: a provider that hangs is not asked by one after the other.
    pub(super) async fn known(self: &Arc<Self>, newer: bool) -> Result<Arc<Known>> {
        if let Some(answer) = self.memory().answer(newer) {
            return answer;
        }
        let provider = self.clone();
        let asked = async move {
            let _turn = provider.turn.lock().await;
            // Whoever had the turn before may have found it out.
            if let Some(answer) = provider.memory().answer(newer) {
                return answer;
            }
            let answer = provider.look_up().await;
            match &answer {
                Ok(known) => provider.memory().known = Some(known.clone()),
                Err(error) => provider.memory().failed = Some((Instant::now(), error.clone())),
            }
            answer
        };
        // It goes on to its end whoever stops waiting, or those who do not wait for long would never find anything out.
        tokio::spawn(asked.in_current_span()).await.map_err(Error::internal)?
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn look_up(&self) -> Result<Arc<Known>> {
        let base = self.issuer.as_str().trim_end_matches('/');
        let address = format!("{base}/.well-known/openid-configuration");
        let discovery: Discovery = self.get(address.parse().map_err(Error::internal)?).await?;
        if !self.names().contains(&discovery.issuer.as_str()) {
            return Err(unreachable("it says that it is another issuer"));
        }
        let keys = self.get(discovery.jwks_uri.clone()).await?;
        Ok(Arc::new(Known {
            discovery,
            keys,
            read: Instant::now(),
        }))
    }

    /// Changes a code for tokens.
    pub(super) async fn redeem(
        &self,
        discovery: &Discovery,
        code: &str,
        verifier: &str,
        callback: &str,
    ) -> Result<Tokens> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", callback),
            ("code_verifier", verifier),
        ];
        let mut request = self.http.post(discovery.token_endpoint.clone());
        let by_post = discovery
            .token_endpoint_auth_methods_supported
            .as_ref()
            .is_some_and(|known| !known.iter().any(|method| method == "client_secret_basic"));
        match &self.client_secret {
            None => form.push(("client_id", &self.client_id)),
            Some(secret) if by_post => form.extend([("client_id", &*self.client_id), ("client_secret", &**secret)]),
            // Both parts are form-encoded before they are joined (RFC 6749, 2.3.1).
            Some(secret) => request = request.basic_auth(encode(&self.client_id), Some(encode(secret))),
        }
        let response = request
            .form(&form)
            .send()
            .await
            .map_err(|error| unreachable(&without_url(error)))?;
        if response.status().is_client_error() {
            tracing::warn!(status = %response.status(), "the identity provider refused a code");
            let message = "The identity provider did not confirm the sign-in; try again.";
            return Err(Error::new(Code::SignInFailed, message).at("code"));
        }
        read(response).await
    }

    /// What the provider tells besides the ID token of whom the tokens are about (OpenID Connect Core, 5.3); none where it
    /// has no such endpoint.
    pub(super) async fn userinfo(&self, discovery: &Discovery, tokens: &Tokens) -> Result<Option<Value>> {
        let (Some(endpoint), Some(token)) = (&discovery.userinfo_endpoint, &tokens.access_token) else {
            return Ok(None);
        };
        let response = self.http.get(endpoint.clone()).bearer_auth(token).send().await;
        let response = response.map_err(|error| unreachable(&without_url(error)))?;
        read(response).await.map(Some)
    }

    /// The issuer's name as the provider gives it.
    pub(super) fn issuer<'a>(&self, known: &'a Known) -> &'a str {
        &known.discovery.issuer
    }

    async fn get<T: DeserializeOwned>(&self, address: Url) -> Result<T> {
        let response = self.http.get(address).send().await;
        read(response.map_err(|error| unreachable(&without_url(error)))?).await
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Provider({})", self.issuer)
    }
}

async fn read<T: DeserializeOwned>(response: reqwest::Response) -> Result<T> {
    if !response.status().is_success() {
        return Err(unreachable(&format!("it answers with status {}", response.status())));
    }
    let bytes = outbound::read(response, MOST_BYTES)
        .await
        .map_err(|unread| match unread {
            Unread::Broken(error) => unreachable(&error.to_string()),
            Unread::TooLong => unreachable("its answer is too long"),
        })?;
    // What it says is not for the log: there may be tokens in it.
    serde_json::from_slice(&bytes).map_err(|_| unreachable("its answer is not what OpenID Connect says"))
}

fn without_url(error: reqwest::Error) -> String {
    error.without_url().to_string()
}

/// Not the caller's fault, nor ours.
fn unreachable(why: &str) -> Error {
    tracing::error!(why, "the identity provider cannot be asked");
    let message = "The identity provider cannot be reached, or does not answer as it should; try again later.";
    Error::new(Code::ProviderUnavailable, message)
}

/// RFC 6749's `application/x-www-form-urlencoded` of one value.
fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn read_secret(file: &Path) -> Result<String> {
    let refuse = |why: String| {
        let message = format!("The client secret {} {why}.", file.display());
        Error::new(Code::InvalidArgument, message).at("oidc-client-secret-file")
    };
    let text = std::fs::read_to_string(file).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    let secret = text.trim();
    if secret.is_empty() {
        return Err(refuse("is empty".to_owned()));
    }
    Ok(secret.to_owned())
}
