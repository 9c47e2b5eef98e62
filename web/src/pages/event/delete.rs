//! Deleting: counted first, then confirmed by typing how many.

use leptos::{either::Either, prelude::*};

use super::Doing;
use crate::{
    api::{
        client::{Client, use_client},
        event::{DeleteEventsInput, delete_events},
        explore::explore,
        failure::Failure,
        overview::{FindInput, Period, RAW},
        scalar::Count,
    },
    components::{
        button::{Button, Submit, Weight},
        dialog::{Dialog, open_while},
        field::{Field, FormError},
        form::Form,
        load::{Answer, Load},
        ranking::name,
    },
    format::number::count,
    state::notice::use_notices,
    text::{event as words, fill, phrase, t},
};

/// Actions of which it is told how many events they lose.
const ACTIONS: i32 = 10;

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
    let answer = Answer::new(move || preview(client, counted.clone()));
    view! {
        <Load answer let:preview>
            {if preview.amount == 0 {
                Either::Left(view! { <p>{t(words::NONE)}</p> })
            } else {
                Either::Right(view! { <Sure input=input.clone() preview open reload/> })
            }}
        </Load>
    }
}

/// What would go.
#[derive(Debug, Clone, PartialEq)]
struct Preview {
    amount: Count,
    /// The actions that would lose most, with how many events each; none where single events were chosen.
    actions: Vec<(String, Count)>,
}

/// Counts what would go, and what it is.
async fn preview(client: Client, counted: DeleteEventsInput) -> Result<Preview, Failure> {
    let by_action = by_action(&counted);
    let amount = send(client, counted).await?;
    let mut actions = Vec::new();
    if let Some(by_action) = by_action.filter(|_| amount > 0) {
        let found = client
            .ask(explore(vec![by_action]))
            .await?
            .find_batch
            .into_iter()
            .next();
        if let Some(found) = found.and_then(|outcome| outcome.result) {
            let rows = found.rows.into_iter();
            actions = rows.map(|row| (name(&row.dimensions["action"]), row.count)).collect();
        }
    }
    Ok(Preview { amount, actions })
}

/// Asks the raw events of the same filter for their actions.
fn by_action(input: &DeleteEventsInput) -> Option<FindInput> {
    let filter = input.filter.clone()?;
    Some(FindInput {
        site: input.site.clone(),
        view: RAW.to_owned(),
        conditions: filter.conditions,
        from: filter.from?,
        to: filter.to?,
        series: false,
        period: Period::Day,
        time_zone: None,
        group_by: Some(vec!["action".to_owned()]),
        limit: Some(ACTIONS),
    })
}

#[component]
fn Sure(input: DeleteEventsInput, preview: Preview, open: RwSignal<bool>, reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let notices = use_notices();
    let Preview { amount, actions } = preview;
    let lines = actions
        .into_iter()
        .map(|(action, lost)| {
            view! {
                <div>
                    <dt>{action}</dt>
                    <dd>{count(lost)}</dd>
                </div>
            }
        })
        .collect::<Vec<_>>();
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
        {(!lines.is_empty())
            .then(|| {
                view! {
                    <p>{t(words::DELETE_BY_ACTION)}</p>
                    <dl class="fields">{lines}</dl>
                }
            })}
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
