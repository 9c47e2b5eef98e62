//! Something that is shown this once: to be copied, and kept where it is used.

use leptos::prelude::*;

use super::button::{Button, Weight};
use crate::{
    browser,
    state::notice::use_notices,
    text::{phrase, t},
};

/// A text to be copied.
#[component]
pub(crate) fn Secret(
    /// What it is called in the document; unique on the page.
    id: &'static str,
    /// What it is.
    label: &'static str,
    /// The text.
    text: String,
    /// What to do with it.
    hint: &'static str,
) -> impl IntoView {
    let copy = copier(text.clone());
    view! {
        <div class="field secret">
            <label for=id>{label}</label>
            <div class="secret-line">
                <input id=id type="text" readonly=true value=text aria-describedby=format!("{id}-hint")/>
                <Button weight=Weight::Plain on_click=copy>{t(phrase::COPY)}</Button>
            </div>
            <p class="hint" id=format!("{id}-hint")>{hint}</p>
        </div>
    }
}

/// Several lines of code to be copied.
#[component]
pub(crate) fn Copied(
    /// What it is called in the document; unique on the page.
    id: &'static str,
    /// What it is.
    label: &'static str,
    /// The code.
    text: String,
) -> impl IntoView {
    let copy = copier(text.clone());
    view! {
        <div class="copied">
            <pre id=id tabindex="0" role="group" aria-label=label>{text}</pre>
            <Button weight=Weight::Plain on_click=copy>{t(phrase::COPY)}</Button>
        </div>
    }
}

/// Copies a text, and says so.
fn copier(text: String) -> impl Fn() + 'static {
    let notices = use_notices();
    move || {
        let text = text.clone();
        leptos::task::spawn_local(async move {
            if browser::copy(text).await {
                notices.say(t(phrase::COPIED));
            }
        });
    }
}
