//! A filter on a record of JSON: what is no event and is worked out from several.

use std::cmp::Ordering;

use serde_json::Value;

use super::{
    ast::{Comparison, Function, Kind, Literal, Node},
    moment::read_moment,
    order::{Direction, read_names},
};
use crate::domain::{
    error::Result,
    syntax::{Read, Syntax, shown},
};

/// The fields of a kind of record.
#[derive(Debug)]
pub struct Record {
    /// Their names.
    pub fields: &'static [&'static str],
    /// Those that are times.
    pub times: &'static [&'static str],
    /// Those that hold any keys.
    pub open: &'static [&'static str],
}

impl Record {
    /// Whether a record fulfils a filter.
    ///
    /// # Errors
    /// `INVALID_QUERY` says what of the filter is wrong, and where.
    pub fn fulfils(&self, text: &str, filter: &Node, record: &Value) -> Result<bool> {
        self.holds(filter, record).map_err(|wrong| wrong.refuse(text))
    }

    /// Puts records in the order of an `$orderby`.
    ///
    /// # Errors
    /// `INVALID_QUERY` says what is wrong, and where.
    pub fn sort(&self, text: &str, records: &mut [Value]) -> Result<()> {
        let keys = read_names(text)?;
        for (at, path, _) in &keys {
            self.check(path, *at).map_err(|wrong| wrong.refuse(text))?;
        }
        records.sort_by(|one, other| {
            for (_, path, direction) in &keys {
                let order = order(self.find(path, one), self.find(path, other));
                let order = if *direction == Direction::Descending {
                    order.reverse()
                } else {
                    order
                };
                if order.is_ne() {
                    return order;
                }
            }
            Ordering::Equal
        });
        Ok(())
    }

    fn check(&self, path: &[String], at: usize) -> Read<()> {
        let is = |list: &[&str]| {
            path.first()
                .is_some_and(|first| list.iter().any(|name| name.eq_ignore_ascii_case(first)))
        };
        if !is(self.fields) {
            let first = path.first().map(String::as_str).unwrap_or_default();
            let message = format!(
                "There is no field “{}”; there are {}",
                shown(first),
                self.fields.join(", ")
            );
            return Err(Syntax::new(at, message));
        }
        if path.len() > 1 && !is(self.open) {
            return Err(Syntax::new(at, "This field has no fields of its own"));
        }
        Ok(())
    }

