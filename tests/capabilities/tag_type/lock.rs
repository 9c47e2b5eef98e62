//! The first sighting of a key gives it its type, at every depth and on every site; what locks nothing, and what conflicts.

use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{LIST, accepted, admin, conflict, logged, told, types};

support::on_both_engines!(
    the_first_type_of_a_key_holds_at_every_depth,
    null_and_empty_arrays_lock_nothing,
    an_array_has_the_type_of_its_elements,
    one_type_holds_on_every_site,
    of_two_first_sightings_in_one_request_the_first_wins,
    only_stored_events_lock,
    an_explanation_names_the_conflict_and_locks_nothing,
    an_import_is_held_to_the_same_types,
    types_outlive_a_restart,
);

async fn the_first_type_of_a_key_holds_at_every_depth(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    assert_eq!(logged(client, json!({"some_string": "a"})).await, accepted());
    let payload = client
        .log(json!({"action": "a", "tag": {"some_object": {"some_string": 23}}}))
        .await;
    assert_eq!(told(&payload), conflict("some_object.some_string"));
    let message = payload["error"]["message"].as_str().expect("a message");
    for word in ["some_object.some_string", "string", "number", "quarantine"] {
        assert!(message.contains(word), "{message}");
    }
    assert_eq!(payload["event"], Value::Null);
    // Nothing of the refused event has a type.
    assert_eq!(types(client).await, [("some_string".to_owned(), "string".to_owned())]);
    assert_eq!(logged(client, json!({"some_object": 5})).await, accepted());
    // Dots are underscores, here too.
    let payload = client.log(json!({"action": "a", "tag": {"so.me": 1}})).await;
    assert_eq!(payload["event"]["tag"]["so_me"], 1, "{payload:#}");
    assert_eq!(logged(client, json!({"x": {"so_me": "1"}})).await, conflict("x.so_me"));
    // Integers and fractions are of one type, and booleans of another.
    assert_eq!(logged(client, json!({"n": 77})).await, accepted());
    assert_eq!(logged(client, json!({"n": 77.23})).await, accepted());
    assert_eq!(logged(client, json!({"n": -1e300})).await, accepted());
    assert_eq!(logged(client, json!({"n": true})).await, conflict("n"));
    assert_eq!(logged(client, json!({"n": {"a": 1}})).await, conflict("n"));
    assert_eq!(
        logged(client, json!({"list": [{"deep": [{"n": "7"}]}]})).await,
        conflict("list[0].deep[0].n")
    );
    // One event that contradicts itself.
    assert_eq!(
        logged(client, json!({"own": 1, "z": {"own": "1"}})).await,
        conflict("z.own")
    );
}

async fn null_and_empty_arrays_lock_nothing(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    assert_eq!(
        logged(client, json!({"a": null, "b": [], "c": [null], "d": [[]]})).await,
        accepted()
    );
    assert!(types(client).await.is_empty());
    assert_eq!(
        logged(client, json!({"a": "text", "b": [1], "c": ["x"], "d": [[true]]})).await,
        accepted()
    );
    assert_eq!(
        logged(client, json!({"a": null, "b": null, "c": [], "d": [[], []]})).await,
        accepted()
    );
    assert_eq!(logged(client, json!({"b": [null, 2]})).await, accepted());
    // An empty array is an array all the same.
    assert_eq!(logged(client, json!({"a": []})).await, conflict("a"));
    assert_eq!(logged(client, json!({"b": [[]]})).await, conflict("b"));
    assert_eq!(
        types(client).await,
        [
            ("a".to_owned(), "string".to_owned()),
            ("b".to_owned(), "array of number".to_owned()),
            ("c".to_owned(), "array of string".to_owned()),
            ("d".to_owned(), "array of array of boolean".to_owned()),
        ]
    );
}

async fn an_array_has_the_type_of_its_elements(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    assert_eq!(logged(client, json!({"mixed": [1, "a"]})).await, conflict("mixed[1]"));
    assert_eq!(
        logged(client, json!({"in": {"mixed": [null, {}, 2]}})).await,
        conflict("in.mixed[2]")
    );
    assert_eq!(logged(client, json!({"list": ["a", "b"]})).await, accepted());
    assert_eq!(logged(client, json!({"list": "a"})).await, conflict("list"));
    assert_eq!(logged(client, json!({"list": [1]})).await, conflict("list"));
    assert_eq!(logged(client, json!({"list": [["a"]]})).await, conflict("list"));
    // An array as the tag is an object with the keys 0, 1, ….
    assert_eq!(logged(client, json!([1, "a"])).await, accepted());
    assert_eq!(logged(client, json!(["a"])).await, conflict("0"));
}

async fn one_type_holds_on_every_site(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    assert_eq!(logged(tidemark.client(), json!({"plan": "pro"})).await, accepted());
    assert_eq!(logged(&other, json!({"plan": 1})).await, conflict("plan"));
    assert_eq!(logged(&other, json!({"plan": "free"})).await, accepted());
}

