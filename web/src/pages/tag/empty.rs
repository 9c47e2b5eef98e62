//! Emptying the quarantine.

use leptos::prelude::*;

use super::Doing;
use crate::{
    api::{
        client::use_client,
        failure::{Failure, unless},
        tag::{DeleteQuarantinedInput, QuarantineFilter, delete_quarantined},
    },
    components::dialog::{Confirm, open_while},
    format::number::count,
    state::{notice::use_notices, surroundings::use_place},
    text::{fill, t, tag as words},
};

/// The dialog: how many there are has to be typed.
#[component]
pub(super) fn EmptyOut(doing: RwSignal<Doing>, reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let notices = use_notices();
    let total = Memo::new(move |_| match doing.get() {
        Doing::Empty(total) => Some(total),
        _ => None,
    });
    let open = open_while(move || total.with(Option::is_some), move || doing.set(Doing::Nothing));
    // How many are deleted by now, and how many there are with them.
    let come = RwSignal::new(None::<(u64, u64)>);
    let act = Action::new_unsync(move |(): &()| async move {
        let mut deleted = 0;
        come.set(None);
        loop {
            let input = DeleteQuarantinedInput {
                site: Some(place.site_name_now()),
                filter: Some(QuarantineFilter { code: None, key: None }),
            };
            let done = client.ask(delete_quarantined(input)).await?.delete_quarantined;
            unless(done.error, ())?;
            deleted += done.count;
            come.set(Some((deleted, deleted + done.remaining)));
            // The server deletes so many at once.
            if done.remaining == 0 || done.count == 0 {
                break;
            }
        }
        open.set(false);
        notices.say(fill(words::DELETED, &[&count(deleted)]));
        reload.run(());
        Ok::<_, Failure>(())
    });
    view! {
        <Confirm
            open
            title=t(words::DELETE_TITLE).to_owned()
            hint=t(words::DELETE_HINT)
            name=Signal::derive(move || total.get().unwrap_or_default().to_string())
            action=t(words::DELETE)
            on_confirm=move || {
                act.dispatch_local(());
            }
            pending=act.pending()
            progress=Signal::derive(move || {
                let (deleted, all) = come.get().filter(|_| act.pending().get())?;
                Some(fill(words::DELETING, &[&count(deleted), &count(all)]))
            })
            failure=Signal::derive(move || act.value().get().and_then(Result::err))
        />
    }
}
