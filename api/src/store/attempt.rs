//! Attempts to prove who one is: what is used of them, in one row for each network that tries, each account that is tried,
//! each of these from one of those, and each account whose owner proves themselves again.
//!
//! A row holds the moment at which all attempts are there again, and each attempt moves it one interval on, if it does not
//! come to lie further ahead than the window: one statement, so that no two servers let the same attempt pass. Time is the
//! database's, as servers' clocks differ.

use std::time::Duration;

use super::{
    Transaction,
    sql::{Sql, get},
};
use crate::domain::{error::Result, hash::Hash, rate::Limit};

/// Rows that a sweep leaves; those of which least is used go first.
const MOST: i64 = 100_000;

/// What is used of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// Whether the attempt passes.
    pub passed: bool,
    /// When everything is there again.
    pub full_in: Duration,
}

/// Counts an attempt, if the limit lets it pass.
///
/// # Errors
/// Whatever the database says.
pub async fn count(tx: &Transaction, name: &Hash, limit: Limit) -> Result<Counted> {
    let (interval, window) = (interval(limit), milliseconds(limit.window));
    let (now, later) = (now(tx), if tx.is_sqlite() { "max" } else { "greatest" });
    let mut sql = tx.sql("INSERT INTO attempt (name, full_at) VALUES (");
    sql.bind(name.to_vec())
        .push(", ")
        .push(now)
        .push(" + ")
        .literal(interval);
    sql.push(&format!(
        ") ON CONFLICT (name) DO UPDATE SET full_at = {later}(attempt.full_at, {now}) + {interval} \
         WHERE {later}(attempt.full_at, {now}) + {interval} <= {now} + {window} RETURNING full_at - {now}"
    ));
    match sql.row(tx).await? {
        Some(row) => Ok(Counted {
            passed: true,
            full_in: read(get(&row, 0)?),
        }),
        None => Ok(Counted {
            passed: false,
            full_in: full_in(tx, name).await?,
        }),
    }
}

/// When all attempts are there again.
///
/// # Errors
/// Whatever the database says.
pub async fn full_in(tx: &Transaction, name: &Hash) -> Result<Duration> {
    let mut sql = tx.sql(&format!("SELECT full_at - {} FROM attempt WHERE name = ", now(tx)));
    sql.bind(name.to_vec());
    sql.row(tx)
        .await?
        .map_or(Ok(Duration::ZERO), |row| get(&row, 0).map(read))
}

/// Removes the rows of which nothing is used any more, and of too many those of which least is.
///
/// # Errors
/// Whatever the database says.
pub async fn sweep(tx: &Transaction) -> Result<()> {
    sweep_to(tx, MOST).await
}

async fn sweep_to(tx: &Transaction, most: i64) -> Result<()> {
    let mut over = tx.sql(&format!("SELECT name FROM attempt WHERE full_at <= {}", now(tx)));
    remove(tx, &mut over).await?;
    let mut too_many = tx.sql("SELECT name FROM attempt ORDER BY full_at DESC LIMIT 1000000 OFFSET ");
    too_many.literal(most);
    remove(tx, &mut too_many).await
}

/// Removes rows, but for those that somebody is just counting.
async fn remove(tx: &Transaction, which: &mut Sql) -> Result<()> {
    if !tx.is_sqlite() {
        which.push(" FOR UPDATE SKIP LOCKED");
    }
    let mut sql = tx.sql("DELETE FROM attempt WHERE name IN (");
    sql.push(which.text()).push(")");
    sql.run(tx).await.map(drop)
}

/// Milliseconds since 1970, by the database's clock.
fn now(tx: &Transaction) -> &'static str {
    if tx.is_sqlite() {
        "CAST(unixepoch('subsec') * 1000 AS INTEGER)"
    } else {
        "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"
    }
}

/// After how many milliseconds one more attempt is there.
fn interval(limit: Limit) -> i64 {
    (milliseconds(limit.window) / i64::from(limit.quota)).max(1)
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn read(milliseconds: i64) -> Duration {
    Duration::from_millis(milliseconds.max(0).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Database, Options, Priority};

    #[tokio::test]
    async fn a_sweep_leaves_those_of_whom_most_is_used() {
        let folder = std::env::temp_dir().join(format!("tidemark-attempt-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).expect("it is new");
        let options = Options {
            url: format!("sqlite://{}", folder.join("tidemark.db").display()),
            connections: 4,
        };
        let database = Database::open(&options).await.expect("the folder is empty");
        database.migrate().await.expect("it is new");
        let tx = database
            .write(Priority::Configuration)
            .await
            .expect("nobody else writes");
        let slow = Limit::new(4, 4_000);
        for name in 0..10_u8 {
            let times = if name < 3 { 5 } else { 1 };
            let passed = async |_| count(&tx, &[name; 16], slow).await.expect("a row").passed;
            let mut sum = 0;
            for time in 0..times {
                sum += u32::from(passed(time).await);
            }
            assert_eq!(sum, times.min(4), "{name}");
        }
        // This one is over before it can be looked at.
        let _ = count(&tx, &[99; 16], Limit::new(1_000, 1)).await.expect("a row");
        tokio::time::sleep(Duration::from_millis(20)).await;
        let rows = async || {
            let row = tx.sql("SELECT count(*) FROM attempt").row(&tx).await.expect("a table");
            get::<i64>(&row.expect("a row"), 0).expect("a number")
        };
        assert_eq!(rows().await, 11);
        sweep(&tx).await.expect("it can be swept");
        assert_eq!(rows().await, 10);
        sweep_to(&tx, 3).await.expect("it can be swept");
        assert_eq!(rows().await, 3);
        for name in 0..3 {
            let left = full_in(&tx, &[name; 16]).await.expect("a row");
            assert!(left > Duration::from_secs(3_900), "{left:?}");
        }
        drop(tx);
        database.close().await.expect("it closes");
        std::fs::remove_dir_all(folder).expect("it is ours");
    }
}
