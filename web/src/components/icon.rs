//! The signs of the UI, drawn with one line width. Each stands beside its name, and is not read out.

use leptos::prelude::*;

/// The sign of the product: a tide, and the mark that it left.
#[component]
pub(crate) fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <rect class="mark-ground" width="32" height="32" rx="8"/>
            <path class="mark-line" d="M7 9h18"/>
            <path class="mark-tide" d="M5 17c2.8 0 2.8-2.4 5.5-2.4S13.2 17 16 17s2.8-2.4 5.5-2.4S24.2 17 27 17"/>
            <path class="mark-tide" d="M5 23c2.8 0 2.8-2.4 5.5-2.4S13.2 23 16 23s2.8-2.4 5.5-2.4S24.2 23 27 23"/>
        </svg>
    }
}

/// Three lines: the menu.
#[component]
pub(crate) fn MenuSign() -> impl IntoView {
    view! {
        <svg class="sign" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
            <path d="M3 5.5h14M3 10h14M3 14.5h14"/>
        </svg>
    }
}
