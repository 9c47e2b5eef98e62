//! The server's process, its commands, and where its data is.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use reqwest::Url;
use support::postgres;

use crate::{Result, options::Options};

const START_LIMIT: Duration = Duration::from_secs(120);
const STOP_LIMIT: Duration = Duration::from_secs(120);
/// A rate of a key's own that no load uses up.
pub(crate) const RATE: &str = "10000000/s";
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// The server's program: it lies beside this one.
pub(crate) fn program() -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name("tidemark");
    if path.is_file() {
        return Ok(path);
    }
    let path = path.display();
    Err(format!("There is no {path}: build it with `cargo build --release -p tidemark`.").into())
}

/// The program, which is to take no settings from this process's environment.
fn command() -> Result<Command> {
    let mut command = Command::new(program()?);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TIDEMARK_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    Ok(command)
}

/// A data folder and, on PostgreSQL, a database. A temporary one is gone once it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    folder: PathBuf,
    database: Option<Url>,
    maintenance: Option<Url>,
    temporary: bool,
}

impl Place {
    /// An empty one.
    pub(crate) fn temporary(options: &Options, name: &str) -> Result<Self> {
        let name = format!("tidemark-bench-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(&name);
        Self::new(options, folder, &name, true)
    }

    /// One in a folder that stays, whatever may be in it already.
    pub(crate) fn kept(options: &Options, root: &Path, name: &str) -> Result<Self> {
        let folder = std::path::absolute(root)?.join(name);
        Self::new(options, folder, &format!("tidemark-bench-{name}"), false)
    }

    fn new(options: &Options, folder: PathBuf, name: &str, temporary: bool) -> Result<Self> {
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let name = name.replace('-', "_");
        let database = options.database_url.clone().map(|mut url| {
            url.set_path(&name);
            url
        });
        if let Some(maintenance) = &options.database_url {
            let found = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
            if postgres::execute(maintenance, &found)?.trim() == "0" {
                let _ = postgres::execute(maintenance, &format!("CREATE DATABASE {name}"))?;
            }
        }
        Ok(Self {
            folder,
            database,
            maintenance: options.database_url.clone(),
            temporary,
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The SQLite database.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join("tidemark.db")
    }

    /// Empties it.
    pub(crate) fn clear(&self) -> Result<()> {
        fs::remove_dir_all(&self.folder)?;
        fs::create_dir_all(&self.folder)?;
        if let (Some(maintenance), Some(database)) = (&self.maintenance, &self.database) {
            let name = database.path().trim_start_matches('/');
            let _ = postgres::execute(maintenance, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
            let _ = postgres::execute(maintenance, &format!("CREATE DATABASE {name}"))?;
        }
        Ok(())
    }

    /// Bytes of everything in it; with PostgreSQL of the database.
    pub(crate) fn bytes(&self) -> Result<u64> {
        if let Some(database) = &self.database {
            let size = postgres::execute(database, "SELECT pg_database_size(current_database())")?;
            return Ok(size.trim().parse()?);
        }
        let mut bytes = 0;
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            // What the server printed is no data.
            if entry.path().extension().is_none_or(|end| end != "txt") {
                bytes += entry.metadata()?.len();
            }
        }
        Ok(bytes)
    }

    /// Runs a command such as `["site", "create", "shop"]`, and returns what it prints.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String> {
        let mut command = command()?;
        self.push_flags(command.args(arguments));
        let output = command.output()?;
        if output.status.success() {
            return Ok(String::from_utf8(output.stdout)?.trim().to_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("tidemark {}: {said}", arguments.join(" ")).into())
    }

    /// Makes a site whose days begin in Berlin, and a key that may log and ask there.
    pub(crate) fn create_site(&self, name: &str) -> Result<String> {
        let zone = ["--time-zone", crate::stock::ZONE, "--max-event-age", "none"];
        let _ = self.run(&[&["site", "create", name], &zone[..]].concat())?;
        // A budget of its own, which no load uses up.
        self.run(&["key", "create", "--site", name, "--allow", "log,query", "--rate", RATE])
    }

    fn push_flags(&self, command: &mut Command) {
        command.arg("--data").arg(&self.folder);
        if let Some(database) = &self.database {
            command.arg("--database-url").arg(database.as_str());
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.temporary {
            return;
        }
        let _ = fs::remove_dir_all(&self.folder);
        if let (Some(maintenance), Some(database)) = (&self.maintenance, &self.database) {
            let name = database.path().trim_start_matches('/');
            let _ = postgres::execute(maintenance, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// A running server with the product's defaults, but for budgets of questions and of visitors that none uses up. Dropping
/// it kills it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// Starts it and waits until it listens.
    pub(crate) async fn start(place: &Place) -> Result<Self> {
        let printed = place.folder.join("stdout.txt");
        let mut command = command()?;
        // Questions are asked as fast as they are answered, and all visitors come from one address.
        let budgets = [
            "--rate-query-units",
            "1000000000",
            "--rate-visitor-events",
            "1000000000",
        ];
        place.push_flags(command.args(["serve", "--listen", "127.0.0.1:0"]).args(budgets));
        let child = command
            .current_dir(&place.folder)
            .stdout(File::create(&printed)?)
            .stderr(File::create(place.folder.join("stderr.txt"))?)
            .spawn()?;
        let mut server = Self { child, port: 0 };
        let begin = Instant::now();
        loop {
            if let Some(port) = announced_port(&fs::read_to_string(&printed)?) {
                server.port = port;
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                let said = fs::read_to_string(place.folder.join("stderr.txt"))?;
                return Err(format!("the server did not start: {status} {said}").into());
            }
            if begin.elapsed() > START_LIMIT {
                return Err("the server does not say where it listens".into());
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Ends it as an operator does, and waits until it has.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let process = self.child.id().to_string();
        let sent = Command::new("sh")
            .args(["-c", "kill -TERM \"$1\"", "sh", &process])
            .status()?;
        if !sent.success() {
            return Err("the server is gone already".into());
        }
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return match status.success() {
                    true => Ok(()),
                    false => Err(format!("the server ended with {status}").into()),
                };
            }
            if begin.elapsed() > STOP_LIMIT {
                return Err("the server does not stop".into());
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Megabytes that are resident now, and the most that ever were.
    pub(crate) fn memory(&self) -> Result<Memory> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let field = |name: &str| -> Result<f64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kilobytes = line.and_then(|line| line.split_whitespace().nth(0)?.parse::<f64>().ok());
            Ok(kilobytes.ok_or("the server's memory cannot be read")? * 1024.0 / 1e6)
        };
        Ok(Memory {
            now: field("VmRSS:")?,
            peak: field("VmHWM:")?,
        })
    }
}

/// Resident memory in megabytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) now: f64,
    pub(crate) peak: f64,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The port in the line that the server prints once it listens.
fn announced_port(printed: &str) -> Option<u16> {
    let (_, rest) = printed.split_once("listening on http://127.0.0.1:")?;
    let end = rest.find(|character: char| !character.is_ascii_digit())?;
    rest[..end].parse().ok()
}
