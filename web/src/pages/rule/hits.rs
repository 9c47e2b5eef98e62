//! How often a rule was hit, day by day.

use leptos::{either::Either, prelude::*};

use super::Doing;
use crate::{
    api::{
        client::use_client,
        rule::{OneRule, RuleDay, rule_hits},
        scalar::Moment,
    },
    components::{
        chart::{Chart, Point},
        dialog::{Dialog, open_while},
        load::{Answer, Load},
        situation::Empty,
    },
    format::{moment, number::float},
    text::{fill, rule as words, t},
};

/// The dialog.
#[component]
pub(super) fn Hits(doing: RwSignal<Doing>) -> impl IntoView {
    let rule = Memo::new(move |_| match doing.get() {
        Doing::Hits(rule) => Some(rule),
        _ => None,
    });
    let open = open_while(move || rule.with(Option::is_some), move || doing.set(Doing::Nothing));
    let title = move || {
        let pattern = rule.with(|rule| rule.as_ref().map(|rule| rule.pattern.clone()));
        fill(words::HITS_TITLE, &[&pattern.unwrap_or_default()])
    };
    view! {
        <Dialog open title=Signal::derive(title)>
            {rule.get_untracked().map(|rule| view! { <Days id=rule.id/> })}
        </Dialog>
    }
}

#[component]
fn Days(id: cynic::Id) -> impl IntoView {
    let client = use_client();
    let answer: Answer<OneRule> = Answer::new(move || client.ask(rule_hits(id.clone())));
    view! {
        <Load answer let:found>
            {match found.rule {
                None => Either::Left(view! { <Empty title=t(words::GONE) hint=t(words::GONE_HINT)/> }),
                Some(rule) => Either::Right(view! {
                    <Chart id="rule-days" title=t(words::HITS) points=rule.days.iter().map(point).collect()/>
                }),
            }}
        </Load>
    }
}

fn point(day: &RuleDay) -> Point {
    // A day of the site's own calendar: it is written as it stands, in no other zone.
    let start = Moment(format!("{}T00:00:00Z", day.date));
    Point {
        label: moment::date(&start, Some("UTC")),
        mark: moment::short_day(&start, Some("UTC")),
        value: Some(float(day.hits)),
        before: None,
        bounds: None,
    }
}
