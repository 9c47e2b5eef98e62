//! What records are found and in which order, and when that is given up.

use std::cell::Cell;

use serde_json::{Value, json};

use super::{Record, Watch};
use crate::domain::error::{Code, Error, Result};

const RECORD: Record = Record {
    fields: &["Id", "Devices", "Seen", "Visits", "Info"],
    times: &["Seen"],
    open: &["Info"],
};

const PATIENT: Watch<'static> = &|| Ok(());

fn record() -> Value {
    json!({"Id": "p1", "Devices": ["a", "b"], "Seen": "2026-11-20T10:00:00.0000000Z", "Visits": 3,
        "Info": {"Email": "a@b.com", "Vip": true, "Name": "ÄbC", "None": null}})
}

fn holds(filter: &str) -> Result<bool> {
    RECORD.read_filter(filter)?.fulfils(&record(), PATIENT)
}

#[test]
fn records_are_found_by_their_fields() {
    for (filter, wanted) in [
        ("", true),
        ("Devices eq b", true),
        ("Devices eq c", false),
        ("Devices ne b", false),
        ("Devices ne c", true),
        ("Devices gt a", true),
        ("contains(toupper(Devices), 'B')", true),
        ("devices in ('x', 'a')", true),
        ("Devices in ()", false),
        ("Info.None in (null, 'x')", true),
        ("Info.Email eq a@b.com and Visits gt 2", true),
        ("info/email eq 'A@b.com'", false),
        ("toupper(Info.Email) eq 'A@B.COM'", true),
        ("toupper(Info.Email) eq 'a@b.com'", false),
        ("Info.Name eq 'ÄbC' and tolower(Info.Name) eq 'Äbc'", true),
        ("tolower(toupper(Info.Name)) eq tolower('ÄBC')", true),
        (
            "startswith(tolower(Info.Name), 'Äb') and endswith(Info.Name, 'C')",
            true,
        ),
        ("tolower(Info.Name) gt 'Äbb' and tolower(Info.Name) lt 'Äbcd'", true),
        ("contains(Info.Email, '@b') and Info.Vip", true),
        ("Info.Vip eq TRUE and Info.Vip ne false", true),
        ("Info.Other eq null and Info.Other ne 'x'", true),
        ("Info.Other gt null or Visits lt null", false),
        ("Seen gt 2026-11-20 and Seen le '2026-11-20T10:00:00Z'", true),
        ("not (Visits le 3)", false),
        ("(Id eq p1) eq true or false", true),
        ("(Id eq p1) ne (Visits eq 3)", false),
    ] {
        assert_eq!(holds(filter).ok(), Some(wanted), "{filter}");
    }
    assert_eq!(holds("Id").ok(), Some(false), "a text is not true");
}

#[test]
fn what_is_wrong_is_told_whatever_the_records_are() {
    for (filter, column) in [
        ("Nope eq 1", 1),
        // What stands before it is enough of an answer for this record, and hides nothing.
        ("Id eq p1 or Nope eq 1", 13),
        ("Id eq x and Seen gt soon", 21),
        ("Nope in ()", 1),
        ("Seen gt soon", 9),
        ("Id.x eq 1", 1),
        ("'a' eq Id", 1),
        ("tolower(Id)", 1),
        ("(Id eq p1) gt true", 2),
    ] {
        let error = RECORD.read_filter(filter).expect_err(filter);
        assert_eq!(error.code, Code::InvalidQuery, "{filter}");
        assert_eq!(
            error.position.map(|(_, column)| column),
            Some(column),
            "{filter}: {error}"
        );
    }
    let order = RECORD.read_order("Id, Nope desc").expect_err("there is no such field");
    assert_eq!(order.position, Some((1, 5)), "{order}");
}

/// How often it is asked whether there is time, and what comes of it where there is for so many steps only.
fn watched(filter: &str, most: usize) -> (usize, Result<bool>) {
    let asked = Cell::new(0);
    let watch = || {
        asked.set(asked.get() + 1);
        if asked.get() > most {
            return Err(Error::new(Code::DeadlineExceeded, "It is over."));
        }
        Ok(())
    };
    let wanted = RECORD.read_filter(filter).expect(filter);
    let held = wanted.fulfils(&record(), &watch);
    (asked.get(), held)
}

#[test]
fn a_filter_stops_where_its_answer_is_certain_and_when_its_time_is_up() {
    let (asked, held) = watched("Id eq p1 or Id eq a or Id eq b", 100);
    assert_eq!((asked, held.ok()), (1, Some(true)));
    let (asked, held) = watched("Id eq x and Id eq a and Id eq b", 100);
    assert_eq!((asked, held.ok()), (1, Some(false)));
    let long = vec!["contains(Info.Name, 'x')"; 200].join(" or ");
    let (asked, held) = watched(&long, 1_000);
    assert_eq!((asked, held.ok()), (200, Some(false)));
    let (asked, held) = watched(&long, 5);
    assert_eq!(asked, 6);
    assert_eq!(held.expect_err("its time is up").code, Code::DeadlineExceeded);
    let over = || -> Result<()> { Err(Error::new(Code::DeadlineExceeded, "It is over.")) };
    let keys = RECORD.read_order("Id").expect("it is fine");
    assert!(keys.sort(vec![record()], &over).is_err());
}

#[test]
fn records_are_put_in_order() {
    let records = || {
        vec![
            json!({"Id": "b"}),
            json!({"Id": "a", "Visits": 5}),
            json!({"Id": "c", "Visits": 2}),
            json!({"Id": "d", "Visits": 2}),
        ]
    };
    let sorted = |order: &str| -> String {
        let keys = RECORD.read_order(order).expect(order);
        let sorted = keys.sort(records(), PATIENT).expect("there is time");
        sorted.iter().map(|one| one["Id"].as_str().expect("an id")).collect()
    };
    assert_eq!(sorted("Visits desc"), "acdb");
    assert_eq!(sorted("visits"), "bcda");
    assert_eq!(sorted("Visits desc, Id desc"), "adcb");
    assert_eq!(sorted("Id"), "abcd");
    assert_eq!(sorted(""), "bacd");
}
