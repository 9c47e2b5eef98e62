//! Events: the action of each path, and where fields go.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{BATCH, CUSTOM, accept, custom, events, now, post, refused};

support::on_both_engines!(
    each_path_has_its_action,
    documented_fields_go_where_they_belong,
    typed_parameters_are_kept_as_they_are,
    times_are_those_of_the_site_or_of_receipt,
    a_page_may_send_with_its_key_in_the_address,
);

const PATHS: [(&str, &str); 25] = [
    ("added-to-cart", "product.addToCart"),
    ("removed-from-cart", "product.removeFromCart"),
    ("added-to-favorites", "product.addToFavorite"),
    ("product-view", "product.view"),
    ("registered", "client.register"),
    ("logged-in", "client.login"),
    ("logged-out", "client.logout"),
    ("searched", "client.search"),
    ("shared", "client.shared"),
    ("visited-screen", "screen.view"),
    ("application-started", "client.applicationStarted"),
    ("hit-timer", "client.hitTimer"),
    ("appeared-in-location", "client.location"),
    ("assigned-to-company", "client.assignToCompany"),
    ("cancelled-transaction", "transaction.cancel"),
    ("item-search-click", "item.search.click"),
    ("push/viewed", "push.view"),
    ("push/clicked", "push.click"),
    ("push/cancelled", "push.cancel"),
    ("push/received", "push.receiveInBackground"),
    ("page-visit", "page.visit"),
    ("ai-compat/item.search.click", "item.search.click"),
    ("ai-compat/recommendation.click", "recommendation.click"),
    ("ai-compat/recommendation.view", "recommendation.view"),
    ("custom", "own.action"),
];

async fn each_path_has_its_action(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    for (path, _) in PATHS {
        // The action of the body counts for custom events alone.
        let event = custom(json!({"action": "own.action"}));
        accept(client, &format!("/v4/events/{path}"), event).await;
    }
    let found = events(&tidemark).await;
    let found: Vec<_> = found.iter().filter_map(|event| event["action"].as_str()).collect();
    assert_eq!(found, PATHS.map(|(_, action)| action));
    // Any version of theirs, or none; below a folder of its own; and each of a list with its own action.
    for version in [None, Some("4.4"), Some("4.1.2")] {
        let mut request = client.request(Method::POST, "/synerise/v4/events/custom");
        if let Some(version) = version {
            request = request.header("Api-Version", version);
        }
        assert_eq!(client.send(request.json(&custom(json!({})))).await.status, 202);
    }
    let list = json!([custom(json!({"action": "one"})), custom(json!({"action": "other"}))]);
    accept(client, BATCH, list).await;
    // Recommendations have a short form, one action in each list.
    let short = json!({"clientUUID": "u-7", "correlationId": "c", "items": ["sku-1"]});
    let body = json!({"eventType": "recommendation.view", "items": [short, custom(json!({}))]});
    accept(client, "/v4/events/ai-compat/batch", body).await;
    let found = events(&tidemark).await;
    let rest: Vec<_> = found[25..]
        .iter()
        .filter_map(|event| event["action"].as_str())
        .collect();
    let (own, view) = ("context.activity", "recommendation.view");
    assert_eq!(rest, [own, own, own, "one", "other", view, view]);
    assert_eq!(found[30]["actor"], "u-7");
    assert_eq!(found[30]["tag"]["items"], json!(["sku-1"]));
    // Its clients find what they sent under the names of this server's questions, too.
    let known = client.graphql("{ actions { name count } }", json!({})).await;
    let known = known.data()["actions"].as_array().expect("a list").clone();
    for (_, action) in PATHS {
        assert!(
            known.iter().any(|one| one["name"] == action),
            "an action is defined by its first event: {action}"
        );
    }
    for path in ["unknown", "push/custom", "ai-compat/custom", "push/viewed/more"] {
        let answer = post(client, &format!("/v4/events/{path}"), &custom(json!({}))).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text);
    }
    let answer = post(client, "/v4/events/unknown", &custom(json!({}))).await;
    refused(&answer, 404, "Not Found");
}

