//! An address that leads nowhere.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::{
    components::entry::EntryFrame,
    text::{phrase, t},
};

/// The page.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    view! {
        <EntryFrame title=t(phrase::NOT_FOUND) intro=t(phrase::NOT_FOUND_HINT)>
            <A href="/" attr:class="button primary">{t(phrase::TO_START)}</A>
        </EntryFrame>
    }
}
