//! The table of settings: name, type, default, bounds and manual in one place.
//!
//! A bound keeps out what cannot work or is surely a slip, not what is merely unusual.

use std::{net::SocketAddr, path::PathBuf};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    LogFormat,
    value::{Bounds, Names, Value, manual},
};

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $name:ident / $env:literal: $type:ty = $default:expr $(, $bounds:expr)?;)+) => {
        /// Settings as flags and environment variables give them.
        #[derive(Debug, Clone, Default, Serialize, clap::Args)]
        #[command(next_help_heading = "Settings")]
        pub struct Flags {
            /// Read settings from this TOML file, whose keys are the flags' names with underscores
            #[arg(long, global = true, env = "TIDEMARK_CONFIG", hide_env_values = true, value_name = "FILE")]
            #[serde(skip)]
            pub config: Option<PathBuf>,
            $(
                $(#[doc = $doc])+
                #[arg(
                    long,
                    global = true,
                    env = $env,
                    hide_env_values = true,
                    allow_negative_numbers = true,
                    help = manual::<$type, _>(concat!($($doc,)+), &Config::default().$name, &settings!(@bounds $($bounds)?)),
                    hide_short_help = !OFTEN.contains(&stringify!($name)),
                    value_name = place::<$type>(stringify!($name)),
                    value_parser = <$type as Value>::parser(
                        Names { key: stringify!($name), variable: $env },
                        settings!(@bounds $($bounds)?),
                    ),
                )]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $name: Option<$type>,
            )+
        }

        /// Settings as they hold.
        #[derive(Debug, Clone, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Config {
            $($(#[doc = $doc])+ pub $name: settings!(@held $name $type),)+
        }

        impl Default for Config {
            fn default() -> Self {
                Self { $($name: $default,)+ }
            }
        }

        impl Config {
            /// The first setting that does not lie between its bounds, and what to write instead.
            pub(super) fn out_of_bounds(&self) -> Option<(Names, String)> {
                $($(
                    let bounds: Bounds<$type> = Some($bounds);
                    if !self.$name.fits(&bounds) {
                        let names = Names { key: stringify!($name), variable: $env };
                        return Some((names, <$type as Value>::wanted(&bounds)));
                    }
                )?)+
                None
            }
        }

        /// The environment variables that are read.
        pub(super) const VARIABLES: &[&str] = &["TIDEMARK_CONFIG", $($env),+];

        /// The names of the setting with this key, and what to write for it.
        pub(super) fn known(key: &str) -> Option<(Names, String)> {
            match key {
                $(stringify!($name) => Some((
                    Names { key: stringify!($name), variable: $env },
                    <$type as Value>::wanted(&settings!(@bounds $($bounds)?)),
                )),)+
                _ => None,
            }
        }
    };
    (@bounds) => { None };
    (@bounds $bounds:expr) => { Some($bounds) };
    (@held database_url $type:ty) => { Option<$type> };
    (@held country_file $type:ty) => { Option<$type> };
    (@held oidc_issuer $type:ty) => { Option<$type> };
    (@held oidc_client_secret_file $type:ty) => { Option<$type> };
    (@held external_tokens_file $type:ty) => { Option<$type> };
    (@held public_url $type:ty) => { Option<$type> };
    (@held sealing_key_file $type:ty) => { Option<$type> };
    (@held $name:ident $type:ty) => { $type };
}

/// What the short help shows, `-h`.
const OFTEN: [&str; 4] = ["listen", "data", "database_url", "log"];

/// What stands for a setting's value in the manual.
fn place<T: Value>(key: &str) -> &'static str {
    match key {
        "data" => "FOLDER",
        "database_url" => "URL",
        "log" => "FILTER",
        "share_hosts" => "HOSTS",
        "country_file" => "FILE",
        _ => T::PLACE,
    }
}

/// Durations, for the table.
const fn ms(milliseconds: i64) -> SignedDuration {
    SignedDuration::from_millis(milliseconds)
}

/// This machine, and networks that are not the internet.
const PRIVATE: &str =
    "127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,fc00::/7,fe80::/10,100.64.0.0/10";

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

