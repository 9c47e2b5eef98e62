//! Predicates as SQL, with the meaning of [`Predicate::holds`]; every value is bound. Each test is made to say yes or no.

use std::net::IpAddr;

use super::{
    condition::{Field, Place, place, push_is, push_raw, push_scalar},
    sql::Sql,
};
use crate::domain::{
    condition::Op,
    event::{DEFAULT_SCOPE, LOCAL_COUNTRY, TrafficSource},
    hash::KeyedHash,
    predicate::{Fold, Predicate, RESERVED_KEYS, Test, Text},
};

/// Adds one predicate on a raw event, in parentheses.
pub(super) fn push_predicate(sql: &mut Sql, hasher: &KeyedHash, predicate: &Predicate) {
    match predicate {
        Predicate::All(list) => push_joined(sql, hasher, list, (" AND ", "TRUE")),
        Predicate::Any(list) => push_joined(sql, hasher, list, (" OR ", "FALSE")),
        Predicate::Not(inner) => {
            sql.push("(NOT ");
            push_predicate(sql, hasher, inner);
            sql.push(")");
        }
        Predicate::Same(one, other) => {
            sql.push("(");
            push_predicate(sql, hasher, one);
            sql.push(" = ");
            push_predicate(sql, hasher, other);
            sql.push(")");
        }
        Predicate::Holds(condition) => {
            sql.push("((");
            push_raw(sql, hasher, condition);
            sql.push(") IS TRUE)");
        }
        Predicate::Text { text, fold, test } => {
            sql.push("((");
            push_text_test(sql, hasher, text, *fold, test);
            sql.push(") IS TRUE)");
        }
        Predicate::Missing(text) => {
            sql.push("(");
            push_text(sql, text);
            sql.push(" IS NULL)");
        }
        Predicate::Time(op, time) => {
            sql.push("(e.time").push(order(*op)).number(*time).push(")");
        }
        Predicate::Address(list) => {
            let bytes = list.iter().map(|address| match address {
                IpAddr::V4(address) => address.octets().to_vec(),
                IpAddr::V6(address) => address.octets().to_vec(),
            });
            sql.push("((e.ip IN ").bind_list(bytes).push(") IS TRUE)");
        }
        Predicate::HasAddress => {
            sql.push("(e.ip IS NOT NULL)");
        }
        Predicate::HasPayload => {
            let keys = if sql.is_sqlite() {
                "json_each(e.tag)"
            } else {
                "jsonb_object_keys(e.tag) AS k(key)"
            };
            sql.push("(EXISTS (SELECT 1 FROM ")
                .push(keys)
                .push(" WHERE key NOT IN ")
                .bind_list(RESERVED_KEYS)
                .push("))");
        }
    }
}

fn push_joined(sql: &mut Sql, hasher: &KeyedHash, list: &[Predicate], (between, none): (&str, &str)) {
    sql.push("(");
    for (index, one) in list.iter().enumerate() {
        sql.push(if index > 0 { between } else { "" });
        push_predicate(sql, hasher, one);
    }
    sql.push(if list.is_empty() { none } else { "" }).push(")");
}

fn order(op: Op) -> &'static str {
    match op {
        Op::Gt => " > ",
        Op::Gte => " >= ",
        Op::Lt => " < ",
        Op::Lte => " <= ",
        _ => " = ",
    }
}

/// Adds a text of the event, or SQL's NULL where it has none.
pub(super) fn push_text(sql: &mut Sql, text: &Text) {
    let sqlite = sql.is_sqlite();
    match text {
        Text::Id if sqlite => {
            let part = |from: usize, length: usize| format!("substr(lower(hex(e.uid)), {from}, {length})");
            let uuid = [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)].join(" || '-' || ");
            sql.push(&format!("coalesce(e.client_id, {uuid})"));
        }
        Text::Id => {
            sql.push("coalesce(e.client_id, encode(e.uid, 'hex')::uuid::text)");
        }
        Text::Device => {
            sql.push("(SELECT value FROM text WHERE id = e.device_id)");
        }
        Text::Url => {
            sql.push("u.value");
        }
        Text::Scope => {
            sql.push("coalesce(e.scope, ")
                .bind(DEFAULT_SCOPE)
                .push(text_type(sqlite))
                .push(")");
        }
        Text::Country => {
            let hex = if sqlite {
                "hex(e.ip)"
            } else {
                "upper(encode(e.ip, 'hex'))"
            };
            let local = format!(
                "CASE length({hex}) WHEN 8 THEN substr({hex}, 1, 2) IN ('7F', '0A') OR substr({hex}, 1, 4) = 'C0A8' OR \
                 substr({hex}, 1, 3) = 'AC1' WHEN 32 THEN substr({hex}, 1, 2) IN ('FC', 'FD') OR substr({hex}, 1, 3) IN \
                 ('FE8', 'FE9', 'FEA', 'FEB') OR {hex} IN ('{}', '{}1') ELSE FALSE END",
                "0".repeat(32),
                "0".repeat(31),
            );
            sql.push(&format!(
                "coalesce((SELECT value FROM text WHERE id = e.country_id), CASE WHEN {local} THEN '{LOCAL_COUNTRY}' ELSE '' END)"
            ));
        }
        Text::OrEmpty(dimension) => {
            sql.push("coalesce(");
            push_text(sql, &Text::Of(dimension.clone()));
            sql.push(", '')");
        }
        Text::Of(dimension) => match place(dimension) {
            Ok(Place::Text(column)) => {
                sql.push(&format!("(SELECT value FROM text WHERE id = {column})"));
            }
            Ok(Place::Column(column)) => {
                sql.push(column);
            }
            Ok(Place::TrafficSource) => {
                sql.push("CASE e.traffic_source");
                for one in TrafficSource::ALL {
                    sql.push(&format!(" WHEN {} THEN '{}'", one.code(), one.name()));
                }
                sql.push(" END");
            }
            // It says yes or no.
            Ok(Place::Bot) => {
                sql.push(if sqlite { "NULL" } else { "NULL::text" });
            }
            Err(field) => {
                sql.push("CASE WHEN ");
                push_is(sql, field, false);
                sql.push(" THEN ");
                push_scalar(sql, field, false);
                sql.push(" END");
            }
        },
    }
}

