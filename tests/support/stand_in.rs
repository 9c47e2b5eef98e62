//! Somebody else's server: it answers as it is told, and remembers what it was asked.

use std::{
    collections::HashMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    http::{StatusCode, header},
    web,
};

/// What it says at a path.
#[derive(Debug, Clone)]
pub struct Says {
    /// The status.
    pub status: u16,
    /// Headers, by name.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
    /// How long it thinks first.
    pub after: Duration,
}

impl Says {
    /// A body of JSON, or what else has no type of its own.
    #[must_use]
    pub fn body(body: impl ToString) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: body.to_string(),
            after: Duration::ZERO,
        }
    }

    /// A page.
    #[must_use]
    pub fn page(html: &str) -> Self {
        let mut says = Self::body(html);
        says.headers = vec![("Content-Type", "text/html; charset=utf-8".to_owned())];
        says
    }

    /// The same with a status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same with a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// What it was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The parameters of the address.
    pub parameters: HashMap<String, String>,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// The header `User-Agent`.
    pub user_agent: String,
    /// When it was asked.
    pub at: Instant,
}

#[derive(Debug, Default)]
struct State {
    says: HashMap<String, Says>,
    asked: HashMap<String, Vec<Asked>>,
}

/// A server that is there until it is dropped; what it was not told to say, it does not find.
#[derive(Debug)]
pub struct StandIn {
    origin: String,
    state: Arc<Mutex<State>>,
    server: actix_web::dev::ServerHandle,
}

impl StandIn {
    /// Starts one on a free port.
    ///
    /// # Panics
    /// When it cannot listen.
    pub async fn start() -> Self {
        let state: Arc<Mutex<State>> = Arc::default();
        let shared = state.clone();
        let server = HttpServer::new(move || {
            let shared = shared.clone();
            App::new().default_service(web::to(move |request: HttpRequest| answer(shared.clone(), request)))
        })
        .workers(1)
        .disable_signals()
        .bind((Ipv4Addr::LOCALHOST, 0))
        .expect("some port is free");
        let origin = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self {
            origin,
            state,
            server: handle,
        }
    }

    /// Its origin.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The address of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// From now on it says so at a path.
    pub fn say(&self, path: &str, says: Says) {
        lock(&self.state).says.insert(path.to_owned(), says);
    }

    /// What it was asked at a path, in order.
    #[must_use]
    pub fn asked(&self, path: &str) -> Vec<Asked> {
        lock(&self.state).asked.get(path).cloned().unwrap_or_default()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

async fn answer(state: Arc<Mutex<State>>, request: HttpRequest) -> HttpResponse {
    let text = |name| {
        let value = request.headers().get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    let asked = Asked {
        parameters: url_parameters(request.query_string()),
        authorization: text(header::AUTHORIZATION),
        user_agent: text(header::USER_AGENT).unwrap_or_default(),
        at: Instant::now(),
    };
    let says = {
        let mut state = lock(&state);
        let path = request.path().to_owned();
        state.asked.entry(path).or_default().push(asked);
        state.says.get(request.path()).cloned()
    };
    let Some(says) = says else {
        return HttpResponse::NotFound().finish();
    };
    tokio::time::sleep(says.after).await;
    let mut builder = HttpResponse::build(StatusCode::from_u16(says.status).expect("a status"));
    for (name, value) in says.headers {
        builder.insert_header((name, value));
    }
    builder.body(says.body)
}

fn url_parameters(query: &str) -> HashMap<String, String> {
    let url = reqwest::Url::parse(&format!("http://x/?{query}")).expect("a query");
    url.query_pairs().into_owned().collect()
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
