//! Small numbers for dimension values, so that counting up compares numbers and not texts.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::cell::FastMap;
use crate::{
    domain::{condition::canonical, dimension::Dimension, error::Result, event::TrafficSource},
    store::{Transaction, dictionary, tail::Fact},
};

/// A dimension's value within one batch.
pub(in crate::service) type Atom = u32;

/// The atom of no value.
pub(in crate::service) const MISSING: Atom = 0;

/// The values of one batch.
pub(in crate::service) struct Atoms {
    /// JSON texts by atom; the first stands for no value.
    texts: Vec<Box<str>>,
    /// By the text itself, for values that are texts: nothing has to be written as JSON to find them.
    by_string: FastMap<Box<str>, Atom>,
    /// By the JSON text, for all others.
    by_json: FastMap<Box<str>, Atom>,
    words: FastMap<i64, Atom>,
    actions: FastMap<i64, Arc<str>>,
    /// Host and path.
    addresses: FastMap<i64, [Atom; 2]>,
    /// Device, browser, system, bot.
    agents: FastMap<i64, [Atom; 4]>,
    sources: [Atom; TrafficSource::ALL.len()],
}

impl Atoms {
    pub(super) fn new() -> Self {
        let mut atoms = Self {
            texts: vec!["".into()],
            by_string: FastMap::default(),
            by_json: FastMap::default(),
            words: FastMap::default(),
            actions: FastMap::default(),
            addresses: FastMap::default(),
            agents: FastMap::default(),
            sources: [MISSING; TrafficSource::ALL.len()],
        };
        for (index, source) in TrafficSource::ALL.into_iter().enumerate() {
            atoms.sources[index] = atoms.intern_string(source.name());
        }
        atoms
    }

    /// Looks up what the dictionaries say of these events, as far as the dimensions need it.
    pub(super) async fn load(&mut self, tx: &Transaction, dimensions: &[Dimension], facts: &[Fact]) -> Result<()> {
        let wanted = |test: fn(&Dimension) -> bool| dimensions.iter().any(test);
        let actions = dictionary::texts(tx, facts.iter().filter_map(Fact::action).collect()).await?;
        self.actions.extend(actions);
        let columns: Vec<_> = dimensions.iter().filter_map(text_column).collect();
        let words = facts
            .iter()
            .flat_map(|fact| columns.iter().filter_map(|column| fact.texts[*column]));
        for (id, text) in dictionary::texts(tx, words.collect()).await? {
            let atom = self.intern_string(&text);
            self.words.insert(id, atom);
        }
        let pages = wanted(|one| matches!(one, Dimension::UrlHost | Dimension::UrlPath));
        let referrers = wanted(|one| matches!(one, Dimension::ReferrerHost));
        let addresses = facts
            .iter()
            .flat_map(|fact| [fact.url.filter(|_| pages), fact.referrer.filter(|_| referrers)]);
        for (id, address) in dictionary::addresses(tx, addresses.flatten().collect()).await? {
            let own = [
                self.intern_text(address.host.as_deref()),
                self.intern_text(address.path.as_deref()),
            ];
            self.addresses.insert(id, own);
        }
        if wanted(|one| {
            matches!(
                one,
                Dimension::Device | Dimension::Browser | Dimension::Os | Dimension::Bot
            )
        }) {
            for (id, agent) in dictionary::agents(tx, facts.iter().filter_map(|fact| fact.agent).collect()).await? {
                let own = [
                    self.intern_string(&agent.device),
                    self.intern_text(agent.browser.as_deref()),
                    self.intern_text(agent.os.as_deref()),
                    self.intern_value(&Value::Bool(agent.bot)),
                ];
                self.agents.insert(id, own);
            }
        }
        Ok(())
    }

    /// The value of an event's dimension.
    pub(super) fn of(&mut self, dimension: &Dimension, fact: &Fact) -> Atom {
        if let Some(column) = text_column(dimension) {
            return fact.texts[column]
                .and_then(|id| self.words.get(&id))
                .copied()
                .unwrap_or(MISSING);
        }
        let address = |id: Option<i64>, part: usize| {
            id.and_then(|id| self.addresses.get(&id))
                .map_or(MISSING, |own| own[part])
        };
        let agent = |part: usize| {
            fact.agent
                .and_then(|id| self.agents.get(&id))
                .map_or(MISSING, |own| own[part])
        };
        match dimension {
            Dimension::UrlHost => address(fact.url, 0),
            Dimension::UrlPath => address(fact.url, 1),
            Dimension::ReferrerHost => address(fact.referrer, 0),
            Dimension::Device => agent(0),
            Dimension::Browser => agent(1),
            Dimension::Os => agent(2),
            Dimension::Bot => agent(3),
            Dimension::TrafficSource => self.sources[usize::try_from(fact.traffic_source.code()).unwrap_or_default()],
            Dimension::Tag(keys) => match fact.tag.as_ref().and_then(|tag| field(tag, keys)) {
                Some(value) => self.intern_value(value),
                None => MISSING,
            },
            _ => MISSING,
        }
    }

    /// The text of an action's number.
    pub(super) fn action(&self, id: i64) -> Option<&str> {
        self.actions.get(&id).map(|action| &**action)
    }

    /// The JSON text of a value.
    pub(super) fn text(&self, atom: Atom) -> Option<&str> {
        (atom != MISSING)
            .then(|| self.texts.get(atom as usize).map(|text| &**text))
            .flatten()
    }

    fn intern_text(&mut self, text: Option<&str>) -> Atom {
        text.map_or(MISSING, |text| self.intern_string(text))
    }

    fn intern_value(&mut self, value: &Value) -> Atom {
        if let Value::String(text) = value {
            return self.intern_string(text);
        }
        let json = canonical(value);
        if let Some(atom) = self.by_json.get(json.as_str()) {
            return *atom;
        }
        let atom = self.push(json.as_str().into());
        self.by_json.insert(json.into(), atom);
        atom
    }

    fn intern_string(&mut self, text: &str) -> Atom {
        if let Some(atom) = self.by_string.get(text) {
            return *atom;
        }
        let atom = self.push(canonical(&text.into()).into());
        self.by_string.insert(text.into(), atom);
        atom
    }

    fn push(&mut self, json: Box<str>) -> Atom {
        let atom = Atom::try_from(self.texts.len()).unwrap_or(MISSING);
        self.texts.push(json);
        atom
    }
}

/// The position in [`Fact::texts`] of a dimension that is a text.
fn text_column(dimension: &Dimension) -> Option<usize> {
    let order = [
        Dimension::Action,
        Dimension::Label,
        Dimension::Actor,
        Dimension::Session,
        Dimension::Company,
        Dimension::Language,
        Dimension::Country,
        Dimension::City,
    ];
    order.iter().position(|one| one == dimension)
}

/// The value of a tag field, by the keys on the way.
pub(in crate::service) fn field<'a>(tag: &'a Map<String, Value>, keys: &[String]) -> Option<&'a Value> {
    let (first, rest) = keys.split_first()?;
    rest.iter()
        .try_fold(tag.get(first)?, |value, key| value.as_object()?.get(key))
}
