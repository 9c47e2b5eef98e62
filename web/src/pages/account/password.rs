//! Changing the password.

use leptos::prelude::*;

use crate::{
    api::{account::change_password, client::use_client, failure::Failure},
    components::{
        button::Submit,
        field::{Field, FormError, Whose},
        form::Form,
        page::Card,
    },
    state::{notice::use_notices, surroundings::use_place},
    text::{account as words, entry, t},
};

/// The section.
#[component]
pub(super) fn Password(reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let notices = use_notices();
    let now = RwSignal::new(String::new());
    let new = RwSignal::new(String::new());
    let change = Action::new_unsync(move |(): &()| async move {
        let changed = client
            .ask(change_password(now.get_untracked(), new.get_untracked()))
            .await?;
        if let Some(error) = changed.change_password.error {
            return Err(Failure::from(error));
        }
        now.set(String::new());
        new.set(String::new());
        notices.say(t(words::PASSWORD_CHANGED));
        reload.run(());
        Ok(())
    });
    let failure = Signal::derive(move || change.value().get().and_then(Result::err));
    view! {
        <Card id="password-title" title=t(words::PASSWORD)>
            <Form class="narrow" on_submit=move || {
                change.dispatch_local(());
            }>
                <Whose email=use_place().email()/>
                <Field
                    id="password-now"
                    kind="password"
                    label=t(words::PASSWORD_NOW)
                    value=now
                    autocomplete="current-password"
                    required=true
                />
                <Field
                    id="password-new"
                    kind="password"
                    label=t(words::PASSWORD_NEW)
                    hint=t(entry::PASSWORD_HINT)
                    value=new
                    autocomplete="new-password"
                    required=true
                />
                <FormError failure/>
                <Submit disabled=change.pending()>{t(words::PASSWORD_CHANGE)}</Submit>
            </Form>
        </Card>
    }
}
