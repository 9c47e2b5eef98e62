//! Profiles that are written.

use reqwest::Method;
use serde_json::{Value, json};
use support::{Answer, Client, Engine, Tidemark};

use super::{ask, event, form, items, track};

support::on_both_engines!(
    a_profile_is_written_read_and_deleted,
    every_way_to_write_a_profile_leads_to_it,
    what_cannot_be_kept_is_told_by_its_field,
    one_of_two_writers_wins_whole,
    whoever_may_only_log_is_told_nothing_of_events,
    a_token_of_a_user_writes_that_users_profile,
    a_deletion_is_in_the_audit_log_without_texts,
    the_cookie_of_the_tracker_names_the_device,
);

pub(super) async fn put(client: &Client, place: &str, body: Value) -> Answer {
    ask(client, Method::PUT, &format!("/api/v1.0/profiles/{place}"), Some(&body)).await
}

pub(super) async fn write(client: &Client, place: &str, body: Value) -> Value {
    let answer = put(client, place, body).await;
    assert_eq!(answer.status, 200, "{place}: {}", answer.text);
    answer.body
}

pub(super) async fn get(client: &Client, place: &str) -> Answer {
    ask(client, Method::GET, &format!("/api/v1.0/profiles/{place}"), None).await
}

pub(super) async fn found(client: &Client, place: &str) -> Value {
    let answer = get(client, place).await;
    assert_eq!(answer.status, 200, "{place}: {}", answer.text);
    answer.body
}

pub(super) async fn delete(client: &Client, place: &str) -> Answer {
    ask(client, Method::DELETE, &format!("/api/v1.0/Profiles/{place}"), None).await
}

/// Scope and id of all profiles that a filter finds, in order.
pub(super) async fn listed(client: &Client, filter: &str) -> String {
    let options = form(&[("$filter", filter), ("$orderby", "Scope, ProfileId"), ("$top", "1000")]);
    let answer = ask(client, Method::GET, &format!("/api/v1.0/Profiles?{options}"), None).await;
    let shown = items(&answer).iter().map(|item| {
        let text = |name: &str| item[name].as_str().expect("a text").to_owned();
        format!("{}/{}", text("Scope"), text("ProfileId"))
    });
    let shown: Vec<_> = shown.collect();
    assert_eq!(answer.body["total"], shown.len(), "{}", answer.text);
    shown.join(" ")
}

pub(super) async fn start(engine: Engine) -> Tidemark {
    Tidemark::builder(engine)
        .site_flag("--max-event-age", "none")
        .start()
        .await
}

