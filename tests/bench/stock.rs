//! Databases full of events, to ask questions of: made once, and kept where the command line says so.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use jiff::{Timestamp, ToSpan, Unit, tz::TimeZone};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    Bench, Result,
    client::Client,
    clock, lag, load,
    options::Options,
    server::{Place, Server},
    statistics::grouped,
    workload::{SEED, Workload},
};

/// The zone of the site.
pub(crate) const ZONE: &str = "Europe/Berlin";
pub(crate) const DAYS: i64 = 90;
const CONNECTIONS: u64 = 8;
const BATCH: u64 = 1_000;
const PROGRESS_EVENTS: u64 = 500_000;
const LOAD_LIMIT: Duration = Duration::from_secs(5_400);

/// What is known of a database once it is full; it stands in a file beside it.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub(crate) events: u64,
    /// The first moment of the first day in the site's zone; the events begin here.
    pub(crate) from: Timestamp,
    /// The events end here, within the last day.
    pub(crate) until: Timestamp,
    /// A key to the site with the events.
    pub(crate) key: String,
    /// A key to another site, to log to.
    pub(crate) other_key: String,
    /// Events a second that were loaded, and seconds until all were folded.
    pub(crate) rate: f64,
    pub(crate) drain: f64,
    /// Bytes once the server had stopped.
    pub(crate) bytes: u64,
    /// Megabytes that the server took at most while loading.
    pub(crate) peak: f64,
}

impl Content {
    /// The moment of the event of that number: evenly spread, in order, to the millisecond.
    pub(crate) fn time(&self, number: u64) -> Timestamp {
        let (from, until) = (self.from.as_millisecond(), self.until.as_millisecond());
        let past = i128::from(until - from) * i128::from(number) / i128::from(self.events);
        let millisecond = from + i64::try_from(past).unwrap_or_default();
        Timestamp::from_millisecond(millisecond).unwrap_or(self.until)
    }

    /// The first moments of two days in a zone, counted from the first day on.
    pub(crate) fn days(&self, zone: &str, first: i64, end: i64) -> Result<(Timestamp, Timestamp)> {
        let day = self.from.to_zoned(TimeZone::get(ZONE)?).date();
        let zone = TimeZone::get(zone)?;
        let start = |days: i64| -> Result<Timestamp> {
            let date = day.checked_add(days.days())?;
            Ok(date.to_zoned(zone.clone())?.timestamp())
        };
        Ok((start(first)?, start(end)?))
    }

    fn read(folder: &std::path::Path) -> Option<Self> {
        let text = fs::read_to_string(folder.join("bench.json")).ok()?;
        let json: Value = serde_json::from_str(&text).ok()?;
        let text = |name: &str| json[name].as_str();
        if json["seed"] != SEED {
            return None;
        }
        Some(Self {
            events: json["events"].as_u64()?,
            from: text("from")?.parse().ok()?,
            until: text("until")?.parse().ok()?,
            key: text("key")?.to_owned(),
            other_key: text("otherKey")?.to_owned(),
            rate: json["rate"].as_f64()?,
            drain: json["drain"].as_f64()?,
            bytes: json["bytes"].as_u64()?,
            peak: json["peak"].as_f64()?,
        })
    }

    fn write(&self, folder: &std::path::Path) -> Result<()> {
        let json = json!({
            "seed": SEED, "events": self.events, "from": self.from, "until": self.until, "key": self.key,
            "otherKey": self.other_key, "rate": self.rate, "drain": self.drain, "bytes": self.bytes,
            "peak": self.peak,
        });
        Ok(fs::write(folder.join("bench.json"), format!("{json:#}\n"))?)
    }
}

/// A full database.
#[derive(Debug)]
pub(crate) struct Stock {
    pub(crate) place: Place,
    pub(crate) content: Content,
}

/// The databases of this run, by how many events they hold.
#[derive(Debug)]
pub(crate) struct Stocks {
    options: Options,
    workload: Arc<Workload>,
    root: Option<PathBuf>,
    made: Vec<Arc<Stock>>,
}

