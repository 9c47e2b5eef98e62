//! Passwords: hashed slowly, a few at a time, and never on a thread that serves requests.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash};
use tokio::sync::Semaphore;

use super::random;
use crate::domain::error::{Code, Error, Result};

/// What OWASP asks of Argon2id at least: 19 MiB of memory, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes at once: each takes a core for tens of milliseconds, and its memory.
const AT_ONCE: usize = 2;
/// Who waits longer for a turn is told that the server is busy.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// What is longer is no password that [`check_password`](crate::domain::account::check_password) ever let in.
const MOST_BYTES: usize = 2_048;

/// Hashes passwords.
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// The hash of a password that nobody has: checking it takes as long as checking a real one.
    decoy: String,
}

impl Passwords {
    /// Makes the decoy, too.
    ///
    /// # Errors
    /// `INTERNAL` where there is no memory or no randomness.
    pub fn new() -> Result<Self> {
        Ok(Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            decoy: hash(&random::<32>()?)?,
        })
    }

    /// The hash of a password, in PHC's text form with its salt and costs.
    ///
    /// # Errors
    /// `OVERLOADED` where too many wait.
    pub async fn hash(&self, password: &str) -> Result<String> {
        let password = password.to_owned();
        self.take_turn(move || hash(password.as_bytes())).await
    }

    /// Whether the password is the one of the hash. Without a hash it is not, which takes as long to find out.
    ///
    /// # Errors
    /// `OVERLOADED` where too many wait.
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool> {
        let known = hash.is_some() && password.len() <= MOST_BYTES;
        let hash = hash.unwrap_or(&self.decoy).to_owned();
        let password = password.chars().take(MOST_BYTES).collect::<String>();
        let same = self.take_turn(move || {
            let hash = PasswordHash::new(&hash).map_err(|error| Error::internal(error.to_string()))?;
            // The hash tells its own costs.
            Ok(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        });
        Ok(same.await? && known)
    }

    async fn take_turn<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let start = Instant::now();
        let turn = tokio::time::timeout(LONGEST_WAIT, self.turns.clone().acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            tracing::warn!(waited = ?start.elapsed(), "too many passwords are being checked");
            let message = "Too many people sign in at this moment; try again.";
            return Err(Error::new(Code::Overloaded, message).retry_after(Duration::from_secs(1)));
        };
        let done = tokio::task::spawn_blocking(move || {
            // Held until the work ends, though its caller may have gone.
            let _turn = turn;
            work()
        });
        done.await.map_err(Error::internal)?
    }
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords(…)")
    }
}

fn hash(password: &[u8]) -> Result<String> {
    let failed = |error: &dyn std::fmt::Display| Error::internal(error.to_string());
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| failed(&error))?;
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hashed = hasher.hash_password_with_salt(password, &random::<16>()?);
    hashed.map(|hash| hash.to_string()).map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_opens_its_own_hash_alone() {
        let passwords = Passwords::new().expect("there is memory");
        let (one, other) = (
            passwords.hash("correct horse").await,
            passwords.hash("correct horse").await,
        );
        let (one, other) = (one.expect("a hash"), other.expect("a hash"));
        assert_ne!(one, other, "each has its salt");
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        for (password, hash, expected) in [
            ("correct horse", Some(one.as_str()), true),
            ("correct horse", Some(other.as_str()), true),
            ("correct horsf", Some(one.as_str()), false),
            ("", Some(one.as_str()), false),
            ("correct horse", None, false),
        ] {
            assert_eq!(passwords.verify(password, hash).await.expect("a turn"), expected);
        }
        let long = "x".repeat(MOST_BYTES + 1);
        let hash = passwords.hash(&long[..MOST_BYTES]).await.expect("a hash");
        assert!(!passwords.verify(&long, Some(&hash)).await.expect("a turn"));
    }
}
