//! What a key may do, and where and how long, as a form has it.

use leptos::prelude::*;

use crate::{
    api::{
        key::{ApiKey, Permission},
        scalar::Moment,
    },
    components::field::{Field, Lines, Tick},
    format::moment,
    text::{Text, key as words, t},
};

/// What a key may do, as the form lists it: the name in the document, the title, the meaning.
const PERMISSIONS: [(Permission, &str, Text, Text); 5] = [
    (Permission::Log, "may-log", words::LOG, words::LOG_HINT),
    (Permission::Query, "may-query", words::QUERY, words::QUERY_HINT),
    (Permission::Delete, "may-delete", words::DELETE, words::DELETE_HINT),
    (Permission::Manage, "may-manage", words::MANAGE, words::MANAGE_HINT),
    (
        Permission::Impersonate,
        "may-impersonate",
        words::IMPERSONATE,
        words::IMPERSONATE_HINT,
    ),
];

/// What people call a permission.
pub(super) fn title(permission: Permission) -> Text {
    let found = PERMISSIONS.into_iter().find(|(one, ..)| *one == permission);
    found.map_or(words::LOG, |(_, _, title, _)| title)
}

/// What is filled in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draft {
    name: RwSignal<String>,
    origins: RwSignal<String>,
    rate: RwSignal<String>,
    expires: RwSignal<String>,
    ticks: [(Permission, RwSignal<bool>); 5],
}

impl Draft {
    /// A key that is there, or a new one, which may log.
    pub(super) fn of(key: Option<&ApiKey>) -> Self {
        let text = |text: Option<String>| RwSignal::new(text.unwrap_or_default());
        Self {
            name: text(key.map(|key| key.name.clone())),
            origins: text(key.map(|key| key.origins.join("\n"))),
            rate: text(key.and_then(|key| key.events_per_second).map(|rate| rate.to_string())),
            expires: text(key.and_then(|key| key.expires_at.as_ref()).map(moment::for_field)),
            ticks: PERMISSIONS.map(|(permission, ..)| {
                let ticked = key.map_or(permission == Permission::Log, |key| {
                    key.permissions.contains(&permission)
                });
                (permission, RwSignal::new(ticked))
            }),
        }
    }

    /// What people call it.
    pub(super) fn name(self) -> String {
        self.name.get_untracked().trim().to_owned()
    }

    /// What it may do.
    pub(super) fn permissions(self) -> Vec<Permission> {
        let ticked = self.ticks.into_iter().filter(|(_, tick)| tick.get_untracked());
        ticked.map(|(one, _)| one).collect()
    }

    /// Where pages that use it are.
    pub(super) fn origins(self) -> Vec<String> {
        self.origins
            .get_untracked()
            .split_whitespace()
            .map(str::to_owned)
            .collect()
    }

    /// Events that it may log a second.
    pub(super) fn rate(self) -> Option<i32> {
        self.rate.get_untracked().trim().parse().ok()
    }

    /// When it stops working.
    pub(super) fn expires(self) -> Option<Moment> {
        moment::of_field(&self.expires.get_untracked())
    }

    /// What is wrong with the rate.
    pub(super) fn rate_error(self) -> Option<String> {
        let rate = self.rate.get();
        (!rate.trim().is_empty() && rate.trim().parse::<i32>().is_err()).then(|| t(words::RATE_WRONG).to_owned())
    }
}

/// The fields.
#[component]
pub(super) fn DraftFields(draft: Draft) -> impl IntoView {
    let ticks = PERMISSIONS
        .into_iter()
        .zip(draft.ticks)
        .map(|((_, id, title, hint), (_, value))| view! { <Tick id label=t(title) hint=t(hint) value/> });
    view! {
        <Field id="key-name" label=t(words::NAME) hint=t(words::NAME_HINT) value=draft.name first=true/>
        <fieldset>
            <legend>{t(words::PERMISSIONS)}</legend>
            {ticks.collect_view()}
        </fieldset>
        <Lines id="key-origins" label=t(words::ORIGINS) hint=t(words::ORIGINS_HINT) value=draft.origins/>
        <Field
            id="key-rate"
            label=t(words::RATE)
            hint=t(words::RATE_HINT)
            value=draft.rate
            error=Signal::derive(move || draft.rate_error())
        />
        <Field
            id="key-expires"
            kind="datetime-local"
            label=t(words::EXPIRES)
            hint=t(words::EXPIRES_HINT)
            value=draft.expires
        />
    }
}
