//! What the language says, by its own rules.

mod placeholder;
mod property;
mod reference;

use serde_json::{Value as Json, json};

use super::{MOST_ROWS, Meter, Parameters, Run, Value, read_query};
use crate::domain::{
    event::{ActorKind, Door, Event, TrafficSource},
    predicate::Predicate,
};

/// Noon of a Thursday.
const NOW: i64 = 1_763_640_000_000_000_000;

fn event(number: i64, tag: Json) -> Event {
    Event {
        sequence: Some(number),
        site: 1,
        id: format!("e{number}"),
        id_is_clients: true,
        uid: [0; 16],
        action: if number % 2 == 0 { "even" } else { "Odd" }.to_owned(),
        label: Some(format!("Number {number}")),
        time: crate::domain::zone::timestamp(NOW - number * 3_600_000_000_000),
        received: crate::domain::zone::timestamp(NOW),
        url: None,
        referrer: None,
        traffic_source: TrafficSource::Direct,
        agent: None,
        actor: None,
        actor_kind: ActorKind::None,
        device: Some(format!("d{}", number % 3)),
        session: None,
        company: None,
        language: None,
        country: None,
        city: None,
        scope: None,
        ip: None,
        tag: tag.as_object().cloned(),
        door: Door::Profilestore,
        key: None,
    }
}

fn events() -> Vec<Event> {
    [
        json!({"n": 3, "s": "Red apple", "User": {"Email": "a@b.c"}}),
        json!({"n": 1.5, "s": "green", "list": [1, "x", {"k": 7}]}),
        json!({"n": -2, "b": true}),
        json!({"s": ""}),
        json!(null),
        json!({"n": 3, "s": "red-wine", "o": {"k": {"m": "deep"}}, "b": false}),
    ]
    .into_iter()
    .enumerate()
    .map(|(number, tag)| event(i64::try_from(number).expect("it is small"), tag))
    .collect()
}

fn asked(text: &str, parameters: &Parameters) -> Result<Json, String> {
    let plan = read_query(text, parameters, NOW).map_err(|error| error.to_string())?;
    let mut run = Run::new(&plan, Meter::new(1_000_000, 1 << 24), MOST_ROWS, 7);
    for event in events() {
        // As the database leaves out what it judges.
        if !plan.predicate.holds(&event) {
            continue;
        }
        run.push(&event).map_err(|error| error.0.to_owned())?;
    }
    let answer = run.finish().map_err(|error| error.0.to_owned())?;
    let rows = answer
        .rows
        .iter()
        .map(|row| row.iter().map(Value::json).collect::<Json>());
    Ok(rows.collect())
}

