//! The hash of who did it, where nobody says: HMAC-SHA-256 of site, whole address and user agent under a random salt
//! per site and period, cut to 128 bits. Salts go 48 hours after their last use, so that nobody can go back.

use std::{net::IpAddr, time::Duration};

use jiff::Timestamp;
use quick_cache::sync::Cache;

use crate::{
    clock,
    domain::{
        error::Result,
        hash::KeyedHash,
        period::{self, Period},
        site::{IdentityPeriod, Site},
        zone,
    },
    service::{Services, random},
    store::{Priority, salt},
};

/// Salts are kept so long after their last use.
pub(in crate::service) const SALT_LIFE: Duration = Duration::from_secs(48 * 3_600);
/// How long a remembered salt is used before its use is noted again; far below [`SALT_LIFE`].
const NOTED_FOR: Duration = Duration::from_secs(3_600);
/// Remembered salts: one for each site and period in use.
const REMEMBERED: usize = 10_000;

/// Salts that were committed, and when their use was last noted.
pub(super) struct Identities {
    salts: Cache<(i64, i64), (KeyedHash, i64)>,
    hasher: KeyedHash,
}

impl Identities {
    pub(super) fn new(hasher: KeyedHash) -> Self {
        Self {
            salts: Cache::new(REMEMBERED),
            hasher,
        }
    }

    /// The hash of an unnamed actor.
    pub(super) async fn hash(
        &self,
        services: &Services,
        site: &Site,
        time: Timestamp,
        ip: Option<IpAddr>,
        agent: &str,
    ) -> Result<String> {
        let period = match site.identity_period {
            IdentityPeriod::Day => Some(Period::Day),
            IdentityPeriod::Week => Some(Period::Week),
            IdentityPeriod::Month => Some(Period::Month),
            IdentityPeriod::Never => None,
        };
        let start = period.map_or(0, |period| {
            period::floor(zone::nanoseconds(time), period, &site.time_zone)
        });
        let salted = self.salted(services, site.id, start).await?;
        let ip = ip.map(|ip| ip.to_canonical().to_string()).unwrap_or_default();
        let hash = salted.hash(&[&site.id.to_le_bytes(), ip.as_bytes(), agent.as_bytes()]);
        Ok(format!("~{}", hex::encode(hash)))
    }

    async fn salted(&self, services: &Services, site: i64, start: i64) -> Result<KeyedHash> {
        let now = clock::now_nanoseconds();
        let noted_for = i64::try_from(NOTED_FOR.as_nanos()).unwrap_or(i64::MAX);
        if let Some((salted, noted)) = self.salts.get(&(site, start))
            && now - noted < noted_for
        {
            return Ok(salted);
        }
        // Committed before use: another instance reads the same salt, and a crash leaves no hash without one.
        let tx = services.database.write(Priority::Append).await?;
        let salt = salt::ensure(&tx, site, start, &random()?, now).await?;
        tx.commit().await?;
        // Under the installation's secret as well, so that a stolen salt alone is worth nothing.
        let salted = KeyedHash::new(&[&salt[..], &self.hasher.hash(&[b"identity"])[..]].concat());
        self.salts.insert((site, start), (salted.clone(), now));
        Ok(salted)
    }
}
