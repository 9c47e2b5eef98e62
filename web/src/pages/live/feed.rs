//! What is on the page, and how the stream is that brings it.

use std::collections::HashSet;

use leptos::prelude::*;

use crate::api::{event::Event, failure::Failure};

/// Events on the page; older ones go.
pub(super) const MOST: usize = 500;

/// How the stream is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    Connecting,
    Running,
    Broken,
    Refused(Failure),
}

/// What is below the filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    Loading,
    Nothing,
    Empty,
    Rows,
}

/// What is on the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Feed {
    pub(super) condition: RwSignal<Condition>,
    pub(super) shown: RwSignal<Vec<Event>>,
    /// What has come while the page is held still.
    pub(super) waiting: RwSignal<Vec<Event>>,
    pub(super) paused: RwSignal<bool>,
    /// Whether it is known by now what there was before.
    answered: RwSignal<bool>,
    /// While something may be missing: the ids that were there when nothing was. However often the connection breaks
    /// until the rest has come, all from there on is asked for.
    whole_up_to: StoredValue<Option<HashSet<String>>>,
    /// Counts the streams and their connections: what a question of an earlier one brings late belongs to other filters,
    /// or to another site, or is asked once more by now.
    round: StoredValue<usize>,
}

impl Feed {
    /// Nothing, of no stream.
    pub(super) fn new() -> Self {
        Self {
            condition: RwSignal::new(Condition::Connecting),
            shown: RwSignal::new(Vec::new()),
            waiting: RwSignal::new(Vec::new()),
            paused: RwSignal::new(false),
            answered: RwSignal::new(false),
            whole_up_to: StoredValue::new(None),
            round: StoredValue::new(0),
        }
    }

    /// Whether the page is still at this round; not once it was left.
    pub(super) fn is_at(self, round: usize) -> bool {
        self.round.try_get_value() == Some(round)
    }

    /// Tells how the stream is.
    pub(super) fn tell(self, round: usize, condition: Condition) {
        if self.is_at(round) {
            self.condition.set(condition);
        }
    }

    /// Takes events in, the latest first; those that are there already are not taken twice. One that was missed comes to
    /// stand where it belongs, below what arrived after it.
    pub(super) fn take(self, round: usize, events: Vec<Event>) {
        if !self.is_at(round) {
            return;
        }
        let (shown, waiting) = (self.shown.get_untracked(), self.waiting.get_untracked());
        let known: HashSet<&str> = waiting.iter().chain(&shown).map(id).collect();
        if events.iter().all(|event| known.contains(id(event))) {
            return;
        }
        let (list, mut merged) = if self.paused.get_untracked() {
            (self.waiting, waiting.clone())
        } else {
            (self.shown, shown.clone())
        };
        let mut place = 0;
        for event in events {
            if let Some(found) = merged.iter().position(|one| one.id == event.id) {
                place = found + 1;
            } else if !known.contains(id(&event)) {
                merged.insert(place, event);
                place += 1;
            }
        }
        merged.truncate(MOST);
        list.set(merged);
    }

    /// Holds the page still, or shows what has come meanwhile.
    pub(super) fn pause(self, paused: bool) {
        self.paused.set(paused);
        if !paused {
            let waiting = self.waiting.get_untracked();
            self.waiting.set(Vec::new());
            self.shown.update(|list| {
                list.splice(0..0, waiting);
                list.truncate(MOST);
            });
        }
    }

    /// Begins with nothing; gives the round.
    pub(super) fn clear(self) -> usize {
        self.shown.set(Vec::new());
        self.waiting.set(Vec::new());
        self.answered.set(false);
        self.whole_up_to.set_value(Some(HashSet::new()));
        self.condition.set(Condition::Connecting);
        self.next_round()
    }

    /// The stream brings nothing more for now: from here on something may be missing, unless it was before. Gives the
    /// round that begins.
    pub(super) fn lose(self, round: usize, condition: Condition) -> usize {
        if !self.is_at(round) {
            return round;
        }
        let (shown, waiting) = (self.shown.get_untracked(), self.waiting.get_untracked());
        let known = || waiting.iter().chain(&shown).map(|event| id(event).to_owned()).collect();
        self.whole_up_to.update_value(|ids| {
            ids.get_or_insert_with(known);
        });
        self.condition.set(condition);
        self.next_round()
    }

    /// The ids up to which what was missed is asked for. None before anything is known, and where the page was left.
    pub(super) fn known(self) -> Option<HashSet<String>> {
        if !self.answered.try_get_untracked()? {
            return None;
        }
        self.whole_up_to.try_get_value()?
    }

    /// What was missed has come, up to what was there at one moment.
    pub(super) fn catch_up(self, round: usize, ids: HashSet<String>) {
        if self.is_at(round) {
            self.answered.set(true);
            self.whole_up_to.set_value(Some(ids));
            self.condition.set(Condition::Running);
        }
    }

    /// All that was missed has come, and the stream brings the rest.
    pub(super) fn is_whole(self, round: usize) {
        if self.is_at(round) {
            self.whole_up_to.set_value(None);
        }
    }

    fn next_round(self) -> usize {
        self.round.update_value(|round| *round += 1);
        self.round.get_value()
    }

    /// What is below the filters now.
    pub(super) fn body(self) -> Body {
        let is_refused = self.condition.with(|now| matches!(now, Condition::Refused(_)));
        match (self.shown.with(Vec::is_empty), self.answered.get()) {
            (false, _) => Body::Rows,
            (true, _) if is_refused => Body::Nothing,
            (true, true) => Body::Empty,
            (true, false) => Body::Loading,
        }
    }
}

/// The id of an event.
pub(super) fn id(event: &Event) -> &str {
    event.id.inner()
}
