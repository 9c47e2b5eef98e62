//! What was asked for: one operation or several, out of a body or a query string.

use std::fmt;

use async_graphql::{Value, Variables};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use url::form_urlencoded;

use crate::domain::error::{Code, Error, Result};

/// An operation as it was sent.
#[derive(Debug, Default)]
pub(super) struct Operation {
    pub(super) query: String,
    pub(super) operation_name: Option<String>,
    pub(super) variables: Variables,
    pub(super) extensions: async_graphql::Extensions,
}

/// The content of a body.
#[derive(Debug)]
pub(super) enum Request {
    Single(Operation),
    Batch(Vec<Operation>),
}

impl Request {
    /// Reads a body, in one pass.
    ///
    /// # Errors
    ///
    /// It is no JSON, no GraphQL request, or holds more operations than allowed.
    pub(super) fn from_json(body: &[u8], batch_operations: usize) -> Result<Self> {
        let text = str::from_utf8(body).map_err(|_| Error::new(Code::MalformedJson, "The body is not UTF-8."))?;
        let mut reader = serde_json::Deserializer::from_str(text);
        let read = Root { batch_operations }.deserialize(&mut reader);
        let sent = read
            .and_then(|sent| reader.end().map(|()| sent))
            .map_err(|error| malformed("The body", &error))?;
        match sent {
            Sent::Request(Self::Batch(operations)) if operations.is_empty() => {
                Err(Error::new(Code::MalformedRequest, "The batch holds no operation."))
            }
            Sent::Request(request) => Ok(request),
            Sent::TooMany if batch_operations <= 1 => Err(Error::new(
                Code::BatchTooLarge,
                "This server takes one operation per request, and no array of them.",
            )),
            Sent::TooMany => {
                let message = format!("A batch may hold at most {batch_operations} operations; send several batches.");
                Err(Error::new(Code::BatchTooLarge, message))
            }
        }
    }
}

impl Operation {
    /// Reads the query string of a GET.
    ///
    /// # Errors
    ///
    /// `query` is missing, or `variables` or `extensions` is no JSON object.
    pub(super) fn from_query_string(text: &str) -> Result<Self> {
        let mut operation = Self::default();
        let mut query = None;
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            match &*name {
                "query" => query = Some(value.into_owned()),
                "operationName" => operation.operation_name = Some(value.into_owned()),
                "variables" if !value.is_empty() => operation.variables = parameter(&name, &value)?,
                "extensions" if !value.is_empty() => {
                    operation.extensions = parameter(&name, &value)?;
                }
                _ => {}
            }
        }
        operation.query = query.ok_or_else(|| {
            let message = "Send the document as “query”, in the query string of a GET or the JSON body of a POST.";
            Error::new(Code::MalformedRequest, message)
        })?;
        Ok(operation)
    }

    /// Reads the payload of a `subscribe` message; `None` when it is no operation.
    pub(super) fn from_value(payload: Value) -> Option<Self> {
        let Value::Object(fields) = payload else { return None };
        let mut operation = Self::default();
        let mut query = None;
        for (name, value) in fields {
            match (name.as_str(), value) {
                ("query", Value::String(text)) => query = Some(text),
                ("operationName", Value::String(text)) => operation.operation_name = Some(text),
                ("variables", Value::Object(values)) => {
                    operation.variables = Variables::from_value(Value::Object(values))
                }
                ("extensions", Value::Object(values)) => {
                    operation.extensions.0 = values
                        .into_iter()
                        .map(|(name, value)| (name.to_string(), value))
                        .collect();
                }
                ("operationName" | "variables" | "extensions", Value::Null) => {}
                ("query" | "operationName" | "variables" | "extensions", _) => return None,
                _ => {}
            }
        }
        operation.query = query?;
        Some(operation)
    }
}

fn parameter<'a, T: Deserialize<'a>>(name: &str, value: &'a str) -> Result<T> {
    serde_json::from_str(value).map_err(|error| malformed(&format!("“{name}”"), &error).at(name))
}

/// Tells text that is no JSON from JSON of the wrong shape.
fn malformed(what: &str, error: &serde_json::Error) -> Error {
    let code = if error.is_data() {
        Code::MalformedRequest
    } else {
        Code::MalformedJson
    };
    Error::new(code, format!("{what} cannot be read: {error}."))
}

impl<'de> Deserialize<'de> for Operation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer
            .deserialize_map(Root { batch_operations: 0 })
            .and_then(|sent| match sent {
                Sent::Request(Request::Single(operation)) => Ok(operation),
                _ => Err(D::Error::custom("expected an object")),
            })
    }
}

enum Sent {
    Request(Request),
    TooMany,
}

/// Reads an object as an operation, and an array as a batch. Of names that repeat, the last counts.
struct Root {
    batch_operations: usize,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Member {
    Query,
    #[serde(rename = "operationName")]
    Name,
    Variables,
    Extensions,
    #[serde(other)]
    Other,
}

impl<'de> DeserializeSeed<'de> for Root {
    type Value = Sent;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Sent, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Root {
    type Value = Sent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a GraphQL request: an object with a string “query”")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> std::result::Result<Sent, M::Error> {
        let mut operation = Operation::default();
        let mut query = None;
        while let Some(member) = map.next_key()? {
            match member {
                Member::Query => query = Some(map.next_value()?),
                Member::Name => operation.operation_name = map.next_value()?,
                Member::Variables => operation.variables = map.next_value()?,
                Member::Extensions => operation.extensions = map.next_value()?,
                Member::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        operation.query = query.ok_or_else(|| M::Error::missing_field("query"))?;
        Ok(Sent::Request(Request::Single(operation)))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut elements: S) -> std::result::Result<Sent, S::Error> {
        let mut operations = Vec::new();
        while self.batch_operations > 1 && operations.len() < self.batch_operations {
            match elements.next_element::<Operation>()? {
                Some(operation) => operations.push(operation),
                None => return Ok(Sent::Request(Request::Batch(operations))),
            }
        }
        let mut left = 0_usize;
        while elements.next_element::<IgnoredAny>()?.is_some() {
            left += 1;
        }
        if left == 0 && self.batch_operations > 1 {
            return Ok(Sent::Request(Request::Batch(operations)));
        }
        Ok(Sent::TooMany)
    }
}
