//! What was deleted, how far that is, and the way back.

use std::time::Duration;

use leptos::{either::Either, prelude::*};

use crate::{
    api::{
        client::{Client, use_client},
        event::{Deletion, DeletionState, deletions, restore},
        failure::Failure,
        page::{Asked, Page},
    },
    components::{
        button::{Button, Weight},
        load::again,
        pages::Pages,
        table::Column,
    },
    format::{moment, number::count},
    state::{notice::use_notices, surroundings::use_place},
    text::{event as words, fill, t},
};

/// How often something that is under way is looked at again.
const AGAIN: Duration = Duration::from_secs(1);

/// Asks for a page of the deletions of a site.
pub(super) fn page(client: Client, site: String, after: Option<String>) -> Asked<Deletion> {
    Box::pin(async move {
        let found = client.ask(deletions(site, after)).await?.deletions;
        Ok(Page {
            rows: found.nodes,
            next: found.page_info.next(),
        })
    })
}

/// The section, open while something can be brought back or is under way; nothing where nothing was deleted.
#[component]
pub(super) fn Deletions(first: Page<Deletion>, reload: Callback<()>, look_again: Callback<()>) -> impl IntoView {
    if first.rows.is_empty() {
        return Either::Left(());
    }
    if first.rows.iter().any(is_under_way) {
        again(AGAIN, look_again);
    }
    let client = use_client();
    let place = use_place();
    let notices = use_notices();
    let more = Callback::new(move |after: String| page(client, place.site_name_now(), Some(after)));
    let bring_back = Action::new_unsync(move |id: &cynic::Id| {
        let id = id.clone();
        async move {
            let restored = client.ask(restore(id)).await.map(|restored| restored.restore_deletion);
            match restored.and_then(|done| {
                done.error
                    .clone()
                    .map_or(Ok(done.count), |error| Err(Failure::from(error)))
            }) {
                Ok(amount) => notices.say(fill(words::RESTORED_NOTICE, &[&count(amount)])),
                Err(failure) => notices.say(failure.message()),
            }
            reload.run(());
        }
    });
    let ask = Callback::new(move |id: cynic::Id| {
        bring_back.dispatch_local(id);
    });
    let matters = first
        .rows
        .iter()
        .any(|deletion| is_under_way(deletion) || deletion.state == DeletionState::Hidden);
    Either::Right(view! {
        <details class="card folded" open=matters>
            <summary>
                <h2>{t(words::DELETIONS)}</h2>
            </summary>
            <p class="hint">{t(words::DELETIONS_HINT)}</p>
            <Pages
                caption=t(words::DELETIONS)
                columns=columns(ask)
                first
                more
                key=|deletion: &Deletion| deletion.id.inner().to_owned()
            />
        </details>
    })
}

fn is_under_way(deletion: &Deletion) -> bool {
    matches!(
        deletion.state,
        DeletionState::Hiding | DeletionState::Restoring | DeletionState::Purging
    )
}

fn columns(ask: Callback<cynic::Id>) -> Vec<Column<Deletion>> {
    let place = use_place();
    vec![
        Column::new(t(words::WHEN), |deletion: &Deletion| moment::ago(&deletion.created_at)),
        Column::new(t(words::AMOUNT), |deletion: &Deletion| count(deletion.total)).class("number"),
        Column::new(t(words::STATE), |deletion: &Deletion| {
            t(match deletion.state {
                DeletionState::Hiding => words::HIDING,
                DeletionState::Hidden => words::HIDDEN,
                DeletionState::Restoring => words::RESTORING,
                DeletionState::Restored => words::RESTORED,
                DeletionState::Purging => words::PURGING,
                DeletionState::Purged => words::PURGED,
            })
        }),
        Column::new(t(words::PROGRESS), |deletion: &Deletion| {
            is_under_way(deletion).then(|| {
                view! {
                    <progress
                        aria-label=t(words::PROGRESS)
                        max=deletion.total.to_string()
                        value=deletion.done.to_string()
                    ></progress>
                    <span class="beside">{fill(words::DONE_OF, &[&count(deletion.done), &count(deletion.total)])}</span>
                }
            })
        }),
        Column::new(t(words::WAYS), move |deletion: &Deletion| {
            let open = matches!(deletion.state, DeletionState::Hiding | DeletionState::Hidden);
            let id = deletion.id.clone();
            open.then(|| {
                place.only("Mutation.restoreDeletion", move || {
                    let id = id.clone();
                    view! {
                        <Button weight=Weight::Quiet on_click=move || ask.run(id.clone())>{t(words::RESTORE)}</Button>
                    }
                })
            })
        })
        .class("ways")
        .read_out(),
    ]
}
