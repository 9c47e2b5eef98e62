//! What a rule would have refused in the last days.

use leptos::{either::EitherOf3, prelude::*};

use super::edit::Draft;
use crate::{
    api::{
        client::use_client,
        rule::{PreviewRuleInput, RulePreview, preview_rule},
    },
    components::button::Button,
    format::number::count,
    state::surroundings::use_place,
    text::{fill, rule as words, t},
};

/// The last so many days.
const DAYS: i32 = 7;
/// Actions that are listed.
const MOST: usize = 6;

/// The button, and what it found.
#[component]
pub(super) fn Preview(draft: Draft, replaces: Option<cynic::Id>) -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let attempt = Action::new_unsync(move |(): &()| {
        let input = PreviewRuleInput {
            site: Some(place.site_name()),
            rule: draft.rule(),
            replaces: replaces.clone(),
            days: DAYS,
        };
        async move { Ok(client.ask(preview_rule(input)).await?.preview_rule) }
    });
    let found = move || match attempt.value().get() {
        None => EitherOf3::A(()),
        Some(Ok(preview)) => EitherOf3::B(told(preview)),
        Some(Err::<_, crate::api::failure::Failure>(failure)) => {
            EitherOf3::C(view! { <p class="form-error">{failure.message()}</p> })
        }
    };
    view! {
        <div class="preview">
            <Button disabled=attempt.pending() on_click=move || {
                attempt.dispatch_local(());
            }>{t(words::TRY)}</Button>
            <div role="status">{found}</div>
        </div>
    }
}

fn told(preview: RulePreview) -> impl IntoView {
    let already = (preview.refused_already > 0).then(|| fill(words::TRIED_ALREADY, &[&count(preview.refused_already)]));
    let emptied = (!preview.emptied_views.is_empty()).then(|| {
        view! { <p class="form-error">{fill(words::TRIED_EMPTY, &[&preview.emptied_views.join(", ")])}</p> }
    });
    let actions = preview.by_action.iter().take(MOST).map(|action| {
        let text = fill(
            words::TRIED_ACTION,
            &[&action.action, &count(action.refused), &count(action.events)],
        );
        view! { <li>{text}</li> }
    });
    view! {
        <p class="strong">{fill(words::TRIED, &[&count(preview.events), &count(preview.refused)])}</p>
        {already.map(|already| view! { <p>{already}</p> })}
        <ul class="plain-list">{actions.collect_view()}</ul>
        {emptied}
        {preview.inexact_because.into_iter().map(|reason| view! { <p class="hint">{reason}</p> }).collect_view()}
    }
}
