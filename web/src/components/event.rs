//! Events as rows of a table.

use leptos::prelude::*;

use super::table::Column;
use crate::{
    api::event::Event,
    format::moment,
    text::{event as words, t},
};

/// The same without who did it, where all of them are by the same.
pub(crate) fn columns_of_one(zone: String) -> Vec<Column<Event>> {
    let mut columns = columns(zone);
    columns.remove(ACTOR);
    columns
}

/// The place of the column that says who did it.
const ACTOR: usize = 3;

/// The columns of a list of events, times being those of a zone.
pub(crate) fn columns(zone: String) -> Vec<Column<Event>> {
    vec![
        Column::new(t(words::TIME), move |event: &Event| {
            moment::exact(&event.time, Some(&zone))
        }),
        Column::new(t(words::ACTION), |event: &Event| {
            view! {
                <span class="strong">{event.action.clone()}</span>
                {event.label.clone().map(|label| view! { <span class="beside">{label}</span> })}
            }
        })
        .class("main"),
        Column::new(t(words::PAGE), |event: &Event| event.url.as_deref().map(without_scheme)).class("main"),
        Column::new(t(words::ACTOR), |event: &Event| {
            event.actor.clone().or_else(|| event.company.clone())
        })
        .class("short"),
        Column::new(t(words::COUNTRY), |event: &Event| event.country.clone()).class("spare"),
        Column::new(t(words::DEVICE), |event: &Event| event.device_type.clone()).class("spare"),
    ]
}

/// An address as people read it.
fn without_scheme(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.to_owned()
}
