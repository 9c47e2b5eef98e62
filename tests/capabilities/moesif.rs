//! Moesif's collector: its clients come in unmodified, and its rules for metadata hold.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{
    Answer, Client, Engine, Tidemark,
    example::contains,
    kept::{actor, company, events, misfits},
    node,
};

mod example;
mod field;
mod library;
mod refusal;
mod route;
mod size;
mod verbatim;

support::on_both_engines!(
    the_library_for_node_comes_in_unmodified,
    every_form_of_an_address_leads_in,
    bad_requests_are_told_and_bad_items_kept,
    metadata_keeps_its_types,
    a_transaction_is_stored_once_however_it_comes,
    users_and_companies_are_merged,
    pages_may_send_with_the_headers_of_its_library,
);

/// Posts with the client's key, the way that libraries send it.
async fn post(client: &Client, path: &str, body: &Value) -> Answer {
    let request = client.without_key().request(Method::POST, path).json(body);
    let key = client.key().expect("it has a key");
    client.send(request.header("X-Moesif-Application-Id", key)).await
}

/// Posts, and fails unless it is answered that all is well.
async fn accept(client: &Client, path: &str, body: Value) {
    let answer = post(client, path, &body).await;
    assert_eq!(
        (answer.status, &answer.body),
        (201, &json!({})),
        "{path}: {}",
        answer.text
    );
    assert!(answer.headers.contains_key("x-moesif-config-etag"));
}

async fn the_library_for_node_comes_in_unmodified(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let url = tidemark.server().url("");
    let told = node::run("moesif.js", "moesif-nodejs", &[&url, client.key().expect("a key")]).await;
    let all = [
        "user",
        "users",
        "company",
        "companies",
        "subscription",
        "action",
        "actions",
        "events",
    ];
    assert_eq!(told, json!(all), "each call is told that all went well");
    let stored = events(&tidemark).await;
    let of = |action: &str| -> Vec<_> { stored.iter().filter(|event| event["action"] == action).collect() };
    // The same transaction twice, once in a list.
    assert_eq!(
        (of("Clicked Sign Up").len(), of("Viewed").len(), of("api.call").len()),
        (1, 2, 1),
        "{stored:#?}"
    );
    let clicked = of("Clicked Sign Up")[0];
    for (field, expected) in [
        ("actor", json!("ada")),
        ("company", json!("engines")),
        ("url", json!("https://acme.example/pricing")),
        ("ip", json!("203.0.113.0")),
        ("browser", json!("Firefox")),
        ("door", json!("moesif")),
    ] {
        assert_eq!(clicked[field], expected, "{field}");
    }
    assert_eq!(clicked["tag"]["sign_up_method"], "Google SSO");
    let call = of("api.call")[0];
    assert_eq!((&call["actor"], &call["company"]), (&json!("ada"), &json!("engines")));
    assert_eq!(
        (&call["tag"]["verb"], &call["tag"]["status"], &call["tag"]["datacenter"]),
        (&json!("GET"), &json!(202), &json!("west"))
    );
    assert!(
        call["url"].as_str().expect("a URL").ends_with("/orders/7?x=1"),
        "{call:#}"
    );
    let ada = actor(client, "ada").await;
    assert_eq!(
        ada["traits"],
        json!({"plan": "pro", "address": {"city": "London"}}),
        "{ada:#}"
    );
    assert_eq!(ada["company"]["id"], "engines");
    assert_eq!(ada["firstTouch"]["campaign"]["utm_source"], "mail");
    assert_eq!(actor(client, "carl").await["traits"], json!({"plan": "free"}));
    let engines = company(client, "engines").await;
    assert_eq!(
        engines["traits"],
        json!({"employees": 2, "company_domain": "engines.example"})
    );
    assert_eq!(engines["subscriptions"][0]["id"], "s1");
    assert_eq!(engines["subscriptions"][0]["traits"]["status"], "active");
    assert_eq!(company(client, "acme").await["traits"], json!({"employees": 7}));
}

async fn every_form_of_an_address_leads_in(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    for folder in ["/v1", "/collector/v1", "/moesif/v1"] {
        accept(client, &format!("{folder}/actions"), json!({"action_name": "a"})).await;
    }
    assert_eq!(events(&tidemark).await.len(), 3);
    let key = client.key().expect("a key");
    let get = |path: &str, key: &str| {
        let request = client.without_key().request(Method::GET, path);
        client.send(request.header("x-moesif-application-id", key.to_owned()))
    };
    let answer = get("/v1/config", key).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["sample_rate"], 100);
    assert_eq!(answer.headers["x-moesif-config-etag"], "1");
    let answer = get("/v1/rules", key).await;
    assert_eq!((answer.status, answer.body), (200, json!([])));
    assert_eq!(get("/v1/config", "wrong").await.status, 401);
    assert_eq!(get("/v1/actions", key).await.status, 405);
}

