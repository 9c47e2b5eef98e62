//! What is filled in of the settings, and what of it takes something away.

use leptos::prelude::*;

use crate::{
    api::site::{ActionPolicy, IdentityPeriod, IpPolicy, Settings, TagMode, UpdateSiteInput},
    text::{Text, settings as words, t},
};

pub(super) const ACTIONS: [(ActionPolicy, Text); 2] = [
    (ActionPolicy::Free, words::ACTIONS_FREE),
    (ActionPolicy::ContextActivity, words::ACTIONS_CONTEXT),
];
pub(super) const ADDRESSES: [(IpPolicy, Text); 3] = [
    (IpPolicy::Whole, words::IP_WHOLE),
    (IpPolicy::Truncated, words::IP_TRUNCATED),
    (IpPolicy::None, words::IP_NONE),
];
pub(super) const IDENTITIES: [(IdentityPeriod, Text); 4] = [
    (IdentityPeriod::Day, words::A_DAY),
    (IdentityPeriod::Week, words::A_WEEK),
    (IdentityPeriod::Month, words::A_MONTH),
    (IdentityPeriod::Never, words::FOR_EVER),
];
pub(super) const TAGS: [(TagMode, Text); 2] = [
    (TagMode::Reject, words::TAGS_ANY),
    (TagMode::Strict, words::TAGS_STRICT),
];

/// Where a value is among those to choose from.
fn position<T: PartialEq>(options: &[(T, Text)], value: &T) -> RwSignal<usize> {
    let found = options.iter().position(|(one, _)| one == value);
    RwSignal::new(found.unwrap_or_default())
}

/// What there is to choose from, as people read it.
pub(super) fn names<T>(options: &[(T, Text)]) -> Vec<String> {
    options.iter().map(|(_, text)| t(*text).to_owned()).collect()
}

fn number(value: Option<i32>) -> RwSignal<String> {
    RwSignal::new(value.map(|value| value.to_string()).unwrap_or_default())
}

fn lines(values: &[String]) -> RwSignal<String> {
    RwSignal::new(values.join("\n"))
}

/// What is filled in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draft {
    pub(super) zone: RwSignal<String>,
    /// Whether another zone may cost old counts.
    pub(super) drop: RwSignal<bool>,
    pub(super) actions: RwSignal<usize>,
    pub(super) age: RwSignal<String>,
    pub(super) addresses: RwSignal<usize>,
    pub(super) identity: RwSignal<usize>,
    pub(super) raw: RwSignal<String>,
    pub(super) rollup: RwSignal<String>,
    pub(super) tags: RwSignal<usize>,
    pub(super) quarantine_days: RwSignal<String>,
    pub(super) quarantine_room: RwSignal<String>,
    pub(super) origins: RwSignal<String>,
    pub(super) share_hosts: RwSignal<String>,
    pub(super) script: RwSignal<String>,
}

impl Draft {
    /// The settings as they are.
    pub(super) fn of(settings: &Settings) -> Self {
        Self {
            zone: RwSignal::new(settings.time_zone.clone()),
            drop: RwSignal::new(false),
            actions: position(&ACTIONS, &settings.action_policy),
            age: RwSignal::new(settings.max_event_age_seconds.map(in_days).unwrap_or_default()),
            addresses: position(&ADDRESSES, &settings.ip_policy),
            identity: position(&IDENTITIES, &settings.identity_period),
            raw: number(settings.raw_retention_days),
            rollup: number(settings.rollup_retention_days),
            tags: position(&TAGS, &settings.tag_mode),
            quarantine_days: number(Some(settings.quarantine_days)),
            quarantine_room: number(Some(settings.quarantine_megabytes)),
            origins: lines(&settings.origins),
            share_hosts: lines(settings.share_hosts.as_deref().unwrap_or_default()),
            script: RwSignal::new(settings.script_name.clone().unwrap_or_default()),
        }
    }

