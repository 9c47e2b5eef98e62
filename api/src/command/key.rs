//! `key`: make, list and revoke API keys.

use super::{Complaint, complain};
use crate::{
    clock,
    domain::{
        caller::Caller,
        key::{Permission, Permissions},
    },
    service::{Services, key::NewKey},
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a key and print it, once, alone on standard output
    Create {
        /// The site it opens; without it the key opens all sites
        #[arg(long)]
        site: Option<String>,
        /// What it may do: some of log, query, delete, manage, separated by commas
        #[arg(long, value_name = "LIST", value_parser = permissions)]
        allow: Permissions,
        /// What people call it, at most 200 characters
        #[arg(long, default_value = "", hide_default_value = true)]
        name: String,
        /// The events it may log a second, such as 100/s, at most 1000000000/s; without it there is no limit
        #[arg(long, value_name = "EVENTS/s", value_parser = rate)]
        rate: Option<u32>,
    },
    /// List the keys: prefix, site, permissions, rate, state, name
    List,
    /// Revoke a key, effective within a second everywhere
    Revoke {
        /// The key's prefix, as `list` prints it
        key: String,
    },
}

fn permissions(text: &str) -> Result<Permissions, String> {
    Permissions::parse(text).map_err(|error| error.message)
}

fn rate(text: &str) -> Result<u32, String> {
    let number = text
        .strip_suffix("/s")
        .unwrap_or(text)
        .parse()
        .ok()
        .filter(|number| *number > 0);
    number.ok_or_else(|| "write the events a second, such as 100/s".to_owned())
}

/// Runs the command.
pub(super) async fn run(command: Command, services: &Services) -> Result<(), Complaint> {
    let operator = Caller::operator();
    match command {
        Command::Create {
            site,
            allow,
            name,
            rate,
        } => {
            let new = NewKey {
                site,
                name,
                permissions: allow,
                events_per_second: rate,
            };
            let (_, text) = services.create_key(&operator, new).await.map_err(complain)?;
            println!("{text}");
        }
        Command::List => {
            for (key, site) in services.keys(&operator).await.map_err(complain)? {
                let allowed: Vec<_> = key.permissions.iter().map(Permission::name).collect();
                let rate = key
                    .events_per_second
                    .map_or("no limit".to_owned(), |rate| format!("{rate}/s"));
                let state = if key.is_valid(clock::now()) { "valid" } else { "revoked" };
                let site = site.as_deref().unwrap_or("all sites");
                println!(
                    "{}\t{site}\t{}\t{rate}\t{state}\t{}",
                    key.prefix,
                    allowed.join(","),
                    key.name
                );
            }
        }
        Command::Revoke { key } => {
            let key = services.revoke_key(&operator, &key).await.map_err(complain)?;
            println!("revoked {}", key.prefix);
        }
    }
    Ok(())
}
