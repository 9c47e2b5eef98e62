//! What is known of a person or a company: what calls that identify have said.

use leptos::{either::Either, prelude::*};
use serde_json::Value;

use super::COMPANY;
use crate::{
    api::{
        client::{Client, use_client},
        failure::Failure,
        profile::{ProfileVariables, Touch, company, person},
        scalar::Moment,
    },
    components::{
        load::{Answer, Load},
        page::Card,
    },
    format::moment,
    state::surroundings::use_place,
    text::{actor as words, t},
};

/// A name and what is known by it. Traits are written as they are asked for: `address.city`.
type Line = (String, String);

/// The card; it says so where nothing is known. Tells when it is there.
#[component]
pub(super) fn Known(name: String, kind: &'static str, zone: Memo<String>, shown: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let answer: Answer<Vec<Line>> = Answer::new(move || ask(client, place.site_name(), name.clone(), kind, zone.get()));
    Effect::new(move || shown.set(answer.get().is_some()));
    view! {
        <Load answer let:lines>
            <Card id="actor-known" title=t(words::KNOWN)>
                {if lines.is_empty() {
                    Either::Left(view! { <p class="hint">{t(words::NOTHING_KNOWN)}</p> })
                } else {
                    Either::Right(view! { <dl class="fields known">{lines.into_iter().map(line).collect_view()}</dl> })
                }}
            </Card>
        </Load>
    }
}

fn line((name, value): Line) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
        </div>
    }
}

async fn ask(
    client: Client,
    site: String,
    name: String,
    kind: &'static str,
    zone: String,
) -> Result<Vec<Line>, Failure> {
    let asked = ProfileVariables {
        site,
        id: name.clone().into(),
    };
    let mut lines = Vec::new();
    if kind == COMPANY {
        let Some(found) = client.ask(company(asked)).await?.company else {
            return Ok(lines);
        };
        flatten("", &found.traits, &mut lines);
        for one in found.subscriptions {
            lines.push((
                format!("{} {}", t(words::SUBSCRIPTION), one.id.inner()),
                one.traits.to_string(),
            ));
        }
        seen(&mut lines, found.first_seen, found.last_seen, &zone);
        touched(&mut lines, found.first_touch, found.last_touch, &zone);
        return Ok(lines);
    }
    let Some(found) = client.ask(person(asked)).await?.actor else {
        return Ok(lines);
    };
    flatten("", &found.traits, &mut lines);
    let ids = found.aliases.into_iter().chain([found.id]).map(cynic::Id::into_inner);
    let others: Vec<_> = ids.filter(|id| *id != name).collect();
    if !others.is_empty() {
        lines.push((t(words::ALIASES).to_owned(), others.join(", ")));
    }
    if let Some(company) = found.company {
        lines.push((t(words::COMPANY).to_owned(), company.id.into_inner()));
    }
    seen(&mut lines, found.first_seen, found.last_seen, &zone);
    touched(&mut lines, found.first_touch, found.last_touch, &zone);
    Ok(lines)
}

/// Traits at every depth, each on a line.
fn flatten(path: &str, value: &Value, lines: &mut Vec<Line>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                flatten(&path, value, lines);
            }
        }
        Value::String(text) => lines.push((path.to_owned(), text.clone())),
        other => lines.push((path.to_owned(), other.to_string())),
    }
}

fn seen(lines: &mut Vec<Line>, first: Option<Moment>, last: Option<Moment>, zone: &str) {
    let moments = [(words::FIRST_SEEN, first), (words::LAST_SEEN, last)];
    lines.extend(moments.into_iter().filter_map(|(text, at)| {
        let at = at?;
        Some((t(text).to_owned(), moment::date_and_time(&at, Some(zone))))
    }));
}

fn touched(lines: &mut Vec<Line>, first: Option<Touch>, last: Option<Touch>, zone: &str) {
    let touches = [(words::FIRST_TOUCH, first), (words::LAST_TOUCH, last)];
    lines.extend(touches.into_iter().filter_map(|(text, touch)| {
        let touch = touch?;
        let at = moment::date(&touch.time, Some(zone));
        Some((t(text).to_owned(), format!("{at}: {}", touch.campaign)))
    }));
}
