//! What random queries found to be other than the language's reference has it.

use serde_json::json;

use super::{
    super::{MOST_ROWS, Meter, Parameters, Run, Value, read_query},
    NOW, answers, event, value,
};

/// "Column names noted by extend that already exist in the input are removed and appended as their new calculated values."
#[test]
fn what_extend_overwrites_comes_last() {
    for (steps, wanted) in [
        (
            "project a = TrackId, b = DeviceId | extend a = 1 | take 1",
            json!([["d0", 1]]),
        ),
        (
            "project a = 1, b = 2, c = 3 | extend c = a + b, n = b, a = c | take 1",
            json!([[2, 3, 2, 3]]),
        ),
        (
            "project a = 1, b = 2 | extend b = 3, a = 4 | project-away b | take 1",
            json!([[4]]),
        ),
        (
            "project a = 1 | extend x = 2, x = 3 | extend x = x + a | take 1",
            json!([[1, 4]]),
        ),
    ] {
        assert_eq!(answers(&format!("Events | {steps}")), wanted, "{steps}");
    }
    let plan = read_query(
        "Events | project a = 1, b = 'x' | extend a = b",
        &Parameters::new(),
        NOW,
    )
    .expect("it is fine");
    let columns: Vec<_> = plan
        .columns
        .iter()
        .map(|column| (column.name.as_str(), column.kind.name()))
        .collect();
    assert_eq!(columns, [("b", "string"), ("a", "string")]);
}

/// A time is a number of ticks since the first of January of the year 1, which was a Monday.
#[test]
fn times_are_binned_from_the_year_1() {
    for (expression, wanted) in [
        ("bin(EventTime, 7d)", "2025-11-17T00:00:00.0000000Z"),
        ("bin(datetime(2025-11-17), 7d)", "2025-11-17T00:00:00.0000000Z"),
        (
            "bin(datetime(2025-11-16T23:59:59.9999999Z), 7d)",
            "2025-11-10T00:00:00.0000000Z",
        ),
        (
            "bin(datetime(1969-12-31T12:00:00Z), 1d)",
            "1969-12-31T00:00:00.0000000Z",
        ),
    ] {
        assert_eq!(value(expression), wanted, "{expression}");
    }
    assert_eq!(value("bin(EventTime, 0s)"), json!(null));
}

/// "The modulo of two numbers always returns a small non-negative number."
#[test]
fn a_remainder_is_never_negative() {
    for (expression, wanted) in [
        ("14 % 12", json!(2)),
        ("-14 % 12", json!(10)),
        ("14 % -12", json!(2)),
        ("-14 % -12", json!(10)),
        ("-0.5 % 2", json!(1.5)),
        ("5 % 0", json!(null)),
    ] {
        assert_eq!(value(expression), wanted, "{expression}");
    }
}

/// "startingIndex can be a negative number, in which case the substring will be retrieved from the end."
#[test]
fn a_part_of_a_text_is_counted_from_its_end_as_well() {
    for (expression, wanted) in [
        ("substring('123456', -2, 2)", "56"),
        ("substring('123456', -2)", "56"),
        ("substring('1ö3ä5', -3, 2)", "3ä"),
        ("substring('12', -5, 1)", "1"),
        ("substring('123456', 2, -1)", ""),
    ] {
        assert_eq!(value(expression), wanted, "{expression}");
    }
}

/// Of texts there is no null.
#[test]
fn of_no_texts_the_greatest_is_empty() {
    assert_eq!(
        answers("Events | where false | summarize min(DeviceId), isnull(max(Value)), max(EventTime)"),
        json!([["", false, null]])
    );
}

/// The nearest rank: of 25, 28 of a hundred are seven.
#[test]
fn a_percentile_is_the_nearest_rank() {
    for (part, wanted) in [(0, 1), (4, 1), (5, 2), (28, 7), (29, 8), (56, 14), (100, 25)] {
        let query = format!("Events | summarize percentile(tolong(Payload.n), {part})");
        let plan = read_query(&query, &Parameters::new(), NOW).expect("it is fine");
        let mut run = Run::new(&plan, Meter::new(1_000_000, 1 << 24), MOST_ROWS, 7);
        for number in 1..=25 {
            run.push(&event(number, json!({"n": number}))).expect("it is cheap");
        }
        let rows = run.finish().expect("it is cheap").rows;
        assert_eq!(rows, [[Value::Long(wanted)]], "{part}");
    }
}
