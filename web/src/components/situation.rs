//! What a page shows where it has nothing else to show: loading, nothing there, failed, not allowed.

use leptos::{either::Either, prelude::*};

use super::button::{Button, Weight};
use crate::{
    api::failure::Failure,
    browser,
    text::{phrase, t},
};

/// Something is on its way. It takes the room of what will come, so that nothing jumps.
#[component]
pub(crate) fn Loading() -> impl IntoView {
    view! {
        <div class="situation loading" role="status">
            <span class="visually-hidden">{t(phrase::LOADING)}</span>
            <div class="bone"></div>
            <div class="bone"></div>
            <div class="bone"></div>
        </div>
    }
}

/// There is nothing yet, and what to do about it.
#[component]
pub(crate) fn Empty(
    /// What there is none of.
    title: &'static str,
    /// What to do about it.
    hint: &'static str,
    /// A button that does it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="situation">
            <h2>{title}</h2>
            <p>{hint}</p>
            {children.map(|children| view! { <p class="situation-way">{children()}</p> })}
        </div>
    }
}

/// It did not work; or the person may not.
#[component]
pub(crate) fn Failed(
    /// Why.
    failure: Failure,
    /// Asks once more.
    retry: impl Fn() + 'static,
) -> impl IntoView {
    if failure.is_forbidden() {
        return Either::Left(view! { <Empty title=t(phrase::NO_PERMISSION) hint=t(phrase::NO_PERMISSION_HINT)/> });
    }
    Either::Right(view! { <Trouble failure retry/> })
}

/// It did not work, for whatever reason.
#[component]
pub(crate) fn Trouble(
    /// Why.
    failure: Failure,
    /// Asks once more.
    retry: impl Fn() + 'static,
) -> impl IntoView {
    let is_outdated = failure == Failure::Outdated;
    let again = move || if is_outdated { browser::reload() } else { retry() };
    let text = if is_outdated {
        phrase::LOAD_ANEW
    } else {
        phrase::TRY_AGAIN
    };
    view! {
        <div class="situation failed" role="alert">
            <h2>{t(phrase::FAILED)}</h2>
            <p>{failure.message()}</p>
            <p class="situation-way">
                <Button weight=Weight::Primary on_click=again>{t(text)}</Button>
            </p>
        </div>
    }
}
