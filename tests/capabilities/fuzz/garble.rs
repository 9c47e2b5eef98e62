//! Garbling: of the words that are in order something is taken away, put in, changed or moved, mostly once, at times often.

use proptest::{prelude::Rng, test_runner::TestRng};
use serde_json::{Map, Value, json};

/// Texts that are at the edge of something.
const TEXTS: &[&str] = &[
    "",
    " ",
    "a",
    "\u{0}",
    "\u{feff}a",
    "é́\u{202e}\u{1f468}\u{200d}\u{1f469}",
    "null",
    "-1",
    "9223372036854775808",
    "1e400",
    "2026-11-22T10:00:00Z",
    "2026-02-30T25:61:61+99:99",
    "-262144-01-01T00:00:00Z",
    "1970-01-01",
    "https://a.example/b?c=d#e",
    "http://[::1]:99999/",
    "javascript:alert(1)",
    "203.0.113.7",
    "::ffff:203.0.113.7",
    "a.b.c",
    "__proto__",
    "x' OR '1'='1",
    "%00%zz%",
    "a[b][c]=d",
    "a\r\nb: c",
    "{\"a\":",
    "489aa3e3-aed2-4563-8e81-62bb73178a56",
    "eyJhbGciOiJub25lIn0.e30.",
];

/// Pieces of wire formats.
const BYTES: &[&[u8]] = &[
    b"\0",
    b"\xff",
    b"\xed\xa0\x80",
    b"\"",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"&",
    b"=",
    b"%",
    b"+",
    b"[]",
    b"1e999",
    b"-",
    b"9999999999999999999999",
    b"null",
    b"\r\n",
    b"/*",
    b"'",
];

/// Words of the languages.
const WORDS: &[&str] = &[
    "(",
    ")",
    "((((((((((",
    "'",
    "\"",
    ",",
    "..",
    ".",
    "/",
    "|",
    " and ",
    " or ",
    " not ",
    " eq ",
    " ne ",
    " in (",
    " == ",
    " !~ ",
    "null",
    "true",
    "-",
    "0",
    "1e308",
    "99999999999999999999",
    "datetime(",
    "2026-11-22",
    "1d",
    "[0]",
    "['a']",
    "@'",
    "//",
    "\n",
    "é",
    "Payload",
    "summarize ",
    "by ",
    "extend x=",
    "$",
    "{{a}}",
    " between (",
    "dynamic(",
    "*",
    " % 0",
    "Events",
];

pub(super) struct Garbler(pub(super) TestRng);