async fn of_two_first_sightings_in_one_request_the_first_wins(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let event = |tag: Value| json!({"action": "a", "tag": tag});
    let payload = tidemark
        .client()
        .log_many(vec![
            event(json!({"x": 1})),
            event(json!({"x": "1", "y": 1})),
            event(json!({"y": "a", "x": 2})),
            event(json!({"y": "b"})),
            event(json!({"z": 1, "in": {"z": "1"}})),
            event(json!({"z": true})),
        ])
        .await;
    let outcomes: Vec<_> = payload["outcomes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(told)
        .collect();
    let refused = |index: usize, path: &str| {
        let (outcome, code, _) = conflict(path);
        (outcome, code, format!("inputs[{index}].tag.{path}"))
    };
    assert_eq!(
        outcomes,
        [
            accepted(),
            refused(1, "x"),
            // The refused one before has locked nothing.
            accepted(),
            accepted(),
            refused(4, "z"),
            accepted(),
        ]
    );
    assert_eq!(
        types(tidemark.client()).await,
        [("x", "number"), ("y", "string"), ("z", "boolean")].map(|(name, kind)| (name.to_owned(), kind.to_owned()))
    );
}

async fn only_stored_events_lock(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    assert_eq!(
        client.log(json!({"id": "1", "action": "a"})).await["outcome"],
        "ACCEPTED"
    );
    // A duplicate, an event that a list denies, and one that is invalid.
    let again = client.log(json!({"id": "1", "action": "a", "tag": {"k": 1}})).await;
    assert_eq!(again["outcome"], "DUPLICATE");
    client.add_rule("DENY", "bad").await;
    let denied = client.log(json!({"action": "bad", "tag": {"k": 1}})).await;
    assert_eq!(denied["outcome"], "DENIED");
    let invalid = client.log(json!({"action": "", "tag": {"k": 1}})).await;
    assert_eq!(invalid["outcome"], "INVALID");
    assert_eq!(logged(client, json!({"k": "text"})).await, accepted());
    // A stored id is a duplicate, whatever its tag would be; a refused event claims no id.
    let duplicate = client.log(json!({"id": "1", "action": "a", "tag": {"k": 1}})).await;
    assert_eq!(duplicate["outcome"], "DUPLICATE");
    let refused = client.log(json!({"id": "2", "action": "a", "tag": {"k": 1}})).await;
    assert_eq!(refused["outcome"], "TYPE_CONFLICT");
    let mended = client.log(json!({"id": "2", "action": "a", "tag": {"k": "1"}})).await;
    assert_eq!(mended["outcome"], "ACCEPTED", "{mended:#}");
}

async fn an_explanation_names_the_conflict_and_locks_nothing(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let document = "query ($input: EventInput!) { explainEvent(input: $input) { outcome error { code path } \
         steps { step verdict error { code path } } } }";
    let explain = async |tag: Value| {
        let variables = json!({"input": {"action": "a", "tag": tag}});
        client.graphql(document, variables).await.data()["explainEvent"].clone()
    };
    let told = explain(json!({"k": 1})).await;
    assert_eq!(told["outcome"], "ACCEPTED", "{told:#}");
    let last = told["steps"]
        .as_array()
        .and_then(|steps| steps.last())
        .expect("a step")
        .clone();
    assert_eq!(last, json!({"step": "TAG_TYPES", "verdict": "PASSED", "error": null}));
    assert_eq!(logged(client, json!({"k": "text"})).await, accepted());
    let told = explain(json!({"in": {"k": 1}})).await;
    assert_eq!(told["outcome"], "TYPE_CONFLICT");
    let error = json!({"code": "TAG_TYPE_CONFLICT", "path": "input.tag.in.k"});
    assert_eq!(told["error"], error);
    let steps = told["steps"].as_array().expect("steps");
    assert_eq!(
        steps.last(),
        Some(&json!({"step": "TAG_TYPES", "verdict": "REFUSED", "error": error}))
    );
    assert!(steps[..3].iter().all(|step| step["verdict"] == "PASSED"), "{told:#}");
}

async fn an_import_is_held_to_the_same_types(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    assert_eq!(logged(tidemark.client(), json!({"k": "text"})).await, accepted());
    let lines = [
        json!({"action": "a", "tag": {"k": 1}}),
        json!({"action": "a", "tag": {"k": "b", "fresh": [1]}}),
    ];
    let lines: Vec<_> = lines.iter().map(Value::to_string).collect();
    let path = tidemark.database().folder().path().join("events.jsonl");
    std::fs::write(&path, lines.join("\n")).expect("the folder is ours");
    let file = path.display().to_string();
    let done = tidemark
        .command(&["import", "events", &file, "--site", tidemark.site()])
        .await;
    let printed = done.success();
    assert!(
        printed.contains("1 events imported") && printed.contains("1 refused"),
        "{printed}"
    );
    // What the command locked holds for the server, which has not seen it.
    assert_eq!(
        logged(tidemark.client(), json!({"fresh": "text"})).await,
        conflict("fresh")
    );
    let answer = admin(&tidemark).await.graphql(LIST, json!({"prefix": "fresh"})).await;
    let key = &answer.data()["tagTypes"]["nodes"][0];
    assert_eq!(
        (&key["type"], &key["count"]),
        (&json!("array of number"), &json!(1)),
        "{key:#}"
    );
}

async fn types_outlive_a_restart(engine: Engine) {
    let mut tidemark = Tidemark::start(engine).await;
    assert_eq!(logged(tidemark.client(), json!({"k": "text"})).await, accepted());
    tidemark.server_mut().kill9();
    tidemark.server_mut().restart().await;
    assert_eq!(logged(tidemark.client(), json!({"k": 1})).await, conflict("k"));
    assert_eq!(logged(tidemark.client(), json!({"k": "more"})).await, accepted());
}
