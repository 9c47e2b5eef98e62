//! Several tabs of one session: they share the cookie that renews it, which is good once, and none ends it for the others.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use support::{binary, browser::Look, person::PASSWORD, server::Address};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::visit::Visit;
use crate::inside;

/// How late the answer to a renewal comes: time enough for other tabs to ask, and for a page to be left.
const LATE: Duration = Duration::from_millis(2_500);

/// A server by a way on which the answers to renewals are late, or lost.
struct Slow {
    visit: Visit,
    url: String,
    renewals: Arc<Renewals>,
}

/// What becomes of renewals.
#[derive(Default)]
struct Renewals {
    /// How many were asked for.
    asked: AtomicUsize,
    /// How many of the next answers are lost, and the connection with them.
    lose: AtomicUsize,
}

impl Slow {
    async fn begin() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it listens"));
        let visit = Visit::begin_with(Look::default(), &[("--public-url", &url)]).await;
        let renewals = Arc::default();
        lead(listener, visit.server.address().clone(), Arc::clone(&renewals));
        visit.settle().await;
        Self { visit, url, renewals }
    }

    fn renewals(&self) -> usize {
        self.renewals.asked.load(Ordering::SeqCst)
    }

    /// Fails where a token was sent twice.
    async fn nobody_was_taken_for_a_thief(&self) {
        let log = binary::run(&self.visit.database, &["export", "audit"]).await.success();
        assert!(!log.contains("REFRESH_TOKEN_REUSED"), "{log}");
    }
}

fn lead(listener: TcpListener, address: Address, renewals: Arc<Renewals>) {
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = address.url("").replace("http://", "");
            let renewals = renewals.clone();
            tokio::spawn(async move {
                if let Ok(server) = TcpStream::connect(server).await {
                    pass(client, server, &renewals).await;
                }
            });
        }
    });
}

/// Passes on what is asked and answered on one connection.
async fn pass(client: TcpStream, server: TcpStream, renewals: &Renewals) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let renews = AtomicBool::new(false);
    let asks = async {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
            if String::from_utf8_lossy(&buffer[..length]).contains("POST /session/refresh") {
                renewals.asked.fetch_add(1, Ordering::SeqCst);
                renews.store(true, Ordering::SeqCst);
            }
            if to_server.write_all(&buffer[..length]).await.is_err() {
                break;
            }
        }
    };
    let answers = async {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
            if renews.swap(false, Ordering::SeqCst) {
                let lost = renewals
                    .lose
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
                if lost.is_ok() {
                    break;
                }
                tokio::time::sleep(LATE).await;
            }
            if to_client.write_all(&buffer[..length]).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = asks => {}
        () = answers => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tabs_that_load_at_once_stay_signed_in() {
    let slow = Slow::begin().await;
    let browser = &slow.visit.browser;
    let mut tabs = Vec::new();
    for _ in 0..3 {
        tabs.push(browser.open_window("about:blank").await);
        browser.open(&format!("{}/s/shop/keys", slow.url)).await;
        browser.sees("No key yet").await;
    }
    for round in 0..3 {
        let asked = slow.renewals();
        let at = browser.script("return Date.now() + 2000", json!([])).await;
        for tab in &tabs {
            browser.use_window(Some(tab)).await;
            let load = "window.before = true; setTimeout(() => location.reload(), arguments[0] - Date.now())";
            browser.script(load, json!([at])).await;
        }
        for tab in &tabs {
            browser.use_window(Some(tab)).await;
            let loaded = async || match browser
                .try_script("return window.before === undefined", json!([]))
                .await?
            {
                Value::Bool(true) => Ok(()),
                _ => Err("it is the page from before".to_owned()),
            };
            browser.retry("load the page anew", loaded).await;
            browser.sees("No key yet").await;
        }
        assert_eq!(slow.renewals() - asked, tabs.len(), "each renews, in round {round}");
    }
    slow.nobody_was_taken_for_a_thief().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_a_page_amid_a_renewal_stays_signed_in() {
    let slow = Slow::begin().await;
    let browser = &slow.visit.browser;
    for _ in 0..3 {
        let asked = slow.renewals();
        browser.open(&format!("{}/s/shop/keys", slow.url)).await;
        let begun = async || {
            if slow.renewals() > asked {
                Ok(())
            } else {
                Err("nothing was asked yet".to_owned())
            }
        };
        browser.retry("renew the session", begun).await;
        // The answer with the new cookie is still on its way.
        browser.reload().await;
        browser.sees("No key yet").await;
    }
    slow.nobody_was_taken_for_a_thief().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_to_a_renewal_signs_nobody_out() {
    let slow = Slow::begin().await;
    let browser = &slow.visit.browser;
    for _ in 0..2 {
        slow.renewals.lose.store(1, Ordering::SeqCst);
        browser.open(&format!("{}/s/shop/keys", slow.url)).await;
        let lost = async || match slow.renewals.lose.load(Ordering::SeqCst) {
            0 => Ok(()),
            _ => Err("no answer was lost yet".to_owned()),
        };
        browser.retry("lose an answer", lost).await;
        // The server has spent the cookie that the browser still has.
        browser.reload().await;
        browser.sees("No key yet").await;
    }
    slow.nobody_was_taken_for_a_thief().await;
}

/// The page of a link asks whether there is a session, and whoever follows it may set a password before the answer came.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_answer_to_a_renewal_takes_back_no_newer_session() {
    let slow = Slow::begin().await;
    let browser = &slow.visit.browser;
    inside::execute(&slow.visit.database, "UPDATE session SET ended_at = 1").await;
    let create = [
        "account",
        "create",
        "bob@example.com",
        "--role",
        "viewer",
        "--public-url",
        &slow.url,
    ];
    let link = binary::run(&slow.visit.database, &create).await.success();
    let asked = slow.renewals();
    // A page is left first, as only the part behind the # would change else.
    browser.open("about:blank").await;
    browser.open(link.trim_end()).await;
    browser.fill("Password", PASSWORD).await;
    assert_eq!(
        slow.renewals(),
        asked + 1,
        "it was asked with the cookie of the session that is over"
    );
    browser.press("Set your password").await;
    browser.arrives("/s/shop/").await;
    tokio::time::sleep(LATE).await;
    browser.reload().await;
    browser.sees("Overview").await;
}
