//! Settings: each with one name as a flag, an environment variable and a key of the config file, read once at start.
//!
//! A flag beats the environment, that beats the file, that beats the default. Nobody else reads the environment.

mod account;
mod environment;
mod external;
mod oidc;
mod rate;
mod setting;
mod value;

use std::{
    ffi::OsString,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

pub use account::Account;
pub use external::External;
use figment::{
    Figment,
    error::Kind,
    providers::{Format, Serialized, Toml},
};
use ipnet::IpNet;
pub use oidc::Oidc;
pub use rate::Rate;
pub use setting::{Config, Flags};
use url::Url;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Where and how to serve HTTP.
#[derive(Debug, Clone)]
pub struct Http {
    /// The address to listen on; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Threads that answer requests.
    pub workers: usize,
    /// Bytes of one request's body.
    pub max_body_bytes: usize,
    /// Open connections.
    pub max_connections: usize,
    /// Open connections of one address.
    pub max_connections_per_address: usize,
    /// How long an open connection waits for the next request.
    pub keep_alive: Duration,
    /// How long a client may take to send its request's body.
    pub body_timeout: Duration,
    /// How long a request may take until it is answered.
    pub request_deadline: Duration,
    /// How long a client may leave unread what it is answered.
    pub answer_timeout: Duration,
    /// Proxies that are believed when they say whom they were asked by.
    pub trusted_proxies: Vec<IpNet>,
    /// Who may read what is counted over all sites.
    pub metrics_from: Vec<IpNet>,
    /// Whether browsers reach this server by HTTPS.
    pub https: bool,
    /// Where browsers reach this server, where that is set.
    pub public_url: Option<Url>,
    /// How long a client may take to send its request's head.
    pub request_timeout: Duration,
    /// How long a shutdown waits for requests under way.
    pub shutdown_timeout: Duration,
}

/// Limits on GraphQL documents and connections.
#[derive(Debug, Clone)]
pub struct Graphql {
    /// Nested levels of fields.
    pub depth: usize,
    /// Fields, fragments spread out.
    pub complexity: usize,
    /// Aliased fields.
    pub aliases: usize,
    /// Directives.
    pub directives: usize,
    /// Tokens.
    pub tokens: usize,
    /// Operations of one batch; 0 or 1 turns batches off.
    pub batch_operations: usize,
    /// Whether the schema may be asked for.
    pub introspection: bool,
    /// Bytes of one WebSocket message.
    pub message_bytes: usize,
    /// Subscriptions of one WebSocket.
    pub subscriptions: usize,
    /// How long a WebSocket may take to introduce itself.
    pub init_timeout: Duration,
}

/// Limits on what is logged.
#[derive(Debug, Clone)]
pub struct Ingest {
    /// Events of one request.
    pub max_events_per_request: usize,
    /// Bytes of a tag's JSON.
    pub tag_bytes: usize,
    /// Levels of a tag.
    pub tag_levels: usize,
    /// Keys of a tag, at all levels.
    pub tag_keys: usize,
    /// Events that may wait to be appended.
    pub queue_events: usize,
    /// Events of one append transaction.
    pub batch_events: usize,
    /// How long a caller waits for a place in the queue.
    pub queue_timeout: Duration,
    /// Hosts of share links, for the traffic source `click.st`.
    pub share_hosts: Vec<String>,
    /// A file in MaxMind's format that knows countries.
    pub country_file: Option<PathBuf>,
}

/// Limits on questions.
#[derive(Debug, Clone)]
pub struct Question {
    /// How long one may take.
    pub deadline: Duration,
    /// Rows of one answer.
    pub max_rows: usize,
    /// Points of one series.
    pub max_points: usize,
    /// Events that one query in KQL may read.
    pub kql_events: usize,
    /// Written profiles of one site, as an answer may look through all of them.
    pub max_profiles: i64,
}

/// What runs in the background.
#[derive(Debug, Clone)]
pub struct Worker {
    /// How often to fold when nobody calls.
    pub fold_interval: Duration,
    /// Events of one read while folding.
    pub fold_events: usize,
    /// Cells of one view and hour, past which raw events answer.
    pub max_cells_per_hour: i64,
    /// How often hidden events are purged.
    pub purge_interval: Duration,
    /// Hidden events of one site that may await the purge.
    pub max_pending_deletions: i64,
    /// Events that a deletion hides in one transaction; more are worked off behind a tombstone.
    pub deletion_slice_events: usize,
    /// How often retention is applied.
    pub retention_interval: Duration,
}

impl Config {
    /// Reads flags (which have taken in the environment), then the file they name, then defaults.
    ///
    /// # Errors
    /// A sentence that names the setting and where its value came from.
    pub fn read(flags: &Flags) -> Result<Self, String> {
        let text = |text: OsString| text.to_string_lossy().into_owned();
        environment::check(std::env::vars_os().map(|(name, value)| (text(name), text(value))))?;
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = &flags.config {
            if !file.is_file() {
                return Err(format!("--config: there is no file {}", file.display()));
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        let figment = figment.merge(Serialized::defaults(flags));
        let config: Self = figment.extract().map_err(|error| describe(&error))?;
        // Flags and variables were judged when they were read; what is left came from the file.
        if let Some((names, wanted)) = config.out_of_bounds() {
            let metadata = figment.find_metadata(names.key);
            return Err(names.complain_of_file(&source(metadata), &wanted));
        }
        config.check()?;
        Ok(config)
    }

    /// What settings must be to one another, and what their texts must hold.
    fn check(&self) -> Result<(), String> {
        self.check_account()?;
        self.check_oidc()?;
        let lists = [
            ("trusted-proxies", &self.trusted_proxies),
            ("metrics-from", &self.metrics_from),
        ];
        for (name, list) in lists {
            if let Some(wrong) = parts(list).find(|text| block(text).is_none()) {
                return Err(format!(
                    "--{name}: “{wrong}” is no address and no block; write such as 10.0.0.0/8,192.0.2.7,::1"
                ));
            }
        }
        if self.queue_events < self.max_events_per_request {
            return Err(format!(
                "--queue-events is {}, and --max-events-per-request {}: a full request could never be queued; \
                 raise the first or lower the second",
                self.queue_events, self.max_events_per_request
            ));
        }
        let host = |host: &str| {
            host.bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
        };
        if let Some(wrong) = self.hosts().find(|name| !host(name)) {
            return Err(format!(
                "--share-hosts: “{wrong}” is no host; write hosts such as click.st,go.example.com, without a scheme or a path"
            ));
        }
        Ok(())
    }

    fn hosts(&self) -> impl Iterator<Item = &str> {
        parts(&self.share_hosts)
    }

    /// The database's URL: the one given, or SQLite in the data folder.
    #[must_use]
    pub fn database_url(&self) -> String {
        self.database_url
            .clone()
            .unwrap_or_else(|| format!("sqlite://{}", self.data.join("tidemark.db").display()))
    }

    /// Whether a command without any settings would find the same database.
    #[must_use]
    pub fn finds_default_database(&self) -> bool {
        self.database_url() == Self::default().database_url()
    }

    /// Where people reach the server: by the setting, or else at the address it listens on.
    #[must_use]
    pub fn public_url(&self, listening: SocketAddr) -> String {
        self.public_url
            .as_ref()
            .map_or_else(|| format!("http://{listening}/"), Url::to_string)
    }

    /// Settings of the HTTP server.
    #[must_use]
    pub fn http(&self) -> Http {
        Http {
            listen: self.listen,
            workers: self.http_workers,
            max_body_bytes: self.max_body_bytes,
            max_connections: self.max_connections,
            max_connections_per_address: self.max_connections_per_address,
            keep_alive: self.keep_alive.unsigned_abs(),
            body_timeout: self.body_timeout.unsigned_abs(),
            request_deadline: self.request_deadline.unsigned_abs(),
            answer_timeout: self.answer_timeout.unsigned_abs(),
            // Those that do not parse were refused at start.
            trusted_proxies: parts(&self.trusted_proxies).filter_map(block).collect(),
            metrics_from: parts(&self.metrics_from).filter_map(block).collect(),
            https: self.account().is_https(),
            public_url: self.public_url.clone(),
            request_timeout: self.request_timeout.unsigned_abs(),
            shutdown_timeout: self.shutdown_timeout.unsigned_abs(),
        }
    }

    /// Settings of GraphQL.
    #[must_use]
    pub fn graphql(&self) -> Graphql {
        Graphql {
            depth: self.graphql_depth,
            complexity: self.graphql_complexity,
            aliases: self.graphql_aliases,
            directives: self.graphql_directives,
            tokens: self.graphql_tokens,
            batch_operations: self.graphql_batch_operations,
            introspection: self.introspection,
            message_bytes: self.max_body_bytes,
            subscriptions: self.graphql_subscriptions,
            init_timeout: self.graphql_init_timeout.unsigned_abs(),
        }
    }

    /// Settings of ingest.
    #[must_use]
    pub fn ingest(&self) -> Ingest {
        Ingest {
            max_events_per_request: self.max_events_per_request,
            tag_bytes: self.max_tag_bytes,
            tag_levels: self.max_tag_levels,
            tag_keys: self.max_tag_keys,
            queue_events: self.queue_events,
            batch_events: self.batch_events,
            queue_timeout: self.queue_timeout.unsigned_abs(),
            share_hosts: self.hosts().map(str::to_ascii_lowercase).collect(),
            country_file: self.country_file.clone(),
        }
    }

    /// Settings of questions.
    #[must_use]
    pub fn question(&self) -> Question {
        Question {
            deadline: self.question_deadline.unsigned_abs(),
            max_rows: self.max_rows,
            max_points: self.max_points,
            kql_events: self.kql_events,
            max_profiles: self.max_profiles,
        }
    }

    /// Settings of background work.
    #[must_use]
    pub fn worker(&self) -> Worker {
        Worker {
            fold_interval: self.fold_interval.unsigned_abs(),
            fold_events: self.fold_events,
            max_cells_per_hour: self.max_cells_per_hour,
            purge_interval: self.purge_interval.unsigned_abs(),
            max_pending_deletions: self.max_pending_deletions,
            deletion_slice_events: self.deletion_slice_events,
            retention_interval: self.retention_interval.unsigned_abs(),
        }
    }

    /// What to log, and whether as JSON.
    #[must_use]
    pub fn log(&self) -> (&str, bool) {
        (&self.log, self.log_format == LogFormat::Json)
    }
}

/// What a list holds between its commas.
fn parts(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|part| !part.is_empty())
}

/// A block of addresses, or one of them.
fn block(text: &str) -> Option<IpNet> {
    let alone = || text.parse::<IpAddr>().ok().map(IpNet::from);
    text.parse().ok().or_else(alone)
}

/// What is wrong with which setting, without figment's inner words.
fn describe(error: &figment::Error) -> String {
    let file = source(error.metadata.as_ref());
    if let Kind::UnknownField(name, _) = &error.kind {
        return format!(
            "{name} in {file}: there is no such setting; `tidemark --help` lists them, their keys with `_` for `-`"
        );
    }
    match error.path.first().and_then(|key| setting::known(key)) {
        Some((names, wanted)) => names.complain_of_file(&file, &wanted),
        None => format!("{file} cannot be read as TOML: {}", error.kind),
    }
}

/// Where a value came from.
fn source(metadata: Option<&figment::Metadata>) -> String {
    let source = metadata.and_then(|metadata| metadata.source.as_ref());
    source.map_or_else(|| "the settings".to_owned(), ToString::to_string)
}
