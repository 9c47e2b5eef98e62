//! A session, while a page stays open: its token gets old, other windows renew it as well, the server starts anew.

use serde_json::json;
use support::{browser::Look, person::PASSWORD, server::Address};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};

use super::{
    loading::{INSTEAD, OVERLOADED},
    visit::Visit,
};

/// A place where the server is found also after it was started anew.
async fn place() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it listens"));
    (listener, url)
}

/// Leads whoever comes there to the server, wherever it is at that moment.
fn lead(listener: TcpListener, address: Address) {
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let server = address.url("").replace("http://", "");
            tokio::spawn(async move {
                if let Ok(mut server) = TcpStream::connect(server).await {
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                }
            });
        }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_are_renewed_while_pages_stay_open() {
    let visit = Visit::settled_with(Look::default(), &[("--access-token-life", "2s")]).await;
    let browser = &visit.browser;
    visit.go("/s/shop/keys").await;
    browser.sees("No key yet").await;
    // A second window of the same session.
    let other = browser.open_window(&visit.server.url("/s/shop/lists")).await;
    browser.sees("No rule yet").await;
    for round in 0..3 {
        // Past the life of every token that was given out.
        tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
        browser.press("Add rule").await;
        browser.fill("Pattern", &format!("agent-{round}")).await;
        browser.press("Try it on the last 7 days").await;
        browser.sees("it would have refused").await;
        browser.press("Add rule").await;
        browser.sees(&format!("agent-{round}")).await;
        browser.use_window(None).await;
        browser.press("Create key").await;
        browser.fill("Name", &format!("key {round}")).await;
        browser.press("Create key").await;
        browser.press("Done").await;
        browser.sees(&format!("key {round}")).await;
        browser.use_window(Some(&other)).await;
    }
    // Signed out in one window, nobody is signed in in the other, which says so at its next question. What was typed is not
    // lost by that, and what was asked goes on.
    browser.press("Sign out").await;
    browser.arrives("/sign-in").await;
    browser.use_window(None).await;
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    browser.press("Create key").await;
    browser.fill("Name", "in the end").await;
    browser.press("Create key").await;
    browser.sees("Your session is over").await;
    browser.keys("\u{e00c}").await;
    browser.fill("Password", "not the password at all").await;
    browser.press("Sign in").await;
    browser.sees("password is wrong").await;
    browser.fill("Password", PASSWORD).await;
    browser.press("Sign in").await;
    browser.press("Done").await;
    browser.misses("Your session is over").await;
    browser.sees("in the end").await;
    // Whoever is somebody else begins anew.
    browser.use_window(Some(&other)).await;
    visit.go("/s/shop/lists").await;
    browser.press("Sign out").await;
    browser.arrives("/sign-in").await;
    browser.use_window(None).await;
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    browser.press("Audit").await;
    browser.press("Sign in as somebody else").await;
    browser.arrives("/sign-in?next=").await;
    browser.sees("E-mail address").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn why_nobody_can_be_let_in_is_said() {
    // The server takes another address for its own.
    let visit = Visit::begin_with(Look::default(), &[("--public-url", "http://elsewhere.example")]).await;
    visit.go("/").await;
    visit.browser.sees("Another site had this sent").await;
    visit.browser.sees("Try again").await;
    // What passes is asked once more.
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    browser.prepare(INSTEAD).await;
    let busy = format!(
        "let times = 1; window.instead = (address) => address.includes('/session/refresh') && times-- > 0 ? [503, \
         '{OVERLOADED}'] : null"
    );
    browser.prepare(&busy).await;
    visit.go("/s/shop/keys").await;
    browser.sees("Too much at once.").await;
    browser.press("Try again").await;
    browser.sees("No key yet").await;
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_outlive_a_server_that_starts_anew() {
    let (listener, url) = place().await;
    let mut visit = Visit::begin_with(Look::default(), &[("--public-url", &url)]).await;
    lead(listener, visit.server.address().clone());
    visit.settle().await;
    let client = visit.client("log").await;
    let log = async |action: &str| {
        let logged = client.log(json!({"action": action, "actor": "ada"})).await;
        assert_eq!(logged["outcome"], "ACCEPTED");
    };
    log("before the end").await;
    visit.browser.open(&format!("{url}/s/shop/live")).await;
    visit.browser.sees("before the end").await;
    visit.server.kill9();
    visit.browser.sees("interrupted, trying again").await;
    // Other pages say that nobody answers, and go on once somebody does.
    visit.browser.press("Keys").await;
    visit.browser.sees("The server does not answer").await;
    visit.server.restart().await;
    visit.browser.press("Try again").await;
    visit.browser.sees("unnamed").await;
    visit.browser.press("Live").await;
    visit.browser.sees("before the end").await;
    // A stream that was broken runs again by itself, and what came meanwhile is there once.
    visit.server.terminate().await;
    visit.browser.sees("interrupted, trying again").await;
    visit.server.restart().await;
    let client = client.at(visit.server.address());
    for index in 0..3 {
        let logged = client
            .log(json!({"action": format!("afterwards {index}"), "actor": "ada"}))
            .await;
        assert_eq!(logged["outcome"], "ACCEPTED");
    }
    visit.browser.sees("afterwards 2").await;
    let actions =
        "return [...document.querySelectorAll('tbody td.main .strong')].map((cell) => cell.textContent).sort()";
    assert_eq!(
        visit.browser.script(actions, json!([])).await,
        json!(["afterwards 0", "afterwards 1", "afterwards 2", "before the end"])
    );
}
