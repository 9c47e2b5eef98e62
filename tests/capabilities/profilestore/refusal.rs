//! What is refused before anything of it is read: by which status, and in which words.

use reqwest::{Method, header};
use serde_json::json;
use support::{Engine, Tidemark};

use super::{event, items, list};

support::on_both_engines!(what_is_not_there_is_told_in_its_words, what_is_packed_otherwise_is_415,);

async fn what_is_not_there_is_told_in_its_words(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    for (method, path, status) in [
        (Method::GET, "/api/v1.0/Track", 405),
        (Method::PUT, "/API/V1.0/TRACKBULK/", 405),
        (Method::POST, "/api/v2.0/TrackEvents", 405),
        (Method::GET, "/profilestore/api/v2.0/TrackEvents/preview", 405),
        (Method::POST, "/api/v1.0/scopes/default", 405),
        (Method::POST, "/api/v1.0/profiles/default/x", 405),
        (Method::GET, "/api/v1.0/unknown", 404),
        (Method::POST, "/profilestore/api/v2.0/unknown", 404),
        (Method::DELETE, "/api/v2.0/TrackEvents/default/x/more", 404),
    ] {
        let answer = client.send(client.request(method.clone(), path)).await;
        let code = if status == 405 { "MethodNotAllowed" } else { "NotFound" };
        assert_eq!(
            (answer.status, &answer.body["error"]["code"]),
            (status, &json!(code)),
            "{method} {path}: {}",
            answer.text
        );
        assert!(answer.body["error"]["message"].is_string(), "{}", answer.text);
    }
}

async fn what_is_packed_otherwise_is_415(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let key = client.key().expect("a key");
    let json = "application/json";
    for (path, encoding, kind) in [
        ("/api/v1.0/Track", "br", json),
        ("/api/v1.0/TrackBulk", "deflate", json),
        ("/api/v2.0/TrackEvents/preview", "br", json),
        ("/api/v1.0/profiles", "br", json),
        ("/api/v1.0/Track", "identity", "application/xml"),
    ] {
        let request = client.without_key().request(Method::POST, path);
        let request = request
            .header("Authorization", format!("epi-single {key}"))
            .header(header::CONTENT_TYPE, kind)
            .header(header::CONTENT_ENCODING, encoding);
        let answer = client.send(request.body(event(json!({})).to_string())).await;
        assert_eq!(
            (answer.status, &answer.body["error"]["code"]),
            (415, &json!("UnsupportedMediaType")),
            "{path} {encoding} {kind}: {}",
            answer.text
        );
    }
    assert!(items(&list(client, &[]).await).is_empty());
}
