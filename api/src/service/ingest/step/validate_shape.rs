//! Shape, lengths and times: what can be judged from the event and its site's settings.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp, civil::DateTime};
use serde_json::{Map, Value};

use crate::domain::{
    error::{Code, Error, Result},
    event::{Address, Door, Event, MOST_ADDRESS, MOST_AGENT, MOST_LABEL, MOST_LANGUAGE, NewEvent},
    site::{ActionPolicy, Site},
    tag::{self, Tag},
};

/// How far ahead of the server a client's clock may be.
const MOST_AHEAD: Duration = Duration::from_secs(5 * 60);

/// An event whose parts are well-formed.
#[derive(Debug)]
pub(in crate::service::ingest) struct Valid {
    /// The parts; empty texts have become absent, and the tag has gone to `tag`.
    pub(in crate::service::ingest) event: NewEvent,
    /// The tag as it is kept.
    pub(in crate::service::ingest) tag: Option<Tag>,
    /// When it happened.
    pub(in crate::service::ingest) time: Timestamp,
    /// When the server got it.
    pub(in crate::service::ingest) received: Timestamp,
}

/// Checks an event's shape.
pub(in crate::service::ingest) fn run(
    mut event: NewEvent,
    site: &Site,
    door: Door,
    received: Timestamp,
    limits: tag::Limits,
) -> Result<Valid> {
    if let Some(fault) = event.fault.take() {
        return Err(fault);
    }
    check_action(&event.action, site.action_policy)?;
    for (text, path, most) in texts(&mut event) {
        if text.as_deref() == Some("") {
            *text = None;
        }
        if let Some(text) = text {
            check_text(text, path, most)?;
        }
    }
    if let Some(ip) = &event.ip
        && ip.parse::<std::net::IpAddr>().is_err()
    {
        return Err(Error::new(Code::InvalidIp, format!("“{ip}” is no IP address.")).at("ip"));
    }
    if event.unnamed.is_some() && (event.actor.is_some() || event.device.is_some()) {
        let message = "An event with an actor or a device has no unnamed actor; give one of them.";
        return Err(Error::new(Code::InvalidArgument, message).at("unnamed"));
    }
    let time = match &event.time {
        Some(text) if door.is_dialect() => forgive_time(text, event.sent.as_deref(), site, received),
        Some(text) => read_time(text, received)?,
        None => received,
    };
    check_age(time, site, door, received)?;
    let tag = match event.tag.take() {
        Some(tag) => tag::normalise(tag, limits)?,
        None => None,
    };
    Ok(Valid {
        event,
        tag,
        time,
        received,
    })
}

/// An event that was refused, as far as its parts can be kept at all: what is too long or too large stays as it is.
pub(in crate::service::ingest) fn salvage(mut event: NewEvent, site: &Site, received: Timestamp) -> Valid {
    let storable = |text: &mut String| {
        if text.contains('\0') {
            *text = text.replace('\0', "\u{fffd}");
        }
    };
    storable(&mut event.action);
    for (text, ..) in texts(&mut event) {
        if text.as_deref() == Some("") {
            *text = None;
        }
        if let Some(text) = text {
            storable(text);
        }
    }
    let time = event.time.as_deref();
    let time = time.map_or(received, |text| {
        forgive_time(text, event.sent.as_deref(), site, received)
    });
    let tag = match event.tag.take() {
        Some(Value::Object(object)) => Some(object),
        Some(Value::Null) | None => None,
        // What is no object is kept as the field of one.
        Some(other) => Some(Map::from_iter([("value".to_owned(), other)])),
    };
    let tag = tag.map(|object| Tag {
        object,
        text: String::new(),
    });
    Valid {
        event,
        tag,
        time,
        received,
    }
}

