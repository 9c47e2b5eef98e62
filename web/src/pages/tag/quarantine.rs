//! The events that wait in quarantine.

use leptos::{either::Either, prelude::*};

use super::Doing;
use crate::{
    api::{
        client::{Client, use_client},
        failure::Failure,
        page::{Asked, Page},
        tag::{QuarantineCode, QuarantinedEvent, quarantine},
    },
    components::{
        button::{Button, Weight},
        page::Card,
        pages::Pages,
        table::Column,
    },
    format::{moment, number::count},
    state::{question::zone_now, surroundings::use_place},
    text::{fill, t, tag as words},
};

/// The first page, and how many there are on all of them.
#[derive(Debug, Clone)]
pub(super) struct Held {
    first: Page<QuarantinedEvent>,
    total: u64,
}

/// Asks for a page.
async fn ask(client: Client, site: String, after: Option<String>) -> Result<Held, Failure> {
    let found = client.ask(quarantine(site, after)).await?.quarantine;
    Ok(Held {
        total: found.total_count,
        first: Page {
            rows: found.edges.into_iter().map(|edge| edge.node).collect(),
            next: found.page_info.next(),
        },
    })
}

/// Asks for the first page; there is none for whoever may not see it.
pub(super) async fn ask_if_allowed(client: Client, site: String) -> Result<Option<Held>, Failure> {
    match ask(client, site, None).await {
        Err(failure) if failure.is_forbidden() => Ok(None),
        held => held.map(Some),
    }
}

/// The section.
#[component]
pub(super) fn Quarantine(found: Held, doing: RwSignal<Doing>) -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let total = found.total;
    let more = Callback::new(move |after: String| {
        let asked = ask(client, place.site_name_now(), Some(after));
        Box::pin(async move { Ok(asked.await?.first) }) as Asked<QuarantinedEvent>
    });
    let body = if total == 0 {
        Either::Left(view! { <p class="hint">{t(words::QUARANTINE_NONE)}</p> })
    } else {
        Either::Right(view! {
            <p class="hint tools">
                {fill(words::QUARANTINE_HINT, &[&count(total)])}
                <Show when=move || place.may("Mutation.deleteQuarantined")>
                    <Button weight=Weight::Quiet on_click=move || doing.set(Doing::Empty(total))>
                        {t(words::DELETE)}
                    </Button>
                </Show>
            </p>
            <Pages
                caption=t(words::QUARANTINE)
                columns=columns(doing)
                first=found.first
                more
                key=|held: &QuarantinedEvent| held.id.inner().to_owned()
            />
        })
    };
    view! { <Card id="quarantine-title" title=t(words::QUARANTINE)>{body}</Card> }
}

fn columns(doing: RwSignal<Doing>) -> Vec<Column<QuarantinedEvent>> {
    let place = use_place();
    let zone = zone_now();
    vec![
        Column::new(t(words::TIME), move |held: &QuarantinedEvent| {
            moment::exact(&held.event.time, Some(&zone))
        }),
        Column::new(t(words::ACTION), |held: &QuarantinedEvent| held.event.action.clone()).class("short"),
        Column::new(
            t(words::FIELD),
            |held: &QuarantinedEvent| view! { <code>{held.path.clone()}</code> },
        ),
        Column::new(t(words::REASON), reason).class("main"),
        Column::new(t(words::TAG), |held: &QuarantinedEvent| {
            view! { <code>{held.event.tag.to_string()}</code> }
        })
        .class("main"),
        Column::new(t(words::WAYS), move |held: &QuarantinedEvent| {
            let (held, label) = (held.clone(), format!("{}: {}", t(words::MEND), held.path));
            place.only("Mutation.redriveQuarantine", move || {
                let (held, label) = (held.clone(), label.clone());
                view! {
                    <Button weight=Weight::Quiet label on_click=move || doing.set(Doing::Mend(held.clone()))>
                        {t(words::MEND)}
                    </Button>
                }
            })
        })
        .class("ways")
        .read_out(),
    ]
}

fn reason(held: &QuarantinedEvent) -> String {
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
    match held.code {
        QuarantineCode::TagTypeConflict => fill(
            words::REASON_TYPE,
            &[&known(&held.received_type), &known(&held.expected_type)],
        ),
        QuarantineCode::TagKeyLimit => t(words::REASON_LIMIT).to_owned(),
        QuarantineCode::TagKeyUndeclared => t(words::REASON_UNDECLARED).to_owned(),
        QuarantineCode::Denied => t(words::REASON_DENIED).to_owned(),
        QuarantineCode::InvalidAction => t(words::REASON_INVALID_ACTION).to_owned(),
        QuarantineCode::EventTooOld => t(words::REASON_EVENT_TOO_OLD).to_owned(),
        QuarantineCode::InvalidTag => t(words::REASON_INVALID_TAG).to_owned(),
        QuarantineCode::TagKeyCollision => t(words::REASON_TAG_KEY_COLLISION).to_owned(),
        QuarantineCode::TooLong => t(words::REASON_TOO_LONG).to_owned(),
        QuarantineCode::InvalidText => t(words::REASON_INVALID_TEXT).to_owned(),
        QuarantineCode::InvalidIp => t(words::REASON_INVALID_IP).to_owned(),
        QuarantineCode::Forbidden => t(words::REASON_FORBIDDEN).to_owned(),
        QuarantineCode::TooManyItems => t(words::REASON_TOO_MANY_ITEMS).to_owned(),
        QuarantineCode::BatchRefused => t(words::REASON_BATCH_REFUSED).to_owned(),
        QuarantineCode::BodyTooLarge => t(words::REASON_BODY_TOO_LARGE).to_owned(),
        QuarantineCode::InvalidArgument => t(words::REASON_INVALID_ARGUMENT).to_owned(),
        QuarantineCode::MalformedRequest => t(words::REASON_MALFORMED_REQUEST).to_owned(),
    }
}
