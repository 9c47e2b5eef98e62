//! What is chosen: the period, the zone, the filters.

use leptos::prelude::*;

use crate::{
    components::{filter::Filters, period::Period},
    format::zone::own,
    state::{question::Question, surroundings::use_place},
    text::{fill, overview as words, t},
};

/// The line of choices.
#[component]
pub(super) fn Tools(question: Memo<Question>, zone: Memo<String>, change: Callback<Question>) -> impl IntoView {
    view! {
        <div class="tools">
            <Period question change/>
            <Zone question zone change/>
        </div>
        <Filters question change/>
    }
}

/// The zone whose days are counted.
#[component]
fn Zone(question: Memo<Question>, zone: Memo<String>, change: Callback<Question>) -> impl IntoView {
    let place = use_place();
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
