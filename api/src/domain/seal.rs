//! Secrets that the server must be able to read again, sealed for the database.
//!
//! ChaCha20-Poly1305 (RFC 8439) under a key that HKDF derives from the installation's secret and, where the operator
//! gives one, a key that is kept outside the database. Without it a copy of the database opens its own seals: sealing
//! then only keeps secrets out of sight. What need not be read again is hashed instead.

use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf,
};

/// Bytes that make two seals of one value differ. Random ones do not repeat among the few seals of an installation.
pub const NONCE_BYTES: usize = NONCE_LEN;

/// Seals and opens.
pub struct Seal(LessSafeKey);

impl Seal {
    /// Under the installation's secret and the operator's key, which may be empty.
    ///
    /// # Panics
    /// Never: the cipher's key length is one that HKDF gives.
    #[must_use]
    pub fn new(installation: &[u8], operator: &[u8]) -> Self {
        let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, operator).extract(installation);
        let key = secret.expand(&[b"tidemark seal 1"], &CHACHA20_POLY1305);
        Self(LessSafeKey::new(UnboundKey::from(
            key.expect("32 bytes are within HKDF's reach"),
        )))
    }

    /// Seals `plain`; `purpose` says what it is for, and opens it again. `nonce` is random and used once.
    ///
    /// # Panics
    /// Never: only 256 GiB would be too long.
    #[must_use]
    pub fn seal(&self, purpose: &str, nonce: [u8; NONCE_BYTES], plain: &[u8]) -> Vec<u8> {
        let mut text = plain.to_vec();
        let own = Nonce::assume_unique_for_key(nonce);
        self.0
            .seal_in_place_append_tag(own, Aad::from(purpose), &mut text)
            .expect("secrets are short");
        [&nonce[..], &text].concat()
    }

    /// Opens what was sealed for `purpose`; none where it was sealed under another key, for another purpose, or changed.
    #[must_use]
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_at_checked(NONCE_BYTES)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = text.to_vec();
        let plain = self.0.open_in_place(nonce, Aad::from(purpose), &mut text).ok()?;
        Some(plain.to_vec())
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_opens_for_its_key_and_purpose_alone() {
        let seal = Seal::new(b"installation", b"operator");
        let sealed = seal.seal("totp", [7; NONCE_BYTES], b"secret");
        assert_eq!(seal.open("totp", &sealed).as_deref(), Some(b"secret".as_slice()));
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert_eq!(seal.open("signing", &sealed), None);
        for other in [
            Seal::new(b"installation", b""),
            Seal::new(b"other", b"operator"),
            Seal::new(b"operator", b"installation"),
        ] {
            assert_eq!(other.open("totp", &sealed), None);
        }
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert_eq!(seal.open("totp", &changed), None, "byte {position}");
        }
        assert_eq!(seal.open("totp", &sealed[..NONCE_BYTES - 1]), None);
        assert_eq!(seal.open("totp", &[]), None);
    }
}
