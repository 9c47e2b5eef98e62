//! What comes out about a request first of all: where it comes from, and the id under which its answer and the log tell
//! of it.

use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    web::Data,
};
use tracing::Instrument;
use uuid::Uuid;

use crate::{
    domain::{error, forwarded::Proxies},
    extract::caller::Client,
};

/// The id of a request.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED: &str = "forwarded";

/// Gives a request its client and its id: that of a proxy that is believed where it sent a plain one, else a new one.
/// Everything that is logged meanwhile is logged under it.
///
/// # Errors
/// Those of the inner service.
pub async fn name_request(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let peer = request.peer_addr().map(|address| address.ip());
    let proxies = request.app_data::<Data<Proxies>>();
    let believed = peer.zip(proxies).is_some_and(|(peer, proxies)| proxies.trust(peer));
    let sent = request.headers().get(&HEADER).and_then(|value| value.to_str().ok());
    let id = sent
        .filter(|id| believed && is_plain(id))
        .map_or_else(|| Uuid::now_v7().simple().to_string(), str::to_owned);
    let lines = |name: &'static str| {
        let lines = request.headers().get_all(name);
        lines.map(|line| line.to_str().unwrap_or("unknown"))
    };
    let client = match peer.zip(proxies) {
        Some((peer, proxies)) if believed => proxies.client(peer, lines(FORWARDED_FOR), lines(FORWARDED)).map(Some),
        _ => Ok(peer.map(|peer| peer.to_canonical())),
    };
    let mut response = match client {
        Ok(client) => {
            request.extensions_mut().insert(Client(client));
            request.extensions_mut().insert(RequestId(id.clone()));
            // At the level of errors, so that it is there whatever is logged.
            let span = tracing::error_span!("request", id = %id);
            next.call(request).instrument(span).await?.map_into_boxed_body()
        }
        Err(error) => request.into_response(refuse(&error)),
    };
    name(response.headers_mut(), &id);
    Ok(response)
}

fn name(headers: &mut HeaderMap, id: &str) {
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(HEADER, value);
    }
}

fn is_plain(id: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    (1..=64).contains(&id.len()) && id.chars().all(plain)
}

/// Nobody can say who sent it, so that nothing behind this may see it.
fn refuse(error: &error::Error) -> HttpResponse {
    let shown = serde_json::json!({"error": {"code": error.code.name(), "message": error.message}});
    HttpResponse::BadRequest().json(shown)
}
