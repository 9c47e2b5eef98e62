//! Profiles: what is said of users and companies by calls that identify them. What is said later counts; what came late
//! only fills what nobody has said since.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::{error::Error, event::NewEvent, site::stored};

/// Whom or what a profile is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProfileKind {
    /// A user, or a device while its user is not known.
    User,
    /// A company.
    Company,
    /// What a company has subscribed to.
    Subscription,
}

stored!(ProfileKind { User = 0, Company = 1, Subscription = 2 });

impl ProfileKind {
    /// The field of an event that names it.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::User => "actor",
            Self::Company => "company",
            Self::Subscription => "subscription",
        }
    }

    /// The action by which quarantine tells what was said of it.
    #[must_use]
    pub fn said(self) -> &'static str {
        match self {
            Self::User => "identify",
            Self::Company => "group",
            Self::Subscription => "subscription",
        }
    }
}

/// Sessions of one profile that are remembered, the latest.
const MOST_SESSIONS: usize = 100;

/// What a door was told of a user or a company: nothing checked yet.
#[derive(Debug, Clone, Default)]
pub struct NewProfile {
    /// Its id: a user's, or where that is not known a device's; or a company's.
    pub name: String,
    /// What is said of it: an object, of which nothing that is `null` counts; a subscription's is kept as it was sent.
    pub traits: Option<Value>,
    /// Of a user: the company that it acts for; of a subscription: whose it is.
    pub company: Option<String>,
    /// Of a user: the device that it was known by.
    pub device: Option<String>,
    /// What brought it here.
    pub campaign: Map<String, Value>,
    /// Sessions of its.
    pub sessions: Vec<String>,
    /// When that was so, in RFC 3339.
    pub time: Option<String>,
    /// The client's clock when it sent this.
    pub sent: Option<String>,
}

/// One thing that a door was told.
#[derive(Debug, Clone)]
pub enum Message {
    /// Something happened.
    Event(Box<NewEvent>),
    /// Something is so.
    Profile(ProfileKind, Box<NewProfile>),
    /// Two ids are one actor's.
    Alias {
        /// The id that was used before.
        previous: String,
        /// The one that stays.
        actor: String,
    },
    /// It cannot be any of these; what of it can be kept, with why it is refused.
    Unreadable(Box<NewEvent>, Error),
}

/// What is known of where somebody came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Touch {
    /// When, in nanoseconds since 1970.
    pub at: i64,
    /// By what.
    pub campaign: Map<String, Value>,
}

/// What is kept beside the traits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// When each trait was said, in nanoseconds since 1970, in the shape of the traits.
    stamps: Map<String, Value>,
    /// When the company was said.
    company_at: i64,
    /// What first brought it here.
    pub first_touch: Option<Touch>,
    /// What last brought it here.
    pub last_touch: Option<Touch>,
    /// Its sessions, the latest last.
    #[serde(default)]
    pub sessions: Vec<String>,
}

/// A user or a company, as far as it is known.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Internal number.
    pub id: i64,
    /// Whether it is a user or a company.
    pub kind: ProfileKind,
    /// Its id.
    pub name: String,
    /// What is said of it.
    pub traits: Map<String, Value>,
    /// What is kept beside.
    pub memory: Memory,
    /// Of a user: the company that it acts for.
    pub company: Option<String>,
    /// The earliest time that something was said of, in nanoseconds since 1970.
    pub first_seen: i64,
    /// The latest time that something was said of, in nanoseconds since 1970.
    pub last_seen: i64,
}

/// What was said at one moment, checked.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// The moment, in nanoseconds since 1970.
    pub at: i64,
    /// Traits; none but a subscription's are `null`.
    pub traits: Map<String, Value>,
    /// The company.
    pub company: Option<String>,
    /// What brought it here.
    pub campaign: Map<String, Value>,
    /// Sessions.
    pub sessions: Vec<String>,
}

impl Profile {
    /// Takes in what was said.
    pub fn hear(&mut self, said: Said) {
        let Said {
            at,
            traits,
            company,
            campaign,
            sessions,
        } = said;
        merge(&mut self.traits, &mut self.memory.stamps, traits, &Stamp::All(at));
        self.hear_company(company, at);
        self.hear_sessions(sessions);
        if !campaign.is_empty() {
            let touch = Touch { at, campaign };
            self.touch(Some(touch.clone()), Some(touch));
        }
        self.first_seen = self.first_seen.min(at);
        self.last_seen = self.last_seen.max(at);
    }

