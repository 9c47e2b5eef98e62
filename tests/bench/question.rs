//! `find` on a rollup: 90 days by day, one tag condition, grouped by action.

use std::time::Instant;

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::{
    Bench, Result,
    client::{Client, data},
    server::Server,
    statistics::{grouped, median, quantile},
    stock::{Content, DAYS, Stock, Stocks, ZONE},
    table::Row,
    workload::{self, NETWORKS, Workload},
};

/// Runs of one question; every fifth has the same condition.
const RUNS: usize = 60;
const WARM_UPS: usize = 5;
/// Of whole hours, and with summer time of other dates than the site's.
const HOURLY_ZONE: &str = "America/New_York";
const HALF_HOURLY_ZONE: &str = "Asia/Kolkata";

const FIND: &str = "query($input: FindInput!) { find(input: $input) { total groups rows { dimensions count }
    series { start count rows { dimensions count } } provenance { source markLagEvents } } }";

pub(crate) async fn measure(bench: &Bench, stocks: &mut Stocks) -> Result<Vec<Row>> {
    let many = stocks.get(bench.options.events).await?;
    let few = stocks.get(bench.options.few_events()).await?;
    let mut rows = vec![loaded(&many)];
    let (large, small) = (Asked::open(&many).await?, Asked::open(&few).await?);
    rows.extend(in_turns(bench, &large, &small).await?);
    let zones = [
        ("in another whole-hour zone", HOURLY_ZONE, 60.0),
        ("in a :30 zone", HALF_HOURLY_ZONE, 500.0),
    ];
    for (what, zone, target) in zones {
        let times = large.times(zone).await?;
        rows.push(
            Row::at_most(
                &format!("the same {what}, {zone}: median"),
                target,
                median(&times.0),
                " ms",
            )
            .detail(format!(
                "95 % within {:.1} ms; {}{}",
                quantile(&times.0, 0.95),
                times.1,
                clock_change(&many.content, zone)?
            )),
        );
    }
    small.server.stop().await?;
    large.server.stop().await?;
    Ok(rows)
}

fn loaded(stock: &Stock) -> Row {
    let content = &stock.content;
    let what = format!("loading {} events in order of time", grouped(content.events as f64));
    Row::told(&what, format!("{} events/s", grouped(content.rate)))
        .detail(format!("all folded {:.0} s after the last", content.drain))
}

/// Both databases in turns, so that a slow moment of the machine hits both.
async fn in_turns(bench: &Bench, large: &Asked<'_>, small: &Asked<'_>) -> Result<[Row; 2]> {
    let (mut of_large, mut of_small, mut source) = (Vec::new(), Vec::new(), String::new());
    let (mut one, mut other) = (large.client().await?, small.client().await?);
    for run in 0..RUNS + WARM_UPS {
        let network = (run % usize::from(NETWORKS)) as u8;
        let (time, answer) = large.time(&mut one, ZONE, network).await?;
        let (small_time, _) = small.time(&mut other, ZONE, network).await?;
        if run < WARM_UPS {
            check(&bench.workload, &large.stock.content, network, &answer)?;
            continue;
        }
        of_large.push(time);
        of_small.push(small_time);
        source = came_from(&answer);
    }
    let (time, small_time) = (median(&of_large), median(&of_small));
    let [events, few] = [large, small].map(|asked| grouped(asked.stock.content.events as f64));
    let what = "`find` on `networks`, 90 days by day, one tag condition, by action";
    Ok([
        Row::at_most(&format!("{what}, {events} events: median"), 10.0, time, " ms")
            .detail(format!("95 % within {:.1} ms; {source}", quantile(&of_large, 0.95))),
        Row::at_most(
            &format!("the same, of that at {few} events"),
            1.5,
            time / small_time,
            " ×",
        )
        .detail(format!("{time:.2} ms to {small_time:.2} ms")),
    ])
}

/// A server on a full database.
struct Asked<'a> {
    stock: &'a Stock,
    server: Server,
}

impl<'a> Asked<'a> {
    async fn open(stock: &'a Stock) -> Result<Self> {
        let server = Server::start(&stock.place).await?;
        Ok(Self { stock, server })
    }

    async fn client(&self) -> Result<Client> {
        Client::connect(&self.server, &self.stock.content.key).await
    }

    /// Milliseconds of all runs in a zone, and where the answers came from.
    async fn times(&self, zone: &str) -> Result<(Vec<f64>, String)> {
        let (mut times, mut source) = (Vec::new(), String::new());
        let mut client = self.client().await?;
        for run in 0..RUNS + WARM_UPS {
            let network = (run % usize::from(NETWORKS)) as u8;
            let (time, answer) = self.time(&mut client, zone, network).await?;
            if run >= WARM_UPS {
                times.push(time);
                source = came_from(&answer);
            }
        }
        Ok((times, source))
    }

    async fn time(&self, client: &mut Client, zone: &str, network: u8) -> Result<(f64, Value)> {
        let (from, to) = self.stock.content.days(zone, 0, DAYS)?;
        let input = json!({
            "view": "networks", "from": from, "to": to, "series": true, "period": "DAY", "timeZone": zone,
            "where": [{"dimension": "tag.network", "value": workload::network(network)}], "groupBy": ["action"],
        });
        let (time, mut answer) = timed(client, FIND, &json!({"input": input})).await?;
        Ok((time, answer["find"].take()))
    }
}

/// Milliseconds until an answer is there, and its data.
pub(crate) async fn timed(client: &mut Client, query: &str, variables: &Value) -> Result<(f64, Value)> {
    let body = json!({"query": query, "variables": variables}).to_string();
    let begin = Instant::now();
    let answer = client.post(&[body.as_bytes()]).await?;
    let time = begin.elapsed().as_secs_f64() * 1e3;
    Ok((time, data(answer)?))
}

fn came_from(answer: &Value) -> String {
    format!("from {}", answer["provenance"]["source"].as_str().unwrap_or("?"))
}

/// Counts the events anew, and fails where the answer is another.
fn check(workload: &Workload, content: &Content, network: u8, answer: &Value) -> Result<()> {
    let numbers = 0..content.events;
    let truth = numbers
        .filter(|number| workload.event(*number).network == network)
        .count();
    let points = answer["series"].as_array().map_or(0, Vec::len);
    if answer["total"] == truth && points == DAYS as usize {
        return Ok(());
    }
    let total = &answer["total"];
    Err(format!("`find` counts {total} events in {points} days; there are {truth} in {DAYS}").into())
}

/// Whether clocks change within the days, which is what makes a zone hard.
fn clock_change(content: &Content, zone: &str) -> Result<&'static str> {
    let (from, to) = content.days(zone, 0, DAYS)?;
    let zone = TimeZone::get(zone)?;
    let changes = zone.to_offset(from) != zone.to_offset(to);
    Ok(if changes {
        "; clocks change within the days"
    } else {
        "; no clock change within the days"
    })
}
