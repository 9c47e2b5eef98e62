//! How far the marks lag behind a steady load, and how soon they have caught up after saturation.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    Bench, Result,
    client::Client,
    load::{self, Load, Pool},
    server::{Place, Server},
    statistics::{grouped, most},
    table::Row,
};

/// Events a second of the steady load, and of each of its requests.
const STEADY_EVENTS: u64 = 10_000;
const STEADY_BATCH: u64 = 100;
const STEADY_CONNECTIONS: u64 = 4;
const SATURATION_CONNECTIONS: usize = 8;
const SAMPLE_INTERVAL: Duration = Duration::from_millis(250);
const POLL_INTERVAL: Duration = Duration::from_millis(250);
/// The fold has stopped if it takes longer.
const FOLD_LIMIT: Duration = Duration::from_secs(1_800);

pub(crate) async fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let place = Place::temporary(&bench.options, "lag")?;
    let server = Server::start(&place).await?;
    let key = place.create_site("shop")?;
    let time = bench.options.long();
    let steady = steady(bench, &server, &key, time).await?;
    let _ = await_folded(&server, &key).await?;

    let load = Load {
        call: load::LOG_BATCH,
        connections: SATURATION_CONNECTIONS,
        pool: load::pool_of_batches(&bench.workload, 100, 1_000),
    };
    let saturation = load.run(&server, &key, time).await?;
    let metrics = Client::connect(&server, &key).await?.get("/metrics").await?;
    let behind = most(&values(&metrics, "tidemark_mark_lag_events")?);
    let drain = await_folded(&server, &key).await?;
    server.stop().await?;

    let seconds = time.as_secs();
    Ok(vec![
        Row::at_most(
            &format!("mark lag at a steady 10,000 events/s for {seconds} s: the most"),
            2.0,
            steady.most_seconds,
            " s",
        )
        .provided(steady.rate >= 0.99 * STEADY_EVENTS as f64)
        .detail(format!(
            "{} events/s went in; at most {} events past a mark, the oldest {:.2} s old",
            grouped(steady.rate),
            grouped(steady.most_events),
            steady.most_age
        )),
        Row::at_most(
            &format!("time to drain after {seconds} s at saturation"),
            60.0,
            drain.as_secs_f64(),
            " s",
        )
        .detail(format!(
            "{} events/s went in; {} events were past a mark",
            grouped(saturation.rate * 1_000.0),
            grouped(behind)
        )),
    ])
}

struct Steady {
    rate: f64,
    most_seconds: f64,
    most_events: f64,
    most_age: f64,
}

/// Sends at fixed moments, whether or not the last answer is there.
async fn steady(bench: &Bench, server: &Server, key: &str, time: Duration) -> Result<Steady> {
    let pool = load::pool_of_batches(&bench.workload, 1_000, STEADY_BATCH);
    let requests = time.as_secs() * STEADY_EVENTS / STEADY_BATCH;
    let begin = Instant::now();
    let mut callers = JoinSet::new();
    for first in 0..STEADY_CONNECTIONS {
        let client = Client::connect(server, key).await?;
        callers.spawn(send_on_time(client, pool.clone(), begin, first, requests));
    }
    let mut metrics = Client::connect(server, key).await?;
    let mut asker = Client::connect(server, key).await?;
    let (mut events, mut ages) = (vec![0.0], vec![0.0]);
    while begin.elapsed() < time {
        ages.push(age(&metrics.get("/metrics").await?)?);
        events.push(lag(&mut asker).await?);
        tokio::time::sleep(SAMPLE_INTERVAL).await;
    }
    while let Some(done) = callers.join_next().await {
        done??;
    }
    let rate = (requests * STEADY_BATCH) as f64 / begin.elapsed().as_secs_f64().max(time.as_secs_f64());
    let (most_events, most_age) = (most(&events), most(&ages));
    Ok(Steady {
        rate,
        most_seconds: most_age.max(most_events / STEADY_EVENTS as f64),
        most_events,
        most_age,
    })
}

/// Sends every so manyth request of the steady load.
async fn send_on_time(mut client: Client, pool: Pool, begin: Instant, first: u64, requests: u64) -> Result<()> {
    let interval = Duration::from_secs(1) * STEADY_BATCH as u32 / STEADY_EVENTS as u32;
    for number in (first..requests).step_by(STEADY_CONNECTIONS as usize) {
        let moment = begin + interval * number as u32;
        tokio::time::sleep_until(moment.into()).await;
        let batch = &pool[number as usize % pool.len()];
        load::LOG_SMALL_BATCH.send(&mut client, batch).await?;
    }
    Ok(())
}

/// Events past the marks of views and of scopes, whichever is more.
pub(crate) async fn lag(client: &mut Client) -> Result<f64> {
    const QUERY: &str = "query($find: FindInput!, $unique: UniqueInput!) {
        find(input: $find) { provenance { markLagEvents } } unique(input: $unique) { provenance { markLagEvents } } }";
    // Of long ago, so that answering costs nothing.
    let (from, to) = ("2001-01-01T00:00:00Z", "2001-01-02T00:00:00Z");
    let find = json!({"view": "actions", "from": from, "to": to});
    let unique = json!({"from": from, "to": to});
    let answer = client.ask(QUERY, &json!({"find": find, "unique": unique})).await?;
    let events = |field: &str| answer[field]["provenance"]["markLagEvents"].as_f64();
    let lags = [events("find"), events("unique")].map(|lag| lag.ok_or("an answer does not tell the mark's lag"));
    let [views, scopes] = lags;
    Ok(views?.max(scopes?))
}

/// Seconds that the oldest event past a mark has waited, by the server's own account.
fn age(metrics: &str) -> Result<f64> {
    Ok(most(&values(metrics, "tidemark_mark_lag_seconds")?))
}

/// What a metric says of each mark.
fn values(metrics: &str, name: &str) -> Result<Vec<f64>> {
    let lines = metrics
        .lines()
        .filter(|line| line.strip_prefix(name).is_some_and(|labels| labels.starts_with('{')));
    let values: Vec<f64> = lines.filter_map(|line| line.rsplit(' ').next()?.parse().ok()).collect();
    match values.is_empty() {
        true => Err(format!("/metrics does not tell {name}").into()),
        false => Ok(values),
    }
}

/// Waits until no event lies past a mark, and says how long that took.
pub(crate) async fn await_folded(server: &Server, key: &str) -> Result<Duration> {
    let mut client = Client::connect(server, key).await?;
    let begin = Instant::now();
    loop {
        let events = lag(&mut client).await?;
        if events <= 0.0 {
            return Ok(begin.elapsed());
        }
        if begin.elapsed() > FOLD_LIMIT {
            return Err(format!("the marks are {events} events behind, and do not catch up").into());
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}
