//! Somebody with an account, who signs in like a browser: the access token in hand, the refresh token in a cookie.

use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::{
    Tidemark, binary,
    client::{Answer, Client},
    server::Address,
};

/// A password that will do.
pub const PASSWORD: &str = "correct horse battery staple";

/// Somebody who has signed in.
#[derive(Debug, Clone)]
pub struct Person {
    client: Client,
    cookie: String,
}

/// Posts JSON to one of the paths below `/session`, with a cookie.
pub async fn post(address: &Address, path: &str, body: &Value, cookie: Option<&str>) -> Answer {
    let client = Client::anonymous(address);
    let mut request = client.request(Method::POST, path).json(body);
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, format!("tidemark_session={cookie}"));
    }
    client.send(request).await
}

/// Tries to sign in.
pub async fn sign_in(address: &Address, email: &str, password: &str, code: Option<&str>) -> Answer {
    let body = json!({"email": email, "password": password, "code": code});
    post(address, "/session/sign-in", &body, None).await
}

/// Tries to sign in from somewhere, by a proxy that the server trusts.
pub async fn sign_in_from(address: &Address, from: &str, email: &str, password: &str) -> Answer {
    let client = Client::anonymous(address);
    let request = client
        .request(Method::POST, "/session/sign-in")
        .header("x-forwarded-for", from);
    let body = json!({"email": email, "password": password});
    client.send(request.json(&body)).await
}

/// The refresh token that an answer sets.
///
/// # Panics
/// When it sets none.
#[must_use]
pub fn cookie(answer: &Answer) -> String {
    let set = answer.headers.get(header::SET_COOKIE);
    let set = set.unwrap_or_else(|| panic!("no cookie; status {}: {}", answer.status, answer.text));
    let text = set.to_str().expect("a cookie is text");
    let value = text.strip_prefix("tidemark_session=").expect("its name");
    value.split(';').next().unwrap_or_default().to_owned()
}

/// The code of an answer that is nothing but an error.
///
/// # Panics
/// When it is none.
#[must_use]
pub fn code(answer: &Answer) -> &str {
    let code = answer.body["error"]["code"].as_str();
    code.unwrap_or_else(|| panic!("no error; status {}: {}", answer.status, answer.text))
}

impl Tidemark {
    /// Makes an account with [`PASSWORD`]; the flags are those of `account create`, such as `["--role", "viewer"]`.
    pub async fn account(&self, email: &str, flags: &[&str]) {
        let arguments = [&["account", "create", email, "--password-stdin"], flags].concat();
        let input = format!("{PASSWORD}\n");
        let _ = binary::run_with_input(self.database(), &arguments, input.as_bytes())
            .await
            .success();
        // A key that the server has not met yet has it reread what is configured, the site as well.
        let _ = self.client().graphql("{ viewer { kind } }", json!({})).await.data();
    }

    /// Makes an account, and signs in.
    pub async fn person(&self, email: &str, flags: &[&str]) -> Person {
        self.account(email, flags).await;
        Person::sign_in(self.server().address(), email).await
    }
}

impl Person {
    /// Somebody who signs in with [`PASSWORD`].
    pub async fn sign_in(address: &Address, email: &str) -> Self {
        Self::of(address, &sign_in(address, email, PASSWORD, None).await)
    }

    /// Somebody who was let in by an answer.
    ///
    /// # Panics
    /// When they were not.
    #[must_use]
    pub fn of(address: &Address, answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{}", answer.text);
        let token = answer.body["accessToken"].as_str().expect("an access token");
        Self {
            client: Client::new(address, token),
            cookie: cookie(answer),
        }
    }

    /// The caller with the access token.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The access token.
    ///
    /// # Panics
    /// Never: it has signed in.
    #[must_use]
    pub fn token(&self) -> &str {
        self.client.key().expect("an access token")
    }

    /// The refresh token.
    #[must_use]
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// What the viewer may do, if still signed in.
    pub async fn viewer(&self) -> Answer {
        let document = "{ viewer { kind name permissions account { email roles { role site } } } }";
        self.client.graphql(document, json!({})).await
    }

    /// Runs an operation with a single field, and gives what it holds.
    pub async fn field(&self, document: &str, variables: Value) -> Value {
        let answer = self.client.graphql(document, variables).await;
        let data = answer.data().as_object().expect("an object");
        data.values().next().expect("a field").clone()
    }
}
