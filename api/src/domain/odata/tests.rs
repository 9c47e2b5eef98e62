//! What the language says, by its own rules.

use proptest::prelude::*;

use super::{
    ast::{Comparison, Function, Kind, Literal, Node},
    parser::parse,
    payload_key, read_filter, read_order, stored_key,
};
use crate::domain::predicate::{Predicate, Test, Text};

fn printed(text: &str) -> String {
    parse(text)
        .unwrap_or_else(|error| panic!("{text}: {error:?}"))
        .to_string()
}

#[test]
fn operators_bind_as_the_guidelines_say() {
    for (text, wanted) in [
        ("a eq 1 or b eq 2 and c eq 3", "(a eq 1) or ((b eq 2) and (c eq 3))"),
        ("(a eq 1 or b eq 2) and c eq 3", "((a eq 1) or (b eq 2)) and (c eq 3)"),
        ("a and b and c or d", "(a and b and c) or d"),
        ("not price le 3.5", "not (price le 3.5)"),
        ("not (price le 3.5)", "not (price le 3.5)"),
        ("NOT a eq 1 AND b eq 2", "(not (a eq 1)) and (b eq 2)"),
        ("not (a eq 1) eq true", "(not (a eq 1)) eq true"),
        ("not contains(a,'x') or b", "(not contains(a , 'x')) or b"),
        ("a gt 1 eq true", "(a gt 1) eq true"),
        ("not not a", "not (not a)"),
        ("a.b/c eq 'it''s'", "a/b/c eq 'it''s'"),
        (
            "Info.Email eq a@b.com and Scope eq default",
            "(Info/Email eq a@b.com) and (Scope eq default)",
        ),
        ("a in (1, 'b,c' ,d)", "a in (1 , 'b,c' , d)"),
        ("a in ()", "a in ()"),
        ("x eq datetime'2017-01-01'", "x eq '2017-01-01'"),
        ("a eq (b)", "a eq (b)"),
        ("5 lt a", "5 lt a"),
    ] {
        assert_eq!(printed(text), wanted, "{text}");
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, line, column) in [
        ("EventTime gt abc", 1, 14),
        ("Nothing eq 1", 1, 1),
        ("DeviceId eq 'open", 1, 13),
        ("DeviceId eq 1 and", 1, 18),
        ("DeviceId like 'x'", 1, 10),
        ("DeviceId eq 1)", 1, 14),
        ("(DeviceId eq 1", 1, 15),
        ("length(DeviceId) gt 1", 1, 1),
        ("DeviceId eq 'ä' and\n year(EventTime) eq 1", 2, 2),
        ("DeviceId", 1, 1),
        ("'x' eq 'y'", 1, 1),
        ("contains('x', 'y')", 1, 10),
        ("contains(DeviceId)", 1, 1),
        ("Payload.a gt true", 1, 14),
        ("Payload eq 1", 1, 12),
        ("User.Age eq 1", 1, 1),
        ("Value.x eq 1", 1, 1),
        ("RemoteAddress gt 1", 1, 18),
        ("price add 5 gt 1", 1, 7),
        ("DeviceId eq 'a\0'", 1, 13),
        ("a..b eq 1", 1, 3),
    ] {
        let error = read_filter(text).expect_err(text);
        assert_eq!(error.position, Some((line, column)), "{text}: {error}");
    }
    for text in [
        "EventTime up",
        "a,,b",
        "Nothing",
        "EventTime desc x",
        "Payload",
        "a b c d",
    ] {
        let error = read_order(text).expect_err(text);
        assert!(error.position.is_some(), "{text}: {error}");
    }
}

#[test]
fn what_others_have_and_this_has_not_is_called_unsupported() {
    for (text, word) in [
        ("Payload.price add 5 gt 1", "add"),
        ("Payload.price MOD 2 eq 0", "MOD"),
        ("Payload.flags has 'x'", "has"),
        ("length(DeviceId) gt 1", "length"),
        ("EventTime gt 2017-01-01 and year(EventTime) eq 2017", "year"),
        ("substring(Value, 1) eq 'x'", "substring"),
    ] {
        let error = read_filter(text).expect_err(text);
        assert!(
            error.message.contains(&format!("“{word}” is unsupported")),
            "{text}: {error}"
        );
    }
}

#[test]
fn nesting_and_length_are_bounded() {
    let deep = format!("{}a{}", "(".repeat(100_000 / 8), ")".repeat(100_000 / 8));
    assert!(read_filter(&deep).is_err());
    assert!(read_filter(&"not ".repeat(4_000)).is_err());
    assert!(read_filter(&"a eq 1 eq true ".repeat(900)).is_err());
    let chain = vec!["DeviceId eq 1"; 240].join(" or ");
    assert!(read_filter(&chain).is_ok(), "a long chain is not deep");
    assert!(read_filter(&vec!["DeviceId eq 1"; 600].join(" or ")).is_err());
    assert!(read_filter(&" ".repeat(20_000)).is_err());
}

