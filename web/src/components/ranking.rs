//! A ranking: what occurs most, with a bar for its share. Pressing a row filters by it.

use leptos::{either::Either, prelude::*};
use serde_json::Value;

use crate::{
    format::number::{count, float},
    text::{chart as words, t},
};

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ranked {
    /// The value of the dimension.
    pub(crate) value: Value,
    /// How many events have it.
    pub(crate) count: u64,
}

/// The ranking.
#[component]
pub(crate) fn Ranking(
    /// What it is called in the document; unique on the page.
    id: &'static str,
    /// What it is a ranking of.
    title: &'static str,
    /// Its rows, the highest first; or why there are none.
    rows: Result<Vec<Ranked>, String>,
    /// Called with the value of the row that is pressed.
    on_choose: impl Fn(Value) + Clone + 'static,
) -> impl IntoView {
    let body = match rows {
        Err(message) => Either::Left(view! { <p class="ranking-none">{message}</p> }.into_any()),
        Ok(rows) if rows.is_empty() => {
            Either::Left(view! { <p class="ranking-none">{t(words::NOTHING)}</p> }.into_any())
        }
        Ok(rows) => {
            let most = rows.iter().map(|row| row.count).max().unwrap_or(1).max(1);
            let lines = rows
                .into_iter()
                .map(move |row| line(row, most, on_choose.clone()))
                .collect_view();
            Either::Right(view! { <ol>{lines}</ol> })
        }
    };
    view! {
        <section class="card ranking" aria-labelledby=id>
            <h2 id=id>{title}</h2>
            {body}
        </section>
    }
}

fn line(row: Ranked, most: u64, on_choose: impl Fn(Value) + 'static) -> impl IntoView {
    let share = (float(row.count) / float(most) * 100.0).max(0.5);
    let name = name(&row.value);
    // What is cut off for want of room is told whole to whoever points at it.
    let whole = name.clone();
    view! {
        <li>
            <button type="button" class="ranking-row" on:click=move |_| on_choose(row.value.clone())>
                <svg class="ranking-bar" aria-hidden="true" focusable="false">
                    <rect width=format!("{share}%") height="100%"/>
                </svg>
                <span class="ranking-name" title=whole>{name}</span>
                " "
                <span class="ranking-count">{count(row.count)}</span>
                <span class="visually-hidden">{t(words::FILTER_BY)}</span>
            </button>
        </li>
    }
}

/// A value as people read it.
pub(crate) fn name(value: &Value) -> String {
    match value {
        Value::Null => t(words::NONE).to_owned(),
        Value::String(text) if text.is_empty() => t(words::EMPTY).to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