async fn documented_fields_go_where_they_belong(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--max-event-age", "none")
        .start()
        .await;
    let client = tidemark.client();
    let uuid = "07243772-008a-42e1-ba37-c3807cebde8f";
    accept(
        client,
        CUSTOM,
        json!({"action": "product.buy", "label": "Bought", "time": "2024-02-29T12:00:00.000+01:00",
            "client": {"uuid": uuid, "email": "ada@example.com", "id": 434_428_563},
            "params": {"source": "WEB_DESKTOP", "sku": "A-1", "nested": {"a.b": 1}, "ip": "1.2.3.4", "modifiedBy": "x",
                "apiKey": "k", "eventUUID": "e", "time": 5, "businessProfileId": 7, "email": "other@example.com"}}),
    )
    .await;
    let bought = &events(&tidemark).await[0];
    let expected = [
        ("action", json!("product.buy")),
        ("label", json!("Bought")),
        ("time", json!("2024-02-29T11:00:00Z")),
        ("actor", json!(uuid)),
        ("actorSource", json!("USER")),
        ("door", json!("synerise")),
    ];
    for (field, expected) in expected {
        assert_eq!(bought[field], expected, "{field}");
    }
    // The system's own parameters stand for whatever came under their names; the address is cut as the site has it.
    assert_eq!(
        bought["tag"],
        json!({"source": "WEB_DESKTOP", "sku": "A-1", "nested": {"a_b": 1}, "businessProfileId": "shop",
            "clientId": 434_428_563, "uuid": uuid, "ip": "127.0.0.0", "eventUUID": bought["id"],
            "traffic_source": "direct"})
    );
    // Where only the profile knows the address, it is that which a parameter has to agree with.
    for (said, kept) in [
        ("ADA@example.com", json!("ADA@example.com")),
        ("eve@example.com", Value::Null),
    ] {
        let event = custom(json!({"client": {"uuid": uuid}, "params": {"email": said}}));
        accept(client, CUSTOM, event).await;
        let found = events(&tidemark).await;
        assert_eq!(found.last().expect("an event")["tag"]["email"], kept);
    }
    let unknown = custom(json!({"client": {"customId": "c-1"}, "params": {"email": "eve@example.com"}}));
    accept(client, CUSTOM, unknown).await;
    let found = events(&tidemark).await;
    assert_eq!(found.last().expect("an event")["tag"]["email"], Value::Null);
    // Page and referrer are the event's own, too.
    let visit = json!({"params": {"url": "https://www.example.com/a", "referrer": "https://www.google.com/"}});
    accept(client, "/v4/events/page-visit", custom(visit)).await;
    let found = events(&tidemark).await;
    let visit = found.last().expect("an event");
    assert_eq!(
        (&visit["url"], &visit["trafficSource"]),
        (&json!("https://www.example.com/a"), &json!("search"))
    );
}

/// The typed parameters of the vendor's models: all may be left out, and none is checked.
async fn typed_parameters_are_kept_as_they_are(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let price = json!({"amount": 9.99, "currency": "EUR"});
    let product = json!({"sku": "A-1", "name": "Shoe", "categories": ["Shoes"], "finalUnitPrice": price, "regularPrice": price,
        "discountPrice": price, "netUnitPrice": price, "discountPercent": 5, "quantity": 2, "tax": 23.0,
        "url": "https://www.example.com/a-1", "image": "https://www.example.com/a-1.png", "source": "POS"});
    let all = [
        ("added-to-cart", product.clone()),
        ("removed-from-cart", product.clone()),
        (
            "product-view",
            json!({"productId": "A-1", "name": "Shoe", "category": "Shoes", "campaignHash": "h",
            "fromRecommendation": true, "source": "MOBILE_APP"}),
        ),
        ("appeared-in-location", json!({"lat": 52.23, "lon": 21.01})),
        ("assigned-to-company", json!({"companyId": 7})),
        (
            "cancelled-transaction",
            json!({"orderId": "o-1", "orderStatus": "CANCELLED", "products": [product], "revenue": price,
            "value": price, "discountCode": "c", "discountAmount": price, "paymentInfo": {"method": "card"}}),
        ),
        // Not among those that are documented.
        ("searched", json!({"source": "KIOSK"})),
        ("logged-in", json!({})),
    ];
    for (path, params) in &all {
        accept(client, &format!("/v4/events/{path}"), custom(json!({"params": params}))).await;
    }
    let found = events(&tidemark).await;
    for ((path, params), event) in all.iter().zip(&found) {
        for (name, value) in params.as_object().expect("an object") {
            assert_eq!(event["tag"][name], *value, "{path}: {name}");
        }
    }
}

