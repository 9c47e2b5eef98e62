//! How often rules were hit, by day.

use std::collections::{BTreeMap, HashMap};

use super::{Transaction, sql::get};
use crate::domain::error::Result;

/// The day that holds all days which are told together.
const EARLIER: i64 = -1;
/// Rows of one statement, well below either engine's limit.
const ROWS_AT_ONCE: usize = 500;
/// Names PostgreSQL's advisory lock of those who put days together.
const LOCK: i64 = 0x7469_6468;

/// A rule's hits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hits {
    /// Of all days.
    pub count: i64,
    /// When the last event came in, in nanoseconds since 1970.
    pub last: Option<i64>,
    /// By day in the site's zone, numbered from 1970; days without hits are left out.
    pub days: BTreeMap<i64, i64>,
}

/// Adds hits, by rule and day, of events that came in at `now`. The last statement of its transaction: whoever holds
/// these rows waits for nobody.
///
/// # Errors
/// Whatever the database says.
pub async fn add(tx: &Transaction, hits: &BTreeMap<(i64, i64), i64>, writer: i16, now: i64) -> Result<()> {
    let rows: Vec<_> = hits.iter().collect();
    for chunk in rows.chunks(ROWS_AT_ONCE) {
        let mut sql = tx.sql("INSERT INTO rule_hit (rule_id, day, writer, n, last_at) VALUES ");
        for (index, ((rule, day), n)) in chunk.iter().enumerate() {
            sql.push(if index > 0 { ",(" } else { "(" });
            sql.bind(*rule).push(",").bind(*day).push(",").bind(writer).push(",");
            sql.bind(**n).push(",").bind(now).push(")");
        }
        sql.push(
            " ON CONFLICT (rule_id, day, writer) DO UPDATE SET n = rule_hit.n + excluded.n, \
             last_at = CASE WHEN excluded.last_at > rule_hit.last_at THEN excluded.last_at ELSE rule_hit.last_at END",
        );
        sql.run(tx).await?;
    }
    Ok(())
}

/// The hits of rules.
///
/// # Errors
/// Whatever the database says.
pub async fn of(tx: &Transaction, rules: &[i64]) -> Result<HashMap<i64, Hits>> {
    let mut found: HashMap<i64, Hits> = HashMap::new();
    for chunk in rules.chunks(ROWS_AT_ONCE) {
        let mut sql =
            tx.sql("SELECT rule_id, day, CAST(sum(n) AS BIGINT), max(last_at) FROM rule_hit WHERE rule_id IN ");
        sql.numbers(chunk.iter().copied()).push(" GROUP BY rule_id, day");
        for row in sql.rows(tx).await? {
            let (day, n, last): (i64, i64, i64) = (get(&row, 1)?, get(&row, 2)?, get(&row, 3)?);
            let hits = found.entry(get(&row, 0)?).or_default();
            hits.count += n;
            hits.last = hits.last.max(Some(last));
            if day != EARLIER {
                hits.days.insert(day, n);
            }
        }
    }
    Ok(found)
}

/// Puts the days before `day` together, for all rules of a site.
///
/// # Errors
/// Whatever the database says.
pub async fn put_together(tx: &Transaction, site: i64, day: i64) -> Result<()> {
    if !tx.is_sqlite() {
        // Two at once would both add what each is about to remove.
        let mut lock = tx.sql("SELECT pg_advisory_xact_lock(");
        lock.number(LOCK).push(")").to_owned().run(tx).await?;
    }
    let which =
        format!("WHERE day <> {EARLIER} AND day < {day} AND rule_id IN (SELECT id FROM rule WHERE site_id = {site})");
    let sum = format!(
        "INSERT INTO rule_hit (rule_id, day, writer, n, last_at) \
         SELECT rule_id, {EARLIER}, 0, CAST(sum(n) AS BIGINT), max(last_at) FROM rule_hit {which} GROUP BY rule_id \
         ON CONFLICT (rule_id, day, writer) DO UPDATE SET n = rule_hit.n + excluded.n, \
         last_at = CASE WHEN excluded.last_at > rule_hit.last_at THEN excluded.last_at ELSE rule_hit.last_at END"
    );
    if tx.sql(&sum).run(tx).await? > 0 {
        tx.sql(&format!("DELETE FROM rule_hit {which}")).run(tx).await?;
    }
    Ok(())
}
