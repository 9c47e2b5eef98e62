//! What people do with a search page: they search, click results, view pages, and do what has no name of its own. The
//! fields of each, what each may hold, and the event that comes of it.
//!
//! The rules are one table, read in two manners: GraphQL refuses what is too long, and where a wire format cannot be told,
//! it is cut and noted.

mod custom;
mod facet;
mod language;
mod rule;
#[cfg(test)]
pub(crate) mod tests;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::domain::{
    caller::Caller,
    error::{Code, Error},
    event::NewEvent,
};

pub use custom::Pairs;
pub use language::first_part;
pub use rule::cut;
use rule::{Need, RULES};

/// What somebody did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Opened a result.
    Click,
    /// Searched.
    Search,
    /// Anything else.
    Custom,
    /// Viewed a page.
    View,
}

impl Kind {
    /// The field that names the action; of a view it is always `page.visit`.
    fn action(self) -> Option<&'static str> {
        match self {
            Self::Click | Self::Search => Some("actionCause"),
            Self::Custom => Some("eventType"),
            Self::View => None,
        }
    }
}

/// What becomes of what is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It is refused.
    Strict,
    /// It is cut, and that is noted.
    Lenient,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It is not there, and must be.
    Missing,
    /// It is not what it should be.
    Invalid,
    /// It is longer than it may be.
    TooLong,
}

/// A field that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub flaw: Flaw,
    /// The field.
    pub path: String,
    /// What would be right.
    pub message: String,
}

impl Fault {
    pub(crate) fn new(flaw: Flaw, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            flaw,
            path: path.into(),
            message: message.into(),
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        let code = match fault.flaw {
            Flaw::TooLong => Code::TooLong,
            Flaw::Missing | Flaw::Invalid => Code::InvalidArgument,
        };
        Error::new(code, fault.message).at(fault.path)
    }
}

/// What was made of what somebody sent, where it is not as it was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// Fields that were cut.
    pub truncated: Vec<String>,
    /// What was left out: keys of custom data that no key may be, and users whom the sender may not name.
    pub dropped: Vec<String>,
    /// What is odd and was taken.
    pub odd: Vec<String>,
}

impl Notes {
    /// Cuts those texts of an object that are longer than is said of their names, and notes which.
    pub fn cut(&mut self, fields: &mut Map<String, Value>, lengths: &[(&str, usize)]) {
        for (name, most) in lengths {
            if let Some(Value::String(text)) = fields.get_mut(*name)
                && cut(text, *most)
            {
                self.truncated.push((*name).to_owned());
            }
        }
    }

    /// The notes as sentences.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let cut = self
            .truncated
            .iter()
            .map(|field| format!("“{field}” was too long and was cut"));
        let left = self.dropped.iter().map(|field| format!("“{field}” was left out"));
        cut.chain(left).chain(self.odd.iter().cloned()).collect()
    }
}

/// What somebody did, its fields read.
#[derive(Debug, Clone, PartialEq)]
pub struct Usage {
    /// What it is.
    pub kind: Kind,
    fields: Map<String, Value>,
    custom: Map<String, Value>,
    /// What was not taken as it came.
    pub notes: Notes,
}

/// Reads fields; gives all that is wrong with them. Fields without a rule are kept as they are, and `null` is as good as
/// nothing.
#[must_use]
pub fn read(kind: Kind, mut fields: Map<String, Value>, manner: Manner) -> (Usage, Vec<Fault>) {
    let (mut notes, mut faults) = (Notes::default(), Vec::new());
    fields.retain(|_, value| !value.is_null());
    let custom = match fields.remove("customData") {
        None => Map::new(),
        Some(Value::Object(data)) => custom::tidy(data, manner, &mut notes, &mut faults),
        Some(_) => {
            let fault = Fault::new(Flaw::Invalid, "customData", "Custom data is an object.");
            faults.push(fault);
            Map::new()
        }
    };
    for rule in RULES {
        let need = rule.need(kind);
        if need == Need::Never {
            continue;
        }
        let Some(value) = fields.get_mut(rule.name) else {
            if need == Need::Must {
                let message = format!("“{}” is missing.", rule.name);
                faults.push(Fault::new(Flaw::Missing, rule.name, message));
            }
            continue;
        };
        rule.holds.check(rule.name, value, manner, (&mut notes, &mut faults));
    }
    // What is optional and empty says nothing.
    for rule in RULES.iter().filter(|rule| rule.need(kind) == Need::May) {
        if fields.get(rule.name).and_then(Value::as_str) == Some("") {
            fields.remove(rule.name);
        }
    }
    let usage = Usage {
        kind,
        fields,
        custom,
        notes,
    };
    (usage, faults)
}