fn text_type(sqlite: bool) -> &'static str {
    if sqlite { "" } else { "::text" }
}

/// A text of which the engine finds the events by an index, as its rows name it by a number.
fn numbered(text: &Text) -> Option<&'static str> {
    match text {
        Text::Device => Some("e.device_id"),
        Text::Of(dimension) => match place(dimension) {
            Ok(Place::Text(column)) => Some(column),
            _ => None,
        },
        _ => None,
    }
}

fn push_text_test(sql: &mut Sql, hasher: &KeyedHash, text: &Text, fold: Option<Fold>, test: &Test) {
    if let (Some(column), None, Test::OneOf(list)) = (numbered(text), fold, test) {
        let hashes = list.iter().map(|one| hasher.hash(&[one.as_bytes()]).to_vec());
        sql.push(column)
            .push(" IN (SELECT id FROM text WHERE hash IN ")
            .bind_list(hashes)
            .push(")");
        return;
    }
    push_test(sql, fold, test, |sql| push_text(sql, text));
}

fn push_test(sql: &mut Sql, fold: Option<Fold>, test: &Test, text: impl Fn(&mut Sql)) {
    let sqlite = sql.is_sqlite();
    let folded = |sql: &mut Sql| {
        let (before, after) = match (fold, sqlite) {
            (None, _) => ("(", ")"),
            // Both engines then change A to Z alone.
            (Some(Fold::Lower), true) => ("lower(", ")"),
            (Some(Fold::Upper), true) => ("upper(", ")"),
            (Some(Fold::Lower), false) => ("lower((", ") COLLATE \"C\")"),
            (Some(Fold::Upper), false) => ("upper((", ") COLLATE \"C\")"),
        };
        sql.push(before);
        text(sql);
        sql.push(after);
    };
    let characters = |text: &str| i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    match test {
        Test::OneOf(list) => {
            folded(sql);
            sql.push(" IN ").bind_list(list.iter().map(String::as_str));
        }
        Test::Prefix(other) if sqlite => {
            sql.push("substr(");
            folded(sql);
            sql.push(", 1, ")
                .number(characters(other))
                .push(") = ")
                .bind(other.as_str());
        }
        Test::Prefix(other) => {
            sql.push("starts_with(");
            folded(sql);
            sql.push(", ").bind(other.as_str()).push(")");
        }
        // Every text ends with nothing, which the functions do not say.
        Test::Suffix(other) if other.is_empty() => {
            folded(sql);
            sql.push(" IS NOT NULL");
        }
        Test::Suffix(other) => {
            sql.push(if sqlite { "substr(" } else { "right(" });
            folded(sql);
            sql.push(if sqlite { ", -" } else { ", " });
            sql.number(characters(other)).push(") = ").bind(other.as_str());
        }
        Test::Contains(other) => {
            sql.push(if sqlite { "instr(" } else { "strpos(" });
            folded(sql);
            sql.push(", ").bind(other.as_str()).push(") > 0");
        }
        Test::Order(op, other) => {
            folded(sql);
            sql.push(if sqlite { "" } else { " COLLATE \"C\"" });
            sql.push(order(*op)).bind(other.as_str());
        }
    }
}

/// Adds what orders by a JSON value: its type, then the number or the text; what is missing or null comes first.
pub(super) fn push_any_order(sql: &mut Sql, field: Field<'_>, direction: &str) {
    let sqlite = sql.is_sqlite();
    sql.push("CASE WHEN ");
    push_is(sql, field, true);
    sql.push(" THEN 2 WHEN ");
    push_is(sql, field, false);
    sql.push(" THEN 3 WHEN ");
    push_is_truth(sql, field);
    sql.push(" THEN 1 ELSE 0 END").push(direction).push(", CASE WHEN ");
    push_is(sql, field, true);
    sql.push(" THEN ");
    push_scalar(sql, field, true);
    sql.push(" END")
        .push(direction)
        .push(nulls(sqlite, direction))
        .push(", CASE WHEN ");
    push_is(sql, field, false);
    sql.push(" THEN ");
    push_scalar(sql, field, false);
    sql.push(" WHEN ");
    push_is_truth(sql, field);
    sql.push(" THEN ");
    if sqlite {
        super::condition::push_kind(sql, field);
    } else {
        push_scalar(sql, field, false);
    }
    sql.push(" END");
    sql.push(if sqlite { "" } else { " COLLATE \"C\"" })
        .push(direction)
        .push(nulls(sqlite, direction));
}

/// Adds whether a JSON value is true or false.
fn push_is_truth(sql: &mut Sql, field: Field<'_>) {
    super::condition::push_kind(sql, field);
    sql.push(if sql.is_sqlite() {
        " IN ('true', 'false')"
    } else {
        " = 'boolean'"
    });
}

/// What is missing comes before everything; SQLite thinks so itself.
pub(super) fn nulls(sqlite: bool, direction: &str) -> &'static str {
    match (sqlite, direction) {
        (true, _) => "",
        (false, "") => " NULLS FIRST",
        (false, _) => " NULLS LAST",
    }
}
