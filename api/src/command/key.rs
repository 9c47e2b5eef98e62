//! `key`: make, change, rotate, list and revoke API keys.

use jiff::Timestamp;

use super::{Complaint, complain, output::say};
use crate::{
    domain::{
        caller::Caller,
        key::{Permission, Permissions},
    },
    service::{
        Services,
        key::{Changes, Made, Named, NewKey},
    },
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a key and print it, once, alone on standard output; a signing secret follows on a line of its own
    Create {
        /// The site it opens; without it the key opens all sites
        #[arg(long)]
        site: Option<String>,
        /// What it may do: some of log, query, delete, manage, impersonate
        #[arg(long, value_name = "LIST", value_parser = permissions)]
        allow: Permissions,
        /// What people call it, at most 200 characters
        #[arg(long, default_value = "", hide_default_value = true)]
        name: String,
        /// The events it may log a second, such as 100/s, at most 1000000000/s; without it the server's --rate-log-events holds
        #[arg(long, value_name = "EVENTS/s", value_parser = rate)]
        rate: Option<u32>,
        /// An origin that browsers may use it from, such as `https://*.example.com`; may be given again. With any the
        /// key is public and may be allowed log alone
        #[arg(long, value_name = "ORIGIN")]
        origin: Vec<String>,
        /// When it stops working, in RFC 3339; without it never
        #[arg(long, value_name = "TIME")]
        expires: Option<Timestamp>,
        /// Make a secret that signatures are verified with, too
        #[arg(long)]
        signing_secret: bool,
    },
    /// Change a key; what is not named stays as it is
    Update {
        /// The key's prefix, as `list` prints it
        key: String,
        /// What it may do: some of log, query, delete, manage, impersonate
        #[arg(long, value_name = "LIST", value_parser = permissions)]
        allow: Option<Permissions>,
        /// What people call it
        #[arg(long)]
        name: Option<String>,
        /// The events it may log a second, such as 100/s; `none` takes the limit off
        #[arg(long, value_name = "EVENTS/s", value_parser = rate_or_none)]
        rate: Option<Bound<u32>>,
        /// The origins that browsers may use it from, in place of those before; may be given again. `none` makes it a
        /// backend's key
        #[arg(long, value_name = "ORIGIN")]
        origin: Vec<String>,
        /// When it stops working, in RFC 3339; `none` means never
        #[arg(long, value_name = "TIME", value_parser = time_or_none)]
        expires: Option<Bound<Timestamp>>,
        /// `new` makes a new secret that signatures are verified with and prints it, `none` takes it away
        #[arg(long, value_name = "new|none", value_parser = new_or_none)]
        signing_secret: Option<bool>,
    },
    /// Give a key a new secret and print the key, once, alone on standard output
    Rotate {
        /// The key's prefix, as `list` prints it
        key: String,
        /// Until when the old secret works, in RFC 3339; without it the old one stops at once
        #[arg(long, value_name = "TIME")]
        overlap_until: Option<Timestamp>,
    },
    /// List the keys: prefix, site, permissions, rate, state, name, origins, last use
    List,
    /// Revoke a key, effective within a second everywhere
    Revoke {
        /// The key's prefix, as `list` prints it
        key: String,
    },
}

/// A value, or `none` for none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound<T>(Option<T>);

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

fn rate_or_none(text: &str) -> Result<Bound<u32>, String> {
    if text == "none" {
        return Ok(Bound(None));
    }
    rate(text).map(|rate| Bound(Some(rate)))
}

fn time_or_none(text: &str) -> Result<Bound<Timestamp>, String> {
    if text == "none" {
        return Ok(Bound(None));
    }
    let time = text.parse().map(|time| Bound(Some(time)));
    time.map_err(|_| "write a time in RFC 3339, such as 2026-12-31T00:00:00Z, or `none`".to_owned())
}

fn new_or_none(text: &str) -> Result<bool, String> {
    match text {
        "new" => Ok(true),
        "none" => Ok(false),
        _ => Err("write `new` or `none`".to_owned()),
    }
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
            origin,
            expires,
            signing_secret,
        } => {
            let new = NewKey {
                site,
                name,
                permissions: allow,
                origins: origin,
                events_per_second: rate,
                expires,
                signs: signing_secret,
            };
            print(&services.create_key(&operator, new).await.map_err(complain)?);
        }
        Command::Update {
            key,
            allow,
            name,
            rate,
            origin,
            expires,
            signing_secret,
        } => {
            let none = origin.iter().any(|origin| origin == "none");
            let changes = Changes {
                name,
                permissions: allow,
                origins: (!origin.is_empty()).then_some(if none { Vec::new() } else { origin }),
                events_per_second: rate.map(|bound| bound.0),
                expires: expires.map(|bound| bound.0),
                signs: signing_secret,
            };
            let made = services.update_key(&operator, &key, changes).await.map_err(complain)?;
            eprintln!("changed {}", made.key.key.prefix);
            print(&made);
        }
        Command::Rotate { key, overlap_until } => {
            let made = services.rotate_key(&operator, &key, overlap_until).await;
            print(&made.map_err(complain)?);
        }
        Command::List => {
            let keys = services.keys(&operator, None).await.map_err(complain)?;
            keys.iter().for_each(|key| say!("{}", line(key)));
        }
        Command::Revoke { key } => {
            let revoked = services.revoke_key(&operator, &key).await.map_err(complain)?;
            say!("revoked {}", revoked.key.prefix);
        }
    }
    Ok(())
}

/// Prints what is shown this once.
fn print(made: &Made) {
    for secret in [&made.text, &made.signing_secret].into_iter().flatten() {
        say!("{secret}");
    }
}

fn line(Named { key, site, valid }: &Named) -> String {
    let allowed: Vec<_> = key.permissions.iter().map(Permission::name).collect();
    let origins: Vec<_> = key.origins.iter().map(ToString::to_string).collect();
    let state = match (valid, key.revoked) {
        (true, _) => "valid",
        (false, Some(_)) => "revoked",
        (false, None) => "expired",
    };
    [
        key.prefix.clone(),
        site.clone().unwrap_or_else(|| "all sites".to_owned()),
        allowed.join(","),
        key.events_per_second
            .map_or("the server's rate".to_owned(), |rate| format!("{rate}/s")),
        state.to_owned(),
        key.name.clone(),
        if origins.is_empty() {
            "-".to_owned()
        } else {
            origins.join(",")
        },
        key.last_used
            .map_or("never used".to_owned(), |used| format!("used {used:.0}")),
    ]
    .join("\t")
}