impl Garbler {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit.max(1)).expect("it is in memory");
        usize::try_from(self.0.next_u64() % limit).expect("it is below the limit")
    }

    /// Whether it is the one time of so many.
    pub(super) fn one_of(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(super) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let index = self.below(list.len());
        &list[index]
    }

    /// A body: an example, its values garbled, or its bytes.
    pub(super) fn body(&mut self, examples: &[Value]) -> Vec<u8> {
        let mut value = self.pick(examples).clone();
        let kind = self.below(10);
        if kind > 1 {
            for _ in 0..self.times() {
                self.garble(&mut value, examples);
            }
        }
        let mut bytes = match &value {
            Value::String(text) => text.clone().into_bytes(),
            value => value.to_string().into_bytes(),
        };
        if kind > 6 {
            for _ in 0..self.times() {
                self.garble_bytes(&mut bytes);
            }
        }
        if self.one_of(20) {
            bytes.truncate(bytes.len() / 2);
        }
        bytes
    }

    fn times(&mut self) -> usize {
        if self.one_of(4) { 1 + self.below(20) } else { 1 }
    }

    /// Parameters behind a path.
    pub(super) fn query(&mut self, parameters: &[&str], names: &[&str]) -> String {
        let mut parts = Vec::new();
        for parameter in parameters {
            if !self.one_of(3) {
                parts.push((*parameter).to_owned());
            }
        }
        if self.one_of(3) {
            let (name, value) = (*self.pick(names), self.text());
            // A server reads no longer addresses than some kilobytes.
            let value: String = url_encoded(&value).chars().take(3_000).collect();
            parts.push(match self.below(4) {
                0 => format!("{name}[{value}]={value}"),
                1 => format!("{name}[a][][{value}]"),
                _ => format!("{name}={value}"),
            });
        }
        let mut query = parts.join("&");
        if self.one_of(10) {
            // What is no address is not sent; what an address may hold is.
            let at = (0..=query.len())
                .filter(|at| query.is_char_boundary(*at))
                .nth(self.below(query.len() + 1));
            let piece = *self.pick(&["%", "%0", "%ff", "%00", "&&", "==", "[", "]", "[[[[", "+", ";"]);
            query.insert_str(at.unwrap_or(0), piece);
        }
        query
    }

    fn text(&mut self) -> String {
        let text = (*self.pick(TEXTS)).to_owned();
        if self.one_of(6) {
            text.repeat(1 + self.below(3_000))
        } else {
            text
        }
    }

    fn value(&mut self) -> Value {
        match self.below(12) {
            0 => Value::Null,
            1 => json!(self.one_of(2)),
            2 => json!(self.0.next_u64()),
            3 => json!(-1),
            4 => json!(0.1),
            5 => json!(f64::MAX),
            6 => json!([]),
            7 => json!({}),
            8 => json!([null, {}, [1, "a"]]),
            9 => {
                let mut deep = json!("x");
                for _ in 0..self.below(150) {
                    deep = if self.one_of(2) {
                        json!([deep])
                    } else {
                        json!({"a": deep})
                    };
                }
                deep
            }
            _ => json!(self.text()),
        }
    }

    /// Changes one place in a value.
    fn garble(&mut self, value: &mut Value, examples: &[Value]) {
        let down = !self.one_of(4);
        match value {
            Value::Object(fields) if down && !fields.is_empty() => self.garble_fields(fields, examples),
            Value::Array(items) if down && !items.is_empty() => {
                let index = self.below(items.len());
                match self.below(8) {
                    0 => drop(items.remove(index)),
                    1 => {
                        let copy = items[index].clone();
                        let copies = 1 + self.below(30);
                        items.extend(std::iter::repeat_n(copy, copies));
                    }
                    _ => self.garble(&mut items[index], examples),
                }
            }
            // A text may be written in a language of its own.
            Value::String(text) if text.len() > 20 && !self.one_of(3) => {
                let mut bytes = std::mem::take(text).into_bytes();
                for _ in 0..self.times() {
                    self.garble_words(&mut bytes);
                }
                *text = String::from_utf8_lossy(&bytes).into_owned();
            }
            value => {
                *value = match self.below(6) {
                    0 => json!([value.take()]),
                    1 => json!({"a": value.take()}),
                    2 => self.pick(examples).clone(),
                    _ => self.value(),
                }
            }
        }
    }

    fn garble_fields(&mut self, fields: &mut Map<String, Value>, examples: &[Value]) {
        let names: Vec<String> = fields.keys().cloned().collect();
        let name = self.pick(&names).clone();
        match self.below(8) {
            0 => drop(fields.remove(&name)),
            1 => {
                let value = fields.remove(&name).unwrap_or_default();
                let name = self.text();
                fields.insert(name, value);
            }
            2 => {
                let value = self.value();
                let other = self.pick(&names).clone();
                fields.insert(other, value);
            }
            3 => {
                let value = self.value();
                let name = self.text();
                fields.insert(name, value);
            }
            _ => {
                if let Some(value) = fields.get_mut(&name) {
                    self.garble(value, examples);
                }
            }
        }
    }

    /// Takes words away, doubles them, or puts others in.
    fn garble_words(&mut self, bytes: &mut Vec<u8>) {
        let ends: Vec<usize> = bytes
            .iter()
            .enumerate()
            .filter(|(_, byte)| !byte.is_ascii_alphanumeric())
            .map(|(at, _)| at)
            .collect();
        if ends.len() < 2 || self.one_of(4) {
            return self.garble_bytes(bytes);
        }
        let (one, other) = (*self.pick(&ends), *self.pick(&ends));
        let (from, to) = (one.min(other), one.max(other));
        let part = bytes[from..to].to_vec();
        match self.below(4) {
            0 => drop(bytes.drain(from..to)),
            1 => drop(bytes.splice(from..from, part)),
            2 => {
                let at = *self.pick(&ends);
                bytes.splice(at..at, part);
            }
            _ => {
                let piece = self.pick(WORDS).as_bytes().to_vec();
                bytes.splice(from..from, piece);
            }
        }
    }

    fn garble_bytes(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len() + 1);
        match self.below(4) {
            0 if at < bytes.len() => bytes[at] = (self.0.next_u32() & 0xff) as u8,
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 => {
                let end = (at + self.below(40)).min(bytes.len());
                let part: Vec<u8> = bytes[at.min(end)..end].to_vec();
                bytes.splice(at..at, part);
            }
            _ => {
                let piece = self.pick(BYTES).to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
}

fn url_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}
