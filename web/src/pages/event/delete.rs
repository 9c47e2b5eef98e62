//! Deleting: counted first, then confirmed by typing how many.

use leptos::{either::Either, prelude::*};

use super::Doing;
use crate::{
    api::{
        client::{Client, use_client},
        event::{DeleteEventsInput, delete_events},
        failure::Failure,
        scalar::Count,
    },
    components::{
        button::{Button, Submit, Weight},
        dialog::{Dialog, open_while},
        field::{Field, FormError},
        form::Form,
        load::{Answer, Load},
    },
    format::number::count,
    state::notice::use_notices,
    text::{event as words, fill, phrase, t},
};

/// The dialog.
#[component]
pub(super) fn Delete(doing: RwSignal<Doing>, reload: Callback<()>) -> impl IntoView {
    let input = move || match doing.get() {
        Doing::Delete(input) => Some(input),
        Doing::Nothing | Doing::Open(_) => None,
    };
    let open = open_while(move || input().is_some(), move || doing.set(Doing::Nothing));
    view! {
        <Dialog open title=t(words::DELETE).to_owned()>
            {untrack(input).map(|input| view! { <Counted input open reload/> })}
        </Dialog>
    }
}

/// Asks the server how many it would be.
#[component]
fn Counted(input: DeleteEventsInput, open: RwSignal<bool>, reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let counted = DeleteEventsInput {
        dry_run: true,
        ..input.clone()
    };
    let answer = Answer::new(move || send(client, counted.clone()));
    view! {
        <Load answer let:amount>
            {if amount == 0 {
                Either::Left(view! { <p>{t(words::NONE)}</p> })
            } else {
                Either::Right(view! { <Sure input=input.clone() amount open reload/> })
            }}
        </Load>
    }
}

#[component]
fn Sure(input: DeleteEventsInput, amount: Count, open: RwSignal<bool>, reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let notices = use_notices();
    let typed = RwSignal::new(String::new());
    let delete = Action::new_unsync(move |(): &()| send(client, input.clone()));
    // Not within the action: it still tells what is in the dialog that it is done, and that goes as the dialog closes.
    Effect::new(move || {
        if let Some(Ok(amount)) = delete.value().get() {
            open.set(false);
            notices.say(fill(words::DELETED, &[&count(amount)]));
            reload.run(());
        }
    });
    let failure = Signal::derive(move || delete.value().get().and_then(Result::err));
    let wanted = amount.to_string();
    let label = fill(phrase::CONFIRM_BY_TYPING, &[&wanted]);
    let blocked = Signal::derive(move || delete.pending().get() || typed.with(|typed| typed.trim() != wanted));
    view! {
        <p class="strong">{fill(words::DELETE_TITLE, &[&count(amount)])}</p>
        <p>{t(words::DELETE_HINT)}</p>
        <Form on_submit=move || {
            delete.dispatch_local(());
        }>
            <Field id="confirm" label value=typed required=true first=true/>
            <FormError failure/>
            <div class="dialog-ways">
                <Button on_click=move || open.set(false)>{t(phrase::CANCEL)}</Button>
                <Submit weight=Weight::Danger disabled=blocked>{t(words::DELETE)}</Submit>
            </div>
        </Form>
    }
}

async fn send(client: Client, input: DeleteEventsInput) -> Result<Count, Failure> {
    let done = client.ask(delete_events(input)).await?.delete_events;
    match done.error {
        Some(error) => Err(error.into()),
        None => Ok(done.count),
    }
}
