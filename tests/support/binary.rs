//! The program under test, and its commands as an operator types them.

use std::{
    fmt,
    path::PathBuf,
    process::{Command, Output, Stdio},
    sync::OnceLock,
};

use tokio::io::AsyncWriteExt;

use crate::{database::Database, setting};

/// Where the program is: beside the tests in `target/<profile>`, unless `TIDEMARK_TEST_BIN` names another.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn path() -> &'static PathBuf {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let path = setting::binary().unwrap_or_else(|| {
            let test = std::env::current_exe().expect("a process knows its program");
            // target/<profile>/deps/capabilities-0123456789abcdef
            let profile = test.ancestors().nth(2).expect("cargo puts tests into deps/");
            profile.join("tidemark")
        });
        assert!(
            path.is_file(),
            "there is no {}: build it with `cargo build -p tidemark`, or name one in TIDEMARK_TEST_BIN",
            path.display()
        );
        path
    })
}

/// The program, its settings not yet given: none comes from this process's environment or folder.
#[must_use]
pub fn command() -> Command {
    let mut command = Command::new(path());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TIDEMARK_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// The program as [`command`] gives it, but with a file that may not grow being told of by a failed write, as a full disk
/// is, and not by a signal that ends the process.
#[must_use]
pub(crate) fn command_that_outlives_a_full_disk() -> Command {
    let plain = command();
    let mut command = Command::new("sh");
    // The shell becomes the program, so that the process is the same.
    command
        .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"])
        .arg(plain.get_program());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.stdin(Stdio::null());
    command
}

/// Runs a command such as `["site", "create", "shop"]` on a database.
pub async fn run(database: &Database, arguments: &[&str]) -> Finished {
    run_with_input(database, arguments, b"").await
}

/// Runs a command on a database and gives it something to read.
pub async fn run_with_input(database: &Database, arguments: &[&str], input: &[u8]) -> Finished {
    let mut command = command();
    command.args(arguments).current_dir(database.folder().path());
    for (flag, value) in database.flags() {
        command.arg(flag).arg(value);
    }
    let mut command = tokio::process::Command::from(command);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.kill_on_drop(true).spawn().expect("the program can be started");
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    let feed = async move {
        // A command that does not read closes the pipe; what it did shows in its output.
        let _ = stdin.write_all(input).await;
    };
    let ((), output) = tokio::join!(feed, child.wait_with_output());
    let output = output.expect("the command can be waited for");
    let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    Finished { arguments, output }
}

/// A command that has come to its end.
#[derive(Debug, Clone)]
pub struct Finished {
    arguments: Vec<String>,
    output: Output,
}

impl Finished {
    /// What it printed on standard output, provided that it succeeded.
    ///
    /// # Panics
    /// When it failed.
    #[must_use]
    pub fn success(&self) -> String {
        assert!(self.output.status.success(), "{self}");
        self.stdout()
    }

    /// What it printed on standard error, provided that it failed in an orderly way.
    ///
    /// # Panics
    /// When it succeeded, panicked, or was killed.
    #[must_use]
    pub fn failure(&self) -> String {
        // 101 is the status of a panic.
        let orderly = self.status().is_some_and(|status| status != 0 && status != 101);
        assert!(orderly, "{self}");
        self.stderr()
    }

    /// The exit status; none if a signal ended it.
    #[must_use]
    pub fn status(&self) -> Option<i32> {
        self.output.status.code()
    }

    /// What it printed on standard output.
    #[must_use]
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// What it printed on standard error.
    #[must_use]
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (arguments, status) = (self.arguments.join(" "), self.output.status);
        write!(f, "tidemark {arguments}: {status}\n{}{}", self.stdout(), self.stderr())
    }
}
