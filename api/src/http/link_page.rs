//! The page behind a link: a form that sets a password. It needs nothing else of the server, so that a first account
//! can be made in any browser.

use actix_web::{HttpResponse, http::header};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

const PAGE: &str = include_str!("link_page.html");
/// What the page may do: run its own script and style, named by their hashes, and speak to its own server.
const POLICY: &str = concat!(
    "default-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; ",
    "script-src 'sha256-SCRIPT'; style-src 'sha256-STYLE'"
);

/// The page. Its script sends the secret that stands behind the `#`, which no server's log ever sees.
pub(super) async fn link_page() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, policy()))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(PAGE)
}

/// The policy with the hashes of what the page holds, so that the two cannot drift apart.
fn policy() -> String {
    POLICY
        .replace("SCRIPT", &hash(between("<script>", "</script>")))
        .replace("STYLE", &hash(between("<style>", "</style>")))
}

fn between(start: &str, end: &str) -> &'static str {
    let rest = PAGE.split_once(start).map_or("", |(_, rest)| rest);
    rest.split_once(end).map_or("", |(inside, _)| inside)
}

fn hash(text: &str) -> String {
    BASE64_STANDARD.encode(Sha256::digest(text.as_bytes()))
}
