//! `serve`: run until somebody says stop.

use tokio::signal::unix::{SignalKind, signal};

use super::{Complaint, complain};
use crate::{config::Config, startup};

/// Serves until SIGTERM or SIGINT.
pub(super) async fn run(config: &Config) -> Result<(), Complaint> {
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let running = startup::start(config).await.map_err(complain)?;
    println!(
        "Tidemark {} is listening on http://{}",
        env!("CARGO_PKG_VERSION"),
        running.address
    );
    if running.is_new() {
        println!(
            "\nNext, in another shell:\n  tidemark site create my-site\n  tidemark key create --site my-site --allow log,query,delete,manage"
        );
        println!(
            "then\n  curl http://{}/graphql -H \"Authorization: Bearer $KEY\" -H 'Content-Type: application/json' \\\n    -d '{{\"query\":\"mutation{{logEvent(input:{{action:\\\"pageview\\\",url:\\\"/\\\"}}){{outcome}}}}\"}}'",
            running.address
        );
    }
    if let Some(link) = running.setup_link().await.map_err(complain)? {
        println!(
            "\nNobody can sign in yet. Make the first account, which owns everything, until {:.0}:\n  {}",
            link.expires,
            link.url(&config.public_url(running.address))
        );
    }
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    running.until(stop).await.map_err(complain)
}
