//! The whole product, ready to be used: a database, a server, a site, and a key that may do everything.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    binary::{self, Finished},
    client::Client,
    database::{Database, Engine},
    server::Server,
};

/// Every permission that a key can have.
pub const EVERYTHING: &str = "log,query,delete,manage,impersonate";

/// The site's name, where a test does not choose one.
const SITE: &str = "shop";

/// A running Tidemark with one site.
#[derive(Debug)]
pub struct Tidemark {
    // In this order: the server goes before its database.
    server: Server,
    database: Database,
    site: String,
    client: Client,
}

impl Tidemark {
    /// One with the defaults of the product.
    pub async fn start(engine: Engine) -> Self {
        Self::builder(engine).start().await
    }

    /// One that differs from the defaults.
    pub fn builder(engine: Engine) -> Builder {
        Builder {
            engine,
            site: SITE.to_owned(),
            allow: EVERYTHING.to_owned(),
            site_flags: Vec::new(),
            key_flags: Vec::new(),
            server_flags: Vec::new(),
        }
    }

    /// The name of the site.
    #[must_use]
    pub fn site(&self) -> &str {
        &self.site
    }

    /// The caller with the site's first key.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The server.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The server, to be killed or restarted.
    pub fn server_mut(&mut self) -> &mut Server {
        &mut self.server
    }

    /// The database, for a second server.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Runs a command of the program, such as `["key", "list"]`, beside the running server.
    pub async fn command(&self, arguments: &[&str]) -> Finished {
        binary::run(&self.database, arguments).await
    }

    /// A further caller of the site, whose key may do what is listed: `log,query`.
    pub async fn client_allowed(&self, allow: &str) -> Client {
        let key = create_key(&self.database, &self.site, allow, &[]).await;
        Client::new(self.server.address(), &key)
    }

    /// A further caller whose key may do what is listed on all sites.
    pub async fn client_of_all_sites(&self, allow: &str) -> Client {
        let key = self.key(&["--allow", allow]).await;
        Client::new(self.server.address(), &key)
    }

    /// The text of a key that `key create` makes with these flags.
    ///
    /// # Panics
    /// When more or less than the key is printed.
    pub async fn key(&self, flags: &[&str]) -> String {
        let printed = self.command(&[&["key", "create"], flags].concat()).await.success();
        assert_eq!(printed.lines().count(), 1, "the key alone: {printed:?}");
        printed.trim_end().to_owned()
    }

    /// A further site with the caller whose key may do everything there.
    pub async fn another_site(&self, name: &str) -> Client {
        self.another_site_with(name, &[]).await
    }

    /// A further site that `site create` makes with these flags, with the caller whose key may do everything there.
    pub async fn another_site_with(&self, name: &str, flags: &[&str]) -> Client {
        let flags: Vec<_> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        create_site(&self.database, name, &flags).await;
        let key = create_key(&self.database, name, EVERYTHING, &[]).await;
        Client::new(self.server.address(), &key)
    }

    /// Waits until the mark has passed every event of the site.
    pub async fn await_folded(&self) {
        self.client.await_folded(&self.site).await;
    }

    /// Logs events and fails unless every one is accepted.
    ///
    /// # Panics
    /// When an event is not accepted.
    pub async fn accept(&self, events: Vec<Value>) {
        let count = events.len();
        let payload = self.client.log_many(events).await;
        assert_eq!(payload["accepted"], count, "{payload:#}");
    }

    /// Logs events that have several types under one key, and fails unless every one is accepted: between one type and the
    /// next an administrator releases the key.
    ///
    /// # Panics
    /// When an event is not accepted.
    pub async fn accept_retyped(&self, key: &str, events: Vec<Value>) {
        let admin = self.client_of_all_sites("manage").await;
        let mut by_type: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for event in events {
            let name = match &event["tag"][key] {
                Value::Null => "null",
                Value::Bool(_) => "boolean",
                Value::Number(_) => "number",
                Value::String(_) => "string",
                Value::Array(_) => "array",
                Value::Object(_) => "object",
            };
            by_type.entry(name).or_default().push(event);
        }
        for events in by_type.into_values() {
            let release = "mutation ($name: String!) { releaseTagType(name: $name) { error { code } } }";
            let _ = admin.graphql(release, serde_json::json!({"name": key})).await.data();
            self.accept(events).await;
        }
    }
}

/// What is to be different.
#[derive(Debug, Clone)]
#[must_use]
pub struct Builder {
    engine: Engine,
    site: String,
    allow: String,
    site_flags: Vec<String>,
    key_flags: Vec<String>,
    server_flags: Vec<(String, String)>,
}

impl Builder {
    /// The name of the site.
    pub fn site(mut self, name: &str) -> Self {
        name.clone_into(&mut self.site);
        self
    }

    /// The site's time zone, such as `Europe/Berlin`.
    pub fn time_zone(self, zone: &str) -> Self {
        self.site_flag("--time-zone", zone)
    }

    /// A flag of `site create`.
    pub fn site_flag(mut self, flag: &str, value: &str) -> Self {
        self.site_flags.extend([flag.to_owned(), value.to_owned()]);
        self
    }

    /// What the key may do: `log,query`.
    pub fn allow(mut self, permissions: &str) -> Self {
        permissions.clone_into(&mut self.allow);
        self
    }

    /// A flag of `key create`, such as `("--rate", "5/s")`.
    pub fn key_flag(mut self, flag: &str, value: &str) -> Self {
        self.key_flags.extend([flag.to_owned(), value.to_owned()]);
        self
    }

    /// A flag of the server.
    pub fn flag(mut self, flag: &str, value: &str) -> Self {
        self.server_flags.push((flag.to_owned(), value.to_owned()));
        self
    }

    /// Starts it.
    pub async fn start(self) -> Tidemark {
        let database = Database::new(self.engine);
        let flags = self
            .server_flags
            .iter()
            .map(|(flag, value)| (flag.as_str(), value.as_str()));
        let server = Server::start_with(&database, &flags.collect::<Vec<_>>()).await;
        create_site(&database, &self.site, &self.site_flags).await;
        let key = create_key(&database, &self.site, &self.allow, &self.key_flags).await;
        let client = Client::new(server.address(), &key);
        Tidemark {
            server,
            database,
            site: self.site,
            client,
        }
    }
}

async fn create_site(database: &Database, name: &str, flags: &[String]) {
    let mut arguments = vec!["site", "create", name];
    arguments.extend(flags.iter().map(String::as_str));
    let _ = binary::run(database, &arguments).await.success();
}

async fn create_key(database: &Database, site: &str, allow: &str, flags: &[String]) -> String {
    let mut arguments = vec!["key", "create", "--site", site, "--allow", allow];
    arguments.extend(flags.iter().map(String::as_str));
    let printed = binary::run(database, &arguments).await.success();
    let key = printed.trim_end();
    let alone = !key.is_empty() && !key.contains(char::is_whitespace);
    assert!(alone, "`key create` prints the key and nothing else: {printed:?}");
    key.to_owned()
}
