//! The settings of a site, the code to put into its pages, and a way to make another site.

mod create;
mod draft;
mod form;
mod snippet;

use leptos::{either::Either, prelude::*};

use crate::{
    api::{
        client::use_client,
        site::{SettingsQuery, settings},
    },
    components::{
        button::Button,
        load::{Answer, Load},
        page::PageFrame,
        situation::Empty,
    },
    state::surroundings::use_place,
    text::{phrase, settings as words, t},
};

/// The page.
#[component]
pub(super) fn SettingsPage() -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let answer: Answer<SettingsQuery> = Answer::new(move || client.ask(settings(place.site_name())));
    let creating = RwSignal::new(false);
    let tools = move || {
        view! {
            <Show when=move || place.may("Mutation.createSite")>
                <Button on_click=move || creating.set(true)>{t(words::NEW)}</Button>
            </Show>
        }
    };
    view! {
        <PageFrame title=t(words::TITLE) tools>
            <Load answer let:found>
                {match found.sites.into_iter().next() {
                    Some(settings) => Either::Left(view! {
                        <snippet::Snippet script=settings.script_name.clone()/>
                        <form::SettingsForm settings/>
                    }),
                    None => Either::Right(view! {
                        <Empty title=t(phrase::NOT_FOUND) hint=t(phrase::NOT_FOUND_HINT)/>
                    }),
                }}
            </Load>
            <create::Create open=creating/>
        </PageFrame>
    }
}
