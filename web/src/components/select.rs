//! A choice that acts at once, beside others of its kind.

use leptos::prelude::*;

/// The choice.
#[component]
pub(crate) fn Select(
    /// What it is called in the document; unique on the page.
    id: &'static str,
    /// Its label.
    label: &'static str,
    /// What is chosen.
    value: Signal<String>,
    /// What there is to choose from: values, and what people read.
    options: Vec<(String, String)>,
    /// Called with what is chosen then.
    change: Callback<String>,
) -> impl IntoView {
    let option = move |(name, text): (String, String)| {
        let chosen = name.clone();
        view! {
            <option value=name selected=move || value.with(|value| *value == chosen)>
                {text}
            </option>
        }
    };
    view! {
        <div class="beside-field">
            <label for=id>{label}</label>
            <select id=id on:change=move |event| change.run(event_target_value(&event))>
                {options.into_iter().map(option).collect_view()}
            </select>
        </div>
    }
}
