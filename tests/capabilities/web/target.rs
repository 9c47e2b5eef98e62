//! What whoever builds the program is told where the compiler's part for browsers is missing.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use support::folder::TemporaryFolder;

#[path = "../../../api/build/target.rs"]
#[expect(clippy::module_inception, reason = "the build's own file, as it is")]
mod target;

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
