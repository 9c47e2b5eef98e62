//! The choice of a period: one press for those that people want most, two days for any other; and of the time zone whose
//! days they are.

use leptos::prelude::*;

use crate::{
    format::zone::{DAYS, is_day, own},
    state::{
        question::{PRESETS, Question, Span, use_zone},
        surroundings::use_place,
    },
    text::{Text, fill, overview as words, t},
};

fn title(span: &Span) -> Text {
    match span {
        Span::Day => words::DAY,
        Span::Days(7) => words::DAYS_7,
        Span::Days(_) => words::DAYS_30,
        Span::Year | Span::Between(..) => words::MONTHS_12,
    }
}

/// The choice.
#[component]
pub(crate) fn Period(
    /// What is asked.
    question: Memo<Question>,
    /// Called with what is asked then.
    change: Callback<Question>,
) -> impl IntoView {
    view! {
        <div class="segments" role="group" aria-label=t(words::PERIOD)>
            {PRESETS
                .into_iter()
                .map(|(span, _)| {
                    let (chosen, text) = (span.clone(), t(title(&span)));
                    view! {
                        <button
                            type="button"
                            aria-pressed=move || question.with(|question| question.span == chosen).to_string()
                            on:click=move |_| change.run(question.get_untracked().with_span(span.clone()))
                        >
                            {text}
                        </button>
                    }
                })
                .collect_view()}
        </div>
        <Days question change/>
        <Zone question change/>
    }
}

/// The first and the last day, where no preset will do.
#[component]
fn Days(question: Memo<Question>, change: Callback<Question>) -> impl IntoView {
    let day = move |last: bool| {
        question.with(|question| match &question.span {
            Span::Between(from, to) => if last { to } else { from }.clone(),
            _ => String::new(),
        })
    };
    let choose = move |last: bool, chosen: String| {
        // While it is being typed, a year has three digits, or five.
        if !is_day(&chosen) {
            return;
        }
        let other = Some(day(!last))
            .filter(|day| !day.is_empty())
            .unwrap_or_else(|| chosen.clone());
        let (from, to) = if last { (other, chosen) } else { (chosen, other) };
        let (from, to) = if from <= to { (from, to) } else { (to, from) };
        change.run(question.get_untracked().with_span(Span::Between(from, to)));
    };
    view! {
        <div class="days">
            <label for="from" class="visually-hidden">{t(words::FROM)}</label>
            <input id="from" type="date" min=DAYS.0 max=DAYS.1 prop:value=move || day(false) on:change=move |event| choose(false, event_target_value(&event))/>
            <span aria-hidden="true">"–"</span>
            <label for="to" class="visually-hidden">{t(words::TO)}</label>
            <input id="to" type="date" min=DAYS.0 max=DAYS.1 prop:value=move || day(true) on:change=move |event| choose(true, event_target_value(&event))/>
        </div>
    }
}

/// The zone whose days are counted.
#[component]
fn Zone(question: Memo<Question>, change: Callback<Question>) -> impl IntoView {
    let place = use_place();
    let zone = use_zone(question);
    let options = move || {
        let site = place.site().map(|site| site.time_zone).unwrap_or_default();
        let mut options = vec![(site.clone(), fill(words::ZONE_SITE, &[&site]))];
        options.push((own(), fill(words::ZONE_OWN, &[&own()])));
        options.push(("UTC".to_owned(), "UTC".to_owned()));
        options.push((zone.get(), zone.get()));
        let mut seen = Vec::new();
        options.retain(|(name, _)| {
            let fresh = !seen.contains(name);
            seen.push(name.clone());
            fresh
        });
        options
    };
    view! {
        <label for="zone" class="visually-hidden">{t(words::ZONE)}</label>
        <select id="zone" on:change=move |event| {
            let zone = Some(event_target_value(&event));
            change.run(Question { zone, ..question.get_untracked() });
        }>
            {move || {
                options()
                    .into_iter()
                    .map(|(name, text)| {
                        let selected = name == zone.get();
                        view! { <option value=name selected=selected>{text}</option> }
                    })
                    .collect_view()
            }}
        </select>
    }
}
