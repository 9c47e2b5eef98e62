//! The frame of a page inside the shell: its heading, its tools, its sections.

use leptos::prelude::*;

use crate::browser;

/// A page.
#[component]
pub(crate) fn PageFrame(
    /// The heading, also of the browser's tab.
    title: &'static str,
    /// A sentence below it.
    #[prop(optional)]
    intro: Option<&'static str>,
    /// What stands beside the heading.
    #[prop(optional, into)]
    tools: ViewFn,
    /// The sections.
    children: Children,
) -> impl IntoView {
    browser::set_title(title);
    view! {
        <header class="page-head">
            <div>
                <h1>{title}</h1>
                {intro.map(|intro| view! { <p class="intro">{intro}</p> })}
            </div>
            <div class="page-tools">{tools.run()}</div>
        </header>
        {children()}
    }
}

/// A section on a card of its own.
#[component]
pub(crate) fn Card(
    /// What it is called in the document; unique on the page.
    id: &'static str,
    /// Its heading.
    title: &'static str,
    /// A sentence below it.
    #[prop(optional, into)]
    hint: Option<String>,
    /// What is in it.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby=id>
            <h2 id=id>{title}</h2>
            {hint.map(|hint| view! { <p class="hint">{hint}</p> })}
            {children()}
        </section>
    }
}