impl Stocks {
    pub(crate) fn new(bench: &Bench) -> Result<Self> {
        if let Some(root) = &bench.options.data {
            fs::create_dir_all(root).map_err(|error| format!("{}: {error}", root.display()))?;
        }
        Ok(Self {
            options: bench.options.clone(),
            workload: bench.workload.clone(),
            root: bench.options.data.clone(),
            made: Vec::new(),
        })
    }

    /// The one with so many events, loaded now if it is not there yet. No server runs on it.
    pub(crate) async fn get(&mut self, events: u64) -> Result<Arc<Stock>> {
        if let Some(stock) = self.made.iter().find(|stock| stock.content.events == events) {
            return Ok(stock.clone());
        }
        let name = format!("{}-{events}", self.options.engine().to_lowercase());
        let place = match &self.root {
            Some(root) => Place::kept(&self.options, root, &name)?,
            None => Place::temporary(&self.options, &name)?,
        };
        let content = match Content::read(place.folder()).filter(|content| content.events == events) {
            Some(content) => content,
            None => {
                place.clear()?;
                let content = fill(&self.workload, &place, events).await?;
                content.write(place.folder())?;
                content
            }
        };
        let stock = Arc::new(Stock { place, content });
        self.made.push(stock.clone());
        Ok(stock)
    }
}

/// Loads events over 90 days that end now, in order of time, through the API.
async fn fill(workload: &Arc<Workload>, place: &Place, events: u64) -> Result<Content> {
    eprintln!(
        "    loading {} events into {}",
        grouped(events as f64),
        place.folder().display()
    );
    let server = Server::start(place).await?;
    let until = clock::now().round(Unit::Millisecond)?;
    let today = until.to_zoned(TimeZone::get(ZONE)?).start_of_day()?;
    let mut content = Content {
        events,
        from: today.checked_sub((DAYS - 1).days())?.timestamp(),
        until,
        key: place.create_site("shop")?,
        other_key: place.create_site("other")?,
        rate: 0.0,
        drain: 0.0,
        bytes: 0,
        peak: 0.0,
    };
    let begin = Instant::now();
    let next = Arc::new(AtomicU64::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let client = Client::connect(&server, &content.key).await?;
        callers.spawn(send(client, workload.clone(), content.clone(), next.clone(), begin));
    }
    while let Some(done) = callers.join_next().await {
        done??;
    }
    content.rate = events as f64 / begin.elapsed().as_secs_f64();
    eprintln!("    loaded at {} events/s", grouped(content.rate));
    content.drain = lag::await_folded(&server, &content.key).await?.as_secs_f64();
    eprintln!("    all folded {:.0} s later", content.drain);
    content.peak = server.memory()?.peak;
    server.stop().await?;
    content.bytes = place.bytes()?;
    Ok(content)
}

async fn send(
    mut client: Client,
    workload: Arc<Workload>,
    content: Content,
    next: Arc<AtomicU64>,
    begin: Instant,
) -> Result<()> {
    let mut text = Vec::new();
    loop {
        let first = next.fetch_add(BATCH, Ordering::Relaxed);
        if first >= content.events {
            return Ok(());
        }
        if first.is_multiple_of(PROGRESS_EVENTS) && first > 0 {
            let rate = first as f64 / begin.elapsed().as_secs_f64();
            let behind = lag::lag(&mut client).await?;
            eprintln!(
                "    {} events, {}/s, {} past a mark",
                grouped(first as f64),
                grouped(rate),
                grouped(behind)
            );
        }
        if begin.elapsed() > LOAD_LIMIT {
            return Err(format!("only {first} events were loaded in {} s", LOAD_LIMIT.as_secs()).into());
        }
        text.clear();
        let time = |number| Some(content.time(number));
        load::push_batch(&workload, first, BATCH, time, &mut text);
        load::LOG_BATCH.send(&mut client, &text).await?;
    }
}
