//! `serve`: run until somebody says stop.

use std::{
    io::{self, Write},
    net::SocketAddr,
};

use tokio::signal::unix::{SignalKind, signal};

use super::{Complaint, complain};
use crate::{config::Config, startup};

/// Serves until SIGTERM or SIGINT.
pub(super) async fn run(config: &Config) -> Result<(), Complaint> {
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let running = startup::start(config).await.map_err(complain)?;
    let mut told = format!(
        "Tidemark {} is listening on http://{}\n",
        env!("CARGO_PKG_VERSION"),
        running.address
    );
    if running.is_new() {
        told.push_str(&next_steps(config, &running.address));
    }
    if let Some(link) = running.setup_link().await.map_err(complain)? {
        told.push_str(&format!(
            "\nNobody can sign in yet. Make the first account, which owns everything, until {:.0}:\n  {}\n",
            link.expires,
            link.url(&config.public_url(running.address))
        ));
    }
    // A server whose standard output nobody reads serves all the same.
    let _ = io::stdout().write_all(told.as_bytes());
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    running.until(stop).await.map_err(complain)
}

/// What a newcomer does next, in commands that can be pasted as they are.
fn next_steps(config: &Config, address: &SocketAddr) -> String {
    let program = std::env::args().next().unwrap_or_else(|| "tidemark".to_owned());
    // Elsewhere the commands would make a database of their own.
    let same = if config.finds_default_database() {
        ""
    } else {
        ", with the --data, --database-url or --config of this server added to both commands"
    };
    format!(
        "
This database has no site yet. Make one and a key to it, in another shell{same}:

  {program} site create my-site
  KEY=$({program} key create --site my-site --allow log,query,delete,manage)

Then log an event:

  curl http://{address}/graphql -H \"Authorization: Bearer $KEY\" -H 'Content-Type: application/json' \\
    -d '{{\"query\": \"mutation {{ logEvent(input: {{action: \\\"pageview\\\", url: \\\"/\\\"}}) {{ outcome }} }}\"}}'
"
    )
}
