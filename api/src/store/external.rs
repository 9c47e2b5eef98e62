//! What others say about pages: which pages, when to ask whom, and what was said.

use std::{collections::HashMap, time::Duration};

use sea_orm::QueryResult;

use super::{
    Transaction,
    sql::{Sql, get},
};
use crate::domain::{
    error::{Error, Result},
    external::{Figures, Stat},
};

/// The columns of figures.
const FIGURES: [&str; 3] = ["shares", "likes", "comments"];

/// A network to be asked about a page.
#[derive(Debug, Clone)]
pub struct Errand {
    /// The page's number.
    pub page: i64,
    /// Its address.
    pub url: String,
    /// The network's failures in a row.
    pub failures: u32,
}

/// When a network is asked about a page.
#[derive(Debug, Clone)]
pub struct Poll {
    /// The network's name.
    pub network: String,
    /// Not before, in nanoseconds since 1970.
    pub next: i64,
    /// When it last said something, in nanoseconds since 1970.
    pub last: Option<i64>,
    /// Why it said nothing the last time.
    pub fault: Option<String>,
}

/// A page that networks are asked about.
#[derive(Debug, Clone)]
pub struct Tracked {
    /// Its address.
    pub url: String,
    /// Since when, in nanoseconds since 1970.
    pub since: i64,
    /// The networks, by name.
    pub polls: Vec<Poll>,
}

/// Which figures are asked for.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Those of these networks; none for any.
    pub networks: Option<Vec<String>>,
    /// Those of these pages; none for any.
    pub urls: Option<Vec<String>>,
}

