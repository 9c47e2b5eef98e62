//! The scripts are small, and what is served is made of what is read.

use std::process::Command;

use reqwest::{Method, header};
use support::{Engine, Tidemark, folder::repository};

/// Bytes of a script as it is sent.
const MOST_BYTES: usize = 3 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_come_small() {
    let tidemark = Tidemark::start(Engine::Sqlite).await;
    let nobody = tidemark.client().without_key();
    let get = async |path: &'static str, known: Option<String>| {
        let mut request = nobody
            .request(Method::GET, path)
            .header(header::ACCEPT_ENCODING, "gzip");
        if let Some(tag) = known {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        request.send().await.expect("an answer")
    };
    for path in ["/script.js", "/script.js?sr"] {
        let answer = get(path, None).await;
        assert_eq!(answer.headers()["content-encoding"], "gzip");
        assert_eq!(answer.headers()["content-type"], "text/javascript; charset=utf-8");
        assert_eq!(answer.headers()["cross-origin-resource-policy"], "cross-origin");
        assert_eq!(answer.headers()["cache-control"], "public, max-age=3600");
        let tag = answer.headers()["etag"].to_str().expect("text").to_owned();
        let bytes = answer.bytes().await.expect("a body").len();
        assert!(bytes <= MOST_BYTES, "{path}: {bytes} bytes");
        let unchanged = get(path, Some(tag)).await;
        assert_eq!(unchanged.status(), 304);
    }
}

#[test]
fn what_is_served_is_made_of_what_is_read() {
    let folder = repository().join("tests/audit");
    let terser = folder.join("node_modules/.bin/terser");
    assert!(
        terser.exists(),
        "terser is not there: run `npm ci --prefix tests/audit`, as tests/run does"
    );
    for (folder, name) in [("script", "script"), ("synerise", "shim")] {
        let made = std::env::temp_dir().join(format!("tidemark-{name}-{}.js", std::process::id()));
        let script = repository().join("api/src/dialects").join(folder);
        let output = Command::new(&terser)
            .arg(script.join(format!("{name}.js")))
            .args(["--compress", "passes=2", "--mangle", "--output"])
            .arg(&made)
            .output()
            .expect("node can be started: install nodejs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let kept = std::fs::read(script.join(format!("{name}.min.js")));
        assert!(
            std::fs::read(&made).expect("it was written") == kept.expect("it is kept"),
            "{name}.min.js is out of date: run `npm run script` in tests/audit"
        );
    }
}
