//! What was deleted, how far that is, and the way back.

use std::time::Duration;

use leptos::{either::Either, prelude::*};

use crate::{
    api::{
        client::{Client, use_client},
        event::{Deletion, DeletionState, deletions, restore},
        failure::Failure,
        page::{Asked, Page},
        scalar::Moment,
    },
    browser,
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
/// What waits for the purge is looked at again when that is due; not more often than this, as clocks differ, …
const SOONEST: f64 = 5_000.0;
/// … and not more seldom: milliseconds.
const LATEST: f64 = 3_600_000.0;

/// A deletion, and when the next purge is due.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Removed {
    deletion: Deletion,
    purge_at: Moment,
}

/// Asks for a page of the deletions of a site.
pub(super) fn page(client: Client, site: String, after: Option<String>) -> Asked<Removed> {
    Box::pin(async move {
        let found = client.ask(deletions(site, after)).await?.deletions;
        let purge_at = found.purge_at;
        let removed = |deletion| Removed {
            deletion,
            purge_at: purge_at.clone(),
        };
        Ok(Page {
            rows: found.nodes.into_iter().map(removed).collect(),
            next: found.page_info.next(),
        })
    })
}

/// The section, open while something can be brought back or is under way; nothing where nothing was deleted.
#[component]
pub(super) fn Deletions(
    zone: String,
    first: Page<Removed>,
    reload: Callback<()>,
    look_again: Callback<()>,
) -> impl IntoView {
    if first.rows.is_empty() {
        return Either::Left(());
    }
    if let Some(rest) = rest(&first.rows) {
        again(rest, look_again);
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
        .any(|row| is_under_way(&row.deletion) || row.deletion.state == DeletionState::Hidden);
    Either::Right(view! {
        <details class="card folded" open=matters>
            <summary>
                <h2>{t(words::DELETIONS)}</h2>
            </summary>
            <p class="hint">{t(words::DELETIONS_HINT)}</p>
            <Pages
                caption=t(words::DELETIONS)
                columns=columns(zone, ask)
                first
                more
                key=|row: &Removed| row.deletion.id.inner().to_owned()
            />
        </details>
    })
}

/// How long what is shown stays true; none where nothing changes by itself.
fn rest(rows: &[Removed]) -> Option<Duration> {
    if rows.iter().any(|row| is_under_way(&row.deletion)) {
        return Some(AGAIN);
    }
    let waiting = rows.iter().find(|row| row.deletion.state == DeletionState::Hidden)?;
    let due = waiting.purge_at.milliseconds() - browser::now();
    Some(Duration::from_secs_f64(due.clamp(SOONEST, LATEST) / 1_000.0))
}

fn is_under_way(deletion: &Deletion) -> bool {
    matches!(
        deletion.state,
        DeletionState::Hiding | DeletionState::Restoring | DeletionState::Purging
    )
}

/// Whether it can be brought back.
fn is_open(deletion: &Deletion) -> bool {
    matches!(deletion.state, DeletionState::Hiding | DeletionState::Hidden)
}

fn columns(zone: String, ask: Callback<cynic::Id>) -> Vec<Column<Removed>> {
    let place = use_place();
    vec![
        Column::new(t(words::WHEN), |row: &Removed| moment::ago(&row.deletion.created_at)),
        Column::new(t(words::AMOUNT), |row: &Removed| count(row.deletion.total)).class("number"),
        Column::new(t(words::STATE), |row: &Removed| {
            t(match row.deletion.state {
                DeletionState::Hiding => words::HIDING,
                DeletionState::Hidden => words::HIDDEN,
                DeletionState::Restoring => words::RESTORING,
                DeletionState::Restored => words::RESTORED,
                DeletionState::Purging => words::PURGING,
                DeletionState::Purged => words::PURGED,
            })
        }),
        Column::new(t(words::UNTIL), move |row: &Removed| {
            let until = || moment::date_and_time(&row.purge_at, Some(&zone));
            is_open(&row.deletion).then(until)
        }),
        Column::new(t(words::PROGRESS), |row: &Removed| {
            let deletion = &row.deletion;
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
        Column::new(t(words::WAYS), move |row: &Removed| {
            let id = row.deletion.id.clone();
            is_open(&row.deletion).then(|| {
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