    /// Takes in all that is known of another, which turned out to be the same.
    pub fn absorb(&mut self, other: Self) {
        let stamps = Value::Object(other.memory.stamps);
        merge(
            &mut self.traits,
            &mut self.memory.stamps,
            other.traits,
            &Stamp::Each(&stamps),
        );
        self.hear_company(other.company, other.memory.company_at);
        self.hear_sessions(other.memory.sessions);
        self.touch(other.memory.first_touch, other.memory.last_touch);
        self.first_seen = self.first_seen.min(other.first_seen);
        self.last_seen = self.last_seen.max(other.last_seen);
    }

    fn hear_company(&mut self, company: Option<String>, at: i64) {
        if company.is_some() && (self.company.is_none() || at >= self.memory.company_at) {
            self.company = company;
            self.memory.company_at = at;
        }
    }

    fn hear_sessions(&mut self, sessions: Vec<String>) {
        let known = &mut self.memory.sessions;
        for session in sessions {
            if !known.contains(&session) {
                known.push(session);
            }
        }
        known.drain(..known.len().saturating_sub(MOST_SESSIONS));
    }

    fn touch(&mut self, first: Option<Touch>, last: Option<Touch>) {
        let memory = &mut self.memory;
        if let Some(first) = first
            && memory.first_touch.as_ref().is_none_or(|known| first.at < known.at)
        {
            memory.first_touch = Some(first);
        }
        if let Some(last) = last
            && memory.last_touch.as_ref().is_none_or(|known| last.at >= known.at)
        {
            memory.last_touch = Some(last);
        }
    }
}

/// An object without its fields that are `null`, at any depth: they say nothing.
#[must_use]
pub fn without_nulls(object: Map<String, Value>) -> Map<String, Value> {
    let kept = object.into_iter().filter_map(|(name, value)| match value {
        Value::Null => None,
        Value::Object(inner) => Some((name, Value::Object(without_nulls(inner)))),
        other => Some((name, other)),
    });
    kept.collect()
}

/// When the fields of an object were said.
enum Stamp<'a> {
    /// All at once.
    All(i64),
    /// Each at its own time.
    Each(&'a Value),
}

impl Stamp<'_> {
    fn of(&self, name: &str) -> Stamp<'_> {
        match self {
            Self::All(at) => Stamp::All(*at),
            Self::Each(stamps) => match stamps.get(name) {
                Some(inner) => Stamp::Each(inner),
                None => Stamp::All(newest(stamps)),
            },
        }
    }

    fn newest(&self) -> i64 {
        match self {
            Self::All(at) => *at,
            Self::Each(stamps) => newest(stamps),
        }
    }

    /// The stamps of a value as they are kept.
    fn kept(&self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let inner = fields
                    .iter()
                    .map(|(name, value)| (name.clone(), self.of(name).kept(value)));
                Value::Object(inner.collect())
            }
            _ => self.newest().into(),
        }
    }
}

fn newest(stamps: &Value) -> i64 {
    match stamps {
        Value::Object(fields) => fields.values().map(newest).max().unwrap_or(i64::MIN),
        other => other.as_i64().unwrap_or(i64::MIN),
    }
}

/// Merges objects field by field: of what both have, the later counts. A `null`, which only what is kept as it was sent
/// has, is as good as not given, and takes the place of nothing.
fn merge(known: &mut Map<String, Value>, stamps: &mut Map<String, Value>, more: Map<String, Value>, said: &Stamp<'_>) {
    for (name, value) in more {
        let own = said.of(&name);
        match (known.get_mut(&name), value) {
            (Some(Value::Object(inner)), Value::Object(more)) => {
                let kept = stamps.entry(name).or_insert_with(|| Value::Object(Map::new()));
                if !kept.is_object() {
                    *kept = Value::Object(Map::new());
                }
                if let Value::Object(kept) = kept {
                    merge(inner, kept, more, &own);
                }
            }
            (Some(old), Value::Null) if !old.is_null() => {}
            (old, value) => {
                let before = stamps.get(&name).map_or(i64::MIN, newest);
                if old.is_none_or(|old| old.is_null()) || own.newest() >= before {
                    stamps.insert(name.clone(), own.kept(&value));
                    known.insert(name, value);
                }
            }
        }
    }
}

impl Profile {
    /// One of which nothing is known yet but that it was spoken of.
    #[must_use]
    pub fn new(id: i64, kind: ProfileKind, name: String) -> Self {
        Self {
            id,
            kind,
            name,
            traits: Map::new(),
            memory: Memory::default(),
            company: None,
            first_seen: i64::MAX,
            last_seen: i64::MIN,
        }
    }

