//! How the UI is built into the program: what whoever lacks the compiler's part for browsers is told, when it is built anew,
//! and what leaves it out.

use std::{collections::HashMap, ffi::OsString, fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use support::{binary, folder::TemporaryFolder};

#[path = "../../../api/build/target.rs"]
#[expect(clippy::module_inception, reason = "the build's own file, as it is")]
mod target;

#[path = "../../../api/build/mode.rs"]
#[expect(
    dead_code,
    reason = "the build's own file, as it is; what it reads of its process is cargo's here"
)]
mod mode;

use mode::{Effort, Mode, command, decide};
use target::{check, rustc};

/// A compiler that answers by this script.
fn compiler(folder: &TemporaryFolder, script: &str) -> PathBuf {
    let path = folder.path().join("rustc");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a file can be written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it can be run");
    path
}

#[test]
fn a_missing_part_of_the_compiler_is_told_with_the_command_that_brings_it() {
    let command = "rustup target add wasm32-unknown-unknown";
    let folder = TemporaryFolder::new();
    // It names a folder where its part would be, or knows nothing of such a part.
    for script in ["echo /nowhere/lib/rustlib/wasm32-unknown-unknown/lib", "exit 1"] {
        let told = check(&compiler(&folder, script)).expect_err("it is missing");
        assert!(told.contains(command), "{told}");
    }
    let told = check(&folder.path().join("no-compiler")).expect_err("there is none");
    assert!(told.contains("rustc does not start"), "{told}");
    // The compiler of these tests has built the program.
    assert_eq!(check(&rustc()), Ok(()));
}

/// The files and folders whose change has cargo run the build anew that makes the UI, as that build has said last.
fn watched() -> Vec<String> {
    let builds = binary::path().with_file_name("build");
    let outputs = fs::read_dir(&builds).unwrap_or_else(|error| panic!("{}: {error}", builds.display()));
    let outputs = outputs.map(|build| build.expect("a build").path().join("output"));
    // Those of the UI's own crate, and of others, watch nothing of `web`.
    let told = outputs.filter_map(|output| {
        let written = fs::metadata(&output).ok()?.modified().ok()?;
        let text = fs::read_to_string(&output).ok()?;
        text.contains("=../web\n").then_some((written, text))
    });
    let (_, last) = told.max_by_key(|(written, _)| *written).expect("a build of the UI");
    let lines = last
        .lines()
        .filter_map(|line| line.strip_prefix("cargo:rerun-if-changed="));
    lines.map(str::to_owned).collect()
}

#[test]
fn a_change_of_the_server_alone_builds_no_ui() {
    // Without a single such line cargo would watch the server's whole folder.
    let watched = watched();
    assert!(watched.iter().any(|path| path == "../web"), "{watched:?}");
    let of_server = |path: &&String| !path.starts_with("../web") && path.contains("src");
    // What is built in of the server's folder are the scripts, which are packed and compiled by nothing.
    let scripts = |path: &&String| path.ends_with(".min.js");
    let others: Vec<_> = watched.iter().filter(of_server).filter(|path| !scripts(path)).collect();
    assert!(others.is_empty(), "{others:?}");
    let folders = ["..", "../api", "../entity", "../migration", "../tests", ".", ""];
    let wide: Vec<_> = watched.iter().filter(|path| folders.contains(&path.as_str())).collect();
    assert!(wide.is_empty(), "{wide:?}");
}

#[test]
fn what_only_looks_at_the_code_skips_the_ui() {
    let called = |line: &str, variables: &[(&str, &str)]| {
        let variables: HashMap<_, _> = variables.iter().copied().collect();
        let value = |name: &str| OsString::from(variables.get(name).copied().unwrap_or_default());
        let command = command(line.split(' ').map(str::to_owned).collect());
        decide(value, command.as_deref())
    };
    let of = |line: &str| called(line, &[]);
    for line in [
        "cargo check",
        "cargo c --workspace",
        "/root/.cargo/bin/cargo +stable check --locked",
        "cargo --config net.offline=true check",
        "cargo --color never -Z unstable-options doc",
        "cargo --quiet clippy",
        "cargo fix",
    ] {
        assert_eq!(of(line), Mode::LeaveOutOnce, "{line}");
    }
    // What makes a program has the UI in it; so has a test, and whatever is called like something that only looks.
    for line in [
        "cargo build",
        "cargo run --release",
        "cargo test check",
        "cargo nextest run -p tidemark-tests check",
        "cargo --config check build",
        "cargo",
    ] {
        assert_eq!(of(line), Mode::BuildIn(Effort::Best), "{line}");
    }
    // Tools that look at the code by `cargo check` of their own, and the switch for whoever builds the server alone.
    let skipped = [
        ("RUSTC_WORKSPACE_WRAPPER", "/usr/bin/clippy-driver"),
        ("RUSTC_WRAPPER", "/opt/rust-analyzer"),
        ("TIDEMARK_WEB", "skip"),
    ];
    for variable in skipped {
        assert_eq!(called("cargo build", &[variable]), Mode::LeaveOut, "{variable:?}");
    }
    let quick = called("cargo build", &[("TIDEMARK_WEB", "quick")]);
    assert_eq!(quick, Mode::BuildIn(Effort::Quick));
}
