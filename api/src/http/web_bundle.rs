//! The web UI, as the build put it into the program: compressed beforehand, under names that say what is in them.

use std::io::Read as _;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
};
use flate2::read::GzDecoder;

use super::error::respond;
use crate::domain::error::{Code, Error};

/// A file of the UI.
struct File {
    /// Where it is.
    path: &'static str,
    /// Its media type.
    kind: &'static str,
    /// The hash of its content.
    tag: &'static str,
    brotli: &'static [u8],
    gzip: &'static [u8],
}

/// The files; none in a build that was not to make a program.
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/web_bundle.rs"));

/// Where our script for pages is.
const SCRIPT: &str = "/script.js";
/// Where the one is that pages call as they called Synerise's; under any name, `?sr` asks for it.
const SCRIPT_OF_SYNERISE: &str = "/script.js?sr";
/// By whom an answer may be used.
const OF_RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// Names with a hash never mean anything else.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// A page that names the script is not changed with it: browsers ask once an hour.
const AN_HOUR: &str = "public, max-age=3600";
/// The page names the others: browsers ask each time whether it is still the same.
const ASK_AGAIN: &str = "no-cache";

/// The page of the UI, whatever the address: its script looks at the path by itself.
pub(super) async fn page(request: HttpRequest) -> HttpResponse {
    match FILES.iter().find(|file| file.path == "/") {
        Some(file) => answer(&request, file, ASK_AGAIN),
        None => HttpResponse::NotFound()
            .content_type("text/plain; charset=utf-8")
            .body("This program was built without its web UI. GraphQL is at /graphql."),
    }
}

/// A file of the UI; the page where a browser goes to an address that only the UI knows; else nothing.
pub(super) async fn file_or_page(request: HttpRequest) -> HttpResponse {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let named = FILES
        .iter()
        .find(|file| file.path == request.path() && file.path != "/");
    match named {
        Some(file) if reads => answer(&request, file, FOR_EVER),
        None if reads && wants_page(request.headers()) => page(request).await,
        _ => respond(&Error::new(
            Code::UnknownPath,
            "There is nothing at this address; GraphQL is at /graphql.",
        )),
    }
}

/// Our scripts for pages, which any site may load.
pub(super) async fn script(request: HttpRequest) -> HttpResponse {
    let path = match request
        .query_string()
        .split('&')
        .any(|part| part == "sr" || part == "sr=")
    {
        true => SCRIPT_OF_SYNERISE,
        false => SCRIPT,
    };
    let Some(file) = FILES.iter().find(|file| file.path == path) else {
        return respond(&Error::internal("the build left the script out"));
    };
    let mut response = answer(&request, file, AN_HOUR);
    let headers = response.headers_mut();
    headers.insert(OF_RESOURCE, HeaderValue::from_static("cross-origin"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// Whether a browser navigates; programs and scripts that ask for data do not say that they take HTML.
fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

fn answer(request: &HttpRequest, file: &File, keep: &'static str) -> HttpResponse {
    let accepted = request.headers().get(header::ACCEPT_ENCODING);
    let accepted = accepted.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let encoding = ["br", "gzip"].into_iter().find(|encoding| accepts(accepted, encoding));
    // A tag stands for the bytes as they are sent.
    let tag = format!("\"{}-{}\"", file.tag, encoding.unwrap_or("plain"));
    let known = request
        .headers()
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    let unchanged = known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
    let mut builder = if unchanged {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    builder
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, keep))
        .insert_header((header::VARY, "Accept, Accept-Encoding"));
    if unchanged {
        return builder.finish();
    }
    builder.insert_header((header::CONTENT_TYPE, file.kind));
    match encoding {
        Some(encoding) => {
            builder.insert_header((header::CONTENT_ENCODING, encoding));
            builder.body(if encoding == "br" { file.brotli } else { file.gzip })
        }
        None => match plain(file) {
            Ok(content) => builder.body(content),
            Err(error) => respond(&Error::internal(error)),
        },
    }
}

/// Whether an encoding is among those accepted, and not with a weight of nothing.
fn accepts(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let weight = weight
            .trim()
            .strip_prefix("q=")
            .and_then(|weight| weight.trim().parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case(encoding) && weight != Some(0.0)
    })
}

fn plain(file: &File) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    GzDecoder::new(file.gzip).read_to_end(&mut content)?;
    Ok(content)
}
