//! Trying quarantined events again. Each is logged exactly once: it comes in and its entry goes out in one transaction,
//! which holds the entry from its beginning.

use std::{collections::HashSet, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    clock,
    domain::{
        audit::{Change, Shown},
        caller::Caller,
        error::{Code, Error, Result},
        event::{Door, Event, Outcome},
        operation::Operation,
        quarantine::{Entry, Filter, Fix, SCHEMA_CODES, Totals},
        rule::Subject as RuleSubject,
        site::Site,
        tag,
        tag_type::Refusal,
    },
    service::{
        Services, audit,
        ingest::{candidates, check_again, receive_again},
        registry::Configuration,
        rule::Tally,
        tag::{Purpose, Schema, Subject, Typed, read_name, retype},
    },
    store::{self, NewRow, Priority, Transaction, configuration, is_transient, quarantine, quarantine::Page, tag_type},
};

/// Fixes of one request.
const MOST_FIXES: usize = 20;
/// Attempts of one transaction that others stand in the way of.
const ATTEMPTS: u32 = 5;

/// What is to be tried again, and how it is mended before.
#[derive(Debug, Clone, Default)]
pub struct Attempt {
    /// Which entries.
    pub filter: Filter,
    /// How they are mended, in order.
    pub fixes: Vec<Fix>,
    /// At most so many, the oldest first.
    pub limit: usize,
    /// Only say what would become of them.
    pub dry_run: bool,
}

/// What became of entries, or would.
#[derive(Debug, Default)]
pub struct Redriven {
    /// Each entry with what became of its event.
    pub entries: Vec<(Entry, Outcome)>,
    /// Entries that match and are still there.
    pub remaining: i64,
}

impl Redriven {
    /// How many events were logged, were stored already, and stay in quarantine.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        let mut counts = (0, 0, 0);
        for (_, outcome) in &self.entries {
            match outcome {
                Outcome::Accepted(_) => counts.0 += 1,
                Outcome::Duplicate { .. } => counts.1 += 1,
                Outcome::Refused(_) => counts.2 += 1,
            }
        }
        counts
    }
}

/// What the audit log tells of a redrive.
struct Told<'a> {
    redriven: &'a Redriven,
    fixes: &'a [Fix],
}

impl Shown for Told<'_> {
    fn shown(&self) -> Value {
        let (accepted, duplicates, refused) = self.redriven.counts();
        let fixes = self.fixes.iter().map(|fix| match fix {
            Fix::Retype { name, kind } => json!({"retype": {"name": name, "type": kind.to_string()}}),
            Fix::Rename { from, to } => json!({"rename": {"from": from, "to": to}}),
            Fix::Coerce { name, kind } => json!({"coerce": {"name": name, "type": kind.to_string()}}),
        });
        json!({"accepted": accepted, "duplicates": duplicates, "refused": refused, "fixes": fixes.collect::<Vec<_>>()})
    }
}

/// An entry on its way in again.
struct Mended {
    entry: Entry,
    event: Arc<Event>,
    tag: Option<String>,
    candidates: Vec<[u8; 16]>,
    typed: Typed,
}

impl Mended {
    fn new(
        services: &Services,
        site: &Site,
        entry: Entry,
        fixes: &[Fix],
    ) -> std::result::Result<Self, Box<(Entry, Error)>> {
        if let Some(error) = still_refused(&entry, site) {
            return Err(Box::new((entry, error)));
        }
        let tag = match entry.event.tag.clone() {
            None => Ok(None),
            Some(tag) => fixes
                .iter()
                .try_fold(tag, |tag, fix| fix.apply(tag))
                .and_then(|tag| tag::normalise(Value::Object(tag), services.ingest.tag_limits())),
        };
        let tag = match tag {
            Ok(tag) => tag,
            Err(error) => return Err(Box::new((entry, error))),
        };
        let (object, text) = tag.map_or((None, None), |tag| (Some(tag.object), Some(tag.text)));
        let candidates = candidates(&services.hasher, &entry.event, entry.public);
        let event = Event {
            tag: object,
            door: Door::Redrive,
            ..(*entry.event).clone()
        };
        Ok(Self {
            entry,
            event: Arc::new(event),
            tag: text,
            candidates,
            typed: Typed::default(),
        })
    }

    fn subject(&self) -> Subject<'_> {
        Subject {
            event: &self.event,
            public: self.entry.public,
            typed: &self.typed,
        }
    }
}

