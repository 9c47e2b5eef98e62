//! Hits of rules, counted up over one append and written once: a rule that every event hits costs one row for a batch.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::LazyLock,
};

use jiff::Timestamp;

use crate::{
    domain::{
        error::Result,
        event::Event,
        rule::Verdict,
        zone::{Days, nanoseconds},
    },
    service::{random, registry::Configuration},
    store::{Transaction, rule_hit},
};

/// Processes that count hits without waiting for one another; any two of more do so seldom.
const WRITERS: u8 = 16;

/// The number of this process among those who count hits.
static WRITER: LazyLock<i16> = LazyLock::new(|| {
    let [byte] = random().unwrap_or_default();
    i16::from(byte % WRITERS)
});

/// The hits of one append.
#[derive(Default)]
pub(in crate::service) struct Tally<'a> {
    noted: Vec<(&'a Event, Vec<i64>, bool)>,
}

impl<'a> Tally<'a> {
    /// Notes what the rules said of an event.
    pub(in crate::service) fn note(&mut self, event: &'a Event, verdict: Option<&Verdict>) {
        if let Some(verdict) = verdict
            && !verdict.hits.is_empty()
        {
            self.noted
                .push((event, verdict.hits.clone(), verdict.refusal.is_some()));
        }
    }

    /// Writes the hits down, without those of events that turned out to be stored already.
    pub(in crate::service) async fn write(
        self,
        tx: &Transaction,
        configuration: &Configuration,
        lost: &HashSet<[u8; 16]>,
        now: Timestamp,
    ) -> Result<()> {
        let now = nanoseconds(now);
        let mut days = HashMap::new();
        let mut hits: BTreeMap<(i64, i64), i64> = BTreeMap::new();
        for (event, rules, refused) in self.noted {
            if !refused && lost.contains(&event.uid) {
                continue;
            }
            let day = *days.entry(event.site).or_insert_with(|| {
                let zone = configuration.sites.get(&event.site).map(|site| site.time_zone.clone());
                Days::new(zone.unwrap_or(jiff::tz::TimeZone::UTC)).day(now)
            });
            for rule in rules {
                *hits.entry((rule, day)).or_default() += 1;
            }
        }
        rule_hit::add(tx, &hits, *WRITER, now).await
    }
}
