//! What Coveo's usage events mean to us: each is an event whose fields are in its tag, of a visitor whom the client, a
//! parameter or a cookie names.

use actix_web::http::header::HeaderMap;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    super::{agent, moment, text},
    error::Failure,
    wire::{self, Query},
};
use crate::{
    domain::{
        caller::Caller,
        error::{Code, Error, Result},
        event::{MOST_ADDRESS, MOST_LANGUAGE, NewEvent},
        profile::Message,
        usage::{self, Fault, Flaw, Kind, Manner, Notes, first_part},
    },
    service::random,
};

/// Characters of fields of the flat form: as many as the fields of the other forms have that say the same. A language has
/// the room that an event has for it.
const LENGTHS_OF_COLLECTED: [(&str, usize); 5] = [
    ("t", 256),
    ("dl", MOST_ADDRESS),
    ("dr", MOST_ADDRESS),
    ("ua", 1_024),
    ("ul", MOST_LANGUAGE),
];

/// What is sent to one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// With fields of its own.
    Usage(Kind),
    /// The flat form of the measurement protocol.
    Collected,
}

impl Form {
    /// The field of a beacon that holds it.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Usage(Kind::Click) => "clickEvent",
            Self::Usage(Kind::Search) => "searchEvent",
            Self::Usage(Kind::Custom) => "customEvent",
            Self::Usage(Kind::View) => "viewEvent",
            Self::Collected => "collectEvent",
        }
    }
}

/// Who is known from around an event.
pub(super) struct Around<'a> {
    pub(super) caller: &'a Caller,
    pub(super) query: &'a Query,
    pub(super) headers: &'a HeaderMap,
}

/// One event, translated.
pub(super) struct Translated {
    pub(super) message: Message,
    /// Who did it.
    pub(super) visitor: String,
    /// What is wrong with it.
    pub(super) failure: Option<Failure>,
    /// What is odd about it.
    pub(super) told: Vec<String>,
}

