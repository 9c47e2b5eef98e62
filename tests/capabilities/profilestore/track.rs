//! Tracking events.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{ask, event, items, list, quarantined, track};

support::on_both_engines!(
    a_documented_event_comes_back_as_documented,
    every_spelling_leads_in,
    what_is_wrong_is_told_by_its_field,
    a_value_that_is_too_long_is_cut_and_kept_whole,
    a_list_is_taken_whole_or_not_at_all,
    whoever_is_not_known_is_told_in_its_words,
    what_a_payload_and_a_format_both_name_is_kept_apart,
    what_the_site_refuses_is_told_and_kept,
    each_cell_of_the_table_is_tried,
);

/// As the vendor's pages have it.
fn documented() -> Value {
    json!({
        "DeviceId": "eab5eb81-7ba5-4ce5-8a2c-1a4a0b2f7b47",
        "EventType": "epiOrder",
        "EventTime": "2017-09-15T07:16:34.7957819Z",
        "Value": "Order completed",
        "Scope": "my_scope",
        "PageUri": "https://www.example.com/checkout",
        "PageTitle": "Checkout",
        "RemoteAddress": "81.2.69.142",
        "SessionId": "5f3b1c",
        "User": {"Name": "Ada Lovelace", "Email": "ada@example.com", "Info": {"Company": "Engines"}},
        "Payload": {"epi": {"currency": "EUR"}, "total": 12.5, "items": ["a", "b"], "gift": false},
    })
}

async fn a_documented_event_comes_back_as_documented(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--max-event-age", "none")
        .site_flag("--ip-policy", "whole")
        .start()
        .await;
    let client = tidemark.client();
    let id = track(client, documented()).await;
    let answer = list(client, &[("$filter", &format!("TrackId eq {id}"))]).await;
    let mut wanted = documented();
    wanted["TrackId"] = json!(id);
    wanted["CountryCode"] = json!("");
    wanted["City"] = json!("");
    assert_eq!(
        answer.body,
        json!({"items": [wanted], "count": 1, "total": 1}),
        "{}",
        answer.text
    );
    let kept = client.event(&id).await;
    for (field, wanted) in [
        ("action", json!("epiOrder")),
        ("label", json!("Order completed")),
        ("device", json!("eab5eb81-7ba5-4ce5-8a2c-1a4a0b2f7b47")),
        ("actor", json!("ada@example.com")),
        ("session", json!("5f3b1c")),
        ("url", json!("https://www.example.com/checkout")),
        ("door", json!("profilestore")),
    ] {
        assert_eq!(kept[field], wanted, "{field}");
    }
    assert_eq!(kept["tag"]["title"], "Checkout");
    assert_eq!(kept["tag"]["epi"]["currency"], "EUR");
    let scope = client
        .graphql("query ($id: ID!) { event(id: $id) { scope } }", json!({"id": id}))
        .await;
    assert_eq!(scope.data()["event"]["scope"], "my_scope");
    // It counts like any other.
    let find = json!({"view": "events", "from": "2017-09-15T00:00:00Z", "to": "2017-09-16T00:00:00Z", "groupBy": ["tag.total"]});
    assert_eq!(
        client.find(find).await["rows"],
        json!([{"dimensions": {"tag.total": 12.5}, "count": 1}])
    );
    let unique = json!({"action": "epiOrder", "from": "2017-09-15T00:00:00Z", "to": "2017-09-16T00:00:00Z"});
    assert_eq!(client.unique(unique).await["count"], 1);
    // What is not said is not made up.
    let bare = track(client, event(json!({}))).await;
    let answer = list(client, &[("$filter", &format!("TrackId eq '{bare}'"))]).await;
    let item = &items(&answer)[0];
    for (field, wanted) in [
        ("Scope", json!("default")),
        ("SessionId", json!("")),
        ("User", json!(null)),
        ("Payload", json!(null)),
        ("PageUri", json!(null)),
        ("PageTitle", json!(null)),
        ("CountryCode", json!("Localhost")),
        ("RemoteAddress", json!("127.0.0.1")),
    ] {
        assert_eq!(item[field], wanted, "{field}");
    }
    let time = item["EventTime"].as_str().expect("a time");
    assert!(time.len() == 28 && time.ends_with('Z'), "seven digits: {time}");
}

