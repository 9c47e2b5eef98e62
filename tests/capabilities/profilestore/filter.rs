//! Random filters, judged by the server and by a plain reading of the same events: both find the same. `written` says how a
//! filter can be written, and `meaning` what it asks.

use serde_json::{Map, Value, json};
use support::{Engine, random::Random, setting};

use self::{meaning::holds, written::written};
use super::{
    items, list,
    random::{Hunt, begin},
};

mod meaning;
mod written;

support::on_both_engines!(random_filters_find_what_a_plain_reading_finds);

/// Filters of one run; each of both engines has its own.
const CASES: u64 = 1_000;

/// What is asked, by its meaning.
enum Asked {
    All(Vec<Asked>),
    One(Vec<Asked>),
    Not(Box<Asked>),
    /// `(…) eq true` or `(…) eq false`.
    Is(Box<Asked>, bool),
    /// `(…) eq (…)` or `(…) ne (…)`.
    Same(Box<Asked>, Box<Asked>, bool),
    /// A field, made alike where a function is named, compared with a value.
    Compare(Field, Option<&'static str>, &'static str, Value),
    In(Field, Option<&'static str>, Vec<Value>),
    Call(&'static str, Field, Option<&'static str>, String),
}

/// A field: how it is written, and where it is found in an answer.
type Field = (&'static str, &'static [&'static str]);

const TEXTS: [Field; 15] = [
    ("DeviceId", &["DeviceId"]),
    ("eventtype", &["EventType"]),
    ("Value", &["Value"]),
    ("Scope", &["Scope"]),
    ("PageUri", &["PageUri"]),
    ("PageTitle", &["PageTitle"]),
    ("SessionId", &["SessionId"]),
    ("CountryCode", &["CountryCode"]),
    ("city", &["City"]),
    ("User.Name", &["User", "Name"]),
    ("User/Email", &["User", "Email"]),
    ("User.Info.plan", &["User", "Info", "plan"]),
    ("Payload.s", &["Payload", "s"]),
    ("Payload.o.k", &["Payload", "o", "k"]),
    ("Payload.none", &["Payload", "none"]),
];
const NUMBERS: [Field; 2] = [
    ("Payload.n", &["Payload", "n"]),
    ("Payload/o/m", &["Payload", "o", "m"]),
];
const FLAG: Field = ("Payload.b", &["Payload", "b"]);
const TIME: Field = ("EventTime", &["EventTime"]);
const ADDRESS: Field = ("RemoteAddress", &["RemoteAddress"]);
/// What is compared with nothing alone.
const WHOLES: [Field; 3] = [
    ("User", &["User"]),
    ("user.info", &["User", "Info"]),
    ("Payload", &["Payload"]),
];
const WORDS: [&str; 12] = ["a", "A", "b", "ab", "aB", "it's", "x y", "Ünï", "", "100%", "_", "b)"];
const ADDRESSES: [&str; 5] = ["203.0.113.0", "203.0.113.7", "10.1.2.0", "2001:db8::", "2001:db8::1"];
const AMOUNTS: [f64; 8] = [0.0, 1.0, -1.0, 2.5, 7.0, 1e9, 0.1, -300.0];
const TIMES: [&str; 5] = [
    "2026-11-01T00:00:00Z",
    "2026-11-02T10:00:00Z",
    "2026-11-02T10:00:00.0000001Z",
    "2026-11-03T23:59:59.9999999Z",
    "2026-11-05T00:00:00Z",
];

fn any_event(random: &mut Random) -> Value {
    let mut event = Map::new();
    let mut text = |random: &mut Random, name: &str, percent: usize| {
        if random.chance(percent) {
            event.insert(name.to_owned(), random.one(&WORDS).into());
        }
    };
    for name in ["PageUri", "PageTitle", "SessionId"] {
        text(random, name, 60);
    }
    text(random, "City", 30);
    event.insert("DeviceId".to_owned(), random.one(&["a", "ab", "b)", "100%"]).into());
    event.insert("EventType".to_owned(), random.one(&["a", "A", "x y", "it's"]).into());
    event.insert("Value".to_owned(), random.one(&WORDS).into());
    event.insert("EventTime".to_owned(), random.one(&TIMES).into());
    if random.chance(60) {
        event.insert("RemoteAddress".to_owned(), random.one(&ADDRESSES).into());
    }
    if random.chance(30) {
        event.insert("CountryCode".to_owned(), random.one(&["DE", "FR"]).into());
    }
    if random.chance(30) {
        event.insert("Scope".to_owned(), "b".into());
    }
    if random.chance(50) {
        let mut user = Map::new();
        for name in ["Name", "Email"] {
            if random.chance(60) {
                user.insert(name.to_owned(), random.one(&WORDS).into());
            }
        }
        if random.chance(50) {
            user.insert("Info".to_owned(), json!({"plan": random.one(&WORDS)}));
        }
        if !user.is_empty() {
            event.insert("User".to_owned(), user.into());
        }
    }
    let mut payload = Map::new();
    let inner = |random: &mut Random, text: &str, number: &str| {
        let mut object = Map::new();
        if random.chance(50) {
            let value = if random.chance(15) {
                Value::Null
            } else {
                random.one(&WORDS).into()
            };
            object.insert(text.to_owned(), value);
        }
        if random.chance(50) {
            object.insert(number.to_owned(), random.one(&AMOUNTS).into());
        }
        object
    };
    payload.extend(inner(random, "s", "n"));
    if random.chance(40) {
        payload.insert("o".to_owned(), inner(random, "k", "m").into());
    }
    if random.chance(50) {
        payload.insert("b".to_owned(), random.chance(50).into());
    }
    if !payload.is_empty() {
        event.insert("Payload".to_owned(), payload.into());
    }
    event.into()
}

const ORDER: [&str; 6] = ["eq", "ne", "gt", "ge", "lt", "le"];

fn any_leaf(random: &mut Random) -> Asked {
    let word = |random: &mut Random| Value::from(random.one(&WORDS));
    match random.below(11) {
        0 => {
            let amount = random.one(&AMOUNTS).into();
            Asked::Compare(random.one(&NUMBERS), None, random.one(&ORDER), amount)
        }
        1 => Asked::Compare(FLAG, None, random.one(&ORDER[..2]), random.chance(50).into()),
        2 => Asked::Compare(TIME, None, random.one(&ORDER), random.one(&TIMES).into()),
        3 => {
            let any: Vec<Field> = TEXTS
                .into_iter()
                .chain(NUMBERS)
                .chain(WHOLES)
                .chain([FLAG, ADDRESS])
                .collect();
            let operator = if random.chance(70) {
                random.one(&ORDER[..2])
            } else {
                random.one(&ORDER)
            };
            Asked::Compare(random.one(&any), None, operator, Value::Null)
        }
        4 => Asked::Compare(ADDRESS, None, random.one(&ORDER[..2]), random.one(&ADDRESSES).into()),
        5 => any_list(random),
        6 | 7 => {
            let test = random.one(&["contains", "startswith", "endswith"]);
            let fold = any_fold(random, 50);
            let value = random.one(&WORDS);
            Asked::Call(test, random.one(&TEXTS), fold, alike(fold, value))
        }
        8 => {
            let fold = any_fold(random, 100);
            let value = alike(fold, random.one(&WORDS));
            Asked::Compare(random.one(&TEXTS), fold, random.one(&ORDER), value.into())
        }
        _ => Asked::Compare(random.one(&TEXTS), None, random.one(&ORDER), word(random)),
    }
}

/// What is one of a few of its type; now and then nothing is among them.
fn any_list(random: &mut Random) -> Asked {
    let number = random.below(4);
    let some = |random: &mut Random, one: fn(&mut Random) -> Value| -> Vec<Value> {
        (0..number).map(|_| one(random)).collect()
    };
    let (field, fold, mut list) = match random.below(8) {
        0 => (
            random.one(&NUMBERS),
            None,
            some(random, |random| random.one(&AMOUNTS).into()),
        ),
        1 => (TIME, None, some(random, |random| random.one(&TIMES).into())),
        2 => (ADDRESS, None, some(random, |random| random.one(&ADDRESSES).into())),
        3 => (FLAG, None, some(random, |random| random.chance(50).into())),
        4 => {
            let fold = any_fold(random, 100);
            let words = some(random, |random| random.one(&WORDS).into());
            let alike = |word: Value| Value::from(alike(fold, word.as_str().unwrap_or_default()));
            (random.one(&TEXTS), fold, words.into_iter().map(alike).collect())
        }
        _ => (
            random.one(&TEXTS),
            None,
            some(random, |random| random.one(&WORDS).into()),
        ),
    };
    if random.chance(20) {
        list.push(Value::Null);
    }
    Asked::In(field, fold, list)
}

/// What makes texts alike, so many times of a hundred.
fn any_fold(random: &mut Random, percent: usize) -> Option<&'static str> {
    random.chance(percent).then(|| random.one(&["tolower", "toupper"]))
}

/// A text as a function makes it: A to Z alike.
fn alike(fold: Option<&str>, text: &str) -> String {
    match fold {
        Some("tolower") => text.to_ascii_lowercase(),
        Some(_) => text.to_ascii_uppercase(),
        None => text.to_owned(),
    }
}

fn any_filter(random: &mut Random, depth: usize) -> Asked {
    if depth == 0 || random.chance(35) {
        return any_leaf(random);
    }
    let one = |random: &mut Random| Box::new(any_filter(random, depth - 1));
    let some = |random: &mut Random| -> Vec<Asked> {
        (0..2 + random.below(2))
            .map(|_| any_filter(random, depth - 1))
            .collect()
    };
    match random.below(6) {
        0 | 1 => Asked::All(some(random)),
        2 => Asked::One(some(random)),
        3 => Asked::Not(one(random)),
        4 => Asked::Same(one(random), one(random), random.chance(50)),
        _ => Asked::Is(one(random), random.chance(50)),
    }
}

async fn random_filters_find_what_a_plain_reading_finds(engine: Engine) {
    let Hunt {
        tidemark,
        seed,
        mut random,
        events,
    } = begin(engine, any_event).await;
    let client = tidemark.client();
    let mut spread = 0;
    for number in 0..setting::cases().unwrap_or(CASES) {
        let asked = any_filter(&mut random, 3);
        let text = written(&asked, &mut random);
        let id = |event: &Value| event["TrackId"].as_str().expect("an id").to_owned();
        let mut wanted: Vec<_> = events.iter().filter(|event| holds(&asked, event)).map(id).collect();
        wanted.sort();
        let mut got: Vec<String> = if number % 4 == 0 {
            let page = client.events(json!({"first": 1000, "filter": {"odata": text}})).await;
            let edges = page["edges"].as_array().expect("a list").iter();
            edges
                .map(|edge| edge["node"]["id"].as_str().expect("an id").to_owned())
                .collect()
        } else {
            let answer = list(client, &[("$filter", &text), ("$top", "1000")]).await;
            items(&answer).iter().map(id).collect()
        };
        got.sort();
        assert_eq!(got, wanted, "TIDEMARK_TEST_SEED={seed}, filter {number}: {text}");
        spread += usize::from(!got.is_empty() && got.len() < events.len());
    }
    assert!(
        spread > 250 || setting::cases().is_some(),
        "most filters tell events apart: {spread}"
    );
}