    /// The value at a path; names of fields are the same in small letters and capitals.
    fn find<'a>(&self, path: &[String], record: &'a Value) -> Option<&'a Value> {
        let mut at = record;
        for (depth, name) in path.iter().enumerate() {
            let fields = at.as_object()?;
            at = match fields.get(name) {
                Some(found) => found,
                None if depth < 2 => fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1,
                None => return None,
            };
        }
        Some(at).filter(|value| !value.is_null())
    }

    fn holds(&self, node: &Node, record: &Value) -> Read<bool> {
        match &node.kind {
            Kind::And(parts) => parts
                .iter()
                .try_fold(true, |all, part| Ok(self.holds(part, record)? && all)),
            Kind::Or(parts) => parts
                .iter()
                .try_fold(false, |any, part| Ok(self.holds(part, record)? || any)),
            Kind::Not(inner) => Ok(!self.holds(inner, record)?),
            Kind::Literal(literal) => match word(literal) {
                Some("true") => Ok(true),
                Some("false") => Ok(false),
                _ => Err(Syntax::new(
                    node.at,
                    "A condition is expected here, and this is a value",
                )),
            },
            Kind::Path(path) => {
                self.check(path, node.at)?;
                Ok(self.find(path, record) == Some(&Value::Bool(true)))
            }
            Kind::Call(function, arguments) if function.is_test() => {
                let [left, right] = arguments.as_slice() else {
                    return Err(Syntax::new(node.at, "A field and a value are expected here"));
                };
                let (_, found) = self.side(left, record)?;
                let wanted = self.literal(right)?;
                let fits = |text: &str| match function {
                    Function::Contains => text.contains(&wanted),
                    Function::StartsWith => text.starts_with(&wanted),
                    _ => text.ends_with(&wanted),
                };
                Ok(found
                    .iter()
                    .filter_map(|value| value.as_str().map(str::to_owned))
                    .any(|text| fits(&text)))
            }
            Kind::Call(..) => Err(Syntax::new(
                node.at,
                "A condition is expected here, and this is a value",
            )),
            Kind::In(left, list) => list.iter().try_fold(false, |any, one| {
                Ok(self.compare(Comparison::Eq, left, one, record)? || any)
            }),
            Kind::Compare(comparison, left, right) if is_test(left) || is_test(right) => {
                let same = self.holds(left, record)? == self.holds(right, record)?;
                match comparison {
                    Comparison::Eq => Ok(same),
                    Comparison::Ne => Ok(!same),
                    _ => Err(Syntax::new(node.at, "Conditions are compared by “eq” and “ne” alone")),
                }
            }
            Kind::Compare(comparison, left, right) => self.compare(*comparison, left, right, record),
        }
    }

    /// A field: whether it is a time, and its values, as a list is each of its items.
    fn side(&self, node: &Node, record: &Value) -> Read<(bool, Vec<Value>)> {
        match &node.kind {
            Kind::Path(path) => {
                self.check(path, node.at)?;
                let is_time = path.len() == 1 && self.times.iter().any(|name| name.eq_ignore_ascii_case(&path[0]));
                Ok((
                    is_time,
                    match self.find(path, record) {
                        Some(Value::Array(list)) => list.clone(),
                        Some(value) => vec![value.clone()],
                        None => Vec::new(),
                    },
                ))
            }
            Kind::Call(function, arguments) if !function.is_test() => {
                let Some(inner) = arguments.first() else {
                    return Err(Syntax::new(node.at, "A field is expected here"));
                };
                let (_, mut found) = self.side(inner, record)?;
                for value in &mut found {
                    if let Value::String(text) = value {
                        *text = folded(*function, text);
                    }
                }
                Ok((false, found))
            }
            _ => Err(Syntax::new(node.at, "A field is expected here")),
        }
    }

    fn literal(&self, node: &Node) -> Read<String> {
        match &node.kind {
            Kind::Literal(Literal::Text(text) | Literal::Word(text)) => Ok(text.clone()),
            Kind::Call(function, arguments) if !function.is_test() => match arguments.first() {
                Some(inner) => Ok(folded(*function, &self.literal(inner)?)),
                None => Err(Syntax::new(node.at, "A value is expected here")),
            },
            _ => Err(Syntax::new(node.at, "A value is expected here, and this is a field")),
        }
    }

    fn compare(&self, comparison: Comparison, left: &Node, right: &Node, record: &Value) -> Read<bool> {
        let (is_time, found) = self.side(left, record)?;
        let is_null = matches!(&right.kind, Kind::Literal(literal) if word(literal) == Some("null"));
        if is_null {
            return Ok(match comparison {
                Comparison::Eq => found.is_empty(),
                Comparison::Ne => !found.is_empty(),
                _ => false,
            });
        }
        let wanted = self.literal(right)?;
        let moment = read_moment(&wanted);
        if is_time && moment.is_none() {
            let message = format!("“{}” is no time, such as 2017-09-15T07:16:34Z", shown(&wanted));
            return Err(Syntax::new(right.at, message));
        }
        let compared = |value: &Value| match value {
            Value::String(own) if is_time => Some(read_moment(own)?.cmp(&moment?)),
            Value::String(own) => Some(own.as_str().cmp(wanted.as_str())),
            Value::Number(own) => own.as_f64()?.partial_cmp(&wanted.parse().ok()?),
            Value::Bool(own) => Some(own.cmp(&wanted.to_ascii_lowercase().parse().ok()?)),
            _ => None,
        };
        let any = |fits: fn(Ordering) -> bool| found.iter().filter_map(compared).any(fits);
        Ok(match comparison {
            Comparison::Eq => any(Ordering::is_eq),
            Comparison::Ne => !any(Ordering::is_eq),
            Comparison::Gt => any(Ordering::is_gt),
            Comparison::Ge => any(Ordering::is_ge),
            Comparison::Lt => any(Ordering::is_lt),
            Comparison::Le => any(Ordering::is_le),
        })
    }
}