/// Whom a usage is of, as the sender's credential and its fields say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// The user; none where nobody is named.
    pub user: Option<String>,
    /// What people call the user.
    pub display_name: Option<String>,
    /// Whether the user whom a token names is not to be named.
    pub anonymous: bool,
}

/// The word that some clients send for nobody.
const NOBODY: &str = "anonymous";

/// Whom a sender names: what it says itself counts from whom may speak for others; else its token does.
#[must_use]
pub fn name(
    caller: &Caller,
    (user, display_name): (Option<String>, Option<String>),
    anonymous: bool,
    notes: &mut Notes,
) -> Named {
    let claims = caller.token().map(|token| &token.claims).filter(|_| !anonymous);
    let may = caller.speaks_for_others();
    let mut judge = |field: &str, said: Option<String>, claimed: Option<&String>| {
        let said = said.filter(|text| !text.is_empty() && text != NOBODY);
        if said.is_some() && !may && said.as_ref() != claimed {
            notes.dropped.push(field.to_owned());
        }
        said.filter(|_| may).or_else(|| claimed.cloned())
    };
    Named {
        user: judge("username", user, claims.and_then(|claims| claims.username.as_ref())),
        display_name: judge(
            "userDisplayName",
            display_name,
            claims.and_then(|claims| claims.display_name.as_ref()),
        ),
        anonymous,
    }
}

impl Usage {
    /// A field that is a text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    }

    /// The client's own id, where it has one.
    #[must_use]
    pub fn client(&self) -> Option<String> {
        let id = Uuid::parse_str(self.text("clientId")?).ok()?;
        Some(id.hyphenated().to_string())
    }

    /// The event that it is: its fields are in the tag under their own names, and below them the custom data. Token and
    /// permissions of `caller` say what it leaves out, and whom it may name. Gives the notes as well.
    #[must_use]
    pub fn event(mut self, caller: &Caller, visitor: Option<String>) -> (NewEvent, Notes) {
        let action = self.kind.action().and_then(|name| self.fields.get(name));
        let action = action.and_then(Value::as_str).unwrap_or("page.visit").to_owned();
        let mut take = |name: &str| match self.fields.remove(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(text),
            _ => None,
        };
        let said = (take("username"), take("userDisplayName"));
        let (user_agent, language) = (take("userAgent"), take("language"));
        let (location, referrer) = if self.kind == Kind::View {
            (take("location"), take("referrer"))
        } else {
            (None, None)
        };
        self.fields.remove("clientId");
        let anonymous = self.fields.get("anonymous") == Some(&Value::Bool(true));
        let named = name(caller, said, anonymous, &mut self.notes);
        self.derive(caller, &named);
        let url = location.or_else(|| self.text("documentUrl").map(str::to_owned));
        let notes = self.notes.clone();
        let event = NewEvent {
            action,
            url,
            referrer,
            user_agent: user_agent.filter(|agent| agent != "unknown"),
            language: language.as_deref().and_then(first_part),
            actor: named.user,
            anonymous: named.anonymous,
            device: visitor,
            tag: Some(self.tag().into()),
            ..NewEvent::default()
        };
        (event, notes)
    }

    /// Adds what the sender's token says, where the fields do not.
    fn derive(&mut self, caller: &Caller, named: &Named) {
        let fields = &mut self.fields;
        if let Some(name) = &named.display_name {
            fields.insert("userDisplayName".to_owned(), name.as_str().into());
        }
        if let Some(title) = fields.get("documentTitle").cloned() {
            fields.insert("title".to_owned(), title);
        }
        let Some(claims) = caller.token().map(|token| &token.claims) else {
            return;
        };
        let mut fill = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                fields.entry(name).or_insert(value);
            }
        };
        fill("originLevel1", claims.search_hub.as_deref().map(Value::from));
        if matches!(self.kind, Kind::Click | Kind::Search) {
            fill("queryPipeline", claims.pipeline.as_deref().map(Value::from));
        }
        if self.kind == Kind::Search && !named.anonymous && !claims.groups.is_empty() {
            fill("userGroups", Some(claims.groups.clone().into()));
        }
    }

    fn tag(self) -> Map<String, Value> {
        let Self {
            mut fields,
            custom,
            notes,
            ..
        } = self;
        let context: Vec<_> = custom
            .keys()
            .filter(|key| key.starts_with("context_"))
            .cloned()
            .collect();
        let lists = [
            ("truncated", notes.truncated),
            ("dropped", notes.dropped),
            ("userContext", context),
        ];
        for (name, list) in lists {
            if !list.is_empty() {
                fields.insert(name.to_owned(), json!(list));
            }
        }
        for (key, value) in custom {
            fields.entry(key).or_insert(value);
        }
        fields
    }
}
