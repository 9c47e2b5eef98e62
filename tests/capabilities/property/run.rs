//! Doing the steps to a server, and to the plain list of events beside it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Client, Engine, Server, Tidemark};

use super::{
    ask,
    step::{Case, Draft, Settings, Step, user},
};
use crate::truth::{Actor, Event, condition::Condition, find::View};

/// The site's zone: its clocks change, and its days never begin with a UTC day.
pub(super) const ZONE: &str = "Europe/Berlin";
const LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// A server with what should be in it.
pub(super) struct World {
    pub(super) tidemark: Tidemark,
    manager: Client,
    pub(super) events: Vec<Event>,
    pub(super) views: Vec<View>,
    pub(super) scopes: Vec<Vec<&'static str>>,
    deletions: Vec<Deletion>,
    restorable: bool,
}

/// A deletion with the events that it hid.
struct Deletion {
    id: String,
    events: Vec<usize>,
}

pub(super) async fn run(engine: Engine, seed: u64, case: &Case) {
    let mut world = World::start(engine, &case.settings).await;
    for step in &case.steps {
        world.step(step).await;
    }
    ask::everything(&world, seed).await;
    world.settle().await;
    ask::everything(&world, seed + 1).await;
    world.tidemark.server_mut().kill9();
    world.tidemark.server_mut().restart().await;
    ask::everything(&world, seed + 2).await;
}

impl World {
    async fn start(engine: Engine, settings: &Settings) -> Self {
        let tidemark = Tidemark::builder(engine)
            .time_zone(ZONE)
            .site_flag("--max-event-age", "none")
            .flag("--fold-interval", settings.fold_interval)
            .flag("--fold-events", settings.fold_events)
            .flag("--deletion-slice-events", settings.deletion_slice)
            .flag("--max-cells-per-hour", settings.most_cells)
            .flag("--purge-interval", settings.purge_interval)
            .flag("--rate-query-units", "1000000000")
            .start()
            .await;
        // A scope is every site's, so the site's own key may not declare it.
        let manager = tidemark.client_of_all_sites("manage").await;
        Self {
            tidemark,
            manager,
            events: Vec::new(),
            views: View::built_in(),
            scopes: vec![
                vec![],
                vec!["tag.network"],
                vec!["tag.traffic_source"],
                vec!["tag.group"],
                vec!["tag.group", "tag.traffic_source"],
                vec!["tag.group", "tag.network"],
            ],
            deletions: Vec::new(),
            restorable: settings.purge_interval == "24h",
        }
    }

    async fn step(&mut self, step: &Step) {
        match step {
            Step::Log(draft) => {
                let event = draft.event(self.next_id(0));
                let payload = self.tidemark.client().log(event.input()).await;
                assert_eq!(payload["outcome"], "ACCEPTED", "{payload:#}");
                self.events.push(event);
            }
            Step::Batch(drafts) => self.batch(drafts).await,
            Step::Repeat(pick) => {
                let Some(event) = self.pick(*pick).map(|index| &self.events[index]) else {
                    return;
                };
                let payload = self.tidemark.client().log(event.input()).await;
                assert_eq!(payload["outcome"], "DUPLICATE", "{payload:#}");
            }
            Step::DeleteOne(_) | Step::DeleteIds(_) => self.delete_ids(step).await,
            Step::DeleteWhere(condition) => self.delete_where(condition).await,
            Step::DeleteBetween(one, other) => self.delete_between(*one, *other).await,
            Step::DeleteActor(number) => {
                let actor = user(*number);
                let hit = |event: &Event| event.actor == Actor::User(actor.clone());
                self.delete(json!({"actor": actor}), hit).await;
            }
            Step::Restore(pick) => self.restore(*pick).await,
            Step::Purge => self.purge().await,
            Step::CreateView(number) => self.create_view(*number).await,
            Step::DeleteView(number) => {
                let name = declared(*number).name;
                if self.views.iter().any(|view| view.name == name) {
                    self.mutate(
                        self.tidemark.client(),
                        "deleteView(name: $name) { name }",
                        "$name: String!",
                        json!({"name": name}),
                    )
                    .await;
                    self.views.retain(|view| view.name != name);
                }
            }
            Step::CreateScope(number) => self.create_scope(*number).await,
            Step::DeleteScope(number) => {
                let fields = SCOPES[*number].to_vec();
                if self.scopes.contains(&fields) {
                    let variables = json!({"fields": fields});
                    self.mutate(
                        &self.manager,
                        "deleteUniqueScope(fields: $fields) { name }",
                        "$fields: [String!]!",
                        variables,
                    )
                    .await;
                    self.scopes.retain(|scope| *scope != fields);
                }
            }
            Step::Pause(milliseconds) => tokio::time::sleep(Duration::from_millis(*milliseconds)).await,
            Step::Settle => self.settle().await,
            Step::Restart => self.tidemark.server_mut().restart().await,
            Step::Kill => {
                self.tidemark.server_mut().kill9();
                self.tidemark.server_mut().restart().await;
            }
            Step::Check(seed) => ask::something(self, *seed).await,
        }
    }

