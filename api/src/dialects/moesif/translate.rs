//! What Moesif's objects mean to us: actions and API calls are events, users, companies and subscriptions are kept as what
//! is known of them.

use serde_json::{Map, Value};

use super::{
    super::{address, agent, moment, text, with_short_surroundings},
    wire::Kind,
};
use crate::domain::{
    error::{Code, Error},
    event::NewEvent,
    profile::{Message, NewProfile, ProfileKind},
};

/// The action of an API call.
const CALL: &str = "api.call";
/// Parameters of an address that are kept.
const MOST_PARAMETERS: usize = 500;

/// Translates one object, which is at `index` of a list or alone.
pub(super) fn one(item: Value, kind: Kind, index: Option<usize>) -> Message {
    let at = index.map(|index| format!("[{index}]")).unwrap_or_default();
    let Value::Object(mut fields) = item else {
        let fault = bad("An item of the list is a JSON object.", &at, "");
        return unreadable(Map::from_iter([("item".to_owned(), item)]), fault);
    };
    // What is `null` is not given; a subscription is kept as it was sent.
    fields.retain(|_, value| kind == Kind::Subscription || !value.is_null());
    match kind {
        Kind::Action => action(fields, &at),
        Kind::Call => call(&fields),
        Kind::User => user(fields, &at),
        Kind::Company => company(fields, &at),
        Kind::Subscription => subscription(fields, &at),
    }
}

fn bad(message: &str, at: &str, field: &str) -> Error {
    let path = [at, field].into_iter().filter(|part| !part.is_empty());
    Error::new(Code::MalformedRequest, message).at(path.collect::<Vec<_>>().join("."))
}

fn unreadable(fields: Map<String, Value>, fault: Error) -> Message {
    let event = NewEvent {
        tag: Some(fields.into()),
        ..NewEvent::default()
    };
    Message::Unreadable(Box::new(event), fault)
}

/// A text somewhere in an object.
fn inside(fields: &Map<String, Value>, path: [&str; 2]) -> Option<Value> {
    fields
        .get(path[0])?
        .get(path[1])
        .filter(|value| !value.is_null())
        .cloned()
}

/// The metadata, with what stands beside it and has no field of its own.
fn tag(fields: &Map<String, Value>, beside: &[(&str, Option<Value>)]) -> Option<Value> {
    let mut tag = match fields.get("metadata") {
        Some(Value::Object(metadata)) => metadata.clone(),
        None => Map::new(),
        // Refused further on, by the rule for tags.
        Some(other) => return Some(other.clone()),
    };
    for (name, value) in beside {
        if let Some(value) = value {
            tag.entry(*name).or_insert(value.clone());
        }
    }
    (!tag.is_empty()).then(|| tag.into())
}

/// An address with no more parameters than are kept, the first ones.
fn with_first_parameters(mut address: String) -> String {
    let end = address.find('#').unwrap_or(address.len());
    if let Some(question) = address[..end].find('?')
        && let Some((cut, _)) = address[question..end].match_indices('&').nth(MOST_PARAMETERS - 1)
    {
        address.replace_range(question + cut..end, "");
    }
    address
}

/// What actions and calls have in common.
fn event(fields: &Map<String, Value>, action: &str) -> NewEvent {
    let request = |name: &str| inside(fields, ["request", name]);
    NewEvent {
        id: text(fields.get("transaction_id")),
        action: action.to_owned(),
        time: moment(request("time").as_ref()),
        // Some write it `url`, as the manual once did.
        url: text(request("uri").as_ref())
            .or_else(|| text(request("url").as_ref()))
            .map(with_first_parameters),
        ip: address(request("ip_address").as_ref()),
        user_agent: agent(request("user_agent_string").as_ref()),
        actor: text(fields.get("user_id")),
        device: text(fields.get("anonymous_id")),
        session: text(fields.get("session_token")),
        company: text(fields.get("company_id")),
        ..NewEvent::default()
    }
}

