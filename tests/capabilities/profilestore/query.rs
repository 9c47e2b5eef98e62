//! Random queries in KQL, judged by the server and by a plain reading of the same events: both answer the same.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use support::{Engine, random::Random, setting};

use super::{
    kql::kql,
    random::{Hunt, begin},
};

support::on_both_engines!(random_queries_answer_as_a_plain_reading_does);

/// Queries of one run; each of both engines has its own.
const CASES: u64 = 1_000;

/// A condition, by its meaning.
enum Asked {
    All(Box<Asked>, Box<Asked>),
    One(Box<Asked>, Box<Asked>),
    Not(Box<Asked>),
    Text(&'static str, &'static str, String),
    TextIn(&'static str, bool, Vec<String>),
    Number(&'static str, &'static str, f64),
    Between(&'static str, bool, f64, f64),
    Flag(bool),
    Time(&'static str, &'static str),
    IsEmpty(&'static str),
    /// Whether it is nothing, or is something.
    IsNull(bool, &'static str),
}

const TEXTS: [&str; 10] = [
    "DeviceId",
    "EventType",
    "Value",
    "PageUri",
    "PageTitle",
    "SessionId",
    "User.Email",
    "User.Info.plan",
    "Payload.s",
    "Payload['o'].k",
];
const NUMBERS: [&str; 2] = ["Payload.n", "Payload.o.m"];
const WORDS: [&str; 9] = ["a", "A", "b", "red apple", "Red", "it's", "Ünï", "", "x\"y"];
const AMOUNTS: [f64; 7] = [0.0, 1.0, -1.0, 2.5, 7.0, 1024.0, -300.25];
const TIMES: [&str; 4] = [
    "2026-11-01T00:00:00Z",
    "2026-11-02T10:00:00Z",
    "2026-11-02T10:00:00.0000001Z",
    "2026-11-04T23:00:00Z",
];
const LOOKS: [&str; 18] = [
    "==",
    "!=",
    "=~",
    "!~",
    "<",
    ">=",
    "contains",
    "!contains",
    "contains_cs",
    "startswith",
    "!startswith_cs",
    "endswith",
    "endswith_cs",
    "!endswith",
    "!endswith_cs",
    "has",
    "!has",
    "has_cs",
];

fn any_event(random: &mut Random) -> Value {
    let word = |random: &mut Random| Value::from(random.one(&WORDS));
    let mut event = json!({"DeviceId": random.one(&["a", "A", "b", "red"]), "EventType": random.one(&["a", "red apple", "it's"]),
        "Value": word(random), "EventTime": random.one(&TIMES)});
    for name in ["PageUri", "PageTitle", "SessionId"] {
        if random.chance(60) {
            event[name] = word(random);
        }
    }
    if random.chance(50) {
        event["User"] = json!({"Email": word(random), "Info": {"plan": word(random)}});
    }
    let mut payload = Map::new();
    if random.chance(60) {
        payload.insert(
            "s".to_owned(),
            if random.chance(10) { Value::Null } else { word(random) },
        );
    }
    if random.chance(60) {
        payload.insert("n".to_owned(), random.one(&AMOUNTS).into());
    }
    if random.chance(40) {
        payload.insert("o".to_owned(), json!({"k": word(random), "m": random.one(&AMOUNTS)}));
    }
    if random.chance(50) {
        payload.insert("b".to_owned(), random.chance(50).into());
    }
    if !payload.is_empty() {
        event["Payload"] = payload.into();
    }
    event
}

fn any_condition(random: &mut Random, depth: usize) -> Asked {
    if depth > 0 && random.chance(60) {
        let mut part = || Box::new(any_condition(random, depth - 1));
        let (one, other) = (part(), part());
        return match random.below(3) {
            0 => Asked::All(one, other),
            1 => Asked::One(one, other),
            _ => Asked::Not(one),
        };
    }
    let order = ["==", "!=", "<", "<=", ">", ">="];
    match random.below(8) {
        0 => Asked::Number(random.one(&NUMBERS), random.one(&order), random.one(&AMOUNTS)),
        1 => Asked::Between(
            random.one(&NUMBERS),
            random.chance(30),
            random.one(&AMOUNTS),
            random.one(&AMOUNTS),
        ),
        2 => Asked::Flag(random.chance(50)),
        3 => Asked::Time(random.one(&order), random.one(&TIMES)),
        4 => Asked::IsEmpty(random.one(&TEXTS)),
        5 => Asked::IsNull(random.chance(50), random.one(&NUMBERS)),
        6 => {
            let list = (0..1 + random.below(3))
                .map(|_| random.one(&WORDS).to_owned())
                .collect();
            Asked::TextIn(random.one(&TEXTS), random.chance(40), list)
        }
        _ => Asked::Text(random.one(&TEXTS), random.one(&LOOKS), random.one(&WORDS).to_owned()),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn written(asked: &Asked) -> String {
    match asked {
        // `and` binds closer than `or`.
        Asked::All(one, other) => {
            let part = |inner: &Asked| {
                if matches!(inner, Asked::One(..)) {
                    format!("({})", written(inner))
                } else {
                    written(inner)
                }
            };
            format!("{} and {}", part(one), part(other))
        }
        Asked::One(one, other) => format!("{} or {}", written(one), written(other)),
        Asked::Not(inner) => format!("not({})", written(inner)),
        Asked::Text(field, look, word) => format!("{field} {look} {}", quoted(word)),
        Asked::TextIn(field, negated, list) => {
            let list: Vec<_> = list.iter().map(|word| quoted(word)).collect();
            format!("{field} {}in ({})", if *negated { "!" } else { "" }, list.join(", "))
        }
        Asked::Number(field, sign, number) => format!("{field} {sign} {number:?}"),
        Asked::Between(field, negated, from, to) => {
            format!(
                "{field} {}between ({from:?} .. {to:?})",
                if *negated { "!" } else { "" }
            )
        }
        Asked::Flag(wanted) => format!("Payload.b == {wanted}"),
        Asked::Time(sign, time) => format!("EventTime {sign} datetime({time})"),
        Asked::IsEmpty(field) => format!("isempty({field})"),
        Asked::IsNull(true, field) => format!("isnull({field})"),
        Asked::IsNull(false, field) => format!("isnotnull({field})"),
    }
}

fn found<'a>(event: &'a Value, field: &str) -> &'a Value {
    let plain = field.replace("['", ".").replace("']", "");
    plain.split('.').fold(event, |value, name| &value[name])
}

fn text<'a>(event: &'a Value, field: &str) -> &'a str {
    found(event, field).as_str().unwrap_or_default()
}

/// True, false or neither.
fn holds(asked: &Asked, event: &Value) -> Option<bool> {
    let signed = |sign: &str, order: std::cmp::Ordering| match sign {
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    };
    match asked {
        Asked::All(one, other) => match (holds(one, event), holds(other, event)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        Asked::One(one, other) => match (holds(one, event), holds(other, event)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        Asked::Not(inner) => holds(inner, event).map(|truth| !truth),
        Asked::Text(field, look, word) => Some(looks(text(event, field), look, word)),
        Asked::TextIn(field, negated, list) => Some(list.iter().any(|word| word == text(event, field)) != *negated),
        Asked::Number(field, sign, number) => match found(event, field).as_f64() {
            Some(own) => Some(signed(sign, own.total_cmp(number))),
            None => match *sign {
                "==" => Some(false),
                "!=" => Some(true),
                _ => None,
            },
        },
        Asked::Between(field, negated, from, to) => {
            let own = found(event, field).as_f64()?;
            Some((*from <= own && own <= *to) != *negated)
        }
        Asked::Flag(wanted) => Some(event["Payload"]["b"].as_bool() == Some(*wanted)),
        Asked::Time(sign, time) => {
            let read = |text: &str| text.parse::<Timestamp>().expect("a time");
            Some(signed(sign, read(text(event, "EventTime")).cmp(&read(time))))
        }
        Asked::IsEmpty(field) => Some(text(event, field).is_empty()),
        Asked::IsNull(wanted, field) => Some(found(event, field).is_null() == *wanted),
    }
}

fn looks(own: &str, look: &str, word: &str) -> bool {
    let negated = look.starts_with('!') && look != "!=" && look != "!~";
    let plain = look.trim_start_matches('!');
    let with_case = plain.ends_with("_cs");
    let (own_folded, word_folded) = (own.to_lowercase(), word.to_lowercase());
    let (left, right) = if with_case {
        (own, word)
    } else {
        (own_folded.as_str(), word_folded.as_str())
    };
    let words = |text: &str| -> Vec<String> {
        text.split(|letter: char| !letter.is_alphanumeric())
            .map(str::to_owned)
            .collect()
    };
    let found = match look {
        "==" => own == word,
        "!=" => own != word,
        "=~" => own_folded == word_folded,
        "!~" => own_folded != word_folded,
        "<" => own < word,
        ">=" => own >= word,
        _ => match plain.trim_end_matches("_cs") {
            "contains" => left.contains(right),
            "startswith" => left.starts_with(right),
            "endswith" => left.ends_with(right),
            // What stands between what is no letter and no digit: whole words in a row, with what is between them.
            _ if right.is_empty() => true,
            _ => {
                let (all, wanted) = (words(left), words(right));
                left.contains(right) && all.windows(wanted.len()).any(|part| part == wanted)
            }
        },
    };
    found != negated
}

/// A number for each of the events that are left, by the steps behind the condition: how they are written, and the rows.
fn steps(random: &mut Random, events: &[&Value]) -> (String, Vec<Value>, bool) {
    let numbers = |events: &[&Value]| -> Vec<f64> {
        events
            .iter()
            .filter_map(|event| event["Payload"]["n"].as_f64())
            .collect()
    };
    let by_id = |events: &[&Value]| -> Vec<Value> {
        let mut events: Vec<&Value> = events.to_vec();
        events.sort_by_key(|event| text(event, "TrackId").to_owned());
        events.into_iter().cloned().collect()
    };
    match random.below(6) {
        0 => (" | count".to_owned(), vec![json!([events.len()])], true),
        1 => {
            let key = random.one(&["EventType", "DeviceId", "PageTitle"]);
            let mut groups: std::collections::BTreeMap<&str, Vec<&Value>> = std::collections::BTreeMap::new();
            for event in events {
                groups.entry(text(event, key)).or_default().push(event);
            }
            let row = |(name, group): (&str, Vec<&Value>)| {
                let values = numbers(&group);
                let devices: std::collections::BTreeSet<_> =
                    group.iter().map(|event| text(event, "DeviceId")).collect();
                let least = values.iter().copied().reduce(f64::min);
                let average = (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
                let many = group
                    .iter()
                    .filter(|event| event["Payload"]["n"].as_f64().is_some_and(|n| n > 1.0))
                    .count();
                json!([
                    name,
                    group.len(),
                    // Of nothing it would be -0.0.
                    values.iter().sum::<f64>() + 0.0,
                    least,
                    average,
                    devices.len(),
                    many
                ])
            };
            let rows = groups.into_iter().map(row).collect();
            let text = format!(
                " | summarize count(), sum(Payload.n), min(Payload.n), avg(Payload.n), dcount(DeviceId), countif(Payload.n > 1) by {key}"
            );
            (text, rows, false)
        }
        2 => {
            let mut rows = by_id(events);
            // Stable: those that are equal stay in the order of their ids.
            rows.sort_by(|one, other| text(other, "Value").cmp(text(one, "Value")));
            let most = random.below(30);
            let rows = rows
                .iter()
                .take(most)
                .map(|event| json!([event["TrackId"], text(event, "Value")]))
                .collect();
            let take = random.one(&["take", "limit"]);
            (
                format!(" | sort by Value, TrackId asc | {take} {most} | project TrackId, Value"),
                rows,
                true,
            )
        }
        3 => {
            let row = |event: &&Value| {
                let (value, device) = (text(event, "Value"), text(event, "DeviceId"));
                let number = event["Payload"]["n"].as_f64();
                json!([
                    event["TrackId"],
                    value.chars().count(),
                    format!("{device}-{}", value.to_lowercase()),
                    number.map(|number| number * 2.0 + 1.0),
                    if number.is_some_and(|number| number > 1.0) {
                        "many"
                    } else {
                        "few"
                    }
                ])
            };
            let text = " | project TrackId, strlen(Value), strcat(DeviceId, '-', tolower(Value)), Payload.n * 2 + 1, iff(Payload.n > 1, 'many', 'few')";
            (text.to_owned(), events.iter().map(row).collect(), false)
        }
        4 => {
            let pairs: std::collections::BTreeSet<_> = events
                .iter()
                .map(|event| (text(event, "EventType"), text(event, "SessionId")))
                .collect();
            let rows = pairs.into_iter().map(|(one, other)| json!([one, other])).collect();
            (" | distinct EventType, SessionId".to_owned(), rows, false)
        }
        _ => {
            let row = |event: &&Value| {
                json!([
                    event["TrackId"],
                    text(event, "EventTime")[..10].to_owned() + "T00:00:00.0000000Z"
                ])
            };
            let day = random.one(&["bin(EventTime, 1d)", "startofday(EventTime)"]);
            let text = format!(" | extend day = {day}, x = 1 | project-away x | project TrackId, day");
            (text, events.iter().map(row).collect(), false)
        }
    }
}

/// Rows in a text in which equal numbers look alike.
fn shown(rows: &[Value], in_order: bool) -> Vec<String> {
    fn plain(value: &Value) -> String {
        match value {
            Value::Number(number) => format!("{:?}", number.as_f64()),
            Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(" "),
            other => other.to_string(),
        }
    }
    let mut shown: Vec<_> = rows.iter().map(plain).collect();
    if !in_order {
        shown.sort();
    }
    shown
}

async fn random_queries_answer_as_a_plain_reading_does(engine: Engine) {
    let Hunt {
        tidemark,
        seed,
        mut random,
        events,
    } = begin(engine, any_event).await;
    let client = tidemark.client();
    let mut spread = 0;
    for number in 0..setting::cases().unwrap_or(CASES) {
        let asked = any_condition(&mut random, 3);
        let left: Vec<&Value> = events
            .iter()
            .filter(|event| holds(&asked, event) == Some(true))
            .collect();
        let (steps, wanted, in_order) = steps(&mut random, &left);
        let begin = random.one(&["where", "filter"]);
        let query = format!("Events | {begin} {}{steps}", written(&asked));
        let answer = kql(client, &query).await;
        let rows = answer["rows"].as_array().expect("rows");
        assert_eq!(
            shown(rows, in_order),
            shown(&wanted, in_order),
            "TIDEMARK_TEST_SEED={seed}, query {number}: {query}"
        );
        spread += usize::from(!left.is_empty() && left.len() < events.len());
    }
    assert!(
        spread > 250 || setting::cases().is_some(),
        "most queries tell events apart: {spread}"
    );
}