settings! {
    /// Address to serve on; port 0 takes any free one
    listen / "TIDEMARK_LISTEN": SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080));
    /// Folder of the SQLite database, made where it is missing
    data / "TIDEMARK_DATA": PathBuf = PathBuf::from("data");
    /// Database, `sqlite://…` or `postgres://…` [default: SQLite in the data folder]
    database_url / "TIDEMARK_DATABASE_URL": String = None;
    /// Reading connections of SQLite, or all connections of PostgreSQL
    database_connections / "TIDEMARK_DATABASE_CONNECTIONS": u32 = 8, 4..=100;
    /// What to log, such as `debug` or `tidemark=debug,warn`
    log / "TIDEMARK_LOG": String = "tidemark=info,warn".into();
    /// How log lines look
    log_format / "TIDEMARK_LOG_FORMAT": LogFormat = LogFormat::Text;
    /// Threads that answer requests
    http_workers / "TIDEMARK_HTTP_WORKERS": usize = 2, 1..=256;
    /// Bytes of one request's body
    max_body_bytes / "TIDEMARK_MAX_BODY_BYTES": usize = 16 << 20, 1_000..=1 << 30;
    /// Open connections
    max_connections / "TIDEMARK_MAX_CONNECTIONS": usize = 10_000, 10..=1_000_000;
    /// Open connections of one address (64 bits of IPv6) that is no trusted proxy
    max_connections_per_address / "TIDEMARK_MAX_CONNECTIONS_PER_ADDRESS": usize = 1_000, 5..=1_000_000;
    /// How long an open connection waits for the next request
    keep_alive / "TIDEMARK_KEEP_ALIVE": SignedDuration = ms(15 * SECOND), ms(SECOND)..=ms(10 * MINUTE);
    /// How long a client may take to send a request's head
    request_timeout / "TIDEMARK_REQUEST_TIMEOUT": SignedDuration = ms(5 * SECOND), ms(SECOND)..=ms(10 * MINUTE);
    /// How long a client may take to send a request's body
    body_timeout / "TIDEMARK_BODY_TIMEOUT": SignedDuration = ms(30 * SECOND), ms(SECOND)..=ms(HOUR);
    /// How long a request may take until it is answered, its body included; streams may go on
    request_deadline / "TIDEMARK_REQUEST_DEADLINE": SignedDuration = ms(2 * MINUTE), ms(SECOND)..=ms(HOUR);
    /// How long a client may leave unread what it is answered; one that reads on, however slowly, keeps its connection
    answer_timeout / "TIDEMARK_ANSWER_TIMEOUT": SignedDuration = ms(30 * SECOND), ms(SECOND)..=ms(HOUR);
    /// Proxies that are believed when they say by X-Forwarded-For or Forwarded whom they were asked by, and in X-Request-Id how a request is called: addresses and blocks, separated by commas, such as 10.0.0.0/8,::1 [default: none]
    trusted_proxies / "TIDEMARK_TRUSTED_PROXIES": String = String::new();
    /// Who may read /metrics and how far /readyz says the mark lags, which tell of all sites together: addresses and blocks, separated by commas; `0.0.0.0/0,::/0` is anybody
    metrics_from / "TIDEMARK_METRICS_FROM": String = PRIVATE.into();
    /// How long a shutdown waits for requests under way, in whole seconds
    shutdown_timeout / "TIDEMARK_SHUTDOWN_TIMEOUT": SignedDuration = ms(10 * SECOND), ms(SECOND)..=ms(HOUR);
    /// Nested levels of fields in a GraphQL document
    graphql_depth / "TIDEMARK_GRAPHQL_DEPTH": usize = 15, 5..=32;
    /// Fields of a GraphQL document, fragments spread out
    graphql_complexity / "TIDEMARK_GRAPHQL_COMPLEXITY": usize = 2_000, 50..=1_000_000;
    /// Aliases of a GraphQL document
    graphql_aliases / "TIDEMARK_GRAPHQL_ALIASES": usize = 100, 0..=100_000;
    /// Directives of a GraphQL document
    graphql_directives / "TIDEMARK_GRAPHQL_DIRECTIVES": usize = 50, 0..=100_000;
    /// Tokens of a GraphQL document
    graphql_tokens / "TIDEMARK_GRAPHQL_TOKENS": usize = 10_000, 100..=10_000_000;
    /// Operations of one GraphQL request batch; 0 and 1 turn batches off
    graphql_batch_operations / "TIDEMARK_GRAPHQL_BATCH_OPERATIONS": usize = 0, 0..=1_000;
    /// Subscriptions of one WebSocket
    graphql_subscriptions / "TIDEMARK_GRAPHQL_SUBSCRIPTIONS": usize = 50, 1..=10_000;
    /// How long a WebSocket may take to introduce itself, in whole seconds
    graphql_init_timeout / "TIDEMARK_GRAPHQL_INIT_TIMEOUT": SignedDuration =
        ms(10 * SECOND), ms(SECOND)..=ms(10 * MINUTE);
    /// Whether the GraphQL schema may be asked for
    introspection / "TIDEMARK_INTROSPECTION": bool = true;
    /// Events of one request
    max_events_per_request / "TIDEMARK_MAX_EVENTS_PER_REQUEST": usize = 5_000, 1..=100_000;
    /// Bytes of a tag's JSON
    max_tag_bytes / "TIDEMARK_MAX_TAG_BYTES": usize = 1 << 20, 2..=4 << 20;
    /// Nested levels of a tag
    max_tag_levels / "TIDEMARK_MAX_TAG_LEVELS": usize = 64, 1..=100;
    /// Keys of a tag, at all levels
    max_tag_keys / "TIDEMARK_MAX_TAG_KEYS": usize = 4_096, 1..=100_000;
    /// Events that may wait to be appended; at least as many as one request may hold
    queue_events / "TIDEMARK_QUEUE_EVENTS": usize = 20_000, 1..=1_000_000;
    /// Events of one append transaction
    batch_events / "TIDEMARK_BATCH_EVENTS": usize = 2_000, 1..=20_000;
    /// How long a caller waits for a place in a full queue before it is told OVERLOADED
    queue_timeout / "TIDEMARK_QUEUE_TIMEOUT": SignedDuration = ms(5 * SECOND), ms(0)..=ms(10 * MINUTE);
    /// Hosts of share links, separated by commas, for the traffic source `click.st`
    share_hosts / "TIDEMARK_SHARE_HOSTS": String = "click.st".into();
    /// A file in MaxMind's format from which countries are read [default: none]
    country_file / "TIDEMARK_COUNTRY_FILE": PathBuf = None;
    /// How long a question may take
    question_deadline / "TIDEMARK_QUESTION_DEADLINE": SignedDuration = ms(30 * SECOND), ms(SECOND)..=ms(HOUR);
    /// Rows of one answer
    max_rows / "TIDEMARK_MAX_ROWS": usize = 1_000, 1..=1_000_000;
    /// Points of one series
    max_points / "TIDEMARK_MAX_POINTS": usize = 10_000, 1..=1_000_000;
    /// Events that one query in KQL may read one by one
    kql_events / "TIDEMARK_KQL_EVENTS": usize = 100_000, 1..=10_000_000;
    /// Written profiles of visitors of one site
    max_profiles / "TIDEMARK_MAX_PROFILES": i64 = 100_000, 1..=10_000_000;
    /// How often to fold when nobody calls
    fold_interval / "TIDEMARK_FOLD_INTERVAL": SignedDuration = ms(500), ms(1)..=ms(HOUR);
    /// Events of one read while folding; one fold takes up to twelve reads
    fold_events / "TIDEMARK_FOLD_EVENTS": usize = 4_000, 1..=200_000;
    /// Cells of one view and hour, past which raw events answer for that hour
    max_cells_per_hour / "TIDEMARK_MAX_CELLS_PER_HOUR": i64 = 10_000, 1..=10_000_000;
    /// How often deleted events are purged from disk; until then they can be restored
    purge_interval / "TIDEMARK_PURGE_INTERVAL": SignedDuration = ms(DAY), ms(1)..=ms(365 * DAY);
    /// Deleted events of one site that may await the purge
    max_pending_deletions / "TIDEMARK_MAX_PENDING_DELETIONS": i64 = 1_000_000, 1..=1_000_000_000;
    /// Events that a deletion hides in one transaction; more are worked off in slices of it
    deletion_slice_events / "TIDEMARK_DELETION_SLICE_EVENTS": usize = 1_000, 1..=100_000;
    /// How often retention is applied
    retention_interval / "TIDEMARK_RETENTION_INTERVAL": SignedDuration = ms(HOUR), ms(1)..=ms(31 * DAY);
    /// Where people reach this server, such as https://stats.example.com [default: the address it listens on]
    public_url / "TIDEMARK_PUBLIC_URL": Url = None;
    /// How long an access token of somebody who signed in holds
    access_token_life / "TIDEMARK_ACCESS_TOKEN_LIFE": SignedDuration = ms(15 * 60 * SECOND), ms(SECOND)..=ms(HOUR);
    /// A session that is not refreshed for so long ends
    session_idle / "TIDEMARK_SESSION_IDLE": SignedDuration = ms(14 * DAY), ms(SECOND)..=ms(90 * DAY);
    /// Attempts to sign in to one account from one address at once, then one every half minute; from one address to all accounts five times as many, and to one account from all addresses ten times
    sign_in_attempts / "TIDEMARK_SIGN_IN_ATTEMPTS": u32 = 10, 1..=1_000_000;
    /// Events that an account, or a key without a rate of its own, may log a second
    rate_log_events / "TIDEMARK_RATE_LOG_EVENTS": u32 = 100_000, 5..=100_000_000;
    /// Events that one address (64 bits of IPv6) may log a minute by one public key, or by the client tokens of one key; a server behind a proxy tells addresses apart by --trusted-proxies
    rate_visitor_events / "TIDEMARK_RATE_VISITOR_EVENTS": u32 = 6_000, 10..=1_000_000_000;
    /// Units of questions that a key or an account may ask a minute: 1 for 50 fields and 1 for each question to a view or scope; what reads raw events costs 10 for each day begun, at most 5,000
    rate_query_units / "TIDEMARK_RATE_QUERY_UNITS": u32 = 600_000, 100..=1_000_000_000;
    /// Units of deletions that a key or an account may ask for a minute: 1 for each id, 100 for a filter or an actor
    rate_delete_units / "TIDEMARK_RATE_DELETE_UNITS": u32 = 60_000, 100..=1_000_000_000;
    /// Other changes that a key or an account may make a minute
    rate_manage_changes / "TIDEMARK_RATE_MANAGE_CHANGES": u32 = 6_000, 10..=1_000_000_000;
    /// Units of each that one address (64 bits of IPv6) without a valid key or token has a minute
    rate_anonymous_units / "TIDEMARK_RATE_ANONYMOUS_UNITS": u32 = 6_000, 10..=1_000_000_000;
    /// An identity provider to sign in by (OpenID Connect), such as https://login.example.com [default: none]
    oidc_issuer / "TIDEMARK_OIDC_ISSUER": Url = None;
    /// The name by which the identity provider knows this server
    oidc_client_id / "TIDEMARK_OIDC_CLIENT_ID": String = String::new();
    /// A file that holds the secret shared with the identity provider [default: none, a public client]
    oidc_client_secret_file / "TIDEMARK_OIDC_CLIENT_SECRET_FILE": PathBuf = None;
    /// The claim that names somebody's groups, by a dotted path such as realm_access.roles
    oidc_roles_claim / "TIDEMARK_OIDC_ROLES_CLAIM": String = "roles".into();
    /// The roles that groups give, such as `admins=ADMIN,shop team=VIEWER@shop`; without it roles are given here, and only people who have an account come in
    oidc_roles / "TIDEMARK_OIDC_ROLES": String = String::new();
    /// Networks that are asked what they say about tracked pages, separated by commas: hackernews, reddit, mastodon, bluesky, pinterest, facebook; elsewhere than usual as `mastodon=https://social.example.com` [default: none]
    external_networks / "TIDEMARK_EXTERNAL_NETWORKS": String = String::new();
    /// A file with a token for some of these networks, a line such as `facebook=…` each [default: none]
    external_tokens_file / "TIDEMARK_EXTERNAL_TOKENS_FILE": PathBuf = None;
    /// How often each network is asked about each tracked page
    external_interval / "TIDEMARK_EXTERNAL_INTERVAL": SignedDuration = ms(6 * HOUR), ms(SECOND)..=ms(31 * DAY);
    /// How long each network is left alone between two questions, by all servers of a database together
    external_pause / "TIDEMARK_EXTERNAL_PAUSE": SignedDuration = ms(2 * SECOND), ms(1)..=ms(HOUR);
    /// How long a network may take to answer
    external_timeout / "TIDEMARK_EXTERNAL_TIMEOUT": SignedDuration = ms(10 * SECOND), ms(1)..=ms(10 * MINUTE);
    /// How long a network is left alone after a failure; twice as long after each further one, up to a day, and at least as long as it says
    external_back_off / "TIDEMARK_EXTERNAL_BACK_OFF": SignedDuration = ms(MINUTE), ms(1)..=ms(DAY);
    /// A file whose content further seals what the database keeps secret; every instance needs the same [default: none]
    sealing_key_file / "TIDEMARK_SEALING_KEY_FILE": PathBuf = None;
}