async fn a_profile_is_written_read_and_deleted(engine: Engine) {
    let tidemark = start(engine).await;
    let client = tidemark.client();
    let other = tidemark.another_site("other").await;
    for scope in ["shop", "default"] {
        track(client, event(json!({"DeviceId": "p1", "Scope": scope}))).await;
        track(&other, event(json!({"DeviceId": "p1", "Scope": scope}))).await;
    }
    let full = json!({
        "ProfileId": "p1",
        "DeviceIds": ["z9", "a1"],
        "Name": "Ada Lovelace",
        "ProfileManager": "Charles",
        "FirstSeen": "2015-01-02T03:04:05.1234567Z",
        "LastSeen": "2016-01-01T00:00:00Z",
        "Visits": 12,
        "Scope": "shop",
        "Info": {"Email": "ada@example.com", "Company": "Engines", "Deep": {"x": [1, 2.5, null, true]}},
        "ContactInformation": [{"Phone": "1"}, "post"],
        "Payload": {"a.b": {"Ü": "ok"}, "": 0},
    });
    let answered = write(client, "shop/p1", full.clone()).await;
    assert_eq!(answered, found(client, "shop/p1").await);
    for (field, wanted) in full.as_object().expect("an object") {
        let wanted = if field == "LastSeen" {
            &json!("2016-01-01T00:00:00.0000000Z")
        } else {
            wanted
        };
        assert_eq!(&answered[field], wanted, "{field}");
    }
    assert!(
        answered["UpdateTime"].as_str().is_some_and(|time| time.len() == 28),
        "{answered}"
    );
    // The device that goes by the same id is not its own; the profile goes first.
    assert_eq!(listed(client, "Name eq 'Ada Lovelace'").await, "shop/p1");
    for (filter, wanted) in [
        ("DeviceIds eq a1", "shop/p1"),
        ("DeviceIds eq p1", "default/p1 shop/p1"),
        ("Info.Email eq ada@example.com and Scope eq shop", "shop/p1"),
        ("Info.Email eq ada@example.com and Scope eq default", ""),
        (
            "Visits gt 11 and ProfileManager eq Charles and Payload.a.b eq null",
            "shop/p1",
        ),
        ("FirstSeen lt 2015-01-03", "shop/p1"),
        ("LastSeen gt 2016-01-02", "default/p1 shop/p1"),
    ] {
        assert_eq!(listed(client, filter).await, wanted, "{filter}");
    }
    // What is written later takes the place of what was before.
    let second = write(client, "shop/p1", json!({"Info": {"City": "Ulm"}, "DeviceIds": ["a1"]})).await;
    for (field, wanted) in [
        ("DeviceIds", json!(["a1"])),
        ("Name", json!(null)),
        ("ProfileManager", json!(null)),
        ("FirstSeen", json!(null)),
        ("LastSeen", json!(null)),
        ("Visits", json!(0)),
        ("Info", json!({"City": "Ulm"})),
        ("ContactInformation", json!([])),
        ("Payload", json!(null)),
    ] {
        assert_eq!(second[field], wanted, "{field}");
    }
    assert_eq!(second, found(client, "shop/p1").await);
    track(
        client,
        event(json!({"DeviceId": "a1", "Scope": "shop", "EventTime": "2026-11-01T00:00:00Z"})),
    )
    .await;
    let seen = found(client, "shop/p1").await;
    assert_eq!(
        (&seen["FirstSeen"], &seen["Visits"]),
        (&json!("2026-11-01T00:00:00.0000000Z"), &json!(1))
    );
    assert!(seen["UpdateTime"].as_str() > second["UpdateTime"].as_str(), "{seen}");
    // Others are left alone.
    assert_eq!(found(client, "default/p1").await["Name"], json!(null));
    for (client, place) in [
        (client, "other/p1"),
        (client, "shop/none"),
        (&other, "shop/a1"),
        (&other, "shop/z9"),
    ] {
        for answer in [get(client, place).await, delete(client, place).await] {
            let told = (answer.status, &answer.body["error"]["code"]);
            assert_eq!(told, (404, &json!("NotFound")), "{place}: {}", answer.text);
        }
    }
    let answer = delete(client, "shop/p1/").await;
    assert_eq!((answer.status, &answer.body), (200, &json!({})), "{}", answer.text);
    assert_eq!(get(client, "shop/p1").await.status, 404);
    assert_eq!(delete(client, "shop/p1").await.status, 404);
    assert_eq!(listed(client, "").await, "default/p1");
    assert_eq!(listed(&other, "").await, "default/p1 shop/p1");
    // Events stay; they are only no visitor's.
    assert_eq!(super::listed(client, "Scope eq shop", "DeviceId").await, ["a1", "p1"]);
}

