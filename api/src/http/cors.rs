//! Cross-origin requests: which pages may ask, and read the answers.
//!
//! What dialects take is shared alike, with the methods and headers that their clients use.
//!
//! A page may where its origin is one of a site's or of a key's that works. Nothing is opened by a cookie here, so that a
//! page gets no more by it than its own key or token gives; `/session` is for the server's own pages alone. What dialects
//! take may come with credentials: some remember a visitor by a cookie, and beacons always have them
//! (<https://w3c.github.io/beacon/#sec-processing-model>), so that one with JSON is not sent where they are not allowed.

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
    dialects::{
        self,
        script::{self, Part},
    },
    service::Services,
};

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST");
const METHODS_OF_DIALECT: HeaderValue = HeaderValue::from_static("GET, POST, PUT, DELETE, OPTIONS");
/// What a page may send along.
const SENT: HeaderValue =
    HeaderValue::from_static("Accept, Authorization, Content-Encoding, Content-Type, X-Api-Key, X-Request-Id");
/// What a page may read.
const READ: HeaderValue = HeaderValue::from_static("RateLimit, RateLimit-Policy, Retry-After, X-Request-Id");
/// What a page may read of an answer in another system's wire format.
const READ_OF_DIALECT: HeaderValue =
    HeaderValue::from_static("RateLimit, RateLimit-Policy, Retry-After, X-Moesif-Config-Etag, X-Request-Id");
/// A browser need not ask again for so many seconds.
const KEPT: HeaderValue = HeaderValue::from_static("600");
const VARY: HeaderValue = HeaderValue::from_static("Origin");
const TRUE: HeaderValue = HeaderValue::from_static("true");
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
    let services = request.app_data::<Data<Services>>().cloned();
    let is_script = |services: &Data<Services>| script::part(services, request.path()) == Some(Part::Endpoint);
    let is_dialect = dialects::owns(request.path()) || services.as_ref().is_some_and(is_script);
    if request.path() != "/graphql" && !is_dialect {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    }
    let origin = request.headers().get(header::ORIGIN).cloned();
    let allowed = || {
        let text = origin.as_ref()?.to_str().ok()?;
        services.as_ref()?.shares_with(text).then(|| origin.clone()).flatten()
    };
    let asked = request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if asked && request.method() == Method::OPTIONS {
        let wanted = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
        let mut response = preflight(allowed(), is_dialect.then_some(wanted));
        let headers = response.headers_mut();
        headers.append(header::VARY, VARY_PREFLIGHT);
        if is_dialect && headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
        }
        return Ok(request.into_response(response));
    }
    let mut response = next.call(request).await?.map_into_boxed_body();
    let headers = response.headers_mut();
    // Also where no page asked: what is kept for one must not be given to another.
    headers.append(header::VARY, VARY);
    // A key that was new to this server is met by now, and with it the origins that it allows.
    if let Some(origin) = allowed() {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            if is_dialect { READ_OF_DIALECT } else { READ },
        );
        if is_dialect {
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
        }
    }
    Ok(response)
}

/// Answers a browser that asks beforehand. A dialect's clients may send any headers, and those they ask for are given.
fn preflight(allowed: Option<HeaderValue>, of_dialect: Option<Option<HeaderValue>>) -> HttpResponse {
    let Some(origin) = allowed else {
        return respond(&Services::unknown_origin());
    };
    let mut response = HttpResponse::NoContent().finish();
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    let (methods, sent) = match of_dialect {
        None => (METHODS, Some(SENT)),
        Some(wanted) => (METHODS_OF_DIALECT, wanted),
    };
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    if let Some(sent) = sent {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, sent);
    }
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, KEPT);
    response
}
