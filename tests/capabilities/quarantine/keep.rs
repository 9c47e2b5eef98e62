//! What is kept of a refused event, and how it is asked for.

use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{DELETE, LIST, admin, count, list, misfit, misfits, quarantine};

support::on_both_engines!(
    a_refused_event_is_kept_whole,
    each_reason_is_kept_as_what_it_is,
    quarantine_is_asked_by_what_is_wrong_and_page_by_page,
    another_sites_quarantine_does_not_exist,
    what_is_deleted_from_quarantine_is_gone,
    an_import_leaves_its_misfits_there,
);

async fn a_refused_event_is_kept_whole(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    tidemark
        .accept(vec![json!({"action": "a", "tag": {"plan": "text"}})])
        .await;
    let whole = json!({
        "id": "mine", "action": "Clicked Sign Up", "label": "top", "time": "2026-11-18T10:00:00.123456789Z",
        "url": "https://www.example.com/join?a=1#b", "referrer": "https://www.google.com/search",
        "tag": {"deep": [{"plan": 7.5, "big": 1e16, "note": "Ärger 🌊 \"\\"}], "none": null},
        "ip": "203.0.113.77", "userAgent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0",
        "device": "phone 1", "session": "s 1", "language": "de-AT", "country": "AT", "city": "Wien",
    });
    let payload = client.log(whole.clone()).await;
    assert_eq!(payload["outcome"], "TYPE_CONFLICT", "{payload:#}");
    // The same event as it is stored where it fits.
    let mut fitting = whole;
    fitting["tag"]["deep"][0]["plan"] = json!("7.5");
    let stored = client.log(fitting).await;
    assert_eq!(stored["outcome"], "ACCEPTED", "{stored:#}");
    let kept = list(client).await;
    assert_eq!(kept.len(), 1);
    let one = &kept[0];
    assert_eq!(
        (
            &one["code"],
            &one["path"],
            &one["key"],
            &one["expectedType"],
            &one["receivedType"]
        ),
        (
            &json!("TAG_TYPE_CONFLICT"),
            &json!("deep[0].plan"),
            &json!("plan"),
            &json!("string"),
            &json!("number")
        )
    );
    assert_eq!(one["apiKey"], client.key().expect("it has one")[..15]);
    let mut expected = stored["event"].clone();
    expected["tag"]["deep"][0]["plan"] = json!(7.5);
    expected["received"] = one["event"]["received"].clone();
    assert_eq!(one["event"], expected);
    assert_eq!(one["event"]["ip"], "203.0.113.0");
    // It counts nowhere, and its id is free.
    assert_eq!(
        client.events(json!({"filter": {}})).await["edges"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    // Nobody named its actor: the hash is kept.
    let unnamed = json!({"action": "a", "ip": "203.0.113.77", "userAgent": "x", "tag": {"plan": 1}});
    assert_eq!(client.log(unnamed.clone()).await["outcome"], "TYPE_CONFLICT");
    let mut fitting = unnamed;
    fitting["tag"] = Value::Null;
    let stored = client.log(fitting).await;
    let kept = list(client).await;
    assert_eq!(kept[1]["event"]["actor"], stored["event"]["actor"]);
    assert_eq!(kept[1]["event"]["actorSource"], "UNNAMED");
}

async fn each_reason_is_kept_as_what_it_is(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let long = "k".repeat(513);
    for tag in [json!({"mixed": [1, "a"]}), json!({ long.clone(): 1 })] {
        assert_eq!(
            client.log(json!({"action": "a", "tag": tag})).await["outcome"],
            "TYPE_CONFLICT"
        );
    }
    let _ = client
        .graphql("mutation { updateSite(input: {tagMode: STRICT}) { name } }", json!({}))
        .await
        .data();
    assert_eq!(
        client.log(json!({"action": "a", "tag": {"in": {}}})).await["outcome"],
        "TYPE_CONFLICT"
    );
    // What is refused for another reason is not kept.
    assert_eq!(
        client.log(json!({"action": "", "tag": {"in": 1}})).await["outcome"],
        "INVALID"
    );
    let reasons: Vec<_> = list(client).await;
    let reasons: Vec<_> = reasons
        .iter()
        .map(|one| {
            (
                one["code"].as_str().expect("a code"),
                one["path"].as_str().expect("a path"),
                one["expectedType"].clone(),
                one["receivedType"].clone(),
            )
        })
        .collect();
    assert_eq!(
        reasons,
        [
            ("TAG_TYPE_CONFLICT", "mixed[1]", json!("number"), json!("string")),
            ("TAG_KEY_LIMIT", long.as_str(), Value::Null, json!("number")),
            ("TAG_KEY_UNDECLARED", "in", Value::Null, json!("object")),
        ]
    );
}

async fn quarantine_is_asked_by_what_is_wrong_and_page_by_page(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let mut events: Vec<_> = (0..5).map(misfit).collect();
    events.push(json!({"action": "other", "tag": {"in": {"plan": 1}}}));
    events.push(json!({"action": "other", "tag": {"list": [1, "a"]}}));
    misfits(&tidemark, events).await;
    for (filter, expected) in [
        (json!({}), 7),
        (json!({"path": "plan"}), 5),
        (json!({"path": "in.plan"}), 1),
        (json!({"key": "plan"}), 6),
        (json!({"action": "other"}), 2),
        (json!({"action": "other", "key": "plan"}), 1),
        (json!({"code": "TAG_TYPE_CONFLICT"}), 7),
        (json!({"code": "TAG_KEY_LIMIT"}), 0),
    ] {
        let page = quarantine(client, json!({"filter": filter})).await;
        assert_eq!(page["totalCount"], expected, "{filter}");
        assert_eq!(page["edges"].as_array().map(Vec::len), Some(expected), "{filter}");
    }
    let ids = |page: &Value| -> Vec<String> {
        let edges = page["edges"].as_array().expect("a list");
        edges
            .iter()
            .map(|edge| edge["node"]["event"]["id"].as_str().expect("an id").to_owned())
            .collect()
    };
    let mut after = Value::Null;
    let mut met = Vec::new();
    for _ in 0..3 {
        let page = quarantine(client, json!({"filter": {"key": "plan"}, "first": 2, "after": after})).await;
        met.extend(ids(&page));
        after = page["pageInfo"]["endCursor"].clone();
        assert_eq!(page["pageInfo"]["hasNextPage"], met.len() < 6);
    }
    assert_eq!(met[..5], ["0", "1", "2", "3", "4"]);
    let last = quarantine(client, json!({"filter": {"path": "plan"}, "last": 2})).await;
    assert_eq!(ids(&last), ["3", "4"]);
    let answer = client.graphql(LIST, json!({"after": "x"})).await;
    assert_eq!((answer.error_code(), answer.error_path()), ("INVALID_CURSOR", "after"));
    let answer = client.graphql(LIST, json!({"filter": {"path": "a\0"}})).await;
    assert_eq!(answer.error_code(), "INVALID_TEXT");
}

async fn another_sites_quarantine_does_not_exist(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    misfits(&tidemark, vec![misfit(1)]).await;
    assert_eq!(count(&other).await, 0);
    let id = &list(tidemark.client()).await[0]["id"];
    let deleted = other.graphql(DELETE, json!({"input": {"ids": [id]}})).await;
    assert_eq!(deleted.data()["deleteQuarantined"]["count"], 0);
    let redriven = super::redrive(
        &other,
        json!({"ids": [id], "fixes": [{"rename": {"from": "plan", "to": "n"}}]}),
    )
    .await;
    assert_eq!(redriven["accepted"], 0, "{redriven:#}");
    assert_eq!(count(tidemark.client()).await, 1);
    let answer = other.graphql(LIST, json!({"site": "shop"})).await;
    assert_eq!(answer.error_code(), "UNKNOWN_SITE");
}

async fn what_is_deleted_from_quarantine_is_gone(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    misfits(&tidemark, (0..6).map(misfit).collect()).await;
    let entries = list(client).await;
    let delete = async |input: Value| {
        let answer = client.graphql(DELETE, json!({"input": input})).await;
        answer.data()["deleteQuarantined"].clone()
    };
    let two = delete(json!({"ids": [entries[1]["id"], entries[3]["id"], "nothing"]})).await;
    assert_eq!((&two["count"], &two["remaining"]), (&json!(2), &json!(0)), "{two:#}");
    let one = delete(json!({"filter": {"path": "plan"}, "limit": 1})).await;
    assert_eq!((&one["count"], &one["remaining"]), (&json!(1), &json!(3)));
    let left: Vec<_> = list(client)
        .await
        .iter()
        .map(|one| one["event"]["id"].clone())
        .collect();
    assert_eq!(left, ["2", "4", "5"]);
    let none = delete(json!({})).await;
    assert_eq!(none["error"]["code"], "INVALID_ARGUMENT");
    let none = delete(json!({"filter": {}, "limit": 0})).await;
    assert_eq!(none["error"]["path"], "input.limit");
    let rest = delete(json!({"filter": {}})).await;
    assert_eq!(rest["count"], 3);
    let page = quarantine(client, json!({})).await;
    assert_eq!(
        (
            &page["totalCount"],
            &page["bytes"],
            &page["expired"],
            &page["displaced"]
        ),
        (&json!(0), &json!(0), &json!(0), &json!(0))
    );
}

async fn an_import_leaves_its_misfits_there(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    tidemark
        .accept(vec![json!({"action": "a", "tag": {"status": "fine"}})])
        .await;
    let line = "203.0.113.9 - - [18/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"Firefox\"\n";
    let path = tidemark.database().folder().path().join("access.log");
    std::fs::write(&path, line).expect("the folder is ours");
    let file = path.display().to_string();
    let done = tidemark
        .command(&["import", "access-log", &file, "--site", tidemark.site(), "--all"])
        .await;
    let printed = done.success();
    assert!(printed.contains("1 refused"), "{printed}");
    let kept = list(tidemark.client()).await;
    assert_eq!((&kept[0]["path"], &kept[0]["apiKey"]), (&json!("status"), &Value::Null));
    assert_eq!(kept[0]["event"]["door"], "import");
    // It comes in under the id that the import gave it, which keeps the same line out later.
    let admin = admin(&tidemark).await;
    let fix = json!([{"retype": {"name": "status", "type": "number"}}]);
    let redriven = super::redrive(&admin, json!({"site": tidemark.site(), "fixes": fix})).await;
    assert_eq!(redriven["accepted"], 1, "{redriven:#}");
    let again = tidemark
        .command(&["import", "access-log", &file, "--site", tidemark.site(), "--all"])
        .await;
    assert!(again.success().contains("1 there already"));
}
