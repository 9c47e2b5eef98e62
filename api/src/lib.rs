//! Tidemark: a self-hosted event analytics server.
//!
//! Calls go one way: transport (`graphql`, `http`, `workers`, `command`) → `service` → `store` → `entity`, with
//! `domain` a pure leaf that all may read. A test reads the sources and fails on an import against that direction.

pub mod clock;
pub mod config;
pub mod domain;
pub mod service;
pub mod store;
pub mod telemetry;