/// Checks an event that was refused before, and may have been mended meanwhile, or its site's settings changed: all that
/// can be told from how it is kept.
///
/// # Errors
/// As of [`run`].
pub(in crate::service) fn check_again(event: &Event, site: &Site) -> Result<()> {
    check_action(&event.action, site.action_policy)?;
    let address = |address: &Option<Arc<Address>>| address.as_ref().map(|address| address.value.clone());
    let mut parts = NewEvent {
        id: event.id_is_clients.then(|| event.id.clone()),
        label: event.label.clone(),
        url: address(&event.url),
        referrer: address(&event.referrer),
        user_agent: event.agent.as_ref().map(|agent| agent.value.clone()),
        actor: event.actor.clone(),
        device: event.device.clone(),
        session: event.session.clone(),
        company: event.company.clone(),
        language: event.language.clone(),
        country: event.country.clone(),
        city: event.city.clone(),
        scope: event.scope.clone(),
        ..NewEvent::default()
    };
    for (text, path, most) in texts(&mut parts) {
        if let Some(text) = text {
            check_text(text, path, most)?;
        }
    }
    Ok(())
}

/// The texts of an event, each with its name and the most characters that it may have.
fn texts(event: &mut NewEvent) -> [(&mut Option<String>, &'static str, usize); 15] {
    [
        (&mut event.id, "id", 128),
        (&mut event.label, "label", MOST_LABEL),
        (&mut event.url, "url", MOST_ADDRESS),
        (&mut event.referrer, "referrer", MOST_ADDRESS),
        (&mut event.ip, "ip", 64),
        (&mut event.user_agent, "userAgent", MOST_AGENT),
        (&mut event.actor, "actor", 256),
        (&mut event.unnamed, "unnamed", 256),
        (&mut event.device, "device", 256),
        (&mut event.session, "session", 256),
        (&mut event.company, "company", 256),
        (&mut event.language, "language", MOST_LANGUAGE),
        (&mut event.country, "country", 64),
        (&mut event.city, "city", 256),
        (&mut event.scope, "scope", 64),
    ]
}

fn check_action(action: &str, policy: ActionPolicy) -> Result<()> {
    let length = action.chars().count();
    if length == 0 || length > 256 {
        return Err(Error::new(
            Code::InvalidAction,
            format!("An action has 1–256 characters; this has {length}."),
        )
        .at("action"));
    }
    check_text(action, "action", 256)?;
    let strict = || {
        length <= 32
            && action.contains('.')
            && action
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_'))
    };
    if policy == ActionPolicy::ContextActivity && !strict() {
        let message = "This site takes actions of the form `context.activity`: letters, digits, `.`, `-` and `_`, at most 32 characters, with a dot.";
        return Err(Error::new(Code::InvalidAction, message).at("action"));
    }
    Ok(())
}

fn check_text(text: &str, path: &str, most: usize) -> Result<()> {
    // Bytes bound characters, so most texts are never counted.
    if text.len() > most {
        let length = text.chars().count();
        if length > most {
            return Err(Error::new(
                Code::TooLong,
                format!("The text has {length} characters; at most {most} are taken."),
            )
            .at(path));
        }
    }
    if text.contains('\0') {
        return Err(Error::new(
            Code::InvalidText,
            "The text holds the character U+0000, which cannot be stored.",
        )
        .at(path));
    }
    Ok(())
}

fn read_time(text: &str, received: Timestamp) -> Result<Timestamp> {
    let bad = |message: String| Error::new(Code::InvalidTime, message).at("time");
    let shown: String = text.chars().take(64).collect();
    let time: Timestamp = text.parse().map_err(|_| {
        bad(format!(
            "“{shown}” is not a time in RFC 3339, such as “2026-11-21T09:30:00Z”."
        ))
    })?;
    if !is_in_range(time) {
        return Err(bad("The time lies outside the years 1678–2261.".to_owned()));
    }
    if is_ahead(time, received) {
        return Err(bad(format!(
            "The time “{shown}” is more than 5 minutes ahead of the server's, {received:.0}."
        )));
    }
    Ok(time)
}

/// The time that another system's client tells, by a clock that may be wrong. Where the client also says when it sent the
/// event, it happened as long before it was received. What cannot be read, or lies ahead, is the time of receipt.
pub(in crate::service) fn forgive_time(text: &str, sent: Option<&str>, site: &Site, received: Timestamp) -> Timestamp {
    let read = |text: &str| {
        let local = |text: &str| {
            Some(
                text.parse::<DateTime>()
                    .ok()?
                    .to_zoned(site.time_zone.clone())
                    .ok()?
                    .timestamp(),
            )
        };
        let exact = |text: &str| text.parse::<Timestamp>().ok().or_else(|| local(text));
        exact(text).or_else(|| exact(&padded(text)?))
    };
    let Some(said) = read(text) else {
        return received;
    };
    let time = match sent.and_then(read) {
        Some(sent) => received.checked_sub(sent.duration_since(said)).unwrap_or(said),
        None => said,
    };
    if is_in_range(time) && !is_ahead(time, received) {
        time
    } else {
        received
    }
}

/// A date whose month or day has one digit, written with two, as in `2015-2-02T00:30:08Z`.
fn padded(text: &str) -> Option<String> {
    let (date, rest) = text.split_at(text.find(['T', 't', ' ']).unwrap_or(text.len()));
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    Some(format!("{year}-{month:0>2}-{day:0>2}{rest}"))
}

fn is_in_range(time: Timestamp) -> bool {
    i64::try_from(time.as_nanosecond()).is_ok()
}

fn is_ahead(time: Timestamp, received: Timestamp) -> bool {
    time.duration_since(received) > SignedDuration::try_from(MOST_AHEAD).unwrap_or_default()
}

fn check_age(time: Timestamp, site: &Site, door: Door, received: Timestamp) -> Result<()> {
    let oldest = site.max_event_age_seconds.filter(|_| door != Door::Import);
    if oldest.is_some_and(|seconds| received.duration_since(time).as_secs() > seconds) {
        let message = format!(
            "The event is older than this site takes ({} days).",
            oldest.unwrap_or_default() / 86_400
        );
        return Err(Error::new(Code::EventTooOld, message).at("time"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::*;
    use crate::domain::site::{DEFAULT_MAX_EVENT_AGE_SECONDS, IdentityPeriod, IpPolicy, TagMode};

    fn site(action_policy: ActionPolicy) -> Site {
        Site {
            id: 1,
            name: "shop".into(),
            time_zone: TimeZone::UTC,
            action_policy,
            ip_policy: IpPolicy::Whole,
            identity_period: IdentityPeriod::Day,
            max_event_age_seconds: Some(DEFAULT_MAX_EVENT_AGE_SECONDS),
            raw_retention_days: None,
            rollup_retention_days: None,
            raw_floor: i64::MIN,
            rollup_floor: i64::MIN,
            created: Timestamp::UNIX_EPOCH,
            origins: Vec::new(),
            share_hosts: None,
            script_name: None,
            tag_mode: TagMode::Reject,
            quarantine_days: 30,
            quarantine_megabytes: 64,
        }
    }

    fn judged(event: NewEvent, door: Door) -> Result<Valid> {
        let received = "2026-11-21T12:00:00Z".parse().expect("a time");
        run(event, &site(ActionPolicy::Free), door, received, tag::Limits::default())
    }

    fn at(time: &str) -> NewEvent {
        NewEvent {
            action: "pageview".into(),
            time: Some(time.into()),
            ..NewEvent::default()
        }
    }

    #[test]
    fn times_are_taken_within_their_bounds() {
        assert!(judged(at("2026-11-21T12:04:59Z"), Door::Graphql).is_ok());
        assert!(judged(at("2026-10-23T12:00:00+02:00"), Door::Graphql).is_ok());
        assert!(judged(at("2015-05-17T10:05:03Z"), Door::Import).is_ok());
        for (time, code) in [
            ("2026-11-21T12:05:01Z", Code::InvalidTime),
            ("2026-10-22T11:59:59Z", Code::EventTooOld),
            ("yesterday", Code::InvalidTime),
            ("9999-01-01T00:00:00Z", Code::InvalidTime),
            ("2026-11-21", Code::InvalidTime),
        ] {
            let error = judged(at(time), Door::Graphql).expect_err(time);
            assert_eq!((error.code, error.path.as_deref()), (code, Some("time")), "{time}");
        }
    }

    #[test]
    fn a_dialects_clock_is_set_right_and_what_makes_no_sense_is_now() {
        let told = |time: &str, sent: Option<&str>| {
            let event = NewEvent {
                sent: sent.map(Into::into),
                ..at(time)
            };
            judged(event, Door::Segment).expect("forgiven").time.to_string()
        };
        for (time, sent, expected) in [
            ("2026-11-21T11:59:00Z", None, "2026-11-21T11:59:00Z"),
            // The client's clock is a year and an hour behind; ten minutes passed before it sent the event.
            (
                "2025-11-21T10:50:00Z",
                Some("2025-11-21T11:00:00Z"),
                "2026-11-21T11:50:00Z",
            ),
            (
                "2030-01-01T00:00:00Z",
                Some("2030-01-01T00:00:05Z"),
                "2026-11-21T11:59:55Z",
            ),
            // A local time, in the site's zone.
            ("2026-11-21T11:00:00", None, "2026-11-21T11:00:00Z"),
            ("2026-11-1T09:00:00.5Z", None, "2026-11-01T09:00:00.5Z"),
            ("2026-11-21T12:06:00Z", None, "2026-11-21T12:00:00Z"),
            ("2026-11-21T12:06:00Z", Some("whenever"), "2026-11-21T12:00:00Z"),
            ("yesterday", Some("2026-11-21T11:00:00Z"), "2026-11-21T12:00:00Z"),
            (
                "9999-01-01T00:00:00Z",
                Some("-009999-01-01T00:00:00Z"),
                "2026-11-21T12:00:00Z",
            ),
        ] {
            assert_eq!(told(time, sent), expected, "{time} {sent:?}");
        }
        let old = judged(at("2026-10-01T00:00:00Z"), Door::Segment);
        assert!(old.is_err_and(|error| error.code == Code::EventTooOld));
    }

    #[test]
    fn texts_are_bounded_and_empty_ones_are_absent() {
        let event = |label: &str| NewEvent {
            action: "a".into(),
            label: Some(label.into()),
            ..NewEvent::default()
        };
        assert_eq!(judged(event(""), Door::Graphql).expect("absent").event.label, None);
        assert!(judged(event(&"ä".repeat(1_024)), Door::Graphql).is_ok());
        assert!(judged(event(&"x".repeat(1_025)), Door::Graphql).is_err_and(|error| error.code == Code::TooLong));
        assert!(judged(event("a\0b"), Door::Graphql).is_err_and(|error| error.code == Code::InvalidText));
    }

    #[test]
    fn an_actor_is_named_or_not() {
        let event = |actor: Option<&str>, device: Option<&str>| NewEvent {
            action: "a".into(),
            unnamed: Some("~0".into()),
            actor: actor.map(Into::into),
            device: device.map(Into::into),
            ..NewEvent::default()
        };
        assert!(judged(event(None, None), Door::Import).is_ok());
        assert!(judged(event(Some(""), None), Door::Import).is_ok());
        for event in [event(Some("ada"), None), event(None, Some("phone"))] {
            let error = judged(event, Door::Import).expect_err("both");
            assert_eq!(error.path.as_deref(), Some("unnamed"));
        }
    }

    #[test]
    fn the_strict_policy_wants_context_and_activity() {
        for (action, fine) in [
            ("button.click", true),
            ("button", false),
            ("a b.c", false),
            ("a.bcdefghijklmnopqrstuvwxyz0123456", false),
        ] {
            assert_eq!(
                check_action(action, ActionPolicy::ContextActivity).is_ok(),
                fine,
                "{action}"
            );
        }
        assert!(check_action("Clicked Sign Up", ActionPolicy::Free).is_ok());
        assert!(check_action("", ActionPolicy::Free).is_err());
    }

    #[test]
    fn a_tag_comes_out_as_it_is_kept() {
        let event = NewEvent {
            action: "a".into(),
            tag: Some(json!([1])),
            ..NewEvent::default()
        };
        let tag = judged(event, Door::Graphql).expect("fine").tag.expect("a tag");
        assert_eq!(Value::from(tag.object), json!({"0": 1}));
    }
}
