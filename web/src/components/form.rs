//! Forms: sent by the button or by Enter, and never by the browser itself.

use leptos::prelude::*;

/// A form.
#[component]
pub(crate) fn Form(
    /// Called when it is sent.
    on_submit: impl Fn() + 'static,
    /// How it is set.
    #[prop(optional)]
    class: &'static str,
    /// Its fields and buttons.
    children: Children,
) -> impl IntoView {
    plain(Box::new(on_submit), class, children)
}

/// The same of one type, so that it is in the program once and not once for each use.
fn plain(on_submit: Box<dyn Fn()>, class: &'static str, children: Children) -> impl IntoView {
    view! {
        <form
            class=class
            on:submit=move |event| {
                event.prevent_default();
                on_submit();
            }
        >
            {children()}
        </form>
    }
}
