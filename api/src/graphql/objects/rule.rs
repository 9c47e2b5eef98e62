//! Rules of allow and deny lists.

use async_graphql::{Enum, ID, SimpleObject};

use crate::{
    domain::{rule, zone::Days},
    graphql::scalar::{Count, DateTime},
    service::rule::Counted,
};

/// A list of a site.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "rule::List")]
pub(in crate::graphql) enum RuleList {
    /// What a rule matches is refused, even if it is on the allow list.
    Deny,
    /// Where there are rules for a target, an event must match one of them.
    Allow,
}

/// What of an event a rule looks at. Where an event has no such value, no rule matches it.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "rule::Target")]
pub(in crate::graphql) enum RuleTarget {
    /// The action.
    Action,
    /// The actor's whole IP address, even where the site keeps only a part of it or nothing.
    Ip,
    /// The user agent, of which the first 1,024 characters are kept.
    UserAgent,
    /// The referrer's host, in lower case and without a port; other scripts in ASCII, such as `xn--bcher-kva.example`.
    ReferrerHost,
    /// The page's path, without query and fragment.
    UrlPath,
    /// The country.
    Country,
    /// Whether the user agent is a program.
    Bot,
}

/// A rule's hits on one day.
#[derive(SimpleObject)]
pub(in crate::graphql) struct RuleDay {
    /// The day in the site's time zone, such as `2026-11-21`.
    date: String,
    /// Events that the rule matched when they came in.
    hits: Count,
}

/// A rule of a site's allow or deny list.
#[derive(SimpleObject)]
pub(in crate::graphql) struct Rule {
    /// Names it, for `updateRule` and `deleteRule`.
    id: ID,
    /// The list that it is on.
    list: RuleList,
    /// What it looks at.
    target: RuleTarget,
    /// What it matches, in its one form: hosts in lower case, several `*` in a row as one.
    pattern: String,
    /// Why it is there; shown only to those who manage the site.
    note: Option<String>,
    /// Whether it is on. A rule that is off is as if it were not there.
    enabled: bool,
    /// Whether it only counts what it matches, and refuses nothing.
    shadow: bool,
    /// When it stops by itself; none means never.
    expires_at: Option<DateTime>,
    /// When it was made.
    created_at: DateTime,
    /// Events that it matched when they came in, since it was made. An event may hit several rules.
    hits: Count,
    /// When the last event that it matched came in.
    last_hit_at: Option<DateTime>,
    /// Hits of the last 30 days, oldest first, today last.
    days: Vec<RuleDay>,
}

impl From<Counted> for Rule {
    fn from(counted: Counted) -> Self {
        let rule = counted.rule;
        let definition = rule.definition;
        let day = |(day, hits)| RuleDay {
            date: Days::date(day).to_string(),
            hits: Count(hits),
        };
        Self {
            id: rule.public_id.into(),
            list: definition.list.into(),
            target: definition.target.into(),
            pattern: definition.pattern.to_string(),
            note: definition.note,
            enabled: definition.enabled,
            shadow: definition.shadow,
            expires_at: definition.expires.map(DateTime::from),
            created_at: rule.created.into(),
            hits: Count(counted.hits),
            last_hit_at: counted.last.map(DateTime::of),
            days: counted.days.into_iter().map(day).collect(),
        }
    }
}
