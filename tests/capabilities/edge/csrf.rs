//! The session's cookie is of no use to pages of other sites.

use reqwest::{Method, header};
use serde_json::json;
use support::{Client, Engine, Tidemark, person::code};

support::on_both_engines!(no_other_page_renews_or_ends_a_session);

async fn no_other_page_renews_or_ends_a_session(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let ada = tidemark.person("ada@example.com", &[]).await;
    let anonymous = Client::anonymous(tidemark.server().address());
    let own = anonymous.url("");
    let (same, port) = (
        own.replace("127.0.0.1", "localhost"),
        own.replace("http://127.0.0.1:", "http://127.0.0.1:1"),
    );
    let send = async |path: &str, headers: &[(&str, &str)]| {
        let cookie = format!("tidemark_session={}", ada.cookie());
        let mut request = anonymous
            .request(Method::POST, path)
            .header(header::COOKIE, cookie)
            .json(&json!({}));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        anonymous.send(request).await
    };
    for path in [
        "/session/refresh",
        "/session/sign-out",
        "/session/sign-in",
        "/session/accept",
    ] {
        for headers in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "anything")],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
            &[("origin", "")],
            &[("origin", &same)],
            &[("origin", &port)],
            &[("origin", &own), ("sec-fetch-site", "same-site")],
            &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
        ] {
            let answer = send(path, headers).await;
            assert_eq!((answer.status, code(&answer)), (403, "FORBIDDEN"), "{path} {headers:?}");
            assert!(!answer.headers.contains_key(header::SET_COOKIE), "{path} {headers:?}");
        }
    }
    // The session goes on, for its own pages.
    let renewed = send(
        "/session/refresh",
        &[("origin", &own), ("sec-fetch-site", "same-origin")],
    )
    .await;
    assert_eq!(renewed.status, 200, "{}", renewed.text);
    let set = renewed.headers[header::SET_COOKIE].to_str().expect("text");
    assert!(
        set.contains("HttpOnly") && set.contains("SameSite=Strict") && set.contains("Path=/session"),
        "{set}"
    );
    // Behind a public URL that one is it, and not the name by which the proxy asks.
    let tidemark = Tidemark::builder(engine)
        .flag("--public-url", "https://stats.example.com")
        .start()
        .await;
    let ada = tidemark.person("ada@example.com", &[]).await;
    let anonymous = Client::anonymous(tidemark.server().address());
    for (origin, status) in [(anonymous.url(""), 403), ("https://stats.example.com".to_owned(), 200)] {
        let cookie = format!("tidemark_session={}", ada.cookie());
        let request = anonymous
            .request(Method::POST, "/session/refresh")
            .header(header::COOKIE, cookie);
        let answer = anonymous.send(request.header("origin", &origin).json(&json!({}))).await;
        assert_eq!(answer.status, status, "{origin}: {}", answer.text);
    }
}
