//! Works out what an event does not say itself: the kind of device, browser and operating system, whether it is a
//! bot, where the visit came from, and the country.
//!
//! Pure classification of values already parsed, by the lists in `api/data`. Whose address and user agent count, and what is stored, is decided
//! by the steps of ingest.

mod address;
mod bot;
mod country;
mod device;
#[cfg(test)]
mod mmdb;
mod traffic_source;
mod user_agent;

pub use address::Addresses;
pub use country::{Countries, CountriesError, Place};
pub use device::Device;
pub use traffic_source::{Referrer, traffic_source};
pub use user_agent::UserAgents;
