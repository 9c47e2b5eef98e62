//! `chromedriver`, spoken to in the words of the WebDriver standard.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Child,
};

use crate::{client::http, folder::TemporaryFolder};

/// A cold browser on a busy machine takes a while.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How often a browser is started that does not come up.
const STARTS: u32 = 3;

/// Nothing of the browser's own goes over the network, and nothing is kept.
const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
];

/// How the browser looks, and who uses it.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// The width of the window in pixels.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// Whether the system is dark.
    pub dark: bool,
    /// The language of the person.
    pub language: &'static str,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            width: 1280,
            height: 900,
            dark: false,
            language: "en",
        }
    }
}

/// A driver with its one session.
#[derive(Debug)]
pub(super) struct Driver {
    /// The driver; it goes when this is dropped, and the browser with it.
    _process: Child,
    browser: Option<u64>,
    session: String,
    http: reqwest::Client,
    _profile: TemporaryFolder,
}

impl Driver {
    /// A browser now and then ends as it comes up, which says nothing of what is tested in it: another is started.
    pub(super) async fn start(look: Look) -> Self {
        let mut failures = Vec::new();
        for _ in 0..STARTS {
            match tokio::time::timeout(START_LIMIT, Self::try_start(look)).await {
                Ok(Ok(driver)) => return driver,
                Ok(Err(failure)) => failures.push(failure),
                Err(_) => failures.push(format!("it says nothing for {START_LIMIT:?}")),
            }
        }
        panic!("no browser starts: {failures:?}");
    }

    async fn try_start(look: Look) -> Result<Self, String> {
        let (process, port) = spawn().await?;
        let http = http().build().expect("a client");
        let profile = TemporaryFolder::new();
        let mut flags: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
        flags.push(format!("--user-data-dir={}", profile.path().display()));
        flags.push(format!("--window-size={},{}", look.width, look.height));
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": flags, "prefs": {"intl.accept_languages": look.language}},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            "timeouts": {"script": 60_000},
        }}});
        let base = format!("http://127.0.0.1:{port}/session");
        let opened = send(&http, "POST", &base, wanted).await?;
        let id = opened["sessionId"].as_str().expect("a session");
        let driver = Self {
            _process: process,
            browser: opened["capabilities"]["goog:processID"].as_u64(),
            session: format!("{base}/{id}"),
            http,
            _profile: profile,
        };
        driver.try_wear(look).await?;
        Ok(driver)
    }

    /// Looks otherwise from now on; the language stays.
    pub(super) async fn wear(&self, look: Look) {
        self.try_wear(look).await.expect("the browser looks as it is told");
    }

    async fn try_wear(&self, look: Look) -> Result<(), String> {
        let scheme = if look.dark { "dark" } else { "light" };
        let emulate = json!({"cmd": "Emulation.setEmulatedMedia", "params": {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]
        }});
        self.ask("POST", "/goog/cdp/execute", emulate).await?;
        // A window has a smallest width; a screen has not.
        let screen = json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": {
            "width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": false
        }});
        self.ask("POST", "/goog/cdp/execute", screen).await?;
        Ok(())
    }

    /// Sends a command of the session.
    pub(super) async fn ask(&self, method: &str, path: &str, body: Value) -> Result<Value, String> {
        send(&self.http, method, &format!("{}{path}", self.session), body).await
    }

    /// Sends a command that cannot fail.
    pub(super) async fn must(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.ask(method, path, body).await;
        answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // A driver that is killed leaves its browser behind.
        if let Some(browser) = self.browser {
            let _ = Command::new("sh")
                .args(["-c", "kill -KILL \"$1\" 2>/dev/null", "sh", &browser.to_string()])
                .status();
        }
    }
}

async fn spawn() -> Result<(Child, u16), String> {
    let mut command = tokio::process::Command::new("chromedriver");
    command
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let mut process = command.spawn().unwrap_or_else(|error| {
        panic!(
            "chromedriver does not start ({error}): run `apt-get install chromium chromium-driver`, as tests/run does"
        )
    });
    let mut lines = BufReader::new(process.stdout.take().expect("a pipe")).lines();
    let begin = Instant::now();
    loop {
        if begin.elapsed() > START_LIMIT {
            return Err("chromedriver does not say where it listens".to_owned());
        }
        let line = lines.next_line().await.expect("its output can be read");
        let Some(line) = line else {
            return Err(format!("chromedriver ends: {:?}", process.wait().await));
        };
        let port = line
            .split_once("was started successfully on port ")
            .map(|(_, rest)| rest.trim_end_matches('.'));
        if let Some(port) = port.and_then(|port| port.parse().ok()) {
            // Whoever stops reading stops the driver at its next line.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok((process, port));
        }
    }
}

async fn send(http: &reqwest::Client, method: &str, url: &str, body: Value) -> Result<Value, String> {
    let method = method.parse().map_err(|_| "no such method".to_owned())?;
    let mut request = http.request(method, url);
    if !body.is_null() {
        request = request.json(&body);
    }
    let answer = request.send().await.map_err(|error| error.to_string())?;
    let told: Value = answer.json().await.map_err(|error| error.to_string())?;
    let value = told["value"].clone();
    match value["error"].as_str() {
        Some(error) => Err(format!("{error}: {}", value["message"].as_str().unwrap_or_default())),
        None => Ok(value),
    }
}
