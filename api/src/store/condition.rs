//! Conditions as SQL, with the meaning of [`Condition::holds`]; every value is bound.

use serde_json::Value;

use super::sql::Sql;
use crate::domain::{
    condition::{Condition, Op, canonical},
    dimension::Dimension,
    event::TrafficSource,
    hash::KeyedHash,
    profile::ProfileKind,
    question::MOST_MEASURED,
};

/// Where a JSON value is found.
#[derive(Debug, Clone, Copy)]
pub(super) enum Field<'a> {
    /// In the tag of event `e`, by the keys on the way.
    Tag(&'a [String]),
    /// In the traits of the event's actor or company, by the keys on the way.
    Trait(ProfileKind, &'a [String]),
    /// In a column of rollup key `k`, as JSON text.
    Key(usize),
}

impl Field<'_> {
    /// The column that holds the object.
    fn column(self) -> &'static str {
        match self {
            Self::Tag(_) => "e.tag",
            Self::Trait(ProfileKind::User, _) => "pa.traits",
            Self::Trait(ProfileKind::Company | ProfileKind::Subscription, _) => "pc.traits",
            Self::Key(_) => "k",
        }
    }
}

/// Where a plain dimension of event `e` is found.
pub(super) enum Place {
    /// A number in `text`.
    Text(&'static str),
    /// A column of a joined table.
    Column(&'static str),
    /// The code of a traffic source.
    TrafficSource,
    /// Whether the agent is a program.
    Bot,
}

/// Where a dimension's value is found in a raw event; else the JSON value that it is.
pub(super) fn place(dimension: &Dimension) -> Result<Place, Field<'_>> {
    Ok(match dimension {
        Dimension::Action => Place::Text("e.action_id"),
        Dimension::Label => Place::Text("e.label_id"),
        Dimension::UrlHost => Place::Column("u.host"),
        Dimension::UrlPath => Place::Column("u.path"),
        Dimension::ReferrerHost => Place::Column("r.host"),
        Dimension::TrafficSource => Place::TrafficSource,
        Dimension::Device => Place::Column("g.device"),
        Dimension::Browser => Place::Column("g.browser"),
        Dimension::Os => Place::Column("g.os"),
        Dimension::Bot => Place::Bot,
        Dimension::Country => Place::Text("e.country_id"),
        Dimension::City => Place::Text("e.city_id"),
        Dimension::Language => Place::Text("e.language_id"),
        Dimension::Company => Place::Text("e.company_id"),
        Dimension::Actor => Place::Text("e.actor_id"),
        Dimension::Session => Place::Text("e.session_id"),
        Dimension::Tag(keys) => return Err(Field::Tag(keys)),
        Dimension::Trait(kind, keys) => return Err(Field::Trait(*kind, keys)),
    })
}

/// The joins that raw events need for these dimensions.
pub(super) fn joins<'a>(dimensions: impl IntoIterator<Item = &'a Dimension>) -> String {
    let mut needed = [false; 5];
    for dimension in dimensions {
        match dimension {
            Dimension::UrlHost | Dimension::UrlPath => needed[0] = true,
            Dimension::ReferrerHost => needed[1] = true,
            Dimension::Device | Dimension::Browser | Dimension::Os | Dimension::Bot => needed[2] = true,
            Dimension::Trait(ProfileKind::User, _) => needed[3] = true,
            Dimension::Trait(ProfileKind::Company | ProfileKind::Subscription, _) => needed[4] = true,
            _ => {}
        }
    }
    let all = [
        " LEFT JOIN url u ON u.id = e.url_id",
        " LEFT JOIN url r ON r.id = e.referrer_id",
        " LEFT JOIN user_agent g ON g.id = e.user_agent_id",
        " LEFT JOIN text an ON an.id = e.actor_id \
         LEFT JOIN profile_alias aa ON aa.site_id = e.site_id AND aa.name = an.value AND aa.deletion_id IS NULL \
         LEFT JOIN profile pa ON pa.site_id = e.site_id AND pa.kind = 0 AND pa.name = coalesce(aa.actor, an.value) \
         AND pa.deletion_id IS NULL",
        " LEFT JOIN text cn ON cn.id = e.company_id \
         LEFT JOIN profile pc ON pc.site_id = e.site_id AND pc.kind = 1 AND pc.name = cn.value AND pc.deletion_id IS NULL",
    ];
    all.into_iter()
        .zip(needed)
        .filter_map(|(join, needed)| needed.then_some(join))
        .collect()
}

