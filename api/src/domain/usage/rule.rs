//! The table of fields: who has which, and what each may hold.

use serde_json::Value;
use uuid::Uuid;

use super::{Fault, Flaw, Kind, Manner, Notes, facet, language::first_part};
use crate::domain::event::MOST_ADDRESS;

/// Whether something has a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// It has not; what is there is kept as it is.
    Never,
    /// It may.
    May,
    /// It must.
    Must,
}

/// A field.
pub(super) struct Rule {
    pub(super) name: &'static str,
    /// Of a click, a search, something custom and a view.
    needs: [Need; 4],
    pub(super) holds: Holds,
}

/// What a field may hold.
#[derive(Debug, Clone, Copy)]
pub(super) enum Holds {
    /// A text of so many characters.
    Text(usize),
    /// A text of any length.
    AnyText,
    /// A text that is not empty, of so many characters.
    Name(usize),
    /// A text that is cut at the second length, and noted from the first on: clients send more than is documented.
    Stretched(usize, usize),
    /// An integer between two.
    Integer(i64, i64),
    /// Yes or no.
    Flag,
    /// A language, ISO 639-1.
    Language,
    /// An id, as a UUID.
    Id,
    /// Texts.
    Texts,
    /// The state of facets.
    Facets,
    /// Small letters, digits and `_`; others are odd, and taken.
    Tracking,
    /// A list of objects.
    Objects,
}

const NO: Need = Need::Never;
const MAY: Need = Need::May;
const YES: Need = Need::Must;

const fn rule(name: &'static str, needs: [Need; 4], holds: Holds) -> Rule {
    Rule { name, needs, holds }
}

/// Characters of an action.
const MOST_ACTION: usize = 256;
/// What clients send where they do not know.
const UNKNOWN: &str = "unknown";
/// The largest position and number: those of 32 bits.
const MOST: i64 = i32::MAX as i64;

/// Every field.
pub(super) const RULES: &[Rule] = &[
    rule("actionCause", [YES, YES, NO, NO], Holds::Name(MOST_ACTION)),
    rule("documentPosition", [YES, NO, NO, NO], Holds::Integer(1, MOST)),
    rule("searchQueryUid", [YES, YES, NO, NO], Holds::AnyText),
    rule("lastSearchQueryUid", [NO, NO, MAY, NO], Holds::AnyText),
    rule("sourceName", [YES, NO, NO, NO], Holds::Text(512)),
    rule("language", [YES, YES, YES, MAY], Holds::Language),
    rule("queryText", [NO, YES, NO, NO], Holds::AnyText),
    rule("responseTime", [NO, YES, NO, NO], Holds::Integer(0, MOST)),
    rule("eventType", [NO, NO, YES, NO], Holds::Name(MOST_ACTION)),
    rule("eventValue", [NO, NO, YES, NO], Holds::AnyText),
    rule("location", [NO, NO, NO, YES], Holds::Name(MOST_ADDRESS)),
    rule("referrer", [NO, NO, NO, MAY], Holds::Text(MOST_ADDRESS)),
    rule("contentIdKey", [NO, NO, NO, MAY], Holds::AnyText),
    rule("contentIdValue", [NO, NO, NO, MAY], Holds::AnyText),
    rule("contentType", [NO, NO, NO, MAY], Holds::AnyText),
    rule("title", [NO, NO, NO, MAY], Holds::AnyText),
    rule("advancedQuery", [NO, MAY, NO, NO], Holds::AnyText),
    rule("numberOfResults", [NO, MAY, NO, NO], Holds::Integer(0, MOST)),
    rule("contextual", [NO, MAY, NO, NO], Holds::Flag),
    rule("userGroups", [NO, MAY, NO, NO], Holds::Texts),
    rule("indexId", [NO, MAY, NO, NO], Holds::AnyText),
    rule("results", [NO, MAY, NO, NO], Holds::Objects),
    rule("facetState", [NO, MAY, NO, NO], Holds::Facets),
    rule("documentTitle", [MAY, NO, NO, NO], Holds::Text(1_024)),
    rule("documentUrl", [MAY, NO, NO, NO], Holds::Text(1_024)),
    rule("documentAuthor", [MAY, NO, NO, NO], Holds::Text(128)),
    rule("documentUri", [MAY, NO, NO, NO], Holds::AnyText),
    rule("documentUriHash", [MAY, NO, NO, NO], Holds::Text(32)),
    rule("documentCategory", [MAY, NO, NO, NO], Holds::AnyText),
    rule("collectionName", [MAY, NO, NO, NO], Holds::AnyText),
    rule("rankingModifier", [MAY, NO, NO, NO], Holds::Text(128)),
    rule("queryPipeline", [MAY, MAY, NO, NO], Holds::Text(128)),
    rule("originLevel1", [MAY, MAY, MAY, MAY], Holds::Text(128)),
    rule("originLevel2", [MAY, MAY, MAY, MAY], Holds::Text(128)),
    rule("originLevel3", [MAY, MAY, MAY, MAY], Holds::Stretched(128, 1_024)),
    rule("originContext", [MAY, MAY, MAY, MAY], Holds::Text(128)),
    rule("outcome", [MAY, MAY, MAY, MAY], Holds::Integer(-5, 5)),
    rule("anonymous", [MAY, MAY, MAY, MAY], Holds::Flag),
    rule("username", [MAY, MAY, MAY, MAY], Holds::Text(128)),
    rule("userDisplayName", [MAY, MAY, MAY, MAY], Holds::Text(128)),
    rule("splitTestRunName", [MAY, MAY, MAY, MAY], Holds::Text(128)),
    rule("splitTestRunVersion", [MAY, MAY, MAY, MAY], Holds::Text(128)),
    rule("trackingId", [MAY, MAY, MAY, MAY], Holds::Tracking),
    rule("userAgent", [MAY, MAY, MAY, MAY], Holds::Text(1_024)),
    rule("clientId", [MAY, MAY, MAY, MAY], Holds::Id),
];

