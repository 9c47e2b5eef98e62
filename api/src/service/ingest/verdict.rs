//! What becomes of the events of a batch, judged in order by what the append transaction sees, before any is written.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;
use jiff::Timestamp;

use super::{
    Prepared,
    overwrite::{self, Replaced},
    step::admit_event,
};
use crate::{
    domain::{error::Error, event::Outcome, rule, tag_type::Refusal},
    service::{registry::Configuration, rule::Tally, tag::Schema},
    store::NewRow,
};

/// What becomes of a batch before it is written.
pub(super) struct Verdicts<'a> {
    /// What became of each event; none yet of those that are admitted.
    pub(super) outcomes: Vec<Option<Outcome>>,
    pub(super) admitted: Vec<NewRow<'a>>,
    /// What quarantine keeps, and why.
    pub(super) misfits: Vec<(&'a Prepared, Box<Refusal>)>,
    pub(super) hits: Tally<'a>,
    pub(super) replaced: Replaced,
}

/// Judges the events of a batch in order: `known` are those ids of theirs that are stored.
pub(super) fn judge<'a>(
    (prepared, known): (&[&'a Prepared], &HashMap<[u8; 16], i64>),
    configuration: &Configuration,
    schema: &mut Schema<'a>,
    replaced: Replaced,
    now: Timestamp,
) -> Verdicts<'a> {
    let mut claimed: HashSet<_, RandomState> = HashSet::default();
    let mut verdicts = Verdicts {
        outcomes: Vec::with_capacity(prepared.len()),
        admitted: Vec::with_capacity(prepared.len()),
        misfits: Vec::new(),
        hits: Tally::default(),
        replaced,
    };
    for one in prepared {
        let event = &one.event;
        let stored = one.candidates.iter().any(|uid| known.get(uid) == Some(&event.site));
        let repeated = claimed.contains(&event.uid);
        let outcome = if (stored || repeated) && !one.overwrites {
            Some(Outcome::Duplicate { id: event.id.clone() })
        } else if let Some(error) = verdicts.refuse(one, configuration, schema, now) {
            Some(Outcome::Refused(error))
        } else if repeated {
            overwrite::take_back(event, &mut verdicts.admitted, (prepared, &mut verdicts.outcomes));
            None
        } else if stored {
            verdicts.replaced.add(event).err().map(Outcome::Refused)
        } else {
            None
        };
        if outcome.is_none() {
            claimed.insert(event.uid);
            verdicts.admitted.push(NewRow {
                event,
                tag: one.tag.as_deref(),
            });
        }
        verdicts.outcomes.push(outcome);
    }
    verdicts
}

impl<'a> Verdicts<'a> {
    /// Why an event is refused, if it is: by its door or a step before, by the site's lists, or by the tag schema.
    fn refuse(
        &mut self,
        one: &'a Prepared,
        configuration: &Configuration,
        schema: &mut Schema<'a>,
        now: Timestamp,
    ) -> Option<Error> {
        if let Some(dropped) = one.refused.as_deref() {
            self.misfits.push((one, Box::new(dropped.refusal.clone())));
            return Some(dropped.error.clone());
        }
        let verdict = admit_event::run(configuration, one, now);
        self.hits.note(&one.event, verdict.as_deref().ok());
        match verdict.map(|verdict| verdict.refusal) {
            Err(error) => Some(error),
            Ok(Some(refusal)) => {
                let (error, misfit) = one.denied(refusal);
                self.misfits.extend(misfit.map(|misfit| (one, misfit)));
                Some(error)
            }
            Ok(None) => {
                let refusal = schema.judge(one.subject()).err()?;
                let error = refusal.error();
                self.misfits.push((one, refusal));
                Some(error)
            }
        }
    }
}

impl Prepared {
    /// What its sender is told where the site's lists refuse it, and what quarantine is where it is kept.
    fn denied(&self, refusal: rule::Refusal) -> (Error, Option<Box<Refusal>>) {
        let error = Error::from(refusal);
        let kept = self.event.door.is_dialect();
        let misfit = kept.then(|| Box::new(Refusal::from(&error)));
        (error, misfit)
    }
}