/// Adds one condition on a raw event.
pub(super) fn push_raw(sql: &mut Sql, hasher: &KeyedHash, condition: &Condition) {
    match place(&condition.dimension) {
        Err(field) => push_json(sql, field, condition),
        Ok(Place::Text(column)) => push_text_id(sql, hasher, column, condition),
        Ok(Place::Column(column)) => push_text(sql, column, condition),
        Ok(Place::TrafficSource) => {
            let fitting = TrafficSource::ALL
                .into_iter()
                .filter(|one| condition.holds(Some(&one.name().into())));
            let codes: Vec<_> = fitting.map(|one| i64::from(one.code())).collect();
            sql.push("e.traffic_source IN ").numbers(codes);
        }
        Ok(Place::Bot) => {
            let fits = |value: Option<bool>| condition.holds(value.map(Value::Bool).as_ref());
            let truth = |fits: bool| if fits { "TRUE" } else { "FALSE" };
            sql.push("CASE WHEN g.bot IS NULL THEN ").push(truth(fits(None)));
            sql.push(" WHEN g.bot THEN ")
                .push(truth(fits(Some(true))))
                .push(" ELSE ")
                .push(truth(fits(Some(false))))
                .push(" END");
        }
    }
}

/// Texts of a condition's list or single value; others than texts equal no text.
fn texts(condition: &Condition) -> Vec<&str> {
    match &condition.value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

/// A condition on a column that names a row of `text`.
fn push_text_id(sql: &mut Sql, hasher: &KeyedHash, column: &str, condition: &Condition) {
    let hashes = || {
        texts(condition)
            .into_iter()
            .map(|text| hasher.hash(&[text.as_bytes()]).to_vec())
            .collect::<Vec<_>>()
    };
    match condition.op {
        Op::Eq | Op::In => {
            sql.push(column)
                .push(" IN (SELECT id FROM text WHERE hash IN ")
                .bind_list(hashes())
                .push(")");
        }
        Op::Ne | Op::NotIn => {
            sql.push("(")
                .push(column)
                .push(" IN (SELECT id FROM text WHERE hash IN ")
                .bind_list(hashes())
                .push(")) IS NOT TRUE");
        }
        Op::Exists => push_exists(sql, column, condition),
        Op::Prefix | Op::Contains | Op::Gt | Op::Gte | Op::Lt | Op::Lte => {
            sql.push(column).push(" IN (SELECT id FROM text WHERE ");
            push_text(sql, "value", condition);
            sql.push(")");
        }
    }
}

fn push_exists(sql: &mut Sql, expression: &str, condition: &Condition) {
    let wanted = condition.value.as_bool().unwrap_or(true);
    sql.push(expression)
        .push(if wanted { " IS NOT NULL" } else { " IS NULL" });
}

/// A condition on a column of text.
fn push_text(sql: &mut Sql, column: &str, condition: &Condition) {
    let text = condition.value.as_str();
    match (condition.op, text) {
        (Op::Eq | Op::In, _) => {
            sql.push(column).push(" IN ").bind_list(texts(condition));
        }
        (Op::Ne | Op::NotIn, _) => {
            sql.push("(")
                .push(column)
                .push(" IN ")
                .bind_list(texts(condition))
                .push(") IS NOT TRUE");
        }
        (Op::Exists, _) => push_exists(sql, column, condition),
        (op, Some(text)) => push_text_test(sql, op, text, |sql| {
            sql.push(column);
        }),
        (_, None) => {
            sql.push("FALSE");
        }
    }
}

/// `PREFIX`, `CONTAINS` or an order, by code point.
fn push_text_test(sql: &mut Sql, op: Op, text: &str, expression: impl Fn(&mut Sql)) {
    match op {
        Op::Prefix if sql.is_sqlite() => {
            sql.push("substr(");
            expression(sql);
            sql.push(", 1, ")
                .number(i64::try_from(text.chars().count()).unwrap_or(i64::MAX))
                .push(") = ")
                .bind(text);
        }
        Op::Prefix => {
            sql.push("starts_with(");
            expression(sql);
            sql.push(", ").bind(text).push(")");
        }
        Op::Contains => {
            sql.push(if sql.is_sqlite() { "instr(" } else { "strpos(" });
            expression(sql);
            sql.push(", ").bind(text).push(") > 0");
        }
        _ => {
            expression(sql);
            if !sql.is_sqlite() {
                sql.push(" COLLATE \"C\"");
            }
            sql.push(order(op)).bind(text);
        }
    }
}

fn order(op: Op) -> &'static str {
    match op {
        Op::Gt => " > ",
        Op::Gte => " >= ",
        Op::Lt => " < ",
        _ => " <= ",
    }
}

/// SQLite's path to a tag field, each key quoted as JSON quotes it.
fn path(keys: &[String]) -> String {
    keys.iter().fold("$".to_owned(), |path, key| {
        format!("{path}.{}", Value::from(key.as_str()))
    })
}

/// Adds the JSON value: text on SQLite, `jsonb` on PostgreSQL; SQL's NULL where it is missing.
pub(super) fn push_value(sql: &mut Sql, field: Field) {
    match field {
        Field::Tag(keys) | Field::Trait(_, keys) if sql.is_sqlite() => {
            sql.push("(")
                .push(field.column())
                .push(" -> ")
                .bind(path(keys))
                .push(")");
        }
        Field::Tag(keys) | Field::Trait(_, keys) => {
            sql.push("(").push(field.column());
            for key in keys {
                sql.push(" -> ").bind(key.as_str()).push("::text");
            }
            sql.push(")");
        }
        Field::Key(index) if sql.is_sqlite() => push_key(sql, index),
        Field::Key(index) => {
            push_key(sql, index);
            sql.push("::jsonb");
        }
    }
}