    fn next_id(&self, further: usize) -> String {
        format!("event {}", self.events.len() + further)
    }

    fn pick(&self, number: usize) -> Option<usize> {
        number.checked_rem(self.events.len())
    }

    async fn batch(&mut self, drafts: &[Draft]) {
        let events: Vec<_> = (0..)
            .zip(drafts)
            .map(|(index, draft)| draft.event(self.next_id(index)))
            .collect();
        self.tidemark.accept(events.iter().map(Event::input).collect()).await;
        self.events.extend(events);
    }

    async fn delete_ids(&mut self, step: &Step) {
        let picks: Vec<_> = match step {
            Step::DeleteOne(pick) => self.pick(*pick).into_iter().collect(),
            Step::DeleteIds(picks) => picks.iter().filter_map(|pick| self.pick(*pick)).collect(),
            other => panic!("not by ids: {other:?}"),
        };
        if picks.is_empty() {
            return;
        }
        let mut ids: Vec<_> = picks.iter().map(|pick| self.events[*pick].id.clone()).collect();
        ids.sort();
        ids.dedup();
        let unknown: Vec<_> = ids
            .iter()
            .filter(|id| self.events.iter().any(|event| event.id == **id && event.hidden))
            .cloned()
            .collect();
        let hit = |event: &Event| ids.contains(&event.id);
        let payload = match (step, ids.as_slice()) {
            (Step::DeleteOne(_), [id]) => {
                let payload = self.tidemark.client().delete(id).await;
                self.note_deletion(&payload, hit);
                payload
            }
            _ => self.delete(json!({"ids": ids}), hit).await,
        };
        let mut not_found: Vec<String> = serde_json::from_value(payload["notFound"].clone()).expect("ids");
        not_found.sort();
        assert_eq!(not_found, unknown, "{payload:#}");
    }

    async fn delete_where(&mut self, condition: &Condition) {
        let filter = json!({"filter": {"where": [condition.input()]}});
        self.delete(filter, |event| condition.holds(event)).await;
    }

    async fn delete_between(&mut self, one: usize, other: usize) {
        let (Some(one), Some(other)) = (self.pick(one), self.pick(other)) else {
            return;
        };
        let (one, other) = (self.events[one].time, self.events[other].time);
        let (from, to) = (one.min(other), one.max(other));
        if from < to {
            let filter = json!({"filter": {"from": from.to_string(), "to": to.to_string()}});
            self.delete(filter, |event| event.time >= from && event.time < to).await;
        }
    }

    async fn delete(&mut self, input: Value, hit: impl Fn(&Event) -> bool) -> Value {
        let payload = self.tidemark.client().delete_many(input).await;
        self.note_deletion(&payload, hit);
        payload
    }

    fn note_deletion(&mut self, payload: &Value, hit: impl Fn(&Event) -> bool) {
        let living = self.events.iter().enumerate().filter(|(_, event)| !event.hidden);
        let events: Vec<usize> = living.filter(|(_, event)| hit(event)).map(|(index, _)| index).collect();
        assert_eq!(payload["count"], events.len(), "{payload:#}");
        for index in &events {
            self.events[*index].hidden = true;
        }
        match payload["deletion"]["id"].as_str() {
            Some(id) => self.deletions.push(Deletion {
                id: id.to_owned(),
                events,
            }),
            None => assert!(events.is_empty(), "{payload:#}"),
        }
    }

