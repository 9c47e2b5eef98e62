//! What somebody did, the latest first.

use leptos::{either::Either, prelude::*};

use super::{kind, known::Known};
use crate::{
    api::{
        client::{Client, use_client},
        condition::{Condition, ConditionOp, EventFilter, conditions},
        event::{Event, EventOrder, EventsVariables, events},
        page::{Asked, Page},
        scalar::Moment,
    },
    browser,
    components::{
        button::{Button, Weight},
        event::{columns, columns_of_one},
        load::{Answer, Load},
        pages::Pages,
        situation::Empty,
    },
    state::{
        question::{Question, use_zone},
        surroundings::use_place,
    },
    text::{actor as words, fill, t},
};

/// Events of one page.
const PAGE: i32 = 100;

/// The feed.
#[component]
pub(super) fn Feed(name: String, question: Memo<Question>, change: Callback<Question>) -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let zone = use_zone(question);
    let who = name.clone();
    let filter = Signal::derive(move || {
        let question = question.get();
        let (range, _) = question.ranges(&zone.get(), browser::now());
        let mut conditions = conditions(&question);
        conditions.push(Condition {
            dimension: kind(&question).to_owned(),
            op: ConditionOp::Eq,
            value: Some(who.clone().into()),
        });
        EventFilter {
            from: Some(Moment::from_milliseconds(range.from)),
            to: Some(Moment::from_milliseconds(range.to)),
            conditions: Some(conditions),
        }
    });
    let answer: Answer<Page<Event>> = Answer::new(move || page(client, place.site_name(), filter.get(), None));
    let more =
        Callback::new(move |after: String| page(client, place.site_name_now(), filter.get_untracked(), Some(after)));
    let back = move || change.run(question.get_untracked().with_choice("actor", None));
    let shown = RwSignal::new(false);
    let title = fill(words::FEED, &[&name]);
    let of = question.with_untracked(kind);
    let may_know = if of == super::COMPANY {
        "Query.company"
    } else {
        "Query.actor"
    };
    view! {
        <div class="feed-head">
            <h2>{title}</h2>
            <Button weight=Weight::Quiet on_click=back>{t(words::BACK)}</Button>
        </div>
        {place.only(may_know, move || view! { <Known name=name.clone() kind=of zone shown/> })}
        // What stands below it comes after it, so that nothing jumps.
        <Show when=move || shown.get() || (place.is_known() && !place.may(may_know))>
            <Load answer let:first>
                {if first.rows.is_empty() {
                    Either::Left(view! { <Empty title=t(words::NONE) hint=t(words::NONE_HINT)/> })
                } else {
                    Either::Right(view! {
                        <section class="card flush">
                            <Pages
                                caption=t(words::OPEN)
                                columns=if of == super::COMPANY { columns(zone.get_untracked()) } else { columns_of_one(zone.get_untracked()) }
                                first
                                more
                                key=|event: &Event| event.id.inner().to_owned()
                            />
                        </section>
                    })
                }}
            </Load>
        </Show>
    }
}

fn page(client: Client, site: String, filter: EventFilter, after: Option<String>) -> Asked<Event> {
    let asked = EventsVariables {
        site,
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
    })
}
