//! Dialogs: the browser's own, which keeps the keyboard inside and closes on Escape.

use leptos::{html, prelude::*};

use super::{
    button::{Button, Submit, Weight},
    field::{Field, FormError},
    form::Form,
};
use crate::{
    api::failure::Failure,
    text::{fill, phrase, t},
};

/// A dialog; what is in it is made anew each time it opens.
#[component]
pub(crate) fn Dialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// Its heading.
    #[prop(into)]
    title: Signal<String>,
    /// What its heading is called in the document; another one where it may be open above a dialog.
    #[prop(default = "dialog-title")]
    heading: &'static str,
    /// How it is set.
    #[prop(default = "dialog")]
    class: &'static str,
    /// Whether it can be closed before it is done.
    #[prop(default = true)]
    closes: bool,
    /// What is in it.
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        let (open, Some(dialog)) = (open.get(), node.get()) else {
            return;
        };
        if open && !dialog.open() {
            let _ = dialog.show_modal();
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
    view! {
        <dialog node_ref=node class=class aria-labelledby=heading on:close=move |_| open.set(false)>
            <Show when=move || open.get()>
                <h2 id=heading>{title}</h2>
                {children()}
                // Phones have no Escape. Last, so that the keyboard begins with what the dialog is about.
                {closes
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                class="icon-button dialog-close"
                                aria-label=t(phrase::CLOSE)
                                on:click=move |_| open.set(false)
                            >
                                "×"
                            </button>
                        }
                    })}
            </Show>
        </dialog>
    }
}

/// Whether a dialog is open that is about something: it opens when there is something, and closing it forgets that.
pub(crate) fn open_while(
    is_wanted: impl Fn() -> bool + Copy + Send + Sync + 'static,
    forget: impl Fn() + 'static,
) -> RwSignal<bool> {
    let open = RwSignal::new(false);
    Effect::new(move || open.set(is_wanted()));
    Effect::new(move |before: Option<bool>| {
        let now = open.get();
        if before == Some(true) && !now && untrack(is_wanted) {
            forget();
        }
        now
    });
    open
}

/// Asks before something is destroyed: what it is has to be typed.
#[component]
pub(crate) fn Confirm(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// What is about to happen.
    #[prop(into)]
    title: Signal<String>,
    /// What that means.
    hint: &'static str,
    /// What has to be typed.
    #[prop(into)]
    name: Signal<String>,
    /// The button's text.
    action: &'static str,
    /// Does it.
    on_confirm: impl Fn() + Clone + Send + Sync + 'static,
    /// Whether it is under way.
    #[prop(into)]
    pending: Signal<bool>,
    /// How far it has come, where it takes a while.
    #[prop(optional, into)]
    progress: Signal<Option<String>>,
    /// Why it did not work.
    #[prop(into)]
    failure: Signal<Option<Failure>>,
) -> impl IntoView {
    view! {
        <Dialog open title>
            {
                let typed = RwSignal::new(String::new());
                let on_confirm = on_confirm.clone();
                let label = name.with(|name| fill(phrase::CONFIRM_BY_TYPING, &[name]));
                view! {
                    <p>{hint}</p>
                    <Form on_submit=move || {
                        on_confirm();
                    }>
                        <Field id="confirm" label=label value=typed required=true first=true/>
                        <FormError failure/>
                        <div class="dialog-ways">
                            <span role="status" class="beside">{move || progress.get()}</span>
                            <Button on_click=move || open.set(false)>{t(phrase::CANCEL)}</Button>
                            <Submit
                                weight=Weight::Danger
                                disabled=Signal::derive(move || pending.get() || typed.get() != name.get())
                            >
                                {action}
                            </Submit>
                        </div>
                    </Form>
                }
            }
        </Dialog>
    }
}
