//! Filters: the chips of those there are, and a line to add one. What they are is in the address.

use leptos::prelude::*;
use serde_json::Value;

use super::{
    button::{Submit, Weight},
    form::Form,
    ranking::name,
};
use crate::{
    state::question::Question,
    text::{event as words, fill, overview, t},
};

/// Dimensions that the line offers; a tag's field can be typed.
const DIMENSIONS: [&str; 15] = [
    "action",
    "label",
    "url.path",
    "url.host",
    "referrer.host",
    "traffic_source",
    "actor",
    "company",
    "session",
    "country",
    "language",
    "device",
    "browser",
    "os",
    "bot",
];

/// The filters; pressing one takes it away.
#[component]
pub(crate) fn Filters(
    /// What is asked.
    #[prop(into)]
    question: Signal<Question>,
    /// Called with what is asked then.
    change: Callback<Question>,
) -> impl IntoView {
    let filters = move || question.with(|question| question.filters.clone());
    view! {
        <Show when=move || !filters().is_empty()>
            <ul class="filters" aria-label=t(overview::FILTERS)>
                {move || {
                    filters()
                        .into_iter()
                        .map(|(dimension, value)| {
                            let text = format!("{dimension}: {}", name(&value));
                            let label = fill(overview::FILTER_REMOVE, &[&text]);
                            view! {
                                <li>
                                    <button type="button" class="filter" aria-label=label on:click=move |_| {
                                        change.run(question.get_untracked().without_filter(&dimension));
                                    }><bdi>{text}</bdi> <span aria-hidden="true">" ×"</span></button>
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ul>
        </Show>
    }
}

/// A line that adds a filter.
#[component]
pub(crate) fn FilterLine(
    /// What is asked.
    #[prop(into)]
    question: Signal<Question>,
    /// Called with what is asked then.
    change: Callback<Question>,
) -> impl IntoView {
    let dimension = RwSignal::new(DIMENSIONS[0].to_owned());
    let value = RwSignal::new(String::new());
    view! {
        <Form class="filter-line" on_submit=move || {
            let (dimension, text) = (dimension.get_untracked().trim().to_owned(), value.get_untracked());
            if !dimension.is_empty() && !text.is_empty() {
                change.run(question.get_untracked().with_filter(&dimension, read(&dimension, &text)));
                value.set(String::new());
            }
        }>
            <label for="filter-by">{t(words::FILTER_BY)}</label>
            <input id="filter-by" list="dimensions" autocomplete="off" spellcheck="false" bind:value=dimension/>
            <datalist id="dimensions">
                {DIMENSIONS.map(|name| view! { <option value=name></option> }).into_iter().collect_view()}
            </datalist>
            <label for="filter-value" class="visually-hidden">{t(words::FILTER_VALUE)}</label>
            <input
                id="filter-value"
                placeholder=t(words::FILTER_VALUE)
                autocomplete="off"
                spellcheck="false"
                bind:value=value
            />
            <Submit weight=Weight::Plain>{t(words::FILTER_ADD)}</Submit>
        </Form>
    }
}

/// What was typed as a value. Fields of tags have types: `7` is not `"7"`.
fn read(dimension: &str, text: &str) -> Value {
    if dimension == "bot" || dimension.starts_with("tag.") {
        return serde_json::from_str(text).unwrap_or_else(|_| text.into());
    }
    text.into()
}
