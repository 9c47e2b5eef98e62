//! One request over HTTP and its answer, as text.

use js_sys::Reflect;
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, Request, RequestCredentials, RequestInit, Response};

use super::failure::Failure;
use crate::browser::window;

/// What came back.
pub(super) struct Reply {
    /// The HTTP status.
    pub(super) status: u16,
    /// The body.
    pub(super) text: String,
}

/// A request that outlives its page.
pub(super) struct ToEnd {
    /// By this the server knows it, where it comes again.
    pub(super) key: Option<String>,
}

/// Posts JSON to a path of this server. What is sent is text by now, so that there is one such function and not one for
/// each question.
pub(super) async fn post(path: &str, token: Option<&str>, json: String) -> Result<Reply, Failure> {
    send("POST", path, token, Some(&json), None).await
}

/// Posts JSON as nobody, to be sent and answered also where the page is left meanwhile.
pub(super) async fn post_to_end(path: &str, json: String, end: ToEnd) -> Result<Reply, Failure> {
    send("POST", path, None, Some(&json), Some(end)).await
}

/// What is to be sent, as JSON.
pub(super) fn json(body: &impl Serialize) -> String {
    // Nothing that is sent has keys that are no text, and nothing else can fail.
    serde_json::to_string(body).unwrap_or_default()
}

/// Gets a path of this server.
pub(super) async fn get(path: &str) -> Result<Reply, Failure> {
    send("GET", path, None, None, None).await
}

async fn send(
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&str>,
    end: Option<ToEnd>,
) -> Result<Reply, Failure> {
    let sent = async {
        let headers = Headers::new()?;
        headers.set("Accept", "application/graphql-response+json, application/json")?;
        if let Some(token) = token {
            headers.set("Authorization", &format!("Bearer {token}"))?;
        }
        let options = RequestInit::new();
        options.set_method(method);
        options.set_credentials(RequestCredentials::SameOrigin);
        if let Some(body) = body {
            headers.set("Content-Type", "application/json")?;
            options.set_body(&body.into());
        }
        if let Some(ToEnd { key }) = end {
            Reflect::set(&options, &"keepalive".into(), &JsValue::TRUE)?;
            if let Some(key) = key {
                headers.set("Idempotency-Key", &key)?;
            }
        }
        options.set_headers(&headers);
        let request = Request::new_with_str_and_init(path, &options)?;
        let response: Response = JsFuture::from(window().fetch_with_request(&request))
            .await?
            .dyn_into()?;
        let text = JsFuture::from(response.text()?).await?;
        Ok(Reply {
            status: response.status(),
            text: text.as_string().unwrap_or_default(),
        })
    };
    sent.await.map_err(|_: JsValue| Failure::Unreachable)
}
