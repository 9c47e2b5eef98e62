//! One change, with what was before it and after.

use leptos::prelude::*;
use serde_json::Value;

use super::who;
use crate::{
    api::audit::AuditEntry,
    components::{
        dialog::{Dialog, open_while},
        fields::Fields,
    },
    format::moment,
    state::question::chosen_zone,
    text::{audit as words, t},
};

/// The dialog.
#[component]
pub(super) fn Open(opened: RwSignal<Option<AuditEntry>>) -> impl IntoView {
    let open = open_while(move || opened.with(Option::is_some), move || opened.set(None));
    let title = move || opened.with(|entry| entry.as_ref().map(|entry| entry.operation.clone()).unwrap_or_default());
    view! {
        <Dialog open title=Signal::derive(title)>
            {opened.get_untracked().map(told)}
        </Dialog>
    }
}

fn told(entry: AuditEntry) -> impl IntoView {
    let lines = vec![
        (
            t(words::TIME),
            Some(moment::exact(&entry.time, chosen_zone().as_deref())),
        ),
        (t(words::WHO), Some(who(&entry.actor))),
        (t(words::TARGET), Some(entry.target)),
        (t(words::SITE), entry.site),
        (t(words::ADDRESS), entry.ip),
        (t(words::USER_AGENT), entry.user_agent),
        (t(words::REQUEST), entry.request_id),
    ];
    let written = |value: Option<Value>| value.map(|value| serde_json::to_string_pretty(&value).unwrap_or_default());
    let blocks = vec![
        (t(words::BEFORE), written(entry.before)),
        (t(words::AFTER), written(entry.after)),
    ];
    view! { <Fields lines blocks/> }
}