async fn every_spelling_leads_in(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let key = client.key().expect("a key");
    for (path, kind, scheme) in [
        ("/api/v1.0/Track", "application/json", "epi-single"),
        ("/API/V1.0/TRACK/", "text/json", "EPI-SINGLE"),
        ("/api/v1.0/track", "application/json-patch+json", "Epi-Single"),
        ("/profilestore/api/v1.0/Track/", "application/*+json", "epi-single"),
    ] {
        let nobody = client.without_key();
        let request = nobody.request(Method::POST, path).header(header::CONTENT_TYPE, kind);
        let request = request.header("Authorization", format!("{scheme} {key}"));
        let body = r#"{"deviceId": "d", "EVENTTYPE": "a", "value": "v", "user": {"email": "e"}}"#;
        let answer = client.send(request.body(body)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    for path in [
        "/api/v2.0/TrackEvents",
        "/api/v1.0/trackevents/",
        "/Api/V2.0/TRACKEVENTS",
        "/profilestore/api/v2.0/TrackEvents",
    ] {
        let answer = ask(client, Method::GET, path, None).await;
        assert_eq!(
            (answer.status, &answer.body["count"]),
            (200, &json!(4)),
            "{path}: {}",
            answer.text
        );
        assert_eq!(answer.body["items"][0]["User"]["Email"], "e");
    }
    let origin = "https://www.example.com";
    let page = tidemark
        .key(&["--site", tidemark.site(), "--allow", "log", "--origin", origin])
        .await;
    let request = client.without_key().request(Method::OPTIONS, "/api/v1.0/Track");
    let request = request
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "POST");
    // A page's key is met first.
    let body = event(json!({}));
    let first = client
        .without_key()
        .request(Method::POST, "/api/v1.0/track")
        .header("Origin", origin);
    let answer = client
        .send(first.header("Authorization", format!("epi-single {page}")).json(&body))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.headers["access-control-allow-origin"], origin);
    let answer = client
        .send(request.header("Access-Control-Request-Headers", "authorization, content-type"))
        .await;
    assert_eq!(answer.status, 204, "{}", answer.text);
    assert_eq!(
        answer.headers["access-control-allow-headers"],
        "authorization, content-type"
    );
}

async fn what_is_wrong_is_told_by_its_field(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    for (body, target) in [
        (json!({"EventType": "a", "Value": "v"}), "DeviceId"),
        (json!({"DeviceId": "d", "Value": "v"}), "EventType"),
        (json!({"DeviceId": "d", "EventType": "a"}), "Value"),
        (event(json!({"Scope": "Not One"})), "Scope"),
        (event(json!({"Scope": "x".repeat(65)})), "Scope"),
        (event(json!({"Payload": [1]})), "Payload"),
        (event(json!({"User": "ada"})), "User"),
        (event(json!({"User": {"Email": []}})), "User.Email"),
        // What is judged for every door is told by the names of this one.
        (event(json!({"Value": "x\u{0}"})), "Value"),
        (event(json!({"DeviceId": "x".repeat(257)})), "DeviceId"),
        (event(json!({"EventType": "x".repeat(257)})), "EventType"),
        (event(json!({"EventTime": "2017-09-15T07:16:34.7957819Z"})), "EventTime"),
        (event(json!({"PageUri": "x".repeat(8_193)})), "PageUri"),
        (event(json!({"SessionId": "x".repeat(257)})), "SessionId"),
        (event(json!({"User": {"Email": "x".repeat(257)}})), "User"),
        (event(json!({"CountryCode": "x".repeat(65)})), "CountryCode"),
        (event(json!({"City": "x".repeat(257)})), "City"),
        (event(json!({"PageTitle": "x\u{0}"})), "PageTitle"),
        (event(json!({"Payload": {"a": ["x\u{0}"]}})), "Payload.a[0]"),
        (event(json!({"Payload": {"a.b": 1, "a_b": 2}})), "Payload.a_b"),
    ] {
        let answer = ask(client, Method::POST, "/api/v1.0/Track", Some(&body)).await;
        let error = &answer.body["error"];
        assert_eq!(
            (answer.status, &error["code"], &error["target"]),
            (400, &json!("BadArgument"), &json!(target)),
            "{}",
            answer.text
        );
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()));
    }
    let large = event(json!({"Payload": {"x": "y".repeat(256 << 10)}}));
    for body in [large, json!([]), json!(7)] {
        let answer = ask(client, Method::POST, "/api/v1.0/Track", Some(&body)).await;
        assert_eq!(
            (answer.status, &answer.body["error"]["code"]),
            (400, &json!("BadArgument")),
            "{}",
            answer.text
        );
    }
    assert_eq!(items(&list(client, &[]).await).len(), 0);
    // Each is kept, except the one of which nothing was read.
    assert_eq!(
        quarantined(&tidemark).await.len(),
        22,
        "{:#?}",
        quarantined(&tidemark).await
    );
    said_alike(&tidemark, &["INVALID_ARGUMENT"]).await;
    // Almost too large is not.
    let most = event(json!({"Payload": {"x": "y".repeat((256 << 10) - 200)}}));
    track(client, most).await;
}