#[test]
fn bare_words_are_what_their_field_holds() {
    let one = |text: &str| read_filter(text).expect("it is fine");
    let text = |text: Text, value: &str| Predicate::Text {
        text,
        fold: None,
        test: Test::OneOf(vec![value.to_owned()]),
    };
    assert_eq!(one("DeviceId eq 12"), text(Text::Device, "12"));
    assert_eq!(one("deviceid EQ true"), text(Text::Device, "true"));
    assert_eq!(one("'x' eq DeviceId"), text(Text::Device, "x"));
    assert_eq!(one("DeviceId eq null"), Predicate::Missing(Text::Device));
    assert_eq!(one("DeviceId eq 'null'"), text(Text::Device, "null"));
    assert!(matches!(
        one("EventTime ge 2017-09-15"),
        Predicate::Time(_, 1_505_433_600_000_000_000)
    ));
    assert_eq!(one(""), Predicate::constant(true));
}

#[test]
fn reserved_keys_of_a_payload_are_set_apart_and_found_again() {
    for (key, stored) in [
        ("a", "a"),
        ("title", "Payload_title"),
        ("User", "Payload_User"),
        ("Payload_title", "Payload_Payload_title"),
        ("Payload_x", "Payload_x"),
    ] {
        assert_eq!(stored_key(key), stored);
        assert_eq!(payload_key(stored), key);
    }
}

fn any_name() -> impl Strategy<Value = String> {
    "[A-Za-z_][A-Za-z0-9_-]{0,6}".prop_filter("a word of the language", |name| {
        let words = [
            "and", "or", "not", "in", "true", "false", "null", "eq", "ne", "gt", "ge", "lt", "le",
        ];
        !words.iter().any(|word| word.eq_ignore_ascii_case(name))
    })
}

fn any_value() -> impl Strategy<Value = Kind> {
    prop_oneof![
        any::<String>().prop_map(|text| Kind::Literal(Literal::Text(text))),
        "[a-z0-9@.:/-]{1,8}"
            .prop_filter("`not` may begin something else", |word| word != "not")
            .prop_map(|word| Kind::Literal(Literal::Word(word))),
    ]
}

fn node(kind: Kind) -> Node {
    Node { at: 0, kind }
}

fn any_field() -> impl Strategy<Value = Kind> {
    let path = prop::collection::vec(any_name(), 1..3).prop_map(Kind::Path);
    (path, 0..4).prop_map(|(path, which)| match which {
        0 => Kind::Call(Function::ToLower, vec![node(path)]),
        _ => path,
    })
}

fn any_tree() -> impl Strategy<Value = Kind> {
    let comparison = prop_oneof![
        Just(Comparison::Eq),
        Just(Comparison::Ne),
        Just(Comparison::Gt),
        Just(Comparison::Le)
    ];
    let leaf = prop_oneof![
        4 => (comparison, any_field(), any_value())
            .prop_map(|(by, field, value)| Kind::Compare(by, Box::new(node(field)), Box::new(node(value)))),
        1 => (any_field(), any_value())
            .prop_map(|(field, value)| Kind::Call(Function::Contains, vec![node(field), node(value)])),
        1 => (any_field(), prop::collection::vec(any_value(), 0..3))
            .prop_map(|(field, list)| Kind::In(Box::new(node(field)), list.into_iter().map(node).collect())),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let some = prop::collection::vec(inner.clone().prop_map(node), 2..4);
        prop_oneof![
            inner.clone().prop_map(|one| Kind::Not(Box::new(node(one)))),
            some.clone().prop_map(Kind::And),
            some.prop_map(Kind::Or),
            (inner.clone(), inner).prop_map(|(one, other)| Kind::Compare(
                Comparison::Eq,
                Box::new(node(one)),
                Box::new(node(other))
            )),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_as_the_same(kind in any_tree()) {
        let tree = node(kind);
        let text = tree.to_string();
        let again = parse(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error:?}")))?;
        prop_assert_eq!(again, tree, "{}", text);
    }

    #[test]
    fn nothing_is_too_odd_to_be_read(text in any::<String>()) {
        let _ = read_filter(&text);
        let _ = read_order(&text);
    }

    #[test]
    fn nothing_of_its_words_is_too_odd(words in prop::collection::vec(prop_oneof![
        Just("and"), Just("or"), Just("not"), Just("eq"), Just("in"), Just("("), Just(")"), Just(","), Just("'"), Just("''"),
        Just("contains("), Just("tolower("), Just("DeviceId"), Just("Payload.a"), Just("5"), Just("null"), Just("true"),
        Just("."), Just("/"), Just(" "), Just("datetime'"), Just("ä"), Just("EventTime"),
    ], 0..24), spaced in any::<bool>()) {
        let text = words.join(if spaced { " " } else { "" });
        if let Ok(tree) = parse(&text) {
            let printed = tree.to_string();
            prop_assert_eq!(parse(&printed).ok(), Some(tree), "{} as {}", text, printed);
        }
        let _ = read_filter(&text);
        let _ = read_order(&text);
    }
}
