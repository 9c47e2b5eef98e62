//! Nothing is too odd to be read, and what is printed is read as the same.

use proptest::prelude::*;
use serde_json::json;

use super::{
    super::{MOST_ROWS, Meter, Parameters, Run, parser::parse, read_query},
    NOW, events,
};

/// Where a name stands does not make it another.
fn placeless(mut query: super::super::ast::Query) -> super::super::ast::Query {
    use super::super::ast::StepKind;
    for step in &mut query.steps {
        match &mut step.kind {
            StepKind::ProjectAway(names) => names.iter_mut().for_each(|name| name.0 = 0),
            StepKind::ProjectRename(names) => names.iter_mut().for_each(|name| name.0 = 0),
            _ => {}
        }
    }
    query
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("Payload".to_owned()),
        Just("Value".to_owned()),
        "[a-zA-Z_][a-z0-9_]{0,5}",
        any::<String>()
    ]
}

fn any_literal() -> impl Strategy<Value = super::super::ast::Literal> {
    use super::super::ast::Literal;
    prop_oneof![
        any::<bool>().prop_map(Literal::Bool),
        (i64::MIN + 1..i64::MAX).prop_map(Literal::Long),
        (-1e12..1e12)
            .prop_filter("no number is minus nothing", |float: &f64| *float != 0.0)
            .prop_map(Literal::Real),
        any::<String>().prop_map(Literal::Text),
        (-9_000_000_000_000_000_000_i64..9_000_000_000_000_000_000).prop_map(|time| Literal::Time(Some(time))),
        Just(Literal::Time(None)),
        (-9_000_000_000_000_000_000_i64..9_000_000_000_000_000_000).prop_map(Literal::Span),
        Just(Literal::Dynamic(json!({"a": [1, "x)'\"(", null], "b": {"c": true}}))),
    ]
}

fn any_expression() -> impl Strategy<Value = super::super::ast::Expression> {
    use super::super::ast::{Binary, Expression, Kind};
    let node = |kind| Expression { at: 0, kind };
    let leaf = prop_oneof![
        any_name().prop_map(move |name| node(Kind::Name(name))),
        any_literal().prop_map(move |literal| node(Kind::Literal(literal))),
        "[a-z]{1,5}".prop_map(move |name| node(Kind::Parameter(name))),
    ];
    leaf.prop_recursive(4, 24, 3, move |inner| {
        let pair = || (inner.clone().prop_map(Box::new), inner.clone().prop_map(Box::new));
        let binary = prop_oneof![
            Just(Binary::Or),
            Just(Binary::And),
            prop::sample::select(vec!["==", "!=", "=~", "<", ">=", "contains", "!has_cs", "matches"])
                .prop_map(|word| Binary::Compare(word.to_owned())),
            prop::sample::select(vec!['+', '-', '*', '/', '%']).prop_map(Binary::Reckon),
        ];
        prop_oneof![
            (binary, pair()).prop_map(move |(operator, (left, right))| node(Kind::Binary(operator, left, right))),
            (
                prop::sample::select(vec!["in", "!in", "in~", "has_any"]),
                inner.clone(),
                prop::collection::vec(inner.clone(), 1..3)
            )
                .prop_map(move |(word, left, list)| node(Kind::Among(
                    word.to_owned(),
                    Box::new(left),
                    list
                ))),
            (any::<bool>(), inner.clone(), pair()).prop_map(move |(negated, left, (from, to))| node(Kind::Between(
                negated,
                Box::new(left),
                from,
                to
            ))),
            ("f[a-z]{1,6}", prop::collection::vec(inner.clone(), 0..3))
                .prop_map(move |(name, arguments)| node(Kind::Call(name, arguments))),
            (inner.clone(), any::<String>()).prop_map(move |(left, key)| node(Kind::Member(Box::new(left), key))),
            (inner.clone(), -5..5_i64).prop_map(move |(left, index)| node(Kind::Item(Box::new(left), index))),
            inner
                .clone()
                .prop_filter("a number takes its sign", |inner| !matches!(
                    inner.kind,
                    Kind::Literal(_)
                ))
                .prop_map(move |inner| node(Kind::Minus(Box::new(inner)))),
        ]
    })
}

