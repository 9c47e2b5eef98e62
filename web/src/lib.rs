//! Tidemark's web UI. It runs in browsers and speaks to the server by the public GraphQL API and the sign-in endpoints alone.
//!
//! A page fetches and a component is given what it shows; `README.md` beside this folder says where things go.
#![cfg(target_arch = "wasm32")]
#![allow(unreachable_pub, reason = "`#[component]` and cynic's schema write `pub`")]

mod api;
mod app;
mod browser;
mod components;
mod format;
mod pages;
mod route;
mod state;
mod text;

/// Puts the UI into the page.
pub fn start() {
    // A fault of this program ends it; the browser's console says where.
    std::panic::set_hook(Box::new(|fault| leptos::logging::error!("{fault}")));
    leptos::mount::mount_to_body(app::App);
}
