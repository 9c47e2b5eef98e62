//! Buttons.

use leptos::prelude::*;

/// How much a button asks for attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Weight {
    /// The one that most people want.
    Primary,
    /// One among several.
    #[default]
    Plain,
    /// It destroys something.
    Danger,
    /// Beside text, in a row of a table.
    Quiet,
}

impl Weight {
    fn class(self) -> &'static str {
        match self {
            Self::Primary => "button primary",
            Self::Plain => "button",
            Self::Danger => "button danger",
            Self::Quiet => "button quiet",
        }
    }
}

/// A button that does something on this page.
#[component]
pub(crate) fn Button(
    /// How much it asks for attention.
    #[prop(optional)]
    weight: Weight,
    /// What it does.
    on_click: impl Fn() + 'static,
    /// Whether it is under way, or cannot be done.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// What it is about, where its text alone does not say it.
    #[prop(optional, into)]
    label: Option<String>,
    /// Its text.
    children: Children,
) -> impl IntoView {
    plain(weight, Box::new(on_click), disabled, label, children)
}

/// The same of one type, so that it is in the program once and not once for each use.
fn plain(
    weight: Weight,
    on_click: Box<dyn Fn()>,
    disabled: Signal<bool>,
    label: Option<String>,
    children: Children,
) -> impl IntoView {
    view! {
        <button type="button" class=weight.class() disabled=disabled aria-label=label on:click=move |_| on_click()>
            {children()}
        </button>
    }
}

/// The button that sends a form.
#[component]
pub(crate) fn Submit(
    /// How much it asks for attention.
    #[prop(default = Weight::Primary)]
    weight: Weight,
    /// Whether it is under way, or cannot be done.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Its text.
    children: Children,
) -> impl IntoView {
    view! {
        <button type="submit" class=weight.class() disabled=disabled>
            {children()}
        </button>
    }
}