fn answers(text: &str) -> Json {
    asked(text, &Parameters::new()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The ids that a condition finds.
fn found(condition: &str) -> String {
    let rows = answers(&format!("Events | where {condition} | project TrackId"));
    let ids = rows
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row[0].as_str().expect("an id")[1..].to_owned());
    ids.collect::<Vec<_>>().join(" ")
}

/// What an expression is.
fn value(expression: &str) -> Json {
    answers(&format!("Events | take 1 | project x = {expression}"))[0][0].clone()
}

#[test]
fn conditions_find_what_they_say() {
    for (condition, wanted) in [
        ("Payload.n == 3", "0 5"),
        ("Payload.n != 3", "1 2 3 4"),
        ("Payload.n > 1 and Payload.n <= 3", "0 1 5"),
        ("Payload['n'] < 0", "2"),
        ("not(Payload.n > 1)", "2"),
        ("Payload.s == ''", "2 3 4"),
        ("Payload.s != ''", "0 1 5"),
        ("User.Email != ''", "0"),
        ("Payload.s has 'red'", "0 5"),
        ("Payload.s has_cs 'red'", "5"),
        ("Payload.s !has 'red' and Payload.s != ''", "1"),
        ("Payload.s has 're'", ""),
        ("Payload.s hasprefix 're'", "0 5"),
        ("Payload.s contains 'E'", "0 1 5"),
        ("Payload.s contains_cs 'E'", ""),
        ("Payload.s startswith 'RED'", "0 5"),
        ("Payload.s !startswith_cs 'red'", "0 1 2 3 4"),
        ("Payload.s endswith 'E'", "0 5"),
        ("Payload.s !endswith 'E'", "1 2 3 4"),
        ("Payload.s !endswith_cs 'E' and Payload.s endswith_cs 'e'", "0 5"),
        ("Payload.s has_any ('apple', 'wine')", "0 5"),
        ("Payload.s has_all ('red', 'wine')", "5"),
        ("Payload.s matches regex '^[rg]'", "1 5"),
        ("EventType in ('even', 'x')", "0 2 4"),
        ("EventType !in ('even')", "1 3 5"),
        ("EventType in~ ('ODD')", "1 3 5"),
        ("EventType =~ 'ODD'", "1 3 5"),
        ("EventType !~ 'ODD'", "0 2 4"),
        ("Payload.b == true", "2"),
        ("Payload.b", "2"),
        ("Payload.b != true", "0 1 3 4 5"),
        ("EventTime between (ago(2h) .. now())", "0 1 2"),
        ("EventTime between (ago(2h) .. 1h)", "1 2"),
        ("EventTime !between (ago(2h) .. now())", "3 4 5"),
        ("EventTime > now() - 90m", "0 1"),
        (
            "EventTime >= todatetime('2025-11-20') and EventTime <= endofday(todatetime('2025-11-20'))",
            "0 1 2 3 4 5",
        ),
        ("EventTime < datetime(2025-11-20T08:30:00Z)", "4 5"),
        ("isnull(Payload.n)", "3 4"),
        ("isnotnull(Payload.n)", "0 1 2 5"),
        ("EventTime between (startofday(now()) .. now() - 10s)", "1 2 3 4 5"),
        ("isnotempty(Payload.s)", "0 1 5"),
        ("isempty(Payload.s)", "2 3 4"),
        ("Payload.o.k.m == 'deep'", "5"),
        ("Payload.list[0] == 1 and Payload.list[-1].k == 7", "1"),
        ("TrackId == 'e1' or (DeviceId == 'd2' and EventType == 'even')", "1 2"),
        ("1 < 2", "0 1 2 3 4 5"),
        ("Payload.n in (3, -2)", "0 2 5"),
        ("Payload.n in (dynamic([3, -2]))", "0 2 5"),
        (
            "Scope == 'default' and CountryCode == '' and PageUri == ''",
            "0 1 2 3 4 5",
        ),
        ("PageUri < 'a' and PageUri != 'x'", "0 1 2 3 4 5"),
        ("Value contains_cs '5' // and so on", "5"),
    ] {
        assert_eq!(found(condition), wanted, "{condition}");
    }
}

#[test]
fn functions_give_what_they_say() {
    for (expression, wanted) in [
        ("1 + 2 * 3", json!(7)),
        ("(1 + 2) * 3", json!(9)),
        ("7 / 2", json!(3)),
        ("7 / 2.0", json!(3.5)),
        ("7 % 4", json!(3)),
        ("1 / 0", json!(null)),
        ("-5", json!(-5)),
        ("9223372036854775807 + 1", json!(null)),
        ("bin(7, 5)", json!(5)),
        ("bin(-1, 5)", json!(-5)),
        ("bin(EventTime, 1d)", json!("2025-11-20T00:00:00.0000000Z")),
        ("startofday(EventTime)", json!("2025-11-20T00:00:00.0000000Z")),
        ("startofday(EventTime, 1)", json!("2025-11-21T00:00:00.0000000Z")),
        ("startofweek(EventTime)", json!("2025-11-16T00:00:00.0000000Z")),
        ("endofweek(EventTime)", json!("2025-11-22T23:59:59.9999999Z")),
        ("startofmonth(EventTime, -1)", json!("2025-10-01T00:00:00.0000000Z")),
        ("endofmonth(EventTime)", json!("2025-11-30T23:59:59.9999999Z")),
        ("startofyear(EventTime)", json!("2025-01-01T00:00:00.0000000Z")),
        ("endofday(EventTime, 1)", json!("2025-11-21T23:59:59.9999999Z")),
        ("hourofday(EventTime)", json!(12)),
        ("dayofweek(EventTime)", json!("4.00:00:00")),
        ("now() - ago(1d)", json!("1.00:00:00")),
        ("1d / 1h", json!(24.0)),
        ("1.5h", json!("01:30:00")),
        ("30m", json!("00:30:00")),
        ("10s", json!("00:00:10")),
        ("5ms", json!("00:00:00.005")),
        ("10s / 5ms", json!(2000.0)),
        ("time(1.02:03:04.5)", json!("1.02:03:04.5")),
        ("tostring(1.0)", json!("1")),
        ("tostring(true)", json!("true")),
        ("tolong('42')", json!(42)),
        ("tolong(4.9)", json!(4)),
        ("toint('42')", json!(42)),
        ("toint(4.9)", json!(4)),
        ("toint(3000000000)", json!(null)),
        ("todouble('1.5')", json!(1.5)),
        ("tobool('true')", json!(true)),
        ("tobool(0)", json!(false)),
        ("tolower('ÄB')", json!("äb")),
        ("toupper(Payload.s)", json!("RED APPLE")),
        ("strlen('äb')", json!(2)),
        ("substring('hello', 1, 3)", json!("ell")),
        ("substring('hello', 9)", json!("")),
        ("strcat('a', 1, true, Payload.n)", json!("a1true3")),
        ("iff(Payload.n > 2, 'many', 'few')", json!("many")),
        ("case(Payload.n > 5, 'a', Payload.n > 2, 'b', 'c')", json!("b")),
        ("coalesce(Payload.none, Payload.n, 1)", json!(3)),
        ("coalesce('', 'x')", json!("x")),
        ("array_length(dynamic([1, 2]))", json!(2)),
        ("round(2.567, 1)", json!(2.6)),
        ("abs(-3)", json!(3)),
        ("@'a\\b''c'", json!("a\\b'c")),
        ("\"a\\\"\\u00e4\\n\"", json!("a\"ä\n")),
        ("dynamic({\"a\": [1]}).a[0]", json!(1)),
        ("datetime(2019-01-01)", json!("2019-01-01T00:00:00.0000000Z")),
        ("datetime(null)", json!(null)),
    ] {
        assert_eq!(value(expression), wanted, "{expression}");
    }
}

#[test]
fn steps_do_what_they_say() {
    for (steps, wanted) in [
        ("count", json!([[6]])),
        ("where Payload.n == 3 | count", json!([[2]])),
        ("take 2 | project TrackId", json!([["e0"], ["e1"]])),
        ("take 3 | count", json!([[3]])),
        ("filter Payload.n == 3 | count", json!([[2]])),
        ("limit 2 | project TrackId", json!([["e0"], ["e1"]])),
        ("take 0 | project TrackId", json!([])),
        ("top 2 by EventTime asc | project TrackId", json!([["e5"], ["e4"]])),
        ("top 0 by EventTime | count", json!([[0]])),
        (
            "sort by DeviceId asc, EventTime asc | project TrackId, DeviceId | take 2",
            json!([["e3", "d0"], ["e0", "d0"]]),
        ),
        (
            "order by todouble(Payload.n) | project Payload.n",
            json!([[3], [3], [1.5], [-2], [null], [null]]),
        ),
        (
            "sort by todouble(Payload.n) asc | project n = Payload.n | take 3",
            json!([[null], [null], [-2]]),
        ),
        (
            "sort by todouble(Payload.n) asc nulls last | project n = Payload.n | take 1",
            json!([[-2]]),
        ),
        (
            "sort by todouble(Payload.n) nulls first | project n = Payload.n | take 1",
            json!([[null]]),
        ),
        (
            "extend x = strlen(DeviceId), EventType = 'all' | project x, EventType | take 1",
            json!([[2, "all"]]),
        ),
        (
            "project a = TrackId, b = DeviceId | project-away b | take 1",
            json!([["e0"]]),
        ),
        (
            "project TrackId, DeviceId | project-away Dev* | take 1",
            json!([["e0"]]),
        ),
        (
            "project TrackId | project-rename id = TrackId | where id == 'e2'",
            json!([["e2"]]),
        ),
        ("distinct EventType", json!([["even"], ["Odd"]])),
        ("project EventType | distinct *", json!([["even"], ["Odd"]])),
        ("summarize count() by EventType", json!([["even", 3], ["Odd", 3]])),
        ("summarize n = count(), d = dcount(DeviceId)", json!([[6, 3]])),
        (
            "summarize sum(Payload.n), avg(Payload.n), min(Payload.n), max(Payload.n)",
            json!([[5.5, 1.375, -2, 3]]),
        ),
        ("summarize x = sum(Payload.n) / count()", json!([[5.5 / 6.0]])),
        (
            "summarize countif(Payload.n > 0), dcountif(DeviceId, EventType == 'even')",
            json!([[3, 3]]),
        ),
        (
            "summarize make_set(EventType), make_list(DeviceId, 2)",
            json!([[["even", "Odd"], ["d0", "d1"]]]),
        ),
        (
            "summarize percentile(Payload.n, 50), percentile(EventTime, 0)",
            json!([[1.5, "2025-11-20T07:00:00.0000000Z"]]),
        ),
        (
            "where false | summarize count(), sum(Payload.n), max(DeviceId)",
            json!([[0, 0.0, ""]]),
        ),
        ("where false | summarize count() by DeviceId", json!([])),
        ("summarize by DeviceId", json!([["d0"], ["d1"], ["d2"]])),
        (
            "summarize count() by bin(EventTime, 2h) | sort by EventTime asc | take 1",
            json!([["2025-11-20T06:00:00.0000000Z", 1]]),
        ),
        (
            "summarize c = count() by DeviceId | where c > 1 | top 1 by DeviceId | project DeviceId, c",
            json!([["d2", 2]]),
        ),
        ("sample 6 | count", json!([[6]])),
        ("sample 2 | count", json!([[2]])),
    ] {
        assert_eq!(answers(&format!("Events | {steps}")), wanted, "{steps}");
    }
}

#[test]
fn columns_are_named_and_typed() {
    let named = |steps: &str| {
        let plan = read_query(&format!("Events | {steps}"), &Parameters::new(), NOW).expect(steps);
        let shown = plan
            .columns
            .iter()
            .map(|column| format!("{} {}", column.name, column.kind.name()));
        shown.collect::<Vec<_>>().join(", ")
    };
    for (steps, wanted) in [
        ("count", "Count long"),
        (
            "summarize count(), sum(Payload.price) by EventType, bin(EventTime, 1d)",
            "EventType string, EventTime datetime, count_ long, sum_Payload_price real",
        ),
        (
            "project 1 + 1, 2.5, Payload.a.b, strlen(Value), EventTime - now()",
            "Column1 long, Column2 real, Payload_a_b dynamic, Column3 long, Column4 timespan",
        ),
        (
            "summarize dcount(DeviceId), make_set(Value), percentile(Payload.n, 95)",
            "dcount_DeviceId long, set_Value dynamic, percentile_Payload_n_95 real",
        ),
        (
            "project ['odd name'] = Value, Value, b = Payload.n > 1",
            "odd name string, Value string, b bool",
        ),
        (
            "summarize max(EventTime), min(DeviceId), avg(1h)",
            "max_EventTime datetime, min_DeviceId string, avg_ timespan",
        ),
    ] {
        assert_eq!(named(steps), wanted, "{steps}");
    }
    assert!(named("where true").starts_with("TrackId string, DeviceId string, EventType string, EventTime datetime"));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, line, column) in [
        ("", 1, 1),
        (".show tables", 1, 1),
        (".drop table Events", 1, 1),
        ("Users | take 1", 1, 1),
        ("Events | nonsense", 1, 10),
        ("Events | join (Events) on DeviceId", 1, 10),
        ("Events | where Nothing == 1", 1, 16),
        ("Events | where deviceId == 'x'", 1, 16),
        ("Events\n| where EventTime > 'abc'", 2, 21),
        ("Events | where EventType == 5", 1, 29),
        ("Events | where EventType", 1, 16),
        ("Events | take many", 1, 15),
        ("Events | take -1", 1, 15),
        ("Events | take 1.5", 1, 15),
        ("Events | take {{n}}", 1, 15),
        ("Events | take 1 take 2", 1, 17),
        ("Events | where nothing()", 1, 16),
        ("Events | where strlen() == 1", 1, 16),
        ("Events | where count() > 1", 1, 16),
        ("Events | summarize sum(count())", 1, 24),
        ("Events | summarize DeviceId", 1, 20),
        ("Events | summarize sum(DeviceId)", 1, 20),
        ("Events | where Value matches regex '('", 1, 36),
        ("Events | where Value == 'open", 1, 25),
        ("Events | where Value == \"a\\q\"", 1, 27),
        ("Events | project a = 1, a = 2", 1, 29),
        ("Events | project-away Nope", 1, 23),
        ("Events | where Value == {{name}}", 1, 25),
        ("Events | where DeviceId.x == 1", 1, 16),
        ("Events | extend x = EventTime + EventTime", 1, 21),
        ("Events | where Payload.n between (1 .. 'x') ;;", 1, 46),
        ("Events | where 5xyz > 1", 1, 16),
        ("Events | where EventTime > datetime(soon)", 1, 28),
        ("Events; Events", 1, 9),
    ] {
        let error = read_query(text, &Parameters::new(), NOW).expect_err(text);
        assert_eq!(error.position, Some((line, column)), "{text}: {error}");
    }
}

