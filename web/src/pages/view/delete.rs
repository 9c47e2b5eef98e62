//! Taking a view or a scope away.

use leptos::prelude::*;

use super::Doing;
use crate::{
    api::{
        client::use_client,
        view::{delete_scope, delete_view},
    },
    components::dialog::{Confirm, open_while},
    state::{notice::use_notices, surroundings::use_place},
    text::{fill, t, view as words},
};

/// The dialog.
#[component]
pub(super) fn Delete(doing: RwSignal<Doing>, reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let notices = use_notices();
    let name = Memo::new(move |_| match doing.get() {
        Doing::DeleteView(name) | Doing::DeleteScope(name, _) => Some(name),
        _ => None,
    });
    let open = open_while(move || name.with(Option::is_some), move || doing.set(Doing::Nothing));
    let delete = Action::new_unsync(move |(): &()| async move {
        let deleted = match doing.get_untracked() {
            Doing::DeleteView(name) => {
                client
                    .ask(delete_view(place.site_name_now(), name))
                    .await?
                    .delete_view
                    .name
            }
            Doing::DeleteScope(_, fields) => client.ask(delete_scope(fields)).await?.delete_unique_scope.name,
            _ => return Ok(()),
        };
        open.set(false);
        notices.say(fill(words::DELETED, &[&deleted]));
        reload.run(());
        Ok(())
    });
    let name = Signal::derive(move || name.get().unwrap_or_default());
    view! {
        <Confirm
            open
            title=Signal::derive(move || fill(words::DELETE_TITLE, &[&name.get()]))
            hint=t(words::DELETE_HINT)
            name
            action=t(words::DELETE)
            on_confirm=move || {
                delete.dispatch_local(());
            }
            pending=delete.pending()
            failure=Signal::derive(move || delete.value().get().and_then(Result::err))
        />
    }
}
