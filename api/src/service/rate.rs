//! Rates: how many events a key may log a second.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};

use crate::domain::{
    error::{Code, Error, Result},
    key::ApiKey,
};

/// What each key has left: the generic cell rate algorithm, with one second's worth of burst.
#[derive(Default)]
pub struct Rates {
    clock: DefaultClock,
    limiters: RwLock<HashMap<i64, (NonZeroU32, Arc<DefaultDirectRateLimiter>)>>,
}

impl Rates {
    /// The limiter of a key that has a rate.
    fn limiter(&self, key: &ApiKey) -> Option<Arc<DefaultDirectRateLimiter>> {
        let rate = NonZeroU32::new(key.events_per_second?)?;
        let known = self
            .limiters
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key.id)
            .cloned();
        if let Some((known_rate, limiter)) = known
            && known_rate == rate
        {
            return Some(limiter);
        }
        let limiter = Arc::new(RateLimiter::direct(Quota::per_second(rate)));
        self.limiters
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key.id, (rate, limiter.clone()));
        Some(limiter)
    }

    /// Charges `events` events to a key one after the other; gives for each whether it may pass. A batch larger than
    /// what is left passes in part.
    pub fn charge(&self, key: Option<&ApiKey>, events: usize) -> Vec<Result<()>> {
        let Some(limiter) = key.and_then(|key| self.limiter(key)) else {
            return vec![Ok(()); events];
        };
        let one = |_| {
            limiter.check().map_err(|refused| {
                let wait = refused.wait_time_from(self.clock.now()).max(Duration::from_millis(1));
                let message = format!(
                    "This key's rate is used up; try again in {} ms.",
                    wait.as_millis().max(1)
                );
                Error::new(Code::RateLimited, message).retry_after(wait)
            })
        };
        (0..events).map(one).collect()
    }
}
