//! The edge: whom the server believes, what it tells browsers, and how it holds out against those who mean it ill.

mod address;
mod argument;
mod connection;
mod cors;
mod crossing;
mod csrf;
mod flood;
mod header;
pub(crate) mod injection;
mod secret;
mod unfold;
