//! A throw-away PostgreSQL cluster, one for all test processes of a run.
//!
//! The first process that needs it starts it, under a file lock. `tests/run` gives every run a cluster of
//! its own and stops it. Tests started otherwise share one per user, which stays up for the next time; one
//! that died is made anew. A leftover is harmless, and ends within a minute of its folder being removed.
//!
//! It runs without fsync: tests kill Tidemark's processes, never PostgreSQL or the machine, and what
//! PostgreSQL has committed outlives its clients either way.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use reqwest::Url;

use crate::{
    folder::TemporaryFolder,
    postgres::{administer, execute, user_id},
    setting,
};

/// Who owns the databases of the tests: as with any operator, not a superuser.
const ROLE: &str = "tidemark";

/// Written once the cluster has all that the tests need.
const READY: &str = "tidemark-ready";

/// Between being found free and being taken, a port can go to another process.
const PORT_ATTEMPTS: usize = 5;

/// Where databases can be made.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    /// The maintenance database, as a user who may create databases.
    pub(crate) maintenance: Url,
    /// Who is to own a database, where that is not the user of `maintenance`.
    pub(crate) owner: Option<&'static str>,
}

/// The cluster of this run, started if need be.
pub(crate) fn get() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| match setting::postgres_url() {
        Some(url) => Cluster {
            maintenance: url
                .parse()
                .unwrap_or_else(|error| panic!("TIDEMARK_TEST_POSTGRES_URL is no URL: {error}: {url}")),
            owner: None,
        },
        None => {
            let user = user_id();
            let default = || PathBuf::from(format!("/tmp/tidemark-test-postgres-{user}"));
            let port = ensure(&setting::cluster_folder().unwrap_or_else(default));
            Cluster {
                maintenance: maintenance(port),
                owner: Some(ROLE),
            }
        }
    })
}

/// A cluster of a test's own, new, in which transactions are counted from the beginning. It ends once this is dropped.
#[derive(Debug)]
pub struct NewCluster {
    folder: TemporaryFolder,
    port: u16,
}

impl NewCluster {
    /// Makes and starts one.
    ///
    /// # Panics
    /// When PostgreSQL cannot be started.
    #[must_use]
    pub fn start() -> Self {
        let folder = TemporaryFolder::new();
        open_to_postgres(folder.path());
        let data = folder.path().join("data");
        initialise(&data);
        let port = start(&data);
        Self { folder, port }
    }

    /// An empty database in it.
    ///
    /// # Panics
    /// When the name is taken.
    #[must_use]
    pub fn database(&self, name: &str) -> Url {
        let mut url = maintenance(self.port);
        let statement = format!("CREATE DATABASE {name}");
        execute(&url, &statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
        url.set_path(name);
        url
    }
}

impl Drop for NewCluster {
    fn drop(&mut self) {
        let data = self.folder.path().join("data");
        if let Err(error) = administer("pg_ctl", &data, &["stop", "--wait", "--mode", "immediate"]) {
            eprintln!("the cluster in {} does not stop: {error}", data.display());
        }
    }
}

/// Lets `postgres` enter a folder, whatever the umask.
fn open_to_postgres(folder: &Path) {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o711)).expect("the folder is ours");
}

/// The port of the cluster in the folder, which runs when this returns.
fn ensure(folder: &Path) -> u16 {
    fs::create_dir_all(folder).expect("the cluster's folder can be made");
    let metadata = fs::metadata(folder).expect("the cluster's folder is there");
    assert_eq!(
        metadata.uid(),
        user_id(),
        "{} belongs to somebody else",
        folder.display()
    );
    open_to_postgres(folder);
    let lock = File::create(folder.join("lock")).expect("the lock file can be made");
    lock.lock().expect("the lock can be waited for");

    let data = folder.join("data");
    if let Some(port) = running(&data) {
        return port;
    }
    if data.exists() {
        // Whatever is left of it may or may not run.
        let _ = administer("pg_ctl", &data, &["stop", "--mode", "immediate"]);
        fs::remove_dir_all(&data).expect("the dead cluster can be removed");
    }
    initialise(&data);
    let port = start(&data);
    let role = format!("CREATE ROLE {ROLE} LOGIN");
    execute(&maintenance(port), &role).unwrap_or_else(|error| panic!("{role}: {error}"));
    File::create(data.join(READY)).expect("the data folder can be written");
    port
}

/// The port, if the cluster is complete, runs and answers.
fn running(data: &Path) -> Option<u16> {
    if !data.join(READY).exists() {
        return None;
    }
    // PostgreSQL writes this file itself: process, data folder, start time, port, …
    let state = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let port = state.lines().nth(3)?.trim().parse().ok()?;
    administer("pg_ctl", data, &["status"]).ok()?;
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    Some(port)
}

fn initialise(data: &Path) {
    fs::create_dir(data).expect("the data folder can be made");
    if user_id() == 0 {
        let (user, group) = postgres_ids();
        chown(data, Some(user), Some(group)).expect("root may give the data folder away");
    }
    let mut arguments = vec!["--username=postgres", "--auth=trust", "--encoding=UTF8"];
    arguments.extend(["--locale=C.UTF-8", "--no-sync"]);
    let initdb = |arguments: &[&str]| administer("initdb", data, arguments);
    // Sorts text as people do, like most operators' databases: an order that silently relies on bytes
    // shows. Versions before 15 cannot, and sort by bytes.
    let linguistic = ["--locale-provider=icu", "--icu-locale=en-US"];
    initdb(&[&arguments[..], &linguistic[..]].concat())
        .or_else(|_| initdb(&arguments))
        .unwrap_or_else(|error| panic!("initdb failed: {error}"));
    let mut settings = OpenOptions::new()
        .append(true)
        .open(data.join("postgresql.conf"))
        .expect("initdb writes the settings");
    let folder = data.display();
    let lines = format!(
        "listen_addresses = '127.0.0.1'\n\
         unix_socket_directories = '{folder}'\n\
         max_connections = 300\n\
         fsync = off\n\
         full_page_writes = off\n\
         # Containers often have little shared memory to map; files always work.\n\
         dynamic_shared_memory_type = mmap\n"
    );
    settings
        .write_all(lines.as_bytes())
        .expect("the settings can be written");
}

/// Starts the cluster on a free port, and returns the port once it takes connections.
fn start(data: &Path) -> u16 {
    let log = data.join("log.txt");
    let log = log.to_str().expect("the cluster's folder is named in UTF-8");
    let mut failure = String::new();
    for _ in 0..PORT_ATTEMPTS {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("some port is free");
        let port = free.local_addr().expect("a bound socket has an address").port();
        drop(free);
        let options = format!("-p {port}");
        let arguments = ["start", "--wait", "--log", log, "--options", &options];
        match administer("pg_ctl", data, &arguments) {
            Ok(_) => return port,
            Err(error) => failure = error,
        }
    }
    let log = fs::read_to_string(log).unwrap_or_default();
    panic!("PostgreSQL does not start: {failure}\n{log}");
}

/// The user and the group that PostgreSQL's package makes.
fn postgres_ids() -> (u32, u32) {
    let users = fs::read_to_string("/etc/passwd").expect("/etc/passwd lists the users");
    let line = users.lines().find(|line| line.starts_with("postgres:"));
    let mut fields = line.expect("root needs a user named postgres").split(':').skip(2);
    let mut number = || fields.next().and_then(|field| field.parse().ok());
    number().zip(number()).expect("a user has a number and a group")
}

fn maintenance(port: u16) -> Url {
    format!("postgres://postgres@127.0.0.1:{port}/postgres")
        .parse()
        .expect("this is a URL")
}
