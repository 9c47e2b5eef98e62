//! The corner in which short messages appear.

use leptos::prelude::*;

use crate::{
    state::notice::use_notices,
    text::{phrase, t},
};

/// The messages; there before the first of them, so that it is read out.
#[component]
pub(crate) fn NoticeCorner() -> impl IntoView {
    let notices = use_notices();
    view! {
        <div class="notices" role="status" aria-live="polite">
            <For each=move || notices.list() key=|notice| notice.id let:notice>
                <div class="notice">
                    <span>{notice.text.clone()}</span>
                    <button
                        type="button"
                        class="icon-button"
                        aria-label=t(phrase::CLOSE)
                        on:click=move |_| notices.dismiss(notice.id)
                    >
                        "×"
                    </button>
                </div>
            </For>
        </div>
    }
}