/// The pages of a site of which something is kept.
///
/// # Errors
/// Whatever the database says.
pub async fn count_pages(tx: &Transaction, site: i64) -> Result<usize> {
    let mut sql = tx.sql("SELECT COUNT(*) FROM external_url WHERE site_id = ");
    sql.number(site);
    let row = sql
        .row(tx)
        .await?
        .ok_or_else(|| Error::internal("a count has no row"))?;
    let count: i64 = get(&row, 0)?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// The number of a page, made where there is none.
///
/// # Errors
/// Whatever the database says.
pub async fn page(tx: &Transaction, site: i64, url: &str) -> Result<i64> {
    let mut sql = tx.sql("INSERT INTO external_url (site_id, url) VALUES (");
    sql.number(site).push(", ").bind(url);
    sql.push(") ON CONFLICT (site_id, url) DO UPDATE SET url = excluded.url RETURNING id");
    let row = sql.row(tx).await?;
    get(&row.ok_or_else(|| Error::internal("a page was not made"))?, 0)
}

/// Has networks asked about a page from `now` on; gives whether they were not before.
///
/// # Errors
/// Whatever the database says.
pub async fn track(tx: &Transaction, page: i64, now: i64) -> Result<bool> {
    let mut sql = tx.sql("UPDATE external_url SET tracked_at = ");
    sql.bind(now).push(" WHERE tracked_at IS NULL AND id = ").number(page);
    Ok(sql.run(tx).await? > 0)
}

/// Has no network asked about a page any more; what was said is kept. Gives whether they were before.
///
/// # Errors
/// Whatever the database says.
pub async fn untrack(tx: &Transaction, site: i64, url: &str) -> Result<bool> {
    let mut sql = tx.sql("UPDATE external_url SET tracked_at = NULL WHERE tracked_at IS NOT NULL AND site_id = ");
    sql.number(site).push(" AND url = ").bind(url).push(" RETURNING id");
    let Some(row) = sql.row(tx).await? else {
        return Ok(false);
    };
    let mut sql = tx.sql("DELETE FROM external_poll WHERE url_id = ");
    sql.number(get(&row, 0)?);
    sql.run(tx).await?;
    Ok(true)
}

/// The pages of a site that networks are asked about, by address, past `after`, at most `limit`.
///
/// # Errors
/// Whatever the database says.
pub async fn tracked(tx: &Transaction, site: i64, after: Option<&str>, limit: usize) -> Result<Vec<Tracked>> {
    let mut sql = tx.sql("SELECT id, url, tracked_at FROM external_url WHERE tracked_at IS NOT NULL AND site_id = ");
    sql.number(site);
    if let Some(after) = after {
        sql.push(" AND url > ").bind(after);
    }
    sql.push(" ORDER BY url LIMIT ")
        .number(i64::try_from(limit).unwrap_or(i64::MAX));
    let rows = sql.rows(tx).await?;
    let ids = rows.iter().map(|row| get(row, 0)).collect::<Result<Vec<i64>>>()?;
    let mut sql = tx.sql("SELECT url_id, network, next_at, last_at, fault FROM external_poll WHERE url_id IN ");
    sql.numbers(ids).push(" ORDER BY url_id, network");
    let mut polls: HashMap<i64, Vec<Poll>> = HashMap::new();
    for row in sql.rows(tx).await? {
        polls.entry(get(&row, 0)?).or_default().push(Poll {
            network: get(&row, 1)?,
            next: get(&row, 2)?,
            last: get(&row, 3)?,
            fault: get(&row, 4)?,
        });
    }
    let read = |row: &QueryResult| {
        Ok(Tracked {
            url: get(row, 1)?,
            since: get(row, 2)?,
            polls: polls.remove(&get(row, 0)?).unwrap_or_default(),
        })
    };
    rows.iter().map(read).collect()
}

/// How many pages of a site networks are asked about.
///
/// # Errors
/// Whatever the database says.
pub async fn count_tracked(tx: &Transaction, site: i64) -> Result<i64> {
    let mut sql = tx.sql("SELECT COUNT(*) FROM external_url WHERE tracked_at IS NOT NULL AND site_id = ");
    sql.number(site);
    sql.row(tx).await?.map_or(Ok(0), |row| get(&row, 0))
}

/// Whether a network could be asked about some page at a time in nanoseconds since 1970.
///
/// # Errors
/// Whatever the database says.
pub async fn is_due(tx: &Transaction, network: &str, now: i64) -> Result<bool> {
    let mut sql = tx.sql("SELECT 1 FROM external_network WHERE next_at > ");
    sql.bind(now).push(" AND name = ").bind(network);
    Ok(sql.row(tx).await?.is_none() && find_due(tx, network, now).await?.is_some())
}

/// Takes the page that waits for a network the longest, if the network may be asked: for `pause` nobody else asks it, and
/// for `lease` nobody asks it about the page.
///
/// # Errors
/// Whatever the database says.
pub async fn claim(
    tx: &Transaction,
    network: &str,
    now: i64,
    (pause, lease): (Duration, Duration),
) -> Result<Option<Errand>> {
    let mut sql = tx.sql("INSERT INTO external_network (name, next_at, failures) VALUES (");
    sql.bind(network).push(", 0, 0) ON CONFLICT (name) DO NOTHING");
    sql.run(tx).await?;
    // Others wait for the row, and then see when it is free again.
    let mut sql = tx.sql("UPDATE external_network SET next_at = ");
    sql.bind(after(now, pause)).push(" WHERE name = ").bind(network);
    sql.push(" AND next_at <= ").bind(now).push(" RETURNING failures");
    let Some(row) = sql.row(tx).await? else {
        return Ok(None);
    };
    let failures: i64 = get(&row, 0)?;
    let Some((page, url)) = find_due(tx, network, now).await? else {
        return Ok(None);
    };
    let mut sql = tx.sql("INSERT INTO external_poll (url_id, network, next_at) VALUES (");
    sql.number(page).push(", ").bind(network);
    sql.push(", ").bind(after(now, lease));
    sql.push(") ON CONFLICT (url_id, network) DO UPDATE SET next_at = excluded.next_at");
    sql.run(tx).await?;
    Ok(Some(Errand {
        page,
        url,
        failures: u32::try_from(failures).unwrap_or(u32::MAX),
    }))
}

async fn find_due(tx: &Transaction, network: &str, now: i64) -> Result<Option<(i64, String)>> {
    let mut sql =
        tx.sql("SELECT u.id, u.url FROM external_url u LEFT JOIN external_poll p ON p.url_id = u.id AND p.network = ");
    sql.bind(network);
    sql.push(" WHERE u.tracked_at IS NOT NULL AND COALESCE(p.next_at, 0) <= ")
        .bind(now);
    sql.push(" ORDER BY COALESCE(p.next_at, 0), u.id LIMIT 1");
    let row = sql.row(tx).await?;
    row.map(|row| Ok((get(&row, 0)?, get(&row, 1)?))).transpose()
}

/// Notes when a network is asked next: about a page, and at all. A page that is not tracked any more stays so.
///
/// # Errors
/// Whatever the database says.
pub async fn note(tx: &Transaction, network: &str, noted: Noted<'_>) -> Result<()> {
    let mut sql = tx.sql("UPDATE external_poll SET next_at = ");
    sql.bind(noted.page_next)
        .push(", fault = ")
        .bind(noted.fault.map(str::to_owned));
    if noted.fault.is_none() {
        sql.push(", last_at = ").bind(noted.now);
    }
    sql.push(" WHERE url_id = ")
        .number(noted.page)
        .push(" AND network = ")
        .bind(network);
    sql.run(tx).await?;
    let mut sql = tx.sql("UPDATE external_network SET failures = ");
    sql.bind(i64::from(noted.failures));
    if let Some(next) = noted.network_next {
        sql.push(", next_at = ").bind(next);
    }
    sql.push(" WHERE name = ").bind(network);
    sql.run(tx).await.map(drop)
}

/// What is noted of a network that was asked; moments are nanoseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Noted<'a> {
    /// The page's number.
    pub page: i64,
    /// The present.
    pub now: i64,
    /// When it is asked about the page again.
    pub page_next: i64,
    /// When it is asked at all again, where that is not for the usual pause to say.
    pub network_next: Option<i64>,
    /// Its failures in a row.
    pub failures: u32,
    /// Why it said nothing.
    pub fault: Option<&'a str>,
}