    /// What the server is to have then.
    pub(super) fn input(self, site: String) -> UpdateSiteInput {
        let number = |text: RwSignal<String>| text.get_untracked().trim().parse().ok();
        let listed = |text: RwSignal<String>| -> Vec<String> {
            text.get_untracked().split_whitespace().map(str::to_owned).collect()
        };
        let share_hosts = listed(self.share_hosts);
        let script = self.script.get_untracked().trim().to_owned();
        UpdateSiteInput {
            site: Some(site),
            time_zone: Some(self.zone.get_untracked().trim().to_owned()),
            action_policy: Some(ACTIONS[self.actions.get_untracked()].0),
            ip_policy: Some(ADDRESSES[self.addresses.get_untracked()].0),
            identity_period: Some(IDENTITIES[self.identity.get_untracked()].0),
            max_event_age_seconds: self.age.with_untracked(|text| in_seconds(text)),
            raw_retention_days: number(self.raw),
            rollup_retention_days: number(self.rollup),
            origins: Some(listed(self.origins)),
            share_hosts: (!share_hosts.is_empty()).then_some(share_hosts),
            script_name: (!script.is_empty()).then_some(script),
            tag_mode: Some(TAGS[self.tags.get_untracked()].0),
            quarantine_days: number(self.quarantine_days),
            quarantine_megabytes: number(self.quarantine_room),
            drop_old_rollups: self.drop.get_untracked(),
        }
    }

    /// Whether every number is one, or left out where it may be.
    pub(super) fn is_whole(self) -> bool {
        let optional = [self.raw, self.rollup]
            .into_iter()
            .all(|text| wrong(text, true).is_none());
        let optional = optional && wrong_days(self.age).is_none();
        let required = [self.quarantine_days, self.quarantine_room];
        optional && required.into_iter().all(|text| wrong(text, false).is_none())
    }
}

/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// Seconds as days, with so many digits that the same seconds come back.
fn in_days(seconds: i32) -> String {
    (f64::from(seconds) / DAY).to_string()
}

/// Days, which may be parts of one, as seconds; none where nothing is filled in.
fn in_seconds(text: &str) -> Option<i32> {
    let days: f64 = text.trim().replace(',', ".").parse().ok()?;
    let seconds = (days * DAY).round();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it is within the bounds that were looked at"
    )]
    (0.0..=f64::from(i32::MAX)).contains(&seconds).then_some(seconds as i32)
}

/// What is wrong with a number of days.
pub(super) fn wrong_days(text: RwSignal<String>) -> Option<String> {
    let wrong = text.with(|text| !text.trim().is_empty() && in_seconds(text).is_none());
    wrong.then(|| t(words::DAYS_WRONG).to_owned())
}

/// What is wrong with a number.
pub(super) fn wrong(text: RwSignal<String>, optional: bool) -> Option<String> {
    let wrong = text.with(|text| {
        let text = text.trim();
        text.parse::<i32>().is_err() && !(optional && text.is_empty())
    });
    wrong.then(|| t(words::NUMBER_WRONG).to_owned())
}

/// Whether something that is kept by now goes for good: where a limit falls or is new, or old counts may go.
pub(super) fn loses(wanted: &UpdateSiteInput, before: &UpdateSiteInput) -> bool {
    let limits = [
        (wanted.raw_retention_days, before.raw_retention_days),
        (wanted.rollup_retention_days, before.rollup_retention_days),
        (wanted.quarantine_days, before.quarantine_days),
        (wanted.quarantine_megabytes, before.quarantine_megabytes),
    ];
    let falls = |wanted: Option<i32>, before: Option<i32>| {
        wanted.is_some_and(|wanted| before.is_none_or(|before| wanted < before))
    };
    let drops = wanted.drop_old_rollups && wanted.time_zone != before.time_zone;
    drops || limits.into_iter().any(|(wanted, before)| falls(wanted, before))
}
