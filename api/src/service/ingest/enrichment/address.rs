//! What an address tells: host and path. The pages of a site repeat, so the answers are kept.

use std::sync::Arc;

use quick_cache::sync::Cache;

use crate::domain::event::Address;

/// Answers kept: some 3 MB of usual addresses.
const MAX_KNOWN: usize = 10_000;
/// Longer ones are not kept: they rarely repeat, and a forged load of them would fill memory.
const MAX_BYTES: usize = 512;

/// Reads addresses; shared by all threads.
pub struct Addresses(Cache<Box<str>, Arc<Address>>);

impl Default for Addresses {
    fn default() -> Self {
        Self(Cache::new(MAX_KNOWN))
    }
}

impl Addresses {
    /// The parts of an address.
    pub fn parse(&self, text: &str) -> Arc<Address> {
        if text.len() > MAX_BYTES {
            return Arc::new(Address::parse(text));
        }
        self.0.get(text).unwrap_or_else(|| {
            let address = Arc::new(Address::parse(text));
            self.0.insert(text.into(), address.clone());
            address
        })
    }
}
