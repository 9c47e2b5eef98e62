//! Actors: people and companies, found by a part of their names, and what each did.

mod feed;
mod known;

use leptos::{either::Either, prelude::*};

use crate::{
    api::{
        client::use_client,
        condition::{Condition, ConditionOp, conditions},
        explore::{Explored, Found, Row, explore},
        failure::Failure,
        overview::{FindInput, RAW, period},
        scalar::Moment,
    },
    browser,
    components::{
        button::{Button, Submit, Weight},
        filter::{FilterLine, Filters},
        form::Form,
        load::{Answer, Load},
        page::{Card, PageFrame},
        period::Period,
        ranking::name,
        select::Select,
        situation::Empty,
        table::{Column, Table},
    },
    format::number::count,
    state::{
        question::{Question, use_question, use_zone},
        surroundings::use_place,
    },
    text::{actor as words, fill, t},
};

/// The most that are listed.
const MOST: i32 = 100;
/// The dimensions of people and of companies.
const PERSON: &str = "actor";
const COMPANY: &str = "company";

/// Which dimension names them.
fn kind(question: &Question) -> &'static str {
    if question.choice("by") == Some(COMPANY) {
        COMPANY
    } else {
        PERSON
    }
}

/// The page.
#[component]
pub(super) fn ActorPage() -> impl IntoView {
    let (question, change) = use_question();
    let opened = Memo::new(move |_| question.with(|question| question.choice("actor").map(str::to_owned)));
    let choose = Callback::new(move |kind: String| {
        change.run(
            question
                .get_untracked()
                .with_choice("by", Some(kind))
                .with_choice("actor", None),
        );
    });
    let options = vec![
        (PERSON.to_owned(), t(words::PEOPLE).to_owned()),
        (COMPANY.to_owned(), t(words::COMPANIES).to_owned()),
    ];
    let value = Signal::derive(move || question.with(kind).to_owned());
    view! {
        <PageFrame title=t(words::TITLE) intro=t(words::INTRO)>
            <div class="tools">
                <Period question change/>
            </div>
            <div class="tools">
                <Select id="actor-kind" label=t(words::KIND) value options change=choose/>
                <FilterLine question change/>
            </div>
            <Filters question change/>
            {move || match opened.get() {
                Some(name) => Either::Left(view! { <feed::Feed name question change/> }),
                None => Either::Right(view! { <Everybody question change/> }),
            }}
        </PageFrame>
    }
}

/// Who did something, those with the most events first.
#[component]
fn Everybody(question: Memo<Question>, change: Callback<Question>) -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let zone = use_zone(question);
    let wanted = RwSignal::new(String::new());
    let answer: Answer<(Found, &'static str)> = Answer::new(move || {
        let (question, wanted) = (question.get(), wanted.get());
        let kind = kind(&question);
        let zone = zone.get();
        let (range, _) = question.ranges(&zone, browser::now());
        let mut conditions = conditions(&question);
        let (op, value) = match &*wanted {
            "" => (ConditionOp::Exists, Some(true.into())),
            part => (ConditionOp::Contains, Some(part.into())),
        };
        conditions.push(Condition {
            dimension: kind.to_owned(),
            op,
            value,
        });
        let input = FindInput {
            site: Some(place.site_name()),
            view: RAW.to_owned(),
            conditions: Some(conditions),
            from: Moment::from_milliseconds(range.from),
            to: Moment::from_milliseconds(range.to),
            series: false,
            period: period(range.step),
            time_zone: Some(zone),
            group_by: Some(vec![kind.to_owned()]),
            limit: Some(MOST),
        };
        async move {
            let Explored { find_batch } = client.ask(explore(vec![input])).await?;
            let Some(outcome) = find_batch.into_iter().next() else {
                return Err(Failure::Unreachable);
            };
            match (outcome.result, outcome.error) {
                (Some(found), None) => Ok((found, kind)),
                (_, Some(error)) => Err(error.into()),
                (None, None) => Err(Failure::Unreachable),
            }
        }
    });
    view! {
        <Search wanted/>
        <Load answer let:answered>
            <List found=answered.0 kind=answered.1 question change/>
        </Load>
    }
}

#[component]
fn Search(wanted: RwSignal<String>) -> impl IntoView {
    let typed = RwSignal::new(wanted.get_untracked());
    view! {
        <Form class="filter-line" on_submit=move || wanted.set(typed.get_untracked().trim().to_owned())>
            <label for="actor-search" class="visually-hidden">{t(words::SEARCH)}</label>
            <input
                id="actor-search"
                placeholder=t(words::SEARCH)
                autocomplete="off"
                spellcheck="false"
                bind:value=typed
            />
            <Submit weight=Weight::Plain>{t(words::FIND)}</Submit>
        </Form>
    }
}

#[component]
fn List(found: Found, kind: &'static str, question: Memo<Question>, change: Callback<Question>) -> impl IntoView {
    if found.rows.is_empty() {
        return Either::Left(view! { <Empty title=t(words::NONE) hint=t(words::NONE_HINT)/> });
    }
    let who = move |row: &Row| name(row.dimensions.get(kind).unwrap_or(&serde_json::Value::Null));
    let hint = (found.groups > found.rows.len() as u64).then(|| fill(words::MORE, &[&count(found.groups)]));
    let columns = vec![
        Column::new(
            t(words::NAME),
            move |row: &Row| view! { <span class="strong">{who(row)}</span> },
        )
        .class("main"),
        Column::new(t(words::COUNT), |row: &Row| count(row.count)).class("number"),
        Column::new(t(words::WAYS), move |row: &Row| {
            let name = who(row);
            let label = format!("{}: {name}", t(words::OPEN));
            let open = move || change.run(question.get_untracked().with_choice("actor", Some(name.clone())));
            view! { <Button weight=Weight::Quiet label on_click=open>{t(words::OPEN)}</Button> }
        })
        .class("ways")
        .read_out(),
    ];
    Either::Right(view! {
        <Card id="actors-found" title=t(words::FOUND)>
            {hint.map(|hint| view! { <p class="hint">{hint}</p> })}
            <Table caption=t(words::FOUND) columns rows=found.rows key=|row: &Row| row.dimensions.to_string()/>
        </Card>
    })
}