async fn every_way_to_write_a_profile_leads_to_it(engine: Engine) {
    let tidemark = start(engine).await;
    let client = tidemark.client();
    let post = async |body: Value| -> Value {
        let answer = ask(client, Method::POST, "/api/v1.0/profiles", Some(&body)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.body
    };
    for (written, scope, id, devices) in [
        (
            write(client, "a.b_1/one", json!({})).await,
            "a.b_1",
            "one",
            json!(["one"]),
        ),
        (write(client, "two", json!({})).await, "default", "two", json!(["two"])),
        (
            write(
                client,
                "three/",
                json!({"scope": "shop", "PROFILEID": "three", "deviceids": []}),
            )
            .await,
            "shop",
            "three",
            json!([]),
        ),
        (
            post(json!({"ProfileId": "four", "DeviceIds": ["x", 7, "x"]})).await,
            "default",
            "four",
            json!(["x", "7"]),
        ),
        (
            post(json!({"DeviceIds": ["five", "y"], "Scope": "shop"})).await,
            "shop",
            "five",
            json!(["five", "y"]),
        ),
        (
            write(
                client,
                "default/six",
                json!({"ProfileId": null, "Scope": "", "UpdateTime": "0001-01-01T00:00:00",
                "FirstSeen": "0001-01-01T00:00:00Z", "Payload": null, "DeviceIds": null}),
            )
            .await,
            "default",
            "six",
            json!(["six"]),
        ),
    ] {
        assert_eq!(
            (&written["Scope"], &written["ProfileId"], &written["DeviceIds"]),
            (&json!(scope), &json!(id), &devices)
        );
        assert_eq!(found(client, &format!("{scope}/{id}")).await, written);
    }
    let fresh = post(json!({"name": "Nobody"})).await;
    let id = fresh["ProfileId"].as_str().expect("an id");
    assert_eq!((id.len(), &fresh["DeviceIds"]), (36, &json!([id])));
    assert_eq!(found(client, &format!("default/{id}")).await["Name"], "Nobody");
    let path = "/profilestore/API/v1.0/PROFILES/default/six";
    assert_eq!(
        ask(client, Method::PUT, path, Some(&json!({"Visits": 3}))).await.status,
        200
    );
    assert_eq!(found(client, "default/six").await["Visits"], 3);
}

async fn what_cannot_be_kept_is_told_by_its_field(engine: Engine) {
    let tidemark = start(engine).await;
    let client = tidemark.client();
    let kept = write(client, "default/p", json!({"Name": "Ada"})).await;
    for (body, target) in [
        (json!({"Nickname": "A"}), json!("Nickname")),
        (json!({"ProfileId": "q"}), json!("ProfileId")),
        (json!({"Scope": "shop"}), json!("Scope")),
        (json!({"ProfileId": []}), json!("ProfileId")),
        (json!({"DeviceIds": "d"}), json!("DeviceIds")),
        (json!({"DeviceIds": ["d", {}]}), json!("DeviceIds[1]")),
        (json!({"DeviceIds": ["d", ""]}), json!("DeviceIds[1]")),
        (json!({"DeviceIds": ["x".repeat(257)]}), json!("DeviceIds[0]")),
        (
            json!({"DeviceIds": (0..1_001).map(|n| n.to_string()).collect::<Vec<_>>()}),
            json!("DeviceIds"),
        ),
        (json!({"Name": ["Ada"]}), json!("Name")),
        (json!({"Name": "x".repeat(1_025)}), json!("Name")),
        (json!({"ProfileManager": {}}), json!("ProfileManager")),
        (json!({"FirstSeen": "soon"}), json!("FirstSeen")),
        (json!({"LastSeen": 5}), json!("LastSeen")),
        (
            json!({"FirstSeen": "2026-01-02", "LastSeen": "2026-01-01"}),
            json!("LastSeen"),
        ),
        (json!({"LastSeen": "9999-12-31T23:59:59Z"}), json!("LastSeen")),
        (json!({"UpdateTime": "now"}), json!("UpdateTime")),
        (json!({"Visits": -1}), json!("Visits")),
        (json!({"Visits": 1.5}), json!("Visits")),
        (json!({"Info": []}), json!("Info")),
        (json!({"Info": {"a": [{"b": "\0"}]}}), json!("Info.a[0].b")),
        (json!({"ContactInformation": {}}), json!("ContactInformation")),
        (json!({"ContactInformation": ["x\0"]}), json!("ContactInformation[0]")),
        (json!({"Payload": "text"}), json!("Payload")),
        (json!({"Payload": {"\0": 1}}), json!("Payload")),
        (json!([]), json!(null)),
        (json!({"Payload": {"x": "y".repeat(256 << 10)}}), json!(null)),
    ] {
        let answer = put(client, "default/p", body).await;
        let error = &answer.body["error"];
        assert_eq!(
            (answer.status, &error["code"], &error["target"]),
            (400, &json!("BadArgument"), &target),
            "{}",
            answer.text
        );
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()));
    }
    for (place, target) in [
        ("Shop/p", "Scope"),
        (&*format!("default/{}", "x".repeat(257)), "ProfileId"),
        ("default/p%00", "ProfileId"),
    ] {
        let answer = put(client, place, json!({})).await;
        assert_eq!(
            (answer.status, &answer.body["error"]["target"]),
            (400, &json!(target)),
            "{place}: {}",
            answer.text
        );
    }
    assert_eq!(found(client, "default/p").await, kept, "nothing of it was written");
    assert_eq!(listed(client, "").await, "default/p");
    let almost = json!({"Payload": {"x": "y".repeat((256 << 10) - 200)}});
    assert_eq!(
        write(client, "default/large", almost.clone()).await["Payload"],
        almost["Payload"]
    );
}

