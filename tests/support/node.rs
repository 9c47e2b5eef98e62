//! Published clients of other systems, run by Node as they are.

use std::{process::Stdio, time::Duration};

use serde_json::Value;
use tokio::process::Command;

use crate::folder::repository;

/// No script takes this long.
const LIMIT: Duration = Duration::from_secs(120);

/// Fails with what is to be done where a package of `tests/clients` is not what the lock file pins.
///
/// # Panics
/// Then.
pub fn is_installed(package: &str) {
    let folder = &repository().join("tests/clients");
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

/// A script of a package of `tests/clients`, as it is published.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn script(path: &str) -> String {
    let path = repository().join("tests/clients").join(path.trim_start_matches('/'));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The paths of the scripts in a folder of a package.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn scripts(folder: &str) -> Vec<String> {
    let inside = repository().join("tests/clients").join(folder.trim_start_matches('/'));
    let files = std::fs::read_dir(inside).expect("the package is there");
    let names = files.filter_map(|file| file.ok()?.file_name().into_string().ok());
    let names = names.filter(|name| std::path::Path::new(name).extension().is_some_and(|end| end == "js"));
    names.map(|name| format!("{folder}/{name}")).collect()
}

/// Runs a script of `tests/clients` beside the package that it speaks by; gives the JSON that it prints last.
///
/// # Panics
/// When the package is not installed, or the script fails.
pub async fn run(script: &str, package: &str, arguments: &[&str]) -> Value {
    is_installed(package);
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
