//! Asking other servers over HTTP.

use std::time::Duration;

use reqwest::{Client, Response, redirect::Policy};

use crate::domain::error::{Error, Result};

/// Why an answer could not be read.
#[derive(Debug)]
pub(super) enum Unread {
    /// It broke off.
    Broken(reqwest::Error),
    /// It is longer than is read.
    TooLong,
}

/// A client that gives each answer so much time.
///
/// # Errors
/// The system has no certificates to trust.
pub(super) fn client(timeout: Duration) -> Result<Client> {
    // The cryptography that the database's connections have as well; the system's store says whom to trust, so that a
    // server of one's own can have a certificate of one's own. That it was installed before is no failure.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .timeout(timeout)
        // What is moved elsewhere is somebody else's.
        .redirect(Policy::none())
        .user_agent(concat!("tidemark/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(Error::internal)
}

/// The body of an answer, of so many bytes at most.
pub(super) async fn read(mut response: Response, most_bytes: usize) -> Result<Vec<u8>, Unread> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| Unread::Broken(error.without_url()))?
    {
        if bytes.len() + chunk.len() > most_bytes {
            return Err(Unread::TooLong);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
