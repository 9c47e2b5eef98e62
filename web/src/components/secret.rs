//! Something that is shown this once: to be copied, and kept where it is used.

use leptos::prelude::*;

use super::button::{Button, Weight};
use crate::{
    browser,
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
    let said = RwSignal::new("");
    let copy = copier(text.clone(), said);
    view! {
        <div class="field secret">
            <label for=id>{label}</label>
            <div class="secret-line">
                <input id=id type="text" readonly=true value=text aria-describedby=format!("{id}-hint")/>
                <Button weight=Weight::Plain on_click=copy>{t(phrase::COPY)}</Button>
            </div>
            <p class="hint" id=format!("{id}-hint")>{hint}</p>
            <p class="hint" role="status">{said}</p>
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
    let said = RwSignal::new("");
    let copy = copier(text.clone(), said);
    view! {
        <div class="copied">
            <pre id=id tabindex="0" role="group" aria-label=label>{text}</pre>
            <div>
                <Button weight=Weight::Plain on_click=copy>{t(phrase::COPY)}</Button>
                <span class="beside" role="status">{said}</span>
            </div>
        </div>
    }
}

/// Copies a text, and says whether it did. It is said where the button is: what stands outside of a dialog is neither seen
/// nor read out while that is open.
fn copier(text: String, said: RwSignal<&'static str>) -> impl Fn() + 'static {
    move || {
        let text = text.clone();
        said.set("");
        leptos::task::spawn_local(async move {
            let copied = browser::copy(text).await;
            said.set(t(if copied { phrase::COPIED } else { phrase::NOT_COPIED }));
        });
    }
}
