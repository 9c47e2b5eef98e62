//! What Tidemark can do, tried on a real server: one file per capability, per dialect and per promise.

mod account;
mod audit;
mod bad_input;
mod client_token;
mod deletion;
mod drift;
mod event;
mod graphql_transport;
mod import;
mod instances;
mod key;
mod kill;
mod layer;
mod permission;
mod property;
mod rate;
mod retention;
mod rule;
mod schema;
mod server;
mod signing;
mod site;
mod subscription;
mod truth;
mod unique;
mod view;
