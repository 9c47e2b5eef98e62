//! Stands between a server and PostgreSQL, and cuts their connection when it is told to.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use reqwest::Url;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

/// When a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// PostgreSQL has committed, and its answer does not come back.
    AfterCommit,
    /// PostgreSQL is never asked to commit.
    BeforeCommit,
    /// PostgreSQL is never asked to commit, and does not come to know that its client is gone.
    Unnoticed,
}

/// A way to a PostgreSQL server that can break.
#[derive(Debug)]
pub struct Proxy {
    url: String,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    upstream: SocketAddr,
    plan: Mutex<Option<Plan>>,
    /// Whether nobody gets through.
    down: watch::Sender<bool>,
    /// What PostgreSQL still takes for connections.
    forgotten: Mutex<Vec<(OwnedReadHalf, OwnedWriteHalf)>>,
}

/// The transaction to cut: that in which this text is sent.
#[derive(Debug, Clone)]
struct Plan {
    text: String,
    cut: Cut,
    /// Whether every other connection goes with it.
    all: bool,
}

impl Proxy {
    /// Begins to listen.
    ///
    /// # Panics
    /// When the URL names no host and port.
    pub async fn start(database: &Url) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let own = listener.local_addr().expect("it listens");
        let host = database.host_str().expect("a host");
        let upstream = tokio::net::lookup_host((host, database.port().unwrap_or(5432)));
        let state = Arc::new(State {
            upstream: upstream.await.expect("a known host").next().expect("an address"),
            plan: Mutex::default(),
            down: watch::channel(false).0,
            forgotten: Mutex::default(),
        });
        let mut url = database.clone();
        url.set_host(Some("127.0.0.1")).expect("a URL with a host");
        url.set_port(Some(own.port())).expect("a URL with a host");
        let accepting = tokio::spawn(accept(listener, state.clone()));
        Self {
            url: url.into(),
            state,
            accepting,
        }
    }

    /// The database's URL by this way.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Cuts the connection at the commit of the next transaction in which `text` is sent.
    pub fn cut_at(&self, text: &str, cut: Cut) {
        self.plan(text, cut, false);
    }

    /// Cuts every connection at that moment, and lets none through until [`Self::let_pass`].
    pub fn cut_all_at(&self, text: &str, cut: Cut) {
        self.plan(text, cut, true);
    }

    fn plan(&self, text: &str, cut: Cut, all: bool) {
        let text = text.to_owned();
        *lock(&self.state.plan) = Some(Plan { text, cut, all });
    }

    /// Whether what was planned has happened.
    #[must_use]
    pub fn has_cut(&self) -> bool {
        lock(&self.state.plan).is_none()
    }

    /// Lets connections through again.
    pub fn let_pass(&self) {
        self.state.down.send_replace(false);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.state.down.send_replace(true);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    while let Ok((client, _)) = listener.accept().await {
        if *state.down.borrow() {
            continue;
        }
        let state = state.clone();
        tokio::spawn(async move {
            let mut down = state.down.subscribe();
            tokio::select! {
                () = join(client, &state) => {}
                _ = down.wait_for(|down| *down) => {}
            }
        });
    }
}

/// Passes on what both say, until one of them ends or it is cut.
async fn join(client: TcpStream, state: &State) {
    let Ok(server) = TcpStream::connect(state.upstream).await else {
        return;
    };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let cut = {
        let back = copy(&mut from_server, &mut to_client);
        let forth = forward(&mut from_client, &mut to_server, state);
        tokio::select! {
            _ = back => return,
            cut = forth => cut,
        }
    };
    let Some((plan, commit)) = cut else { return };
    if plan.cut == Cut::AfterCommit {
        let _ = to_server.write_all(&commit).await;
        // It answers once it has committed.
        let _ = from_server.read(&mut [0; 1024]).await;
    }
    // Whoever looks after the cut finds that it was done.
    lock(&state.plan).take();
    if plan.cut == Cut::Unnoticed {
        lock(&state.forgotten).push((from_server, to_server));
    }
    if plan.all {
        state.down.send_replace(true);
    }
}

/// Passes on what the client says up to the commit that is to be cut, and gives that.
async fn forward(from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf, state: &State) -> Option<(Plan, Vec<u8>)> {
    let mut buffer = vec![0; 256 << 10];
    let mut meant: Option<Plan> = None;
    loop {
        let length = from.read(&mut buffer).await.ok().filter(|length| *length > 0)?;
        let said = &buffer[..length];
        let holds = |text: &str| said.windows(text.len()).any(|window| window == text.as_bytes());
        if meant.is_none() {
            meant = lock(&state.plan).clone().filter(|plan| holds(&plan.text));
        }
        if holds("COMMIT")
            && let Some(plan) = meant.take()
        {
            return Some((plan, said.to_vec()));
        }
        to.write_all(said).await.ok()?;
    }
}
