//! Keys: who may come in by a program.

mod change;
mod create;
mod draft;

use leptos::{either::Either, prelude::*};

use crate::{
    api::{
        client::use_client,
        key::{ApiKey, keys},
    },
    components::{
        button::{Button, Weight},
        load::{Answer, Load},
        page::PageFrame,
        situation::Empty,
        table::{Column, Table},
    },
    format::moment,
    state::{question::zone_now, surroundings::use_place},
    text::{key as words, phrase, t},
};

/// What is about to be done to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Edit,
    Rotate,
    Revoke,
}

/// The page.
#[component]
pub(crate) fn KeyPage() -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let answer: Answer<_> = Answer::new(move || client.ask(keys(place.site_name())));
    let reload = Callback::new(move |()| answer.refetch());
    let creating = RwSignal::new(false);
    let change = RwSignal::new(None::<(Change, ApiKey)>);
    let tools = move || {
        view! {
            <Show when=move || place.may("Mutation.createKey")>
                <Button weight=Weight::Primary on_click=move || creating.set(true)>{t(words::CREATE)}</Button>
            </Show>
        }
    };
    view! {
        <PageFrame title=t(words::TITLE) intro=t(words::INTRO) tools>
            <Load answer let:found>
                {if found.keys.is_empty() {
                    Either::Left(view! { <Empty title=t(words::NONE) hint=t(words::NONE_HINT)/> })
                } else {
                    Either::Right(view! {
                        <section class="card flush">
                            <Table
                                caption=t(words::TITLE)
                                columns=columns(change)
                                rows=found.keys
                                key=|key| key.id.inner().to_owned()
                            />
                        </section>
                    })
                }}
            </Load>
            <create::Create open=creating reload/>
            <change::Edit change reload/>
            <change::Rotate change reload/>
            <change::Revoke change reload/>
        </PageFrame>
    }
}

/// What people call a key.
fn name(key: &ApiKey) -> String {
    if key.name.is_empty() {
        t(words::UNNAMED).to_owned()
    } else {
        key.name.clone()
    }
}

fn columns(change: RwSignal<Option<(Change, ApiKey)>>) -> Vec<Column<ApiKey>> {
    let zone = zone_now();
    vec![
        Column::new(t(words::NAME), |key: &ApiKey| {
            view! {
                <span class="strong">{name(key)}</span>
                {key.site.is_none().then(|| view! { <span class="badge">{t(words::EVERY_SITE)}</span> })}
                {key.public.then(|| view! { <span class="badge">{t(words::PUBLIC)}</span> })}
            }
        })
        .class("main"),
        Column::new(
            t(words::PREFIX),
            |key: &ApiKey| view! { <code>{key.id.inner().to_owned()}</code> },
        ),
        Column::new(t(words::PERMISSIONS), |key: &ApiKey| {
            let names: Vec<_> = key
                .permissions
                .iter()
                .map(|permission| t(draft::title(*permission)))
                .collect();
            names.join(", ")
        }),
        Column::new(t(words::STATE), |key: &ApiKey| {
            let (class, text) = match (key.valid, &key.revoked_at) {
                (true, _) => ("state good", words::VALID),
                (false, Some(_)) => ("state", words::REVOKED),
                (false, None) => ("state", words::EXPIRED),
            };
            view! { <span class=class>{t(text)}</span> }
        }),
        Column::new(t(words::LAST_USED), |key: &ApiKey| {
            key.last_used_at
                .as_ref()
                .map_or_else(|| t(phrase::NEVER).to_owned(), moment::ago)
        }),
        Column::new(t(words::CREATED), move |key: &ApiKey| {
            moment::date(&key.created_at, Some(&zone))
        }),
        Column::new(t(words::ACTIONS), move |key: &ApiKey| {
            key.valid.then(|| ways(key, change))
        })
        .class("ways")
        .read_out(),
    ]
}

fn ways(key: &ApiKey, change: RwSignal<Option<(Change, ApiKey)>>) -> impl IntoView + use<> {
    let (key, name) = (key.clone(), name(key));
    [
        (Change::Edit, words::EDIT),
        (Change::Rotate, words::ROTATE),
        (Change::Revoke, words::REVOKE),
    ]
    .into_iter()
    .map(move |(what, text)| {
        let key = key.clone();
        view! {
            <Button
                weight=Weight::Quiet
                label=format!("{}: {name}", t(text))
                on_click=move || change.set(Some((what, key.clone())))
            >
                {t(text)}
            </Button>
        }
    })
    .collect_view()
}
