//! What the body of a POST is sent as.

use actix_web::http::header::{self, HeaderMap};

use crate::{
    domain::error::Result,
    extract::body::{Encoding, is_utf8, unsupported},
};

/// Checks that the body is JSON that we can unpack.
///
/// Insisting on the type keeps out what a web page can make a browser send without asking first.
///
/// # Errors
///
/// It is of another type, charset or encoding.
pub(in crate::http) fn encoding(headers: &HeaderMap) -> Result<Encoding> {
    let media = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut parts = media.split(';').map(str::trim);
    if !parts
        .next()
        .is_some_and(|name| name.eq_ignore_ascii_case("application/json"))
    {
        return Err(unsupported("A body is sent as application/json."));
    }
    for part in parts {
        if part
            .split_once('=')
            .is_some_and(|(key, value)| key.eq_ignore_ascii_case("charset") && !is_utf8(value))
        {
            return Err(unsupported("A body is sent in UTF-8."));
        }
    }
    Encoding::of(headers)
}
