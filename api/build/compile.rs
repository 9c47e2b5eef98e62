//! Compiles `web/` for browsers, with a cargo and a target folder of its own: two cargos that share a folder wait for
//! each other for ever.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use wasm_bindgen_cli_support::Bindgen;
use wasm_split_cli_support::{Options, transform};

use crate::{
    mode::Effort,
    target::{self, TARGET, rustc},
};

/// The profile in `Cargo.toml`, and the name of its folder. Debug builds of the server have the same UI as release builds:
/// what tests see is what people get.
fn profile(effort: Effort) -> (&'static str, &'static str) {
    match effort {
        Effort::Best => ("web", "web"),
        Effort::Quick => ("dev", "debug"),
    }
}

/// The script that fetches the parts, as the program and its glue name it.
pub(crate) const LINK: &str = "./parts.js";
/// The glue, as that script names it.
pub(crate) const GLUE: &str = "./app.js";

/// What every page needs, before it is bound to the browser.
const PROGRAM: &str = "main.wasm";

/// What the compilers make of the UI's code.
pub(crate) struct Compiled {
    /// The program: what every page needs.
    pub(crate) wasm: Vec<u8>,
    /// The script that loads it and stands between it and the browser. It imports [`LINK`].
    pub(crate) glue: String,
    /// The script that fetches the parts. It imports [`GLUE`], and names each part by `./<name>.wasm`.
    pub(crate) link: String,
    /// What only some pages need, by the names that the script has for it.
    pub(crate) parts: Vec<(String, Vec<u8>)>,
}

/// Compiles the UI.
pub(crate) fn compile(repository: &Path, out: &Path, effort: Effort) -> Result<Compiled, String> {
    target::check(&rustc())?;
    // target/<profile>/build/tidemark-<hash>/out
    let target = out
        .ancestors()
        .nth(4)
        .ok_or("the target folder is not where it was")?
        .join("web");
    let (profile, folder) = profile(effort);
    run_cargo(repository, &target, profile)?;
    let program = target.join(TARGET).join(folder).join("tidemark-web.wasm");
    let folder = out.join("web");
    // Parts of an earlier build are none of this one.
    let _ = fs::remove_dir_all(&folder);
    let parts = cut(&program, &folder)?;
    bind(&folder.join(PROGRAM), &folder, parts)
}

fn run_cargo(repository: &Path, target: &Path, profile: &str) -> Result<(), String> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args([
            "build",
            "--package",
            "tidemark-web",
            "--bin",
            "tidemark-web",
            "--target",
            TARGET,
        ])
        .args(["--profile", profile, "--locked", "--quiet", "--target-dir"])
        .arg(target)
        .current_dir(repository);
    // What the outer cargo says of the server does not hold for the UI; only its job server is shared.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let of_cargo =
            text.starts_with("CARGO_") && !matches!(&*text, "CARGO_HOME" | "CARGO_MAKEFLAGS" | "CARGO_NET_OFFLINE");
        let of_compiler = text.starts_with("RUSTC") || matches!(&*text, "RUSTFLAGS" | "RUSTDOCFLAGS");
        if of_cargo || of_compiler || matches!(&*text, "TARGET" | "HOST" | "PROFILE" | "OPT_LEVEL" | "DEBUG") {
            cargo.env_remove(&name);
        }
    }
    // Components forget the types of what is in them: the program is smaller, and compiles in a fraction of the time. Where
    // calls lead has to stay known until the program is cut into parts.
    cargo.env("RUSTFLAGS", "--cfg erase_components -Clink-args=--emit-relocs");
    let status = cargo
        .status()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    status
        .success()
        .then_some(())
        .ok_or_else(|| "its code does not compile; see above".to_owned())
}

/// Cuts the program into what every page needs, and the parts that the code marks; writes all of it to a folder.
fn cut(program: &Path, folder: &Path) -> Result<Vec<PathBuf>, String> {
    let whole = fs::read(program).map_err(|error| format!("{}: {error}", program.display()))?;
    let main = folder.join(PROGRAM);
    let mut options = Options::new(&whole);
    options.output_dir = folder;
    options.main_out_path = &main;
    options.link_name = LINK;
    options.main_module = GLUE;
    let cut = transform(options).map_err(|error| format!("{}: {error:#}", program.display()))?;
    Ok(cut.split_modules)
}

fn bind(program: &Path, folder: &Path, parts: Vec<PathBuf>) -> Result<Compiled, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", program.display());
    let read = |path: &Path| fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    let text = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    Bindgen::new()
        .input_path(program)
        .out_name("app")
        .web(true)
        .and_then(|bindgen| {
            bindgen
                .typescript(false)
                .remove_name_section(true)
                .remove_producers_section(true)
                // The parts call through the program's table of functions.
                .keep_lld_exports(true)
                // The page says where the program is; its name has a hash.
                .omit_default_module_path(true)
                .generate(folder)
        })
        .map_err(|error| failed(&error))?;
    let part = |path: PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok((name, read(&path)?))
    };
    Ok(Compiled {
        wasm: read(&folder.join("app_bg.wasm"))?,
        glue: text(GLUE)?,
        link: text(LINK)?,
        parts: parts.into_iter().map(part).collect::<Result<_, String>>()?,
    })
}