#[test]
fn nesting_length_and_cost_are_bounded() {
    let fails = |text: &str| assert!(read_query(text, &Parameters::new(), NOW).is_err());
    fails(&format!(
        "Events | where {}true{}",
        "(".repeat(9_000),
        ")".repeat(9_000)
    ));
    fails(&format!("Events | where {}true", "not(".repeat(5_000)));
    fails(&format!("Events | project x = {}1", "-".repeat(9_000)));
    fails(&format!("Events | where {}", vec!["true"; 3_000].join(" or ")));
    fails(&format!("Events {}", "| take 1 ".repeat(100)));
    fails(&format!(
        "Events | project x = dynamic({}1{})",
        "[".repeat(100),
        "]".repeat(100)
    ));
    fails(&"x".repeat(40_000));
    let doubled = (0..30).fold("Events | extend x = 'aaaaaaaaaaaaaaaa'".to_owned(), |text, _| {
        text + " | extend x = strcat(x, x)"
    });
    assert!(asked(&doubled, &Parameters::new()).is_err(), "what grows is given up");
    let plan = read_query("Events | summarize make_list(Value)", &Parameters::new(), NOW).expect("it is fine");
    let mut run = Run::new(&plan, Meter::new(1_000_000, 2_000), MOST_ROWS, 1);
    let mut pushed = 0;
    while run.push(&event(1, json!({}))).is_ok() {
        pushed += 1;
    }
    assert!((1..100).contains(&pushed), "what is remembered is bounded: {pushed}");
}

#[test]
fn what_the_database_can_judge_is_told_apart() {
    let plan = |condition: &str| {
        read_query(&format!("Events | where {condition} | count"), &Parameters::new(), NOW).expect(condition)
    };
    for (condition, exact) in [
        ("EventType == 'a'", true),
        ("EventType == 'a' and EventTime > ago(1d) or Payload.n == 5", true),
        ("not(EventType == 'a')", true),
        ("Payload.n between (1 .. 2)", true),
        ("not(Payload.n > 1)", false),
        ("EventType == 'a' and Value has 'x'", false),
        ("EventType has 'a'", false),
        ("RemoteAddress == '::1'", false),
    ] {
        let plan = plan(condition);
        assert_eq!(plan.is_count, exact, "{condition}");
    }
    assert_ne!(
        plan("EventType == 'a' and Value has 'x'").predicate,
        Predicate::All(Vec::new()),
        "a part of it is told"
    );
    let span = plan("EventTime > ago(1d)").predicate.span();
    assert_eq!(span.from, NOW - 86_400_000_000_000);
}