async fn bad_requests_are_told_and_bad_items_kept(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let old = json!({"action_name": "old", "request": {"time": "2012-12-02T00:30:08.276Z"}});
    for (path, body, status) in [
        ("/v1/actions", json!([]), 400),
        ("/v1/actions", json!({}), 400),
        ("/v1/actions", json!({"action_name": ""}), 400),
        ("/v1/actions", json!({"action_name": 7}), 400),
        ("/v1/actions", old.clone(), 400),
        ("/v1/users", json!({"metadata": {}}), 400),
        ("/v1/companies", json!({"metadata": {}}), 400),
        (
            "/v1/subscriptions",
            json!({"subscription_id": "s", "company_id": "c"}),
            400,
        ),
        ("/v1/actions/batch", json!({"action_name": "a"}), 400),
        (
            "/v1/actions",
            json!({"action_name": "large", "metadata": {"a": "x".repeat(1 << 20)}}),
            413,
        ),
        (
            "/v1/actions/batch",
            json!([{"action_name": "good"}, {"action_name": null}, 7, old]),
            201,
        ),
        (
            "/v1/users/batch",
            json!([{"user_id": "ada", "metadata": {"a": 1}}, {"metadata": {"a": 1}}]),
            201,
        ),
    ] {
        let answer = post(client, path, &body).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
    }
    assert_eq!(events(&tidemark).await.len(), 1);
    assert_eq!(actor(client, "ada").await["traits"], json!({"a": 1}));
    assert_eq!(
        misfits(client, "moesif").await,
        [
            "EVENT_TOO_OLD time old",
            "EVENT_TOO_OLD time old",
            "MALFORMED_REQUEST [1].action_name ",
            "MALFORMED_REQUEST [1].user_id ",
            "MALFORMED_REQUEST [2] ",
            "MALFORMED_REQUEST action_name ",
            "MALFORMED_REQUEST action_name ",
            "MALFORMED_REQUEST action_name ",
            "MALFORMED_REQUEST company_id ",
            "MALFORMED_REQUEST status ",
            "MALFORMED_REQUEST user_id ",
        ]
    );
    let request = client.without_key().request(Method::POST, "/v1/actions");
    let request = request.header("x-moesif-application-id", client.key().expect("a key"));
    // Who names nothing takes anything.
    for (accepted, status) in [
        ("text/html", 406),
        ("", 201),
        (" , ", 201),
        ("text/html, */*;q=0.1", 201),
    ] {
        let request = request.try_clone().expect("it has no body");
        let request = request.header(header::ACCEPT, accepted);
        let answer = client.send(request.json(&json!({"action_name": "a"}))).await;
        assert_eq!(answer.status, status, "“{accepted}”: {}", answer.text);
    }
    let nobody = client.without_key();
    let answer = nobody
        .send(
            nobody
                .request(Method::POST, "/v1/actions")
                .json(&json!({"action_name": "a"})),
        )
        .await;
    assert_eq!(answer.status, 401);
}

async fn metadata_keeps_its_types(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let action = |metadata: Value| json!({"action_name": "a", "metadata": metadata});
    accept(
        client,
        "/v1/actions",
        action(json!({"so.me_str.ing": "a.b", "number": 77, "some_string": "x"})),
    )
    .await;
    accept(
        client,
        "/v1/actions",
        action(json!({"number": 77.23, "some_string": null})),
    )
    .await;
    // The manual's own example: what a name is at the root it is at every depth.
    accept(
        client,
        "/v1/actions",
        action(json!({"some_object": {"some_string": 23}})),
    )
    .await;
    accept(client, "/v1/actions", action(json!({"a.b": 1, "a_b": 2}))).await;
    let answer = post(
        client,
        "/v1/actions?strict=1",
        &action(json!({"deep": {"number": "text"}})),
    )
    .await;
    assert_eq!(answer.status, 400);
    let message = answer.body["error"]["message"].as_str().expect("a message");
    assert!(
        message.contains("deep.number") && message.contains("type number") && message.contains("type string"),
        "{message}"
    );
    let all = events(&tidemark).await;
    assert_eq!(all.len(), 2);
    assert_eq!(all[0]["tag"]["so_me_str_ing"], "a.b");
    assert_eq!(
        misfits(client, "moesif").await,
        [
            "TAG_KEY_COLLISION tag.a_b a",
            "TAG_TYPE_CONFLICT deep.number a",
            "TAG_TYPE_CONFLICT some_object.some_string a",
        ]
    );
}

