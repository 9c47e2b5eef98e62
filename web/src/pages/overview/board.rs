//! The figures, the chart and the rankings.

use leptos::{either::Either, prelude::*};
use leptos_router::components::A;
use serde_json::Value;

use super::{Answered, RANKINGS};
use crate::{
    api::{
        overview::{FindOutcome, Found, LEADING},
        scalar::{Count, Moment},
    },
    components::{
        chart::{Chart, Figure, Point},
        page::Card,
        ranking::{Ranked, Ranking},
        situation::Empty,
    },
    format::number::{change as changed, count, float},
    route::{settings_of, views_of},
    state::{question::Question, surroundings::use_place},
    text::{fill, overview as words, t},
};

/// Everything that was answered.
#[component]
pub(super) fn Board(answered: Answered, change: Callback<Question>) -> impl IntoView {
    let question = answered.asked.question.clone();
    let rankings = RANKINGS
        .iter()
        .zip(answered.finds.iter().skip(LEADING))
        .map(|((id, title, ranking), outcome)| {
            let (question, dimension) = (question.clone(), ranking.dimension);
            let choose = move |value: Value| change.run(question.with_filter(dimension, value));
            view! { <Ranking id title=t(*title) rows=ranked(outcome, dimension) on_choose=choose/> }
        })
        .collect_view();
    let failed = answered.finds.first().and_then(|outcome| outcome.error.clone());
    let series = match failed {
        Some(error) => Either::Left(view! { <p class="form-error" role="alert">{error.message}</p> }),
        None => Either::Right(view! {
            <Chart id="events-chart" title=t(words::EVENTS) points=points(&answered)/>
        }),
    };
    let nothing = |index: usize| found(&answered, index).is_some_and(|found| found.total == 0);
    if nothing(0) && nothing(1) && question.filters.is_empty() {
        return Either::Left(view! {
            <Figures answered=answered.clone()/>
            <Nothing/>
        });
    }
    Either::Right(view! {
        <Figures answered=answered.clone()/>
        <Card id="events-title" title=t(words::EVENTS)>{series}</Card>
        <Actors answered/>
        <div class="rankings">{rankings}</div>
    })
}

/// Nothing to look at; and how that changes, for whoever can change it.
#[component]
fn Nothing() -> impl IntoView {
    let place = use_place();
    view! {
        <Empty title=t(words::NOTHING) hint=t(words::NOTHING_HINT)>
            {place.only("Mutation.updateSite", move || {
                let address = settings_of(&place.site_name());
                view! { <A href=address attr:class="button primary">{t(words::HOW_TO_LOG)}</A> }
            })}
        </Empty>
    }
}

#[component]
fn Figures(answered: Answered) -> impl IntoView {
    let total = |index: usize| found(&answered, index).map_or(0, |found| found.total);
    let (events, before, live) = (total(0), total(1), total(2));
    let actors = answered.actors.map(|(actors, before)| {
        let note = (!actors.exact).then(|| fill(words::ACTORS_ESTIMATE, &[&count(actors.lower), &count(actors.upper)]));
        view! { <Figure title=t(words::ACTORS) value=actors.count change=changed(actors.count, before) note/> }
    });
    view! {
        <dl class="figures">
            <Figure title=t(words::EVENTS) value=events change=changed(events, before)/>
            {actors}
            <Figure title=t(words::LIVE) value=live/>
        </dl>
    }
}

/// The actors by point; where the filters form no scope, what would.
#[component]
fn Actors(answered: Answered) -> impl IntoView {
    let body = match &answered.actors {
        None => Either::Left(view! { <NoScope answered=answered.clone()/> }),
        Some((actors, _)) => {
            let points = actors.series.iter().flatten().map(|point| Point {
                value: value(&answered, &point.start, point.count),
                ..Point::at(&point.start, &answered.asked.zone, answered.asked.range.step)
            });
            Either::Right(view! { <Chart id="actors-chart" title=t(words::ACTORS) points=points.collect()/> })
        }
    };
    view! { <Card id="actors-title" title=t(words::ACTORS)>{body}</Card> }
}

/// No scope has the fields of these filters; whoever can declare one is led there.
#[component]
fn NoScope(answered: Answered) -> impl IntoView {
    let place = use_place();
    let filters = &answered.asked.question.filters;
    let fields: Vec<_> = filters.iter().map(|(dimension, _)| dimension.as_str()).collect();
    view! {
        <p class="hint">{fill(words::NO_SCOPE, &[&fields.join(", ")])}</p>
        {place.only("Mutation.createUniqueScope", move || {
            view! {
                <p class="situation-way">
                    <A href=views_of(&place.site_name()) attr:class="button">{t(words::TO_SCOPES)}</A>
                </p>
            }
        })}
    }
}

/// What one of the questions found.
pub(super) fn found(answered: &Answered, index: usize) -> Option<&Found> {
    answered.finds.get(index)?.result.as_ref()
}

/// The events by point, each beside the point of the same place in the period before.
fn points(answered: &Answered) -> Vec<Point> {
    let series = |index: usize| {
        found(answered, index)
            .and_then(|found| found.series.clone())
            .unwrap_or_default()
    };
    let before = series(1);
    let points = series(0).into_iter().enumerate().map(|(index, point)| Point {
        value: value(answered, &point.start, point.count),
        before: before.get(index).map(|point| float(point.count)),
        ..Point::at(&point.start, &answered.asked.zone, answered.asked.range.step)
    });
    points.collect()
}

/// What has not begun yet is no zero.
fn value(answered: &Answered, start: &Moment, count: Count) -> Option<f64> {
    has_begun(answered, start).then(|| float(count))
}

/// Whether a point was not still to come when it was asked for.
pub(super) fn has_begun(answered: &Answered, start: &Moment) -> bool {
    start.milliseconds() <= answered.asked.now
}

fn ranked(outcome: &FindOutcome, dimension: &str) -> Result<Vec<Ranked>, String> {
    if let Some(error) = &outcome.error {
        return Err(error.message.clone());
    }
    let rows = outcome.result.iter().flat_map(|found| &found.rows);
    Ok(rows
        .map(|row| Ranked {
            value: row.dimensions.get(dimension).cloned().unwrap_or_default(),
            count: row.count,
        })
        .collect())
}
