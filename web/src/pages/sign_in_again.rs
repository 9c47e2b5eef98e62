//! Signing in again where the session has ended by itself: over the page as it is, which is not to be seen meanwhile, and
//! then goes on where it was, with all that was typed into it.

use leptos::{ev, prelude::*};

use super::sign_in::{Entry, Provider};
use crate::{
    components::{
        button::{Button, Weight},
        dialog::Dialog,
    },
    state::session::Session,
    text::{entry, fill, t},
};

/// The dialog; it closes once the same person has signed in, here or in another tab.
#[component]
pub(crate) fn SignInAgain() -> impl IntoView {
    let session = expect_context::<Session>();
    let open = RwSignal::new(false);
    // Nothing behind it is of use: what is closed, as phones do by a gesture, opens again.
    Effect::new(move || {
        let is_over = session.is_over();
        if open.get() != is_over {
            open.set(is_over);
        }
    });
    let back = window_event_listener(ev::focus, move |_| {
        if untrack(|| session.is_over()) {
            leptos::task::spawn_local(session.look());
        }
    });
    // Browsers close with it a dialog that is open below it, and what was typed there would be gone.
    let key = window_event_listener(ev::keydown, move |event| {
        if untrack(|| session.is_over()) && event.key() == "Escape" {
            event.prevent_default();
        }
    });
    on_cleanup(move || {
        back.remove();
        key.remove();
    });
    view! {
        <Dialog open title=t(entry::AGAIN).to_owned() heading="again-title" class="dialog alone" closes=false>
            <p>{fill(entry::AGAIN_INTRO, &[&session.email()])}</p>
            <Entry session whose=session.email()/>
            <Provider beside=true/>
            <p class="entry-other">
                <Button weight=Weight::Quiet on_click=move || session.leave()>{t(entry::SOMEBODY_ELSE)}</Button>
            </p>
        </Dialog>
    }
}
