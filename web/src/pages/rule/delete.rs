//! Taking a rule away.

use leptos::prelude::*;

use super::Doing;
use crate::{
    api::{client::use_client, failure::Failure, rule::delete_rule},
    components::dialog::{Confirm, open_while},
    state::notice::use_notices,
    text::{fill, rule as words, t},
};

/// The dialog.
#[component]
pub(super) fn Delete(doing: RwSignal<Doing>, reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let notices = use_notices();
    let rule = Memo::new(move |_| match doing.get() {
        Doing::Delete(rule) => Some(rule),
        _ => None,
    });
    let open = open_while(move || rule.with(Option::is_some), move || doing.set(Doing::Nothing));
    let delete = Action::new_unsync(move |(): &()| async move {
        let Some(rule) = rule.get_untracked() else {
            return Ok(());
        };
        if let Some(error) = client.ask(delete_rule(rule.id)).await?.delete_rule.error {
            return Err(Failure::from(error));
        }
        open.set(false);
        notices.say(t(words::DELETED));
        reload.run(());
        Ok(())
    });
    let pattern = Signal::derive(move || rule.get().map(|rule| rule.pattern).unwrap_or_default());
    view! {
        <Confirm
            open
            title=Signal::derive(move || fill(words::DELETE_TITLE, &[&pattern.get()]))
            hint=t(words::DELETE_HINT)
            name=pattern
            action=t(words::DELETE)
            on_confirm=move || {
                delete.dispatch_local(());
            }
            pending=delete.pending()
            failure=Signal::derive(move || delete.value().get().and_then(Result::err))
        />
    }
}