async fn one_of_two_writers_wins_whole(engine: Engine) {
    let tidemark = start(engine).await;
    let client = tidemark.client();
    for device in ["a", "b"] {
        track(client, event(json!({"DeviceId": device}))).await;
    }
    for round in 0..8 {
        let other = format!("other {round}");
        let one = async |id: &str, word: &str, devices: Value| {
            let body = json!({"Name": word, "Info": {"Word": word}, "Payload": {"word": word}, "DeviceIds": devices});
            write(client, &format!("default/{id}"), body).await
        };
        tokio::join!(
            one("same", "left", json!(["a", "b"])),
            one("same", "right", json!(["b", "a"])),
            one(&other, "other", json!(["b", "a"])),
        );
        let same = found(client, "default/same").await;
        let word = &same["Name"];
        assert!(word == "left" || word == "right", "{same}");
        assert_eq!(
            (&same["Info"]["Word"], &same["Payload"]["word"]),
            (word, word),
            "{same}"
        );
        // The devices are of one of them, both.
        assert_eq!(items(&list_of(client, "DeviceIds eq a").await).len(), 1);
        let (a, b) = (
            listed(client, "DeviceIds eq a").await,
            listed(client, "DeviceIds eq b").await,
        );
        assert_eq!(a, b, "round {round}");
    }
}

async fn list_of(client: &Client, filter: &str) -> Answer {
    let options = form(&[("$filter", filter)]);
    ask(client, Method::GET, &format!("/api/v1.0/Profiles?{options}"), None).await
}

async fn whoever_may_only_log_is_told_nothing_of_events(engine: Engine) {
    let tidemark = start(engine).await;
    let client = tidemark.client();
    track(
        client,
        event(json!({"DeviceId": "d", "User": {"Name": "Secret", "Email": "secret@example.com"}})),
    )
    .await;
    write(
        client,
        "default/p",
        json!({"DeviceIds": ["d"], "Payload": {"secret": 1}}),
    )
    .await;
    let origin = "https://www.example.com";
    let page = tidemark
        .key(&["--site", tidemark.site(), "--allow", "log", "--origin", origin])
        .await;
    for id in ["p", "d"] {
        let request = client
            .without_key()
            .request(Method::PUT, &format!("/api/v1.0/profiles/default/{id}"))
            .header("Origin", origin)
            .header("Authorization", format!("epi-single {page}"))
            .json(&json!({"DeviceIds": ["d"], "Name": "Page"}));
        let answer = client.send(request).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let mut told = answer.body.clone();
        assert!(told["UpdateTime"].is_string());
        told["UpdateTime"] = json!(null);
        let wanted = json!({"ProfileId": id, "DeviceIds": ["d"], "Name": "Page", "ProfileManager": null,
            "FirstSeen": null, "LastSeen": null, "Visits": 0, "UpdateTime": null, "Scope": "default", "Info": {},
            "ContactInformation": [], "Payload": null});
        assert_eq!(told, wanted);
    }
    // Who may read is told.
    assert_eq!(found(client, "default/d").await["Info"]["Email"], "secret@example.com");
    let log = tidemark.client_allowed("log").await;
    for answer in [get(&log, "default/p").await, delete(&log, "default/p").await] {
        assert_eq!(
            (answer.status, &answer.body["error"]["code"]),
            (403, &json!("Forbidden")),
            "{}",
            answer.text
        );
    }
}

