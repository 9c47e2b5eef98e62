//! What can happen, at random.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::truth::{AGENTS, Actor, Agent, COUNTRIES, Event, condition::Condition, instant};

/// The server's settings and what happens.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) settings: Settings,
    pub(super) steps: Vec<Step>,
}

/// Settings that make rare paths common.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) fold_interval: &'static str,
    pub(super) fold_events: &'static str,
    pub(super) deletion_slice: &'static str,
    pub(super) most_cells: &'static str,
    pub(super) purge_interval: &'static str,
}

/// One thing that happens. Numbers pick among what there is when it happens.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Log(Draft),
    Batch(Vec<Draft>),
    /// Logs an event again that was logged before.
    Repeat(usize),
    DeleteOne(usize),
    DeleteIds(Vec<usize>),
    DeleteWhere(Condition),
    DeleteBetween(usize, usize),
    DeleteActor(usize),
    Restore(usize),
    /// Purges what is hidden, by a server that does nothing else for long.
    Purge,
    CreateView(usize),
    DeleteView(usize),
    CreateScope(usize),
    DeleteScope(usize),
    Pause(u64),
    /// Waits until everything is folded.
    Settle,
    Restart,
    Kill,
    Check(u64),
}

/// An event without its id.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    action: &'static str,
    label: Option<&'static str>,
    time: i64,
    page: Option<&'static str>,
    referrer: Option<&'static str>,
    tag: Map<String, Value>,
    agent: Option<Agent>,
    country: Option<&'static str>,
    actor: Actor,
}

impl Draft {
    pub(super) fn event(&self, id: String) -> Event {
        Event {
            id,
            action: self.action.to_owned(),
            label: self.label.map(str::to_owned),
            time: jiff::Timestamp::from_millisecond(self.time).expect("a moment"),
            url: self.page.map(|path| format!("https://shop.example{path}")),
            referrer: self.referrer.map(str::to_owned),
            tag: self.tag.clone(),
            agent: self.agent,
            country: self.country,
            actor: self.actor.clone(),
            hidden: false,
        }
    }
}

pub(super) const ACTIONS: [&str; 4] = ["pageview", "page.visit", "button.click", "Clicked Sign Up"];
pub(super) const NETWORKS: [&str; 3] = ["", "facebook", "linked in"];
pub(super) const GROUPS: [&str; 4] = ["a", "b", "ä", "A"];
const LABELS: [&str; 2] = ["top", "Ünten"];

/// Days about which something happens: both changes of Berlin's clocks, a change of Lord Howe's, and a plain week.
pub(super) const WINDOWS: [(&str, i64); 4] = [
    ("2026-03-27T20:00:00Z", 72),
    ("2026-10-23T20:00:00Z", 72),
    ("2026-10-03T12:00:00Z", 12),
    ("2026-11-09T00:00:00Z", 168),
];

pub(super) fn case() -> impl Strategy<Value = Case> {
    let begin = prop::collection::vec(draft(), 10..60).prop_map(Step::Batch);
    (settings(), begin, prop::collection::vec(step(), 22..28)).prop_map(|(settings, begin, mut steps)| {
        steps.insert(0, begin);
        Case { settings, steps }
    })
}

fn settings() -> impl Strategy<Value = Settings> {
    use prop::sample::select;
    (
        select(vec!["20ms", "1s"]),
        select(vec!["7", "20000"]),
        select(vec!["3", "1000"]),
        select(vec!["5", "10000"]),
        select(vec!["1s", "24h", "24h"]),
    )
        .prop_map(
            |(fold_interval, fold_events, deletion_slice, most_cells, purge_interval)| Settings {
                fold_interval,
                fold_events,
                deletion_slice,
                most_cells,
                purge_interval,
            },
        )
}

