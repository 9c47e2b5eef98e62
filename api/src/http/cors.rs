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

/// Tells browsers of every answer, errors among them, who may read it. It stands around whatever may refuse a request, and
/// needs nothing of what is found out about one there.
///
/// # Errors
/// Those of the inner service.
pub async fn share(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let of_dialect = is_dialect(&request);
    if request.path() != "/graphql" && !of_dialect {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    }
    let services = request.app_data::<Data<Services>>().cloned();
    let origin = request.headers().get(header::ORIGIN).cloned();
    let beforehand = asks_beforehand(&request);
    let mut response = next.call(request).await?.map_into_boxed_body();
    let headers = response.headers_mut();
    // Also where no page asked: what is kept for one must not be given to another.
    headers.append(header::VARY, if beforehand { VARY_PREFLIGHT } else { VARY });
    // A key that was new to this server is met by now, and with it the origins that it allows.
    if let Some(origin) = origin.filter(|origin| is_allowed(services.as_ref(), origin)) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if !beforehand {
            headers.insert(
                header::ACCESS_CONTROL_EXPOSE_HEADERS,
                if of_dialect { READ_OF_DIALECT } else { READ },
            );
        }
        if of_dialect {
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
        }
    }
    Ok(response)
}

/// Answers browsers that ask beforehand what they may send; [`share`] tells them of this answer, too, who may read it.
///
/// # Errors
/// Those of the inner service.
pub async fn answer_preflight(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let of_dialect = || is_dialect(&request);
    if !asks_beforehand(&request) || (request.path() != "/graphql" && !of_dialect()) {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    }
    let services = request.app_data::<Data<Services>>();
    let origin = request.headers().get(header::ORIGIN);
    let response = if origin.is_some_and(|origin| is_allowed(services, origin)) {
        let wanted = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
        preflight(of_dialect().then_some(wanted))
    } else {
        respond(&Services::unknown_origin())
    };
    Ok(request.into_response(response))
}

fn asks_beforehand(request: &ServiceRequest) -> bool {
    let asked = request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    asked && request.method() == Method::OPTIONS
}

fn is_dialect(request: &ServiceRequest) -> bool {
    let services = request.app_data::<Data<Services>>();
    let is_script = |services: &Data<Services>| script::part(services, request.path()) == Some(Part::Endpoint);
    dialects::owns(request.path()) || services.is_some_and(is_script)
}

fn is_allowed(services: Option<&Data<Services>>, origin: &HeaderValue) -> bool {
    let origin = origin.to_str().ok();
    services
        .zip(origin)
        .is_some_and(|(services, origin)| services.shares_with(origin))
}

/// Answers a browser that asks beforehand. A dialect's clients may send any headers, and those they ask for are given.
fn preflight(of_dialect: Option<Option<HeaderValue>>) -> HttpResponse {
    let mut response = HttpResponse::NoContent().finish();
    let headers: &mut HeaderMap = response.headers_mut();
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
