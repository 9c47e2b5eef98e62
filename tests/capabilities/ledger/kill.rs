//! Events of every outcome, with `kill -9` in between: the ledger holds exactly what the callers were told, and of a
//! request that was never answered all or nothing. `TIDEMARK_TEST_LEDGER_EVENTS=1000000` sends as many as that.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{Client, Engine, Tidemark, setting};
use tokio::task::JoinSet;

use super::{FROM, TO, prefix, text};

support::on_both_engines!(what_was_told_is_counted_whatever_is_killed);

/// Events in all, where the environment does not say.
const EVENTS: usize = 100_000;
const ROUNDS: usize = 12;

/// What an answer tells is no more than is counted here: to read whole events a million times would take most of the time.
const LOG_ONE: &str = "mutation ($input: EventInput!) { logEvent(input: $input) { outcome error { code } } }";
const LOG_MANY: &str =
    "mutation ($inputs: [EventInput!]!) { logEvents(inputs: $inputs) { outcomes { outcome error { code } } } }";

/// Events by outcome and code.
type Composition = BTreeMap<(String, String), i64>;

/// What a loader sends again and again.
#[derive(Debug, Clone, Copy)]
enum Load {
    /// Batches of every outcome, of this size.
    Mixed(usize),
    /// The same by a key with a rate.
    Limited(usize),
    /// Single events, each of another outcome.
    Single,
    /// Bodies that cannot be read.
    Unreadable,
}

const LOADS: [Load; 8] = [
    Load::Mixed(20),
    Load::Mixed(100),
    Load::Mixed(400),
    Load::Mixed(1_000),
    Load::Mixed(1_000),
    Load::Limited(50),
    Load::Single,
    Load::Unreadable,
];

impl Load {
    /// How long it waits after an answer: what costs the server least, or most for one event, is not to be most of all.
    fn pause(self) -> Duration {
        match self {
            Self::Mixed(_) => Duration::ZERO,
            Self::Limited(_) => Duration::from_millis(50),
            Self::Single | Self::Unreadable => Duration::from_millis(2),
        }
    }
}

/// One loader: what it was told in all, and what its last request of a round would have come to.
struct Loader {
    client: Client,
    load: Load,
    number: usize,
    /// Requests so far, which make ids fresh.
    requests: usize,
    told: Composition,
    /// What a request of each kind came to, the first time.
    known: BTreeMap<usize, Composition>,
}

/// A request that was not answered: how many events it held, and what they come to where that can be said.
struct Unanswered {
    events: i64,
    composition: Option<Composition>,
}

impl Loader {
    /// One event of each outcome, and as many good ones as make up the size.
    fn batch(&self, size: usize) -> Vec<Value> {
        let mut events: Vec<Value> = (0..6).map(|kind| self.event(kind)).collect();
        events.extend((6..size).map(|index| self.good(index)));
        events
    }

    fn good(&self, index: usize) -> Value {
        let id = format!("{} {} {index}", self.number, self.requests);
        json!({"id": id, "action": "pageview", "tag": {"number": index}})
    }

    fn event(&self, kind: usize) -> Value {
        match kind {
            0 => self.good(0),
            1 => json!({"id": format!("seed {}", self.number), "action": "pageview"}),
            2 => json!({"action": "spam"}),
            3 => json!({"action": "pageview", "tag": 7}),
            4 => json!({"action": "pageview", "time": "never"}),
            // Good ones have a number there.
            _ => json!({"action": "pageview", "tag": {"number": "seven"}}),
        }
    }

    /// Which requests come to the same.
    fn kind(&self) -> usize {
        match self.load {
            Load::Single => self.requests % 6,
            _ => 0,
        }
    }

