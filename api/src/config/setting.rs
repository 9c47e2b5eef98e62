//! The table of settings: name, type, default and manual in one place.

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use url::Url;

use super::LogFormat;

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $name:ident / $env:literal: $type:ty = $default:expr;)+) => {
        /// Settings as flags and environment variables give them.
        #[derive(Debug, Clone, Default, Serialize, clap::Args)]
        #[command(next_help_heading = "Settings")]
        pub struct Flags {
            /// Reads settings from this TOML file, whose keys are the flags' names with underscores
            #[arg(long, global = true, env = "TIDEMARK_CONFIG", value_name = "FILE")]
            #[serde(skip)]
            pub config: Option<PathBuf>,
            $(
                $(#[doc = $doc])+
                #[arg(long, global = true, env = $env, hide_env_values = true)]
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
    };
    (@held database_url $type:ty) => { Option<$type> };
    (@held country_file $type:ty) => { Option<$type> };
    (@held oidc_issuer $type:ty) => { Option<$type> };
    (@held oidc_client_secret_file $type:ty) => { Option<$type> };
    (@held public_url $type:ty) => { Option<$type> };
    (@held sealing_key_file $type:ty) => { Option<$type> };
    (@held $name:ident $type:ty) => { $type };
}

settings! {
    /// Address to serve on; port 0 takes any free one [default: 127.0.0.1:8080]
    listen / "TIDEMARK_LISTEN": SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080));
    /// Folder of the SQLite database [default: ./data]
    data / "TIDEMARK_DATA": PathBuf = PathBuf::from("data");
    /// Database, `sqlite://…` or `postgres://…` [default: SQLite in the data folder]
    database_url / "TIDEMARK_DATABASE_URL": String = None;
    /// Reading connections of SQLite, or all connections of PostgreSQL [default: 8]
    database_connections / "TIDEMARK_DATABASE_CONNECTIONS": u32 = 8;
    /// What to log, such as `debug` or `tidemark=debug,warn` [default: tidemark=info,warn]
    log / "TIDEMARK_LOG": String = "tidemark=info,warn".into();
    /// How log lines look [default: text]
    log_format / "TIDEMARK_LOG_FORMAT": LogFormat = LogFormat::Text;
    /// Threads that answer requests [default: 2]
    http_workers / "TIDEMARK_HTTP_WORKERS": usize = 2;
    /// Bytes of one request's body [default: 16777216]
    max_body_bytes / "TIDEMARK_MAX_BODY_BYTES": usize = 16 << 20;
    /// Open connections of each HTTP worker [default: 10000]
    max_connections / "TIDEMARK_MAX_CONNECTIONS": usize = 10_000;
    /// How long a client may take to send a request's head, such as `5s` [default: 5s]
    request_timeout / "TIDEMARK_REQUEST_TIMEOUT": SignedDuration = SignedDuration::from_secs(5);
    /// How long a shutdown waits for requests under way [default: 10s]
    shutdown_timeout / "TIDEMARK_SHUTDOWN_TIMEOUT": SignedDuration = SignedDuration::from_secs(10);
    /// Nested levels of fields in a GraphQL document [default: 15]
    graphql_depth / "TIDEMARK_GRAPHQL_DEPTH": usize = 15;
    /// Fields of a GraphQL document, fragments spread out [default: 2000]
    graphql_complexity / "TIDEMARK_GRAPHQL_COMPLEXITY": usize = 2_000;
    /// Aliases of a GraphQL document [default: 100]
    graphql_aliases / "TIDEMARK_GRAPHQL_ALIASES": usize = 100;
    /// Directives of a GraphQL document [default: 50]
    graphql_directives / "TIDEMARK_GRAPHQL_DIRECTIVES": usize = 50;
    /// Tokens of a GraphQL document [default: 10000]
    graphql_tokens / "TIDEMARK_GRAPHQL_TOKENS": usize = 10_000;
    /// Operations of one GraphQL request batch; 0 turns batches off [default: 0]
    graphql_batch_operations / "TIDEMARK_GRAPHQL_BATCH_OPERATIONS": usize = 0;
    /// Subscriptions of one WebSocket [default: 50]
    graphql_subscriptions / "TIDEMARK_GRAPHQL_SUBSCRIPTIONS": usize = 50;
    /// How long a WebSocket may take to introduce itself [default: 10s]
    graphql_init_timeout / "TIDEMARK_GRAPHQL_INIT_TIMEOUT": SignedDuration = SignedDuration::from_secs(10);
    /// Whether the GraphQL schema may be asked for [default: true]
    introspection / "TIDEMARK_INTROSPECTION": bool = true;
    /// Events of one request [default: 5000]
    max_events_per_request / "TIDEMARK_MAX_EVENTS_PER_REQUEST": usize = 5_000;
    /// Bytes of a tag's JSON [default: 1048576]
    max_tag_bytes / "TIDEMARK_MAX_TAG_BYTES": usize = 1 << 20;
    /// Nested levels of a tag [default: 64]
    max_tag_levels / "TIDEMARK_MAX_TAG_LEVELS": usize = 64;
    /// Keys of a tag, at all levels [default: 4096]
    max_tag_keys / "TIDEMARK_MAX_TAG_KEYS": usize = 4_096;
    /// Events that may wait to be appended [default: 20000]
    queue_events / "TIDEMARK_QUEUE_EVENTS": usize = 20_000;
    /// Events of one append transaction [default: 2000]
    batch_events / "TIDEMARK_BATCH_EVENTS": usize = 2_000;
    /// How long a caller waits for a place in a full queue before it is told OVERLOADED [default: 5s]
    queue_timeout / "TIDEMARK_QUEUE_TIMEOUT": SignedDuration = SignedDuration::from_secs(5);
    /// Hosts of share links, separated by commas, for the traffic source `click.st` [default: click.st]
    share_hosts / "TIDEMARK_SHARE_HOSTS": String = "click.st".into();
    /// A file in MaxMind's format from which countries are read [default: none]
    country_file / "TIDEMARK_COUNTRY_FILE": PathBuf = None;
    /// How long a question may take [default: 30s]
    question_deadline / "TIDEMARK_QUESTION_DEADLINE": SignedDuration = SignedDuration::from_secs(30);
    /// Rows of one answer [default: 1000]
    max_rows / "TIDEMARK_MAX_ROWS": usize = 1_000;
    /// Points of one series [default: 10000]
    max_points / "TIDEMARK_MAX_POINTS": usize = 10_000;
    /// How often to fold when nobody calls [default: 500ms]
    fold_interval / "TIDEMARK_FOLD_INTERVAL": SignedDuration = SignedDuration::from_millis(500);
    /// Events of one fold [default: 15000]
    fold_events / "TIDEMARK_FOLD_EVENTS": usize = 15_000;
    /// Cells of one view and hour, past which raw events answer for that hour [default: 10000]
    max_cells_per_hour / "TIDEMARK_MAX_CELLS_PER_HOUR": i64 = 10_000;
    /// How often deleted events are purged from disk; until then they can be restored [default: 24h]
    purge_interval / "TIDEMARK_PURGE_INTERVAL": SignedDuration = SignedDuration::from_hours(24);
    /// Deleted events of one site that may await the purge [default: 1000000]
    max_pending_deletions / "TIDEMARK_MAX_PENDING_DELETIONS": i64 = 1_000_000;
    /// Events that a deletion hides in one transaction; more are worked off in slices of it [default: 1000]
    deletion_slice_events / "TIDEMARK_DELETION_SLICE_EVENTS": usize = 1_000;
    /// How often retention is applied [default: 1h]
    retention_interval / "TIDEMARK_RETENTION_INTERVAL": SignedDuration = SignedDuration::from_hours(1);
    /// Where people reach this server, such as https://stats.example.com [default: the address it listens on]
    public_url / "TIDEMARK_PUBLIC_URL": Url = None;
    /// How long an access token of somebody who signed in holds [default: 15m]
    access_token_life / "TIDEMARK_ACCESS_TOKEN_LIFE": SignedDuration = SignedDuration::from_mins(15);
    /// A session that is not refreshed for so long ends [default: 336h, two weeks]
    session_idle / "TIDEMARK_SESSION_IDLE": SignedDuration = SignedDuration::from_hours(14 * 24);
    /// Attempts to sign in to one account at once; then one every half minute, and from one address five times as many [default: 10]
    sign_in_attempts / "TIDEMARK_SIGN_IN_ATTEMPTS": NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
    /// An identity provider to sign in by (OpenID Connect), such as https://login.example.com [default: none]
    oidc_issuer / "TIDEMARK_OIDC_ISSUER": Url = None;
    /// The name by which the identity provider knows this server
    oidc_client_id / "TIDEMARK_OIDC_CLIENT_ID": String = String::new();
    /// A file that holds the secret shared with the identity provider [default: none, a public client]
    oidc_client_secret_file / "TIDEMARK_OIDC_CLIENT_SECRET_FILE": PathBuf = None;
    /// The claim that names somebody's groups, by a dotted path such as realm_access.roles [default: roles]
    oidc_roles_claim / "TIDEMARK_OIDC_ROLES_CLAIM": String = "roles".into();
    /// The roles that groups give, such as `admins=ADMIN,shop team=VIEWER@shop` [default: roles are given here, and only people who have an account come in]
    oidc_roles / "TIDEMARK_OIDC_ROLES": String = String::new();
    /// A file whose content further seals what the database keeps secret; every instance needs the same [default: none]
    sealing_key_file / "TIDEMARK_SEALING_KEY_FILE": PathBuf = None;
}
