//! Use-cases: each checks its caller, opens its transaction and calls stores. Every rule of Tidemark that needs more
//! than values to judge is stated here once, whichever transport or worker asks.

pub mod account;
pub mod audit;
mod authentication;
pub mod client;
pub mod client_token;
pub mod deletion;
pub mod event;
mod event_scope;
pub mod external;
pub mod feed;
pub mod first;
pub mod fold;
pub mod ingest;
pub mod key;
pub mod kql;
pub mod ledger;
pub mod link;
pub mod listing;
pub mod oidc;
pub mod orphan;
mod outbound;
mod owners;
pub mod password;
pub mod profile;
pub mod purge;
pub mod quarantine;
pub mod rate;
pub mod registry;
pub mod retention;
pub mod rollup_usage;
pub mod rule;
mod seal;
pub mod segment;
pub mod session;
pub mod sign_in;
pub mod signature;
pub mod signing;
pub mod site;
pub mod snapshot;
pub mod status;
pub mod tag;
mod timing;
pub mod totp;
pub mod unique;
pub mod usage;
pub mod view;
mod visit;
pub mod visitor;

use std::sync::Arc;

use crate::{
    config,
    domain::{error::Result, hash::KeyedHash, seal::Seal},
    store::{Database, Priority, configuration, mark},
    telemetry::Metrics,
};
use registry::Registry;

/// What every use-case works with.
#[derive(Clone)]
pub struct Services(Arc<Inner>);

/// The settings that use-cases obey.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Accounts, sessions and what is sealed.
    pub account: config::Account,
    /// Signing in by an identity provider.
    pub oidc: config::Oidc,
    /// Limits on what is logged.
    pub ingest: config::Ingest,
    /// Limits on questions.
    pub question: config::Question,
    /// How much each caller may use up.
    pub rate: config::Rate,
    /// What runs in the background.
    pub worker: config::Worker,
    /// Whom to ask what is said about pages.
    pub external: config::External,
}

/// The parts behind [`Services`].
pub struct Inner {
    /// The database.
    pub database: Database,
    /// Sites, keys, views, scopes and rollups, as last read.
    pub registry: Registry,
    /// Hashes under this installation's secret.
    pub hasher: KeyedHash,
    /// Seals what the database keeps and the server must read again.
    pub seal: Seal,
    /// Accounts, sessions and what is sealed.
    pub account: config::Account,
    /// Hashes passwords.
    pub passwords: password::Passwords,
    /// The identity provider, where there is one.
    pub oidc: Option<oidc::Oidc>,
    /// Those who are asked what is said about pages.
    pub(in crate::service) external: external::External,
    /// The way in.
    pub ingest: ingest::Ingest,
    /// How often names of tags are used, since it was last written down.
    pub tag_uses: tag::Uses,
    /// When each key was last used.
    pub uses: authentication::Uses,
    /// What views and scopes were asked, since it was last written down.
    pub questions: rollup_usage::Questions,
    /// What each caller has left.
    pub rates: rate::Rates,
    /// What dividing rates among servers remembers.
    pub(in crate::service) rounds: tokio::sync::Mutex<rate::share::Rounds>,
    /// Those who watch events arrive.
    pub feed: feed::Feed,
    /// The visits that go on.
    pub(in crate::service) visits: visit::Visits,
    /// Clients of whom everything is said.
    pub(in crate::service) clients: client::Clients,
    /// Those who wait to hear whose other names ids are.
    pub(in crate::service) look_ups: owners::LookUps,
    /// What folding remembers between rounds.
    pub fold_memory: fold::Memory,
    /// Wakes the fold.
    pub fold_nudge: tokio::sync::Notify,
    /// What the last probe found, and when.
    probed: tokio::sync::Mutex<Option<(std::time::Instant, status::Status)>>,
    /// Everything that is counted.
    pub metrics: Metrics,
    /// Limits on questions.
    pub question: config::Question,
    /// What runs in the background.
    pub worker: config::Worker,
}

impl std::ops::Deref for Services {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Services {
    /// Builds the use-cases over a migrated database.
    ///
    /// # Errors
    /// Whatever the database says, or a country file that cannot be read.
    pub async fn start(database: Database, settings: Settings, metrics: Metrics) -> Result<Self> {
        let tx = database.write(Priority::Configuration).await?;
        let installation = configuration::ensure(&tx, &random()?).await?;
        let hasher = KeyedHash::new(&installation.secret);
        let seal = seal::make(&installation.secret, settings.account.sealing_key_file.as_deref())?;
        let signs_anew = signing::ensure(&tx, &seal).await?;
        view::ensure_built_in(&tx).await?;
        if mark::rebase(&tx).await? {
            tracing::warn!("this database was moved to another cluster; arrivals were carried over");
        }
        if signs_anew {
            // Whoever runs beside this process knows no key that signs.
            configuration::raise(&tx).await?;
        }
        let registry = Registry::load(&tx).await?;
        tx.commit().await?;
        let ingest = ingest::Ingest::new(settings.ingest, hasher.clone())?;
        Ok(Self(Arc::new(Inner {
            database,
            registry,
            hasher,
            seal,
            oidc: oidc::Oidc::new(&settings.oidc)?,
            external: external::External::new(&settings.external)?,
            passwords: password::Passwords::new()?,
            account: settings.account,
            ingest,
            tag_uses: tag::Uses::default(),
            uses: authentication::Uses::default(),
            questions: rollup_usage::Questions::default(),
            rates: rate::Rates::new(settings.rate),
            rounds: tokio::sync::Mutex::default(),
            feed: feed::Feed::default(),
            clients: client::Clients::default(),
            look_ups: owners::LookUps::default(),
            visits: visit::Visits::default(),
            fold_memory: fold::Memory::default(),
            fold_nudge: tokio::sync::Notify::new(),
            probed: tokio::sync::Mutex::default(),
            metrics,
            question: settings.question,
            worker: settings.worker,
        })))
    }
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Services(…)")
    }
}

/// Bytes that nobody can guess.
///
/// # Errors
/// `INTERNAL` where the operating system has none to give.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(crate::domain::error::Error::internal)?;
    Ok(bytes)
}
