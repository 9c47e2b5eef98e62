//! Keyed 128-bit hashes: short names for long values, that nobody without the key can aim at.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Hashes under one secret. HMAC-SHA-256 (RFC 2104), cut to its first 128 bits.
#[derive(Clone)]
pub struct KeyedHash(Hmac<Sha256>);

/// The 128 bits.
pub type Hash = [u8; 16];

impl KeyedHash {
    /// Hashes under `secret`.
    ///
    /// # Panics
    /// Never: HMAC takes keys of every length.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self(Hmac::new_from_slice(secret).expect("HMAC takes keys of every length"))
    }

    /// The hash of `parts`, each framed by its length so that no two lists of parts look alike.
    #[must_use]
    pub fn hash(&self, parts: &[&[u8]]) -> Hash {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        let full = mac.finalize().into_bytes();
        let mut short = [0; 16];
        short.copy_from_slice(&full[..16]);
        short
    }
}

impl std::fmt::Debug for KeyedHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyedHash(…)")
    }
}
