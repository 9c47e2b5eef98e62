//! Reading the body of a POST: its type, its encoding, and no more bytes than allowed.

use std::{io::Read, time::Duration};

use actix_web::{
    http::header::{self, HeaderMap},
    web,
};
use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use futures_util::StreamExt;

use super::accept::is_utf8;
use crate::domain::error::{Code, Error, Result};

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Encoding {
    Identity,
    Gzip,
}

/// Checks that the body is JSON that we can unpack.
///
/// Insisting on the type keeps out what a web page can make a browser send without asking first.
///
/// # Errors
///
/// It is of another type, charset or encoding.
pub(in crate::http) fn encoding(headers: &HeaderMap) -> Result<Encoding> {
    let unsupported = |message: &str| Err(Error::new(Code::UnsupportedMediaType, message));
    let media = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut parts = media.split(';').map(str::trim);
    if !parts
        .next()
        .is_some_and(|name| name.eq_ignore_ascii_case("application/json"))
    {
        return unsupported("A body is sent as application/json.");
    }
    for part in parts {
        if part
            .split_once('=')
            .is_some_and(|(key, value)| key.eq_ignore_ascii_case("charset") && !is_utf8(value))
        {
            return unsupported("A body is sent in UTF-8.");
        }
    }
    match headers.get(header::CONTENT_ENCODING).map(|value| value.as_bytes()) {
        None => Ok(Encoding::Identity),
        Some(name) if name.eq_ignore_ascii_case(b"identity") => Ok(Encoding::Identity),
        Some(name) if name.eq_ignore_ascii_case(b"gzip") => Ok(Encoding::Gzip),
        Some(_) => unsupported("A body may be packed with gzip, and not otherwise."),
    }
}

/// Reads a body.
///
/// # Errors
///
/// It is longer than `limit_bytes`, packed or not, breaks off, or takes longer than `timeout` to come in.
pub(in crate::http) async fn read(
    payload: web::Payload,
    headers: &HeaderMap,
    encoding: Encoding,
    (limit_bytes, timeout): (usize, Duration),
) -> Result<Bytes> {
    let packed = tokio::time::timeout(timeout, gather(payload, headers, limit_bytes)).await;
    let packed = packed.map_err(|_| {
        let message = format!(
            "The body did not come in within {} s; send it again.",
            timeout.as_secs()
        );
        Error::new(Code::RequestTimeout, message)
    })??;
    match encoding {
        Encoding::Identity => Ok(packed),
        Encoding::Gzip => inflate(&packed, limit_bytes),
    }
}

/// The bytes as they come in.
async fn gather(mut payload: web::Payload, headers: &HeaderMap, limit_bytes: usize) -> Result<Bytes> {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    let announced: usize = length.and_then(|value| value.parse().ok()).unwrap_or_default();
    if announced > limit_bytes {
        return Err(too_large(limit_bytes));
    }
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| {
            Error::new(
                Code::MalformedRequest,
                "The body ended before it was whole; send it again.",
            )
        })?;
        if first.len() + all.len() + chunk.len() > limit_bytes {
            return Err(too_large(limit_bytes));
        }
        // Most bodies come in one piece, which then needs no copy.
        if first.is_empty() && all.is_empty() {
            first = chunk;
            continue;
        }
        if all.is_empty() {
            all.reserve(announced.max(first.len() + chunk.len()));
            all.extend_from_slice(&std::mem::take(&mut first));
        }
        all.extend_from_slice(&chunk);
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

fn inflate(packed: &[u8], limit_bytes: usize) -> Result<Bytes> {
    let mut text = Vec::new();
    let limit = u64::try_from(limit_bytes).unwrap_or(u64::MAX);
    let mut reader = MultiGzDecoder::new(packed).take(limit.saturating_add(1));
    match reader.read_to_end(&mut text) {
        Ok(length) if length > limit_bytes => Err(too_large(limit_bytes)),
        Ok(_) => Ok(text.into()),
        Err(_) => Err(Error::new(
            Code::MalformedRequest,
            "The body is sent as gzip, and does not unpack as such.",
        )),
    }
}

fn too_large(limit_bytes: usize) -> Error {
    Error::new(
        Code::BodyTooLarge,
        format!("A body may be {limit_bytes} bytes long, packed and unpacked."),
    )
}
