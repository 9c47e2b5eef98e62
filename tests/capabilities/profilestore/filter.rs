//! Random filters, judged by the server and by a plain reading of the same events: both find the same.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use support::{Engine, random::Random, setting};

use super::{
    items, list,
    random::{Hunt, begin},
};

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
    /// A field, made small letters where the second says so, compared with a value.
    Compare(Field, bool, &'static str, Value),
    In(Field, Vec<Value>),
    Call(&'static str, Field, bool, String),
}

/// A field: how it is written, and where it is found in an answer.
type Field = (&'static str, &'static [&'static str]);

const TEXTS: [Field; 13] = [
    ("DeviceId", &["DeviceId"]),
    ("eventtype", &["EventType"]),
    ("Value", &["Value"]),
    ("Scope", &["Scope"]),
    ("PageUri", &["PageUri"]),
    ("PageTitle", &["PageTitle"]),
    ("SessionId", &["SessionId"]),
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
const WORDS: [&str; 12] = ["a", "A", "b", "ab", "aB", "it's", "x y", "Ünï", "", "100%", "_", "b)"];
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
    event.insert("DeviceId".to_owned(), random.one(&["a", "ab", "b)", "100%"]).into());
    event.insert("EventType".to_owned(), random.one(&["a", "A", "x y", "it's"]).into());
    event.insert("Value".to_owned(), random.one(&WORDS).into());
    event.insert("EventTime".to_owned(), random.one(&TIMES).into());
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

fn any_leaf(random: &mut Random) -> Asked {
    let order = ["eq", "ne", "gt", "ge", "lt", "le"];
    let word = |random: &mut Random| random.one(&WORDS).to_owned();
    match random.below(9) {
        0 => Asked::Compare(
            random.one(&NUMBERS),
            false,
            random.one(&order),
            random.one(&AMOUNTS).into(),
        ),
        1 => Asked::Compare(FLAG, false, random.one(&order[..2]), random.chance(50).into()),
        2 => Asked::Compare(TIME, false, random.one(&order), random.one(&TIMES).into()),
        3 => {
            let any: Vec<Field> = TEXTS.into_iter().chain(NUMBERS).chain([FLAG]).collect();
            Asked::Compare(random.one(&any), false, random.one(&order), Value::Null)
        }
        4 => {
            let mut list: Vec<Value> = (0..random.below(4)).map(|_| word(random).into()).collect();
            if random.chance(20) {
                list.push(Value::Null);
            }
            Asked::In(random.one(&TEXTS), list)
        }
        5 => {
            let test = random.one(&["contains", "startswith", "endswith"]);
            let lowered = random.chance(40);
            let value = word(random);
            Asked::Call(
                test,
                random.one(&TEXTS),
                lowered,
                if lowered { value.to_ascii_lowercase() } else { value },
            )
        }
        6 => Asked::Compare(
            random.one(&TEXTS),
            true,
            random.one(&order),
            word(random).to_ascii_lowercase().into(),
        ),
        _ => Asked::Compare(random.one(&TEXTS), false, random.one(&order), word(random).into()),
    }
}

fn any_filter(random: &mut Random, depth: usize) -> Asked {
    if depth == 0 || random.chance(35) {
        return any_leaf(random);
    }
    let some = |random: &mut Random| {
        (0..2 + random.below(2))
            .map(|_| any_filter(random, depth - 1))
            .collect()
    };
    match random.below(5) {
        0 | 1 => Asked::All(some(random)),
        2 => Asked::One(some(random)),
        3 => Asked::Not(Box::new(any_filter(random, depth - 1))),
        _ => Asked::Is(Box::new(any_filter(random, depth - 1)), random.chance(50)),
    }
}

/// How close what is written binds: a whole by itself, a comparison, `and`, `or`.
fn level(asked: &Asked) -> u8 {
    match asked {
        Asked::Call(..) => 0,
        Asked::Compare(..) | Asked::In(..) | Asked::Is(..) | Asked::Not(_) => 1,
        Asked::All(_) => 2,
        Asked::One(_) => 3,
    }
}

fn written(asked: &Asked, random: &mut Random) -> String {
    let keyword = |word: &str, random: &mut Random| {
        if random.chance(30) {
            word.to_uppercase()
        } else {
            word.to_owned()
        }
    };
    let part = |inner: &Asked, most: u8, random: &mut Random| {
        let text = written(inner, random);
        if level(inner) > most || random.chance(10) {
            format!("({text})")
        } else {
            text
        }
    };
    let field = |(name, _): &Field, lowered: bool| {
        if lowered {
            format!("tolower({name})")
        } else {
            (*name).to_owned()
        }
    };
    match asked {
        Asked::All(list) | Asked::One(list) => {
            let (word, most) = if matches!(asked, Asked::All(_)) {
                ("and", 1)
            } else {
                ("or", 2)
            };
            let parts: Vec<_> = list.iter().map(|one| part(one, most, random)).collect();
            parts.join(&format!(" {} ", keyword(word, random)))
        }
        // It takes the comparison of a field that follows, with parentheses or without.
        Asked::Not(inner) => {
            let plain = matches!(&**inner, Asked::Compare(_, false, ..) | Asked::Call(..)) && random.chance(50);
            let text = written(inner, random);
            let word = keyword("not", random);
            if plain {
                format!("{word} {text}")
            } else {
                format!("{word} ({text})")
            }
        }
        Asked::Is(inner, wanted) => {
            let word = keyword("eq", random);
            format!(
                "{} {word} {wanted}",
                if level(inner) == 0 {
                    written(inner, random)
                } else {
                    format!("({})", written(inner, random))
                }
            )
        }
        Asked::Compare(one, lowered, operator, value) => {
            let word = keyword(operator, random);
            let value = literal(one, value, random);
            format!("{} {word} {value}", field(one, *lowered))
        }
        Asked::In(one, list) => {
            let list: Vec<_> = list.iter().map(quoted).collect();
            format!("{} {} ({})", field(one, false), keyword("in", random), list.join(","))
        }
        Asked::Call(test, one, lowered, value) => {
            format!("{test}({}, {})", field(one, *lowered), quoted(&json!(value)))
        }
    }
}

fn quoted(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        other => other.to_string(),
    }
}

/// A value as it is written: now and then bare, where nothing ends it too early or makes it something else.
fn literal((_, path): &Field, value: &Value, random: &mut Random) -> String {
    let Value::String(text) = value else {
        return value.to_string();
    };
    let bare = !text.is_empty() && !text.contains([' ', ')', '\'']);
    if bare && (random.chance(30) || (path[0] == "EventTime" && random.chance(50))) {
        text.clone()
    } else {
        quoted(value)
    }
}

fn found<'a>(event: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(event, |value, name| &value[*name])
}

fn holds(asked: &Asked, event: &Value) -> bool {
    match asked {
        Asked::All(list) => list.iter().all(|one| holds(one, event)),
        Asked::One(list) => list.iter().any(|one| holds(one, event)),
        Asked::Not(inner) => !holds(inner, event),
        Asked::Is(inner, wanted) => holds(inner, event) == *wanted,
        Asked::Compare((_, path), lowered, operator, value) => {
            compare(found(event, path), *lowered, operator, value, path[0] == "EventTime")
        }
        Asked::In((_, path), list) => list
            .iter()
            .any(|value| compare(found(event, path), false, "eq", value, false)),
        Asked::Call(test, (_, path), lowered, value) => {
            let Some(text) = found(event, path).as_str() else {
                return false;
            };
            let text = if *lowered {
                text.to_ascii_lowercase()
            } else {
                text.to_owned()
            };
            match *test {
                "contains" => text.contains(value.as_str()),
                "startswith" => text.starts_with(value.as_str()),
                _ => text.ends_with(value.as_str()),
            }
        }
    }
}

fn compare(found: &Value, lowered: bool, operator: &str, value: &Value, is_time: bool) -> bool {
    let order = match (found, value) {
        (Value::Null, Value::Null) => return operator == "eq",
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Number(one), Value::Number(other)) => one.as_f64().partial_cmp(&other.as_f64()),
        (Value::Bool(one), Value::Bool(other)) => Some(one.cmp(other)),
        (Value::String(one), Value::String(other)) if is_time => {
            let time = |text: &str| text.parse::<Timestamp>().expect("a time");
            Some(time(one).cmp(&time(other)))
        }
        (Value::String(one), Value::String(other)) if lowered => Some(one.to_ascii_lowercase().as_str().cmp(other)),
        (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
        _ => None,
    };
    match operator {
        "eq" => order.is_some_and(std::cmp::Ordering::is_eq),
        "ne" => !order.is_some_and(std::cmp::Ordering::is_eq),
        "gt" => order.is_some_and(std::cmp::Ordering::is_gt),
        "ge" => order.is_some_and(std::cmp::Ordering::is_ge),
        "lt" => order.is_some_and(std::cmp::Ordering::is_lt),
        _ => order.is_some_and(std::cmp::Ordering::is_le),
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
