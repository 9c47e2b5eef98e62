//! `signing`: rotate and list the keys that sign tokens.

use super::{Complaint, complain, output::say};
use crate::{domain::caller::Caller, service::Services};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Sign with a new key from now on; nobody is logged out
    Rotate,
    /// List the keys: name, when it was made, until when it verifies
    List,
}

/// Runs the command.
pub(super) async fn run(command: Command, services: &Services) -> Result<(), Complaint> {
    let operator = Caller::operator();
    match command {
        Command::Rotate => {
            let key = services.rotate_signing(&operator).await.map_err(complain)?;
            say!("signing with {}", key.name);
        }
        Command::List => {
            for key in services.signing_keys(&operator).await.map_err(complain)? {
                let until = key
                    .verifies_until
                    .map_or("signs".to_owned(), |until| format!("verifies until {until:.0}"));
                say!("{}\tsince {:.0}\t{until}", key.name, key.created);
            }
        }
    }
    Ok(())
}