fn is_test(node: &Node) -> bool {
    match &node.kind {
        Kind::Literal(_) | Kind::Path(_) => false,
        Kind::Call(function, _) => function.is_test(),
        _ => true,
    }
}

/// The keyword that a bare word is.
fn word(literal: &Literal) -> Option<&'static str> {
    let Literal::Word(word) = literal else { return None };
    ["true", "false", "null"]
        .into_iter()
        .find(|one| one.eq_ignore_ascii_case(word))
}

fn folded(function: Function, text: &str) -> String {
    if function == Function::ToLower {
        text.to_ascii_lowercase()
    } else {
        text.to_ascii_uppercase()
    }
}

fn order(one: Option<&Value>, other: Option<&Value>) -> Ordering {
    let rank = |value: Option<&Value>| match value {
        None => 0,
        Some(Value::Bool(_)) => 1,
        Some(Value::Number(_)) => 2,
        Some(Value::String(_)) => 3,
        Some(_) => 4,
    };
    match (one, other) {
        (Some(Value::Number(one)), Some(Value::Number(other))) => {
            one.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Some(Value::String(one)), Some(Value::String(other))) => one.cmp(other),
        (Some(Value::Bool(one)), Some(Value::Bool(other))) => one.cmp(other),
        _ => rank(one).cmp(&rank(other)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::odata::read_tree;

    const RECORD: Record = Record {
        fields: &["Id", "Devices", "Seen", "Visits", "Info"],
        times: &["Seen"],
        open: &["Info"],
    };

    fn holds(filter: &str) -> Result<bool> {
        let record = json!({"Id": "p1", "Devices": ["a", "b"], "Seen": "2026-11-20T10:00:00.0000000Z", "Visits": 3,
            "Info": {"Email": "a@b.com", "Vip": true}});
        let tree = read_tree(filter)?.expect("it is not empty");
        RECORD.fulfils(filter, &tree, &record)
    }

    #[test]
    fn records_are_found_by_their_fields() {
        for (filter, wanted) in [
            ("Devices eq b", true),
            ("Devices eq c", false),
            ("Devices ne b", false),
            ("Devices ne c", true),
            ("devices in ('x', 'a')", true),
            ("Info.Email eq a@b.com and Visits gt 2", true),
            ("info/email eq 'A@b.com'", false),
            ("toupper(Info.Email) eq 'A@B.COM'", true),
            ("contains(Info.Email, '@b') and Info.Vip", true),
            ("Info.Name eq null and Info.Name ne 'x'", true),
            ("Seen gt 2026-11-20 and Seen le '2026-11-20T10:00:00Z'", true),
            ("not (Visits le 3)", false),
            ("(Id eq p1) eq true or false", true),
        ] {
            assert_eq!(holds(filter).ok(), Some(wanted), "{filter}");
        }
        for filter in [
            "Nope eq 1",
            "Seen gt soon",
            "Id.x eq 1",
            "'a' eq Id",
            "Id",
            "tolower(Id)",
        ] {
            assert!(holds(filter).is_err() || filter == "Id", "{filter}");
        }
    }

    #[test]
    fn records_are_put_in_order() {
        let mut records = vec![
            json!({"Id": "b"}),
            json!({"Id": "a", "Visits": 5}),
            json!({"Id": "c", "Visits": 2}),
        ];
        let ids = |records: &[Value]| {
            records
                .iter()
                .map(|one| one["Id"].as_str().unwrap_or("?").to_owned())
                .collect::<String>()
        };
        RECORD.sort("Visits desc", &mut records).expect("it is fine");
        assert_eq!(ids(&records), "acb");
        RECORD.sort("Id", &mut records).expect("it is fine");
        assert_eq!(ids(&records), "abc");
        assert!(RECORD.sort("Nope", &mut records).is_err());
    }
}
