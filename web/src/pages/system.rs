//! System: version, database, queues, health.

use std::time::Duration;

use leptos::prelude::*;

use crate::{
    api::{
        client::use_client,
        system::{DatabaseKind, System, SystemQuery, system},
    },
    components::{
        fields::Fields,
        load::{Answer, Load, again},
        page::{Card, PageFrame},
    },
    format::number::{count, float, number},
    text::{fill, system as words, t},
};

/// How often it is looked at again.
const AGAIN: Duration = Duration::from_secs(5);

/// The page.
#[component]
pub(super) fn SystemPage() -> impl IntoView {
    let client = use_client();
    let answer: Answer<SystemQuery> = Answer::new(move || client.ask(system()));
    let reload = Callback::new(move |()| answer.refetch());
    view! {
        <PageFrame title=t(words::TITLE) intro=t(words::INTRO)>
            <Load answer let:found>
                {
                    again(AGAIN, reload);
                    view! { <Told system=found.system/> }
                }
            </Load>
        </PageFrame>
    }
}

#[component]
fn Told(system: System) -> impl IntoView {
    let (class, state) = match (system.ready, system.warnings.is_empty()) {
        (true, true) => ("state good", words::READY),
        (true, false) => ("state", words::WARNED),
        (false, _) => ("state bad", words::UNREADY),
    };
    let said = system.reasons.into_iter().chain(system.warnings);
    let said = said.map(|text| view! { <li>{text}</li> }).collect_view();
    let lag = system
        .mark_lag_events
        .map_or_else(|| t(words::UNKNOWN).to_owned(), count);
    let lines = vec![
        (t(words::VERSION), Some(system.version)),
        (
            t(words::DATABASE),
            Some(match system.database {
                DatabaseKind::Sqlite => "SQLite".to_owned(),
                DatabaseKind::Postgresql => "PostgreSQL".to_owned(),
            }),
        ),
        (t(words::ROOM), Some(in_units(system.database_bytes))),
        (t(words::FREE), system.free_bytes.map(in_units)),
        (t(words::LAG), Some(format!("{lag} – {}", t(words::LAG_HINT)))),
        (
            t(words::QUEUE),
            Some(format!("{} – {}", count(system.queued_events), t(words::QUEUE_HINT))),
        ),
    ];
    view! {
        <Card id="system-health" title=t(words::HEALTH)>
            <p class="strong"><span class=class>{t(state)}</span></p>
            <ul class="plain-list">{said}</ul>
            <Fields lines/>
        </Card>
    }
}

/// Bytes as people read them, by thousands and to a tenth.
fn in_units(bytes: u64) -> String {
    let (unit, text) = match bytes {
        0..1_000_000_000 => (1e6, words::MEGABYTES),
        1_000_000_000..1_000_000_000_000 => (1e9, words::GIGABYTES),
        _ => (1e12, words::TERABYTES),
    };
    fill(text, &[&number((float(bytes) / unit * 10.0).round() / 10.0)])
}
