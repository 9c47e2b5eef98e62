//! Placeholders stand for values, never for text.

use serde_json::json;

use super::{
    super::{Parameters, Value, read_query},
    NOW, asked,
};

#[test]
fn placeholders_are_values_and_never_text() {
    let mut parameters = Parameters::new();
    parameters.insert("name".to_owned(), Value::Text("even' or true //".to_owned()));
    parameters.insert("least".to_owned(), Value::Long(2));
    let rows = asked(
        "Events | where EventType == {{name}} or Payload.n > {{ least }} | project TrackId",
        &parameters,
    );
    assert_eq!(rows, Ok(json!([["e0"], ["e5"]])));
    assert!(
        asked("Events | where EventTime > {{name}}", &parameters).is_err(),
        "its type counts"
    );
}

#[test]
fn placeholders_say_how_many_rows_a_step_takes() {
    let with = |value: Value| Parameters::from_iter([("n".to_owned(), value)]);
    for (steps, wanted) in [
        ("take {{n}} | project TrackId", json!([["e0"], ["e1"]])),
        ("limit {{ n }} | count", json!([[2]])),
        ("top {{n}} by EventTime asc | project TrackId", json!([["e5"], ["e4"]])),
        ("sample {{n}} | count", json!([[2]])),
    ] {
        let rows = asked(&format!("Events | {steps}"), &with(Value::Long(2)));
        assert_eq!(rows, Ok(wanted), "{steps}");
    }
    let none = asked("Events | take {{n}} | count", &with(Value::Long(0)));
    assert_eq!(none, Ok(json!([[0]])));
    for value in [
        Value::Long(-1),
        Value::Real(2.0),
        Value::Text("2".to_owned()),
        Value::Bool(true),
        Value::Span(2),
        Value::Null,
    ] {
        for step in ["take", "limit", "sample", "top"] {
            let end = if step == "top" { " by EventTime" } else { "" };
            let text = format!("Events\n| {step} {{{{n}}}}{end}");
            let error = read_query(&text, &with(value.clone()), NOW).expect_err(&text);
            let column = u32::try_from(step.len()).expect("it is short") + 4;
            assert_eq!(error.position, Some((2, column)), "{text} of {value:?}: {error}");
        }
    }
}