    /// The first moment that something was said of.
    #[must_use]
    pub fn first(&self) -> Option<Timestamp> {
        Timestamp::from_nanosecond(self.first_seen.into()).ok()
    }

    /// The last moment that something was said of.
    #[must_use]
    pub fn last(&self) -> Option<Timestamp> {
        Timestamp::from_nanosecond(self.last_seen.into()).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(object) => object,
            other => panic!("{other} is no object"),
        }
    }

    fn said(at: i64, traits: Value) -> Said {
        Said {
            at,
            traits: object(traits),
            ..Said::default()
        }
    }

    fn profile() -> Profile {
        Profile::new(1, ProfileKind::User, "ada".into())
    }

    #[test]
    fn traits_are_merged_at_every_depth_and_the_later_counts() {
        let mut ada = profile();
        ada.hear(said(
            10,
            json!({"name": "Ada", "address": {"city": "London", "zip": "W1"}}),
        ));
        ada.hear(said(30, json!({"address": {"city": "Paris"}, "plan": "pro"})));
        // It comes late: what was said since stays, and what nobody said is filled in.
        ada.hear(said(
            20,
            json!({"address": {"city": "Rome", "street": "Via"}, "plan": "free", "age": 36}),
        ));
        let expected = json!({
            "name": "Ada", "address": {"city": "Paris", "zip": "W1", "street": "Via"}, "plan": "pro", "age": 36,
        });
        assert_eq!(Value::Object(ada.traits), expected);
        assert_eq!((ada.first_seen, ada.last_seen), (10, 30));
    }

    #[test]
    fn a_null_stands_until_something_is_said_whenever_that_was() {
        let mut plan = Profile::new(1, ProfileKind::Subscription, "s1".into());
        plan.hear(said(
            20,
            json!({"end": null, "quota": {"a.b": null}, "status": "active"}),
        ));
        assert_eq!(
            Value::Object(plan.traits.clone()),
            json!({"end": null, "quota": {"a.b": null}, "status": "active"})
        );
        plan.hear(said(10, json!({"end": "soon", "quota": {"a.b": 1}})));
        plan.hear(said(30, json!({"end": null, "quota": null, "status": "ended"})));
        assert_eq!(
            Value::Object(plan.traits),
            json!({"end": "soon", "quota": {"a.b": 1}, "status": "ended"})
        );
    }

    #[test]
    fn the_first_touch_stays_and_the_last_moves() {
        let touch = |at, source: &str| Said {
            at,
            campaign: object(json!({"source": source})),
            ..Said::default()
        };
        let mut ada = profile();
        for (at, source) in [(20, "b"), (30, "c"), (10, "a"), (25, "x")] {
            ada.hear(touch(at, source));
        }
        let source = |touch: Option<Touch>| touch.map(|touch| (touch.at, touch.campaign["source"].clone()));
        assert_eq!(source(ada.memory.first_touch), Some((10, json!("a"))));
        assert_eq!(source(ada.memory.last_touch), Some((30, json!("c"))));
    }

    #[test]
    fn what_is_null_says_nothing() {
        let stripped = without_nulls(object(json!({"a": null, "b": {"c": null, "d": 1}, "e": [null]})));
        assert_eq!(Value::Object(stripped), json!({"b": {"d": 1}, "e": [null]}));
    }

    proptest! {
        /// Whatever order calls arrive in, and however profiles are put together, the same comes out.
        #[test]
        fn the_order_of_arrival_does_not_matter(
            calls in prop::collection::vec((0..6_usize, 0..4_usize, any::<u8>()), 1..12),
            cut in 0..12_usize,
            turn in 0..12_usize,
        ) {
            let all: Vec<_> = calls
                .iter()
                .enumerate()
                .map(|(index, (outer, inner, value))| {
                    // Moments are distinct: at the same one, the later to arrive counts.
                    let at = i64::try_from(index).unwrap_or_default();
                    said(at, json!({format!("o{outer}"): {format!("i{inner}"): value}, format!("p{inner}"): value}))
                })
                .collect();
            let mut straight = profile();
            all.iter().cloned().for_each(|one| straight.hear(one));
            let mut turned = all.clone();
            turned.rotate_left(turn % all.len());
            turned.reverse();
            let (cut, mut one, mut other) = (cut.min(all.len()), profile(), profile());
            turned[..cut].iter().cloned().for_each(|said| one.hear(said));
            turned[cut..].iter().cloned().for_each(|said| other.hear(said));
            one.absorb(other);
            prop_assert_eq!(one.traits, straight.traits);
            prop_assert_eq!((one.first_seen, one.last_seen), (straight.first_seen, straight.last_seen));
        }
    }
}