async fn a_transaction_is_stored_once_however_it_comes(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let id = |number: usize| format!("a3765025-46ec-45dd-bc83-b136c8d1{number:04}");
    let action = |number: usize| json!({"action_name": "a", "transaction_id": id(number)});
    accept(client, "/v1/actions", action(1)).await;
    accept(
        client,
        "/v1/actions/batch",
        json!([action(1), action(2), action(3), action(3)]),
    )
    .await;
    accept(client, "/v1/actions/batch", json!([action(3), action(4), action(1)])).await;
    accept(client, "/v1/actions", action(4)).await;
    assert_eq!(events(&tidemark).await.len(), 4);
    let answer = client
        .ledger(
            json!({"from": "2020-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z", "groupBy": ["OUTCOME", "DIALECT"]}),
        )
        .await;
    let mut rows: Vec<_> = answer["rows"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| format!("{} {} {}", row["outcome"], row["dialect"], row["count"]))
        .collect();
    rows.sort();
    assert_eq!(rows, ["\"ACCEPTED\" \"moesif\" 4", "\"DUPLICATE\" \"moesif\" 5"]);
}

async fn users_and_companies_are_merged(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    // As the browser's library sends somebody who is not known yet.
    accept(
        client,
        "/v1/users",
        json!({
            "anonymous_id": "1a1fc1876da532-0a68", "campaign": {"utm_source": "ad", "referrer": "https://news.example"},
        }),
    )
    .await;
    accept(client, "/v1/users", json!({
        "user_id": 12345, "anonymous_id": "1a1fc1876da532-0a68", "company_id": "acme", "session_token": ["s1", "s2"],
        "modified_time": "2026-11-20T10:00:00Z", "campaign": {}, "ip_address": null,
        "metadata": {"email": "a@example.com", "address": {"city": "London", "zip": "W1"}},
    })).await;
    accept(client, "/v1/users", json!({
        "user_id": "12345", "session_token": "s3", "modified_time": "2026-11-20T09:00:00Z", "campaign": {"utm_source": "mail"},
        "metadata": {"address": {"city": "Paris", "street": "Rue"}, "email": null},
    })).await;
    let user = actor(client, "12345").await;
    let expected = json!({
        "id": "12345", "aliases": ["1a1fc1876da532-0a68"], "company": {"id": "acme"}, "sessions": ["s1", "s2", "s3"],
        "traits": {"email": "a@example.com", "address": {"city": "London", "zip": "W1", "street": "Rue"}},
    });
    contains(&user, &expected, "12345");
    assert_eq!(user["firstTouch"]["campaign"], json!({"utm_source": "mail"}));
    assert_eq!(
        user["lastTouch"]["campaign"],
        json!({"utm_source": "ad", "referrer": "https://news.example"})
    );
    accept(
        client,
        "/v1/companies/batch",
        json!([
            {"company_id": "acme", "company_domain": "acme.example", "metadata": {"plan": "pro"}},
            {"company_id": "acme", "metadata": {"seats": 5}},
        ]),
    )
    .await;
    accept(client, "/v1/subscriptions", json!({
        "subscription_id": "s1", "company_id": "acme", "status": "active", "current_period_end": "2027-01-01T00:00:00Z",
    })).await;
    accept(
        client,
        "/v1/subscriptions/batch",
        json!([{"subscription_id": "s1", "company_id": "acme", "status": "ended"}]),
    )
    .await;
    let acme = json!({
        "id": "acme", "traits": {"plan": "pro", "seats": 5, "company_domain": "acme.example"},
        "subscriptions": [{"id": "s1", "traits": {
            "subscription_id": "s1", "company_id": "acme", "status": "ended", "current_period_end": "2027-01-01T00:00:00Z",
        }}],
    });
    contains(&company(client, "acme").await, &acme, "acme");
}

async fn pages_may_send_with_the_headers_of_its_library(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let page = "https://www.example.com";
    let key = tidemark
        .key(&["--site", "shop", "--allow", "log", "--origin", page])
        .await;
    let nobody = tidemark.client().without_key();
    let send = || {
        let request = nobody.request(Method::POST, "/v1/actions").header(header::ORIGIN, page);
        let request = request
            .header("X-Moesif-Application-Id", key.clone())
            .header("X-Moesif-SDK", "moesif-browser-js/1.8.13");
        nobody.send(request.json(&json!({"action_name": "seen", "request": {"verb": "GET"}})))
    };
    let _ = send().await;
    let answer = send().await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], page);
    let exposed = answer.headers[header::ACCESS_CONTROL_EXPOSE_HEADERS]
        .to_str()
        .expect("text");
    assert!(exposed.to_lowercase().contains("x-moesif-config-etag"), "{exposed}");
    let wanted = "content-type, x-moesif-application-id, x-moesif-sdk";
    let preflight = nobody
        .request(Method::OPTIONS, "/v1/actions/batch")
        .header(header::ORIGIN, page)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, wanted);
    let answer = nobody.send(preflight).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_HEADERS], wanted);
}