async fn a_token_of_a_user_writes_that_users_profile(engine: Engine) {
    let tidemark = start(engine).await;
    let minter = tidemark.client_allowed("log,query,impersonate").await;
    let document =
        "mutation ($input: CreateClientTokenInput!) { createClientToken(input: $input) { token error { message } } }";
    let input = json!({"permissions": ["LOG"], "username": "ada"});
    let minted = minter.graphql(document, json!({"input": input})).await;
    let token = minted.data()["createClientToken"]["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let ada = Client::new(tidemark.server().address(), &token);
    let answer = put(&ada, "default/bob", json!({"Name": "Eve"})).await;
    assert_eq!(
        (answer.status, &answer.body["error"]["target"]),
        (403, &json!("ProfileId")),
        "{}",
        answer.text
    );
    assert_eq!(get(tidemark.client(), "default/bob").await.status, 404);
    write(&ada, "default/ada", json!({"Name": "Ada"})).await;
    assert_eq!(found(tidemark.client(), "default/ada").await["Name"], "Ada");
}

async fn a_deletion_is_in_the_audit_log_without_texts(engine: Engine) {
    let tidemark = start(engine).await;
    let client = tidemark.client();
    write(
        client,
        "shop/forgotten",
        json!({"Name": "Forgotten", "DeviceIds": ["forgotten too"]}),
    )
    .await;
    let document = "{ audit { edges { node { operation target site before after } } } }";
    let entries = async || -> Vec<Value> {
        let answer = client.graphql(document, json!({})).await;
        let edges = answer.data()["audit"]["edges"].as_array().expect("a list").clone();
        let nodes = edges.into_iter().map(|edge| edge["node"].clone());
        nodes.filter(|node| node["operation"] == "DeleteVisitor").collect()
    };
    assert_eq!(delete(client, "shop/none").await.status, 404);
    assert_eq!(entries().await, Vec::<Value>::new());
    assert_eq!(delete(client, "shop/forgotten").await.status, 200);
    let wanted = json!({"operation": "DeleteVisitor", "target": "shop", "site": tidemark.site(),
        "before": {"isWritten": true, "devices": 1}, "after": null});
    assert_eq!(entries().await, [wanted]);
}

async fn the_cookie_of_the_tracker_names_the_device(engine: Engine) {
    let tidemark = start(engine).await;
    let client = tidemark.client();
    let key = client.key().expect("a key");
    let send = async |cookie: &str, device: Value| {
        let mut body = event(json!({}));
        body["DeviceId"] = device;
        let request = client.without_key().request(Method::POST, "/api/v1.0/Track");
        let request = request
            .header("Authorization", format!("epi-single {key}"))
            .header("Cookie", cookie);
        client.send(request.json(&body)).await
    };
    for (cookie, device) in [
        ("_madid=eab5eb81-7ba5-4ce5-8a2c-1a4a0b2f7b47", json!(null)),
        ("a=b; __madid=\"second\"; c=d", json!(null)),
        ("__madid=other; _madid=third", json!(null)),
        ("_madid=ignored", json!("said")),
    ] {
        assert_eq!(send(cookie, device).await.status, 200, "{cookie}");
    }
    let devices = super::listed(client, "", "DeviceId").await;
    assert_eq!(
        devices,
        ["eab5eb81-7ba5-4ce5-8a2c-1a4a0b2f7b47", "said", "second", "third"]
    );
    for cookie in ["_madid=", "madid=x", "x_madid=x"] {
        let answer = send(cookie, json!(null)).await;
        assert_eq!(
            (answer.status, &answer.body["error"]["target"]),
            (400, &json!("DeviceId")),
            "{cookie}: {}",
            answer.text
        );
    }
}
