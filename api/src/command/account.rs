//! `account`: make, list, disable and let in again those who may sign in.

use std::io::Read as _;

use super::{Complaint, complain, output::say};
use crate::{
    domain::{caller::Caller, role::Role},
    service::{Services, account::NewAccount, link::Link},
};

/// Bytes of a password on standard input.
const MOST_BYTES: u64 = 4_096;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make an account, and print a link by which its owner sets a password, alone on standard output
    Create {
        /// The e-mail address to sign in with
        email: String,
        /// What people call them; without one, the part of the address before the @
        #[arg(long, default_value = "")]
        name: String,
        /// What they may: viewer, analyst, admin or owner
        #[arg(long, default_value = "owner", value_parser = role)]
        role: Role,
        /// The site on which they may; without one they may on all
        #[arg(long)]
        site: Option<String>,
        /// Read the password from standard input instead of printing a link
        #[arg(long)]
        password_stdin: bool,
    },
    /// Print a fresh link for somebody who lost theirs, or their password
    Link {
        /// Their e-mail address
        email: String,
    },
    /// List the accounts: e-mail address, roles, second factor, state, name
    List,
    /// Let somebody in no more, and end their sessions
    Disable {
        /// Their e-mail address
        email: String,
    },
    /// Let somebody in again
    Enable {
        /// Their e-mail address
        email: String,
    },
}

fn role(text: &str) -> Result<Role, String> {
    Role::find(text).ok_or_else(|| "there are: viewer, analyst, admin, owner".to_owned())
}

/// Runs the command; links are below `base`.
pub(super) async fn run(command: Command, services: &Services, base: &str) -> Result<(), Complaint> {
    let operator = Caller::operator();
    match command {
        Command::Create {
            email,
            name,
            role,
            site,
            password_stdin,
        } => {
            let new = NewAccount {
                email,
                name,
                role,
                site,
            };
            if password_stdin {
                let password = read_password()?;
                let created = services.create_account(&operator, &new, &password).await;
                say!("{}", created.map_err(complain)?.email);
            } else {
                let (_, link) = services.invite_account(&operator, &new).await.map_err(complain)?;
                print_link(&link, base);
            }
        }
        Command::Link { email } => {
            let id = find(services, &email).await?;
            let (_, link) = services.renew_link(&operator, &id).await.map_err(complain)?;
            print_link(&link, base);
        }
        Command::List => list(services).await?,
        Command::Disable { email } => {
            let id = find(services, &email).await?;
            let account = services.set_account_disabled(&operator, &id, true).await;
            say!("disabled {}", account.map_err(complain)?.email);
        }
        Command::Enable { email } => {
            let id = find(services, &email).await?;
            let account = services.set_account_disabled(&operator, &id, false).await;
            say!("enabled {}", account.map_err(complain)?.email);
        }
    }
    Ok(())
}

async fn list(services: &Services) -> Result<(), Complaint> {
    let accounts = services.accounts(&Caller::operator()).await.map_err(complain)?;
    let configuration = services.registry.current();
    for account in accounts {
        let roles = account.grants.iter().map(|grant| {
            let site = grant.site.and_then(|id| configuration.sites.get(&id));
            site.map_or_else(
                || grant.role.name().to_owned(),
                |site| format!("{} of {}", grant.role.name(), site.name),
            )
        });
        let roles: Vec<_> = roles.collect();
        let factor = if account.has_second_factor {
            "second factor"
        } else {
            "password only"
        };
        let state = match (account.disabled, account.has_password) {
            (Some(_), _) => "disabled",
            (None, true) => "active",
            (None, false) => "invited",
        };
        say!(
            "{}\t{}\t{factor}\t{state}\t{}",
            account.email,
            roles.join(", "),
            account.name
        );
    }
    Ok(())
}

/// The public id of an account.
async fn find(services: &Services, email: &str) -> Result<String, Complaint> {
    let accounts = services.accounts(&Caller::operator()).await.map_err(complain)?;
    let found = accounts
        .into_iter()
        .find(|account| account.email.eq_ignore_ascii_case(email.trim()));
    found
        .map(|account| account.public_id)
        .ok_or_else(|| format!("There is no account “{email}”."))
}

fn read_password() -> Result<String, Complaint> {
    let mut text = String::new();
    let read = std::io::stdin().take(MOST_BYTES).read_to_string(&mut text);
    read.map_err(|error| format!("The password cannot be read: {error}."))?;
    // What `echo` and editors add is no part of it.
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn print_link(link: &Link, base: &str) {
    say!("{}", link.url(base));
    eprintln!("It sets a password once, until {:.0}.", link.expires);
}
