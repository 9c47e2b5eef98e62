//! Published libraries of other systems in Python, run as they are.

use serde_json::Value;
use tokio::process::Command;

use crate::{folder::repository, node::said_by};

/// Where `tests/run` installs them.
const PYTHON: &str = "tests/clients/.venv/bin/python";

/// Runs a script of `tests/clients`; gives the JSON that it prints last.
///
/// # Panics
/// When the libraries are not installed, or the script fails.
pub async fn run(script: &str, arguments: &[&str]) -> Value {
    let python = repository().join(PYTHON);
    assert!(
        python.exists(),
        "{PYTHON} is not there: run `python3 -m venv tests/clients/.venv` and `tests/clients/.venv/bin/pip install \
         --require-hashes -r tests/clients/requirements.txt`, as tests/run does"
    );
    let mut command = Command::new(python);
    // A module may be called as a script is.
    command.args(["-P", script]).args(arguments);
    said_by(command).await
}
