//! The files of the UI, as a browser gets them.

use std::io::Read as _;

use flate2::read::GzDecoder;
use reqwest::{Method, header};
use support::{Answer, Client, Engine, Tidemark};

/// Bytes that may come over the network before anything is seen.
pub(super) const FIRST_LOAD: usize = 400 * 1024;

async fn get(client: &Client, path: &str, headers: &[(header::HeaderName, &str)]) -> reqwest::Response {
    let mut request = client.request(Method::GET, path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    request.send().await.expect("the server answers")
}

fn told(response: &reqwest::Response, name: header::HeaderName) -> &str {
    response
        .headers()
        .get(&name)
        .map_or("", |value| value.to_str().expect("text"))
}

/// The files that the page names.
fn assets(page: &str) -> Vec<String> {
    let named = page.split('"').filter(|part| part.starts_with("/assets/"));
    let mut assets: Vec<_> = named.map(str::to_owned).collect();
    assets.sort();
    assets.dedup();
    assets
}

async fn page(client: &Client) -> Answer {
    client.send(client.request(Method::GET, "/")).await
}

#[tokio::test]
async fn the_first_load_is_small() {
    let tidemark = Tidemark::start(Engine::Sqlite).await;
    let client = Client::anonymous(tidemark.server().address());
    let page = page(&client).await;
    assert_eq!(page.status, 200);
    let assets = assets(&page.text);
    assert!(assets.len() >= 6, "{assets:?}");
    let mut sum = 0;
    for path in assets.iter().map(String::as_str).chain(["/"]) {
        let response = get(&client, path, &[(header::ACCEPT_ENCODING, "br, gzip")]).await;
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(told(&response, header::CONTENT_ENCODING), "br");
        let length = response.bytes().await.expect("a body").len();
        println!("{length:>8} {path}");
        sum += length;
    }
    println!("{sum:>8} in all");
    assert!(sum <= FIRST_LOAD, "{sum} bytes before anything is seen");
}

#[tokio::test]
async fn parts_of_the_program_come_when_they_are_needed() {
    let tidemark = Tidemark::start(Engine::Sqlite).await;
    let client = Client::anonymous(tidemark.server().address());
    let first = assets(&page(&client).await.text);
    let link = first
        .iter()
        .find(|path| path.contains("/parts-"))
        .expect("the script that fetches parts");
    let script = client.send(client.request(Method::GET, link)).await.text;
    let parts: Vec<_> = assets(&script)
        .into_iter()
        .filter(|path| path.ends_with(".wasm"))
        .collect();
    for name in ["see", "manage", "organise", "playground"] {
        assert!(
            parts
                .iter()
                .any(|path| path.starts_with(&format!("/assets/split_{name}-"))),
            "{name}: {parts:?}"
        );
    }
    for path in &parts {
        assert!(!first.contains(path), "{path} is fetched at first");
        let response = get(&client, path, &[(header::ACCEPT_ENCODING, "br, gzip")]).await;
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(told(&response, header::CONTENT_TYPE), "application/wasm");
        assert_eq!(told(&response, header::CONTENT_ENCODING), "br");
        println!("{:>8} {path}", response.bytes().await.expect("a body").len());
    }
}

#[tokio::test]
async fn names_with_a_hash_are_kept_for_ever() {
    let tidemark = Tidemark::start(Engine::Sqlite).await;
    let client = Client::anonymous(tidemark.server().address());
    for path in assets(&page(&client).await.text) {
        let packed = get(&client, &path, &[(header::ACCEPT_ENCODING, "gzip")]).await;
        assert_eq!(told(&packed, header::CONTENT_ENCODING), "gzip");
        assert_eq!(
            told(&packed, header::CACHE_CONTROL),
            "public, max-age=31536000, immutable"
        );
        assert!(told(&packed, header::VARY).contains("Accept-Encoding"));
        let tag = told(&packed, header::ETAG).to_owned();
        let same = get(
            &client,
            &path,
            &[(header::ACCEPT_ENCODING, "gzip"), (header::IF_NONE_MATCH, &tag)],
        )
        .await;
        assert_eq!(same.status(), 304);
        assert_eq!(same.bytes().await.expect("a body").len(), 0);
        // The same under every encoding; and for who takes none.
        let mut content = Vec::new();
        GzDecoder::new(&*packed.bytes().await.expect("a body"))
            .read_to_end(&mut content)
            .expect("gzip");
        let plain = get(&client, &path, &[(header::ACCEPT_ENCODING, "br;q=0, gzip;q=0")]).await;
        assert_eq!(told(&plain, header::CONTENT_ENCODING), "");
        assert_ne!(told(&plain, header::ETAG), tag, "a tag stands for bytes");
        assert_eq!(plain.bytes().await.expect("a body"), content);
    }
    // The page itself is asked for each time.
    let page = get(&client, "/", &[]).await;
    assert_eq!(told(&page, header::CACHE_CONTROL), "no-cache");
}

#[tokio::test]
async fn addresses_of_the_ui_are_its_page_and_others_are_nothing() {
    let tidemark = Tidemark::start(Engine::Sqlite).await;
    let client = Client::anonymous(tidemark.server().address());
    let html = [(header::ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8")];
    for path in ["/", "/sign-in", "/s/shop/keys", "/session/link"] {
        let response = get(&client, path, &html).await;
        assert_eq!(response.status(), 200, "{path}");
        let policy = told(&response, header::CONTENT_SECURITY_POLICY);
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval';"), "{policy}");
        assert!(!policy.contains("unsafe-inline"), "{policy}");
        assert!(response.text().await.expect("text").contains("/assets/start-"));
    }
    // A program that asks for data is told that there is none; so is whoever asks for a file of an older build.
    for (path, method) in [
        ("/s/shop/keys", Method::GET),
        ("/assets/app-0.js", Method::GET),
        ("/s/shop/keys", Method::POST),
    ] {
        let answer = client.send(client.request(method, path)).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text);
        assert_eq!(answer.body["error"]["code"], "UNKNOWN_PATH");
    }
}
