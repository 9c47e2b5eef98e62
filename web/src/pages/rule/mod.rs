//! Allow and deny lists: what is let in, what was refused, and what would be.

mod delete;
mod edit;
mod explain;
mod hits;
mod preview;

use leptos::{either::Either, prelude::*};

use crate::{
    api::{
        client::{Client, use_client},
        failure::Failure,
        rule::{Rule, RuleList, RuleTarget, rules},
    },
    browser,
    components::{
        button::{Button, Weight},
        load::{Answer, Load},
        page::PageFrame,
        situation::Empty,
        table::{Column, Table},
    },
    format::{moment, number::count},
    state::surroundings::use_place,
    text::{Text, phrase, rule as words, t},
};

/// The lists, as forms offer them.
const LISTS: [(RuleList, Text); 2] = [(RuleList::Deny, words::DENY), (RuleList::Allow, words::ALLOW)];
/// What rules look at, as forms offer it.
const TARGETS: [(RuleTarget, Text); 7] = [
    (RuleTarget::Action, words::ACTION),
    (RuleTarget::Ip, words::IP),
    (RuleTarget::UserAgent, words::USER_AGENT),
    (RuleTarget::ReferrerHost, words::REFERRER_HOST),
    (RuleTarget::UrlPath, words::URL_PATH),
    (RuleTarget::Country, words::COUNTRY),
    (RuleTarget::Bot, words::BOT),
];

fn list(list: RuleList) -> &'static str {
    LISTS
        .into_iter()
        .find(|(one, _)| *one == list)
        .map_or("", |(_, text)| t(text))
}

fn target(target: RuleTarget) -> &'static str {
    TARGETS
        .into_iter()
        .find(|(one, _)| *one == target)
        .map_or("", |(_, text)| t(text))
}

/// What the dialogs are about: nothing, a new rule, or one that is there.
#[derive(Debug, Clone, PartialEq)]
enum Doing {
    Nothing,
    Add,
    Edit(Rule),
    Delete(Rule),
    Hits(Rule),
}

/// The page.
#[component]
pub(crate) fn RulePage() -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let answer: Answer<Vec<Rule>> = Answer::new(move || all(client, place.site_name()));
    let reload = Callback::new(move |()| answer.refetch());
    let doing = RwSignal::new(Doing::Nothing);
    let tools = move || {
        view! {
            <Show when=move || place.may("Mutation.createRule")>
                <Button weight=Weight::Primary on_click=move || doing.set(Doing::Add)>{t(words::ADD)}</Button>
            </Show>
        }
    };
    view! {
        <PageFrame title=t(words::TITLE) intro=t(words::INTRO) tools>
            <Load answer let:found>
                {if found.is_empty() {
                    Either::Left(view! { <Empty title=t(words::NONE) hint=t(words::NONE_HINT)/> })
                } else {
                    Either::Right(view! {
                        <section class="card flush">
                            <Table
                                caption=t(words::TITLE)
                                columns=columns(doing)
                                rows=found
                                key=|rule| rule.id.inner().to_owned()
                            />
                        </section>
                    })
                }}
            </Load>
            // Not before the list: it would jump as that comes.
            <Show when=move || answer.get().is_some()>
                <explain::Explain/>
            </Show>
            <edit::Edit doing reload/>
            <delete::Delete doing reload/>
            <hits::Hits doing/>
        </PageFrame>
    }
}

/// All rules of a site, page by page: there are 10,000 at most.
async fn all(client: Client, site: String) -> Result<Vec<Rule>, Failure> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = client.ask(rules(site.clone(), after)).await?.rules;
        found.extend(page.nodes);
        match page.page_info.next() {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}

fn columns(doing: RwSignal<Doing>) -> Vec<Column<Rule>> {
    vec![
        Column::new(t(words::LIST), |rule: &Rule| {
            let class = if rule.list == RuleList::Deny {
                "list deny"
            } else {
                "list allow"
            };
            view! { <span class=class>{list(rule.list)}</span> }
        }),
        Column::new(t(words::TARGET), |rule: &Rule| target(rule.target)),
        Column::new(t(words::PATTERN), |rule: &Rule| {
            view! {
                <code>{rule.pattern.clone()}</code>
                {rule.note.clone().map(|note| view! { <span class="beside">{note}</span> })}
            }
        })
        .class("main"),
        Column::new(t(words::STATE), state),
        Column::new(t(words::HITS), move |rule: &Rule| hits(rule, doing)).class("number"),
        Column::new(t(words::LAST_HIT), |rule: &Rule| {
            rule.last_hit_at
                .as_ref()
                .map_or_else(|| t(phrase::NEVER).to_owned(), moment::ago)
        }),
        Column::new(t(words::WAYS), move |rule: &Rule| ways(rule, doing))
            .class("ways")
            .read_out(),
    ]
}

/// How often it was hit; where it was, a press shows when.
fn hits(rule: &Rule, doing: RwSignal<Doing>) -> impl IntoView + use<> {
    if rule.hits == 0 {
        return Either::Left(count(rule.hits));
    }
    let label = format!("{}: {}, {}", t(words::HITS), count(rule.hits), rule.pattern);
    let (opened, hits) = (rule.clone(), count(rule.hits));
    Either::Right(view! {
        <Button weight=Weight::Quiet label on_click=move || doing.set(Doing::Hits(opened.clone()))>
            {hits}
        </Button>
    })
}

fn state(rule: &Rule) -> impl IntoView + use<> {
    let expired = rule
        .expires_at
        .as_ref()
        .is_some_and(|at| at.milliseconds() <= browser::now());
    let (class, text) = match rule {
        Rule { enabled: false, .. } => ("state", words::STATE_OFF),
        _ if expired => ("state", words::STATE_EXPIRED),
        Rule { shadow: true, .. } => ("state", words::STATE_SHADOW),
        _ => ("state good", words::STATE_ACTS),
    };
    view! { <span class=class>{t(text)}</span> }
}

fn ways(rule: &Rule, doing: RwSignal<Doing>) -> impl IntoView + use<> {
    let label = |text: Text| format!("{}: {}", t(text), rule.pattern);
    let (edited, deleted) = (rule.clone(), rule.clone());
    view! {
        <Button
            weight=Weight::Quiet
            label=label(words::EDIT)
            on_click=move || doing.set(Doing::Edit(edited.clone()))
        >
            {t(words::EDIT)}
        </Button>
        <Button
            weight=Weight::Quiet
            label=label(words::DELETE)
            on_click=move || doing.set(Doing::Delete(deleted.clone()))
        >
            {t(words::DELETE)}
        </Button>
    }
}
