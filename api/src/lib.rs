//! Tidemark: a self-hosted event analytics server.
//!
//! Calls go one way: transport (`graphql`, `http`, `dialects`, `workers`, `command`) → `service` → `store` → `entity`, with
//! `domain` a pure leaf that all may read. A test reads the sources and fails on an import against that direction.

pub mod clock;
pub mod command;
pub mod config;
pub mod dialects;
pub mod domain;
pub mod extract;
pub mod graphql;
pub mod http;
pub mod service;
pub mod startup;
pub mod store;
pub mod telemetry;
pub mod workers;