async fn times_are_those_of_the_site_or_of_receipt(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .time_zone("America/New_York")
        .site_flag("--max-event-age", "none")
        .start()
        .await;
    let client = tidemark.client();
    let started = now();
    let ahead = |seconds| {
        let time = now() + jiff::SignedDuration::from_secs(seconds);
        format!("{time:.3}")
    };
    let (near, far) = (ahead(40), ahead(120));
    for time in [
        json!("2026-01-15T12:00:00"),
        json!("2026-07-15T12:00:00.123"),
        json!("2026-07-15T12:00:00Z"),
        json!(near),
        json!(far),
        json!("tomorrow"),
        json!(1_767_225_600_000_i64),
        Value::Null,
    ] {
        accept(client, CUSTOM, custom(json!({"time": time}))).await;
    }
    let found = events(&tidemark).await;
    let times: Vec<_> = found.iter().map(|event| event["time"].clone()).collect();
    assert_eq!(times[0], "2026-01-15T17:00:00Z", "winter in the site's zone");
    assert_eq!(times[1], "2026-07-15T16:00:00.123Z", "summer there");
    assert_eq!(times[2], "2026-07-15T12:00:00Z");
    assert_eq!(
        times[3].as_str().expect("a time")[..19],
        near[..19],
        "a clock may be a minute ahead"
    );
    // What lies further ahead, or is no time, happened when it came.
    for (index, said) in [(4, far.as_str()), (5, "tomorrow"), (6, "1767225600000")] {
        let time: jiff::Timestamp = times[index].as_str().expect("a time").parse().expect("a time");
        assert!(started <= time && time <= now(), "{said}: {time}");
        assert_eq!(found[index]["tag"]["snr-original-time"], said);
    }
    assert_eq!(found[7]["tag"]["snr-original-time"], Value::Null);
}

async fn a_page_may_send_with_its_key_in_the_address(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let page = "https://www.example.com";
    let key = tidemark
        .key(&["--site", tidemark.site(), "--allow", "log", "--origin", page])
        .await;
    let nobody = tidemark.client().without_key();
    let path = format!("{CUSTOM}?token={key}");
    let send = async |origin: &str, body: Value| {
        let request = nobody.request(Method::POST, &path).header(header::ORIGIN, origin);
        nobody.send(request.json(&body)).await
    };
    let answer = send(page, custom(json!({}))).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], page);
    // A page's tracker need not know who looks at it.
    let mut unnamed = custom(json!({"action": "page.visit"}));
    unnamed.as_object_mut().expect("an object").remove("client");
    assert_eq!(send(page, unnamed.clone()).await.status, 202);
    let visit = &events(&tidemark).await[1];
    assert_eq!(visit["actorSource"], "UNNAMED");
    assert_eq!(visit["tag"]["uuid"], Value::Null);
    // Whoever holds a backend's key does.
    let backend = tidemark.client_allowed("log").await;
    let path = format!("{CUSTOM}?token={}", backend.key().expect("a key"));
    let request = nobody.request(Method::POST, &path).json(&unnamed);
    assert_eq!(refused(&nobody.send(request).await, 400, "Bad Request"), ["client"]);
    // Errors can be read by the page, too, and pages elsewhere get nothing.
    let answer = send(page, json!({})).await;
    assert_eq!(refused(&answer, 400, "Bad Request"), ["action", "label"]);
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], page);
    let answer = send("https://evil.example", custom(json!({}))).await;
    assert_eq!(answer.status, 403, "{}", answer.text);
    assert!(!answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    let preflight = nobody
        .request(Method::OPTIONS, CUSTOM)
        .header(header::ORIGIN, page)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "api-version, content-type");
    let answer = nobody.send(preflight).await;
    assert_eq!(answer.status, 204);
    assert_eq!(
        answer.headers[header::ACCESS_CONTROL_ALLOW_HEADERS],
        "api-version, content-type"
    );
}
