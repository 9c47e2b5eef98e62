//! Where the output of commands goes: to people who watch, to readers who stop, and to disks that are full.

use std::process::Command;

use serde_json::json;
use support::{Engine, Tidemark, binary};

/// Runs a script of the shell in which `$TIDEMARK` is the program; gives what it printed and what it complained of.
fn shell(tidemark: &Tidemark, script: &str) -> (String, String) {
    let mut command = Command::new("sh");
    command
        .args(["-c", script])
        .current_dir(tidemark.database().folder().path())
        .env("PROGRAM", binary::path());
    for (flag, value) in tidemark.database().flags() {
        let variable = flag.trim_start_matches("--").replace('-', "_").to_uppercase();
        command.env(format!("TIDEMARK_{variable}"), value);
    }
    let output = command.output().expect("there is a shell");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

async fn with_events() -> Tidemark {
    let tidemark = Tidemark::start(Engine::Sqlite).await;
    let events = (0..2_000).map(|id| json!({"id": id.to_string(), "action": "a", "tag": {"text": "x".repeat(200)}}));
    tidemark.accept(events.collect()).await;
    tidemark
}

#[tokio::test]
async fn whoever_stops_reading_hears_no_complaint() {
    let tidemark = with_events().await;
    for command in [
        "export events --site shop",
        "export audit",
        "schema",
        "key list",
        "site list",
    ] {
        // The second program ends before the first has written all, or anything.
        for reader in ["head -n 1", "true"] {
            let script = format!("{{ \"$PROGRAM\" {command}; echo \"status $?\" >&2; }} | {reader}");
            let (_, told) = shell(&tidemark, &script);
            assert_eq!(told, "status 0\n", "{command} | {reader}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_written_is_told() {
    let tidemark = with_events().await;
    for command in ["export events --site shop", "schema", "site list"] {
        let (_, told) = shell(
            &tidemark,
            &format!("\"$PROGRAM\" {command} > /dev/full; echo \"status $?\" >&2"),
        );
        assert!(
            told.contains("cannot be written to: No space left") && told.ends_with("status 1\n"),
            "{command}: {told}"
        );
    }
}

#[tokio::test]
async fn people_see_how_far_an_import_is() {
    let tidemark = with_events().await;
    // `script` is a terminal; what it shows goes to standard output.
    let import = "\"$PROGRAM\" import events";
    for source in ["events.ndjson --site shop", "- --site shop < events.ndjson"] {
        let script = format!(
            "\"$PROGRAM\" export events --site shop > events.ndjson; echo '{{ no JSON' >> events.ndjson; \
             script -qec '{import} {source}' /dev/null < /dev/null; {import} {source}"
        );
        let (shown, told) = shell(&tidemark, &script);
        let tally = "2001 lines: 0 events imported, 2000 there already, 0 refused, 0 failed, 1 unreadable, 0 blank";
        assert_eq!(shown.matches(tally).count(), 2, "{shown}{told}");
        assert!(shown.contains("line 2001: invalid"), "on the terminal: {shown}");
        // A bar moves the cursor, and tells of bytes; a pipe gets neither.
        assert!(shown.contains('\u{1b}') && shown.contains("iB"), "{shown:?}");
        assert!(
            !told.contains('\u{1b}') && told.contains("line 2001: invalid"),
            "{told:?}"
        );
    }
}
