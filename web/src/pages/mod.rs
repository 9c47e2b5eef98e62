//! One file, or one folder, for each page. A page fetches, and gives its components what they show.
//!
//! What is not the start of most visits is in a part of the program of its own, whose code is fetched as the first page of
//! it is opened.

use leptos::{prelude::*, wasm_split::wasm_split};

use crate::{api::failure::Failure, components::later::later};

mod account;
mod actor;
mod audit;
mod event;
mod explore;
pub(crate) mod home;
mod key;
mod ledger;
mod live;
pub(crate) mod not_found;
pub(crate) mod overview;
mod people;
mod playground;
mod rule;
pub(crate) mod set_password;
mod settings;
pub(crate) mod sign_in;
pub(crate) mod sign_in_again;
mod system;
mod tag;
mod unique;
mod view;

/// Pages whose code is fetched later: the name of the function for the table of addresses, a name for its code, the part
/// that it is in, the page.
macro_rules! later {
    ($($name:ident $code:ident $fetch:ident in $part:ident: $page:path;)*) => {$(
        pub(crate) fn $name() -> impl IntoView {
            #[wasm_split($part, wasm_split_path = leptos::wasm_split, fallible, preload($fetch))]
            fn $code() -> Result<AnyView, Failure> {
                Ok($page().into_any())
            }
            later(|| async { $fetch().await.map_err(Failure::from) }, $code)
        }
    )*};
}

later! {
    account account_code fetch_account in organise: account::AccountPage;
    actor actor_code fetch_actor in see: actor::ActorPage;
    audit audit_code fetch_audit in organise: audit::AuditPage;
    event event_code fetch_event in see: event::EventPage;
    explore explore_code fetch_explore in see: explore::ExplorePage;
    key key_code fetch_key in manage: key::KeyPage;
    ledger ledger_code fetch_ledger in see: ledger::LedgerPage;
    live live_code fetch_live in see: live::LivePage;
    people people_code fetch_people in organise: people::PeoplePage;
    playground playground_code fetch_playground in playground: playground::PlaygroundPage;
    rule rule_code fetch_rule in manage: rule::RulePage;
    settings settings_code fetch_settings in manage: settings::SettingsPage;
    system system_code fetch_system in organise: system::SystemPage;
    tag tag_code fetch_tag in manage: tag::TagPage;
    unique unique_code fetch_unique in see: unique::UniquePage;
    view view_code fetch_view in manage: view::ViewPage;
}
