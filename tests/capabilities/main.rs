//! What Tidemark can do, tried on a real server: one file per capability, per dialect and per promise.

mod deletion;
mod graphql_transport;
mod instances;
mod kill;
mod layer;
mod property;
mod retention;
mod truth;
mod unique;
mod view;
