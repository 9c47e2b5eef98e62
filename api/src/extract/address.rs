//! Where browsers reach this server, for answers that tell them.

use actix_web::{HttpRequest, http::header, web::Data};

use crate::config;

/// The scheme and the host, perhaps with a port: those of the public URL where it is set, else those of the request.
#[must_use]
pub fn own_address(request: &HttpRequest) -> (String, String) {
    let config = request.app_data::<Data<config::Http>>();
    let public = config.and_then(|config| config.public_url.as_ref());
    if let Some(url) = public
        && let Some(host) = url.host_str()
    {
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        return (url.scheme().to_owned(), format!("{host}{port}"));
    }
    let scheme = if config.is_some_and(|config| config.https) {
        "https"
    } else {
        "http"
    };
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    (scheme.to_owned(), host.unwrap_or("localhost").to_owned())
}
