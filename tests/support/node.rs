//! Published clients of other systems, run by Node as they are.

use std::{path::Path, process::Stdio, time::Duration};

use serde_json::Value;
use tokio::process::Command;

use crate::folder::repository;

/// No script takes this long.
const LIMIT: Duration = Duration::from_secs(120);

/// Fails with what is to be done where a package is not what the lock file pins.
fn is_installed(folder: &Path, package: &str) {
    let read = |name: &str| {
        let text = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        serde_json::from_str::<Value>(&text).unwrap_or_default()
    };
    let name = format!("node_modules/{package}");
    let (wanted, found) = (read("package-lock.json"), read(&format!("{name}/package.json")));
    let wanted = &wanted["packages"][&name]["version"];
    assert!(
        wanted.is_string() && *wanted == found["version"],
        "{package} {wanted} is not there: run `npm ci --prefix tests/clients`, as tests/run does"
    );
}

/// Runs a script of `tests/clients` beside the package that it speaks by; gives the JSON that it prints last.
///
/// # Panics
/// When the package is not installed, or the script fails.
pub async fn run(script: &str, package: &str, arguments: &[&str]) -> Value {
    let folder = repository().join("tests/clients");
    is_installed(&folder, package);
    let mut command = Command::new("node");
    command.arg(script).args(arguments);
    said_by(command).await
}

/// Runs a script of `tests/clients`; gives the JSON that it prints last.
pub(crate) async fn said_by(mut command: Command) -> Value {
    command.current_dir(repository().join("tests/clients"));
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(LIMIT, command.output()).await;
    let output = output
        .expect("the script ends")
        .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{stdout}{stderr}");
    // Libraries may print as well; what the script says comes last.
    let said = stdout.lines().last().unwrap_or_default();
    serde_json::from_str(said).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"))
}
