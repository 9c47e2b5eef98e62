//! What click.st's callers send: named arguments, in an address, a form, JSON or JSON-RPC; and the script for pages.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::error::Failure;
use crate::{
    domain::error::{Code, Error},
    extract::room::{FEW_VALUES, Measure},
};

/// Levels of brackets in a name.
const MOST_LEVELS: usize = 16;
/// Arguments of one call.
const MOST_ARGUMENTS: usize = 2_000;

/// Names by which an argument is also known, each with the one that is published.
const ALIASES: [(&str, &str); 15] = [
    ("name", "action"),
    ("referer", "referrer"),
    ("ip_address", "ip"),
    ("address", "ip"),
    ("useragent", "user_agent"),
    ("agent", "user_agent"),
    ("conditions", "where"),
    ("filter", "where"),
    ("start", "begin"),
    ("from", "begin"),
    ("to", "end"),
    ("groupBy", "group_by"),
    ("args", "queries"),
    ("batch", "queries"),
    ("requests", "queries"),
];

/// The arguments of a call, by their published names.
#[derive(Debug, Clone, Default)]
pub(super) struct Arguments {
    values: Map<String, Value>,
    /// The names of those that came in brackets, in which everything is a text.
    in_brackets: BTreeSet<String>,
}

/// By what a caller is known.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) key: Option<String>,
    pub(super) nonce: Option<String>,
    pub(super) signature: Option<String>,
}

impl Credentials {
    /// These, and where they say nothing the `others`.
    pub(super) fn or(self, others: &Self) -> Self {
        Self {
            key: self.key.or_else(|| others.key.clone()),
            nonce: self.nonce.or_else(|| others.nonce.clone()),
            signature: self.signature.or_else(|| others.signature.clone()),
        }
    }
}

/// A call of JSON-RPC; one without an id is not answered.
pub(super) struct Call {
    pub(super) id: Option<Value>,
    pub(super) method: String,
    pub(super) arguments: Arguments,
}

impl Arguments {
    /// Of the query of an address, or of a form: `tag[item_id]=1` and `tag={"item_id":"1"}` are the same.
    pub(super) fn of_query(text: &str) -> Result<Self, Failure> {
        let (mut all, mut in_brackets) = (Map::new(), BTreeSet::new());
        for (index, (name, value)) in url::form_urlencoded::parse(text.as_bytes()).enumerate() {
            if index >= MOST_ARGUMENTS {
                let message = format!("A call has at most {MOST_ARGUMENTS} arguments.");
                return Err(Error::new(Code::TooManyItems, message).into());
            }
            let (first, keys) = split(&name)?;
            let (name, value) = (published(first), Value::String(value.into_owned()));
            if keys.is_empty() {
                in_brackets.remove(&name);
            } else {
                in_brackets.insert(name.clone());
            }
            put(all.entry(name).or_insert(Value::Null), &keys, value);
        }
        for name in ["tag", "where", "queries", "group_by"] {
            if let Some(value) = all.get_mut(name)
                && let Some(text) = value.as_str()
            {
                // What looks like JSON only when it is unpacked was not measured with the body.
                Measure::of(text.as_bytes()).check(FEW_VALUES)?;
                if let Some(read) = structured(text) {
                    *value = read;
                }
            }
        }
        // A tag is kept as it is said.
        for name in ["where", "queries", "group_by"] {
            all.get_mut(name).into_iter().for_each(lists);
        }
        Ok(Self {
            values: all,
            in_brackets,
        })
    }

    /// Of a JSON object.
    pub(super) fn of_json(body: Value) -> Result<Self, Failure> {
        match body {
            Value::Object(fields) => Ok(Self {
                values: fields
                    .into_iter()
                    .map(|(name, value)| (published(&name), value))
                    .collect(),
                in_brackets: BTreeSet::new(),
            }),
            _ => Err(Error::new(Code::MalformedRequest, "The arguments are a JSON object.").into()),
        }
    }

    /// These with others, which go before where both have a name.
    pub(super) fn and(mut self, others: Self) -> Self {
        self.in_brackets.retain(|name| !others.values.contains_key(name));
        self.in_brackets.extend(others.in_brackets);
        self.values.extend(others.values);
        self
    }

    /// Whether an argument came in brackets, so that its numbers and booleans are texts.
    pub(super) fn is_in_brackets(&self, name: &str) -> bool {
        self.in_brackets.contains(name)
    }

