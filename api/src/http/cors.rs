//! Cross-origin requests: which pages may ask, and read the answers.
//!
//! A page may where its origin is one of a site's or of a key's that works. Nothing is opened by a cookie here, so that a
//! page gets no more by it than its own key or token gives; `/session` is for the server's own pages alone.

use actix_web::{
    Error, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderMap, HeaderValue},
    },
    middleware::Next,
    web::Data,
};

use super::error::respond;
use crate::{
    domain::error::{Code, Error as Failure},
    service::Services,
};

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST");
/// What a page may send along.
const SENT: HeaderValue =
    HeaderValue::from_static("Accept, Authorization, Content-Encoding, Content-Type, X-Api-Key, X-Request-Id");
/// What a page may read.
const READ: HeaderValue = HeaderValue::from_static("RateLimit, RateLimit-Policy, Retry-After, X-Request-Id");
/// A browser need not ask again for so many seconds.
const KEPT: HeaderValue = HeaderValue::from_static("600");
const VARY: HeaderValue = HeaderValue::from_static("Origin");
const VARY_PREFLIGHT: HeaderValue =
    HeaderValue::from_static("Origin, Access-Control-Request-Method, Access-Control-Request-Headers");

/// Answers browsers that ask beforehand, and tells them of every other answer, errors among them, who may read it.
///
/// # Errors
/// Those of the inner service.
pub async fn share(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if request.path() != "/graphql" {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    }
    let origin = request.headers().get(header::ORIGIN).cloned();
    let services = request.app_data::<Data<Services>>().cloned();
    let allowed = origin.filter(|origin| {
        let text = origin.to_str().ok();
        text.zip(services)
            .is_some_and(|(text, services)| services.shares_with(text))
    });
    let asked = request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if asked && request.method() == Method::OPTIONS {
        let mut response = preflight(allowed);
        response.headers_mut().append(header::VARY, VARY_PREFLIGHT);
        return Ok(request.into_response(response));
    }
    let mut response = next.call(request).await?.map_into_boxed_body();
    let headers = response.headers_mut();
    // Also where no page asked: what is kept for one must not be given to another.
    headers.append(header::VARY, VARY);
    if let Some(origin) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, READ);
    }
    Ok(response)
}

fn preflight(allowed: Option<HeaderValue>) -> HttpResponse {
    let Some(origin) = allowed else {
        let message = "No site and no key allows this origin; add it to one of them.";
        return respond(&Failure::new(Code::OriginNotAllowed, message));
    };
    let mut response = HttpResponse::NoContent().finish();
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, SENT);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, KEPT);
    response
}
