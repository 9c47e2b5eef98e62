//! The question as others may send it: as GraphQL, and as a command.

use leptos::prelude::*;

use super::Answered;
use crate::{
    api::explore::Written,
    browser,
    components::{
        button::{Button, Weight},
        load::Answer,
    },
    state::notice::use_notices,
    text::{explore as words, phrase, t},
};

/// The buttons.
#[component]
pub(super) fn Copy(answer: Answer<Answered>) -> impl IntoView {
    let notices = use_notices();
    let copy = move |write: fn(&Written) -> String| {
        let Some(Ok(answered)) = untrack(|| answer.get()) else {
            return;
        };
        let text = write(&answered.written);
        leptos::task::spawn_local(async move {
            let copied = browser::copy(text).await;
            notices.say(t(if copied { phrase::COPIED } else { phrase::NOT_COPIED }));
        });
    };
    view! {
        <Button weight=Weight::Plain on_click=move || copy(graphql)>{t(words::COPY_GRAPHQL)}</Button>
        <Button weight=Weight::Plain on_click=move || copy(curl)>{t(words::COPY_CURL)}</Button>
    }
}

/// The operation, with its variables as a comment below it.
fn graphql(written: &Written) -> String {
    let variables: Vec<_> = written.variables.lines().map(|line| format!("# {line}")).collect();
    format!("{}\n\n{}\n", written.query.trim_end(), variables.join("\n"))
}

/// A command of a shell, with a place for a key.
fn curl(written: &Written) -> String {
    let variables: serde_json::Value = serde_json::from_str(&written.variables).unwrap_or_default();
    let body = serde_json::json!({"query": written.query, "variables": variables}).to_string();
    format!(
        "curl {}/graphql \\\n  -H 'Authorization: Bearer YOUR-KEY' \\\n  -H 'Content-Type: application/json' \\\n  \
         --data-binary '{}'",
        browser::origin(),
        body.replace('\'', r"'\''"),
    )
}
