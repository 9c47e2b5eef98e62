//! What is shown, as files.

use leptos::{ev, html, prelude::*};
use serde_json::json;
use wasm_bindgen::JsCast;
use web_sys::{EventTarget, HtmlDetailsElement, Node};

use super::{Answered, RANKINGS, board::points};
use crate::{
    api::overview::LEADING,
    browser,
    components::{
        button::{Button, Weight},
        load::Answer,
    },
    text::{chart, overview as words, t},
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
                <Button weight=Weight::Quiet on_click=move || save("overview.csv", "text/csv", csv)>
                    {t(words::EXPORT_CSV)}
                </Button>
                <Button weight=Weight::Quiet on_click=move || save("overview.json", "application/json", json)>
                    {t(words::EXPORT_JSON)}
                </Button>
                <Button weight=Weight::Quiet on_click=move || save("overview.svg", "image/svg+xml", svg)>
                    {t(words::EXPORT_SVG)}
                </Button>
                <Button weight=Weight::Quiet on_click=|| {
                    leptos::task::spawn_local(browser::save_picture("overview.png", CHART));
                }>{t(words::EXPORT_PNG)}</Button>
            </div>
        </details>
    }
}

/// The series, a line for each point.
#[expect(clippy::unnecessary_wraps, reason = "one shape for all files")]
fn csv(answered: &Answered) -> Option<String> {
    let cell = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let figure = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let heads = [chart::WHEN, chart::NOW, chart::BEFORE]
        .map(|head| cell(t(head)))
        .join(",");
    let lines = points(answered).into_iter().map(|point| {
        format!(
            "{},{},{}",
            cell(&point.label),
            figure(point.value),
            figure(point.before)
        )
    });
    Some([heads].into_iter().chain(lines).map(|line| line + "\r\n").collect())
}

/// Everything, with what was asked.
fn json(answered: &Answered) -> Option<String> {
    let asked = &answered.asked;
    let series = points(answered)
        .into_iter()
        .map(|point| json!({"label": point.label, "events": point.value, "before": point.before}));
    let rankings = RANKINGS
        .iter()
        .zip(answered.finds.iter().skip(LEADING))
        .map(|((.., ranking), outcome)| {
            let rows = outcome.result.iter().flat_map(|found| &found.rows);
            let rows = rows.map(|row| json!({"dimensions": row.dimensions, "count": row.count}));
            json!({"dimension": ranking.dimension, "rows": rows.collect::<Vec<_>>()})
        });
    let filters = asked
        .question
        .filters
        .iter()
        .map(|(dimension, value)| json!({"dimension": dimension, "value": value}));
    let actors = answered.actors.as_ref().map(|(actors, before)| {
        json!({"count": actors.count, "lower": actors.lower, "upper": actors.upper, "exact": actors.exact, "before": before})
    });
    let all = json!({
        "site": asked.site,
        "timeZone": asked.zone,
        "filters": filters.collect::<Vec<_>>(),
        "series": series.collect::<Vec<_>>(),
        "actors": actors,
        "rankings": rankings.collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&all).ok()
}

/// The chart as it is drawn, with its colours in it.
fn svg(_: &Answered) -> Option<String> {
    browser::drawing(CHART)
}
