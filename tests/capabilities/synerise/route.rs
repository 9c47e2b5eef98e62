//! Paths that there are not, and methods that paths do not take.

use reqwest::{Method, header};
use support::{Engine, Tidemark};

use super::{BATCH, CUSTOM, refused};

support::on_both_engines!(what_is_not_there_is_told_in_its_words);

async fn what_is_not_there_is_told_in_its_words(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    for (method, path, status) in [
        (Method::GET, CUSTOM, 405),
        (Method::PUT, BATCH, 405),
        (Method::DELETE, "/synerise/v4/events/push/viewed", 405),
        (Method::GET, "/v4/auth/login/profile", 405),
        (Method::POST, "/v4/auth/refresh/profile", 405),
        (Method::GET, "/uauth/api-key/permission-check", 405),
        (Method::GET, "/v4/events/push/viewed/more", 404),
        (Method::POST, "/v4/events/push/viewed/more", 404),
        (Method::POST, "/v4/auth/unknown", 404),
        (Method::POST, "/synerise/v4/auth/unknown", 404),
        (Method::GET, "/uauth/v2/auth/unknown", 404),
        (Method::POST, "/sauth/v3/auth/unknown", 404),
    ] {
        let error = if status == 405 {
            "Method Not Allowed"
        } else {
            "Not Found"
        };
        // A browser that looks there is not shown our own pages.
        for accepted in ["*/*", "text/html"] {
            let request = client.request(method.clone(), path).header(header::ACCEPT, accepted);
            let answer = client.send(request).await;
            let none: [&str; 0] = [];
            assert_eq!(refused(&answer, status, error), none, "{method} {path}");
            assert_eq!(answer.body["path"], path, "{method} {path}");
        }
    }
}
