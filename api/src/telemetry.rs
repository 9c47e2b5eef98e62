//! Logs and metrics. Every layer may count; nothing here decides anything.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};
use tracing_subscriber::EnvFilter;

/// Begins to log to standard error: for people, or one JSON object a line.
///
/// # Errors
/// A sentence about the filter that cannot be read.
pub fn start_log(filter: &str, json: bool) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter).map_err(|error| format!("--log: {error}"))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if json {
        builder.json().init();
    } else {
        builder
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .init();
    }
    Ok(())
}

macro_rules! labels {
    ($($(#[doc = $doc:literal])+ $set:ident { $($name:ident: $type:ty),+ })+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
            struct $set { $($name: $type,)+ }
        )+
    };
}

// Values are known when the program is built, so that their number has a bound.
labels! {
    /// Of requests: the path, where it is one of ours, and the status of the answer.
    Request { path: &'static str, status: u16 }
    /// Of events: what became of them.
    Outcome { outcome: &'static str }
    /// Of what waits to be folded: which mark has not passed it.
    Mark { mark: &'static str }
    /// Of questions: what was asked for, and where the answer came from or that there is none.
    Question { operation: &'static str, source: &'static str }
    /// Of faults: the part that failed.
    Part { part: &'static str }
}

/// Everything that is counted.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    requests: Family<Request, Counter>,
    request_seconds: Histogram,
    outcomes: Family<Outcome, Counter>,
    batch_events: Histogram,
    append_seconds: Histogram,
    queue_events: Gauge,
    mark_lag_events: Family<Mark, Gauge>,
    mark_lag_seconds: Family<Mark, Gauge<f64, AtomicU64>>,
    aside_events: Gauge,
    question_seconds: Family<Question, Histogram>,
    faults: Family<Part, Counter>,
}

/// From 0.1 ms to some 50 s, each bucket twice the one before.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.000_1, 2.0, 20))
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("tidemark");
        let inner = Inner {
            requests: Family::default(),
            request_seconds: seconds(),
            outcomes: Family::default(),
            batch_events: Histogram::new(exponential_buckets(1.0, 2.0, 14)),
            append_seconds: seconds(),
            queue_events: Gauge::default(),
            mark_lag_events: Family::default(),
            mark_lag_seconds: Family::default(),
            aside_events: Gauge::default(),
            question_seconds: Family::new_with_constructor(seconds),
            faults: Family::default(),
            registry: Registry::default(),
        };
        registry.register("requests", "HTTP requests by path and status", inner.requests.clone());
        registry.register_with_unit(
            "request",
            "Time to answer an HTTP request",
            Unit::Seconds,
            inner.request_seconds.clone(),
        );
        registry.register("events", "Received events by outcome", inner.outcomes.clone());
        registry.register(
            "append_batch_events",
            "Events that shared one append transaction",
            inner.batch_events.clone(),
        );
        registry.register_with_unit(
            "append",
            "Time of one append transaction",
            Unit::Seconds,
            inner.append_seconds.clone(),
        );
        registry.register(
            "append_queue_events",
            "Events that wait to be appended",
            inner.queue_events.clone(),
        );
        registry.register(
            "mark_lag_events",
            "Events past a mark, by mark; on PostgreSQL counted up to 30,000",
            inner.mark_lag_events.clone(),
        );
        registry.register_with_unit(
            "mark_lag",
            "Age of the oldest event past a mark, by mark",
            Unit::Seconds,
            inner.mark_lag_seconds.clone(),
        );
        registry.register(
            "aside_events",
            "Events that cannot be read and are in no answer, counted up to 1,000",
            inner.aside_events.clone(),
        );
        registry.register_with_unit(
            "question",
            "Time to answer a question, by operation and source; of one without an answer, refused or failed",
            Unit::Seconds,
            inner.question_seconds.clone(),
        );
        registry.register("faults", "Failures of the server's own, by part", inner.faults.clone());
        Self(Arc::new(Inner { registry, ..inner }))
    }
}

impl Metrics {
    /// Counts one answered request.
    pub fn count_request(&self, path: &'static str, status: u16, time: Duration) {
        self.0.requests.get_or_create(&Request { path, status }).inc();
        self.0.request_seconds.observe(time.as_secs_f64());
    }

    /// Counts what became of events.
    pub fn count_outcome(&self, outcome: &'static str, events: u64) {
        self.0.outcomes.get_or_create(&Outcome { outcome }).inc_by(events);
    }

    /// Counts one append transaction.
    pub fn count_append(&self, events: usize, time: Duration) {
        self.0.batch_events.observe(events as f64);
        self.0.append_seconds.observe(time.as_secs_f64());
    }

    /// Notes how many events wait to be appended.
    pub fn set_queue(&self, events: usize) {
        self.0.queue_events.set(i64::try_from(events).unwrap_or(i64::MAX));
    }

    /// Notes how far a mark lags: `views` or `scopes`.
    pub fn set_mark_lag(&self, mark: &'static str, events: i64, age: Duration) {
        let label = Mark { mark };
        self.0.mark_lag_events.get_or_create(&label).set(events);
        self.0.mark_lag_seconds.get_or_create(&label).set(age.as_secs_f64());
    }

    /// Notes how many events are set aside.
    pub fn set_aside(&self, events: i64) {
        self.0.aside_events.set(events);
    }

    /// Counts one question: the operation, such as `find` or `unique`, and where the answer came from, or why there is none.
    pub fn count_question(&self, operation: &'static str, source: &'static str, time: Duration) {
        self.0
            .question_seconds
            .get_or_create(&Question { operation, source })
            .observe(time.as_secs_f64());
    }

    /// Counts a failure of the server's own, in a part such as `append` or a background task.
    pub fn count_fault(&self, part: &'static str) {
        self.0.faults.get_or_create(&Part { part }).inc();
    }

    /// All of it in the OpenMetrics text format.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = text::encode(&mut text, &self.0.registry);
        text
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics(…)")
    }
}