fn action(fields: Map<String, Value>, at: &str) -> Message {
    let name = fields.get("action_name").and_then(Value::as_str).unwrap_or_default();
    if name.is_empty() {
        let fault = bad(
            "An action has an `action_name`: a text that is not empty.",
            at,
            "action_name",
        );
        return unreadable(fields, fault);
    }
    let event = NewEvent {
        tag: tag(&fields, &[("subscription_id", fields.get("subscription_id").cloned())]),
        ..event(&fields, name)
    };
    Message::Event(Box::new(with_short_surroundings(event)))
}

fn call(fields: &Map<String, Value>) -> Message {
    let headers = inside(fields, ["request", "headers"]);
    let header = |wanted: &str| {
        let headers = headers.as_ref().and_then(Value::as_object)?;
        let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        text(found.map(|(_, value)| value))
    };
    let base = event(fields, CALL);
    let event = NewEvent {
        tag: tag(
            fields,
            &[
                ("verb", inside(fields, ["request", "verb"])),
                ("api_version", inside(fields, ["request", "api_version"])),
                ("status", inside(fields, ["response", "status"])),
                ("direction", fields.get("direction").cloned()),
            ],
        ),
        user_agent: base.user_agent.clone().or_else(|| header("user-agent")),
        referrer: header("referer"),
        ..base
    };
    Message::Event(Box::new(with_short_surroundings(event)))
}

/// The sessions that an object names: one, or a list.
fn sessions(fields: &Map<String, Value>) -> Vec<String> {
    match fields.get("session_token") {
        Some(Value::Array(list)) => list.iter().filter_map(|one| text(Some(one))).collect(),
        one => text(one).into_iter().collect(),
    }
}

fn profile(fields: &mut Map<String, Value>, name: String) -> NewProfile {
    let campaign = match fields.remove("campaign") {
        Some(Value::Object(campaign)) => campaign.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => Map::new(),
    };
    NewProfile {
        name,
        traits: fields.remove("metadata"),
        campaign,
        sessions: sessions(fields),
        time: moment(fields.get("modified_time")),
        ..NewProfile::default()
    }
}

fn user(mut fields: Map<String, Value>, at: &str) -> Message {
    let (user, device) = (text(fields.get("user_id")), text(fields.get("anonymous_id")));
    let Some(name) = user.clone().or_else(|| device.clone()) else {
        return unreadable(fields, bad("A user has a `user_id`.", at, "user_id"));
    };
    let company = text(fields.get("company_id"));
    let profile = NewProfile {
        company,
        device: device.filter(|_| user.is_some()),
        ..profile(&mut fields, name)
    };
    Message::Profile(ProfileKind::User, Box::new(profile))
}

fn company(mut fields: Map<String, Value>, at: &str) -> Message {
    let Some(name) = text(fields.get("company_id")) else {
        return unreadable(fields, bad("A company has a `company_id`.", at, "company_id"));
    };
    let mut profile = profile(&mut fields, name);
    if let Some(domain) = fields.remove("company_domain") {
        let traits = profile.traits.get_or_insert_with(|| Map::new().into());
        // Traits that are no object are refused further on.
        if let Value::Object(traits) = traits {
            traits.entry("company_domain").or_insert(domain);
        }
    }
    Message::Profile(ProfileKind::Company, Box::new(profile))
}

