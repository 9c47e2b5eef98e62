//! Mending what is in quarantine for one field: tried first, then logged at its original time.

use leptos::{either::EitherOf3, prelude::*};

use super::Doing;
use crate::{
    api::{
        client::{Client, use_client},
        failure::{Failure, unless},
        tag::{
            FixInput, QuarantineFilter, QuarantinedEvent, RedriveQuarantineInput, RedriveQuarantinePayload,
            RenameKeyInput, TagTypeInput, redrive,
        },
    },
    components::{
        button::{Button, Submit},
        dialog::{Dialog, open_while},
        field::{Choice, Field, FormError},
        form::Form,
    },
    format::number::count,
    state::{notice::use_notices, surroundings::use_place},
    text::{Text, fill, phrase, t, tag as words},
};

/// A way of mending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    AsTheyAre,
    Coerce,
    Rename,
    Retype,
}

const WAYS: [(Way, Text); 4] = [
    (Way::Coerce, words::FIX_COERCE),
    (Way::Rename, words::FIX_RENAME),
    (Way::Retype, words::FIX_RETYPE),
    (Way::AsTheyAre, words::FIX_NONE),
];

/// The dialog.
#[component]
pub(super) fn Mend(doing: RwSignal<Doing>, reload: Callback<()>) -> impl IntoView {
    let held = Memo::new(move |_| match doing.get() {
        Doing::Mend(held) => Some(held),
        _ => None,
    });
    let open = open_while(move || held.with(Option::is_some), move || doing.set(Doing::Nothing));
    let title = move || {
        held.get()
            .map(|held| fill(words::MEND_TITLE, &[&held.key]))
            .unwrap_or_default()
    };
    view! {
        <Dialog open title=Signal::derive(title)>
            {held.get_untracked().map(|held| view! { <MendForm held open reload/> })}
        </Dialog>
    }
}

#[component]
fn MendForm(held: QuarantinedEvent, open: RwSignal<bool>, reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let notices = use_notices();
    let way = RwSignal::new(0_usize);
    let into = RwSignal::new(held.expected_type.clone().unwrap_or_default());
    // What most people want of each way.
    let (expected, received, key) = (held.expected_type.clone(), held.received_type.clone(), held.key.clone());
    Effect::new(move |_| {
        into.set(match WAYS[way.get()].0 {
            Way::Coerce => expected.clone().unwrap_or_default(),
            Way::Retype => received.clone().unwrap_or_default(),
            Way::Rename => format!("{key}_2"),
            Way::AsTheyAre => String::new(),
        });
    });
    let input = move |dry_run: bool| RedriveQuarantineInput {
        site: Some(place.site_name_now()),
        filter: Some(QuarantineFilter {
            code: Some(held.code),
            key: Some(held.key.clone()),
        }),
        fixes: fix(WAYS[way.get_untracked()].0, &held.key, into.get_untracked())
            .into_iter()
            .collect(),
        dry_run,
    };
    let of_try = input.clone();
    let attempt = Action::new_unsync(move |(): &()| send(client, of_try(true)));
    let act = Action::new_unsync(move |(): &()| {
        let sent = send(client, input(false));
        async move {
            let done = sent.await?;
            open.set(false);
            let numbers = [done.accepted + done.duplicates, done.refused, done.remaining].map(count);
            notices.say(fill(words::REDRIVEN, &[&numbers[0], &numbers[1], &numbers[2]]));
            reload.run(());
            Ok(())
        }
    });
    let tried = move || match attempt.value().get() {
        None => EitherOf3::A(()),
        Some(Ok(tried)) => EitherOf3::B(told(tried)),
        Some(Err::<_, Failure>(failure)) => EitherOf3::C(view! { <p class="form-error">{failure.message()}</p> }),
    };
    view! {
        <Form on_submit=move || {
            act.dispatch_local(());
        }>
            <Choice id="mend-way" label=t(words::FIX) value=way options=WAYS.map(|(_, text)| t(text).to_owned()).to_vec()/>
            <Show when=move || WAYS[way.get()].0 != Way::AsTheyAre>
                <Field id="mend-into" label=t(words::TYPE_OR_NAME) value=into required=true/>
            </Show>
            <div class="preview">
                <Button disabled=attempt.pending() on_click=move || {
                    attempt.dispatch_local(());
                }>{t(words::TRY)}</Button>
                <div role="status">{tried}</div>
            </div>
            <FormError failure=Signal::derive(move || act.value().get().and_then(Result::err))/>
            <div class="dialog-ways">
                <Button on_click=move || open.set(false)>{t(phrase::CANCEL)}</Button>
                <Submit disabled=act.pending()>{t(words::REDRIVE)}</Submit>
            </div>
        </Form>
    }
}

async fn send(client: Client, input: RedriveQuarantineInput) -> Result<RedriveQuarantinePayload, Failure> {
    let done = client.ask(redrive(input)).await?.redrive_quarantine;
    unless(done.error.clone(), done)
}

fn fix(way: Way, key: &str, into: String) -> Option<FixInput> {
    let typed = || TagTypeInput {
        name: key.to_owned(),
        kind: into.clone(),
    };
    let (mut retype, mut rename, mut coerce) = (None, None, None);
    match way {
        Way::AsTheyAre => return None,
        Way::Coerce => coerce = Some(typed()),
        Way::Retype => retype = Some(typed()),
        Way::Rename => {
            rename = Some(RenameKeyInput {
                from: key.to_owned(),
                to: into.clone(),
            });
        }
    }
    Some(FixInput { retype, rename, coerce })
}

/// The numbers, and the first reason why one would be refused again.
fn told(tried: RedriveQuarantinePayload) -> impl IntoView {
    let numbers = [tried.accepted, tried.duplicates, tried.refused].map(count);
    let reason = tried.outcomes.into_iter().find_map(|one| one.error);
    view! {
        <p class="strong">{fill(words::TRIED, &[&numbers[0], &numbers[1], &numbers[2]])}</p>
        {reason.map(|reason| view! { <p>{reason.message}</p> })}
    }
}