impl Around<'_> {
    /// The visitor: as the client says itself, else by cookie and parameter, else a new one.
    ///
    /// # Errors
    /// `INTERNAL` where the operating system has no chance to give.
    pub(super) fn visitor(&self, client: Option<String>) -> Result<String> {
        let of_query = || self.query.visitor.clone();
        let known = client
            .or_else(|| of_query().filter(|_| self.query.prioritizes))
            .or_else(|| wire::visitor_of_cookies(self.headers))
            .or_else(of_query);
        match known {
            Some(visitor) => Ok(visitor),
            None => new_id(),
        }
    }

    /// Translates what came to the path of `form`; `at` says where in a list.
    pub(super) fn translate(&self, form: Form, said: Value, at: &str) -> Result<Translated> {
        let Value::Object(fields) = said else {
            let fault = Fault::new(Flaw::Invalid, at, "An event is a JSON object.");
            let kept = Map::from_iter([("item".to_owned(), said)]);
            return self.refused(kept, fault.into());
        };
        match form {
            Form::Usage(kind) => self.usage(kind, fields, at),
            Form::Collected => self.collected(fields),
        }
    }

    fn refused(&self, kept: Map<String, Value>, failure: Failure) -> Result<Translated> {
        let event = NewEvent {
            action: ["actionCause", "eventType", "t"]
                .iter()
                .find_map(|name| text(kept.get(*name)))
                .unwrap_or_default(),
            device: Some(self.visitor(None)?),
            tag: Some(kept.into()),
            ..NewEvent::default()
        };
        Ok(Translated {
            visitor: event.device.clone().unwrap_or_default(),
            message: Message::Unreadable(Box::new(event), failure.error.clone()),
            failure: Some(failure),
            told: Vec::new(),
        })
    }

    fn usage(&self, kind: Kind, fields: Map<String, Value>, at: &str) -> Result<Translated> {
        let kept = fields.clone();
        let (usage, faults) = usage::read(kind, fields, Manner::Lenient);
        if let Some(mut fault) = faults.into_iter().next() {
            if !at.is_empty() {
                fault.path = format!("{at}.{}", fault.path);
            }
            return self.refused(kept, fault.into());
        }
        let visitor = self.visitor(usage.client())?;
        let (event, notes) = usage.event(self.caller, Some(visitor.clone()));
        Ok(Translated {
            message: Message::Event(Box::new(event)),
            visitor,
            failure: None,
            told: notes.told(),
        })
    }

    /// The flat form: short names for what has a field of its own, and everything else as it is.
    fn collected(&self, mut fields: Map<String, Value>) -> Result<Translated> {
        fields.retain(|_, value| !value.is_null());
        if let Some(fault) = flaw_of_collected(&fields) {
            return self.refused(fields, fault.into());
        }
        let mut notes = Notes::default();
        notes.cut(&mut fields, &LENGTHS_OF_COLLECTED);
        let time = epoch(fields.remove("tm").as_ref());
        let mut take = |name: &str| text(fields.remove(name).as_ref());
        let action = take("t").unwrap_or_default();
        let client = take("cid").and_then(|id| Uuid::parse_str(&id).ok());
        let (id, url, referrer) = (take("z"), take("dl"), take("dr"));
        let (language, user) = (take("ul"), take("uid"));
        let user_agent = agent(fields.remove("ua").as_ref());
        let visitor = self.visitor(client.map(|id| id.hyphenated().to_string()))?;
        let named = usage::name(self.caller, (user, None), false, &mut notes);
        if let Some(title) = fields.get("dt").cloned() {
            fields.entry("title").or_insert(title);
        }
        for (name, list) in [("truncated", &notes.truncated), ("dropped", &notes.dropped)] {
            if !list.is_empty() {
                fields.insert(name.to_owned(), list.clone().into());
            }
        }
        let event = NewEvent {
            id,
            action,
            time,
            url,
            referrer,
            user_agent,
            language: language.map(|language| first_part(&language).unwrap_or(language)),
            actor: named.user,
            device: Some(visitor.clone()),
            tag: Some(fields.into()),
            ..NewEvent::default()
        };
        Ok(Translated {
            message: Message::Event(Box::new(event)),
            visitor,
            failure: None,
            told: notes.told(),
        })
    }
}

/// The time of the flat form: milliseconds since 1970. Its library sends a number; the format that it is after knows only
/// texts.
fn epoch(value: Option<&Value>) -> Option<String> {
    let digits = value.and_then(Value::as_str).and_then(|text| text.parse::<i64>().ok());
    match digits {
        Some(milliseconds) => moment(Some(&milliseconds.into())),
        None => moment(value),
    }
}

/// What is wrong with the flat form, if anything is.
fn flaw_of_collected(fields: &Map<String, Value>) -> Option<Fault> {
    match fields.get("t") {
        None | Some(Value::Null) => return Some(Fault::new(Flaw::Missing, "t", "“t” is missing: what was done.")),
        Some(Value::String(action)) if !action.is_empty() => {}
        Some(_) => return Some(Fault::new(Flaw::Invalid, "t", "“t” is a text that is not empty.")),
    }
    let client = fields.get("cid").filter(|id| !id.is_null())?;
    let is_id = client.as_str().is_some_and(|id| Uuid::parse_str(id).is_ok());
    (!is_id).then(|| Fault::new(Flaw::Invalid, "cid", "“cid” is a UUID."))
}

/// Says of what is right itself that all it came with is refused.
pub(super) fn refuse_with_others(translated: &mut Translated) {
    if let Message::Event(event) = &translated.message {
        let message = "It is right itself, and came with an event that is not.";
        let fault = Error::new(Code::BatchRefused, message);
        translated.message = Message::Unreadable(event.clone(), fault);
    }
}

/// An id that nobody has.
///
/// # Errors
/// `INTERNAL` where the operating system has no chance to give.
pub(super) fn new_id() -> Result<String> {
    let id = uuid::Builder::from_random_bytes(random()?).into_uuid();
    Ok(id.hyphenated().to_string())
}