    async fn restore(&mut self, pick: usize) {
        let Some(pick) = pick.checked_rem(self.deletions.len()) else {
            return;
        };
        let deletion = self.deletions.remove(pick);
        let begin = Instant::now();
        let payload = loop {
            let payload = self.tidemark.client().restore(&deletion.id).await;
            // While a younger deletion is being worked off, an older one cannot come back.
            if payload["error"]["code"] != "OVERLOADED" {
                break payload;
            }
            assert!(begin.elapsed() < LIMIT, "it cannot be restored: {payload:#}");
            tokio::time::sleep(POLL).await;
        };
        if payload["error"].is_null() {
            assert_eq!(payload["count"], deletion.events.len(), "{payload:#}");
            self.await_state(&deletion.id, |state| state == "RESTORED").await;
            for index in deletion.events {
                self.events[index].hidden = false;
            }
        } else {
            assert_eq!(payload["error"]["code"], "NOT_RESTORABLE", "{payload:#}");
            assert!(!self.restorable, "{payload:#}");
        }
    }

    async fn await_state(&self, deletion: &str, good: impl Fn(&str) -> bool) {
        let begin = Instant::now();
        loop {
            let query = "query ($id: ID!) { deletion(id: $id) { state } }";
            let answer = self.tidemark.client().graphql(query, json!({"id": deletion})).await;
            let state = answer.data()["deletion"]["state"].clone();
            if good(state.as_str().expect("a state")) {
                return;
            }
            assert!(begin.elapsed() < LIMIT, "the deletion stays {state}");
            tokio::time::sleep(POLL).await;
        }
    }

    async fn purge(&mut self) {
        self.tidemark.server_mut().terminate().await;
        let flags = [("--purge-interval", "1ms"), ("--fold-interval", "20ms")];
        let mut purger = Server::start_with(self.tidemark.database(), &flags).await;
        let address = purger.address().clone();
        let client = self.tidemark.client().at(&address);
        let begin = Instant::now();
        loop {
            let answer = client
                .graphql("{ deletions(first: 1000) { nodes { state } } }", json!({}))
                .await;
            let deletions = answer.data()["deletions"]["nodes"].as_array().expect("a list").clone();
            let done = |one: &Value| one["state"] == "PURGED" || one["state"] == "RESTORED";
            if deletions.iter().all(done) {
                break;
            }
            assert!(begin.elapsed() < LIMIT, "the purge does not end: {deletions:?}");
            tokio::time::sleep(POLL).await;
        }
        purger.terminate().await;
        self.deletions.clear();
        self.tidemark.server_mut().restart().await;
    }

    async fn create_view(&mut self, number: usize) {
        let view = declared(number);
        if self.views.iter().all(|one| one.name != view.name) {
            let variables = json!({"input": view.input()});
            self.mutate(
                self.tidemark.client(),
                "createView(input: $input) { state }",
                "$input: CreateViewInput!",
                variables,
            )
            .await;
            self.views.push(view);
        }
    }

    async fn create_scope(&mut self, number: usize) {
        let fields = SCOPES[number].to_vec();
        if !self.scopes.contains(&fields) {
            let variables = json!({"fields": fields});
            self.mutate(
                &self.manager,
                "createUniqueScope(fields: $fields) { name }",
                "$fields: [String!]!",
                variables,
            )
            .await;
            self.scopes.push(fields);
        }
    }

    async fn mutate(&self, client: &Client, field: &str, declaration: &str, variables: Value) {
        let document = format!("mutation ({declaration}) {{ {field} }}");
        let _ = client.graphql(&document, variables).await.data();
    }

    /// Waits until the mark has passed everything, and every backfill is done.
    pub(super) async fn settle(&self) {
        self.tidemark.await_folded().await;
        let begin = Instant::now();
        loop {
            let query = "{ views { name state } uniqueScopes { name state } }";
            let answer = self.tidemark.client().graphql(query, json!({})).await;
            if !answer.text.contains("BACKFILLING") {
                return;
            }
            assert!(begin.elapsed() < LIMIT, "a backfill does not end: {}", answer.text);
            tokio::time::sleep(POLL).await;
        }
    }
}

/// A view that a case may declare.
fn declared(number: usize) -> View {
    match number {
        0 => View::new("prices", &["action", "tag.group"]).measuring("tag.price"),
        1 => View::new("places", &["label", "tag.network", "url.path"]).of(&["pageview", "button.click"]),
        _ => View::new("plans", &["tag.deep.plan", "traffic_source", "company"]).measuring("tag.deep.plan"),
    }
}

/// Scopes that a case may declare.
const SCOPES: [&[&str]; 2] = [&["tag.deep.plan"], &["tag.network", "tag.deep.plan"]];
