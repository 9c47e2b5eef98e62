//! What was found: a chart, the groups, and where it came from.

use leptos::{either::Either, prelude::*};
use serde_json::Value;

use super::Answered;
use crate::{
    api::explore::{Found, Outcome, Provenance, Row, Source},
    components::{
        chart::{Chart, Point},
        page::Card,
        ranking::name,
        table::{Column, Table},
    },
    format::number::{count, float, number},
    state::question::Step,
    text::{explore as words, fill, t},
};

/// Everything that was answered; a question that a view cannot answer says why.
#[component]
pub(super) fn Shown(answered: Answered) -> impl IntoView {
    let refused = |outcome: Option<&Outcome>| outcome.and_then(|outcome| outcome.error.clone());
    if let Some(error) = refused(answered.series.as_ref()).or_else(|| refused(answered.groups.as_ref())) {
        return Either::Left(view! { <p class="form-error" role="alert">{error.message}</p> });
    }
    let found = |outcome: Option<Outcome>| outcome.and_then(|outcome| outcome.result);
    let series = found(answered.series.clone());
    let groups = found(answered.groups.clone());
    Either::Right(view! {
        {series.map(|series| view! { <Series series zone=answered.zone step=answered.step/> })}
        {groups.zip(answered.by).map(|(groups, by)| view! { <Groups groups by/> })}
    })
}

#[component]
fn Series(series: Found, zone: String, step: Step) -> impl IntoView {
    let drawn = series.series.unwrap_or_default().into_iter().map(move |point| Point {
        value: Some(float(point.count)),
        ..Point::at(&point.start, &zone, step)
    });
    view! {
        <Card id="explore-series" title=t(words::COUNT)>
            <p class="figure-value">{count(series.total)}</p>
            <Chart id="explore-chart" title=t(words::COUNT) points=drawn.collect()/>
            <Origin provenance=series.provenance/>
        </Card>
    }
}

/// Where it came from, and how fresh it is.
#[component]
fn Origin(provenance: Provenance) -> impl IntoView {
    let source = t(match provenance.source {
        Source::Rollup => words::FROM_ROLLUP,
        Source::Raw => words::FROM_RAW,
        Source::Both => words::FROM_BOTH,
    });
    let fresh = provenance.up_to_event.map(|event| fill(words::FRESH, &[&event]));
    let lag = (provenance.mark_lag_events > 0).then(|| fill(words::LAG, &[&count(provenance.mark_lag_events)]));
    let told = [Some(format!("{source}.")), fresh, lag];
    let told: Vec<_> = told.into_iter().flatten().collect();
    view! { <p class="hint">{told.join(" ")}</p> }
}

#[component]
fn Groups(groups: Found, by: String) -> impl IntoView {
    if groups.rows.is_empty() {
        return Either::Left(view! {
            <Card id="explore-groups" title=t(words::GROUPS)>
                <p class="hint">{t(words::NONE)}</p>
            </Card>
        });
    }
    let shown = groups.rows.len() as u64;
    let hint = (groups.groups > shown).then(|| fill(words::GROUPS_SHOWN, &[&count(groups.groups), &count(shown)]));
    let columns = columns(by, &groups.rows);
    Either::Right(view! {
        <Card id="explore-groups" title=t(words::GROUPS)>
            {hint.map(|hint| view! { <p class="hint">{hint}</p> })}
            <Table
                caption=t(words::GROUPS)
                columns
                rows=groups.rows
                key=|row: &Row| row.dimensions.to_string()
            />
        </Card>
    })
}

fn columns(by: String, rows: &[Row]) -> Vec<Column<Row>> {
    let measured = rows.first().map(|row| row.measures.iter().map(|one| one.field.clone()));
    let title = by.clone();
    let mut columns = vec![
        Column::named(title, move |row: &Row| {
            name(row.dimensions.get(&by).unwrap_or(&Value::Null))
        })
        .class("main"),
        Column::new(t(words::COUNT), |row: &Row| count(row.count)).class("number"),
    ];
    columns.extend(measured.into_iter().flatten().map(|field| {
        Column::named(fill(words::SUM, &[&field]), move |row: &Row| {
            let found = row.measures.iter().find(|one| one.field == field);
            found.map_or_else(String::new, |measure| number(measure.sum))
        })
        .class("number")
    }));
    columns
}