    /// Takes what proves who calls.
    pub(super) fn take_credentials(&mut self) -> Credentials {
        let mut take = |name: &str| match self.values.remove(name) {
            Some(Value::String(text)) => Some(text),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let credentials = Credentials {
            key: take("key"),
            nonce: take("nonce"),
            signature: take("signature"),
        };
        let _ = take("callback");
        credentials
    }

    /// The function that is to be called with the answer, for pages that load it as a script.
    pub(super) fn callback(&self) -> Result<Option<String>, Failure> {
        let Some(name) = self.values.get("callback").and_then(Value::as_str) else {
            return Ok(None);
        };
        let letter = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '$' | '.');
        let begins = name
            .chars()
            .next()
            .is_some_and(|letter| letter.is_ascii_alphabetic() || matches!(letter, '_' | '$'));
        if begins && name.len() <= 64 && name.chars().all(letter) {
            return Ok(Some(name.to_owned()));
        }
        Err(Failure::argument(
            "callback",
            "`callback` is the name of a function, of at most 64 letters.",
        ))
    }

    /// Takes an argument.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.values.remove(name).filter(|value| !value.is_null())
    }

    /// Takes a text that may be left out; an empty one is.
    pub(super) fn take_text(&mut self, name: &str) -> Result<Option<String>, Failure> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(Failure::argument(name, format!("`{name}` is a text."))),
        }
    }

    /// The names of what was not taken.
    pub(super) fn rest(self) -> Vec<String> {
        self.values
            .into_iter()
            .map(|(name, _)| name.chars().take(100).collect())
            .collect()
    }

    /// Takes the questions of a batch, each of which may be wrong for itself.
    pub(super) fn take_queries(&mut self) -> Result<Vec<Result<Self, Failure>>, Failure> {
        let in_brackets = self.is_in_brackets("queries");
        let query = |said: Value| {
            let mut query = Self::of_json(said)?;
            if in_brackets {
                query.in_brackets = query.values.keys().cloned().collect();
            }
            Ok(query)
        };
        match self.take("queries") {
            Some(Value::Array(list)) => Ok(list.into_iter().map(query).collect()),
            _ => Err(Failure::argument(
                "queries",
                "`queries` is a list of what `action.find` takes.",
            )),
        }
    }
}

impl Call {
    /// Reads a call.
    pub(super) fn read(call: Value) -> Result<Self, Failure> {
        let bad = |message: &str| Failure::from(Error::new(Code::MalformedRequest, message));
        let Value::Object(mut fields) = call else {
            return Err(bad("A call is a JSON object."));
        };
        if fields.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
            return Err(bad("A call says `\"jsonrpc\": \"2.0\"`."));
        }
        let Some(Value::String(method)) = fields.remove("method") else {
            return Err(bad("A call has a `method`, such as “action.log”."));
        };
        let arguments = match fields.remove("params") {
            None | Some(Value::Null) => Arguments::default(),
            Some(params @ Value::Object(_)) => Arguments::of_json(params)?,
            Some(_) => return Err(bad("`params` are named: a JSON object.")),
        };
        Ok(Self {
            id: fields.remove("id"),
            method,
            arguments,
        })
    }
}

fn published(name: &str) -> String {
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
    alias.map_or(name, |(_, own)| own).to_owned()
}

/// A name with the keys in brackets behind it: `tag[referral][network]`.
fn split(name: &str) -> Result<(&str, Vec<&str>), Failure> {
    let Some((first, rest)) = name.split_once('[') else {
        return Ok((name, Vec::new()));
    };
    let keys: Vec<_> = rest
        .strip_suffix(']')
        .map_or_else(Vec::new, |inner| inner.split("][").collect());
    if keys.is_empty() || keys.len() > MOST_LEVELS {
        let message = format!("Brackets hold a key each, as in `tag[a][b]=1`, at most {MOST_LEVELS} deep.");
        return Err(Failure::argument(&first.chars().take(100).collect::<String>(), message));
    }
    Ok((first, keys))
}

/// Puts a value below keys; an empty key means the next of a list.
fn put(place: &mut Value, keys: &[&str], value: Value) {
    let Some((key, rest)) = keys.split_first() else {
        *place = value;
        return;
    };
    if key.is_empty() {
        if !place.is_array() {
            *place = Value::Array(Vec::new());
        }
        if let Value::Array(list) = place {
            list.push(Value::Null);
            if let Some(last) = list.last_mut() {
                put(last, rest, value);
            }
        }
        return;
    }
    if !place.is_object() {
        *place = Value::Object(Map::new());
    }
    if let Value::Object(fields) = place {
        put(fields.entry(*key).or_insert(Value::Null), rest, value);
    }
}

