//! How much memory the server takes, and how much disk an event.

use std::time::Duration;

use crate::{
    Bench, Result, lag,
    load::{self, Load},
    server::{Place, Server},
    statistics::grouped,
    stock::Stocks,
    table::Row,
};

const IDLE: Duration = Duration::from_secs(10);
const MOST_IDLE: f64 = 60.0;
const MOST_LOADED: f64 = 350.0;

pub(crate) async fn measure(bench: &Bench, stocks: &mut Stocks) -> Result<Vec<Row>> {
    let stock = stocks.get(bench.options.events).await?;
    let events = grouped(stock.content.events as f64);
    let fresh = {
        let place = Place::temporary(&bench.options, "memory")?;
        let server = Server::start(&place).await?;
        idle(server).await?
    };
    let full = idle(Server::start(&stock.place).await?).await?;

    // To another site of the same database, so that the questions' answers stay what they are.
    let server = Server::start(&stock.place).await?;
    let key = &stock.content.other_key;
    let half = bench.options.long() / 2;
    let batches = Load {
        call: load::LOG_BATCH,
        connections: 8,
        pool: load::pool_of_batches(&bench.workload, 100, 1_000),
    };
    let many = batches.run(&server, key, half).await?;
    let single = Load {
        call: load::LOG_ONE,
        connections: 64,
        pool: load::pool_of_events(&bench.workload, 10_000),
    };
    let singles = single.run(&server, key, half).await?;
    let _ = lag::await_folded(&server, key).await?;
    let peak = server.memory()?.peak;
    server.stop().await?;

    let what = |what: &str| format!("memory: {what}");
    Ok(vec![
        Row::at_most(&what("idle, empty"), MOST_IDLE, fresh, " MB"),
        Row::at_most(&what(&format!("idle, {events} events stored")), MOST_IDLE, full, " MB"),
        Row::at_most(
            &what(&format!("the most under ingest load, {events} events stored")),
            MOST_LOADED,
            peak.max(stock.content.peak),
            " MB",
        )
        .detail(format!(
            "{:.0} MB while these were loaded; {peak:.0} MB with {} more in batches and {} singly",
            stock.content.peak,
            grouped(many.requests as f64 * 1_000.0),
            grouped(singles.requests as f64)
        )),
    ])
}

/// MB that are resident after a rest.
async fn idle(server: Server) -> Result<f64> {
    tokio::time::sleep(IDLE).await;
    let memory = server.memory()?;
    server.stop().await?;
    Ok(memory.now)
}

pub(crate) async fn measure_disk(bench: &Bench, stocks: &mut Stocks) -> Result<Vec<Row>> {
    let stock = stocks.get(bench.options.events).await?;
    let content = &stock.content;
    let each = content.bytes as f64 / content.events as f64;
    let what = format!(
        "disk per event, {} events, everything included",
        grouped(content.events as f64)
    );
    let detail = format!(
        "{} MB after the server had stopped",
        grouped(content.bytes as f64 / 1e6)
    );
    let row = match bench.options.database_url {
        Some(_) => Row::told(&what, format!("{each:.0} bytes")),
        None => Row::at_most(&what, 400.0, each, " bytes"),
    };
    Ok(vec![row.detail(detail)])
}
