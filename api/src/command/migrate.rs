//! `migrate`: bring the schema up to date, and say what was done.

use super::{Complaint, complain, output::say};
use crate::{config::Config, startup};

/// Runs the migrations that are pending.
pub(super) async fn run(config: &Config) -> Result<(), Complaint> {
    let applied = startup::migrate(config).await.map_err(complain)?;
    if applied.is_empty() {
        say!("The schema is up to date.");
    }
    for name in applied {
        say!("applied {name}");
    }
    Ok(())
}