fn push_key(sql: &mut Sql, index: usize) {
    sql.push(&format!("k.v{index}"));
}

/// Adds whether the JSON value is a number (or a text).
pub(super) fn push_is(sql: &mut Sql, field: Field, number: bool) {
    push_kind(sql, field);
    sql.push(match (sql.is_sqlite(), number) {
        (true, true) => " IN ('integer', 'real')",
        (true, false) => " = 'text'",
        (false, true) => " = 'number'",
        (false, false) => " = 'string'",
    });
}

/// Adds the type of the JSON value, in the engine's own words.
pub(super) fn push_kind(sql: &mut Sql, field: Field) {
    if !sql.is_sqlite() {
        sql.push("jsonb_typeof(");
        push_value(sql, field);
        sql.push(")");
        return;
    }
    sql.push("json_type(");
    match field {
        Field::Tag(keys) | Field::Trait(_, keys) => {
            sql.push(field.column()).push(", ").bind(path(keys));
        }
        Field::Key(index) => push_key(sql, index),
    }
    sql.push(")");
}

/// Adds the JSON scalar as the engine's own value: a text or, with `number`, a double.
pub(super) fn push_scalar(sql: &mut Sql, field: Field, number: bool) {
    if !sql.is_sqlite() {
        sql.push("(");
        push_value(sql, field);
        sql.push(if number { " #>> '{}')::float8" } else { " #>> '{}')" });
        return;
    }
    sql.push("(");
    match field {
        Field::Tag(keys) | Field::Trait(_, keys) => {
            sql.push(field.column()).push(" ->> ").bind(path(keys));
        }
        Field::Key(index) => {
            push_key(sql, index);
            sql.push(" ->> '$'");
        }
    }
    sql.push(")");
}

/// Adds the field's number, or SQL's NULL where it is none that is measured.
pub(super) fn push_number(sql: &mut Sql, keys: &[String]) {
    sql.push("CASE WHEN ");
    push_is(sql, Field::Tag(keys), true);
    sql.push(" THEN CASE WHEN ");
    push_scalar(sql, Field::Tag(keys), true);
    sql.push(" BETWEEN ")
        .bind(-MOST_MEASURED)
        .push(" AND ")
        .bind(MOST_MEASURED);
    sql.push(" THEN ");
    push_scalar(sql, Field::Tag(keys), true);
    sql.push(" END END");
}

/// A condition on a JSON value.
pub(super) fn push_json(sql: &mut Sql, field: Field, condition: &Condition) {
    match condition.op {
        Op::Eq => push_equal_to_one(sql, field, std::slice::from_ref(&condition.value)),
        Op::In => push_equal_to_one(sql, field, condition.value.as_array().map_or(&[], Vec::as_slice)),
        Op::Ne | Op::NotIn => {
            let one = std::slice::from_ref(&condition.value);
            sql.push("(");
            push_equal_to_one(sql, field, condition.value.as_array().map_or(one, Vec::as_slice));
            sql.push(") IS NOT TRUE");
        }
        Op::Exists => {
            push_value(sql, field);
            sql.push(if condition.value.as_bool().unwrap_or(true) {
                " IS NOT NULL"
            } else {
                " IS NULL"
            });
        }
        op => {
            let number = condition.value.is_number();
            // CASE keeps the engine from taking a text for a number before the type is known.
            sql.push("CASE WHEN ");
            push_is(sql, field, number);
            sql.push(" THEN ");
            match (&condition.value, condition.value.as_f64()) {
                (_, Some(float)) => {
                    push_scalar(sql, field, true);
                    sql.push(order(op)).bind(float);
                }
                (Value::String(text), None) => push_text_test(sql, op, text, |sql| push_scalar(sql, field, false)),
                _ => {
                    sql.push("FALSE");
                }
            }
            sql.push(" END");
        }
    }
}

/// Equality with one of several scalars, numbers by value and all else by type and text.
fn push_equal_to_one(sql: &mut Sql, field: Field, values: &[Value]) {
    if !sql.is_sqlite() {
        push_value(sql, field);
        sql.push(" IN (");
        for (index, value) in values.iter().enumerate() {
            sql.push(if index > 0 { ", " } else { "" });
            sql.bind(canonical(value)).push("::jsonb");
        }
        sql.push(if values.is_empty() { "NULL)" } else { ")" });
        return;
    }
    let (numbers, others): (Vec<_>, Vec<_>) = values.iter().partition(|value| value.is_number());
    sql.push("(");
    push_value(sql, field);
    sql.push(" IN ").bind_list(others.into_iter().map(canonical));
    if !numbers.is_empty() {
        sql.push(" OR (");
        push_is(sql, field, true);
        sql.push(" AND ");
        push_scalar(sql, field, true);
        sql.push(" IN ")
            .bind_list(numbers.into_iter().filter_map(Value::as_f64))
            .push(")");
    }
    sql.push(")");
}