impl Rule {
    pub(super) fn need(&self, kind: Kind) -> Need {
        self.needs[kind as usize]
    }
}

/// Cuts a text to so many characters; gives whether it was longer.
pub fn cut(text: &mut String, most: usize) -> bool {
    match text.char_indices().nth(most) {
        Some((end, _)) => {
            text.truncate(end);
            true
        }
        None => false,
    }
}

/// Checks a text's length.
pub(super) fn bound(
    path: &str,
    text: &mut String,
    most: usize,
    manner: Manner,
    (notes, faults): (&mut Notes, &mut Vec<Fault>),
) {
    let length = text.chars().count();
    if length <= most {
        return;
    }
    match manner {
        Manner::Lenient => {
            cut(text, most);
            notes.truncated.push(path.to_owned());
        }
        Manner::Strict => {
            let message = format!("The text has {length} characters; at most {most} are taken.");
            faults.push(Fault::new(Flaw::TooLong, path, message));
        }
    }
}

impl Holds {
    /// Checks a field's value, and cuts it where that is the manner.
    pub(super) fn check(
        self,
        path: &str,
        value: &mut Value,
        manner: Manner,
        (notes, faults): (&mut Notes, &mut Vec<Fault>),
    ) {
        let mut bad = |message: String| faults.push(Fault::new(Flaw::Invalid, path, message));
        match (self, value) {
            (Self::AnyText, Value::String(_)) | (Self::Flag, Value::Bool(_)) => {}
            (Self::Text(most), Value::String(text)) => bound(path, text, most, manner, (notes, faults)),
            (Self::Name(most), Value::String(text)) => {
                if text.is_empty() {
                    bad(format!("“{path}” is empty."));
                } else {
                    bound(path, text, most, manner, (notes, faults));
                }
            }
            (Self::Stretched(documented, most), Value::String(text)) => match manner {
                Manner::Strict => bound(path, text, documented, manner, (notes, faults)),
                Manner::Lenient => {
                    let long = text.chars().count() > documented;
                    if !cut(text, most) && !long {
                        return;
                    }
                    notes.truncated.push(path.to_owned());
                }
            },
            (Self::Integer(least, most), Value::Number(number)) => {
                if !number.as_i64().is_some_and(|number| (least..=most).contains(&number)) {
                    bad(format!(
                        "“{path}” is an integer from {least} to {most}; this is {number}."
                    ));
                }
            }
            (Self::Language, Value::String(text)) => match first_part(text) {
                Some(language) if language == *text => {}
                // The library says so on servers, where it cannot know.
                None if manner == Manner::Lenient && text.eq_ignore_ascii_case(UNKNOWN) => {
                    notes.odd.push("the language is not known".to_owned());
                }
                Some(language) if manner == Manner::Lenient => {
                    notes
                        .odd
                        .push(format!("of the language “{text}” only “{language}” is kept"));
                    *text = language;
                }
                _ => bad("A language is a code of ISO 639-1, such as “en”.".to_owned()),
            },
            (Self::Id, Value::String(text)) => {
                if Uuid::parse_str(text).is_err() {
                    bad(format!("“{path}” is a UUID."));
                }
            }
            (Self::Tracking, Value::String(text)) => {
                let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
                if !text.chars().all(fits) {
                    let message = "A tracking id is made of small letters, digits and “_”.";
                    match manner {
                        Manner::Lenient => notes.odd.push(message.to_owned()),
                        Manner::Strict => bad(message.to_owned()),
                    }
                }
            }
            (Self::Texts, Value::Array(list)) => {
                if let Some(at) = list.iter().position(|one| !one.is_string()) {
                    let fault = Fault::new(Flaw::Invalid, format!("{path}[{at}]"), "This is a text.");
                    faults.push(fault);
                }
            }
            (Self::Objects, Value::Array(list)) => {
                if let Some(at) = list.iter().position(|one| !one.is_object()) {
                    let fault = Fault::new(Flaw::Invalid, format!("{path}[{at}]"), "This is an object.");
                    faults.push(fault);
                }
            }
            (Self::Facets, Value::Array(list)) => {
                for (index, one) in list.iter().enumerate() {
                    faults.extend(facet::fault(one, &format!("{path}[{index}]")));
                }
            }
            (wanted, _) => bad(format!("“{path}” is {}.", wanted.word())),
        }
    }

    /// What it is, in words.
    fn word(self) -> &'static str {
        match self {
            Self::Text(_) | Self::AnyText | Self::Name(_) | Self::Stretched(..) | Self::Language | Self::Tracking => {
                "a text"
            }
            Self::Integer(..) => "an integer",
            Self::Flag => "true or false",
            Self::Id => "a UUID",
            Self::Texts => "a list of texts",
            Self::Facets | Self::Objects => "a list of objects",
        }
    }
}
