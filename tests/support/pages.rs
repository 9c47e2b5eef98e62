//! A web site of a test's own: pages at another origin than the server's.

use std::{
    collections::HashMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

/// A site that is there until it is dropped.
#[derive(Debug)]
pub struct Pages {
    origin: String,
    pages: Arc<Mutex<HashMap<String, String>>>,
    server: actix_web::dev::ServerHandle,
}

impl Pages {
    /// Starts one without pages on a free port.
    ///
    /// # Panics
    /// When it cannot listen.
    pub async fn start() -> Self {
        let pages: Arc<Mutex<HashMap<String, String>>> = Arc::default();
        let shown = pages.clone();
        let server = HttpServer::new(move || {
            let shown = shown.clone();
            App::new().default_service(web::to(move |request: HttpRequest| {
                let page = lock(&shown).get(request.path()).cloned();
                async move {
                    match page {
                        Some(page) => HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page),
                        None => HttpResponse::NotFound().finish(),
                    }
                }
            }))
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
            pages,
            server: handle,
        }
    }

    /// Its origin.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The address of one of its pages.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Puts a page there.
    pub fn put(&self, path: &str, html: &str) {
        lock(&self.pages).insert(path.to_owned(), html.to_owned());
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