/// What is wrong with an event of the usage analytics, by the path that it would be sent to.
pub(super) fn faults(form: Form, said: &Value) -> Vec<Fault> {
    let Value::Object(fields) = said else {
        return vec![Fault::new(Flaw::Invalid, "", "An event is a JSON object.")];
    };
    match form {
        Form::Usage(kind) => usage::read(kind, fields.clone(), Manner::Lenient).1,
        Form::Collected => flaw_of_collected(fields).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::domain::usage::tests::{any_json, any_usage};

    fn visitor(query: &str, cookie: Option<&str>, client: Option<&str>) -> String {
        let mut headers = HeaderMap::new();
        if let Some(cookie) = cookie {
            headers.insert(actix_web::http::header::COOKIE, cookie.parse().expect("a header"));
        }
        let around = Around {
            caller: &Caller::operator(),
            query: &Query::read(query),
            headers: &headers,
        };
        around.visitor(client.map(str::to_owned)).expect("an id")
    }

    #[test]
    fn a_visitor_is_named_in_the_documented_order() {
        let cookie = Some("a=1; visitor=cookie");
        let first = Some("client");
        assert_eq!(
            visitor("visitor=query&prioritizeVisitorParameter=true", cookie, first),
            "client"
        );
        assert_eq!(
            visitor("visitor=query&prioritizeVisitorParameter=true", cookie, None),
            "query"
        );
        assert_eq!(visitor("visitor=query", cookie, None), "cookie");
        assert_eq!(visitor("visitor=query", Some("coveo_visitorId=page"), None), "page");
        assert_eq!(visitor("visitorId=query", None, None), "query");
        let new = Uuid::parse_str(&visitor("", None, None)).expect("a UUID");
        assert_eq!(new.get_version_num(), 4);
    }

    proptest! {
        #[test]
        fn nothing_that_is_json_is_too_odd(said in prop_oneof![any_json(), any_usage()]) {
            let (query, headers) = (Query::default(), HeaderMap::new());
            let around = Around { caller: &Caller::operator(), query: &query, headers: &headers };
            let forms = [Kind::Click, Kind::Search, Kind::Custom, Kind::View].map(Form::Usage);
            for form in forms.into_iter().chain([Form::Collected]) {
                let translated = around.translate(form, said.clone(), "").expect("chance");
                prop_assert!(!translated.visitor.is_empty());
                prop_assert_eq!(translated.failure.is_some(), matches!(translated.message, Message::Unreadable(..)));
            }
            let _ = super::super::relay::translate(said);
        }
    }

    #[test]
    fn what_is_collected_is_flat() {
        let (query, headers) = (Query::default(), HeaderMap::new());
        let around = Around {
            caller: &Caller::operator(),
            query: &query,
            headers: &headers,
        };
        let said = json!({"t": "pageview", "tm": 1_795_168_800_000_i64, "z": "n1", "dl": "https://a.example/", "dt": "A",
            "ul": "en-US", "uid": "ada", "ua": "unknown", "pr1nm": "Boat"});
        let translated = around.translate(Form::Collected, said, "").expect("chance");
        let Message::Event(event) = translated.message else {
            panic!("an event");
        };
        assert_eq!(event.time.as_deref(), Some("2026-11-20T10:00:00Z"));
        assert_eq!((event.language.as_deref(), event.user_agent), (Some("en"), None));
        assert_eq!(event.actor.as_deref(), Some("ada"));
        assert_eq!(event.tag, Some(json!({"dt": "A", "title": "A", "pr1nm": "Boat"})));
        for (said, time) in [
            (json!("1795168800000"), Some("2026-11-20T10:00:00Z")),
            (json!("2026-11-20T10:00:00Z"), Some("2026-11-20T10:00:00Z")),
            (json!("the other day"), Some("the other day")),
            (json!([]), None),
        ] {
            assert_eq!(epoch(Some(&said)).as_deref(), time, "{said}");
        }
    }
}
