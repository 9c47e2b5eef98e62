use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Any JSON, not too large.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        Just(Value::from("x".repeat(2_000))),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("\\PC{0,8}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// An object with fields that have rules, each right or wrong.
pub(crate) fn any_usage() -> impl Strategy<Value = Value> {
    let names: Vec<&str> = RULES
        .iter()
        .map(|rule| rule.name)
        .chain([
            "customData",
            "t",
            "cid",
            "tm",
            "uid",
            "z",
            "meta",
            "position",
            "itemMetadata",
            "responseId",
        ])
        .collect();
    let value = prop_oneof![
        Just(json!("en")),
        Just(json!("unknown")),
        Just(json!(1)),
        Just(json!(true)),
        Just(json!("489aa3e3-aed2-4563-8e81-62bb73178a56")),
        Just(json!({"type": "itemClick", "clientId": "489aa3e3-aed2-4563-8e81-62bb73178a56", "ts": 1})),
        any_json(),
    ];
    prop::collection::btree_map(prop::sample::select(names), value, 0..50).prop_map(|fields| {
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
        Value::Object(fields.collect())
    })
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other} is no object"),
    }
}

fn click(with: Value) -> Map<String, Value> {
    let mut fields = object(
        json!({"actionCause": "documentOpen", "documentPosition": 2, "searchQueryUid": "q",
        "sourceName": "web", "language": "en"}),
    );
    fields.extend(object(with));
    fields
}

fn faults(kind: Kind, fields: Map<String, Value>, manner: Manner) -> Vec<(Flaw, String)> {
    let (_, faults) = read(kind, fields, manner);
    faults.into_iter().map(|fault| (fault.flaw, fault.path)).collect()
}

#[test]
fn each_kind_wants_its_fields() {
    let wanted = |kind| -> Vec<String> {
        let missing = faults(kind, Map::new(), Manner::Lenient);
        assert!(missing.iter().all(|(flaw, _)| *flaw == Flaw::Missing));
        missing.into_iter().map(|(_, path)| path).collect()
    };
    assert_eq!(
        wanted(Kind::Click),
        [
            "actionCause",
            "documentPosition",
            "searchQueryUid",
            "sourceName",
            "language"
        ]
    );
    assert_eq!(
        wanted(Kind::Search),
        ["actionCause", "searchQueryUid", "language", "queryText", "responseTime"]
    );
    assert_eq!(wanted(Kind::Custom), ["language", "eventType", "eventValue"]);
    assert_eq!(wanted(Kind::View), ["location"]);
    assert_eq!(faults(Kind::Click, click(json!({})), Manner::Strict), []);
}

#[test]
fn every_length_is_cut_and_noted_or_refused() {
    for (name, most) in [
        ("sourceName", 512),
        ("documentTitle", 1_024),
        ("documentUrl", 1_024),
        ("documentAuthor", 128),
        ("documentUriHash", 32),
        ("rankingModifier", 128),
        ("queryPipeline", 128),
        ("originLevel1", 128),
        ("originLevel2", 128),
        ("originContext", 128),
        ("username", 128),
        ("userDisplayName", 128),
        ("splitTestRunName", 128),
        ("splitTestRunVersion", 128),
        ("userAgent", 1_024),
    ] {
        let with = |length: usize| click(object_of(name, json!("ä".repeat(length))));
        for manner in [Manner::Strict, Manner::Lenient] {
            let (usage, found) = read(Kind::Click, with(most), manner);
            assert_eq!((found, &usage.notes), (Vec::new(), &Notes::default()), "{name}");
        }
        assert_eq!(
            faults(Kind::Click, with(most + 1), Manner::Strict),
            [(Flaw::TooLong, name.to_owned())]
        );
        let (usage, found) = read(Kind::Click, with(most + 1), Manner::Lenient);
        assert_eq!(
            (found, usage.notes.truncated.as_slice()),
            (Vec::new(), [name.to_owned()].as_slice())
        );
        assert_eq!(usage.text(name), Some("ä".repeat(most).as_str()));
    }
}

fn object_of(name: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), value)]))
}

#[test]
fn the_third_origin_is_kept_longer_than_documented() {
    let with = |length: usize| click(json!({"originLevel3": "x".repeat(length)}));
    for (length, kept, noted) in [
        (128, 128, false),
        (129, 129, true),
        (1_024, 1_024, true),
        (1_025, 1_024, true),
    ] {
        let (usage, found) = read(Kind::Click, with(length), Manner::Lenient);
        assert_eq!(found, []);
        assert_eq!(usage.text("originLevel3").map(str::len), Some(kept));
        assert_eq!(!usage.notes.truncated.is_empty(), noted, "{length}");
    }
    assert_eq!(
        faults(Kind::Click, with(129), Manner::Strict),
        [(Flaw::TooLong, "originLevel3".to_owned())]
    );
}

