//! Raw events: read, filtered, opened whole, deleted with a count beforehand, and brought back.

mod delete;
mod deletions;
mod open;

use leptos::{either::Either, prelude::*};

use crate::{
    api::{
        client::use_client,
        condition::{EventFilter, conditions},
        event::{DeleteEventsInput, Event, EventOrder, EventsVariables, events},
        page::{Asked, Page},
        scalar::Moment,
    },
    browser,
    components::{
        button::{Button, Weight},
        event::columns,
        filter::{FilterLine, Filters},
        load::{Answer, Load},
        page::PageFrame,
        pages::Pages,
        period::Period,
        situation::{Empty, Loading},
        table::Column,
    },
    state::{
        question::{use_question, use_zone},
        surroundings::{Place, use_place},
    },
    text::{event as words, fill, t},
};

/// Events of one page.
const PAGE: i32 = 100;

/// What the dialogs are about.
#[derive(Debug, Clone)]
enum Doing {
    Nothing,
    Open(cynic::Id),
    Delete(DeleteEventsInput),
}

/// What is ticked.
type Ticked = RwSignal<Vec<String>>;

/// The page.
#[component]
pub(crate) fn EventPage() -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let (question, change) = use_question();
    let zone = use_zone(question);
    let filter = Memo::new(move |_| {
        let question = question.get();
        let (range, _) = question.ranges(&zone.get(), browser::now());
        (question, range)
    });
    let filter = move || {
        let (question, range) = filter.get();
        EventFilter {
            from: Some(Moment::from_milliseconds(range.from)),
            to: Some(Moment::from_milliseconds(range.to)),
            conditions: Some(conditions(&question)),
        }
    };
    let ask = move |filter: EventFilter, after: Option<String>| {
        let asked = EventsVariables {
            site: place.site_name_now(),
            filter,
            order: EventOrder::TimeDescending,
            first: PAGE,
            after,
        };
        Box::pin(async move {
            let found = client.ask(events(asked)).await?.events;
            Ok(Page {
                rows: found.edges.into_iter().map(|edge| edge.node).collect(),
                next: found.page_info.next(),
            })
        }) as Asked<Event>
    };
    let answer: Answer<Page<Event>> = Answer::new(move || {
        let _ = place.site_name();
        ask(filter(), None)
    });
    let removed: Answer<Page<deletions::Removed>> = Answer::new(move || {
        // Its moments are written in this zone.
        let _ = zone.get();
        deletions::page(client, place.site_name(), None)
    });
    let doing = RwSignal::new(Doing::Nothing);
    let ticked = RwSignal::new(Vec::new());
    let reload = Callback::new(move |()| {
        ticked.set(Vec::new());
        answer.refetch();
        removed.refetch();
    });
    // While a deletion goes on, what is ticked stays ticked, and the pages that were opened stay open.
    let look_again = Callback::new(move |()| removed.refetch());
    let delete = move |ids: Option<Vec<cynic::Id>>| {
        let filter = ids.is_none().then(|| untrack(filter));
        doing.set(Doing::Delete(DeleteEventsInput {
            site: Some(place.site_name_now()),
            ids,
            filter,
            dry_run: false,
        }));
    };
    let tools = move || view! { <Tools ticked delete=Callback::new(delete)/> };
    let more = Callback::new(move |after: String| ask(untrack(filter), Some(after)));
    view! {
        <PageFrame title=t(words::TITLE) tools>
            <div class="tools">
                <Period question change/>
            </div>
            <FilterLine question change/>
            <Filters question change/>
            // Above the list, where whoever has just deleted something sees the way back; and so it comes before the list.
            <Show when=move || !waits_for(place, answer, removed) fallback=|| view! { <Loading/> }>
                <Show when=move || place.may("Query.deletions")>
                    <Load answer=removed let:first>
                        <deletions::Deletions zone=zone.get_untracked() first reload look_again/>
                    </Load>
                </Show>
                <Load answer let:first>
                    {if first.rows.is_empty() {
                        Either::Left(view! { <Empty title=t(words::NONE) hint=t(words::NONE_HINT)/> })
                    } else {
                        let columns = all_columns(zone.get_untracked(), ticked, doing);
                        Either::Right(view! {
                            <section class="card flush">
                                <Pages
                                    caption=t(words::TITLE)
                                    columns
                                    first
                                    more
                                    key=|event: &Event| event.id.inner().to_owned()
                                />
                            </section>
                        })
                    }}
                </Load>
            </Show>
            <open::Open doing zone/>
            <delete::Delete doing reload/>
        </PageFrame>
    }
}

/// Whether something that stands above something else has not come yet; why there is no list is said at once.
fn waits_for(place: Place, list: Answer<Page<Event>>, removed: Answer<Page<deletions::Removed>>) -> bool {
    match list.get() {
        None => true,
        Some(Err(_)) => false,
        Some(Ok(_)) => !place.is_known() || (place.may("Query.deletions") && removed.get().is_none()),
    }
}

/// What can be done to several at once.
#[component]
fn Tools(ticked: Ticked, delete: Callback<Option<Vec<cynic::Id>>>) -> impl IntoView {
    let place = use_place();
    let none = Signal::derive(move || ticked.with(Vec::is_empty));
    view! {
        <Show when=move || place.may("Mutation.deleteEvents")>
            <Button disabled=none on_click=move || {
                delete.run(Some(ticked.get_untracked().into_iter().map(cynic::Id::new).collect()));
            }>{move || fill(words::SELECTED, &[&ticked.with(Vec::len).to_string()])}</Button>
            <Button weight=Weight::Plain on_click=move || delete.run(None)>{t(words::DELETE_ALL)}</Button>
        </Show>
    }
}

fn all_columns(zone: String, ticked: Ticked, doing: RwSignal<Doing>) -> Vec<Column<Event>> {
    let place = use_place();
    let tick = Column::new(t(words::CHOICE), move |event: &Event| {
        let id = event.id.inner().to_owned();
        let (of_change, label) = (id.clone(), fill(words::SELECT, &[&id]));
        let chosen = move || ticked.with(|ticked| ticked.contains(&id));
        let toggle = move |_| {
            ticked.update(|ticked| match ticked.iter().position(|one| *one == of_change) {
                Some(index) => drop(ticked.remove(index)),
                None => ticked.push(of_change.clone()),
            });
        };
        place.only("Mutation.deleteEvents", move || {
            let (chosen, toggle) = (chosen.clone(), toggle.clone());
            view! { <input type="checkbox" aria-label=label.clone() prop:checked=chosen on:change=toggle/> }
        })
    })
    .class("tick-cell")
    .read_out();
    let open = Column::new(t(words::WAYS), move |event: &Event| {
        let (id, label) = (event.id.clone(), format!("{}: {}", t(words::OPEN), event.id.inner()));
        view! {
            <Button weight=Weight::Quiet label on_click=move || doing.set(Doing::Open(id.clone()))>
                {t(words::OPEN)}
            </Button>
        }
    })
    .class("ways")
    .read_out();
    [tick].into_iter().chain(columns(zone)).chain([open]).collect()
}
