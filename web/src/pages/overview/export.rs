//! What is shown, as files.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{EventTarget, HtmlDetailsElement, Node};

use super::{Answered, file};
use crate::{
    browser,
    components::{
        button::{Button, Weight},
        load::Answer,
    },
    text::{overview as words, t},
};

/// Where the chart is in the document.
const CHART: &str = "#events-chart";

/// The menu.
#[component]
pub(super) fn Export(answer: Answer<Answered>) -> impl IntoView {
    let save = move |name: &'static str, kind: &'static str, write: fn(&Answered) -> Option<String>| {
        let text = untrack(|| answer.get())
            .and_then(Result::ok)
            .and_then(|answered| write(&answered));
        if let Some(text) = text {
            browser::save(name, kind, &text);
        }
    };
    let menu = NodeRef::<html::Details>::new();
    let close = move || {
        if let Some(menu) = menu.get_untracked() {
            menu.set_open(false);
        }
    };
    // Whoever goes elsewhere, by the keyboard or by a press, has done with it.
    let leave = move |to: Option<EventTarget>| {
        let to = to.and_then(|target| target.dyn_into::<Node>().ok());
        let outside = |menu: HtmlDetailsElement| to.as_ref().is_some_and(|to| !menu.contains(Some(to)));
        if menu.get_untracked().is_some_and(outside) {
            close();
        }
    };
    let elsewhere = window_event_listener(ev::pointerdown, move |event| leave(event.target()));
    on_cleanup(move || elsewhere.remove());
    let pressed = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            close();
        }
    };
    view! {
        <details class="menu" node_ref=menu on:focusout=move |event| leave(event.related_target()) on:keydown=pressed>
            <summary class="button">{t(words::EXPORT)}</summary>
            <div class="menu-ways" on:click=move |_| close()>
                <Button weight=Weight::Quiet on_click=move || {
                    save("overview.csv", "text/csv", |answered| Some(file::csv(answered)));
                }>{t(words::EXPORT_CSV)}</Button>
                <Button weight=Weight::Quiet on_click=move || save("overview.json", "application/json", file::json)>
                    {t(words::EXPORT_JSON)}
                </Button>
                // The chart as it is drawn, with its colours in it.
                <Button weight=Weight::Quiet on_click=move || {
                    save("overview.svg", "image/svg+xml", |_| browser::drawing(CHART));
                }>{t(words::EXPORT_SVG)}</Button>
                <Button weight=Weight::Quiet on_click=|| {
                    leptos::task::spawn_local(browser::save_picture("overview.png", CHART));
                }>{t(words::EXPORT_PNG)}</Button>
            </div>
        </details>
    }
}
