//! Profiles that are written, and what their devices do.

use reqwest::Method;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{
    ask, event, track,
    written::{delete, found, get, listed, start, write},
};
use crate::{
    deletion::{await_state, bytes_on_disk},
    inside,
};

support::on_both_engines!(
    a_device_is_of_the_profile_that_claimed_it_last,
    what_was_said_last_of_a_visitor_wins,
    to_write_what_was_read_changes_nothing,
    what_is_deleted_does_not_come_back_by_its_old_events,
    nothing_remembers_a_device_that_is_gone,
);

async fn a_device_is_of_the_profile_that_claimed_it_last(engine: Engine) {
    let tidemark = start(engine).await;
    let client = tidemark.client();
    for device in ["a", "b", "c"] {
        track(client, event(json!({"DeviceId": device, "SessionId": device}))).await;
        track(client, event(json!({"DeviceId": device, "Scope": "shop"}))).await;
    }
    write(client, "default/p", json!({"DeviceIds": ["a", "b"]})).await;
    assert_eq!(listed(client, "Scope eq default").await, "default/c default/p");
    assert_eq!(found(client, "default/p").await["Visits"], 2);
    assert_eq!(get(client, "default/a").await.status, 404, "it is another's");
    assert_eq!(delete(client, "default/a").await.status, 404);
    let second = write(client, "default/q", json!({"DeviceIds": ["b", "c"]})).await;
    assert_eq!(
        (&second["DeviceIds"], &second["Visits"]),
        (&json!(["b", "c"]), &json!(2))
    );
    let first = found(client, "default/p").await;
    assert_eq!((&first["DeviceIds"], &first["Visits"]), (&json!(["a"]), &json!(1)));
    // Its own id is its device where none is named.
    write(client, "default/a", json!({})).await;
    assert_eq!(found(client, "default/p").await["DeviceIds"], json!([]));
    assert_eq!(found(client, "default/p").await["LastSeen"], json!(null));
    // What is claimed no more is its own again.
    write(client, "default/q", json!({"DeviceIds": []})).await;
    assert_eq!(
        listed(client, "").await,
        "default/a default/b default/c default/p default/q shop/a shop/b shop/c"
    );
    assert_eq!(found(client, "shop/a").await["Visits"], 1);
}

async fn what_was_said_last_of_a_visitor_wins(engine: Engine) {
    let tidemark = start(engine).await;
    let client = tidemark.client();
    let says = async |device: &str, time: &str, user: Value| {
        track(
            client,
            event(json!({"DeviceId": device, "EventTime": time, "User": user})),
        )
        .await
    };
    says(
        "a",
        "2026-11-02T00:00:00Z",
        json!({"Name": "Said", "Email": "said@a.b", "Info": {"City": "Ulm"}}),
    )
    .await;
    says(
        "b",
        "2026-11-01T00:00:00Z",
        json!({"Name": "Earlier", "Info": {"Car": "yes"}}),
    )
    .await;
    let body = json!({"DeviceIds": ["a", "b"], "Info": {"email": "own@a.b", "Company": "Engines"}});
    let written = write(client, "default/p", body).await;
    assert_eq!(written["Name"], "Said", "as nothing else is written");
    assert_eq!(
        written["Info"],
        json!({"email": "own@a.b", "Company": "Engines", "City": "Ulm"})
    );
    // Only now is something else said, though of an earlier day.
    let last = says(
        "a",
        "2026-11-03T00:00:00Z",
        json!({"Name": "Later", "Email": "later@a.b"}),
    )
    .await;
    let found_now = found(client, "default/p").await;
    assert_eq!(found_now["Name"], "Later");
    assert_eq!(found_now["Info"], json!({"Email": "later@a.b", "Company": "Engines"}));
    // What is deleted leaves nothing behind.
    let path = format!("/api/v2.0/TrackEvents/default/{last}");
    assert_eq!(ask(client, Method::DELETE, &path, None).await.status, 200);
    let mut before = written.clone();
    before["UpdateTime"] = json!(null);
    let mut now = found(client, "default/p").await;
    now["UpdateTime"] = json!(null);
    assert_eq!(now, before);
}

