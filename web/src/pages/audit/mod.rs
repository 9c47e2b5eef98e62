//! The audit log: who changed what, and what it was before.

mod open;

use leptos::{either::Either, prelude::*};

use crate::{
    api::{
        audit::{AuditActor, AuditActorKind, AuditEntry, audit},
        client::{Client, use_client},
        page::{Asked, Page},
    },
    components::{
        button::{Button, Submit, Weight},
        form::Form,
        load::{Answer, Load},
        page::PageFrame,
        pages::Pages,
        situation::Empty,
        table::Column,
    },
    format::moment,
    state::question::chosen_zone,
    text::{audit as words, t},
};

/// Whose changes, and which.
type Wanted = RwSignal<(String, String)>;

/// The page.
#[component]
pub(super) fn AuditPage() -> impl IntoView {
    let client = use_client();
    let wanted = RwSignal::new((String::new(), String::new()));
    let opened = RwSignal::new(None::<AuditEntry>);
    let answer: Answer<Page<AuditEntry>> = Answer::new(move || page(client, wanted.get(), None));
    let more = Callback::new(move |after: String| page(client, wanted.get_untracked(), Some(after)));
    view! {
        <PageFrame title=t(words::TITLE) intro=t(words::INTRO)>
            <Search wanted/>
            <Load answer let:first>
                {if first.rows.is_empty() {
                    Either::Left(view! { <Empty title=t(words::NONE) hint=t(words::NONE_HINT)/> })
                } else {
                    Either::Right(view! {
                        <section class="card flush">
                            <Pages
                                caption=t(words::TITLE)
                                columns=columns(opened)
                                first
                                more
                                key=|entry: &AuditEntry| entry.id.inner().to_owned()
                            />
                        </section>
                    })
                }}
            </Load>
            <open::Open opened/>
        </PageFrame>
    }
}

fn page(client: Client, (actor, operation): (String, String), after: Option<String>) -> Asked<AuditEntry> {
    let given = |text: String| (!text.is_empty()).then_some(text);
    Box::pin(async move {
        let found = client.ask(audit(given(actor), given(operation), after)).await?.audit;
        Ok(Page {
            rows: found.edges.into_iter().map(|edge| edge.node).collect(),
            next: found.page_info.next(),
        })
    })
}

#[component]
fn Search(wanted: Wanted) -> impl IntoView {
    let [who, what] = [(); 2].map(|()| RwSignal::new(String::new()));
    let given = |text: RwSignal<String>| text.get_untracked().trim().to_owned();
    view! {
        <Form class="filter-line" on_submit=move || wanted.set((given(who), given(what)))>
            <label for="audit-who" class="visually-hidden">{t(words::WHO)}</label>
            <input id="audit-who" placeholder=t(words::WHO_HINT) autocomplete="off" spellcheck="false" bind:value=who/>
            <label for="audit-what" class="visually-hidden">{t(words::WHAT)}</label>
            <input id="audit-what" placeholder=t(words::WHAT_HINT) autocomplete="off" spellcheck="false" bind:value=what/>
            <Submit weight=Weight::Plain>{t(words::SEARCH)}</Submit>
        </Form>
    }
}

/// Who it was, as people read it.
fn who(actor: &AuditActor) -> String {
    let kind = match actor.kind {
        AuditActorKind::Anonymous => t(words::NOBODY),
        AuditActorKind::Operator => t(words::OPERATOR),
        AuditActorKind::Key | AuditActorKind::Account => "",
    };
    actor.name.clone().unwrap_or_else(|| kind.to_owned())
}

fn columns(opened: RwSignal<Option<AuditEntry>>) -> Vec<Column<AuditEntry>> {
    let zone = chosen_zone();
    vec![
        Column::new(t(words::TIME), move |entry: &AuditEntry| {
            moment::exact(&entry.time, zone.as_deref())
        }),
        Column::new(t(words::WHO), |entry: &AuditEntry| who(&entry.actor)).class("short"),
        Column::new(t(words::WHAT), |entry: &AuditEntry| {
            view! { <code>{entry.operation.clone()}</code> }
        }),
        Column::new(t(words::TARGET), |entry: &AuditEntry| entry.target.clone()).class("main"),
        Column::new(t(words::SITE), |entry: &AuditEntry| entry.site.clone()),
        Column::new(t(words::WAYS), move |entry: &AuditEntry| {
            let (entry, label) = (entry.clone(), format!("{}: {}", t(words::OPEN), entry.id.inner()));
            view! {
                <Button weight=Weight::Quiet label on_click=move || opened.set(Some(entry.clone()))>
                    {t(words::OPEN)}
                </Button>
            }
        })
        .class("ways")
        .read_out(),
    ]
}
