//! Events as rows of a table.

use leptos::prelude::*;

use super::table::Column;
use crate::{
    api::event::Event,
    format::moment,
    text::{event as words, t},
};

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
        Column::new(t(words::PAGE), |event: &Event| event.url.clone()).class("main"),
        Column::new(t(words::ACTOR), |event: &Event| {
            event.actor.clone().or_else(|| event.company.clone())
        })
        .class("short"),
        Column::new(t(words::COUNTRY), |event: &Event| event.country.clone()),
        Column::new(t(words::DEVICE), |event: &Event| event.device_type.clone()),
    ]
}
