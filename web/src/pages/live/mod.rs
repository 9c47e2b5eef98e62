//! Events as they arrive. What comes while the connection is broken is asked for once it stands again, and what is there
//! already is not shown twice.

mod feed;

use std::{cell::Cell, collections::HashSet};

use leptos::{either::EitherOf4, prelude::*};

use self::feed::{Body, Condition, Feed, MOST, id};
use crate::{
    api::{
        client::{Client, use_client},
        condition::{EventFilter, conditions},
        event::{EventOrder, EventsVariables, events, watch},
        failure::Failure,
        socket::{Stream, Told},
    },
    browser,
    components::{
        button::{Button, Weight},
        event::columns,
        filter::{FilterLine, Filters},
        page::PageFrame,
        situation::{Empty, Failed, Loading},
        table::Table,
    },
    state::{
        question::{Question, use_question, use_zone},
        surroundings::use_place,
    },
    text::{fill, live as words, t},
};

/// Events that are asked for whenever the stream begins.
const PAGE: i32 = 100;

/// By then the server has begun to watch whatever it was asked to watch: milliseconds.
const SETTLED: i32 = 2_000;

/// After which what did not work is asked again: milliseconds.
const AGAIN: i32 = 3_000;

/// The page.
#[component]
pub(crate) fn LivePage() -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let (question, change) = use_question();
    let zone = use_zone(question);
    let feed = Feed::new();
    let stream = StoredValue::new_local(None::<Stream>);
    let anew = RwSignal::new(());
    // In another zone, or of another period, they are the same events.
    let filters = Memo::new(move |_| question.with(|question| question.filters.clone()));
    // Another site or other filters are another stream; the one before ends as it is dropped.
    Effect::new(move || {
        anew.track();
        filters.track();
        let question = question.get_untracked();
        stream.set_value(Some(listen(client, place.site_name(), &question, feed)));
    });
    on_cleanup(move || stream.set_value(None));
    let refusal = Memo::new(move |_| match feed.condition.get() {
        Condition::Refused(failure) => Some(failure),
        _ => None,
    });
    // The table stays while rows come into it, with what is scrolled and focused in it.
    let body = Memo::new(move |_| feed.body());
    let tools = move || view! { <Still feed/> };
    view! {
        <PageFrame title=t(words::TITLE) intro=t(words::INTRO) tools>
            <FilterLine question change/>
            <Filters question change/>
            {move || refusal.get().map(|failure| view! { <Failed failure retry=move || anew.set(())/> })}
            {move || match body.get() {
                Body::Loading => EitherOf4::A(view! { <Loading/> }),
                Body::Nothing => EitherOf4::B(()),
                Body::Empty => EitherOf4::C(view! { <Empty title=t(words::NONE) hint=t(words::NONE_HINT)/> }),
                Body::Rows => EitherOf4::D(view! {
                    <section class="card flush live">
                        <Table
                            caption=t(words::TITLE)
                            columns=columns(zone.get())
                            rows=feed.shown
                            key=|event| event.id.inner().to_owned()
                            moving=true
                        />
                    </section>
                }),
            }}
        </PageFrame>
    }
}

/// How the stream is, and the button that holds it still.
#[component]
fn Still(feed: Feed) -> impl IntoView {
    let state = move || match (feed.condition.get(), feed.paused.get()) {
        (Condition::Running, true) => {
            let amount = feed.waiting.with(Vec::len).to_string();
            ("state", fill(words::PAUSED, &[&amount]))
        }
        (Condition::Running, false) => ("state good", t(words::RUNNING).to_owned()),
        (Condition::Broken, _) => ("state bad", t(words::BROKEN).to_owned()),
        (Condition::Refused(_), _) => ("state bad", t(words::REFUSED).to_owned()),
        (Condition::Connecting, _) => ("state", t(words::CONNECTING).to_owned()),
    };
    view! {
        <span role="status" class=move || state().0>{move || state().1}</span>
        <Button weight=Weight::Plain on_click=move || feed.pause(!feed.paused.get_untracked())>
            {move || t(if feed.paused.get() { words::GO_ON } else { words::PAUSE })}
        </Button>
    }
}

fn listen(client: Client, site: String, question: &Question, feed: Feed) -> Stream {
    let filter = EventFilter {
        from: None,
        to: None,
        conditions: Some(conditions(question)),
    };
    let operation = watch(site.clone(), filter.clone());
    let round = Cell::new(feed.clear());
    client.stream(&operation, move |told| match told {
        Told::Running => {
            leptos::task::spawn_local(catch_up(client, site.clone(), filter.clone(), feed, round.get()));
        }
        Told::Next(next) => feed.take(round.get(), vec![next.event_logged]),
        Told::Broken => round.set(feed.lose(round.get(), Condition::Broken)),
        Told::Refused(failure) => round.set(feed.lose(round.get(), Condition::Refused(failure))),
    })
}

/// Asks for what was stored before the stream ran; and once more a little later, as nobody tells since which moment it
/// does: what was stored between the first answer and that moment came by neither.
async fn catch_up(client: Client, site: String, filter: EventFilter, feed: Feed, round: usize) {
    if ask_until_told(client, &site, &filter, feed, round).await {
        browser::pause(SETTLED).await;
        if ask_until_told(client, &site, &filter, feed, round).await {
            feed.is_whole(round);
        }
    }
}

/// Asks again and again for what was missed, and says meanwhile that it does not work. Gives whether it did: not where the
/// connection broke as well, which begins anew by itself, where the page shows something else by now, or where the server
/// will not have it.
async fn ask_until_told(client: Client, site: &str, filter: &EventFilter, feed: Feed, round: usize) -> bool {
    while feed.is_at(round) {
        match ask_back(client, site, filter, feed, round).await {
            Ok(seen) => {
                feed.catch_up(round, seen);
                return true;
            }
            Err(failure) if failure.is_passing() => {
                feed.tell(round, Condition::Broken);
                browser::pause(AGAIN).await;
            }
            Err(failure) => {
                feed.tell(round, Condition::Refused(failure));
                return false;
            }
        }
    }
    false
}

/// Asks page by page, the latest first, until something is known; gives the ids of what was found. At first there is
/// nothing to reach, and a page is enough.
async fn ask_back(
    client: Client,
    site: &str,
    filter: &EventFilter,
    feed: Feed,
    round: usize,
) -> Result<HashSet<String>, Failure> {
    let known = feed.known();
    let (mut missed, mut after) = (Vec::new(), None);
    loop {
        let asked = EventsVariables {
            site: site.to_owned(),
            filter: filter.clone(),
            order: EventOrder::ArrivalDescending,
            first: PAGE,
            after: after.take(),
        };
        let found = client.ask(events(asked)).await?.events;
        missed.extend(found.edges.into_iter().map(|edge| edge.node));
        after = found.page_info.next();
        let met = known
            .as_ref()
            .is_none_or(|known| missed.iter().any(|event| known.contains(id(event))));
        if met || missed.len() >= MOST || after.is_none() {
            let seen = missed.iter().map(|event| id(event).to_owned()).collect();
            feed.take(round, missed);
            return Ok(seen);
        }
    }
}
