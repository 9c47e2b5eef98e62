//! Tokens that this server signs and reads again: whom they are for, and when they hold.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Who issued a token: always this product. Installations tell their tokens apart by their keys.
pub const ISSUER: &str = "tidemark";
/// No token is made for longer: a key that stopped signing must verify for as long.
pub const LONGEST_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// How far the clocks of two instances may be apart.
pub const LEEWAY: Duration = Duration::from_secs(5);

/// Whom a token is for; a token for one is nothing to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// A person who signed in.
    Account,
    /// A frontend whose backend had a token made for it.
    Client,
}

impl Audience {
    /// Every audience.
    pub const ALL: [Self; 2] = [Self::Account, Self::Client];

    /// The claim `aud`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "tidemark-account",
            Self::Client => "tidemark-client",
        }
    }

    /// The header's `typ`, which says the same before the claims are read (RFC 8725, 3.11).
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Account => "account+jwt",
            Self::Client => "client+jwt",
        }
    }
}

/// What every token claims, besides its own claims `C`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims<C> {
    /// The issuer.
    pub iss: String,
    /// The audience.
    pub aud: String,
    /// When it was made, in seconds since 1970.
    pub iat: i64,
    /// It does not hold before, in seconds since 1970.
    pub nbf: i64,
    /// It holds no more from then on, in seconds since 1970.
    pub exp: i64,
    /// The token's own name.
    pub jti: String,
    /// What it is about.
    #[serde(flatten)]
    pub own: C,
}

impl<C> Claims<C> {
    /// Why the claims do not hold at `now`, if they do not.
    #[must_use]
    pub fn flaw(&self, audience: Audience, now: Timestamp) -> Option<&'static str> {
        let now = now.as_second();
        let leeway = seconds(LEEWAY);
        // Numbers far out must not wrap round.
        let life = self.exp.saturating_sub(self.iat.min(self.nbf));
        if self.iss != ISSUER {
            Some("its issuer is another")
        } else if self.aud != audience.name() {
            Some("it is for another audience")
        } else if self.exp.saturating_add(leeway) <= now {
            Some("it is expired")
        } else if self.nbf.saturating_sub(leeway) > now {
            Some("it is not valid yet")
        } else if self.iat.saturating_sub(leeway) > now {
            Some("it was made in the future")
        } else if life > seconds(LONGEST_LIFE) {
            Some("it holds for longer than any token may")
        } else {
            None
        }
    }
}

/// Whole seconds of a short duration.
fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

/// A key that signs or has signed, its secret still sealed.
#[derive(Debug, Clone)]
pub struct SigningKey {
    /// Internal number.
    pub id: i64,
    /// The `kid` of its tokens.
    pub name: String,
    /// The sealed secret.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created: Timestamp,
    /// Until when it verifies; none while it signs.
    pub verifies_until: Option<Timestamp>,
}

impl SigningKey {
    /// Whether it verifies at `now`.
    #[must_use]
    pub fn verifies(&self, now: Timestamp) -> bool {
        self.verifies_until.is_none_or(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> Claims<()> {
        Claims {
            iss: ISSUER.to_owned(),
            aud: Audience::Account.name().to_owned(),
            iat: 1_000,
            nbf: 1_000,
            exp: 1_900,
            jti: "1".to_owned(),
            own: (),
        }
    }

    fn flaw(change: impl FnOnce(&mut Claims<()>), now: i64) -> Option<&'static str> {
        let mut changed = claims();
        change(&mut changed);
        changed.flaw(
            Audience::Account,
            Timestamp::from_second(now).expect("a moment near 1970"),
        )
    }

    #[test]
    fn claims_hold_between_their_bounds_and_for_their_audience() {
        for now in [995, 1_000, 1_899, 1_904] {
            assert_eq!(flaw(|_| (), now), None, "{now}");
        }
        assert_eq!(flaw(|_| (), 1_905), Some("it is expired"));
        assert_eq!(flaw(|_| (), 994), Some("it is not valid yet"));
        assert_eq!(flaw(|claims| claims.nbf = 1_500, 1_000), Some("it is not valid yet"));
        assert_eq!(
            flaw(|claims| claims.iat = 1_500, 1_000),
            Some("it was made in the future")
        );
        assert_eq!(
            flaw(|claims| claims.iss = "other".into(), 1_000),
            Some("its issuer is another")
        );
        assert_eq!(
            flaw(|claims| claims.aud = Audience::Client.name().into(), 1_000),
            Some("it is for another audience")
        );
        for exp in [1_000 + 24 * 3_600 + 1, i64::MAX] {
            assert!(flaw(|claims| claims.exp = exp, 1_000).is_some_and(|flaw| flaw.contains("longer")));
        }
        assert!(flaw(|claims| claims.exp = i64::MIN, 1_000).is_some());
    }
}
