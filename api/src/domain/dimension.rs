//! Dimensions: what events can be filtered and grouped by.

use std::fmt;

use crate::domain::{
    error::{Code, Error, Result},
    profile::ProfileKind,
};

/// Something to filter or group by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Dimension {
    /// The event's name.
    Action,
    /// The short text beside it.
    Label,
    /// The page's host.
    UrlHost,
    /// The page's path.
    UrlPath,
    /// The referrer's host.
    ReferrerHost,
    /// `direct`, `search`, `click.st` or `other`.
    TrafficSource,
    /// Kind of device.
    Device,
    /// Family of browser.
    Browser,
    /// Family of operating system.
    Os,
    /// Whether the user agent is a program.
    Bot,
    /// Two letters.
    Country,
    /// The city.
    City,
    /// The actor's language.
    Language,
    /// The organisation.
    Company,
    /// Who did it.
    Actor,
    /// The session's id.
    Session,
    /// A field of the tag, by the keys on the way to it.
    Tag(Vec<String>),
    /// A trait of the event's actor or company as it is known now, by the keys on the way to it. Only raw events are asked
    /// for it: what is counted once does not change with what is said later.
    Trait(ProfileKind, Vec<String>),
}

/// Keys on the way to one tag field: as deep as a tag may nest.
const MOST_KEYS: usize = 64;

impl Dimension {
    /// Every dimension but the tag's fields.
    pub const PLAIN: [Self; 16] = [
        Self::Action,
        Self::Label,
        Self::UrlHost,
        Self::UrlPath,
        Self::ReferrerHost,
        Self::TrafficSource,
        Self::Device,
        Self::Browser,
        Self::Os,
        Self::Bot,
        Self::Country,
        Self::City,
        Self::Language,
        Self::Company,
        Self::Actor,
        Self::Session,
    ];

    /// Reads a name such as `url.path` or `tag.referral.network`.
    ///
    /// # Errors
    /// `UNKNOWN_DIMENSION` lists the names there are.
    pub fn parse(name: &str) -> Result<Self> {
        if let Some(path) = name.strip_prefix("tag.") {
            return match path {
                // Always computed, and readable under both names.
                "traffic_source" => Ok(Self::TrafficSource),
                path => keys(path).map(Self::Tag).ok_or_else(|| unknown(name)),
            };
        }
        Self::PLAIN
            .into_iter()
            .find(|one| one.to_string() == name)
            .ok_or_else(|| unknown(name))
    }
}

impl Dimension {
    /// Reads a name that may also be that of a trait, such as `actor.plan` or `company.address.city`.
    ///
    /// # Errors
    /// `UNKNOWN_DIMENSION` lists the names there are.
    pub fn parse_with_traits(name: &str) -> Result<Self> {
        let of = |prefix: &str, kind: ProfileKind| {
            let keys = keys(name.strip_prefix(prefix)?)?;
            Some(Self::Trait(kind, keys))
        };
        let found = of("actor.", ProfileKind::User).or_else(|| of("company.", ProfileKind::Company));
        found.map_or_else(|| Self::parse(name), Ok)
    }
}

/// The keys of a path; none where it is no path.
fn keys(path: &str) -> Option<Vec<String>> {
    let keys: Vec<String> = path.split('.').map(str::to_owned).collect();
    let fine = keys.len() <= MOST_KEYS
        && path.len() <= 1_024
        && keys.iter().all(|key| !key.is_empty())
        && !path.contains('\0');
    fine.then_some(keys)
}

fn unknown(name: &str) -> Error {
    let plain = Dimension::PLAIN.map(|one| one.to_string()).join(", ");
    let shown: String = name.chars().take(100).collect();
    Error::new(
        Code::UnknownDimension,
        format!(
            "There is no dimension “{shown}”; there are: {plain}, and tag.<path>; in `find` of raw events also actor.<trait> \
             and company.<trait>."
        ),
    )
}

impl From<Dimension> for String {
    fn from(dimension: Dimension) -> Self {
        dimension.to_string()
    }
}

impl TryFrom<String> for Dimension {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        Self::parse(&name)
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Action => "action",
            Self::Label => "label",
            Self::UrlHost => "url.host",
            Self::UrlPath => "url.path",
            Self::ReferrerHost => "referrer.host",
            Self::TrafficSource => "traffic_source",
            Self::Device => "device",
            Self::Browser => "browser",
            Self::Os => "os",
            Self::Bot => "bot",
            Self::Country => "country",
            Self::City => "city",
            Self::Language => "language",
            Self::Company => "company",
            Self::Actor => "actor",
            Self::Session => "session",
            Self::Tag(keys) => return write!(f, "tag.{}", keys.join(".")),
            Self::Trait(ProfileKind::User, keys) => return write!(f, "actor.{}", keys.join(".")),
            Self::Trait(ProfileKind::Company | ProfileKind::Subscription, keys) => {
                return write!(f, "company.{}", keys.join("."));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for one in Dimension::PLAIN
            .into_iter()
            .chain([Dimension::Tag(vec!["a".into(), "b".into()])])
        {
            assert_eq!(Dimension::parse(&one.to_string()).expect("its own name"), one);
        }
        assert_eq!(
            Dimension::parse("tag.traffic_source").expect("both names"),
            Dimension::TrafficSource
        );
    }

    #[test]
    fn traits_are_dimensions_where_they_can_be_asked_for() {
        for name in ["actor.plan", "company.address.city"] {
            let read = Dimension::parse_with_traits(name).expect("a trait");
            assert_eq!(read.to_string(), name);
            assert!(Dimension::parse(name).is_err(), "{name}");
        }
        assert_eq!(
            Dimension::parse_with_traits("actor").expect("a dimension"),
            Dimension::Actor
        );
        for name in ["actor.", "company.a..b"] {
            assert!(Dimension::parse_with_traits(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_wrong_name_is_told_the_right_ones() {
        for name in ["tag.", "tag.a..b", "url", "", "tag"] {
            let error = Dimension::parse(name).expect_err("no such dimension");
            assert!(error.message.contains("url.host"), "{error}");
        }
    }
}
