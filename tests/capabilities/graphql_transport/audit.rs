//! The audit of GraphQL over HTTP, as the package `graphql-http` of the specification's authors has it.

use std::{path::Path, process::Stdio, time::Duration};

use serde_json::Value;
use support::{Engine, Tidemark, folder::repository};
use tokio::process::Command;

/// The checks of the version that `tests/audit/package-lock.json` pins.
const CHECKS: usize = 61;

/// Fails with what is to be done where the package is not what the lock file pins.
fn is_installed(folder: &Path) {
    let read = |name: &str| {
        let text = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        serde_json::from_str::<Value>(&text).unwrap_or_default()
    };
    let name = "node_modules/graphql-http";
    let (wanted, found) = (read("package-lock.json"), read(&format!("{name}/package.json")));
    let wanted = &wanted["packages"][name]["version"];
    assert!(
        wanted.is_string() && *wanted == found["version"],
        "graphql-http {wanted} is not there: run `npm ci --prefix tests/audit`, as tests/run does"
    );
}

// Nothing of this comes near a database.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_passes_every_check() {
    let folder = repository().join("tests/audit");
    is_installed(&folder);
    let tidemark = Tidemark::start(Engine::Sqlite).await;
    let mut command = Command::new("node");
    command
        .arg("audit.js")
        .arg(tidemark.server().url("/graphql"))
        .current_dir(&folder);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(60), command.output()).await;
    let output = output
        .expect("the audit ends")
        .expect("node can be started: install nodejs");
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{stdout}{stderr}");
    let checks: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let failed: Vec<_> = checks.iter().filter(|check| check["status"] != "ok").collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(checks.len(), CHECKS, "{stdout}");
}
