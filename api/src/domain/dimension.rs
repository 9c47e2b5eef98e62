//! Dimensions: what events can be filtered and grouped by.

use std::fmt;

use crate::domain::error::{Code, Error, Result};

/// Something to filter or group by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
            let keys: Vec<String> = path.split('.').map(str::to_owned).collect();
            let fine = keys.len() <= MOST_KEYS
                && path.len() <= 1_024
                && keys.iter().all(|key| !key.is_empty())
                && !path.contains('\0');
            return match keys.as_slice() {
                // Always computed, and readable under both names.
                [key] if key == "traffic_source" => Ok(Self::TrafficSource),
                _ if fine => Ok(Self::Tag(keys)),
                _ => Err(unknown(name)),
            };
        }
        Self::PLAIN
            .into_iter()
            .find(|one| one.to_string() == name)
            .ok_or_else(|| unknown(name))
    }
}

fn unknown(name: &str) -> Error {
    let plain = Dimension::PLAIN.map(|one| one.to_string()).join(", ");
    let shown: String = name.chars().take(100).collect();
    Error::new(
        Code::UnknownDimension,
        format!("There is no dimension “{shown}”; there are: {plain}, and tag.<path>."),
    )
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
    fn a_wrong_name_is_told_the_right_ones() {
        for name in ["tag.", "tag.a..b", "url", "", "tag"] {
            let error = Dimension::parse(name).expect_err("no such dimension");
            assert!(error.message.contains("url.host"), "{error}");
        }
    }
}