/// Keeps what a network was found to say of a page at a moment that no other comes after, if it is news: who asks again
/// and again mostly hears the same.
///
/// # Errors
/// Whatever the database says.
pub async fn keep_news(tx: &Transaction, page: i64, network: &str, at: i64, figures: Figures) -> Result<()> {
    let mut sql = tx.sql("SELECT ");
    for (index, figure) in FIGURES.into_iter().enumerate() {
        sql.push(if index == 0 { "" } else { ", " });
        sql.push(&format!(
            "(SELECT {figure} FROM external_figure WHERE {figure} IS NOT NULL AND url_id = "
        ));
        sql.number(page).push(" AND network = ").bind(network);
        sql.push(" AND at <= ").bind(at).push(" ORDER BY at DESC LIMIT 1)");
    }
    let row = sql.row(tx).await?;
    let before = row.map(|row| read(&row, 0)).transpose()?.unwrap_or_default();
    if figures.or(before) == before {
        return Ok(());
    }
    keep(tx, page, network, at, figures).await
}

/// Keeps what a network says of a page at a moment, and nothing else: what it leaves out is as it was told before, by
/// whatever is known of that when somebody asks. It is kept even if it is no news, as what was said before it may still
/// come, and would count for this moment, too.
///
/// # Errors
/// Whatever the database says.
pub async fn keep(tx: &Transaction, page: i64, network: &str, at: i64, figures: Figures) -> Result<()> {
    let mut sql = tx.sql("INSERT INTO external_figure (url_id, network, at, shares, likes, comments) VALUES (");
    sql.number(page).push(", ").bind(network).push(", ").bind(at);
    for figure in [figures.shares, figures.likes, figures.comments] {
        sql.push(", ").bind(figure);
    }
    sql.push(") ON CONFLICT (url_id, network, at) DO UPDATE SET ");
    let told = FIGURES.map(|figure| format!("{figure} = COALESCE(excluded.{figure}, external_figure.{figure})"));
    sql.push(&told.join(", "));
    sql.run(tx).await.map(drop)
}

fn read(row: &QueryResult, first: usize) -> Result<Figures> {
    Ok(Figures {
        shares: get(row, first)?,
        likes: get(row, first + 1)?,
        comments: get(row, first + 2)?,
    })
}

