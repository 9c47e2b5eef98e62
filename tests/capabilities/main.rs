//! What Tidemark can do, tried on a real server: one file per capability, per dialect and per promise.

mod bad_input;
mod deletion;
mod drift;
mod event;
mod graphql_transport;
mod import;
mod instances;
mod key;
mod kill;
mod layer;
mod property;
mod retention;
mod rule;
mod schema;
mod server;
mod subscription;
mod truth;
mod unique;
mod view;
