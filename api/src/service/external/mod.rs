//! What others say about a site's pages: which pages are asked about, figures that are pushed, and how they changed.
//! Asking is in [`poll`], and each network in a file of its own.

mod network;
pub mod poll;
mod setting;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Services, audit, snapshot::Snapshot};
use crate::{
    clock,
    domain::{
        audit::Change,
        caller::Caller,
        error::{Code, Error, Result},
        external::{Figures, MOST, MOST_AT_ONCE, MOST_URLS, Pages, Stat, read_network, read_url},
        operation::Operation,
        period::Span,
    },
    store::{self, Priority, Transaction, external::Filter},
};

pub(super) use setting::External;

pub use crate::store::external::{Poll, Tracked};

/// Units of the query budget that a question costs.
const COST: u32 = 10;
/// Pages times networks of one answer, before they are put together.
const MOST_STATS: usize = 100_000;
/// How far ahead of the server's clock pushed figures may be, in nanoseconds.
const MOST_AHEAD: i64 = 5 * 60 * 1_000_000_000;
/// Figures that retention removes in one transaction.
const SLICE: i64 = 1_000;

/// Figures that somebody pushes.
#[derive(Debug, Clone)]
pub struct Pushed {
    /// The page.
    pub url: String,
    /// The network.
    pub network: String,
    /// What it says of the page, in all.
    pub figures: Figures,
    /// When it said so, in nanoseconds since 1970; none for now.
    pub time: Option<i64>,
}

/// A question for what others say.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The stretch, whose changes are told.
    pub span: Span,
    /// Those of these networks; none for any.
    pub networks: Option<Vec<String>>,
    /// Those of these pages; none for any.
    pub urls: Option<Vec<String>>,
    /// Whether pages are told apart, and networks; those that are not are put together, and have no name.
    pub by: (bool, bool),
}

/// Pages that networks are asked about.
#[derive(Debug, Clone)]
pub struct Page {
    /// The pages, by address.
    pub pages: Vec<Tracked>,
    /// How many there are of the site.
    pub total: i64,
    /// Whether there are more past these.
    pub more: bool,
}

impl Services {
    /// Has networks asked about pages from now on; gives how many are new.
    ///
    /// # Errors
    /// No permission, an unknown site, an address that is none, or more pages than can be kept.
    pub async fn track_urls(&self, caller: &Caller, site: Option<&str>, urls: &[String]) -> Result<usize> {
        caller.permit(Operation::TrackUrls)?;
        let urls = read_urls(urls)?;
        let tx = self.database.write(Priority::Configuration).await?;
        let configuration = self.registry.at(&tx).await?;
        let site = configuration.admit(caller, Operation::TrackUrls, site)?;
        let mut new = Vec::new();
        for url in urls {
            let page = store::external::page(&tx, site.id, &url).await?;
            if store::external::track(&tx, page, clock::now_nanoseconds()).await? {
                new.push(url);
            }
        }
        check_number(&tx, site.id).await?;
        if !new.is_empty() {
            let change = Change::new(Operation::TrackUrls, &site.name)
                .on(site.id)
                .after(&Pages(new.clone()));
            audit::record(&tx, caller, change).await?;
        }
        tx.commit().await?;
        Ok(new.len())
    }

    /// Has no network asked about pages any more; what was said is kept. Gives how many they were.
    ///
    /// # Errors
    /// No permission, an unknown site, or an address that is none.
    pub async fn untrack_urls(&self, caller: &Caller, site: Option<&str>, urls: &[String]) -> Result<usize> {
        caller.permit(Operation::UntrackUrls)?;
        let urls = read_urls(urls)?;
        let tx = self.database.write(Priority::Configuration).await?;
        let configuration = self.registry.at(&tx).await?;
        let site = configuration.admit(caller, Operation::UntrackUrls, site)?;
        let mut gone = Vec::new();
        for url in urls {
            if store::external::untrack(&tx, site.id, &url).await? {
                gone.push(url);
            }
        }
        if !gone.is_empty() {
            let change = Change::new(Operation::UntrackUrls, &site.name)
                .on(site.id)
                .before(&Pages(gone.clone()));
            audit::record(&tx, caller, change).await?;
        }
        tx.commit().await?;
        Ok(gone.len())
    }

