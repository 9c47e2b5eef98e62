//! Load in a closed loop: each of some connections sends its next request once the last is answered.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::Barrier, task::JoinSet};

use crate::{
    Result,
    client::{Client, find, start},
    server::Server,
    statistics::quantile,
    workload::Workload,
};

/// A request that logs, around an event or a list of events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    /// Where it is sent.
    pub(crate) path: &'static str,
    /// The header that shows the key, written `KEY` in it.
    pub(crate) header: &'static str,
    /// What stands before the event.
    pub(crate) begin: &'static str,
    /// What stands behind it.
    pub(crate) end: &'static str,
    /// What an answer holds if all is well; nothing where its status says so.
    pub(crate) success: &'static str,
}

pub(crate) const LOG_ONE: Call = Call {
    path: "/graphql",
    header: "Authorization: Bearer KEY",
    begin: r#"{"query":"mutation($input: EventInput!) { logEvent(input: $input) { outcome } }","variables":{"input":"#,
    end: "}}",
    success: r#""ACCEPTED""#,
};
pub(crate) const PING_ONE: Call = Call {
    begin: r#"{"query":"mutation($input: EventInput!) { ping(input: $input) }","variables":{"input":"#,
    success: r#""ping":true"#,
    ..LOG_ONE
};
pub(crate) const LOG_BATCH: Call = Call {
    begin: r#"{"query":"mutation($inputs: [EventInput!]!) { logEvents(inputs: $inputs) { accepted } }","variables":{"inputs":"#,
    success: r#""accepted":1000}"#,
    ..LOG_ONE
};
/// A batch of 100.
pub(crate) const LOG_SMALL_BATCH: Call = Call {
    success: r#""accepted":100}"#,
    ..LOG_BATCH
};
pub(crate) const PING_BATCH: Call = Call {
    begin: r#"{"query":"mutation($inputs: [EventInput!]!) { ping(inputs: $inputs) }","variables":{"inputs":"#,
    success: r#""ping":true"#,
    ..LOG_ONE
};

impl Call {
    /// Sends it once, over a connection to where it goes.
    pub(crate) async fn send(&self, client: &mut Client, event: &[u8]) -> Result<()> {
        let answer = client
            .post(&[self.begin.as_bytes(), event, self.end.as_bytes()])
            .await?;
        if self.success.is_empty() || find(answer, self.success.as_bytes()).is_some() {
            return Ok(());
        }
        Err(format!("not {}: {}", self.success, start(answer)).into())
    }
}

/// Events or lists of them, made beforehand and sent in turn.
pub(crate) type Pool = Arc<Vec<Vec<u8>>>;

/// Single events of now.
pub(crate) fn pool_of_events(workload: &Workload, count: u64) -> Pool {
    let event = |number| {
        let mut text = Vec::new();
        workload.push(&workload.event(number), None, &mut text);
        text
    };
    Arc::new((0..count).map(event).collect())
}

/// Batches of events of now.
pub(crate) fn pool_of_batches(workload: &Workload, count: u64, size: u64) -> Pool {
    let batch = |number| {
        let mut text = Vec::new();
        push_batch(workload, number * size, size, |_| None, &mut text);
        text
    };
    Arc::new((0..count).map(batch).collect())
}

/// Adds the events from a number on as a list.
pub(crate) fn push_batch(
    workload: &Workload,
    first: u64,
    size: u64,
    time: impl Fn(u64) -> Option<jiff::Timestamp>,
    out: &mut Vec<u8>,
) {
    for number in first..first + size {
        out.push(if number == first { b'[' } else { b',' });
        workload.push(&workload.event(number), time(number), out);
    }
    out.push(b']');
}

/// What a round of load measured.
#[derive(Debug, Clone)]
pub(crate) struct Round {
    /// Requests a second.
    pub(crate) rate: f64,
    /// Milliseconds within which 99 of 100 requests were answered.
    pub(crate) p99: f64,
    /// Requests that were answered.
    pub(crate) requests: usize,
}

/// What is sent, and over how many connections.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    pub(crate) call: Call,
    pub(crate) connections: usize,
    pub(crate) pool: Pool,
}

impl Load {
    /// Loads the server for a time. Any answer but success ends it.
    pub(crate) async fn run(&self, server: &Server, key: &str, time: Duration) -> Result<Round> {
        self.run_by(server, &[key], time).await
    }

    /// The same with several keys or tokens, each over as many of the connections.
    pub(crate) async fn run_by(&self, server: &Server, keys: &[&str], time: Duration) -> Result<Round> {
        let barrier = Arc::new(Barrier::new(self.connections));
        let mut callers = JoinSet::new();
        for (index, key) in (0..self.connections).zip(keys.iter().cycle()) {
            let mut client = Client::connect_to(server, key, self.call.path, self.call.header).await?;
            let (call, pool, barrier) = (self.call, self.pool.clone(), barrier.clone());
            let mut at = index * pool.len() / self.connections;
            callers.spawn(async move {
                barrier.wait().await;
                let begin = Instant::now();
                let mut latencies = Vec::new();
                while begin.elapsed() < time {
                    let sent = Instant::now();
                    call.send(&mut client, &pool[at % pool.len()]).await?;
                    latencies.push(sent.elapsed().as_secs_f64() * 1e3);
                    at += 1;
                }
                Ok::<_, crate::Fault>((latencies, begin.elapsed()))
            });
        }
        let (mut latencies, mut elapsed) = (Vec::new(), Duration::ZERO);
        while let Some(done) = callers.join_next().await {
            let (own, time) = done??;
            latencies.extend(own);
            elapsed = elapsed.max(time);
        }
        Ok(Round {
            rate: latencies.len() as f64 / elapsed.as_secs_f64(),
            p99: quantile(&latencies, 0.99),
            requests: latencies.len(),
        })
    }
}
