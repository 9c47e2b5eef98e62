//! A JSON list, item by item: however long it is, no more of it is made into values at once than is asked for.

use serde::de::IgnoredAny;
use serde_json::{Deserializer, Value};

use super::{body::not_json, room::Measure};
use crate::domain::error::{Code, Error, Result};

/// The items of a list, in the bytes of a body.
#[derive(Debug)]
pub struct Items<B> {
    bytes: B,
    at: usize,
    is_first: bool,
    has_ended: bool,
}

impl<B: AsRef<[u8]>> Items<B> {
    /// Those of a list; none where the bytes are something else.
    pub fn of(bytes: B) -> Option<Self> {
        let mut items = Self {
            bytes,
            at: 0,
            is_first: true,
            has_ended: false,
        };
        (items.peek() == Some(b'[')).then(|| {
            items.at += 1;
            items
        })
    }

    /// The next items: as many, and of about as many JSON values, as are asked for; none at the end.
    ///
    /// # Errors
    /// `MALFORMED_JSON`, saying where.
    pub fn part(&mut self, (most_items, most_values): (usize, usize)) -> Result<Vec<Value>> {
        let (mut part, mut values) = (Vec::new(), 0);
        while part.len() < most_items && values < most_values {
            let Some((item, its_values)) = self.item()? else {
                break;
            };
            part.push(item);
            values += its_values;
        }
        Ok(part)
    }

    /// The next byte that is no blank.
    fn peek(&mut self) -> Option<u8> {
        let rest = &self.bytes.as_ref()[self.at..];
        let blanks = rest.iter().take_while(|byte| b" \n\r\t".contains(byte)).count();
        self.at += blanks;
        self.bytes.as_ref().get(self.at).copied()
    }

    /// The next item, and how many values it holds.
    fn item(&mut self) -> Result<Option<(Value, usize)>> {
        if self.has_ended {
            return Ok(None);
        }
        match (self.is_first, self.peek()) {
            (_, Some(b']')) => {
                self.at += 1;
                self.has_ended = true;
                return match self.peek() {
                    None => Ok(None),
                    Some(_) => Err(self.malformed()),
                };
            }
            (true, _) => self.is_first = false,
            (false, Some(b',')) => self.at += 1,
            (false, _) => return Err(self.malformed()),
        }
        let rest = &self.bytes.as_ref()[self.at..];
        let mut values = Deserializer::from_slice(rest).into_iter::<Value>();
        let Some(Ok(item)) = values.next() else {
            return Err(self.malformed());
        };
        let length = values.byte_offset();
        // The mark behind the item counts as well, so that one that is nothing but a number is something.
        let number = Measure::of(&rest[..length]).values + 1;
        self.at += length;
        Ok(Some((item, number)))
    }

    /// What is wrong, told by its place in the whole body.
    fn malformed(&self) -> Error {
        match serde_json::from_slice::<IgnoredAny>(self.bytes.as_ref()) {
            Err(error) => not_json(&error),
            Ok(_) => {
                let message = "The body is not JSON that can be read: an item of the list is nested too deep, or a text in it \
                               is not UTF-8.";
                Error::new(Code::MalformedJson, message)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::domain::usage::tests::any_json;

    /// All items, in parts.
    fn read(text: &[u8], most: (usize, usize)) -> Result<Vec<Vec<Value>>> {
        let mut items = Items::of(text).expect("a list");
        let mut parts = Vec::new();
        loop {
            let part = items.part(most)?;
            if part.is_empty() {
                return Ok(parts);
            }
            parts.push(part);
        }
    }

    #[test]
    fn a_list_comes_in_parts() {
        let text = br#" [1, "a,]" ,{"b": [1, 2, 3]},null , -2.5e3] "#;
        let all = [
            json!(1),
            json!("a,]"),
            json!({"b": [1, 2, 3]}),
            json!(null),
            json!(-2500.0),
        ];
        assert_eq!(read(text, (10, 100)).expect("JSON"), [all.to_vec()]);
        let parts = read(text, (2, 100)).expect("JSON");
        assert_eq!(parts, [&all[..2], &all[2..4], &all[4..]]);
        // Whatever an item holds, it comes; what follows comes next.
        let parts = read(text, (10, 3)).expect("JSON");
        assert_eq!(parts, [&all[..3], &all[3..]]);
        for empty in ["[]", " [ ]\n"] {
            assert!(read(empty.as_bytes(), (1, 1)).expect("JSON").is_empty(), "{empty}");
        }
        for other in ["", "  ", "{}", "7", "\"[\"", "a=1"] {
            assert!(Items::of(other).is_none(), "{other}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused_as_it_is_whole() {
        for text in [
            "[",
            "[1",
            "[1,",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[1]]",
            "[1],",
            "[1] 2",
            "[{\"a\" 1}]",
            "[1,\n\n tru]",
            "[01]",
            "[\"\\x\"]",
        ] {
            let whole = super::super::body::json(text.as_bytes()).expect_err(text);
            let parts = read(text.as_bytes(), (1, 1)).expect_err(text);
            assert_eq!((parts.code, parts.message), (whole.code, whole.message), "{text}");
        }
        for text in [b"[\"\xff\"]".to_vec(), [vec![b'['; 200], vec![b']'; 200]].concat()] {
            let refused = read(&text, (1, 1)).expect_err("it cannot be read");
            assert_eq!(refused.code, Code::MalformedJson);
        }
    }

    proptest! {
        #[test]
        fn all_items_come_as_they_are(
            items in prop::collection::vec(any_json(), 0..20),
            most_items in 1_usize..8,
            most_values in 1_usize..30,
        ) {
            let text = serde_json::to_vec_pretty(&items).expect("JSON");
            let parts = read(&text, (most_items, most_values)).expect("JSON");
            prop_assert!(parts.iter().all(|part| part.len() <= most_items));
            // Written and read once, as numbers may be another by then.
            let whole: Vec<Value> = serde_json::from_slice(&text).expect("JSON");
            prop_assert_eq!(parts.concat(), whole);
        }
    }
}
