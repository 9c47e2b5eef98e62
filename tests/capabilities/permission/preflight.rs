//! What a page asks beforehand: every path of every dialect answers it, and only for origins that may.

use reqwest::{Method, header};
use serde_json::json;
use support::{Client, Engine, Tidemark};

use super::{dialect::plain, route::ROUTES};

support::on_both_engines!(every_path_of_a_dialect_answers_a_page_beforehand);

const PAGE: &str = "https://www.example.com";

/// The server's own paths, which pages of other origins do not ask, or as what they ask it: files and pictures.
fn is_own(path: &str) -> bool {
    matches!(
        path,
        "/" | "/healthz" | "/readyz" | "/metrics" | "/graphql" | "/script.js" | "/script.gif"
    ) || path.starts_with("/session/")
}

/// The folders below which a dialect's path is there, besides the root.
fn folders(path: &str) -> &'static [&'static str] {
    let is_coveos = path.contains("/analytics/") || path.contains("/organizations/") || path == "/rest/search/v2/token";
    let of_moesif = [
        "actions",
        "events",
        "users",
        "companies",
        "subscriptions",
        "config",
        "rules",
    ];
    let name = path.strip_prefix("/v1/").map(|rest| rest.trim_end_matches("/batch"));
    match name {
        _ if is_coveos => &["/coveo"],
        _ if path.starts_with("/rest") || path == "/api.js" => &["/clickst"],
        _ if path.starts_with("/api/") => &["/profilestore"],
        _ if ["/v4/", "/uauth/", "/sauth/"]
            .iter()
            .any(|start| path.starts_with(start)) =>
        {
            &["/synerise"]
        }
        Some(name) if of_moesif.contains(&name) => &["/moesif", "/collector"],
        Some(_) => &["/segment"],
        None => {
            assert_eq!(path, "/script", "it is tried below no folder");
            &[]
        }
    }
}

async fn every_path_of_a_dialect_answers_a_page_beforehand(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let key = tidemark
        .key(&["--site", tidemark.site(), "--allow", "log", "--origin", PAGE])
        .await;
    // The server meets the key, and with it what it allows.
    let public = Client::new(tidemark.server().address(), &key);
    let met = public.request(Method::POST, "/graphql").header(header::ORIGIN, PAGE);
    let _ = public
        .send(met.json(&json!({"query": "{ viewer { kind } }"})))
        .await
        .data();
    let nobody = public.without_key();
    let wanted = "authorization, content-type, x-anything-of-a-client";
    let ask = |path: &str, method: &str, origin: &str| {
        let request = nobody
            .request(Method::OPTIONS, path)
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, method)
            .header(header::ACCESS_CONTROL_REQUEST_HEADERS, wanted);
        nobody.send(request)
    };
    let mut asked = 0;
    for (name, _) in ROUTES {
        let (method, path) = name.split_once(' ').expect("a method and a path");
        if is_own(path) {
            continue;
        }
        let path = plain(&path.replace("{folder:(.*/)?}{version:v1[45]}", "rest/ua/v15"))
            .replace("{method}", "action.log")
            .replace("{writeKey}", "k")
            .replace("{org}", "shop")
            .replace("{form}", "click")
            .replace("{name}", "custom")
            .replace("{scope}", "default")
            .replace("{id}", "x");
        assert!(!path.contains(['{', '}', '(', '[']), "{name}: {path}");
        for folder in std::iter::once(&"").chain(folders(&path)) {
            let path = format!("{folder}{path}");
            let answer = ask(&path, method, PAGE).await;
            asked += 1;
            assert_eq!(answer.status, 204, "{path}: {}", answer.text);
            let told = |name: header::HeaderName| answer.headers.get(&name).map(|value| value.to_str().expect("text"));
            assert_eq!(told(header::ACCESS_CONTROL_ALLOW_ORIGIN), Some(PAGE), "{path}");
            assert_eq!(told(header::ACCESS_CONTROL_ALLOW_HEADERS), Some(wanted), "{path}");
            assert_eq!(
                told(header::ACCESS_CONTROL_ALLOW_METHODS),
                Some("GET, POST, PUT, DELETE, OPTIONS"),
                "{path}"
            );
            let kept = told(header::ACCESS_CONTROL_MAX_AGE).and_then(|text| text.parse::<u32>().ok());
            assert!(kept.is_some_and(|seconds| seconds > 0), "{path}");
            // Beacons always have credentials.
            assert_eq!(told(header::ACCESS_CONTROL_ALLOW_CREDENTIALS), Some("true"), "{path}");
            let refused = ask(&path, method, "https://evil.example").await;
            assert_eq!(refused.status, 403, "{path}");
            assert!(
                !refused.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN),
                "{path}"
            );
        }
    }
    assert!(asked > 120, "{asked} paths");
}
