//! Uniques: how many distinct actors did an action, within a scope, with the bounds of the number.

use leptos::{either::Either, prelude::*};
use serde_json::Value;

use crate::{
    api::{
        client::use_client,
        condition::conditions,
        overview::{UniqueInput, period},
        scalar::Moment,
        unique::{ActionsAndScopes, Bounded, actions_and_scopes, unique},
        view::UniqueScope,
    },
    browser,
    components::{
        button::{Submit, Weight},
        chart::{Chart, Point},
        form::Form,
        load::{Answer, Load},
        page::{Card, PageFrame},
        period::Period,
        ranking::name,
        select::Select,
    },
    format::number::{count, float},
    state::{
        question::{Question, Step, use_question, use_zone},
        surroundings::use_place,
    },
    text::{fill, t, unique as words},
};

/// What was answered, or which fields of the scope have no value yet.
#[derive(Debug, Clone)]
enum Answered {
    Missing(Vec<String>),
    Counted { found: Bounded, zone: String, step: Step },
}

/// The fields of the scope that is chosen: its name lists them.
fn fields(question: &Question) -> Vec<String> {
    let chosen = question.choice("scope").unwrap_or_default();
    chosen
        .split(',')
        .filter(|field| !field.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The page.
#[component]
pub(super) fn UniquePage() -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let (question, change) = use_question();
    let zone = use_zone(question);
    let known: Answer<ActionsAndScopes> = Answer::new(move || client.ask(actions_and_scopes(place.site_name())));
    let answer: Answer<Answered> = Answer::new(move || {
        let (site, question) = (place.site_name(), question.get());
        let zone = zone.get();
        let missing: Vec<_> = fields(&question)
            .into_iter()
            .filter(|field| !question.filters.iter().any(|(dimension, _)| dimension == field))
            .collect();
        let (range, _) = question.ranges(&zone, browser::now());
        let input = UniqueInput {
            site: Some(site),
            action: question.choice("action").map(str::to_owned),
            conditions: Some(conditions(&question)),
            from: Moment::from_milliseconds(range.from),
            to: Moment::from_milliseconds(range.to),
            series: true,
            period: period(range.step),
            time_zone: Some(zone.clone()),
        };
        async move {
            if !missing.is_empty() {
                return Ok(Answered::Missing(missing));
            }
            let found = client.ask(unique(input)).await?.unique;
            let step = range.step;
            Ok(Answered::Counted { found, zone, step })
        }
    });
    view! {
        <PageFrame title=t(words::TITLE) intro=t(words::INTRO)>
            <Load answer=known let:found>
                <div class="tools">
                    <Period question change/>
                    <Choices found question change/>
                </div>
                <Values question change/>
                <Load answer let:answered>
                    <Shown answered/>
                </Load>
            </Load>
        </PageFrame>
    }
}

#[component]
fn Choices(found: ActionsAndScopes, question: Memo<Question>, change: Callback<Question>) -> impl IntoView {
    let chosen = move |name: &'static str| {
        Signal::derive(move || question.with(|question| question.choice(name).unwrap_or_default().to_owned()))
    };
    let choose = move |name: &'static str| {
        Callback::new(move |value: String| {
            let value = (!value.is_empty()).then_some(value);
            let mut asked = question.get_untracked().with_choice(name, value);
            if name == "scope" {
                // Values of the fields of another scope are none of this one's.
                asked.filters.clear();
            }
            change.run(asked);
        })
    };
    let actions = found
        .actions
        .into_iter()
        .map(|action| (action.name.clone(), action.name));
    let actions = [(String::new(), t(words::ANY_ACTION).to_owned())]
        .into_iter()
        .chain(actions)
        .collect();
    let scope = |scope: UniqueScope| match &*scope.fields {
        [] => (String::new(), t(words::WHOLE).to_owned()),
        fields => (fields.join(","), fields.join(", ")),
    };
    let scopes = found.unique_scopes.into_iter().map(scope).collect();
    view! {
        <Select id="unique-action" label=t(words::ACTION) value=chosen("action") options=actions change=choose("action")/>
        <Select id="unique-scope" label=t(words::SCOPE) value=chosen("scope") options=scopes change=choose("scope")/>
    }
}

/// A line for the value of each field of the scope.
#[component]
fn Values(question: Memo<Question>, change: Callback<Question>) -> impl IntoView {
    let wanted = Memo::new(move |_| question.with(fields));
    move || {
        let asked = question.get_untracked();
        let values: Vec<_> = wanted
            .get()
            .into_iter()
            .map(|field| {
                let known = asked.filters.iter().find(|(dimension, _)| *dimension == field);
                let known = known.map(|(_, value)| name(value)).unwrap_or_default();
                (field, RwSignal::new(known))
            })
            .collect();
        if values.is_empty() {
            return None;
        }
        let lines = values.clone().into_iter().map(|(field, value)| {
            let id = format!("scope-{field}");
            view! {
                <div class="beside-field">
                    <label for=id.clone()>{field}</label>
                    <input id=id autocomplete="off" spellcheck="false" bind:value=value/>
                </div>
            }
        });
        let lines = lines.collect_view();
        let apply = move || {
            let mut asked = question.get_untracked();
            for (field, value) in &values {
                let text = value.get_untracked();
                // `7` is not `"7"`: what reads as a value of JSON is one.
                let value = serde_json::from_str::<Value>(&text).unwrap_or_else(|_| text.clone().into());
                asked = asked.without_filter(field);
                if !text.is_empty() {
                    asked = asked.with_filter(field, value);
                }
            }
            change.run(asked);
        };
        Some(view! {
            <Form class="filter-line" on_submit=apply>
                {lines}
                <Submit weight=Weight::Plain>{t(words::APPLY)}</Submit>
            </Form>
        })
    }
}

#[component]
fn Shown(answered: Answered) -> impl IntoView {
    let (found, zone, step) = match answered {
        Answered::Missing(fields) => {
            let text = fill(words::MISSING, &[&fields.join(", ")]);
            return Either::Left(view! { <p class="hint" role="status">{text}</p> });
        }
        Answered::Counted { found, zone, step } => (found, zone, step),
    };
    let note = if found.exact {
        t(words::EXACT).to_owned()
    } else {
        fill(words::BETWEEN, &[&count(found.lower), &count(found.upper)])
    };
    let points = found.series.unwrap_or_default().into_iter().map(move |point| Point {
        value: Some(float(point.count)),
        bounds: Some((float(point.lower), float(point.upper))),
        ..Point::at(&point.start, &zone, step)
    });
    Either::Right(view! {
        <Card id="unique-title" title=t(words::ACTORS)>
            <p>
                <span class="figure-value">{count(found.count)}</span>
                " "
                <span class="beside">{note}</span>
            </p>
            <Chart id="unique-chart" title=t(words::ACTORS) points=points.collect()/>
        </Card>
    })
}
