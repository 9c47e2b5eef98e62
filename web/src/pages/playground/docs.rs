//! What the schema says of itself, to be searched.

use leptos::prelude::*;

use super::schema::{Entry, entries};
use crate::{
    components::page::Card,
    text::{fill, playground as words, t},
};

/// The section.
#[component]
pub(super) fn Docs() -> impl IntoView {
    let all = StoredValue::new(entries());
    let wanted = RwSignal::new(String::new());
    let found = Memo::new(move |_| {
        let wanted = wanted.get().trim().to_lowercase();
        all.with_value(|all| {
            let named = all.iter().filter(|entry| entry.name.to_lowercase().contains(&wanted));
            named.cloned().collect::<Vec<Entry>>()
        })
    });
    let entry = |entry: Entry| {
        view! {
            <details class="doc">
                <summary><code>{entry.name}</code></summary>
                <pre tabindex="0">{entry.text}</pre>
            </details>
        }
    };
    view! {
        <Card id="docs-title" title=t(words::DOCS) hint=t(words::DOCS_HINT)>
            <div class="filter-line">
                <label for="docs-search" class="visually-hidden">{t(words::SEARCH)}</label>
                <input
                    id="docs-search"
                    type="search"
                    placeholder=t(words::SEARCH)
                    autocomplete="off"
                    spellcheck="false"
                    bind:value=wanted
                />
                <span class="hint" role="status">
                    {move || fill(words::FOUND, &[&found.with(Vec::len).to_string()])}
                </span>
            </div>
            <div class="docs">
                <For each=move || found.get() key=|entry| entry.name.clone() children=entry/>
            </div>
        </Card>
    }
}
