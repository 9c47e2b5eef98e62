//! The compiler's part for browsers, which rustup brings and cargo does not.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

/// What the UI is compiled for.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The compiler of this build.
pub(crate) fn rustc() -> PathBuf {
    env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc")).into()
}

/// Says which command brings the part for browsers, where a compiler lacks it.
pub(crate) fn check(rustc: &Path) -> Result<(), String> {
    let printed = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .map_err(|error| format!("rustc does not start: {error}"))?;
    let folder = PathBuf::from(String::from_utf8_lossy(&printed.stdout).trim());
    if printed.status.success() && folder.is_dir() {
        return Ok(());
    }
    Err(format!(
        "the target {TARGET} is not installed; install it with\n\n    rustup target add {TARGET}\n"
    ))
}