    /// The pages that networks are asked about, by address, past `after`.
    ///
    /// # Errors
    /// No permission, or an unknown site.
    pub async fn tracked_urls(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        (after, limit): (Option<&str>, usize),
    ) -> Result<Page> {
        caller.permit(Operation::TrackedUrls)?;
        if after.is_some_and(|after| after.contains('\0')) {
            return Err(Error::new(Code::InvalidCursor, "This is no cursor that `trackedUrls` gave out.").at("after"));
        }
        let opened = snapshot.hold().await?;
        let site = opened.configuration.admit(caller, Operation::TrackedUrls, site)?;
        let mut pages = store::external::tracked(&opened.tx, site.id, after, limit + 1).await?;
        let more = pages.len() > limit;
        pages.truncate(limit);
        Ok(Page {
            pages,
            total: store::external::count_tracked(&opened.tx, site.id).await?,
            more,
        })
    }

    /// Keeps figures that somebody knows from elsewhere, all of them or none; gives how many.
    ///
    /// # Errors
    /// No permission, a public key, an unknown site, a bad figure by its place, or more pages than can be kept.
    pub async fn push_external_stats(&self, caller: &Caller, site: Option<&str>, pushed: Vec<Pushed>) -> Result<usize> {
        caller.permit(Operation::PushExternalStats)?;
        if !caller.is_trusted() {
            let message = "Figures are pushed by a backend's key; whoever reads the page has this one.";
            return Err(Error::new(Code::Forbidden, message));
        }
        if pushed.len() > MOST_AT_ONCE {
            return Err(too_many("figures"));
        }
        let now = clock::now_nanoseconds();
        let number = pushed.len();
        let read = pushed
            .into_iter()
            .enumerate()
            .map(|(index, one)| one.read(now).map_err(|error| error.below(&format!("figures[{index}]"))));
        let read = read.collect::<Result<Vec<_>>>()?;
        let tx = self.database.write(Priority::Configuration).await?;
        let configuration = self.registry.at(&tx).await?;
        let site = configuration.admit(caller, Operation::PushExternalStats, site)?;
        // Pages in order, so that of two who push the same none waits for the other in a circle.
        let urls: BTreeSet<&str> = read.iter().map(|(url, ..)| url.as_str()).collect();
        let mut pages = HashMap::new();
        for url in urls {
            pages.insert(url.to_owned(), store::external::page(&tx, site.id, url).await?);
        }
        for (url, network, time, figures) in read {
            if let Some(page) = pages.get(&url) {
                store::external::keep(&tx, *page, &network, time, figures).await?;
            }
        }
        check_number(&tx, site.id).await?;
        tx.commit().await?;
        Ok(number)
    }

    /// How what others say changed within a stretch.
    ///
    /// # Errors
    /// No permission, an unknown site, a bad argument, or `TOO_MANY_ROWS`.
    pub async fn external_stats(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        asked: Asked,
    ) -> Result<Vec<(Option<String>, Option<String>, Stat)>> {
        caller.permit(Operation::ExternalStats)?;
        let Span { from, to } = asked.span;
        if from >= to {
            let message = "`from` lies before `to`: the stretch holds its begin, and not its end.";
            return Err(Error::new(Code::InvalidRange, message).at("from"));
        }
        let networks = asked
            .networks
            .as_deref()
            .map(|names| each("networks", names, read_network));
        let urls = asked.urls.as_deref().map(|urls| each("urls", urls, read_url));
        let filter = Filter {
            networks: networks.transpose()?,
            urls: urls.transpose()?,
        };
        let opened = snapshot.hold().await?;
        let site = opened.configuration.admit(caller, Operation::ExternalStats, site)?;
        self.charge_question(snapshot, caller, COST)?;
        let stats = store::external::stats(&opened.tx, site.id, (from, to), &filter, MOST_STATS + 1).await?;
        let too_many_rows = || {
            let message = "There are figures of more pages and networks than are answered at once; name some, or group by \
                           NETWORK alone.";
            Error::new(Code::TooManyRows, message).at("groupBy")
        };
        if stats.len() > MOST_STATS {
            return Err(too_many_rows());
        }
        let rows = put_together(stats, asked.by);
        if rows.len() > self.question.max_rows {
            return Err(too_many_rows());
        }
        Ok(rows)
    }