/// Makes lists of objects with the keys 0, 1, …: so PHP writes lists in an address.
fn lists(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(lists),
        Value::Object(fields) => {
            fields.values_mut().for_each(lists);
            let number = fields.len();
            if number > 0 && (0..number).all(|place| fields.contains_key(&place.to_string())) {
                let list = (0..number).filter_map(|place| fields.remove(&place.to_string()));
                *value = Value::Array(list.collect());
            }
        }
        _ => {}
    }
}

/// A text that holds an object or a list.
fn structured(text: &str) -> Option<Value> {
    let begins = text.trim_start().starts_with(['{', '[']);
    begins.then(|| serde_json::from_str(text).ok()).flatten()
}

/// An answer for a page that loads it as a script.
pub(super) fn padded(callback: &str, body: &Value) -> String {
    // Two separators of lines are fine in JSON, and were not always in scripts.
    let body = body
        .to_string()
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029");
    format!("/**/{callback}({body});")
}

/// The script for pages, with the key that it logs by.
pub(super) fn script(key: &str) -> String {
    let plain: String = key
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
        .take(100)
        .collect();
    include_str!("script.js").replace("__KEY__", &plain)
}

/// A point of a series.
pub(super) fn point(begin: i64, mut shown: Map<String, Value>) -> Value {
    shown.insert("begin".to_owned(), json!(begin.div_euclid(1_000_000_000)));
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Value {
        Value::Object(Arguments::of_query(query).expect("it can be read").values)
    }

    #[test]
    fn brackets_and_json_say_the_same() {
        let nested = json!({"action": "button.click", "tag": {"item_id": "1", "referral": {"network": "facebook"}}});
        assert_eq!(
            read("action=button.click&tag[item_id]=1&tag[referral][network]=facebook"),
            nested
        );
        assert_eq!(
            read("name=button.click&tag=%7B%22item_id%22:%221%22,%22referral%22:%7B%22network%22:%22facebook%22%7D%7D"),
            nested
        );
        assert_eq!(
            read("group_by[]=action&group_by[]=tag.a"),
            json!({"group_by": ["action", "tag.a"]})
        );
        assert_eq!(
            read(
                "queries[1][view]=b&queries[0][view]=a&queries[0][where][tag.n][0]=x&queries[0][where][tag.n][1]=y\
                 &where[tag.n][1]=x&group_by[0]=action&tag[0]=x"
            ),
            json!({"queries": [{"view": "a", "where": {"tag.n": ["x", "y"]}}, {"view": "b"}],
                "where": {"tag.n": {"1": "x"}}, "group_by": ["action"], "tag": {"0": "x"}})
        );
        let many: Vec<_> = (0..12).map(|place| format!("group_by[{place}]=a{place}")).collect();
        let named: Vec<_> = (0..12).map(|place| format!("a{place}")).collect();
        assert_eq!(
            read(&many.join("&")),
            json!({"group_by": named}),
            "in the order of numbers"
        );
        assert!(Arguments::of_query("tag[a=1").is_err());
        assert!(Arguments::of_query(&format!("tag{}=1", "[a]".repeat(17))).is_err());
        assert!(Arguments::of_query(&format!("a=\"&tag=[{}1]", "1,".repeat(20_000))).is_err());
    }

    #[test]
    fn what_came_in_brackets_is_known() {
        let read = |query: &str| Arguments::of_query(query).expect("it can be read");
        let brackets = "where[tag.n]=1&queries[0][where][tag.n]=1";
        let json = "where=%7B%22tag.n%22:1%7D&queries=%5B%7B%22where%22:%7B%22tag.n%22:1%7D%7D%5D";
        for (query, in_brackets) in [(brackets, true), (json, false)] {
            let mut said = read(query);
            assert_eq!(said.is_in_brackets("where"), in_brackets, "{query}");
            let queries = said.take_queries().expect("a list");
            let query = queries[0].as_ref().expect("arguments");
            assert_eq!(query.is_in_brackets("where"), in_brackets, "{query:?}");
        }
        // The last that says it counts, and a body before the address.
        assert!(!read(&format!("{brackets}&where=1")).is_in_brackets("where"));
        assert!(!read(brackets).and(read(json)).is_in_brackets("where"));
        assert!(read(json).and(read(brackets)).is_in_brackets("where"));
    }

    #[test]
    fn a_callback_is_a_function_and_nothing_else() {
        let callback = |name: &str| {
            Arguments::of_query(&format!("callback={name}"))
                .expect("it can be read")
                .callback()
        };
        assert_eq!(callback("jQuery.cb_1").expect("a name").as_deref(), Some("jQuery.cb_1"));
        for wrong in ["", "1a", "alert(1)", "a%20b", &"a".repeat(65)] {
            assert!(callback(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_key_cannot_break_out_of_the_script() {
        assert!(script("\";alert(1)//").contains("var key = \"alert1\""));
    }
}
