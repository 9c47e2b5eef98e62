//! The command line, one file per command. Each works beside a running server.

mod account;
mod export;
pub mod import;
mod key;
mod migrate;
mod output;
mod permission;
mod rule;
mod schema;
mod serve;
mod signing;
mod site;

use clap::{Parser, Subcommand};

use crate::{
    config::{Config, Flags},
    domain::error::{Error, Kind},
    service::Services,
    startup, telemetry,
};

/// Tidemark: a self-hosted event analytics server.
#[derive(Debug, Parser)]
#[command(name = "tidemark", version, about, arg_required_else_help = false)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve (the default)
    Serve,
    /// Bring the database's schema up to date; other commands do so themselves
    Migrate,
    /// Make, change and list sites
    #[command(subcommand)]
    Site(site::Command),
    /// Make, change, rotate, list and revoke API keys
    #[command(subcommand)]
    Key(key::Command),
    /// Make, list and disable the accounts of people who sign in
    #[command(subcommand)]
    Account(account::Command),
    /// Rotate and list the keys that sign tokens
    #[command(subcommand)]
    Signing(signing::Command),
    /// List, add and remove rules of a site's allow and deny lists
    #[command(subcommand)]
    Rule(rule::Command),
    /// Print the GraphQL schema, which is also its manual
    Schema,
    /// Print who may do what, as the server checks it
    Permissions,
    /// Import events, from access logs or as JSON
    #[command(subcommand)]
    Import(import::Command),
    /// Export events as JSON, to be imported again, or the audit log
    #[command(subcommand)]
    Export(export::Command),
}

/// Where the log tells of statements that took long: the operator of a server wants to know, and nobody who waits for a
/// command on a busy disk. A filter may name it all the same.
const SLOW_STATEMENTS: &str = "sqlx::query";

/// A command's failure, in words for whoever typed it.
pub(crate) type Complaint = String;

impl Arguments {
    /// Runs the command.
    ///
    /// # Errors
    /// What to tell whoever typed it.
    pub async fn run(self) -> Result<(), Complaint> {
        match self.command {
            Some(Command::Schema) => {
                schema::run();
                return Ok(());
            }
            Some(Command::Permissions) => {
                permission::run();
                return Ok(());
            }
            _ => {}
        }
        let config = Config::read(&self.flags)?;
        let (filter, json) = config.log();
        let command = self.command.unwrap_or(Command::Serve);
        if matches!(command, Command::Serve) {
            telemetry::start_log(filter, json)?;
        } else {
            telemetry::start_log(&format!("{SLOW_STATEMENTS}=error,{filter}"), json)?;
        }
        match command {
            Command::Serve => serve::run(&config).await,
            Command::Migrate => migrate::run(&config).await,
            Command::Schema | Command::Permissions => Ok(()),
            Command::Site(command) => site::run(command, &beside(&config).await?).await,
            Command::Key(command) => key::run(command, &beside(&config).await?).await,
            Command::Account(command) => {
                let base = config.public_url(config.listen);
                account::run(command, &beside(&config).await?, &base).await
            }
            Command::Signing(command) => signing::run(command, &beside(&config).await?).await,
            Command::Rule(command) => rule::run(command, &beside(&config).await?).await,
            Command::Import(command) => import::run(command, &beside(&config).await?).await,
            Command::Export(command) => export::run(command, &beside(&config).await?).await,
        }
    }
}

/// The use-cases, without a server.
async fn beside(config: &Config) -> Result<Services, Complaint> {
    startup::services(config).await.map_err(complain)
}

/// A failure in words; ours go to the operator whole, who is the one to mend them.
fn complain(error: Error) -> Complaint {
    if error.code.kind() == Kind::Internal {
        return error.causes();
    }
    match &error.path {
        Some(path) => format!("{path}: {}", error.message),
        None => error.message,
    }
}