fn subscription(fields: Map<String, Value>, at: &str) -> Message {
    let required = ["subscription_id", "company_id", "status"];
    if let Some(missing) = required.iter().find(|name| text(fields.get(**name)).is_none()) {
        let fault = bad(&format!("A subscription has a `{missing}`."), at, missing);
        return unreadable(fields, fault);
    }
    let profile = NewProfile {
        name: text(fields.get("subscription_id")).unwrap_or_default(),
        company: text(fields.get("company_id")),
        time: moment(fields.get("modified_time")),
        traits: Some(fields.into()),
        ..NewProfile::default()
    };
    Message::Profile(ProfileKind::Subscription, Box::new(profile))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_action_needs_nothing_but_its_name() {
        let translated = one(
            json!({"action_name": "Clicked", "user_id": 7, "company_id": null}),
            Kind::Action,
            None,
        );
        let Message::Event(event) = translated else {
            panic!("{translated:?}");
        };
        assert_eq!(
            (event.action.as_str(), event.actor.as_deref(), event.company),
            ("Clicked", Some("7"), None)
        );
        for name in [json!(null), json!(""), json!(5), json!({})] {
            let translated = one(json!({"action_name": name}), Kind::Action, Some(3));
            assert!(
                matches!(&translated, Message::Unreadable(_, fault) if fault.path.as_deref() == Some("[3].action_name")),
                "{translated:?}"
            );
        }
    }

    #[test]
    fn a_subscription_is_kept_as_it_was_sent() {
        let sent = json!({"subscription_id": 7, "company_id": "c", "status": "active", "modified_time": null, "trial_end": null,
            "metadata": {"a.b": {"c.d": null}}});
        let translated = one(sent.clone(), Kind::Subscription, None);
        let Message::Profile(ProfileKind::Subscription, profile) = translated else {
            panic!("{translated:?}");
        };
        assert_eq!((profile.name.as_str(), profile.company.as_deref()), ("7", Some("c")));
        assert_eq!((profile.traits, profile.time), (Some(sent), None));
        let refused = one(
            json!({"subscription_id": "s", "company_id": "c", "status": null}),
            Kind::Subscription,
            None,
        );
        assert!(matches!(&refused, Message::Unreadable(_, fault) if fault.path.as_deref() == Some("status")));
    }

    #[test]
    fn an_address_keeps_its_first_five_hundred_parameters() {
        let address = |parameters: usize, end: &str| {
            let parameters: Vec<_> = (0..parameters).map(|number| format!("p{number}={number}")).collect();
            format!("https://a.example/b?{}{end}", parameters.join("&"))
        };
        for end in ["", "#part?x=1&y=2"] {
            for (sent, kept) in [(1, 1), (499, 499), (500, 500), (501, 500), (900, 500)] {
                assert_eq!(with_first_parameters(address(sent, end)), address(kept, end), "{sent}");
            }
        }
        for whole in ["", "/a", "https://a.example/?", "https://a.example/#?a&b"] {
            assert_eq!(with_first_parameters(whole.to_owned()), whole);
        }
        let ampersands = format!("/#?{}", "&".repeat(1_000));
        assert_eq!(with_first_parameters(ampersands.clone()), ampersands);
    }

    #[test]
    fn the_page_stands_under_either_name_and_an_unknown_agent_is_none() {
        let request = |request: Value| {
            let Message::Event(event) = one(json!({"action_name": "a", "request": request}), Kind::Action, None) else {
                panic!("an event");
            };
            (event.url, event.user_agent)
        };
        let page = || Some("https://a.example/".to_owned());
        assert_eq!(
            request(json!({"uri": "https://a.example/", "url": "/b"})),
            (page(), None)
        );
        assert_eq!(request(json!({"url": "https://a.example/"})), (page(), None));
        assert_eq!(request(json!({"uri": "", "url": "https://a.example/"})), (page(), None));
        assert_eq!(
            request(json!({"uri": null, "user_agent_string": "unknown"})),
            (None, None)
        );
        assert_eq!(
            request(json!({"user_agent_string": "curl/8"})),
            (None, Some("curl/8".to_owned()))
        );
    }

    #[test]
    fn times_come_as_texts_and_as_numbers() {
        for (time, expected) in [
            (json!("2026-11-20T10:00:00.000Z"), "2026-11-20T10:00:00.000Z"),
            (json!(1_795_168_800_000_i64), "2026-11-20T10:00:00Z"),
        ] {
            let Message::Event(event) = one(
                json!({"action_name": "a", "request": {"time": time}}),
                Kind::Action,
                None,
            ) else {
                panic!("an event");
            };
            assert_eq!(event.time.as_deref(), Some(expected));
        }
    }
}
