//! Attempts to sign in: so many at once for an account and for an address, then one at a time.
//!
//! Each server counts for itself. Whoever is out of attempts is told when to come back, whether or not there is such
//! an account.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};

use crate::domain::error::{Code, Error, Result};

/// Once an account's attempts are used up, another comes free after this long.
const REFILL: Duration = Duration::from_secs(30);
/// An address may be that of a whole office.
const OF_ADDRESS: u32 = 5;

/// What is left of the budget “sign-in”.
pub struct Attempts {
    clock: DefaultClock,
    of_account: DefaultKeyedRateLimiter<String>,
    of_address: DefaultKeyedRateLimiter<IpAddr>,
}

impl Attempts {
    /// With `burst` attempts at once for an account, and five times as many for an address.
    #[must_use]
    pub fn new(burst: NonZeroU32) -> Self {
        let quota = |burst: NonZeroU32, refill| Quota::with_period(refill).map(|quota| quota.allow_burst(burst));
        let slow = quota(burst, REFILL).unwrap_or(Quota::per_minute(burst));
        let wide = burst.saturating_mul(NonZeroU32::MIN.saturating_add(OF_ADDRESS - 1));
        let fast = quota(wide, REFILL / OF_ADDRESS).unwrap_or(Quota::per_minute(wide));
        Self {
            clock: DefaultClock::default(),
            of_account: RateLimiter::keyed(slow),
            of_address: RateLimiter::keyed(fast),
        }
    }

    /// Charges an attempt to where it comes from.
    ///
    /// # Errors
    /// `RATE_LIMITED`, saying when to come back.
    pub fn charge_address(&self, address: Option<IpAddr>) -> Result<()> {
        let key = address.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), network);
        self.of_address
            .check_key(&key)
            .map_err(|refused| self.refuse(refused.wait_time_from(self.clock.now())))
    }

    /// Charges an attempt to the account that it is for, be there one or not.
    ///
    /// # Errors
    /// `RATE_LIMITED`, saying when to come back.
    pub fn charge_account(&self, email: &str) -> Result<()> {
        self.of_account
            .check_key(&email.to_owned())
            .map_err(|refused| self.refuse(refused.wait_time_from(self.clock.now())))
    }

    /// Forgets those who have all their attempts again.
    pub fn tidy(&self) {
        self.of_account.retain_recent();
        self.of_address.retain_recent();
        self.of_account.shrink_to_fit();
        self.of_address.shrink_to_fit();
    }

    fn refuse(&self, wait: Duration) -> Error {
        let wait = wait.max(Duration::from_secs(1));
        let message = format!("Too many attempts to sign in; try again in {} s.", wait.as_secs() + 1);
        Error::new(Code::RateLimited, message).retry_after(wait)
    }
}

impl std::fmt::Debug for Attempts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Attempts(…)")
    }
}

/// Whose an address is: of IPv6 the first 64 bits, as whoever has one address has all of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_and_an_address_each_have_their_attempts() {
        let attempts = Attempts::new(NonZeroU32::new(3).expect("not zero"));
        for _ in 0..3 {
            assert!(attempts.charge_account("ada@example.com").is_ok());
        }
        let refused = attempts.charge_account("ada@example.com").expect_err("used up");
        assert_eq!(refused.code, Code::RateLimited);
        assert!(
            refused
                .retry_after
                .is_some_and(|wait| wait <= REFILL && wait > REFILL / 2)
        );
        assert!(attempts.charge_account("bob@example.com").is_ok());
        for host in 0..15 {
            let address = format!("2001:db8::{host}").parse().expect("an address");
            assert!(attempts.charge_address(Some(address)).is_ok(), "{host}");
        }
        for (address, passes) in [("2001:db8::ffff", false), ("2001:db8:0:1::1", true), ("10.0.0.1", true)] {
            let address = address.parse().expect("an address");
            assert_eq!(attempts.charge_address(Some(address)).is_ok(), passes, "{address}");
        }
    }
}
