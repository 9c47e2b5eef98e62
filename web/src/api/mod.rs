//! What the UI asks of the server. One file per capability holds its operations, checked against the server's schema as
//! they are compiled; pages ask through [`client::Client`], and get either the answer or a [`failure::Failure`].

pub(crate) mod account;
pub(crate) mod audit;
pub(crate) mod client;
pub(crate) mod condition;
pub(crate) mod event;
pub(crate) mod explore;
pub(crate) mod failure;
pub(crate) mod key;
pub(crate) mod ledger;
pub(crate) mod overview;
pub(crate) mod page;
pub(crate) mod people;
pub(crate) mod profile;
pub(crate) mod rule;
pub(crate) mod scalar;
pub(crate) mod session;
pub(crate) mod site;
pub(crate) mod socket;
pub(crate) mod system;
pub(crate) mod tag;
mod transport;
pub(crate) mod unique;
pub(crate) mod view;
pub(crate) mod viewer;

#[cynic::schema("tidemark")]
pub(crate) mod schema {}
