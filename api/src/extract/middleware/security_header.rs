//! Headers that tell browsers what they may do with an answer. Whoever answers may say more precisely.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    web::Data,
};

use crate::config;

const POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Data that is opened as a page may do nothing, and stands in no frame.
const OF_DATA: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// Pages of our own, WebAssembly among them: all they need comes from here, and nothing of it stands in the page itself.
const OF_PAGE: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
                       img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; \
                       form-action 'self'; frame-ancestors 'none'";
/// None of what browsers can ask people for is needed.
const PERMISSIONS: &str = "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), \
                           gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()";
/// Two years, as those who keep lists of such hosts want it.
const HTTPS_ALONE: &str = "max-age=63072000; includeSubDomains";

/// Answers that are data; every other address is a page's.
const DATA: [&str; 10] = [
    "/graphql",
    "/session/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/segment/",
    "/moesif/",
    "/collector/",
    "/v1/",
    "/rest/",
];

/// The one page among them, to which links lead.
const PAGE: &str = "/session/link";

/// Adds the headers that an answer does not have yet.
///
/// # Errors
/// Those of the inner service.
pub async fn secure(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let https = request
        .app_data::<Data<config::Http>>()
        .is_some_and(|config| config.https);
    let data = request.path() != PAGE && DATA.iter().any(|prefix| request.path().starts_with(prefix));
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    add(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(headers, header::REFERRER_POLICY, "no-referrer");
    add(headers, header::X_FRAME_OPTIONS, "DENY");
    add(
        headers,
        header::CONTENT_SECURITY_POLICY,
        if data { OF_DATA } else { OF_PAGE },
    );
    add(headers, POLICY, PERMISSIONS);
    add(headers, OPENER, "same-origin");
    if https {
        add(headers, header::STRICT_TRANSPORT_SECURITY, HTTPS_ALONE);
    }
    Ok(response)
}

fn add(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    if !headers.contains_key(&name) {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