#[test]
fn ranges_and_forms_are_kept_to() {
    for (with, fine) in [
        (json!({"documentPosition": 1}), true),
        (json!({"documentPosition": 0}), false),
        (json!({"documentPosition": 1.5}), false),
        (json!({"documentPosition": "1"}), false),
        (json!({"outcome": -5}), true),
        (json!({"outcome": 5}), true),
        (json!({"outcome": 6}), false),
        (json!({"outcome": null}), true),
        (json!({"language": "xx"}), false),
        (json!({"language": "english"}), false),
        (json!({"language": ""}), false),
        (json!({"language": "en-US"}), true),
        (json!({"language": "unknown"}), true),
        (json!({"language": "Unknown"}), true),
        (json!({"language": "unknown-US"}), false),
        (json!({"language": "unknowns"}), false),
        (json!({"clientId": "489aa3e3-aed2-4563-8e81-62bb73178a56"}), true),
        (json!({"clientId": "489aa3e3"}), false),
        (json!({"anonymous": "yes"}), false),
        (json!({"actionCause": ""}), false),
        (json!({"customData": []}), false),
        (json!({"trackingId": "Shop 1"}), true),
    ] {
        let found = faults(Kind::Click, click(with.clone()), Manner::Lenient);
        assert_eq!(found.is_empty(), fine, "{with}: {found:?}");
    }
    let search = |with: Value| {
        let mut fields = object(
            json!({"actionCause": "a", "searchQueryUid": "q", "language": "en", "queryText": "",
            "responseTime": 0}),
        );
        fields.extend(object(with));
        faults(Kind::Search, fields, Manner::Lenient)
    };
    let facet =
        json!({"field": "author", "id": "@author-1", "value": "a", "facetType": "specific", "state": "selected"});
    assert_eq!(search(json!({"facetState": [facet]})), []);
    for (name, value) in [
        ("id", json!("a b")),
        ("id", json!("x".repeat(61))),
        ("state", json!("open")),
        ("field", json!(null)),
        ("valuePosition", json!("1")),
    ] {
        let mut wrong = facet.clone();
        wrong[name] = value;
        let found = search(json!({"facetState": [facet, wrong]}));
        assert_eq!(found.len(), 1, "{name}");
        assert_eq!(found[0].1, format!("facetState[1].{name}"));
    }
    assert_eq!(search(json!({"responseTime": -1})).len(), 1);
    assert_eq!(search(json!({"userGroups": ["a", 7]}))[0].1, "userGroups[1]");
}

#[test]
fn custom_data_is_tidied_below_the_fields() {
    let data = json!({"My Key": 5, "contentIDKey": "k".repeat(129), "contentIDValue": "v".repeat(512), "bad-key": "x",
        "context_role": {"a": [1]}, "sourceName": "below", "no": null});
    let (usage, found) = read(Kind::Click, click(json!({"customData": data})), Manner::Lenient);
    assert_eq!(found, []);
    let (event, _) = usage.event(&Caller::operator(), None);
    let tag = event.tag.expect("a tag");
    assert_eq!(tag["my_key"], "5");
    assert_eq!(tag["contentidkey"].as_str().map(str::len), Some(128));
    assert_eq!(tag["contentidvalue"].as_str().map(str::len), Some(512));
    assert_eq!(
        (&tag["context_role"], &tag["no"]),
        (&json!("{\"a\":[1]}"), &json!("null"))
    );
    assert_eq!(tag["userContext"], json!(["context_role"]));
    assert_eq!(tag["truncated"], json!(["customData.contentidkey"]));
    assert_eq!(tag["dropped"], json!(["customData.bad-key"]));
    // A field goes before what custom data says under its name, which is in small letters anyway.
    assert_eq!(
        (&tag["sourceName"], &tag["sourcename"]),
        (&json!("web"), &json!("below"))
    );
    let strict = faults(
        Kind::Click,
        click(json!({"customData": {"bad-key": 1}})),
        Manner::Strict,
    );
    assert_eq!(strict, [(Flaw::Invalid, "customData.bad-key".to_owned())]);
}

#[test]
fn of_keys_that_become_one_the_last_that_was_sent_counts() {
    for (sent, kept) in [
        (&["my_key", "My Key"][..], &["My Key"][..]),
        (&["My Key", "my_key"], &["my_key"]),
        (&["MY KEY", "My Key", "my_key", "My_Key"], &["My_Key"]),
        (&["My Key", "my_key", "My Key"], &["My Key"]),
        (&["a", "b", "a"], &["a", "b"]),
        // What can be no key becomes none, and each is told of.
        (&["bad-key", "Bad-Key", "", "ü"], &["", "Bad-Key", "bad-key", "ü"]),
    ] {
        let mut pairs = Pairs::default();
        for (at, name) in sent.iter().enumerate() {
            pairs.push((*name).to_owned(), at.into());
        }
        let found = pairs.into_map();
        let expected: Map<_, _> = kept
            .iter()
            .map(|name| {
                let last = sent.iter().rposition(|one| one == name);
                ((*name).to_owned(), json!(last))
            })
            .collect();
        assert_eq!(found, expected, "{sent:?}");
    }
}

proptest! {
    #[test]
    fn what_is_taken_in_leniently_is_right_strictly(said in any_usage()) {
        for kind in [Kind::Click, Kind::Search, Kind::Custom, Kind::View] {
            let (usage, faults) = read(kind, object(said.clone()), Manner::Lenient);
            if faults.is_empty() {
                let mut again = usage.fields.clone();
                again.insert("customData".to_owned(), usage.custom.clone().into());
                // These are taken though they are not as documented.
                again.remove("trackingId");
                if usage.text("language") == Some("unknown") {
                    again.insert("language".to_owned(), "en".into());
                }
                again.remove("originLevel3");
                let (_, faults) = read(kind, again, Manner::Strict);
                prop_assert_eq!(faults, []);
                prop_assert!(!usage.event(&Caller::operator(), None).0.action.is_empty());
            }
        }
    }
}