/// How figures changed from `from` until before `to`, in nanoseconds since 1970, by page and network, at most `limit`.
/// Each figure is as it was last told. What is not known at the begin is taken from the first time that it was told within.
///
/// # Errors
/// Whatever the database says.
pub async fn stats(
    tx: &Transaction,
    site: i64,
    (from, to): (i64, i64),
    filter: &Filter,
    limit: usize,
) -> Result<Vec<Stat>> {
    let mut sql = tx.sql("WITH span AS (SELECT f.url_id, f.network");
    // What was never told is looked for nowhere.
    sql.push(
        &FIGURES
            .map(|figure| format!(", COUNT(f.{figure}) AS {figure}"))
            .concat(),
    );
    sql.push(", MAX(f.at) AS last_at, MIN(f.at) AS first_at, MAX(CASE WHEN f.at < ");
    sql.bind(from).push(
        " THEN f.at END) AS base_at FROM external_figure f JOIN external_url u ON u.id = f.url_id WHERE u.site_id = ",
    );
    sql.number(site).push(" AND f.at < ").bind(to);
    if let Some(networks) = &filter.networks {
        sql.push(" AND f.network IN ")
            .bind_list(networks.iter().map(String::as_str));
    }
    if let Some(urls) = &filter.urls {
        sql.push(" AND u.url IN ").bind_list(urls.iter().map(String::as_str));
    }
    sql.push(" GROUP BY f.url_id, f.network) SELECT u.url, s.network, s.base_at, s.first_at, s.last_at");
    for figure in FIGURES {
        sql.push(&format!(", CASE WHEN s.{figure} > 0 THEN "));
        push_last(&mut sql, figure, to);
        sql.push(" END");
    }
    for figure in FIGURES {
        sql.push(&format!(", CASE WHEN s.{figure} > 0 THEN COALESCE("));
        push_last(&mut sql, figure, from);
        sql.push(", ");
        push_first(&mut sql, figure, (from, to));
        sql.push(") END");
    }
    sql.push(" FROM span s JOIN external_url u ON u.id = s.url_id ORDER BY u.url, s.network LIMIT ");
    sql.number(i64::try_from(limit).unwrap_or(i64::MAX));
    let read = |row: &QueryResult| {
        let (total, before) = (read(row, 5)?, read(row, 8)?);
        let base: Option<i64> = get(row, 2)?;
        Ok(Stat {
            url: get(row, 0)?,
            network: get(row, 1)?,
            change: total.since(before),
            total,
            since: if base.is_some() { from } else { get(row, 3)? },
            at: get(row, 4)?,
        })
    };
    sql.rows(tx).await?.iter().map(read).collect()
}

/// Adds the figure of `s` that was told last before a moment.
fn push_last(sql: &mut Sql, figure: &str, before: i64) {
    push_told(sql, figure);
    sql.push(" AND o.at < ")
        .bind(before)
        .push(" ORDER BY o.at DESC LIMIT 1)");
}

/// Adds the figure of `s` that was told first within a stretch.
fn push_first(sql: &mut Sql, figure: &str, (from, to): (i64, i64)) {
    push_told(sql, figure);
    sql.push(" AND o.at >= ").bind(from).push(" AND o.at < ").bind(to);
    sql.push(" ORDER BY o.at LIMIT 1)");
}

fn push_told(sql: &mut Sql, figure: &str) {
    sql.push(&format!(
        "(SELECT o.{figure} FROM external_figure o WHERE o.url_id = s.url_id AND o.network = s.network \
         AND o.{figure} IS NOT NULL"
    ));
}

/// Removes figures of a site from before a moment in nanoseconds since 1970, less the last of each that was told then,
/// from which later changes are counted; at most `limit`. Gives how many went.
///
/// # Errors
/// Whatever the database says.
pub async fn forget(tx: &Transaction, site: i64, before: i64, limit: i64) -> Result<u64> {
    let mut sql = tx.sql(
        "DELETE FROM external_figure WHERE (url_id, network, at) IN (SELECT f.url_id, f.network, f.at \
         FROM external_figure f JOIN external_url u ON u.id = f.url_id WHERE u.site_id = ",
    );
    sql.number(site).push(" AND f.at < ").bind(before);
    // One that tells several may be the last to tell one of them.
    for figure in FIGURES {
        sql.push(&format!(
            " AND (f.{figure} IS NULL OR EXISTS (SELECT 1 FROM external_figure n WHERE n.url_id = f.url_id \
             AND n.network = f.network AND n.{figure} IS NOT NULL AND n.at > f.at AND n.at < "
        ));
        sql.bind(before).push("))");
    }
    sql.push(" LIMIT ").number(limit).push(")");
    sql.run(tx).await
}

/// A moment so much later, in nanoseconds since 1970.
fn after(now: i64, wait: Duration) -> i64 {
    now.saturating_add(i64::try_from(wait.as_nanos()).unwrap_or(i64::MAX))
}
