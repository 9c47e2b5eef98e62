//! How far folding is behind.

use std::time::Duration;

use super::{DEADLINE, Services};
use crate::{
    domain::{
        error::Result,
        rollup::{SCOPE_MARK, VIEW_MARK},
    },
    store::{Transaction, aside, mark},
};

impl Services {
    /// Notes how far the marks lag, and how many events are set aside.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn measure_lag(&self) -> Result<()> {
        let tx = self.database.read(DEADLINE).await?;
        for (id, name) in [(VIEW_MARK, "views"), (SCOPE_MARK, "scopes")] {
            let (events, age) = lag(&tx, id).await?;
            self.metrics.set_mark_lag(name, events, age);
        }
        self.metrics.set_aside(aside::count(&tx).await?);
        Ok(())
    }
}

/// How many events lie past a mark, as [`mark::lag`] counts, and how long the oldest of them has waited.
pub(in crate::service) async fn lag(tx: &Transaction, id: i64) -> Result<(i64, Duration)> {
    let position = mark::get_mark(tx, id).await?.position;
    let events = mark::lag(tx, position).await?;
    let oldest = mark::oldest(tx, position).await?;
    let age = oldest.map_or(0, |oldest| crate::clock::now_nanoseconds().saturating_sub(oldest));
    Ok((events, Duration::from_nanos(u64::try_from(age).unwrap_or_default())))
}