    /// Removes what others said before a site's rollups begin.
    ///
    /// # Errors
    /// Whatever the database says; the next run goes on.
    pub async fn retain_external(&self) -> Result<()> {
        let configuration = self.registry.current();
        for site in configuration
            .sites
            .values()
            .filter(|site| site.rollup_floor != i64::MIN)
        {
            loop {
                let tx = self.database.write(Priority::Purge).await?;
                let gone = store::external::forget(&tx, site.id, site.rollup_floor, SLICE).await?;
                tx.commit().await?;
                if gone == 0 {
                    break;
                }
            }
        }
        Ok(())
    }
}

impl Pushed {
    fn read(self, now: i64) -> Result<(String, String, i64, Figures)> {
        let Self {
            url,
            network,
            figures,
            time,
        } = self;
        let url = read_url(&url).map_err(|error| error.at("url"))?;
        let network = read_network(&network).map_err(|error| error.at("network"))?;
        if figures.is_empty() {
            let message = "Say at least one of `shares`, `likes` and `comments`.";
            return Err(Error::new(Code::InvalidArgument, message).at("shares"));
        }
        for (name, figure) in [
            ("shares", figures.shares),
            ("likes", figures.likes),
            ("comments", figures.comments),
        ] {
            if figure.is_some_and(|figure| !(0..=MOST).contains(&figure)) {
                let message = format!("A figure is 0 to {MOST}: what the network says in all, and not what is new.");
                return Err(Error::new(Code::InvalidArgument, message).at(name));
            }
        }
        let time = time.unwrap_or(now);
        if time < 0 || time > now.saturating_add(MOST_AHEAD) {
            let message = "The time lies ahead, or before 1970; leave it out for now.";
            return Err(Error::new(Code::InvalidTime, message).at("time"));
        }
        Ok((url, network, time, figures))
    }
}

fn read_urls(urls: &[String]) -> Result<BTreeSet<String>> {
    each("urls", urls, read_url).map(|urls| urls.into_iter().collect())
}

/// Reads each of a list, naming the one at fault.
fn each(name: &str, texts: &[String], read: impl Fn(&str) -> Result<String>) -> Result<Vec<String>> {
    if texts.len() > MOST_AT_ONCE {
        return Err(too_many(name));
    }
    let read = |(index, text): (usize, &String)| read(text).map_err(|error| error.at(format!("{name}[{index}]")));
    texts.iter().enumerate().map(read).collect()
}

fn too_many(name: &str) -> Error {
    let message = format!("At most {MOST_AT_ONCE} are taken at once.");
    Error::new(Code::TooManyItems, message).at(name)
}

async fn check_number(tx: &Transaction, site: i64) -> Result<()> {
    if store::external::count_pages(tx, site).await? <= MOST_URLS {
        return Ok(());
    }
    let message = format!("Figures of at most {MOST_URLS} pages of a site are kept.");
    Err(Error::new(Code::TooManyUrls, message))
}

/// Puts figures together that are not told apart, by page and by network.
fn put_together(stats: Vec<Stat>, (by_url, by_network): (bool, bool)) -> Vec<(Option<String>, Option<String>, Stat)> {
    let mut rows: BTreeMap<(Option<String>, Option<String>), Stat> = BTreeMap::new();
    for stat in stats {
        let key = (
            by_url.then(|| stat.url.clone()),
            by_network.then(|| stat.network.clone()),
        );
        rows.entry(key)
            .and_modify(|row| {
                row.change = row.change.and(stat.change);
                row.total = row.total.and(stat.total);
                row.since = row.since.max(stat.since);
                row.at = row.at.max(stat.at);
            })
            .or_insert(stat);
    }
    rows.into_iter()
        .map(|((url, network), row)| (url, network, row))
        .collect()
}
