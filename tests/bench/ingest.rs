//! Logging against a mutation that takes the same and does nothing, in turns, on the same server.

use std::time::Duration;

use crate::{
    Bench, Result, lag,
    load::{self, Load, Pool, Round},
    server::{Place, Server},
    statistics::{grouped, least, median, most},
    table::Row,
};

const SINGLE_CONNECTIONS: usize = 64;
const BATCH_CONNECTIONS: usize = 8;
/// So many events of the batches are prepared; then they are sent again.
const PREPARED_EVENTS: u64 = 100_000;
const WARM_UP: Duration = Duration::from_secs(2);

pub(crate) async fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let place = Place::temporary(&bench.options, "ingest")?;
    let server = Server::start(&place).await?;
    let key = place.create_site("shop")?;
    let single = load::pool_of_events(&bench.workload, PREPARED_EVENTS);
    let single = Turns {
        log: load(load::LOG_ONE, SINGLE_CONNECTIONS, &single),
        ping: load(load::PING_ONE, SINGLE_CONNECTIONS, &single),
    };
    let single = single.run(bench, &server, &key).await?;
    let batches = load::pool_of_batches(&bench.workload, PREPARED_EVENTS / 1_000, 1_000);
    let batches = Turns {
        log: load(load::LOG_BATCH, BATCH_CONNECTIONS, &batches),
        ping: load(load::PING_BATCH, BATCH_CONNECTIONS, &batches),
    };
    let batches = batches.run(bench, &server, &key).await?;
    server.stop().await?;
    Ok(rows(&single, &batches))
}

fn load(call: load::Call, connections: usize, pool: &Pool) -> Load {
    Load {
        call,
        connections,
        pool: pool.clone(),
    }
}

fn rows(single: &Compared, batches: &Compared) -> Vec<Row> {
    let (log, ping) = single.median(|round| round.p99);
    vec![
        Row::at_least(
            "`logEvent`, 64 connections: rate, of the no-op's",
            0.4,
            single.ratio(|round| round.rate),
            " ×",
        )
        .detail(single.rates(1.0)),
        Row::at_most(
            "`logEvent`, 64 connections: p99, of the no-op's",
            3.0,
            single.ratio(|round| round.p99),
            " ×",
        )
        .detail(format!("{log:.1} ms to {ping:.1} ms")),
        Row::at_least(
            "`logEvents` of 1,000, 8 connections: rate, of the no-op's",
            0.2,
            batches.ratio(|round| round.rate),
            " ×",
        )
        .detail(batches.rates(1_000.0)),
    ]
}

/// Two loads to compare.
struct Turns {
    log: Load,
    ping: Load,
}

/// Round for round, logging and the no-op.
struct Compared {
    rounds: Vec<(Round, Round)>,
}

impl Turns {
    async fn run(&self, bench: &Bench, server: &Server, key: &str) -> Result<Compared> {
        let time = bench.options.round();
        for load in [&self.ping, &self.log] {
            let _ = load.run(server, key, WARM_UP.min(time)).await?;
        }
        let mut rounds = Vec::new();
        for _ in 0..bench.options.rounds {
            // What was logged is folded first: it must not slow down the no-op.
            let _ = lag::await_folded(server, key).await?;
            let ping = self.ping.run(server, key, time).await?;
            let log = self.log.run(server, key, time).await?;
            eprintln!(
                "    {:.0}/s p99 {:.2} ms to {:.0}/s p99 {:.2} ms",
                log.rate, log.p99, ping.rate, ping.p99
            );
            rounds.push((log, ping));
        }
        Ok(Compared { rounds })
    }
}

impl Compared {
    fn ratios(&self, value: impl Fn(&Round) -> f64) -> Vec<f64> {
        self.rounds.iter().map(|(log, ping)| value(log) / value(ping)).collect()
    }

    /// The median of the rounds' ratios.
    fn ratio(&self, value: impl Fn(&Round) -> f64) -> f64 {
        median(&self.ratios(value))
    }

    fn median(&self, value: impl Fn(&Round) -> f64) -> (f64, f64) {
        let of = |pick: fn(&(Round, Round)) -> &Round| {
            let values: Vec<_> = self.rounds.iter().map(|round| value(pick(round))).collect();
            median(&values)
        };
        (of(|round| &round.0), of(|round| &round.1))
    }

    fn rates(&self, events: f64) -> String {
        let (log, ping) = self.median(|round| round.rate);
        let ratios = self.ratios(|round| round.rate);
        format!(
            "{} to {} events/s; {} rounds, {:.2}–{:.2}",
            grouped(log * events),
            grouped(ping * events),
            ratios.len(),
            least(&ratios),
            most(&ratios)
        )
    }
}