fn any_query() -> impl Strategy<Value = super::super::ast::Query> {
    use super::super::ast::{Expression, Key, Kind, Literal, Named, Query, Step, StepKind};
    let named =
        || (prop::option::of(any_name()), any_expression()).prop_map(|(name, expression)| Named { name, expression });
    let list = move || prop::collection::vec(named(), 1..3);
    let key = || {
        (any_expression(), any::<bool>(), any::<bool>()).prop_map(|(expression, descending, nulls_first)| Key {
            expression,
            descending,
            nulls_first,
        })
    };
    let number = || {
        let kind = prop_oneof![
            3 => (0..5_000_i64).prop_map(|number| Kind::Literal(Literal::Long(number))),
            1 => "[a-z]{1,5}".prop_map(Kind::Parameter),
        ];
        kind.prop_map(|kind| Expression { at: 0, kind })
    };
    let plain = || {
        "[a-zA-Z_][a-z0-9_]{0,5}".prop_filter("a name", |name| !super::super::ast::RESERVED.contains(&name.as_str()))
    };
    let kind = prop_oneof![
        any_expression().prop_map(StepKind::Where),
        number().prop_map(StepKind::Take),
        number().prop_map(StepKind::Sample),
        Just(StepKind::Count),
        (number(), key()).prop_map(|(number, key)| StepKind::Top(number, key)),
        prop::collection::vec(key(), 1..3).prop_map(StepKind::Sort),
        list().prop_map(StepKind::Project),
        list().prop_map(StepKind::Extend),
        list().prop_map(StepKind::Distinct),
        Just(StepKind::Distinct(Vec::new())),
        (list(), prop::option::of(list())).prop_map(|(one, other)| StepKind::Summarize(one, other.unwrap_or_default())),
        prop::collection::vec((plain(), any::<bool>()), 1..3).prop_map(|names| {
            let name = |(name, star): (String, bool)| (0, if star { name + "*" } else { name });
            StepKind::ProjectAway(names.into_iter().map(name).collect())
        }),
        (plain(), any_name()).prop_map(|(new, old)| StepKind::ProjectRename(vec![(0, new, old)])),
    ];
    prop::collection::vec(kind.prop_map(|kind| Step { at: 0, kind }), 0..4).prop_map(|steps| Query { steps })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_as_the_same(query in any_query()) {
        let text = query.to_string();
        let again = parse(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error:?}")))?;
        prop_assert_eq!(placeless(again), placeless(query), "{}", text);
    }

    #[test]
    fn nothing_is_too_odd_to_be_read(text in any::<String>()) {
        let _ = read_query(&text, &Parameters::new(), NOW);
        let _ = read_query(&format!("Events | where {text}"), &Parameters::new(), NOW);
    }

    #[test]
    fn nothing_of_its_words_is_too_odd(words in prop::collection::vec(prop::sample::select(vec![
        "|", "where", "and", "or", "(", ")", "[", "]", ",", ".", "..", "-", "*", "==", "=", "'", "\"", "@", "{{", "}}", "Payload",
        "EventTime", "count()", "summarize", "by", "project-away", "5", "1.5", "1d", "datetime(", "dynamic(", "between", "in",
        "in~", "!has", "has", "ago(", "take", "sort", "nulls", "first", "desc", "bin(", "matches", "regex", "//", "\\", "ä", ";",
    ]), 0..24), spaced in any::<bool>()) {
        let text = format!("Events | where {}", words.join(if spaced { " " } else { "" }));
        if let Ok(query) = parse(&text) {
            let printed = query.to_string();
            prop_assert_eq!(parse(&printed).ok().map(placeless), Some(placeless(query)), "{} as {}", text, printed);
        }
        if let Ok(plan) = read_query(&text, &Parameters::new(), NOW) {
            let mut run = Run::new(&plan, Meter::new(100_000, 1 << 20), MOST_ROWS, 1);
            for event in events() {
                let _ = run.push(&event);
            }
            let _ = run.finish();
        }
    }
}
