//! One event, whole.

use leptos::{either::Either, prelude::*};

use super::Doing;
use crate::{
    api::{
        client::use_client,
        event::{Whole, whole},
    },
    components::{
        dialog::{Dialog, open_while},
        fields::Fields,
        load::{Answer, Load},
    },
    format::moment,
    state::surroundings::use_place,
    text::{event as words, t},
};

/// The dialog.
#[component]
pub(super) fn Open(doing: RwSignal<Doing>, zone: Memo<String>) -> impl IntoView {
    let id = move || match doing.get() {
        Doing::Open(id) => Some(id),
        Doing::Nothing | Doing::Delete(_) => None,
    };
    let open = open_while(move || id().is_some(), move || doing.set(Doing::Nothing));
    let title = Signal::derive(move || id().map(cynic::Id::into_inner).unwrap_or_default());
    view! {
        <Dialog open title>
            {untrack(id).map(|id| view! { <Asked id zone/> })}
        </Dialog>
    }
}

#[component]
fn Asked(id: cynic::Id, zone: Memo<String>) -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let answer: Answer<_> = Answer::new(move || client.ask(whole(place.site_name(), id.clone())));
    view! {
        <Load answer let:found>
            {match found.event {
                Some(event) => Either::Left(told(event, &zone.get_untracked())),
                None => Either::Right(view! { <p>{t(words::GONE)}</p> }),
            }}
        </Load>
    }
}

/// The names are those of the API, which is where they are looked up.
fn told(event: Whole, zone: &str) -> impl IntoView + use<> {
    let time = |at| Some(moment::exact(at, Some(zone)));
    let lines = vec![
        ("action", Some(event.action)),
        ("label", event.label),
        ("time", time(&event.time)),
        ("received", time(&event.received)),
        ("url", event.url),
        ("referrer", event.referrer),
        ("trafficSource", Some(event.traffic_source)),
        ("actor", event.actor),
        ("company", event.company),
        ("device", event.device),
        ("session", event.session),
        ("language", event.language),
        ("country", event.country),
        ("city", event.city),
        ("ip", event.ip),
        ("userAgent", event.user_agent),
        ("deviceType", event.device_type),
        ("browser", event.browser),
        ("os", event.os),
        ("bot", event.bot.map(|bot| bot.to_string())),
        ("door", Some(event.door)),
    ];
    let tag = serde_json::to_string_pretty(&event.tag).unwrap_or_default();
    let blocks = vec![("tag", Some(tag))];
    view! { <Fields lines blocks/> }
}
