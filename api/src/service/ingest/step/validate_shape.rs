//! Shape, lengths and times: what can be judged from the event and its site's settings.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::{
    error::{Code, Error, Result},
    event::{Door, NewEvent},
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
    check_action(&event.action, site.action_policy)?;
    let texts = [
        (&mut event.id, "id", 128),
        (&mut event.label, "label", 1_024),
        (&mut event.url, "url", 8_192),
        (&mut event.referrer, "referrer", 8_192),
        (&mut event.ip, "ip", 64),
        (&mut event.user_agent, "userAgent", 2_048),
        (&mut event.actor, "actor", 256),
        (&mut event.unnamed, "unnamed", 256),
        (&mut event.device, "device", 256),
        (&mut event.session, "session", 256),
        (&mut event.company, "company", 256),
        (&mut event.language, "language", 64),
        (&mut event.country, "country", 64),
        (&mut event.city, "city", 256),
    ];
    for (text, path, most) in texts {
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
        Some(text) => read_time(text, site, door, received)?,
        None => received,
    };
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

fn read_time(text: &str, site: &Site, door: Door, received: Timestamp) -> Result<Timestamp> {
    let bad = |message: String| Error::new(Code::InvalidTime, message).at("time");
    let shown: String = text.chars().take(64).collect();
    let time: Timestamp = text.parse().map_err(|_| {
        bad(format!(
            "“{shown}” is not a time in RFC 3339, such as “2026-11-21T09:30:00Z”."
        ))
    })?;
    if i64::try_from(time.as_nanosecond()).is_err() {
        return Err(bad("The time lies outside the years 1678–2261.".to_owned()));
    }
    let ahead = time.duration_since(received);
    if ahead > jiff::SignedDuration::try_from(MOST_AHEAD).unwrap_or_default() {
        return Err(bad(format!(
            "The time “{shown}” is more than 5 minutes ahead of the server's, {received:.0}."
        )));
    }
    let oldest = site.max_event_age_seconds.filter(|_| door != Door::Import);
    if oldest.is_some_and(|seconds| -ahead.as_secs() > seconds) {
        let message = format!(
            "The event is older than this site takes ({} days).",
            oldest.unwrap_or_default() / 86_400
        );
        return Err(Error::new(Code::EventTooOld, message).at("time"));
    }
    Ok(time)
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
        assert_eq!(serde_json::Value::from(tag.object), json!({"0": 1}));
    }
}