    /// Sends one request, and gives what its events came to; none where there was no answer.
    async fn send(&self) -> (i64, Option<Composition>) {
        let inputs = match self.load {
            Load::Mixed(size) | Load::Limited(size) => self.batch(size),
            Load::Single => vec![self.event(self.kind())],
            Load::Unreadable => {
                let request = self.client.request(Method::POST, "/graphql");
                let request = request
                    .header(header::CONTENT_TYPE, "application/json")
                    .body("{\"query\": ");
                let answer = self.client.try_send(request).await;
                let outcome = |answer: support::Answer| {
                    let extensions = &answer.error()["extensions"];
                    Composition::from([((text(&extensions["outcome"]), text(&extensions["code"])), 1)])
                };
                return (1, answer.ok().map(outcome));
            }
        };
        let events = i64::try_from(inputs.len()).expect("few");
        let (document, variables) = match self.load {
            Load::Single => (LOG_ONE, json!({"input": inputs[0]})),
            _ => (LOG_MANY, json!({"inputs": inputs})),
        };
        let Ok(answer) = self.client.try_graphql(document, variables).await else {
            return (events, None);
        };
        let data = answer.data();
        let outcomes = match data["logEvents"]["outcomes"].as_array() {
            Some(outcomes) => outcomes.as_slice(),
            None => std::slice::from_ref(&data["logEvent"]),
        };
        let mut composition = Composition::new();
        for one in outcomes {
            let line = (text(&one["outcome"]), text(&one["error"]["code"]));
            *composition.entry(line).or_default() += 1;
        }
        (events, Some(composition))
    }

    /// Sends one request and notes what it was told.
    async fn once(&mut self) -> Result<i64, Unanswered> {
        let kind = self.kind();
        let (events, told) = self.send().await;
        self.requests += 1;
        let Some(told) = told else {
            let composition = self.known.get(&kind).cloned();
            return Err(Unanswered { events, composition });
        };
        assert_eq!(
            told.values().sum::<i64>(),
            events,
            "each event has an outcome: {told:?}"
        );
        for (line, n) in &told {
            *self.told.entry(line.clone()).or_default() += n;
        }
        if !matches!(self.load, Load::Limited(_)) {
            let known = self.known.entry(kind).or_insert_with(|| told.clone());
            assert_eq!(*known, told, "the same request comes to the same");
        }
        Ok(events)
    }

    /// Sends until the server is gone.
    async fn pour(mut self, answered: Arc<AtomicUsize>) -> (Self, Unanswered) {
        loop {
            match self.once().await {
                Ok(events) => answered.fetch_add(usize::try_from(events).expect("positive"), Ordering::Relaxed),
                Err(unanswered) => return (self, unanswered),
            };
            tokio::time::sleep(self.load.pause()).await;
        }
    }
}

async fn what_was_told_is_counted_whatever_is_killed(engine: Engine) {
    let wanted = setting::ledger_events().unwrap_or(EVENTS);
    let mut tidemark = Tidemark::start(engine).await;
    tidemark.client().add_rule("DENY", "spam").await;
    let mut loaders = prepare(&tidemark).await;
    let sent = Arc::new(AtomicUsize::new(0));
    let begin = std::time::Instant::now();
    let mut halves = [0, 0];
    for round in 0..ROUNDS {
        let mut tasks = JoinSet::new();
        for loader in loaders.drain(..) {
            tasks.spawn(loader.pour(sent.clone()));
        }
        let until = wanted * (round + 1) / ROUNDS;
        // Should the server not answer for a minute, every loader has given up.
        while sent.load(Ordering::Relaxed) < until && Arc::strong_count(&sent) > 1 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        // Never at the same moment of a commit.
        tokio::time::sleep(Duration::from_micros(
            u64::try_from(round * 1_731 % 9_000).expect("small"),
        ))
        .await;
        tidemark.server_mut().kill9();
        let ended = tasks.join_all().await;
        tidemark.server_mut().restart().await;
        let counted = count(&tidemark).await;
        for (mut loader, unanswered) in ended {
            let counted = counted.get(&prefix(&loader.client)).cloned().unwrap_or_default();
            halves[usize::from(check(&mut loader, &counted, &unanswered))] += 1;
            loaders.push(loader);
        }
        loaders.sort_by_key(|loader| loader.number);
        check_stored(&tidemark, &loaders).await;
    }
    let mut together = Composition::new();
    for ((outcome, code), n) in loaders.iter().flat_map(|loader| &loader.told) {
        *together.entry((outcome.clone(), code.clone())).or_default() += n;
    }
    let received: i64 = together.values().sum();
    assert!(received >= i64::try_from(wanted).expect("few"));
    println!(
        "{received} events in {:.0?} with {ROUNDS} kills; of the unanswered requests {} were absent and {} present: {together:#?}",
        begin.elapsed(),
        halves[0],
        halves[1]
    );
}

