//! Somebody at a browser, in front of a server with nothing in it yet.

use serde_json::{Value, json};
use support::{Browser, Client, Database, Engine, Server, binary, browser::Look, person::PASSWORD};

use super::blocked::rule_of;

/// The address of the first account.
pub(super) const EMAIL: &str = "ada@example.com";

/// A server that nobody has signed in to, and a browser.
pub(super) struct Visit {
    pub(super) browser: Browser,
    pub(super) server: Server,
    pub(super) database: Database,
}

fn link_to(path: &str) -> String {
    format!("a[href^=\"{path}\"]")
}

impl Visit {
    /// A fresh server, and a browser that shows nothing yet.
    pub(super) async fn begin(look: Look) -> Self {
        Self::begin_with(look, &[]).await
    }

    /// The same of a server with flags of its own.
    pub(super) async fn begin_with(look: Look, flags: &[(&str, &str)]) -> Self {
        let database = Database::new(Engine::Sqlite);
        let server = Server::start_with(&database, flags).await;
        let browser = Browser::start_with(look).await;
        Self {
            browser,
            server,
            database,
        }
    }

    /// The link that the first start has printed.
    pub(super) fn link(&self) -> String {
        let printed = self.server.stdout();
        let link = printed.split_whitespace().find(|word| word.contains("/session/link#"));
        link.unwrap_or_else(|| panic!("no link: {printed}")).to_owned()
    }

    /// The first owner, who has followed the link and made the site `shop`.
    pub(super) async fn settled(look: Look) -> Self {
        Self::settled_with(look, &[]).await
    }

    /// The same at a server with flags of its own.
    pub(super) async fn settled_with(look: Look, flags: &[(&str, &str)]) -> Self {
        let visit = Self::begin_with(look, flags).await;
        visit.settle().await;
        visit
    }

    /// Follows the first link, and makes the site `shop`.
    pub(super) async fn settle(&self) {
        self.browser.open(&self.link()).await;
        self.set_password().await;
        self.browser.sees("There is no site yet").await;
        self.browser.fill("Name of the site", "shop").await;
        self.browser.press("Create site").await;
        self.browser.arrives("/s/shop/").await;
    }

    /// Fills in what the first link asks for.
    pub(super) async fn set_password(&self) {
        self.browser.fill("E-mail address", EMAIL).await;
        self.browser.fill("Name", "Ada").await;
        self.browser.fill("Password", PASSWORD).await;
        self.browser.press("Set your password").await;
    }

    /// A caller of the site `shop`, whose key may do what is listed; the key is made at the command line.
    pub(super) async fn client(&self, allow: &str) -> Client {
        let flags = ["key", "create", "--site", "shop", "--allow", allow];
        let made = binary::run(&self.database, &flags).await.success();
        Client::new(self.server.address(), made.trim_end())
    }

    /// Makes an account with a role everywhere, at the command line.
    pub(super) async fn account(&self, email: &str, role: &str) {
        let arguments = ["account", "create", email, "--role", role, "--password-stdin"];
        let input = format!("{PASSWORD}\n");
        let _ = binary::run_with_input(&self.database, &arguments, input.as_bytes())
            .await
            .success();
        // A key that the server has not met yet has it reread what is configured.
        let fresh = self.client("log").await;
        let _ = fresh.graphql("{ viewer { kind } }", json!({})).await.data();
    }

    /// Goes to an address of the server.
    pub(super) async fn go(&self, path: &str) {
        self.browser.open(&self.server.url(path)).await;
    }

    /// Waits until the page has a link to a path.
    pub(super) async fn has_link(&self, path: &str) {
        let there = "return !!document.querySelector(arguments[0])";
        let looks = async || match self.browser.script(there, json!([link_to(path)])).await {
            Value::Bool(true) => Ok(()),
            _ => Err("there is none yet".to_owned()),
        };
        self.browser.retry(&format!("find a link to {path}"), looks).await;
    }

    /// Presses the page's first link to a path.
    pub(super) async fn follow(&self, path: &str) {
        let press = "document.querySelector(arguments[0]).click()";
        self.browser.script(press, json!([link_to(path)])).await;
        self.browser.arrives(path).await;
    }

    /// Signs in by the page for it.
    pub(super) async fn sign_in(&self) {
        self.browser.fill("E-mail address", EMAIL).await;
        self.browser.fill("Password", PASSWORD).await;
        self.browser.press("Sign in").await;
    }

    /// Takes note of an operation that the server was meant to refuse, which browsers write down.
    pub(super) async fn was_refused(&self) {
        let complaints = self.browser.complaints().await;
        let meant = |line: &String| line.contains("/graphql") || line.contains("/session/") && line.contains("401");
        let others: Vec<_> = complaints.into_iter().filter(|line| !meant(line)).collect();
        assert!(others.is_empty(), "the browser complains: {others:#?}");
    }

    /// Fails where the browser has complained, or has asked anybody but this server.
    pub(super) async fn was_clean(&self) {
        let complaints = self.browser.complaints().await;
        // Browsers write down every answer that is an error; tests of wrong passwords mean them.
        let meant = |line: &String| line.contains("/session/") && line.contains("401");
        let complaints: Vec<_> = complaints.into_iter().filter(|line| !meant(line)).collect();
        assert!(complaints.is_empty(), "the browser complains: {complaints:#?}");
        let own = self.server.url("");
        let foreign = |address: &String| {
            let inside = ["data:", "blob:", "about:"]
                .iter()
                .any(|scheme| address.starts_with(scheme));
            !inside && !address.starts_with(&own)
        };
        // What the browser loads for pages of its own is none of this server's.
        let requests = self.browser.requests().await.into_iter();
        let requests: Vec<_> = requests.filter(|address| !address.starts_with("chrome:")).collect();
        let foreign: Vec<_> = requests.iter().filter(|address| foreign(address)).collect();
        assert!(foreign.is_empty(), "asked elsewhere: {foreign:#?}");
        let asked = requests.iter().filter(|address| address.starts_with(&own));
        let blocked: Vec<_> = asked.filter_map(|address| Some((address, rule_of(address)?))).collect();
        assert!(blocked.is_empty(), "lists block these: {blocked:#?}");
    }
}
