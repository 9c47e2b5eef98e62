//! Whether this build makes a program at all.

use std::{env, ffi::OsString, path::Path};

/// Set to `skip`, it leaves the UI out of any build; set to `quick`, the UI is compiled in a moment and large, for whoever
/// works on it.
const SWITCH: &str = "TIDEMARK_WEB";
/// The variables that decide.
pub(crate) const VARIABLES: [&str; 3] = [SWITCH, "RUSTC_WORKSPACE_WRAPPER", "RUSTC_WRAPPER"];

/// What cargo is asked for where it only looks at the code.
const LOOKS_ONLY: [&str; 6] = ["check", "c", "clippy", "fix", "doc", "d"];
/// Flags of cargo before its command that take a value.
const WITH_VALUE: [&str; 4] = ["--config", "--color", "-C", "-Z"];

/// How much is done to make the UI small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    Quick,
    Best,
}

/// What becomes of the UI in this build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It is built in.
    BuildIn(Effort),
    /// It is left out, as the environment says; cargo runs the script again where that changes.
    LeaveOut,
    /// It is left out by what cargo was called with, which cargo does not look at: the next build has to ask again.
    LeaveOutOnce,
}

/// Of this build. Cargo tells build scripts nothing of what it was called with; the system knows.
pub(crate) fn mode() -> Mode {
    let command = parent_arguments().and_then(command);
    decide(|variable| env::var_os(variable).unwrap_or_default(), command.as_deref())
}

/// By the environment, and by the command of cargo. Clippy and rust-analyzer tell by their wrappers of the compiler that they
/// only look at the code.
pub(crate) fn decide(value: impl Fn(&str) -> OsString, command: Option<&str>) -> Mode {
    let names = |variable: &str, name: &str| {
        let path = value(variable);
        let stem = Path::new(&path).file_stem();
        stem.is_some_and(|stem| stem.to_string_lossy().contains(name))
    };
    let told = value(SWITCH);
    if told == "skip" || names("RUSTC_WORKSPACE_WRAPPER", "clippy") || names("RUSTC_WRAPPER", "rust-analyzer") {
        return Mode::LeaveOut;
    }
    if command.is_some_and(|command| LOOKS_ONLY.contains(&command)) {
        return Mode::LeaveOutOnce;
    }
    Mode::BuildIn(if told == "quick" { Effort::Quick } else { Effort::Best })
}

/// The command that cargo was called with, by the arguments of its process: `build`.
pub(crate) fn command(arguments: Vec<String>) -> Option<String> {
    let mut arguments = arguments.into_iter().skip(1);
    loop {
        let argument = arguments.next()?;
        if WITH_VALUE.contains(&argument.as_str()) {
            arguments.next();
        } else if !argument.starts_with(['-', '+']) {
            return Some(argument);
        }
    }
}

/// What the parent of this process, which is cargo, was called with.
#[cfg(unix)]
fn parent_arguments() -> Option<Vec<String>> {
    let parent = std::os::unix::process::parent_id();
    if let Ok(line) = std::fs::read(format!("/proc/{parent}/cmdline")) {
        let arguments = line.split(|byte| *byte == 0);
        return Some(
            arguments
                .map(|part| String::from_utf8_lossy(part).into_owned())
                .collect(),
        );
    }
    let printed = std::process::Command::new("ps")
        .args(["-o", "args=", "-p", &parent.to_string()])
        .output()
        .ok()?;
    let line = String::from_utf8_lossy(&printed.stdout).into_owned();
    Some(line.split_whitespace().map(str::to_owned).collect())
}

/// Elsewhere nothing is known, and the UI is built.
#[cfg(not(unix))]
fn parent_arguments() -> Option<Vec<String>> {
    None
}