async fn to_write_what_was_read_changes_nothing(engine: Engine) {
    let tidemark = start(engine).await;
    let client = tidemark.client();
    for (device, time, session) in [
        ("d1", "2026-11-01T10:00:00.123456789Z", "s1"),
        ("d1", "2026-11-02T10:00:00.987654321Z", "s2"),
        ("d2", "2026-11-03T10:00:00.000000001Z", "s3"),
    ] {
        let user = json!({"Name": "Ada", "Email": "ada@example.com", "Info": {"Company": null, "x": 1}});
        let fields = json!({"DeviceId": device, "EventTime": time, "SessionId": session, "User": user});
        track(client, event(fields)).await;
    }
    write(
        client,
        "default/p",
        json!({"DeviceIds": ["d2"], "Payload": {"a": 1e300}, "Info": {"Email": "own@a.b", "Picture": null}}),
    )
    .await;
    for place in ["default/d1", "default/p"] {
        let before = found(client, place).await;
        for _ in 0..2 {
            let mut after = write(client, place, before.clone()).await;
            assert!(after["UpdateTime"].as_str() > before["UpdateTime"].as_str());
            after["UpdateTime"] = before["UpdateTime"].clone();
            assert_eq!(after, before);
        }
        let mut read = found(client, place).await;
        read["UpdateTime"] = before["UpdateTime"].clone();
        assert_eq!(read, before);
    }
}

async fn what_is_deleted_does_not_come_back_by_its_old_events(engine: Engine) {
    let tidemark = start(engine).await;
    let client = tidemark.client();
    for device in ["d", "e", "f"] {
        track(
            client,
            event(json!({"DeviceId": device, "EventTime": "2026-11-01T00:00:00Z", "User": {"Name": "Old"}})),
        )
        .await;
    }
    // One that is written, and one that is not.
    write(client, "default/p", json!({"DeviceIds": ["d", "e"], "Name": "Ada"})).await;
    for place in ["default/p", "default/f"] {
        assert_eq!(delete(client, place).await.status, 200);
        assert_eq!(delete(client, place).await.status, 404);
    }
    for id in ["p", "d", "e", "f"] {
        assert_eq!(get(client, &format!("default/{id}")).await.status, 404, "{id}");
    }
    assert_eq!(listed(client, "").await, "");
    // Later events make new ones, whenever they happened.
    for device in ["d", "f"] {
        track(
            client,
            event(json!({"DeviceId": device, "EventTime": "2026-10-01T00:00:00Z", "SessionId": "s"})),
        )
        .await;
        let new = found(client, &format!("default/{device}")).await;
        for (field, wanted) in [
            ("FirstSeen", json!("2026-10-01T00:00:00.0000000Z")),
            ("LastSeen", json!("2026-10-01T00:00:00.0000000Z")),
            ("Visits", json!(1)),
            ("Name", json!(null)),
        ] {
            assert_eq!(new[field], wanted, "{device}: {field}");
        }
    }
    assert_eq!(listed(client, "").await, "default/d default/f");
    // And so they do for a profile that has the device anew.
    let anew = write(client, "default/p", json!({"DeviceIds": ["d", "e"]})).await;
    assert_eq!(
        (&anew["LastSeen"], &anew["Name"], &anew["Visits"]),
        (&json!("2026-10-01T00:00:00.0000000Z"), &json!(null), &json!(1))
    );
}

async fn nothing_remembers_a_device_that_is_gone(engine: Engine) {
    let tidemark = Tidemark::builder(engine).flag("--purge-interval", "1s").start().await;
    let client = tidemark.client();
    for word in ["forgotten", "remembered"] {
        track(client, event(json!({"DeviceId": format!("{word}-device")}))).await;
        let body =
            json!({"Name": format!("{word}-name"), "DeviceIds": [format!("{word}-device"), format!("{word}-other")]});
        write(client, &format!("default/{word}-profile"), body).await;
    }
    assert_eq!(delete(client, "default/forgotten-profile").await.status, 200);
    let filter = json!({"filter": {"odata": "DeviceId eq 'forgotten-device'"}});
    let deleted = client.delete_many(filter).await;
    assert_eq!(deleted["count"], 1, "{deleted:#}");
    await_state(&tidemark, &deleted["deletion"]["id"], "PURGED").await;
    let connection = inside::connect(tidemark.database()).await;
    let statement = "SELECT device FROM visitor_device ORDER BY device";
    let statement = Statement::from_string(connection.get_database_backend(), statement);
    let rows = connection.query_all_raw(statement).await.expect("it can be read");
    let devices: Vec<String> = rows
        .iter()
        .map(|row| row.try_get_by_index(0).expect("a text"))
        .collect();
    connection.close().await.expect("it can be closed");
    assert_eq!(devices, ["remembered-device", "remembered-other"]);
    if engine == Engine::Sqlite {
        let bytes = bytes_on_disk(&tidemark);
        let count = |wanted: &[u8]| bytes.windows(wanted.len()).filter(|part| *part == wanted).count();
        assert!(count(b"remembered-") >= 5);
        assert_eq!(count(b"forgotten-"), 0);
    }
}
