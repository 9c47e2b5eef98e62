//! Making a key: it is shown this once.

use leptos::{either::Either, prelude::*};

use super::draft::{Draft, DraftFields};
use crate::{
    api::{
        client::use_client,
        failure::{Failure, unless},
        key::{CreateKeyInput, create_key},
    },
    components::{
        button::{Button, Submit, Weight},
        dialog::Dialog,
        field::FormError,
        form::Form,
        secret::Secret,
    },
    state::surroundings::use_place,
    text::{key as words, phrase, t},
};

/// The dialog.
#[component]
pub(super) fn Create(open: RwSignal<bool>, reload: Callback<()>) -> impl IntoView {
    view! {
        <Dialog open title=t(words::CREATE).to_owned()>
            <NewKey open reload/>
        </Dialog>
    }
}

#[component]
fn NewKey(open: RwSignal<bool>, reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let draft = Draft::of(None);
    let create = Action::new_unsync(move |(): &()| async move {
        let input = CreateKeyInput {
            site: Some(place.site_name_now()),
            name: draft.name(),
            permissions: draft.permissions(),
            origins: draft.origins(),
            events_per_second: draft.rate(),
            expires_at: draft.expires(),
        };
        let made = client.ask(create_key(input)).await?.create_key;
        let secret = unless(made.error, made.secret)?;
        reload.run(());
        Ok::<_, Failure>(secret.unwrap_or_default())
    });
    let failure = Signal::derive(move || create.value().get().and_then(Result::err));
    let blocked = Signal::derive(move || create.pending().get() || draft.rate_error().is_some());
    move || match create.value().get().and_then(Result::ok) {
        Some(secret) => Either::Left(view! { <Made open secret/> }),
        None => Either::Right(view! {
            <Form on_submit=move || {
                create.dispatch_local(());
            }>
                <DraftFields draft/>
                <FormError failure/>
                <div class="dialog-ways">
                    <Button on_click=move || open.set(false)>{t(phrase::CANCEL)}</Button>
                    <Submit disabled=blocked>{t(words::CREATE)}</Submit>
                </div>
            </Form>
        }),
    }
}

/// The key's text, this once.
#[component]
pub(super) fn Made(open: RwSignal<bool>, secret: String) -> impl IntoView {
    view! {
        <Secret id="key-secret" label=t(words::SECRET) text=secret hint=t(words::SECRET_HINT)/>
        <div class="dialog-ways">
            <Button weight=Weight::Primary on_click=move || open.set(false)>{t(phrase::DONE)}</Button>
        </div>
    }
}
