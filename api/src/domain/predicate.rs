//! What must hold of an event, as a tree of tests: what the languages of questions are compiled to. Each test either holds
//! or does not: what is missing makes none undecided, so that `Not` is simply the rest. Stores compile the same meaning to
//! SQL.

use std::{borrow::Cow, net::IpAddr};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{
    condition::{Condition, Op},
    dimension::Dimension,
    period::Span,
};

/// A text that an event has, or has not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Text {
    /// The event's public id. Never missing.
    Id,
    /// The device's id.
    Device,
    /// The page as it was sent.
    Url,
    /// The scope. Never missing.
    Scope,
    /// The country; `Localhost` for an address that is not of the internet, else empty. Never missing.
    Country,
    /// The same dimension's text, empty where there is none. Never missing.
    OrEmpty(Dimension),
    /// The text of a dimension; a value of another type is missing.
    Of(Dimension),
}

/// Letters A to Z made alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fold {
    /// To small ones.
    Lower,
    /// To capitals.
    Upper,
}

impl Fold {
    /// The text so.
    #[must_use]
    pub fn of(self, text: &str) -> String {
        match self {
            Self::Lower => text.to_ascii_lowercase(),
            Self::Upper => text.to_ascii_uppercase(),
        }
    }
}

/// How a text is tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Test {
    /// It is one of these.
    OneOf(Vec<String>),
    /// It begins so.
    Prefix(String),
    /// It ends so.
    Suffix(String),
    /// It contains this.
    Contains(String),
    /// It lies there in the order of code points; the operator is one of `Gt`, `Gte`, `Lt` and `Lte`.
    Order(Op, String),
}

impl Test {
    /// Whether it holds of a text.
    #[must_use]
    pub fn holds(&self, text: &str) -> bool {
        match self {
            Self::OneOf(list) => list.iter().any(|one| one == text),
            Self::Prefix(other) => text.starts_with(other.as_str()),
            Self::Suffix(other) => text.ends_with(other.as_str()),
            Self::Contains(other) => text.contains(other.as_str()),
            Self::Order(op, other) => in_order(*op, text.cmp(other.as_str())),
        }
    }
}

/// Whether two things that compare so stand in the order that an operator names.
#[must_use]
pub fn in_order(op: Op, found: std::cmp::Ordering) -> bool {
    match op {
        Op::Gt => found.is_gt(),
        Op::Gte => found.is_ge(),
        Op::Lt => found.is_lt(),
        Op::Lte => found.is_le(),
        _ => false,
    }
}

/// What must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Predicate {
    /// All of these; where there are none, always.
    All(Vec<Self>),
    /// One of these at least; where there are none, never.
    Any(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// Both or neither.
    Same(Box<Self>, Box<Self>),
    /// A condition on a dimension.
    Holds(Condition),
    /// A test of a text; what is missing fulfils none.
    Text {
        /// Which text.
        text: Text,
        /// Made alike first.
        fold: Option<Fold>,
        /// How.
        test: Test,
    },
    /// There is no such text.
    Missing(Text),
    /// It happened then, the time in nanoseconds since 1970; the operator is `Eq` or one of order.
    Time(Op, i64),
    /// Its address, as far as it is kept, is one of these.
    Address(Vec<IpAddr>),
    /// An address of it is kept.
    HasAddress,
    /// The tag holds something else than the page's title and the user.
    HasPayload,
}

/// The keys of a tag that the Profile Store's format has fields of its own for.
pub const RESERVED_KEYS: [&str; 2] = ["title", "User"];

/// What a predicate asks of an event.
pub trait Facts {
    /// The value of a dimension.
    fn value(&self, dimension: &Dimension) -> Option<Value>;
    /// A text.
    fn text(&self, text: &Text) -> Option<Cow<'_, str>>;
    /// When it happened, in nanoseconds since 1970.
    fn time(&self) -> i64;
    /// As much of its address as is kept.
    fn address(&self) -> Option<IpAddr>;
    /// Whether the tag holds something else than the page's title and the user.
    fn has_payload(&self) -> bool;
}

impl Predicate {
    /// What always holds, or never.
    #[must_use]
    pub fn constant(holds: bool) -> Self {
        if holds {
            Self::All(Vec::new())
        } else {
            Self::Any(Vec::new())
        }
    }

    /// The contrary.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// Whether it holds of an event.
    #[must_use]
    pub fn holds(&self, event: &impl Facts) -> bool {
        match self {
            Self::All(list) => list.iter().all(|one| one.holds(event)),
            Self::Any(list) => list.iter().any(|one| one.holds(event)),
            Self::Not(inner) => !inner.holds(event),
            Self::Same(one, other) => one.holds(event) == other.holds(event),
            Self::Holds(condition) => condition.holds(event.value(&condition.dimension).as_ref()),
            Self::Text { text, fold, test } => event.text(text).is_some_and(|text| match fold {
                Some(fold) => test.holds(&fold.of(&text)),
                None => test.holds(&text),
            }),
            Self::Missing(text) => event.text(text).is_none(),
            Self::Time(Op::Eq, time) => event.time() == *time,
            Self::Time(op, time) => in_order(*op, event.time().cmp(time)),
            Self::Address(list) => event.address().is_some_and(|address| list.contains(&address)),
            Self::HasAddress => event.address().is_some(),
            Self::HasPayload => event.has_payload(),
        }
    }

    /// The stretch of time that all events lie in of which it holds, where it says so itself.
    #[must_use]
    pub fn span(&self) -> Span {
        let whole = Span {
            from: i64::MIN,
            to: i64::MAX,
        };
        match self {
            Self::All(list) => list.iter().map(Self::span).fold(whole, |one, other| Span {
                from: one.from.max(other.from),
                to: one.to.min(other.to),
            }),
            Self::Time(op, time) => match op {
                Op::Eq => Span {
                    from: *time,
                    to: time.saturating_add(1),
                },
                Op::Gt | Op::Gte => Span { from: *time, ..whole },
                Op::Lt => Span { to: *time, ..whole },
                Op::Lte => Span {
                    to: time.saturating_add(1),
                    ..whole
                },
                _ => whole,
            },
            _ => whole,
        }
    }

    /// Adds the dimensions that it asks for; an event's page counts as its host, which is found in the same place.
    pub fn dimensions<'a>(&'a self, found: &mut Vec<&'a Dimension>) {
        match self {
            Self::All(list) | Self::Any(list) => list.iter().for_each(|one| one.dimensions(found)),
            Self::Not(inner) => inner.dimensions(found),
            Self::Same(one, other) => {
                one.dimensions(found);
                other.dimensions(found);
            }
            Self::Holds(condition) => found.push(&condition.dimension),
            Self::Text { text, .. } | Self::Missing(text) => found.extend(text.dimension()),
            Self::Time(..) | Self::Address(_) | Self::HasAddress | Self::HasPayload => {}
        }
    }
}

impl Text {
    /// The dimension that it is found with, if any.
    #[must_use]
    pub fn dimension(&self) -> Option<&Dimension> {
        match self {
            Self::Url => Some(&Dimension::UrlHost),
            Self::OrEmpty(dimension) | Self::Of(dimension) => Some(dimension),
            Self::Id | Self::Device | Self::Scope | Self::Country => None,
        }
    }
}

/// Whether an address is of no network but one's own: this machine, or a private range.
#[must_use]
pub fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        // Of what is kept of an address the last bits may be gone.
        IpAddr::V6(address) => {
            let first = address.segments()[0];
            address.is_loopback() || address.is_unspecified() || first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80
        }
    }
}