impl Services {
    /// Tries quarantined events of a site again, at their original times; the lists and the tag schema judge them anew,
    /// how old they are does not matter. Each is logged exactly once, and leaves quarantine as it is. One that is refused
    /// stays there, and one that is stored already goes.
    ///
    /// # Errors
    /// No permission, an unknown site, a fix that makes no sense, or `NOT_FOUND` for a key to be retyped.
    pub async fn redrive_quarantine(
        &self,
        caller: &Caller,
        site: Option<&str>,
        mut attempt: Attempt,
    ) -> Result<Redriven> {
        caller.permit(Operation::RedriveQuarantine)?;
        check_fixes(&mut attempt.fixes)?;
        if attempt.fixes.iter().any(|fix| matches!(fix, Fix::Retype { .. })) {
            caller.permit(Operation::RetypeTagType)?;
        }
        let mut tries = 1;
        loop {
            match self.redrive_once(caller, site, &attempt).await {
                Err(error) if is_transient(&error) && tries < ATTEMPTS => {
                    tokio::time::sleep(Duration::from_millis(5) * tries).await;
                    tries += 1;
                }
                other => return other,
            }
        }
    }

    async fn redrive_once(&self, caller: &Caller, site: Option<&str>, attempt: &Attempt) -> Result<Redriven> {
        let tx = self.database.write(Priority::Configuration).await?;
        let configuration = self.begin_redrive(&tx, caller, &attempt.fixes).await?;
        let site = configuration.admit(caller, Operation::RedriveQuarantine, site)?;
        let page = Page {
            site: site.id,
            filter: &attempt.filter,
            actor: None,
            after: None,
            before: None,
            descending: false,
            limit: attempt.limit,
            hold: true,
        };
        let mut refused = Vec::new();
        let mut mended = Vec::new();
        for entry in quarantine::page(&tx, page).await? {
            match Mended::new(self, &site, entry, &attempt.fixes) {
                Ok(one) => mended.push(one),
                Err(refusal) => {
                    let (entry, error) = *refusal;
                    refused.push((entry, Outcome::Refused(error)));
                }
            }
        }
        let now = clock::now();
        let JudgedAgain {
            outcomes,
            schema,
            appended,
            hits,
        } = self.judge_again(&tx, &configuration, &site, &mended, now).await?;
        let mut gone = Totals::default();
        let mut ids = Vec::new();
        let mut receipts = Vec::new();
        let mut redriven = Redriven {
            entries: refused,
            remaining: 0,
        };
        let entries: Vec<_> = mended.iter().map(|one| one.entry.clone()).collect();
        for (entry, (outcome, refusal)) in entries.into_iter().zip(outcomes) {
            match &outcome {
                Outcome::Refused(_) => {
                    if let Some(refusal) = refusal.filter(|refusal| **refusal != entry.refusal) {
                        quarantine::update(&tx, entry.id, &refusal).await?;
                    }
                }
                Outcome::Accepted(_) | Outcome::Duplicate { .. } => {
                    ids.push(entry.id);
                    receipts.push((entry.event.clone(), outcome.clone()));
                    gone.count -= 1;
                    gone.bytes -= entry.bytes;
                }
            }
            redriven.entries.push((entry, outcome));
        }
        redriven.entries.sort_by_key(|(entry, _)| entry.id);
        quarantine::remove(&tx, &ids).await?;
        redriven.remaining = quarantine::count(&tx, site.id, &attempt.filter).await?;
        let told = Told {
            redriven: &redriven,
            fixes: &attempt.fixes,
        };
        let change = Change::new(Operation::RedriveQuarantine, &site.name).on(site.id);
        audit::record(&tx, caller, change.after(&told)).await?;
        quarantine::add_totals(&tx, site.id, gone).await?;
        let receipts = receipts.iter().map(|(event, outcome)| (&**event, outcome));
        receive_again(&tx, &self.hasher, configuration.generation, receipts).await?;
        if attempt.dry_run {
            tx.rollback().await?;
            return Ok(redriven);
        }
        hits.write(&tx, &configuration, &appended.lost, now).await?;
        tx.commit().await?;
        schema.remember(self, &appended.lost);
        appended.remember(&self.database);
        self.fold_nudge.notify_one();
        if attempt.fixes.iter().any(|fix| matches!(fix, Fix::Retype { .. })) {
            self.refresh().await?;
        }
        Ok(redriven)
    }

    /// The configuration that the events are judged by, with the types that the fixes give. It is of this transaction
    /// alone, which may still be undone.
    async fn begin_redrive(&self, tx: &Transaction, caller: &Caller, fixes: &[Fix]) -> Result<Arc<Configuration>> {
        let retypes: Vec<_> = fixes
            .iter()
            .filter_map(|fix| match fix {
                Fix::Retype { name, kind } => Some((name, *kind)),
                _ => None,
            })
            .collect();
        if retypes.is_empty() {
            let (generation, _) = configuration::hold_generation(tx).await?;
            return self.registry.at_generation(tx, generation).await;
        }
        // Before anything is read: appends that rely on the types have ended then.
        configuration::raise(tx).await?;
        for (name, kind) in retypes {
            let found = tag_type::find(tx, [name.as_str()]).await?.pop();
            let (before, after) = retype(tx, found, name, kind).await?;
            let change = Change::new(Operation::RetypeTagType, name);
            audit::record(tx, caller, change.before(&before).after(&after)).await?;
        }
        tag_type::revise(tx).await?;
        self.registry.fresh(tx).await
    }

