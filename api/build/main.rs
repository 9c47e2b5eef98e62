//! Builds the web UI into the server: `web/`, compiled for browsers, as a table of files.
//!
//! A build that makes no program (`cargo check`, clippy, rust-analyzer) gets an empty table instead. What is watched is the
//! UI's own: a change of the server alone builds nothing here.

mod asset;
mod bundle;
mod compile;
mod mode;
mod target;

use std::{
    env,
    path::{Path, PathBuf},
    process::exit,
};

use asset::Packed;
use mode::{Effort, Mode};

/// Our scripts for pages, as `npm run script` in `tests/audit` makes them small, by the address that asks for each.
const SCRIPTS: [(&str, &str); 2] = [
    ("/script.js", "api/src/dialects/script/script.min.js"),
    ("/script.js?sr", "api/src/dialects/synerise/shim.min.js"),
];

fn main() {
    let folder = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let repository = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("..");
    for watched in ["web", "api/schema.graphql", "Cargo.lock", "Cargo.toml"] {
        println!("cargo:rerun-if-changed=../{watched}");
    }
    for (_, script) in SCRIPTS {
        println!("cargo:rerun-if-changed=../{script}");
    }
    for variable in mode::VARIABLES {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    let mut files = match mode::mode() {
        Mode::BuildIn(effort) => {
            let built = build(&repository, &folder, effort);
            built.unwrap_or_else(|message| fail(&format!("the web UI cannot be built: {message}")))
        }
        Mode::LeaveOut => Packed::default(),
        Mode::LeaveOutOnce => {
            // The file is never there, so that cargo asks again.
            println!("cargo:rerun-if-changed=no-web-ui-yet");
            Packed::default()
        }
    };
    for (address, script) in SCRIPTS {
        let script = asset::script(address, &repository.join(script));
        files.assets.push(script.unwrap_or_else(|message| fail(&message)));
    }
    files.write(&folder).unwrap_or_else(|message| fail(&message));
}

fn build(repository: &Path, folder: &Path, effort: Effort) -> Result<Packed, String> {
    let compiled = compile::compile(repository, folder, effort)?;
    let assets = bundle::gather(&repository.join("web"), &compiled, effort)?;
    Ok(Packed { assets, effort })
}

fn fail(message: &str) -> ! {
    eprintln!("{message}");
    exit(1)
}
