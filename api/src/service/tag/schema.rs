//! The tag schema as an append sees it: first sightings lock their names in its transaction, and nothing of it is
//! remembered before the commit.
//!
//! The events of a batch are judged in order, so that of two first sightings in one batch the first wins. Of two on two
//! instances the one wins that holds the names first; the other waits, and then reads what it did. A batch without a
//! name that is new to this process costs no statement.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, HashSet},
};

use jiff::Timestamp;

use super::{
    check::{Found, Met, Typed, meet, refuse},
    memory::{Known, Names},
};
use crate::{
    domain::{
        error::{Code, Result},
        event::Event,
        hash::{Hash, KeyedHash},
        site::TagMode,
        tag_type::{MOST_LETTERS, MOST_NAMES, MOST_NAMES_A_DAY, Refusal, Shape, TagType, each_field},
        zone::{Days, nanoseconds},
    },
    service::{Services, registry::Configuration},
    store::{
        self, Transaction, tag_type,
        tag_type::{Sighting, Use},
    },
};

/// An event with what the schema needs to know of it.
#[derive(Debug, Clone, Copy)]
pub(in crate::service) struct Subject<'a> {
    /// The event.
    pub(in crate::service) event: &'a Event,
    /// Whether it came from somebody who may introduce few names.
    pub(in crate::service) public: bool,
    /// What was found out before.
    pub(in crate::service) typed: &'a Typed,
}

impl Subject<'_> {
    /// The public key that is charged for new names, on its site.
    fn payer(&self) -> Option<(i64, i64)> {
        self.event.key.filter(|_| self.public).map(|key| (self.event.site, key))
    }
}

/// Whether a transaction that opens the schema is going to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::service) enum Purpose {
    /// It appends.
    Append,
    /// It only wants to know.
    Look,
}

/// The schema for one batch of events.
pub(in crate::service) struct Schema<'a> {
    configuration: &'a Configuration,
    /// Names that have their type, and were not remembered.
    found: Names,
    /// Names that events of this batch give their type, with the event that does.
    fresh: BTreeMap<String, (Sighting, Hash)>,
    /// Numbers of the fresh names, once they have some.
    numbers: HashMap<String, i64>,
    /// Names that have a type, the fresh ones left out.
    names: usize,
    /// New names by site and public key, the fresh ones among them.
    introduced: HashMap<(i64, i64), usize>,
    /// The events that fit, with the names that they have.
    fitting: Vec<Fitting<'a>>,
}

struct Fitting<'a> {
    event: &'a Event,
    numbers: Cow<'a, [i64]>,
    fresh: Vec<String>,
}

impl<'a> Schema<'a> {
    /// Opens the schema for `subjects`; reads what is not remembered of their names.
    pub(in crate::service) async fn open(
        tx: &Transaction,
        configuration: &'a Configuration,
        subjects: impl Iterator<Item = Subject<'a>> + Clone,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Self> {
        let mut schema = Self {
            configuration,
            found: Names::default(),
            fresh: BTreeMap::new(),
            numbers: HashMap::new(),
            names: 0,
            introduced: HashMap::new(),
            fitting: Vec::new(),
        };
        let mut unknown = schema.unknown(subjects.clone());
        if unknown.is_empty() {
            return Ok(schema);
        }
        schema.find(tx, &mut unknown).await?;
        // An empty array tells no type, so nothing is locked for it.
        if !unknown.values().any(|locks| *locks) {
            return Ok(schema);
        }
        schema.names = tag_type::count(tx).await?;
        if purpose == Purpose::Append && schema.names < MOST_NAMES && !tx.database().is_sqlite() {
            tag_type::hold(tx).await?;
            schema.find(tx, &mut unknown).await?;
            schema.names = tag_type::count(tx).await?;
        }
        for (site, key) in subjects.filter_map(|subject| subject.payer()) {
            if schema.introduced.contains_key(&(site, key)) {
                continue;
            }
            let zone = configuration.sites.get(&site).map(|site| site.time_zone.clone());
            let mut days = Days::new(zone.unwrap_or(jiff::tz::TimeZone::UTC));
            let today = days.day(nanoseconds(now));
            let from = days.bounds(today).0;
            let count = tag_type::introduced(tx, site, key, from).await?;
            schema.introduced.insert((site, key), count);
        }
        Ok(schema)
    }

