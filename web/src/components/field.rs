//! Fields of forms: each with its label, a hint, and what the server said of it.

use leptos::prelude::*;

use crate::{
    api::failure::Failure,
    text::{phrase, t},
};

/// A line of text.
#[component]
pub(crate) fn Field(
    /// What it is called in the document; unique on the page.
    id: &'static str,
    /// Its label.
    #[prop(into)]
    label: String,
    /// What is in it.
    value: RwSignal<String>,
    /// `text`, `email`, `password`, …
    #[prop(default = "text")]
    kind: &'static str,
    /// What browsers may fill it with.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// A sentence below it.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Whether the form cannot be sent without it.
    #[prop(optional)]
    required: bool,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// Whether it is where the person begins.
    #[prop(optional)]
    first: bool,
) -> impl IntoView {
    let node = NodeRef::<leptos::html::Input>::new();
    Effect::new(move || {
        if let (true, Some(input)) = (first, node.get()) {
            let _ = input.focus();
        }
    });
    view! {
        <div class="field">
            <Label id label required/>
            <input
                id=id
                name=id
                type=kind
                node_ref=node
                autocomplete=autocomplete
                autocapitalize="none"
                spellcheck="false"
                required=required
                // Browsers let nobody type a year of five digits then, which no moment has.
                max=(kind == "datetime-local").then_some("9999-12-31T23:59")
                aria-describedby=format!("{id}-hint {id}-error")
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                bind:value=value
            />
            <Below id hint error/>
        </div>
    }
}

/// Whose password the form asks for: for password managers alone, which otherwise keep it for nobody.
#[component]
pub(crate) fn Whose(
    /// The e-mail address of the account.
    email: String,
) -> impl IntoView {
    view! { <input type="email" name="username" autocomplete="username" value=email hidden readonly/> }
}

/// Several lines of text.
#[component]
pub(crate) fn Lines(
    /// What it is called in the document; unique on the page.
    id: &'static str,
    /// Its label.
    #[prop(into)]
    label: String,
    /// What is in it.
    value: RwSignal<String>,
    /// A sentence below it.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Whether the form cannot be sent without it.
    #[prop(optional)]
    required: bool,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <div class="field">
            <Label id label required/>
            <textarea
                id=id
                name=id
                rows="3"
                required=required
                spellcheck="false"
                aria-describedby=format!("{id}-hint {id}-error")
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                bind:value=value
            ></textarea>
            <Below id hint error/>
        </div>
    }
}

/// One of several.
#[component]
pub(crate) fn Choice(
    /// What it is called in the document; unique on the page.
    id: &'static str,
    /// Its label.
    #[prop(into)]
    label: String,
    /// Which is chosen, by its place.
    value: RwSignal<usize>,
    /// What there is to choose from.
    options: Vec<String>,
    /// Whether it can be chosen at all.
    #[prop(optional)]
    disabled: bool,
) -> impl IntoView {
    let chosen = value.get_untracked();
    view! {
        <div class="field">
            <Label id label required=true/>
            <select
                id=id
                name=id
                disabled=disabled
                prop:value=move || value.get().to_string()
                on:change=move |event| value.set(event_target_value(&event).parse().unwrap_or_default())
            >
                {options
                    .into_iter()
                    .enumerate()
                    .map(|(index, text)| {
                        // What the list as a whole follows is not yet there as it is told so first.
                        view! {
                            <option value=index.to_string() prop:selected=chosen == index>
                                {text}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
        </div>
    }
}

/// A box to tick.
#[component]
pub(crate) fn Tick(
    /// What it is called in the document; unique on the page.
    id: &'static str,
    /// Its label.
    #[prop(into)]
    label: String,
    /// Whether it is ticked.
    value: RwSignal<bool>,
    /// What it means, behind the label.
    #[prop(optional, into)]
    hint: Option<String>,
) -> impl IntoView {
    view! {
        <label class="tick" for=id>
            <input id=id name=id type="checkbox" bind:checked=value/>
            <span>
                {label}
                // Read out, the two are words of their own.
                {hint.map(|hint| view! { " " <span class="tick-hint">{hint}</span> })}
            </span>
        </label>
    }
}

#[component]
fn Label(id: &'static str, #[prop(into)] label: Oco<'static, str>, required: bool) -> impl IntoView {
    view! {
        <label for=id>
            {label}
            {(!required).then(|| view! { <span class="optional">{t(phrase::OPTIONAL)}</span> })}
        </label>
    }
}

#[component]
fn Below(id: &'static str, hint: Option<String>, error: Signal<Option<String>>) -> impl IntoView {
    view! {
        {hint.filter(|hint| !hint.is_empty()).map(|hint| view! { <p class="hint" id=format!("{id}-hint")>{hint}</p> })}
        <p class="field-error" id=format!("{id}-error")>{move || error.get()}</p>
    }
}

/// What is wrong with a whole form, read out as it appears; errors of its fields stand beside those.
#[component]
pub(crate) fn FormError(
    /// What went wrong, if anything.
    #[prop(into)]
    failure: Signal<Option<Failure>>,
) -> impl IntoView {
    view! {
        <div role="alert" class="form-error">
            {move || failure.get().map(|failure| failure.message())}
        </div>
    }
}
