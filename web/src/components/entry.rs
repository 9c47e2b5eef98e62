//! The frame of the pages for whoever is not signed in.

use leptos::prelude::*;

use super::{icon::Mark, notice::NoticeCorner};
use crate::browser;

/// A card in the middle, with the product's sign above it.
#[component]
pub(crate) fn EntryFrame(
    /// The heading.
    title: &'static str,
    /// A sentence below it.
    intro: &'static str,
    /// What is on the card.
    children: Children,
) -> impl IntoView {
    browser::set_title(title);
    view! {
        <main class="entry">
            <div class="entry-sign">
                <Mark/>
                <span>"Tidemark"</span>
            </div>
            <div class="card entry-card">
                <h1>{title}</h1>
                <p class="intro">{intro}</p>
                {children()}
            </div>
            <div class="entry-tide" aria-hidden="true"></div>
        </main>
        <NoticeCorner/>
    }
}