    /// The names that are not remembered, and whether one of their values tells a type.
    fn unknown(&self, subjects: impl Iterator<Item = Subject<'a>>) -> BTreeMap<&'a str, bool> {
        let mut unknown = BTreeMap::new();
        for Subject { event, typed, .. } in subjects {
            let settled = typed.generation == self.configuration.generation && !matches!(typed.found, Found::Open);
            let Some(tag) = event.tag.as_ref().filter(|_| !settled) else {
                continue;
            };
            let known = self.configuration.tags.read();
            let _: std::result::Result<(), ()> = each_field(tag, &mut |name, value| {
                if !value.is_null() && !known.contains_key(name) && fits_a_row(name) {
                    let locks = Shape::of(value).is_ok_and(|shape| shape.kind().is_some());
                    *unknown.entry(name).or_default() |= locks;
                }
                Ok(())
            });
        }
        unknown
    }

    async fn find(&mut self, tx: &Transaction, unknown: &mut BTreeMap<&'a str, bool>) -> Result<()> {
        for key in tag_type::find(tx, unknown.keys().copied()).await? {
            unknown.remove(key.name.as_str());
            self.found.insert(key.name.clone(), Known::from(&key));
        }
        Ok(())
    }

    /// Whether an event fits; if it does, its new names have their types from here on.
    pub(in crate::service) fn judge(&mut self, subject: Subject<'a>) -> std::result::Result<(), Box<Refusal>> {
        if subject.typed.generation == self.configuration.generation {
            match &subject.typed.found {
                Found::Fits(numbers) => {
                    if !numbers.is_empty() {
                        self.fitting.push(Fitting {
                            event: subject.event,
                            numbers: Cow::Borrowed(numbers),
                            fresh: Vec::new(),
                        });
                    }
                    return Ok(());
                }
                Found::Refused(refusal) => return Err(refusal.clone()),
                Found::Open => {}
            }
        }
        self.judge_anew(subject)
    }

    fn judge_anew(&mut self, subject: Subject<'a>) -> std::result::Result<(), Box<Refusal>> {
        let event = subject.event;
        let Some(tag) = &event.tag else { return Ok(()) };
        let site = self.configuration.sites.get(&event.site);
        let mode = site.map_or(TagMode::Reject, |site| site.tag_mode);
        let (mut numbers, mut fresh) = (Vec::new(), Vec::new());
        let mut own: BTreeMap<&str, TagType> = BTreeMap::new();
        {
            let remembered = self.configuration.tags.read();
            each_field(tag, &mut |name, value| {
                let known = remembered.get(name).or_else(|| self.found.get(name));
                let shape = match meet(known, mode, tag, (name, value))? {
                    Met::Known(id) => {
                        numbers.push(id);
                        return Ok(());
                    }
                    Met::Nothing => return Ok(()),
                    Met::New(shape) => shape,
                };
                // What this batch, or this event itself, has made of the name.
                let given = self.fresh.get(name).map(|(sighting, _)| sighting.kind);
                let given = given.or_else(|| own.get(name).copied());
                if let Some(kind) = given.filter(|kind| !shape.fits(*kind)) {
                    return Err(refuse(
                        Code::TagTypeConflict,
                        tag,
                        (name, value),
                        Some(kind.to_string()),
                    ));
                }
                let Some(kind) = shape.kind() else { return Ok(()) };
                if given.is_none() {
                    own.insert(name, kind);
                    if !fits_a_row(name) || !self.has_room(subject, own.len()) {
                        return Err(refuse(Code::TagKeyLimit, tag, (name, value), None));
                    }
                }
                fresh.push(name.to_owned());
                Ok(())
            })?;
        }
        if let Some(introduced) = subject.payer().and_then(|payer| self.introduced.get_mut(&payer)) {
            *introduced += own.len();
        }
        for (name, kind) in own {
            let sighting = Sighting {
                name: name.to_owned(),
                kind,
                site: event.site,
                public_key: subject.payer().map(|(_, key)| key),
            };
            self.fresh.insert(name.to_owned(), (sighting, event.uid));
        }
        fresh.sort_unstable();
        fresh.dedup();
        numbers.sort_unstable();
        numbers.dedup();
        self.fitting.push(Fitting {
            event,
            numbers: Cow::Owned(numbers),
            fresh,
        });
        Ok(())
    }

    /// Whether `more` new names of an event can be taken.
    fn has_room(&self, subject: Subject<'_>, more: usize) -> bool {
        let introduced = subject.payer().and_then(|payer| self.introduced.get(&payer));
        self.names + self.fresh.len() + more <= MOST_NAMES
            && introduced.is_none_or(|introduced| introduced + more <= MOST_NAMES_A_DAY)
    }

    /// Locks the names that the batch gives their type.
    ///
    /// # Errors
    /// One that a retry mends, where an event that gave a name its type turned out to be stored already; otherwise
    /// whatever the database says.
    pub(in crate::service) async fn lock(
        &mut self,
        tx: &Transaction,
        hasher: &KeyedHash,
        lost: &HashSet<Hash>,
        now: Timestamp,
    ) -> Result<()> {
        if self.fresh.is_empty() {
            return Ok(());
        }
        if self.fresh.values().any(|(_, uid)| lost.contains(uid)) {
            return Err(store::again("a duplicate gave a name its type"));
        }
        let now = nanoseconds(now);
        let sightings: Vec<_> = self.fresh.values().map(|(sighting, _)| sighting).collect();
        let locked = tag_type::lock(tx, &sightings, now).await?;
        if locked.len() < sightings.len() {
            return Err(store::again("another transaction gave a name its type"));
        }
        self.numbers.extend(locked);
        let mut uses: Vec<_> = self.first_uses(now).collect();
        uses.sort_unstable_by_key(|one| (one.tag, one.site));
        tag_type::add_uses(tx, hasher, &uses).await
    }

    /// The first use of each fresh name, with no event counted yet.
    fn first_uses(&self, now: i64) -> impl Iterator<Item = Use> {
        self.fresh.values().filter_map(move |(sighting, uid)| {
            let fits = |one: &&Fitting<'_>| one.event.uid == *uid;
            let event = self.fitting.iter().find(fits)?.event;
            Some(Use {
                tag: *self.numbers.get(&sighting.name)?,
                site: sighting.site,
                count: 0,
                first: now,
                first_action: Some(event.action.clone()),
                last: now,
                last_uid: *uid,
            })
        })
    }

    /// Remembers what was found and locked, and counts how the names are used. Only after the commit.
    pub(in crate::service) fn remember(self, services: &Services, lost: &HashSet<Hash>) {
        let appended = self.fitting.iter().filter(|one| !lost.contains(&one.event.uid));
        services.tag_uses.count(appended.map(|one| {
            let fresh = one.fresh.iter().filter_map(|name| self.numbers.get(name));
            (one.event, one.numbers.iter().chain(fresh).copied())
        }));
        if self.found.is_empty() && self.fresh.is_empty() {
            return;
        }
        let locked = self.fresh.into_values().filter_map(|(sighting, _)| {
            let known = Known {
                id: *self.numbers.get(&sighting.name)?,
                kind: sighting.kind,
                declared: false,
            };
            Some((sighting.name, known))
        });
        self.configuration.tags.learn(self.found.into_iter().chain(locked));
    }
}

/// Whether a name is short enough to have a type.
pub(super) fn fits_a_row(name: &str) -> bool {
    name.len() <= MOST_LETTERS || name.chars().count() <= MOST_LETTERS
}
