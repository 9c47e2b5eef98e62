//! A real Chromium, driven as a person would use it: what is pressed and filled in is found by the words that stand on it.
//!
//! Each look-up is tried again as a whole until it succeeds: a page that draws itself anew leaves no element behind that
//! a test still holds.

mod driver;
mod find;

use std::{
    future::Future,
    path::Path,
    time::{Duration, Instant},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use driver::Driver;
pub use driver::Look;

/// A debug build on a busy machine answers within this, many times over.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The name under which WebDriver refers to elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with one window. Dropping it ends it.
#[derive(Debug)]
pub struct Browser {
    driver: Driver,
}

impl Browser {
    /// A browser on a desk, in the light.
    pub async fn start() -> Self {
        Self::start_with(Look::default()).await
    }

    /// A browser that looks as it is told.
    pub async fn start_with(look: Look) -> Self {
        Self {
            driver: Driver::start(look).await,
        }
    }

    /// Goes to an address.
    pub async fn open(&self, url: &str) {
        self.driver.must("POST", "/url", json!({"url": url})).await;
    }

    /// The address now.
    pub async fn url(&self) -> String {
        let url = self.driver.must("GET", "/url", Value::Null).await;
        url.as_str().unwrap_or_default().to_owned()
    }

    /// Loads the page anew.
    pub async fn reload(&self) {
        self.driver.must("POST", "/refresh", json!({})).await;
    }

    /// Presses the button, link or option that says this, once it is there and can be pressed.
    pub async fn press(&self, name: &str) {
        self.retry(&format!("press “{name}”"), async || {
            let element = self.find(find::PRESSABLE, name).await?;
            self.driver
                .ask("POST", &format!("/element/{element}/click"), json!({}))
                .await?;
            Ok(())
        })
        .await;
    }

    /// Fills in the field with this label, in place of what is in it.
    pub async fn fill(&self, label: &str, text: &str) {
        self.retry(&format!("fill in “{label}”"), async || {
            let element = self.find(find::FIELD, label).await?;
            let of = |what: &str| format!("/element/{element}/{what}");
            self.driver.ask("POST", &of("clear"), json!({})).await?;
            if text.is_empty() {
                // Whoever empties a field by keys has the page hear of it; WebDriver's clearing does not.
                let tell = "arguments[0].dispatchEvent(new Event('input', {bubbles: true}))";
                self.try_script(tell, json!([{ELEMENT: element}])).await?;
            } else {
                self.driver.ask("POST", &of("value"), json!({"text": text})).await?;
            }
            Ok(())
        })
        .await;
    }

    /// Chooses from the list with this label.
    pub async fn choose(&self, label: &str, option: &str) {
        self.retry(&format!("choose “{option}” of “{label}”"), async || {
            let element = self.find(find::FIELD, label).await?;
            let chosen = self
                .try_script(find::CHOOSE, json!([{ELEMENT: element}, option]))
                .await?;
            if chosen == json!(true) {
                Ok(())
            } else {
                Err("there is no such option".to_owned())
            }
        })
        .await;
    }

    /// What is in the field with this label.
    pub async fn value(&self, label: &str) -> String {
        self.retry(&format!("read “{label}”"), async || {
            let element = self.find(find::FIELD, label).await?;
            let value = self
                .driver
                .ask("GET", &format!("/element/{element}/property/value"), Value::Null)
                .await?;
            Ok(value.as_str().unwrap_or_default().to_owned())
        })
        .await
    }

    /// Waits until the page shows a text.
    pub async fn sees(&self, text: &str) {
        self.retry(&format!("see “{text}”"), async || {
            let seen = self.try_script(find::SEES, json!([text])).await?;
            if seen == json!(true) {
                Ok(())
            } else {
                Err("it is not on the page".to_owned())
            }
        })
        .await;
    }

    /// Waits until the page shows a text no more.
    pub async fn misses(&self, text: &str) {
        self.misses_within(text, PATIENCE).await;
    }

    /// The same, for what the server takes its time with.
    pub async fn misses_within(&self, text: &str, patience: Duration) {
        let look = async || {
            let seen = self.try_script(find::SEES, json!([text])).await?;
            if seen == json!(false) {
                Ok(())
            } else {
                Err("it is still there".to_owned())
            }
        };
        self.retry_within(&format!("see “{text}” no more"), patience, look)
            .await;
    }

    /// Waits until the address holds a text.
    pub async fn arrives(&self, part: &str) {
        self.retry(&format!("come to “{part}”"), async || {
            let url = self.url().await;
            if url.contains(part) {
                Ok(())
            } else {
                Err(format!("it is at {url}"))
            }
        })
        .await;
    }

    /// Types keys, wherever the keyboard is: characters, and those of WebDriver such as `\u{e004}` for Tab.
    pub async fn keys(&self, keys: &str) {
        let press = |key: char| {
            [
                json!({"type": "keyDown", "value": key}),
                json!({"type": "keyUp", "value": key}),
            ]
        };
        let actions: Vec<Value> = keys.chars().flat_map(press).collect();
        let body = json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]});
        self.driver.must("POST", "/actions", body).await;
    }

    /// Presses a key while another one is held, such as `\u{e009}` for Control.
    pub async fn chord(&self, held: char, key: char) {
        let actions = json!([
            {"type": "keyDown", "value": held},
            {"type": "keyDown", "value": key},
            {"type": "keyUp", "value": key},
            {"type": "keyUp", "value": held},
        ]);
        let body = json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]});
        self.driver.must("POST", "/actions", body).await;
    }

    /// Opens a second window of the same session at an address, and goes on there; gives its name.
    ///
    /// # Panics
    /// When the browser opens none.
    pub async fn open_window(&self, url: &str) -> String {
        let made = self.driver.must("POST", "/window/new", json!({"type": "tab"})).await;
        let handle = made["handle"].as_str().expect("a window").to_owned();
        self.use_window(Some(&handle)).await;
        self.open(url).await;
        handle
    }

    /// Goes on in the window of this name, or in the first; gives its name.
    ///
    /// # Panics
    /// When there is none.
    pub async fn use_window(&self, name: Option<&str>) -> String {
        let handles = self.driver.must("GET", "/window/handles", Value::Null).await;
        let handle = name.or_else(|| handles[0].as_str()).expect("a window").to_owned();
        self.driver.must("POST", "/window", json!({"handle": handle})).await;
        handle
    }

    /// Runs a script in every page that is opened from now on, before the page's own.
    pub async fn prepare(&self, script: &str) {
        let command = json!({"cmd": "Page.addScriptToEvaluateOnNewDocument", "params": {"source": script}});
        self.driver.must("POST", "/goog/cdp/execute", command).await;
    }

    /// Runs a script and gives what it returns.
    ///
    /// # Panics
    /// When the script fails.
    pub async fn script(&self, script: &str, arguments: Value) -> Value {
        self.try_script(script, arguments).await.expect("the script runs")
    }

    /// Runs a script that calls back when it is done.
    pub async fn script_to_end(&self, script: &str, arguments: Value) -> Value {
        let body = json!({"script": script, "args": arguments});
        self.driver.must("POST", "/execute/async", body).await
    }

    /// Tries until it comes true.
    ///
    /// # Panics
    /// With what was in the way and with the page's text, where it does not come true in time.
    pub async fn retry<T, F: Future<Output = Result<T, String>>>(&self, what: &str, attempt: impl Fn() -> F) -> T {
        self.retry_within(what, PATIENCE, attempt).await
    }

    async fn retry_within<T, F: Future<Output = Result<T, String>>>(
        &self,
        what: &str,
        patience: Duration,
        attempt: impl Fn() -> F,
    ) -> T {
        let begin = Instant::now();
        loop {
            match attempt().await {
                Ok(value) => return value,
                Err(_) if begin.elapsed() < patience => tokio::time::sleep(POLL_INTERVAL).await,
                Err(error) => {
                    let (url, text) = (self.url().await, self.text().await);
                    panic!(
                        "could not {what}: {error}\n--- {url}\n{text}\n--- {:#?}",
                        self.complaints().await
                    )
                }
            }
        }
    }

    /// The text on the page.
    pub async fn text(&self) -> String {
        let text = self.script("return document.body.innerText", json!([])).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// What the browser's console has complained of since the last time: errors of scripts, and what the policy forbids.
    pub async fn complaints(&self) -> Vec<String> {
        let entries = self.driver.must("POST", "/se/log", json!({"type": "browser"})).await;
        let entries = entries.as_array().cloned().unwrap_or_default();
        let message = |entry: &Value| entry["message"].as_str().map(str::to_owned);
        entries.iter().filter_map(message).collect()
    }

    /// The addresses that the pages have asked for since the last time.
    pub async fn requests(&self) -> Vec<String> {
        let entries = self
            .driver
            .must("POST", "/se/log", json!({"type": "performance"}))
            .await;
        let entries = entries.as_array().cloned().unwrap_or_default();
        let address = |entry: &Value| {
            let message: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let message = &message["message"];
            let asked = message["method"] == "Network.requestWillBeSent";
            asked.then(|| message["params"]["request"]["url"].as_str().map(str::to_owned))?
        };
        entries.iter().filter_map(address).collect()
    }

    /// Looks otherwise from now on; the language stays.
    pub async fn wear(&self, look: Look) {
        self.driver.wear(look).await;
    }

    /// Saves a picture of the whole page, also of what is below the window.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub async fn picture(&self, path: &Path) {
        let size = "const { clientWidth, scrollHeight } = document.documentElement; return [clientWidth, scrollHeight]";
        let size = self.script(size, json!([])).await;
        let clip = json!({"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1});
        let command = json!({"cmd": "Page.captureScreenshot", "params": {"captureBeyondViewport": true, "clip": clip}});
        let taken = self.driver.must("POST", "/goog/cdp/execute", command).await;
        let bytes = BASE64_STANDARD.decode(taken["data"].as_str().unwrap_or_default());
        std::fs::write(path, bytes.expect("a picture")).expect("a picture can be saved");
    }

    /// Runs a script, which may fail while a page is being left.
    ///
    /// # Errors
    /// What the browser says.
    pub async fn try_script(&self, script: &str, arguments: Value) -> Result<Value, String> {
        let body = json!({"script": script, "args": arguments});
        self.driver.ask("POST", "/execute/sync", body).await
    }

    async fn find(&self, script: &str, name: &str) -> Result<String, String> {
        let found = self.try_script(script, json!([name])).await?;
        let element = found[ELEMENT].as_str().map(str::to_owned);
        element.ok_or_else(|| "it is not on the page".to_owned())
    }
}
