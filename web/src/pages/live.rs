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
    browser,
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

/// By then the server has begun to watch whatever it was asked to watch: milliseconds.
const SETTLED: i32 = 2_000;

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
    /// Counts the streams: what a question of an earlier one brings late belongs to other filters, or to another site.
    round: StoredValue<usize>,
}

impl Feed {
    fn new() -> Self {
        Self {
            condition: RwSignal::new(Condition::Connecting),
            shown: RwSignal::new(Vec::new()),
            waiting: RwSignal::new(Vec::new()),
            paused: RwSignal::new(false),
            round: StoredValue::new(0),
        }
    }

    /// Whether the page still shows the stream of this round; not once it was left.
    fn is_at(self, round: usize) -> bool {
        self.round.try_get_value() == Some(round)
    }

    /// Tells how the stream is.
    fn tell(self, round: usize, condition: Condition) {
        if self.is_at(round) {
            self.condition.set(condition);
        }
    }

    /// Takes events in, the latest first; those that are there already are not taken twice. One that was missed comes to
    /// stand where it belongs, below what arrived after it.
    fn take(self, round: usize, events: Vec<Event>) {
        if !self.is_at(round) {
            return;
        }
        let (shown, waiting) = (self.shown.get_untracked(), self.waiting.get_untracked());
        let known: HashSet<&str> = waiting.iter().chain(&shown).map(id).collect();
        if events.iter().all(|event| known.contains(id(event))) {
            return;
        }
        let (list, mut merged) = if self.paused.get_untracked() {
            (self.waiting, waiting.clone())
        } else {
            (self.shown, shown.clone())
        };
        let mut place = 0;
        for event in events {
            if let Some(found) = merged.iter().position(|one| one.id == event.id) {
                place = found + 1;
            } else if !known.contains(id(&event)) {
                merged.insert(place, event);
                place += 1;
            }
        }
        merged.truncate(MOST);
        list.set(merged);
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

    /// Begins another round.
    fn clear(self) -> usize {
        self.shown.set(Vec::new());
        self.waiting.set(Vec::new());
        self.condition.set(Condition::Connecting);
        self.round.update_value(|round| *round += 1);
        self.round.get_value()
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
        let round = feed.clear();
        stream.set_value(Some(listen(client, place.site_name(), &question.get(), feed, round)));
    });
    on_cleanup(move || stream.set_value(None));
    let zone = Memo::new(move |_| place.site().map(|site| site.time_zone).unwrap_or_default());
    let refusal = Signal::derive(move || match feed.condition.get() {
        Condition::Refused(failure) => Some(failure),
        _ => None,
    });
    // The table stays while rows come into it, with what is scrolled and focused in it.
    let is_empty = Memo::new(move |_| feed.shown.with(Vec::is_empty));
    let tools = move || view! { <Still feed/> };
    view! {
        <PageFrame title=t(words::TITLE) intro=t(words::INTRO) tools>
            <FilterLine question change/>
            <Filters question change/>
            <FormError failure=refusal/>
            {move || {
                if is_empty.get() {
                    return Either::Left(view! { <Empty title=t(words::NONE) hint=t(words::NONE_HINT)/> });
                }
                Either::Right(view! {
                    <section class="card flush live">
                        <Table
                            caption=t(words::TITLE)
                            columns=columns(zone.get())
                            rows=feed.shown
                            key=|event| event.id.inner().to_owned()
                            moving=true
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

fn listen(client: Client, site: String, question: &Question, feed: Feed, round: usize) -> Stream {
    let filter = EventFilter {
        from: None,
        to: None,
        conditions: Some(conditions(question)),
    };
    let operation = watch(site.clone(), filter.clone());
    client.stream(&operation, move |told| match told {
        Told::Running => {
            feed.tell(round, Condition::Running);
            leptos::task::spawn_local(catch_up(client, site.clone(), filter.clone(), feed, round));
        }
        Told::Next(next) => feed.take(round, vec![next.event_logged]),
        Told::Broken => feed.tell(round, Condition::Broken),
        Told::Refused(failure) => feed.tell(round, Condition::Refused(failure)),
    })
}

/// Asks for what was stored before the stream ran; and once more a little later, as nobody tells since which moment it
/// does: what was stored between the first answer and that moment came by neither.
async fn catch_up(client: Client, site: String, filter: EventFilter, feed: Feed, round: usize) {
    let Some(shown) = feed.shown.try_get_untracked() else {
        return;
    };
    let known: HashSet<String> = shown.iter().map(|event| id(event).to_owned()).collect();
    let Some(seen) = ask_back(client, &site, &filter, &known, feed, round).await else {
        return;
    };
    browser::pause(SETTLED).await;
    if feed.is_at(round) {
        let _ = ask_back(client, &site, &filter, &seen, feed, round).await;
    }
}

/// Asks page by page, the latest first, until something is known; gives what is known then. None where it did not work.
async fn ask_back(
    client: Client,
    site: &str,
    filter: &EventFilter,
    known: &HashSet<String>,
    feed: Feed,
    round: usize,
) -> Option<HashSet<String>> {
    let (mut missed, mut after) = (Vec::new(), None);
    loop {
        let asked = EventsVariables {
            site: site.to_owned(),
            filter: filter.clone(),
            order: EventOrder::ArrivalDescending,
            first: PAGE,
            after: after.take(),
        };
        let found = match client.ask(events(asked)).await {
            Ok(found) => found.events,
            Err(failure) => {
                feed.tell(round, Condition::Refused(failure));
                return None;
            }
        };
        missed.extend(found.edges.into_iter().map(|edge| edge.node));
        after = found.page_info.next();
        let met = missed.iter().any(|event| known.contains(id(event)));
        if met || known.is_empty() || missed.len() >= MOST || after.is_none() {
            let seen = missed.iter().map(|event| id(event).to_owned()).collect();
            feed.take(round, missed);
            return Some(seen);
        }
    }
}

fn id(event: &Event) -> &str {
    event.id.inner()
}
