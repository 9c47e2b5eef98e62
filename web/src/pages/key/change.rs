//! Changing a key, giving it a new secret, and taking it back.

use leptos::{either::Either, prelude::*};

use super::{
    Change,
    create::Made,
    draft::{Draft, DraftFields},
    name,
};
use crate::{
    api::{
        client::use_client,
        failure::{Failure, unless},
        key::{ApiKey, UpdateKeyInput, revoke_key, rotate_key, update_key},
        scalar::Moment,
    },
    browser,
    components::{
        button::{Button, Submit},
        dialog::{Confirm, Dialog, open_while},
        field::FormError,
        form::Form,
    },
    state::notice::use_notices,
    text::{Text, fill, key as words, phrase, t},
};

type Changing = RwSignal<Option<(Change, ApiKey)>>;

/// The old secret works this long beside the new one: milliseconds.
const OVERLAP: f64 = 60.0 * 60.0 * 1000.0;

/// Whether this is what is about to be done, as a signal that closing sets back.
fn open_for(change: Changing, what: Change) -> RwSignal<bool> {
    open_while(
        move || change.with(|change| change.as_ref().is_some_and(|(one, _)| *one == what)),
        move || change.set(None),
    )
}

fn title_of(change: Changing, text: Text) -> Signal<String> {
    Signal::derive(move || {
        change.with(|change| {
            change
                .as_ref()
                .map(|(_, key)| fill(text, &[&name(key)]))
                .unwrap_or_default()
        })
    })
}

/// The dialog that changes what it may do.
#[component]
pub(super) fn Edit(change: Changing, reload: Callback<()>) -> impl IntoView {
    let open = open_for(change, Change::Edit);
    view! {
        <Dialog open title=title_of(change, words::EDIT_TITLE)>
            {change.get_untracked().map(|(_, key)| view! { <EditForm key open reload/> })}
        </Dialog>
    }
}

#[component]
fn EditForm(key: ApiKey, open: RwSignal<bool>, reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let notices = use_notices();
    let draft = Draft::of(Some(&key));
    let save = Action::new_unsync(move |(): &()| {
        let input = UpdateKeyInput {
            key: key.id.clone(),
            name: Some(draft.name()),
            permissions: Some(draft.permissions()),
            origins: Some(draft.origins()),
            events_per_second: draft.rate(),
            expires_at: draft.expires(),
        };
        async move {
            unless(client.ask(update_key(input)).await?.update_key.error, ())?;
            open.set(false);
            notices.say(t(words::SAVED));
            reload.run(());
            Ok::<_, Failure>(())
        }
    });
    let failure = Signal::derive(move || save.value().get().and_then(Result::err));
    let blocked = Signal::derive(move || save.pending().get() || draft.rate_error().is_some());
    view! {
        <Form on_submit=move || {
            save.dispatch_local(());
        }>
            <DraftFields draft/>
            <FormError failure/>
            <div class="dialog-ways">
                <Button on_click=move || open.set(false)>{t(phrase::CANCEL)}</Button>
                <Submit disabled=blocked>{t(words::SAVE)}</Submit>
            </div>
        </Form>
    }
}

/// The dialog that gives a new secret.
#[component]
pub(super) fn Rotate(change: Changing, reload: Callback<()>) -> impl IntoView {
    let open = open_for(change, Change::Rotate);
    view! {
        <Dialog open title=title_of(change, words::ROTATE_TITLE)>
            <RotateForm change open reload/>
        </Dialog>
    }
}

#[component]
fn RotateForm(change: Changing, open: RwSignal<bool>, reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let rotate = Action::new_unsync(move |(): &()| async move {
        let Some((_, key)) = change.get_untracked() else {
            return Ok(String::new());
        };
        let until = Moment::from_milliseconds(browser::now() + OVERLAP);
        let made = client.ask(rotate_key(key.id, until)).await?.rotate_key;
        if let Some(error) = made.error {
            return Err(Failure::from(error));
        }
        reload.run(());
        Ok(made.secret.unwrap_or_default())
    });
    let failure = Signal::derive(move || rotate.value().get().and_then(Result::err));
    move || match rotate.value().get().and_then(Result::ok) {
        Some(secret) => Either::Left(view! { <Made open secret/> }),
        None => Either::Right(view! {
            <p>{t(words::ROTATE_HINT)}</p>
            <Form on_submit=move || {
                rotate.dispatch_local(());
            }>
                <FormError failure/>
                <div class="dialog-ways">
                    <Button on_click=move || open.set(false)>{t(phrase::CANCEL)}</Button>
                    <Submit disabled=rotate.pending()>{t(words::ROTATE)}</Submit>
                </div>
            </Form>
        }),
    }
}

/// The dialog that takes a key back.
#[component]
pub(super) fn Revoke(change: Changing, reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let notices = use_notices();
    let open = open_for(change, Change::Revoke);
    let revoke = Action::new_unsync(move |(): &()| async move {
        let Some((_, key)) = change.get_untracked() else {
            return Ok(());
        };
        if let Some(error) = client.ask(revoke_key(key.id)).await?.revoke_key.error {
            return Err(Failure::from(error));
        }
        open.set(false);
        notices.say(t(words::REVOKED_NOTICE));
        reload.run(());
        Ok(())
    });
    let typed =
        Signal::derive(move || change.with(|change| change.as_ref().map(|(_, key)| name(key)).unwrap_or_default()));
    view! {
        <Confirm
            open
            title=title_of(change, words::REVOKE_TITLE)
            hint=t(words::REVOKE_HINT)
            name=typed
            action=t(words::REVOKE)
            on_confirm=move || {
                revoke.dispatch_local(());
            }
            pending=revoke.pending()
            failure=Signal::derive(move || revoke.value().get().and_then(Result::err))
        />
    }
}
