//! Tags: the keys with their types, and the events that wait in quarantine for one.

mod empty;
mod kind;
mod mend;
mod quarantine;

use leptos::{either::Either, prelude::*};

use crate::{
    api::{
        client::{Client, use_client},
        page::{Asked, Page},
        tag::{QuarantinedEvent, TagType, tag_types},
    },
    components::{
        button::{Button, Submit, Weight},
        form::Form,
        load::{Answer, Load},
        page::{Card, PageFrame},
        pages::Pages,
        situation::Empty,
        table::Column,
    },
    format::{moment, number::count},
    state::surroundings::use_place,
    text::{phrase, t, tag as words},
};

/// What the dialogs are about.
#[derive(Debug, Clone, PartialEq)]
enum Doing {
    Nothing,
    Declare,
    Retype(TagType),
    Release(TagType),
    Mend(QuarantinedEvent),
    /// Empties the quarantine, of so many events.
    Empty(u64),
}

/// The page.
#[component]
pub(super) fn TagPage() -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let prefix = RwSignal::new(String::new());
    let answer: Answer<Page<TagType>> = Answer::new(move || keys(client, place.site_name(), prefix.get(), None));
    let held: Answer<_> = Answer::new(move || quarantine::ask_if_allowed(client, place.site_name()));
    let reload = Callback::new(move |()| {
        answer.refetch();
        held.refetch();
    });
    let doing = RwSignal::new(Doing::Nothing);
    let tools = move || {
        view! {
            <Show when=move || place.may("Mutation.declareTagType")>
                <Button weight=Weight::Primary on_click=move || doing.set(Doing::Declare)>{t(words::DECLARE)}</Button>
            </Show>
        }
    };
    let more =
        Callback::new(move |after: String| keys(client, place.site_name_now(), prefix.get_untracked(), Some(after)));
    view! {
        <PageFrame title=t(words::TITLE) intro=t(words::INTRO) tools>
            <Load answer=held let:found>
                {found.map(|found| view! { <quarantine::Quarantine found doing/> })}
                <Card id="keys-title" title=t(words::KEYS)>
                    <Search prefix/>
                    <Load answer let:first>
                        {if first.rows.is_empty() {
                            Either::Left(view! { <Empty title=t(words::NONE) hint=t(words::NONE_HINT)/> })
                        } else {
                            Either::Right(view! {
                                <Pages
                                    caption=t(words::KEYS)
                                    columns=columns(doing)
                                    first
                                    more
                                    key=|key: &TagType| key.name.clone()
                                />
                            })
                        }}
                    </Load>
                </Card>
            </Load>
            <kind::Kind doing reload/>
            <kind::Release doing reload/>
            <mend::Mend doing reload/>
            <empty::EmptyOut doing reload/>
        </PageFrame>
    }
}

fn keys(client: Client, site: String, prefix: String, after: Option<String>) -> Asked<TagType> {
    Box::pin(async move {
        let prefix = (!prefix.is_empty()).then_some(prefix);
        let found = client.ask(tag_types(site, prefix, after)).await?.tag_types;
        Ok(Page {
            rows: found.nodes,
            next: found.page_info.next(),
        })
    })
}

#[component]
fn Search(prefix: RwSignal<String>) -> impl IntoView {
    let typed = RwSignal::new(prefix.get_untracked());
    view! {
        <Form class="filter-line" on_submit=move || prefix.set(typed.get_untracked().trim().to_owned())>
            <label for="key-prefix" class="visually-hidden">{t(words::BEGINS_WITH)}</label>
            <input
                id="key-prefix"
                placeholder=t(words::BEGINS_WITH)
                autocomplete="off"
                spellcheck="false"
                bind:value=typed
            />
            <Submit weight=Weight::Plain>{t(words::SEARCH)}</Submit>
        </Form>
    }
}

fn columns(doing: RwSignal<Doing>) -> Vec<Column<TagType>> {
    let place = use_place();
    vec![
        Column::new(t(words::NAME), |key: &TagType| {
            view! {
                <code class="strong">{key.name.clone()}</code>
                {key.declared.then(|| view! { <span class="badge">{t(words::DECLARED_BADGE)}</span> })}
            }
        })
        .class("main"),
        Column::new(t(words::KIND), |key: &TagType| key.kind.clone()),
        Column::new(t(words::COUNT), |key: &TagType| count(key.count)).class("number"),
        Column::new(t(words::SAMPLES), |key: &TagType| {
            let samples: Vec<_> = key.samples.iter().map(ToString::to_string).collect();
            samples.join(", ")
        })
        .class("main"),
        Column::new(t(words::LAST_SEEN), |key: &TagType| {
            let seen = key.last_seen_at.as_ref();
            seen.map_or_else(|| t(phrase::NEVER).to_owned(), moment::ago)
        }),
        Column::new(t(words::WAYS), move |key: &TagType| {
            let key = key.clone();
            place.only("Mutation.retypeTagType", move || ways(&key, doing))
        })
        .class("ways")
        .read_out(),
    ]
}

fn ways(key: &TagType, doing: RwSignal<Doing>) -> impl IntoView + use<> {
    let ways = [
        (words::RETYPE, Doing::Retype(key.clone())),
        (words::RELEASE, Doing::Release(key.clone())),
    ];
    let ways = ways.map(|(text, what)| {
        let label = format!("{}: {}", t(text), key.name);
        view! { <Button weight=Weight::Quiet label on_click=move || doing.set(what.clone())>{t(text)}</Button> }
    });
    ways.into_iter().collect_view()
}
