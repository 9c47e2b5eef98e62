//! Explore: a view, conditions, a grouping, a period; as a chart, as a table, and as a question to be sent by others.

mod copy;
mod result;

use leptos::{either::Either, prelude::*};

use crate::{
    api::{
        client::use_client,
        condition::conditions,
        explore::{Explored, Outcome, Views, Written, explore, views, written},
        overview::{FindInput, period},
        scalar::Moment,
        view::View,
    },
    browser,
    components::{
        filter::{FilterLine, Filters},
        load::{Answer, Load},
        page::PageFrame,
        period::Period,
        select::Select,
    },
    state::{
        question::{Question, Step, use_question, use_zone},
        surroundings::use_place,
    },
    text::{explore as words, t},
};

/// The view that is asked where none is chosen.
const FIRST_VIEW: &str = "actions";
/// The most groups of an answer.
const MOST: i32 = 1_000;

/// What was answered, with what has to be known to show it.
#[derive(Debug, Clone)]
struct Answered {
    series: Option<Outcome>,
    groups: Option<Outcome>,
    by: Option<String>,
    zone: String,
    step: Step,
    written: Written,
}

/// The page.
#[component]
pub(super) fn ExplorePage() -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let (question, change) = use_question();
    let known: Answer<Views> = Answer::new(move || client.ask(views(place.site_name())));
    let zone = use_zone(question);
    let answer: Answer<Answered> = Answer::new(move || {
        let (question, zone) = (question.get(), zone.get());
        let (inputs, step) = inputs(&question, &zone, place.site_name());
        let operation = explore(inputs);
        let written = written(&operation);
        let by = question.choice("by").map(str::to_owned);
        async move {
            let Explored { find_batch } = client.ask(operation).await?;
            let mut found = find_batch.into_iter();
            Ok(Answered {
                series: found.next(),
                groups: found.next(),
                by,
                zone,
                step,
                written,
            })
        }
    });
    view! {
        <PageFrame title=t(words::TITLE) tools=move || view! { <copy::Copy answer/> }>
            <Load answer=known let:found>
                <div class="tools">
                    <Period question change/>
                </div>
                <div class="tools">
                    <Choices views=found.views question change/>
                    <FilterLine question change/>
                </div>
                <Filters question change/>
                <Load answer let:answered>
                    <result::Shown answered/>
                </Load>
            </Load>
        </PageFrame>
    }
}

/// Two questions of one moment: the series, and the groups.
fn inputs(question: &Question, zone: &str, site: String) -> (Vec<FindInput>, Step) {
    let (range, _) = question.ranges(zone, browser::now());
    let series = FindInput {
        site: Some(site),
        view: question.choice("view").unwrap_or(FIRST_VIEW).to_owned(),
        conditions: Some(conditions(question)),
        from: Moment::from_milliseconds(range.from),
        to: Moment::from_milliseconds(range.to),
        series: true,
        period: period(range.step),
        time_zone: Some(zone.to_owned()),
        group_by: None,
        limit: None,
    };
    let groups = question.choice("by").map(|by| FindInput {
        series: false,
        group_by: Some(vec![by.to_owned()]),
        limit: Some(MOST),
        ..series.clone()
    });
    ([series].into_iter().chain(groups).collect(), range.step)
}

/// The view, and what to group by: one of its dimensions, or a field that is typed.
#[component]
fn Choices(views: Vec<View>, question: Memo<Question>, change: Callback<Question>) -> impl IntoView {
    let names: Vec<_> = views
        .iter()
        .map(|view| (view.name.clone(), view.name.clone()))
        .collect();
    let view = move || question.with(|question| question.choice("view").unwrap_or(FIRST_VIEW).to_owned());
    let by = move || question.with(|question| question.choice("by").unwrap_or_default().to_owned());
    let choose_view = Callback::new(move |name: String| {
        // Another view has other dimensions.
        let asked = question.get_untracked().with_choice("by", None);
        change.run(asked.with_choice("view", Some(name)));
    });
    let choose_by = Callback::new(move |name: String| {
        let chosen = (!name.is_empty()).then_some(name);
        change.run(question.get_untracked().with_choice("by", chosen));
    });
    let dimensions = move || {
        let name = view();
        let found = views.iter().find(|one| one.name == name);
        found.map(|view| view.dimensions.clone()).unwrap_or_default()
    };
    view! {
        <Select id="explore-view" label=t(words::VIEW) value=Signal::derive(view) options=names change=choose_view/>
        {move || {
            let dimensions = dimensions();
            if dimensions.is_empty() {
                return Either::Left(view! { <Typed by=Signal::derive(by) change=choose_by/> });
            }
            let nothing = (String::new(), t(words::BY_NOTHING).to_owned());
            let named = dimensions.into_iter().map(|name| (name.clone(), name));
            let options = [nothing].into_iter().chain(named).collect();
            Either::Right(view! {
                <Select id="explore-by" label=t(words::BY) value=Signal::derive(by) options change=choose_by/>
            })
        }}
    }
}

/// Raw events have every dimension: it is typed.
#[component]
fn Typed(by: Signal<String>, change: Callback<String>) -> impl IntoView {
    view! {
        <div class="beside-field">
            <label for="explore-by">{t(words::BY)}</label>
            <input
                id="explore-by"
                autocomplete="off"
                spellcheck="false"
                prop:value=by
                on:change=move |event| change.run(event_target_value(&event).trim().to_owned())
            />
        </div>
    }
}
