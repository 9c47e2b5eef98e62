//! Events as they arrive. What comes while the connection is broken is asked for once it stands again, and what is there
//! already is not shown twice.

use std::collections::HashSet;

use leptos::{either::Either, prelude::*};

use crate::{
    api::{
        client::{Client, use_client},
        condition::{EventFilter, conditions},
        event::{Event, EventOrder, EventsVariables, events, watch},
        failure::Failure,
        socket::{Stream, Told},
    },
    components::{
        button::{Button, Weight},
        event::columns,
        field::FormError,
        filter::{FilterLine, Filters},
        page::PageFrame,
        situation::Empty,
        table::Table,
    },
    state::{
        question::{Question, use_question},
        surroundings::use_place,
    },
    text::{fill, live as words, t},
};

/// Events on the page; older ones go.
const MOST: usize = 500;
/// Events that are asked for whenever the stream begins.
const PAGE: i32 = 100;

/// How the stream is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    Connecting,
    Running,
    Broken,
    Refused(Failure),
}

/// What is on the page.
#[derive(Debug, Clone, Copy)]
struct Feed {
    condition: RwSignal<Condition>,
    shown: RwSignal<Vec<Event>>,
    /// What has come while the page is held still.
    waiting: RwSignal<Vec<Event>>,
    paused: RwSignal<bool>,
}

impl Feed {
    fn new() -> Self {
        Self {
            condition: RwSignal::new(Condition::Connecting),
            shown: RwSignal::new(Vec::new()),
            waiting: RwSignal::new(Vec::new()),
            paused: RwSignal::new(false),
        }
    }

    /// Takes events in, the latest first; those that are there already are not taken twice.
    fn take(self, events: Vec<Event>) {
        let ids = |list: &Vec<Event>| list.iter().map(id).collect::<Vec<_>>();
        let shown = self.shown.with_untracked(ids);
        let known: HashSet<String> = self.waiting.with_untracked(ids).into_iter().chain(shown).collect();
        let fresh: Vec<_> = events.into_iter().filter(|event| !known.contains(&id(event))).collect();
        if fresh.is_empty() {
            return;
        }
        let list = if self.paused.get_untracked() {
            self.waiting
        } else {
            self.shown
        };
        list.update(|list| {
            list.splice(0..0, fresh);
            list.truncate(MOST);
        });
    }

    /// Holds the page still, or shows what has come meanwhile.
    fn pause(self, paused: bool) {
        self.paused.set(paused);
        if !paused {
            let waiting = self.waiting.get_untracked();
            self.waiting.set(Vec::new());
            self.shown.update(|list| {
                list.splice(0..0, waiting);
                list.truncate(MOST);
            });
        }
    }

    fn clear(self) {
        self.shown.set(Vec::new());
        self.waiting.set(Vec::new());
        self.condition.set(Condition::Connecting);
    }
}

/// The page.
#[component]
pub(crate) fn LivePage() -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let (question, change) = use_question();
    let feed = Feed::new();
    let stream = StoredValue::new_local(None::<Stream>);
    // Another site or other filters are another stream; the one before ends as it is dropped.
    Effect::new(move || {
        feed.clear();
        stream.set_value(Some(listen(client, place.site_name(), &question.get(), feed)));
    });
    on_cleanup(move || stream.set_value(None));
    let zone = Memo::new(move |_| place.site().map(|site| site.time_zone).unwrap_or_default());
    let refusal = Signal::derive(move || match feed.condition.get() {
        Condition::Refused(failure) => Some(failure),
        _ => None,
    });
    let tools = move || view! { <Still feed/> };
    view! {
        <PageFrame title=t(words::TITLE) intro=t(words::INTRO) tools>
            <FilterLine question change/>
            <Filters question change/>
            <FormError failure=refusal/>
            {move || {
                if feed.shown.with(Vec::is_empty) {
                    return Either::Left(view! { <Empty title=t(words::NONE) hint=t(words::NONE_HINT)/> });
                }
                Either::Right(view! {
                    <section class="card flush live">
                        <Table
                            caption=t(words::TITLE)
                            columns=columns(zone.get())
                            rows=feed.shown
                            key=|event| event.id.inner().to_owned()
                        />
                    </section>
                })
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
        (Condition::Broken | Condition::Refused(_), _) => ("state bad", t(words::BROKEN).to_owned()),
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
    client.stream(&operation, move |told| match told {
        Told::Running => {
            feed.condition.set(Condition::Running);
            leptos::task::spawn_local(catch_up(client, site.clone(), filter.clone(), feed));
        }
        Told::Next(next) => feed.take(vec![next.event_logged]),
        Told::Broken => feed.condition.set(Condition::Broken),
        Told::Refused(failure) => feed.condition.set(Condition::Refused(failure)),
    })
}

/// Asks for what was stored before the stream ran, page by page until something is known.
async fn catch_up(client: Client, site: String, filter: EventFilter, feed: Feed) {
    let shown: HashSet<String> = feed.shown.with_untracked(|shown| shown.iter().map(id).collect());
    let (mut missed, mut after) = (Vec::new(), None);
    loop {
        let asked = EventsVariables {
            site: site.clone(),
            filter: filter.clone(),
            order: EventOrder::ArrivalDescending,
            first: PAGE,
            after: after.take(),
        };
        let found = match client.ask(events(asked)).await {
            Ok(found) => found.events,
            Err(failure) => return feed.condition.set(Condition::Refused(failure)),
        };
        let page = found.edges.into_iter().map(|edge| edge.node);
        missed.extend(page);
        after = found.page_info.next();
        let enough = shown.is_empty() || missed.len() >= MOST || missed.iter().any(|event| shown.contains(&id(event)));
        if enough || after.is_none() {
            return feed.take(missed);
        }
    }
}

fn id(event: &Event) -> String {
    event.id.inner().to_owned()
}
