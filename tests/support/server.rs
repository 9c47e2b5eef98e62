//! A server process: started, stopped and killed like a real one.

use std::{
    fs::{self, File, OpenOptions},
    process::{Child, Command, ExitStatus},
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{binary, database::Database, folder::TemporaryFolder};

/// A debug build that migrates on a busy machine needs a few seconds; a minute means that it hangs.
const START_LIMIT: Duration = Duration::from_secs(60);

/// What was accepted has to be finished within this after SIGTERM.
const STOP_LIMIT: Duration = Duration::from_secs(60);

const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// As much of the log as a person reads when a test has failed.
const PRINTED_LINES: usize = 200;

/// Where a server can be reached. It follows the server through restarts; while it is down, nobody answers.
#[derive(Debug, Clone, Default)]
pub struct Address {
    port: Arc<AtomicU16>,
}

impl Address {
    /// The URL of a path such as `/healthz`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port.load(Ordering::SeqCst))
    }
}

/// A server process. Dropping it kills it, and fails the test if the server panicked.
#[derive(Debug)]
pub struct Server {
    child: Option<Child>,
    address: Address,
    flags: Vec<(String, String)>,
    output: TemporaryFolder,
}

impl Server {
    /// Starts a server and waits until it listens. Several can run on one database.
    pub async fn start(database: &Database) -> Self {
        Self::start_with(database, &[]).await
    }

    /// Starts a server with flags of its own, such as `("--max-body-bytes", "1000")`. They replace those of
    /// the database and of the harness.
    ///
    /// # Panics
    /// When the server does not come up.
    pub async fn start_with(database: &Database, flags: &[(&str, &str)]) -> Self {
        // The port is the system's choice at each start: a port that was free a moment ago may not be now.
        let mut all = vec![("--listen".to_owned(), "127.0.0.1:0".to_owned())];
        all.extend(database.flags());
        all.retain(|(name, _)| flags.iter().all(|(own, _)| own != name));
        all.extend(
            flags
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let output = TemporaryFolder::new();
        let mut server = Self {
            child: None,
            address: Address::default(),
            flags: all,
            output,
        };
        server.spawn().await;
        server
    }

    /// The URL of a path such as `/healthz`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        self.address.url(path)
    }

    /// Where the server is, also after restarts.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The number of the process.
    ///
    /// # Panics
    /// When the server was stopped.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.child.as_ref().expect("the server runs").id()
    }

    /// Lets no file that the process writes grow past this many bytes, as if the disk were full; none takes the limit off.
    ///
    /// # Panics
    /// Where there is no `prlimit`.
    pub fn limit_files(&self, bytes: Option<u64>) {
        let limit = bytes.map_or_else(|| "unlimited".to_owned(), |bytes| bytes.to_string());
        let mut command = Command::new("prlimit");
        command.arg("--pid").arg(self.process_id().to_string());
        // The soft limit alone, which can be raised again.
        let set = command
            .arg(format!("--fsize={limit}:"))
            .status()
            .expect("util-linux has prlimit");
        assert!(set.success(), "the limit cannot be set");
    }

    /// What all processes of this server have logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.read("stderr.txt")
    }

    /// What the last process has printed on standard output.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.read("stdout.txt")
    }

    /// Kills the process with SIGKILL, in the middle of whatever it does.
    pub fn kill9(&mut self) {
        self.address.port.store(0, Ordering::SeqCst);
        if let Some(mut child) = self.child.take() {
            child.kill().expect("a child can be killed");
            child.wait().expect("a child can be waited for");
        }
    }

    /// Asks the process to stop, with SIGTERM, and waits until it has.
    ///
    /// # Panics
    /// When it does not stop, or not with status 0.
    pub async fn terminate(&mut self) {
        let process = self.process_id().to_string();
        let script = ["-c", "kill -TERM \"$1\"", "sh", &process];
        let sent = Command::new("sh").args(script).status().expect("there is a shell");
        assert!(sent.success(), "the server is gone already");
        let begin = Instant::now();
        let status = loop {
            if let Some(status) = self.exited() {
                break status;
            }
            assert!(begin.elapsed() < STOP_LIMIT, "the server ignores SIGTERM");
            tokio::time::sleep(POLL_INTERVAL).await;
        };
        self.child = None;
        self.address.port.store(0, Ordering::SeqCst);
        assert!(status.success(), "after SIGTERM the server ended with {status}");
    }

    /// Starts the server again, with the same flags; one that still runs is asked to stop first.
    pub async fn restart(&mut self) {
        if self.child.is_some() {
            self.terminate().await;
        }
        self.spawn().await;
    }

    async fn spawn(&mut self) {
        let folder = self.output.path();
        let stdout = File::create(folder.join("stdout.txt")).expect("the folder is ours");
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(folder.join("stderr.txt"));
        let mut command = binary::command_that_outlives_a_full_disk();
        command.arg("serve");
        for (flag, value) in &self.flags {
            command.arg(flag).arg(value);
        }
        command
            .current_dir(folder)
            .stdout(stdout)
            .stderr(log.expect("the folder is ours"));
        self.child = Some(command.spawn().expect("the program can be started"));
        let begin = Instant::now();
        let port = loop {
            if let Some(port) = announced_port(&self.stdout()) {
                break port;
            }
            if let Some(status) = self.exited() {
                panic!("the server did not start: {status}");
            }
            assert!(
                begin.elapsed() < START_LIMIT,
                "the server does not say where it listens"
            );
            tokio::time::sleep(POLL_INTERVAL).await;
        };
        self.address.port.store(port, Ordering::SeqCst);
    }

    fn exited(&mut self) -> Option<ExitStatus> {
        let child = self.child.as_mut().expect("the server was started");
        child.try_wait().expect("a child can be waited for")
    }

    fn read(&self, file: &str) -> String {
        let bytes = fs::read(self.output.path().join(file)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        let log = self.log();
        if thread::panicking() {
            let lines: Vec<&str> = log.lines().collect();
            let last = lines[lines.len().saturating_sub(PRINTED_LINES)..].join("\n");
            eprintln!(
                "--- the server's output\n{}\n--- the server's log\n{last}",
                self.stdout()
            );
        } else if let Some(at) = log.find("' panicked at ").or_else(|| log.find(") panicked at ")) {
            let line = log[..at].rfind('\n').map_or(0, |end| end + 1);
            panic!("the server panicked: {}", &log[line..]);
        }
    }
}

/// The port in the line that the server prints once it listens.
fn announced_port(stdout: &str) -> Option<u16> {
    let (_, rest) = stdout.split_once("listening on http://127.0.0.1:")?;
    let end = rest.find(|character: char| !character.is_ascii_digit())?;
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::announced_port;

    #[test]
    fn the_port_is_read_once_its_line_is_whole() {
        assert_eq!(announced_port("Tidemark\nlistening on http://127.0.0.1:41"), None);
        let whole = "Tidemark is listening on http://127.0.0.1:41234\nNext: …";
        assert_eq!(announced_port(whole), Some(41234));
    }
}
