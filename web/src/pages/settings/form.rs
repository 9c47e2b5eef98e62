//! The settings themselves.

use leptos::prelude::*;

use crate::{
    api::{
        client::use_client,
        site::{ActionPolicy, IdentityPeriod, IpPolicy, Settings, TagMode, UpdateSiteInput, update_site},
    },
    components::{
        button::Submit,
        field::{Choice, Field, FormError, Lines, Tick},
        form::Form,
        page::Card,
    },
    state::{notice::use_notices, surroundings::use_place},
    text::{Text, settings as words, t},
};

const ACTIONS: [(ActionPolicy, Text); 2] = [
    (ActionPolicy::Free, words::ACTIONS_FREE),
    (ActionPolicy::ContextActivity, words::ACTIONS_CONTEXT),
];
const ADDRESSES: [(IpPolicy, Text); 3] = [
    (IpPolicy::Whole, words::IP_WHOLE),
    (IpPolicy::Truncated, words::IP_TRUNCATED),
    (IpPolicy::None, words::IP_NONE),
];
const IDENTITIES: [(IdentityPeriod, Text); 4] = [
    (IdentityPeriod::Day, words::A_DAY),
    (IdentityPeriod::Week, words::A_WEEK),
    (IdentityPeriod::Month, words::A_MONTH),
    (IdentityPeriod::Never, words::FOR_EVER),
];
const TAGS: [(TagMode, Text); 2] = [
    (TagMode::Reject, words::TAGS_ANY),
    (TagMode::Strict, words::TAGS_STRICT),
];

/// Where a value is among those to choose from.
fn position<T: PartialEq>(options: &[(T, Text)], value: &T) -> RwSignal<usize> {
    let found = options.iter().position(|(one, _)| one == value);
    RwSignal::new(found.unwrap_or_default())
}

fn names<T>(options: &[(T, Text)]) -> Vec<String> {
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
struct Draft {
    zone: RwSignal<String>,
    /// Whether another zone may cost old counts.
    drop: RwSignal<bool>,
    actions: RwSignal<usize>,
    age: RwSignal<String>,
    addresses: RwSignal<usize>,
    identity: RwSignal<usize>,
    raw: RwSignal<String>,
    rollup: RwSignal<String>,
    tags: RwSignal<usize>,
    quarantine_days: RwSignal<String>,
    quarantine_room: RwSignal<String>,
    origins: RwSignal<String>,
    share_hosts: RwSignal<String>,
    script: RwSignal<String>,
}

impl Draft {
    fn of(settings: &Settings) -> Self {
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
    fn input(self, site: String) -> UpdateSiteInput {
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
    fn is_whole(self) -> bool {
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
fn wrong_days(text: RwSignal<String>) -> Option<String> {
    let wrong = text.with(|text| !text.trim().is_empty() && in_seconds(text).is_none());
    wrong.then(|| t(words::DAYS_WRONG).to_owned())
}

/// What is wrong with a number.
fn wrong(text: RwSignal<String>, optional: bool) -> Option<String> {
    let wrong = text.with(|text| {
        let text = text.trim();
        text.parse::<i32>().is_err() && !(optional && text.is_empty())
    });
    wrong.then(|| t(words::NUMBER_WRONG).to_owned())
}

/// The form.
#[component]
pub(super) fn SettingsForm(settings: Settings) -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let notices = use_notices();
    let draft = Draft::of(&settings);
    let (site, zone) = (settings.name, settings.time_zone);
    let save = Action::new_unsync(move |(): &()| {
        let input = draft.input(site.clone());
        async move {
            client.ask(update_site(input)).await?;
            notices.say(t(words::SAVED));
            place.refresh(client).await
        }
    });
    let blocked = Signal::derive(move || save.pending().get() || !draft.is_whole());
    view! {
        <Form class="cards" on_submit=move || {
            save.dispatch_local(());
        }>
            <TimeAndActions draft zone/>
            <Privacy draft/>
            <Keeping draft/>
            <Pages draft/>
            <FormError failure=Signal::derive(move || save.value().get().and_then(Result::err))/>
            <Submit disabled=blocked>{t(words::SAVE)}</Submit>
        </Form>
    }
}

#[component]
fn TimeAndActions(draft: Draft, zone: String) -> impl IntoView {
    view! {
        <Card id="set-time" title=t(words::ZONE_TITLE)>
            <div class="columns">
                <Field id="set-zone" label=t(words::ZONE) hint=t(words::ZONE_HINT) value=draft.zone required=true/>
                <Choice id="set-actions" label=t(words::ACTIONS) value=draft.actions options=names(&ACTIONS)/>
                <Field
                    id="set-age"
                    label=t(words::AGE)
                    hint=t(words::AGE_HINT)
                    value=draft.age
                    error=Signal::derive(move || wrong_days(draft.age))
                />
            </div>
            <Show when=move || draft.zone.with(|chosen| *chosen != zone)>
                <Tick id="set-drop" label=t(words::DROP) hint=t(words::DROP_HINT) value=draft.drop/>
            </Show>
        </Card>
    }
}

#[component]
fn Privacy(draft: Draft) -> impl IntoView {
    view! {
        <Card id="set-privacy" title=t(words::PRIVACY)>
            <div class="columns">
                <Choice id="set-addresses" label=t(words::IP) value=draft.addresses options=names(&ADDRESSES)/>
                <Choice id="set-identity" label=t(words::IDENTITY) value=draft.identity options=names(&IDENTITIES)/>
            </div>
        </Card>
    }
}

#[component]
fn Keeping(draft: Draft) -> impl IntoView {
    view! {
        <Card id="set-keeping" title=t(words::KEEPING)>
            <div class="columns">
                <Count id="set-raw" label=t(words::RAW) hint=t(words::EMPTY_FOR_EVER) value=draft.raw optional=true/>
                <Count
                    id="set-rollup"
                    label=t(words::ROLLUP)
                    hint=t(words::EMPTY_FOR_EVER)
                    value=draft.rollup
                    optional=true
                />
                <Choice id="set-tags" label=t(words::TAGS) value=draft.tags options=names(&TAGS)/>
                <Count id="set-quarantine-days" label=t(words::QUARANTINE_DAYS) value=draft.quarantine_days/>
                <Count id="set-quarantine-room" label=t(words::QUARANTINE_ROOM) value=draft.quarantine_room/>
            </div>
        </Card>
    }
}

#[component]
fn Pages(draft: Draft) -> impl IntoView {
    view! {
        <Card id="set-pages" title=t(words::PAGES)>
            <div class="columns">
                <Lines id="set-origins" label=t(words::ORIGINS) hint=t(words::ORIGINS_HINT) value=draft.origins/>
                <Lines
                    id="set-share"
                    label=t(words::SHARE_HOSTS)
                    hint=t(words::SHARE_HOSTS_HINT)
                    value=draft.share_hosts
                />
                <Field id="set-script" label=t(words::SCRIPT) hint=t(words::SCRIPT_HINT) value=draft.script/>
            </div>
        </Card>
    }
}

/// A whole number.
#[component]
fn Count(
    id: &'static str,
    label: &'static str,
    #[prop(optional)] hint: &'static str,
    value: RwSignal<String>,
    #[prop(optional)] optional: bool,
) -> impl IntoView {
    let error = Signal::derive(move || wrong(value, optional));
    view! { <Field id label hint value required={!optional} error/> }
}