/// The loaders, each with a key of its own, and each kind of request answered once.
async fn prepare(tidemark: &Tidemark) -> Vec<Loader> {
    let mut loaders = Vec::new();
    for (number, load) in LOADS.into_iter().enumerate() {
        let mut flags = vec!["--site", tidemark.site(), "--allow", "log"];
        if matches!(load, Load::Limited(_)) {
            flags.extend(["--rate", "200/s"]);
        }
        let key = tidemark.key(&flags).await;
        let mut loader = Loader {
            client: Client::new(tidemark.server().address(), &key),
            load,
            number,
            requests: 0,
            told: Composition::new(),
            known: BTreeMap::new(),
        };
        if !matches!(load, Load::Unreadable) {
            let seed = loader.client.log(loader.event(1)).await;
            assert_eq!(seed["outcome"], "ACCEPTED", "{seed:#}");
            loader.told.insert(("ACCEPTED".into(), String::new()), 1);
        }
        for _ in 0..6 {
            assert!(loader.once().await.is_ok());
        }
        loaders.push(loader);
    }
    loaders
}

/// What the ledger holds, by key.
async fn count(tidemark: &Tidemark) -> BTreeMap<String, Composition> {
    let by = ["KEY", "OUTCOME", "CODE"];
    let answer = tidemark
        .client()
        .ledger(json!({"from": FROM, "to": TO, "groupBy": by}))
        .await;
    let mut counted: BTreeMap<String, Composition> = BTreeMap::new();
    let mut sum = 0;
    for row in answer["rows"].as_array().expect("a list") {
        let n = row["count"].as_i64().expect("a number");
        let line = (text(&row["outcome"]), text(&row["code"]));
        counted.entry(text(&row["key"])).or_default().insert(line, n);
        sum += n;
    }
    assert_eq!(answer["received"], sum);
    counted
}

/// The ledger holds what the loader was told and, of its unanswered request, nothing or all; gives which.
fn check(loader: &mut Loader, counted: &Composition, unanswered: &Unanswered) -> bool {
    if *counted == loader.told {
        return false;
    }
    let mut more = counted.clone();
    for (line, n) in &loader.told {
        *more.entry(line.clone()).or_default() -= n;
    }
    more.retain(|_, n| *n != 0);
    let whole = more.values().sum::<i64>() == unanswered.events && more.values().all(|n| *n > 0);
    assert!(whole, "{:?}: {more:?} of {}", loader.load, unanswered.events);
    if let Some(expected) = &unanswered.composition {
        assert_eq!(more, *expected, "{:?}", loader.load);
    }
    loader.told = counted.clone();
    true
}

/// As many events are stored as the ledger says were accepted.
async fn check_stored(tidemark: &Tidemark, loaders: &[Loader]) {
    let accepted = loaders
        .iter()
        .filter_map(|loader| loader.told.get(&("ACCEPTED".into(), String::new())));
    let find = json!({"view": "actions", "from": FROM, "to": TO});
    let found = tidemark.client().find(find).await;
    assert_eq!(found["total"], accepted.sum::<i64>());
}