fn step() -> impl Strategy<Value = Step> {
    let pick = any::<usize>;
    prop_oneof![
        4 => draft().prop_map(Step::Log),
        5 => prop::collection::vec(draft(), 1..30).prop_map(Step::Batch),
        1 => pick().prop_map(Step::Repeat),
        2 => pick().prop_map(Step::DeleteOne),
        2 => prop::collection::vec(pick(), 1..12).prop_map(Step::DeleteIds),
        2 => condition().prop_map(Step::DeleteWhere),
        1 => (pick(), pick()).prop_map(|(one, other)| Step::DeleteBetween(one, other)),
        1 => (0..ACTORS).prop_map(Step::DeleteActor),
        4 => pick().prop_map(Step::Restore),
        1 => Just(Step::Purge),
        2 => (0..3_usize).prop_map(Step::CreateView),
        1 => (0..3_usize).prop_map(Step::DeleteView),
        1 => (0..2_usize).prop_map(Step::CreateScope),
        1 => (0..2_usize).prop_map(Step::DeleteScope),
        3 => (0..600_u64).prop_map(Step::Pause),
        2 => Just(Step::Settle),
        1 => Just(Step::Restart),
        2 => Just(Step::Kill),
        6 => any::<u64>().prop_map(Step::Check),
    ]
}

/// Actors with a name.
const ACTORS: usize = 8;

pub(super) fn user(number: usize) -> String {
    format!("user {number}")
}

fn draft() -> impl Strategy<Value = Draft> {
    use prop::{option::of, sample::select};
    let actor = prop_oneof![
        6 => (0..ACTORS).prop_map(|number| Actor::User(user(number))),
        2 => (0..3).prop_map(|number| Actor::Device(format!("device {number}"))),
        1 => Just(Actor::Unnamed),
        1 => Just(Actor::Company("Tidal Ltd".to_owned())),
    ];
    let referrers = vec![
        "https://www.google.com/search",
        "https://click.st/abc",
        "https://blog.example/post",
        "https://shop.example/",
    ];
    (
        select(ACTIONS.to_vec()),
        of(select(LABELS.to_vec())),
        time(),
        of(select(vec!["/", "/cart", "/p/1"])),
        of(select(referrers)),
        tag(),
        of(select(AGENTS.to_vec())),
        of(select(COUNTRIES.to_vec())),
        actor,
    )
        .prop_map(
            |(action, label, time, page, referrer, tag, agent, country, actor)| Draft {
                action,
                label,
                time,
                page,
                referrer,
                tag,
                agent,
                country,
                actor,
            },
        )
}

/// Often at the edge of an hour, where off-by-ones live.
fn time() -> impl Strategy<Value = i64> {
    let offset = prop_oneof![
        3 => 0..3_600_000_i64,
        1 => prop::sample::select(vec![0, 1, 1_799_999, 1_800_000, 3_599_999]),
    ];
    (
        prop::sample::select(WINDOWS.to_vec()),
        any::<prop::sample::Index>(),
        offset,
    )
        .prop_map(|((start, hours), hour, offset)| {
            let hour = i64::try_from(hour.index(usize::try_from(hours).expect("few"))).expect("few");
            instant(start).as_millisecond() + hour * 3_600_000 + offset
        })
}

fn tag() -> impl Strategy<Value = Map<String, Value>> {
    use prop::{option::of, sample::select};
    let texts = |values: &[&str]| {
        let mut all: Vec<Value> = values.iter().map(|value| json!(value)).collect();
        all.push(Value::Null);
        of(select(all))
    };
    let price = prop_oneof![
        (-50..1_000_i64).prop_map(Value::from),
        (0..400_i64).prop_map(|quarters| json!(quarters as f64 / 4.0 + 0.1)),
    ];
    let plan = of(select(vec![json!(7), json!(7.0), json!(7.5), json!(12)]));
    (texts(&NETWORKS), texts(&GROUPS), of(price), plan).prop_map(|(network, group, price, plan)| {
        let mut tag = Map::new();
        let deep = json!({"plan": plan});
        for (name, value) in [
            ("network", network),
            ("group", group),
            ("price", price),
            ("deep", plan.map(|_| deep)),
        ] {
            if let Some(value) = value {
                tag.insert(name.to_owned(), value);
            }
        }
        tag
    })
}

/// Conditions that every view of raw events takes.
fn condition() -> impl Strategy<Value = Condition> {
    prop::sample::select(vec![
        Condition::new("action", "EQ", json!("page.visit")),
        Condition::new("tag.network", "EQ", json!("facebook")),
        Condition::new("tag.group", "NOT_IN", json!(["a", "b", "ä"])),
        Condition::new("tag.deep.plan", "EQ", json!(7)),
        Condition::new("label", "EXISTS", json!(false)),
        Condition::new("traffic_source", "EQ", json!("search")),
        Condition::new("url.path", "PREFIX", json!("/p")),
    ])
}
