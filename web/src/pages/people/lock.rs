//! Locking somebody out, and letting them in again.

use leptos::prelude::*;

use super::Doing;
use crate::{
    api::{
        client::{Client, use_client},
        failure::{Failure, unless},
        people::{Person, disable},
    },
    components::dialog::{Confirm, open_while},
    state::notice::use_notices,
    text::{fill, people as words, t},
};

async fn set(client: Client, person: &Person, disabled: bool) -> Result<(), Failure> {
    let changed = client.ask(disable(person.id.clone(), disabled)).await?;
    unless(changed.disable_account.error, ())
}

/// Lets somebody in again.
pub(super) fn let_in(reload: Callback<()>) -> Callback<Person> {
    let client = use_client();
    let notices = use_notices();
    let act = Action::new_unsync(move |person: &Person| {
        let person = person.clone();
        async move {
            match set(client, &person, false).await {
                Ok(()) => notices.say(fill(words::ENABLED_NOTICE, &[&person.email])),
                Err(failure) => notices.say(failure.message()),
            }
            reload.run(());
        }
    });
    Callback::new(move |person| {
        act.dispatch_local(person);
    })
}

/// The dialog that locks somebody out.
#[component]
pub(super) fn Lock(doing: RwSignal<Doing>, reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let notices = use_notices();
    let person = Memo::new(move |_| match doing.get() {
        Doing::Lock(person) => Some(person),
        _ => None,
    });
    let open = open_while(move || person.with(Option::is_some), move || doing.set(Doing::Nothing));
    let act = Action::new_unsync(move |(): &()| async move {
        let Some(person) = person.get_untracked() else {
            return Ok(());
        };
        set(client, &person, true).await?;
        open.set(false);
        notices.say(fill(words::DISABLED_NOTICE, &[&person.email]));
        reload.run(());
        Ok(())
    });
    let email = Signal::derive(move || person.get().map(|person| person.email).unwrap_or_default());
    view! {
        <Confirm
            open
            title=Signal::derive(move || fill(words::DISABLE_TITLE, &[&email.get()]))
            hint=t(words::DISABLE_HINT)
            name=email
            action=t(words::DISABLE)
            on_confirm=move || {
                act.dispatch_local(());
            }
            pending=act.pending()
            failure=Signal::derive(move || act.value().get().and_then(Result::err))
        />
    }
}
