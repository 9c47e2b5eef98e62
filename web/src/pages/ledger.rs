//! The ledger: what was received against what became of it, over time and by reason.

use leptos::{either::Either, prelude::*};

use crate::{
    api::{
        client::use_client,
        ledger::{LedgerDimension, LedgerRow, LedgerVariables, Ledgers, ledger},
        overview::period,
        rule::Outcome,
        scalar::Moment,
    },
    browser,
    components::{
        chart::{Chart, Figure, Point},
        load::{Answer, Load},
        page::{Card, PageFrame},
        period::Period,
        select::Select,
        table::{Column, Table},
    },
    format::number::{count, float},
    state::{
        question::{Step, use_question, use_zone},
        surroundings::use_place,
    },
    text::{Text, fill, ledger as words, t},
};

/// What became of an event, as people read it.
const OUTCOMES: [(Outcome, Text); 8] = [
    (Outcome::Accepted, words::ACCEPTED),
    (Outcome::Duplicate, words::DUPLICATE),
    (Outcome::Invalid, words::INVALID),
    (Outcome::Denied, words::DENIED),
    (Outcome::TypeConflict, words::TYPE_CONFLICT),
    (Outcome::RateLimited, words::RATE_LIMITED),
    (Outcome::Overloaded, words::OVERLOADED),
    (Outcome::Failed, words::FAILED),
];

/// What the table can be grouped by besides the outcome.
const GROUPS: [(LedgerDimension, Text); 4] = [
    (LedgerDimension::Code, words::REASON),
    (LedgerDimension::Action, words::ACTION),
    (LedgerDimension::Key, words::KEY),
    (LedgerDimension::Dialect, words::DOOR),
];

/// What was answered, with what has to be known to show it.
#[derive(Debug, Clone)]
struct Answered {
    ledgers: Ledgers,
    group: usize,
    zone: String,
    step: Step,
}

/// The page.
#[component]
pub(super) fn LedgerPage() -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let (question, change) = use_question();
    let zone = use_zone(question);
    let group = RwSignal::new(0_usize);
    let answer: Answer<Answered> = Answer::new(move || {
        let (site, question, group) = (place.site_name(), question.get(), group.get());
        let zone = zone.get();
        let (range, _) = question.ranges(&zone, browser::now());
        let asked = LedgerVariables {
            site,
            from: Moment::from_milliseconds(range.from),
            to: Moment::from_milliseconds(range.to),
            period: period(range.step),
            time_zone: zone.clone(),
            group_by: vec![LedgerDimension::Outcome, GROUPS[group].0],
        };
        async move {
            Ok(Answered {
                ledgers: client.ask(ledger(asked)).await?,
                group,
                zone,
                step: range.step,
            })
        }
    });
    view! {
        <PageFrame title=t(words::TITLE) intro=t(words::INTRO)>
            <div class="tools">
                <Period question change/>
            </div>
            <Load answer let:answered>
                <Book answered group/>
            </Load>
        </PageFrame>
    }
}

#[component]
fn Book(answered: Answered, group: RwSignal<usize>) -> impl IntoView {
    let received = answered.ledgers.received;
    let sum: u64 = received.rows.iter().map(|row| row.count).sum();
    let balance = if sum == received.received {
        words::BALANCE
    } else {
        words::OUT_OF_BALANCE
    };
    let class = if sum == received.received {
        "state good"
    } else {
        "state bad"
    };
    let figures = OUTCOMES.into_iter().filter_map(|(outcome, text)| {
        let found = received.rows.iter().find(|row| row.outcome == Some(outcome))?;
        Some(view! { <Figure title=t(text) value=found.count/> })
    });
    let zone = answered.zone;
    let step = answered.step;
    let points = received.series.unwrap_or_default().into_iter().map(move |point| {
        let stored = point.rows.iter().find(|row| row.outcome == Some(Outcome::Accepted));
        Point {
            value: Some(float(point.received)),
            before: stored.map(|row| float(row.count)).or(Some(0.0)),
            ..Point::at(&point.start, &zone, step)
        }
    });
    let rows = answered.ledgers.grouped.rows;
    let table = if rows.is_empty() {
        Either::Left(view! { <p class="hint">{t(words::NONE)}</p> })
    } else {
        Either::Right(view! {
            <Table
                caption=t(words::OUTCOMES)
                columns=columns(answered.group)
                rows=rows
                key=|row: &LedgerRow| format!("{:?} {}", row.outcome, of_group(row))
            />
        })
    };
    view! {
        <dl class="figures">
            <Figure title=t(words::RECEIVED) value=received.received/>
            {figures.collect_view()}
        </dl>
        <p class="balance"><span class=class>{fill(balance, &[&count(received.received), &count(sum)])}</span></p>
        <Card id="ledger-time" title=t(words::OVER_TIME)>
            <Chart
                id="ledger-chart"
                title=t(words::RECEIVED)
                points=points.collect()
                columns=t(words::RECEIVED)
                marks=t(words::ACCEPTED)
            />
        </Card>
        <Card id="ledger-outcomes" title=t(words::OUTCOMES)>
            <Select
                id="ledger-by"
                label=t(words::BY)
                value=Signal::derive(move || group.get().to_string())
                options=GROUPS
                    .iter()
                    .enumerate()
                    .map(|(place, (_, text))| (place.to_string(), t(*text).to_owned()))
                    .collect()
                change=Callback::new(move |place: String| group.set(place.parse().unwrap_or_default()))
            />
            {table}
        </Card>
    }
}

fn columns(group: usize) -> Vec<Column<LedgerRow>> {
    let outcome = |row: &LedgerRow| {
        let found = OUTCOMES.into_iter().find(|(outcome, _)| Some(*outcome) == row.outcome);
        found.map_or("", |(_, text)| t(text))
    };
    vec![
        Column::new(t(words::OUTCOME), outcome),
        Column::new(t(GROUPS[group].1), of_group).class("main"),
        Column::new(t(words::COUNT), |row: &LedgerRow| count(row.count)).class("number"),
    ]
}

/// What the row is grouped by; the others have none of these.
fn of_group(row: &LedgerRow) -> String {
    let named = [&row.code, &row.action, &row.key, &row.dialect];
    named
        .into_iter()
        .flatten()
        .next()
        .cloned()
        .unwrap_or_else(|| "–".to_owned())
}