    /// Appends those that the lists and the schema let in.
    async fn judge_again<'a>(
        &self,
        tx: &Transaction,
        configuration: &'a Configuration,
        site: &Site,
        mended: &'a [Mended],
        now: Timestamp,
    ) -> Result<JudgedAgain<'a>> {
        let candidates: Vec<_> = mended.iter().flat_map(|one| one.candidates.iter().copied()).collect();
        let known = store::known(tx, &candidates).await?;
        let subjects = mended.iter().map(Mended::subject);
        let mut schema = Schema::open(tx, configuration, subjects, Purpose::Append, now).await?;
        let (mut claimed, mut rows, mut hits) = (HashSet::new(), Vec::new(), Tally::default());
        let mut judged: Vec<Option<Judged>> = Vec::with_capacity(mended.len());
        for one in mended {
            let event = &one.event;
            let stored = one.candidates.iter().any(|uid| known.get(uid) == Some(&site.id));
            if stored || claimed.contains(&event.uid) {
                judged.push(Some((Outcome::Duplicate { id: event.id.clone() }, None)));
                continue;
            }
            // Of the address there is no more than the site keeps.
            let verdict = configuration.judge(site.id, &RuleSubject::of(event, event.ip), now);
            hits.note(event, Some(&verdict));
            if let Some(refusal) = verdict.refusal {
                judged.push(Some((Outcome::Refused(refusal.into()), None)));
                continue;
            }
            judged.push(match schema.judge(one.subject()) {
                Err(refusal) => Some((Outcome::Refused(refusal.error()), Some(refusal))),
                Ok(()) => {
                    claimed.insert(event.uid);
                    rows.push(NewRow {
                        event,
                        tag: one.tag.as_deref(),
                    });
                    None
                }
            });
        }
        let appended = store::append(tx, &self.hasher, &rows).await?;
        schema.lock(tx, &self.hasher, &appended.lost, now).await?;
        let outcomes = mended.iter().zip(judged).map(|(one, judged)| {
            judged.unwrap_or_else(|| {
                let event = one.event.clone();
                if appended.lost.contains(&event.uid) {
                    (Outcome::Duplicate { id: event.id.clone() }, None)
                } else {
                    (Outcome::Accepted(event), None)
                }
            })
        });
        Ok(JudgedAgain {
            outcomes: outcomes.collect(),
            schema,
            appended,
            hits,
        })
    }
}

/// What became of events on their way in again, as far as it is written.
struct JudgedAgain<'a> {
    /// In the order of the events.
    outcomes: Vec<Judged>,
    schema: Schema<'a>,
    appended: store::Appended,
    /// What the lists are to count, once nothing else is to be written.
    hits: Tally<'a>,
}

/// What became of an event, and why the schema refuses it.
type Judged = (Outcome, Option<Box<Refusal>>);

/// Why an event that another rule than the tag schema refused cannot come in, before the lists and the schema are asked.
/// How old it is does not matter here, and the address that could not be read is left out.
fn still_refused(entry: &Entry, site: &Site) -> Option<Error> {
    let Refusal { code, path, .. } = &entry.refusal;
    // An actor that was too long is not the one who is called by its beginning, and whom a token does not name it still
    // does not.
    let stays = entry.is_final || matches!(code, Code::TooLong if path == "actor") || *code == Code::Forbidden;
    if stays {
        return Some(Error::new(*code, code.meaning()).at(path));
    }
    if SCHEMA_CODES.contains(code) {
        return None;
    }
    check_again(&entry.event, site).err()
}

/// Puts the names of fixes into the form in which they are kept.
fn check_fixes(fixes: &mut [Fix]) -> Result<()> {
    if fixes.len() > MOST_FIXES {
        let message = format!("At most {MOST_FIXES} fixes can be made at once.");
        return Err(Error::new(Code::TooManyItems, message).at("fixes"));
    }
    for (index, fix) in fixes.iter_mut().enumerate() {
        check_fix(fix).map_err(|error| error.below(&format!("fixes[{index}]")))?;
    }
    Ok(())
}

fn check_fix(fix: &mut Fix) -> Result<()> {
    match fix {
        Fix::Retype { name, .. } => *name = read_name(name).map_err(|error| error.below("retype"))?,
        Fix::Coerce { name, .. } => *name = read_name(name).map_err(|error| error.below("coerce"))?,
        Fix::Rename { from, to } => {
            // A name that is too long to have a type can still be mended, but no other can become it.
            *from = from.replace('.', "_");
            *to = read_name(to).map_err(|error| error.at("rename.to"))?;
            if to == tag::COMPUTED {
                let message = format!("“{to}” is always computed; choose another name.");
                return Err(Error::new(Code::ReservedName, message).at("rename.to"));
            }
            if from == to {
                return Err(Error::new(Code::InvalidArgument, "Both names are the same.").at("rename.to"));
            }
        }
    }
    Ok(())
}
