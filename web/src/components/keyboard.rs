//! The keys of the keyboard: `?` shows them, `/` searches, `g` and a letter go to a page.

use leptos::{ev, html, prelude::*};
use leptos_router::hooks::use_navigate;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::{dialog::Dialog, field::Tick};
use crate::{
    browser,
    route::Page,
    state::{preference::Preference, surroundings::use_place},
    text::{fill, shell, t},
};

/// The letter has to follow `g` within this: milliseconds.
const PATIENCE: f64 = 1_500.0;

/// Listens to the keyboard, and explains itself.
#[component]
pub(crate) fn Keyboard(
    /// The line that `/` leads to.
    search: NodeRef<html::Input>,
    /// Whether it explains itself.
    help: RwSignal<bool>,
) -> impl IntoView {
    let place = use_place();
    let preference = expect_context::<Preference>();
    let navigate = use_navigate();
    let began = StoredValue::new(f64::NEG_INFINITY);
    let listener = window_event_listener(ev::keydown, move |event| {
        // What an open dialog asks comes first: nobody leaves a page from below it.
        if event.ctrl_key() || event.meta_key() || event.alt_key() || is_typing(&event) || browser::has_dialog() {
            return;
        }
        if !untrack(|| preference.keys()) {
            return;
        }
        let key = event.key();
        if browser::now() - began.get_value() < PATIENCE {
            began.set_value(f64::NEG_INFINITY);
            let page = Page::all().find(|page| key == page.letter.to_string());
            if let Some(way) = page.and_then(|page| untrack(|| place.way_to(page))) {
                event.prevent_default();
                navigate(&way, Default::default());
            }
            return;
        }
        match key.as_str() {
            "g" => began.set_value(browser::now()),
            "?" => help.set(true),
            "/" => {
                event.prevent_default();
                if let Some(input) = search.get_untracked() {
                    let _ = input.focus();
                }
            }
            _ => {}
        }
    });
    on_cleanup(move || listener.remove());
    view! {
        <Dialog open=help title=t(shell::KEYBOARD).to_owned()>
            <dl class="keys">
                <KeyLine keys="?" meaning=t(shell::SHORT_HELP).to_owned()/>
                <KeyLine keys="/" meaning=t(shell::SHORT_SEARCH).to_owned()/>
                {Page::all()
                    .filter(|page| place.way_to(*page).is_some())
                    .map(|page| {
                        view! {
                            <KeyLine
                                keys=format!("g {}", page.letter)
                                meaning=fill(shell::SHORT_GO, &[t(page.title)])
                            />
                        }
                    })
                    .collect_view()}
            </dl>
            <Wanted/>
        </Dialog>
    }
}

/// Whether the person wants these keys at all.
#[component]
fn Wanted() -> impl IntoView {
    let preference = expect_context::<Preference>();
    let wanted = RwSignal::new(untrack(|| preference.keys()));
    Effect::new(move || {
        let wanted = wanted.get();
        if untrack(|| preference.keys()) != wanted {
            preference.set_keys(wanted);
        }
    });
    view! { <Tick id="keys-wanted" label=t(shell::KEYS_WANTED) hint=t(shell::KEYS_WANTED_HINT) value=wanted/> }
}

#[component]
fn KeyLine(#[prop(into)] keys: String, meaning: String) -> impl IntoView {
    let keys: Vec<_> = keys.split(' ').map(str::to_owned).collect();
    view! {
        <div>
            <dt>{keys.into_iter().map(|key| view! { <kbd>{key}</kbd> }).collect_view()}</dt>
            <dd>{meaning}</dd>
        </div>
    }
}

/// Whether the key goes into a field.
fn is_typing(event: &ev::KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
    target.is_some_and(|element| {
        matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT") || element.is_content_editable()
    })
}