async fn a_value_that_is_too_long_is_cut_and_kept_whole(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let long = "ä".repeat(1_025);
    for (payload, kept) in [
        (Value::Null, json!({"Value": long})),
        (json!({"n": 1}), json!({"Value": long, "n": 1})),
        // What the payload says itself under that name stays.
        (json!({"Value": "own"}), json!({"Value": "own"})),
    ] {
        let id = track(client, event(json!({"Value": long, "Payload": payload}))).await;
        let answer = list(client, &[("$filter", &format!("TrackId eq {id}"))]).await;
        let item = &items(&answer)[0];
        assert_eq!(
            (&item["Value"], &item["Payload"]),
            (&json!("ä".repeat(1_024)), &kept),
            "{payload}"
        );
    }
    let most = "x".repeat(1_024);
    let id = track(client, event(json!({"Value": most}))).await;
    let answer = list(client, &[("$filter", &format!("TrackId eq {id}"))]).await;
    let item = &items(&answer)[0];
    assert_eq!((&item["Value"], &item["Payload"]), (&json!(most), &Value::Null));
    assert!(quarantined(&tidemark).await.is_empty());
}

/// Quarantine holds as many of each code as the ledger counts.
async fn said_alike(tidemark: &Tidemark, codes: &[&str]) {
    let client = tidemark.client();
    let range = json!({"from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z", "groupBy": ["CODE"]});
    let ledger = client.ledger(range).await;
    for code in codes {
        let document = "query ($code: QuarantineCode!) { quarantine(filter: {code: $code}) { totalCount edges { node { code } } } }";
        let held = client.graphql(document, json!({"code": code})).await;
        let held = &held.data()["quarantine"];
        assert_eq!(held["edges"][0]["node"]["code"], *code);
        let counted = ledger["rows"].as_array().expect("a list");
        let counted = counted.iter().find(|one| one["code"] == *code).expect("it was counted");
        assert_eq!(counted["count"], held["totalCount"], "{code}");
    }
}

async fn a_list_is_taken_whole_or_not_at_all(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let bulk = async |events: &Value| ask(client, Method::POST, "/api/v1.0/TrackBulk", Some(events)).await;
    let hundred: Value = (0..100)
        .map(|number| event(json!({"DeviceId": format!("d{number}")})))
        .collect();
    let answer = bulk(&hundred).await;
    assert_eq!(
        (answer.status, &answer.body["count"]),
        (200, &json!(100)),
        "{}",
        answer.text
    );
    let ids = items(&answer);
    assert!(
        ids.len() == 100
            && ids
                .iter()
                .all(|item| item["TrackId"].as_str().is_some_and(|id| id.len() == 36))
    );
    let more: Value = (0..101).map(|_| event(json!({}))).collect();
    assert_eq!(bulk(&more).await.status, 400);
    let answer = bulk(&json!([event(json!({})), {"DeviceId": "d", "EventType": "odd"}, event(json!({}))])).await;
    assert_eq!(
        (answer.status, &answer.body["error"]["target"]),
        (400, &json!("[1].Value")),
        "{}",
        answer.text
    );
    let large = json!([event(json!({"Payload": {"x": "y".repeat(256 << 10)}}))]);
    assert_eq!(bulk(&large).await.status, 400);
    assert_eq!(bulk(&json!({})).await.status, 400);
    assert_eq!(bulk(&json!([])).await.body, json!({"items": [], "count": 0}));
    assert_eq!(
        list(client, &[("$top", "0")]).await.body["total"],
        100,
        "nothing of a bad list is stored"
    );
    let kept = quarantined(&tidemark).await;
    let wanted = [
        "BATCH_REFUSED  epiPageView",
        "BATCH_REFUSED  epiPageView",
        "BODY_TOO_LARGE  epiPageView",
        "MALFORMED_REQUEST Value odd",
    ];
    assert_eq!(kept, wanted);
    said_alike(&tidemark, &["BODY_TOO_LARGE", "BATCH_REFUSED"]).await;
}

