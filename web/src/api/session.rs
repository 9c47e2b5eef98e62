//! The sign-in endpoints, which are plain HTTP: the token that renews a session is in a cookie that this program cannot read.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    failure::Failure,
    scalar::Moment,
    transport::{Reply, ToEnd, get, json, post, post_to_end},
};
use crate::browser;

/// What somebody who has signed in holds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Access {
    /// To be sent with each question.
    #[serde(rename = "accessToken")]
    pub(crate) token: String,
    /// When it stops working.
    pub(crate) expires_at: Moment,
    /// Whose it is.
    pub(crate) account: AccountName,
}

/// The ways to sign in that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct Methods {
    /// By an identity provider.
    pub(crate) oidc: bool,
}

/// What signs somebody in.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Credentials {
    pub(crate) email: String,
    pub(crate) password: String,
    /// The second factor, once it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
}

/// What sets a password by a link.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Acceptance {
    pub(crate) token: String,
    pub(crate) password: String,
    /// Of the first account; others have theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

/// Whose password was set.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Accepted {
    pub(crate) account: AccountName,
}

/// An account, as the sign-in endpoints tell of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct AccountName {
    pub(crate) email: String,
}

/// The address that begins signing in by the identity provider.
pub(crate) const PROVIDER: &str = "/session/oidc/start";

/// The name of what the browser names the renewals of its session by.
const RENEWAL_KEY: &str = "tidemark.renewal-key";

/// Begins a session.
pub(crate) async fn sign_in(credentials: &Credentials) -> Result<Access, Failure> {
    let access = read(&post("/session/sign-in", None, json(credentials)).await?)?;
    // Each session has a key of its own; made now, it is there before any tab needs it.
    browser::remember(RENEWAL_KEY, None);
    browser::secret(RENEWAL_KEY);
    Ok(access)
}

/// Renews the session that the cookie tells of. The cookie is good once, and the answer holds the next one: who leaves the
/// page meanwhile gets it all the same. Several tabs, and a page that is loaded before the answer came, send the same
/// cookie: by the key the server knows that it is one browser, and answers the same.
pub(crate) async fn renew() -> Result<Access, Failure> {
    let end = ToEnd {
        key: browser::secret(RENEWAL_KEY),
    };
    match read(&post_to_end("/session/refresh", json(&Empty {}), end).await?) {
        Err(failure) if failure.code() == Some("UNAUTHENTICATED") => Err(Failure::SignedOut),
        answer => answer,
    }
}

/// Ends the session.
pub(crate) async fn sign_out() -> Result<(), Failure> {
    let reply = post("/session/sign-out", None, json(&Empty {})).await?;
    if reply.status == 204 {
        browser::remember(RENEWAL_KEY, None);
        Ok(())
    } else {
        Err(refusal(&reply))
    }
}

/// Sets a password by a link.
pub(crate) async fn accept(acceptance: &Acceptance) -> Result<Accepted, Failure> {
    read(&post("/session/accept", None, json(acceptance)).await?)
}

/// Asks for the ways to sign in.
pub(crate) async fn methods() -> Result<Methods, Failure> {
    read(&get("/session/methods").await?)
}

#[derive(Serialize)]
struct Empty {}

#[derive(Deserialize)]
struct Refusal {
    error: RefusalError,
}

#[derive(Deserialize)]
struct RefusalError {
    code: String,
    message: String,
    path: Option<String>,
}

fn read<T: DeserializeOwned>(reply: &Reply) -> Result<T, Failure> {
    if reply.status != 200 {
        return Err(refusal(reply));
    }
    serde_json::from_str(&reply.text).map_err(|_| Failure::Unreachable)
}

/// Why the server refused; where the answer is not the server's, something stands between.
pub(super) fn refusal(reply: &Reply) -> Failure {
    match serde_json::from_str::<Refusal>(&reply.text) {
        Ok(Refusal { error }) => Failure::Refused {
            code: error.code,
            message: error.message,
            path: error.path,
        },
        Err(_) => Failure::Unreachable,
    }
}
