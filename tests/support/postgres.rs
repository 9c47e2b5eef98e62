//! PostgreSQL's own programs, as the tests call them. There is no client library to keep in step.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
};

use reqwest::Url;

const INSTALLED: &str = "/usr/lib/postgresql";

/// Runs one statement and returns what it prints, columns apart by `|`.
///
/// # Errors
/// What `psql` said on standard error.
pub fn execute(database: &Url, statement: &str) -> Result<String, String> {
    let mut psql = Command::new(program("psql"));
    psql.args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only"]);
    psql.args(["--set", "ON_ERROR_STOP=1", "--dbname", database.as_str()]);
    psql.args(["--command", statement]);
    run(psql)
}

/// Dumps a database into a file, as an operator does who moves it.
///
/// # Errors
/// What `pg_dump` said on standard error.
pub fn dump(database: &Url, file: &Path) -> Result<(), String> {
    let mut command = Command::new(program("pg_dump"));
    command.args(["--format", "custom", "--no-owner", "--no-privileges"]);
    command.arg("--file").arg(file).args(["--dbname", database.as_str()]);
    run(command).map(drop)
}

/// Restores what [`dump`] left into an empty database, in one transaction.
///
/// # Errors
/// What `pg_restore` said on standard error.
pub fn restore(database: &Url, file: &Path) -> Result<(), String> {
    let mut command = Command::new(program("pg_restore"));
    command.args(["--single-transaction", "--no-owner", "--no-privileges"]);
    command.args(["--dbname", database.as_str()]).arg(file);
    run(command).map(drop)
}

/// Runs what follows it without the files that the caller of the tests has open: a cluster outlives the tests, and
/// would keep a lock or a pipe of theirs for as long.
const ALONE: &str = "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; exec \"$@\"";

/// Runs one of the server's programs on a data folder. They refuse root, so root becomes `postgres`.
///
/// # Errors
/// What the program printed.
pub(crate) fn administer(name: &str, data: &Path, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new("sh");
    command.args(["-c", ALONE, "sh"]).args(unprivileged());
    command.arg(program(name)).arg("-D").arg(data).args(arguments);
    run(command)
}

/// The user that this process is.
pub(crate) fn user_id() -> u32 {
    fs::metadata("/proc/self")
        .expect("/proc tells who this process is")
        .uid()
}

/// A program of the highest version installed.
fn program(name: &str) -> PathBuf {
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let folders = fs::read_dir(INSTALLED).into_iter().flatten().flatten();
    let newest = folders
        .map(|entry| entry.path())
        .filter(|path| path.join("bin").join(name).is_file())
        .max_by_key(|path| version(path));
    let folder = newest
        .unwrap_or_else(|| panic!("PostgreSQL's {name} is not in {INSTALLED}/*/bin: install the package postgresql"));
    folder.join("bin").join(name)
}

/// What makes the program after it run as `postgres`, if this process is root's.
fn unprivileged() -> &'static [&'static str] {
    if user_id() != 0 {
        return &[];
    }
    let search = std::env::var_os("PATH").unwrap_or_default();
    let installed = |tool: &str| std::env::split_paths(&search).any(|path| path.join(tool).is_file());
    if installed("runuser") {
        &["runuser", "-u", "postgres", "--"]
    } else if installed("setpriv") {
        &[
            "setpriv",
            "--reuid",
            "postgres",
            "--regid",
            "postgres",
            "--init-groups",
            "--",
        ]
    } else {
        panic!("neither runuser nor setpriv is there: run the tests as a user other than root");
    }
}

fn run(mut command: Command) -> Result<String, String> {
    for (name, _) in std::env::vars_os() {
        // PGDATA, PGHOST and the like would lead the programs to another server.
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
    // The caller's folder may be closed to `postgres`.
    let output = command
        .current_dir("/")
        .output()
        .unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    let printed = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
    if output.status.success() {
        Ok(printed)
    } else {
        Err(format!("{printed}\n{}", String::from_utf8_lossy(&output.stderr))
            .trim()
            .to_owned())
    }
}