async fn whoever_is_not_known_is_told_in_its_words(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let body = event(json!({}));
    for value in [None, Some("epi-single tm_wrong"), Some("epi-single"), Some("Bearer x")] {
        let mut request = client
            .without_key()
            .request(Method::POST, "/api/v1.0/Track")
            .json(&body);
        if let Some(value) = value {
            request = request.header("Authorization", value);
        }
        let answer = client.send(request).await;
        assert_eq!(answer.status, 401, "{value:?}: {}", answer.text);
        let fields = answer.body.as_object().expect("an object");
        assert!(
            fields.len() == 1 && fields["message"].as_str().is_some_and(|text| !text.is_empty()),
            "{}",
            answer.text
        );
    }
}

async fn what_a_payload_and_a_format_both_name_is_kept_apart(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let payload = json!({"title": "own", "User": {"x": "y"}, "Payload_title": "deep", "plain": 1});
    let id = track(
        client,
        event(json!({"PageTitle": "Page", "User": {"Name": "Ada"}, "Payload": payload})),
    )
    .await;
    let answer = list(
        client,
        &[(
            "$filter",
            "Payload.title eq own and PageTitle eq Page and Payload.User.x eq y",
        )],
    )
    .await;
    let item = &items(&answer)[0];
    assert_eq!(
        (&item["TrackId"], &item["Payload"], &item["PageTitle"]),
        (&json!(id), &payload, &json!("Page"))
    );
    assert_eq!(item["User"], json!({"Name": "Ada", "Email": null, "Info": null}));
    assert_eq!(client.event(&id).await["tag"]["title"], "Page");
    // What the format has no place for in what is sent is kept in the payload, as `Headers` is, in small letters.
    let body = event(
        json!({"Value": "more", "Headers": {"User-Agent": "x/1", "X.Y": ["a"]}, "Extra": 7, "Payload": {"extra": 8}}),
    );
    track(client, body).await;
    let filter = "Value eq more and Payload.headers.User-Agent eq 'x/1' and Headers eq null";
    let refused = list(client, &[("$filter", filter)]).await;
    assert_eq!(refused.status, 400, "Headers is no field of an event: {}", refused.text);
    let answer = list(client, &[("$filter", "Payload.headers.User-Agent eq 'x/1'")]).await;
    assert_eq!(
        items(&answer)[0]["Payload"],
        json!({"headers": {"User-Agent": "x/1", "X_Y": ["a"]}, "extra": 8})
    );
}

async fn what_the_site_refuses_is_told_and_kept(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    track(client, event(json!({"Payload": {"price": 5}}))).await;
    let wrong = event(json!({"EventType": "wrong", "Payload": {"price": "five"}}));
    let answer = ask(client, Method::POST, "/api/v1.0/Track", Some(&wrong)).await;
    assert_eq!(
        (
            answer.status,
            &answer.body["error"]["code"],
            &answer.body["error"]["target"],
        ),
        (400, &json!("BadArgument"), &json!("Payload.price")),
        "{}",
        answer.text
    );
    let answer = ask(
        client,
        Method::POST,
        "/api/v1.0/TrackBulk",
        Some(&json!([event(json!({})), wrong])),
    )
    .await;
    let told = items(&answer);
    assert_eq!(told[0]["TrackId"].as_str().map(str::len), Some(36));
    assert_eq!(
        (
            &told[1]["TrackId"],
            &told[1]["error"]["code"],
            &told[1]["error"]["target"],
        ),
        (&json!(""), &json!("TAG_TYPE_CONFLICT"), &json!("Payload.price"))
    );
    let kept = quarantined(&tidemark).await;
    assert_eq!(kept, ["TAG_TYPE_CONFLICT price wrong"; 2]);
    // A late event is stored with the time of its receipt, where the client's clock is ahead.
    let ahead = track(client, event(json!({"EventTime": "2060-01-01T00:00:00Z"}))).await;
    assert!(
        client.event(&ahead).await["time"]
            .as_str()
            .is_some_and(|time| !time.starts_with("2060"))
    );
}

async fn each_cell_of_the_table_is_tried(engine: Engine) {
    super::permission_cells(engine).await;
    super::role_cells(engine).await;
}
