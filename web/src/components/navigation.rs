//! The pages of the site, as far as the person may see them.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::{
    route::{GROUPS, Page},
    state::surroundings::use_place,
    text::{shell, t},
};

/// The list of pages.
#[component]
pub(crate) fn Navigation(
    /// Called when the person goes somewhere.
    on_go: impl Fn() + Clone + Send + Sync + 'static,
) -> impl IntoView {
    let place = use_place();
    let groups = move || {
        let on_go = on_go.clone();
        let groups = GROUPS.iter().map(move |group| {
            let way = |page: &Page| Some((*page, place.way_to(*page)?));
            let seen: Vec<_> = group.pages.iter().filter_map(way).collect();
            let on_go = on_go.clone();
            (!seen.is_empty()).then(move || {
                view! {
                    <h2>{t(group.title)}</h2>
                    <ul>
                        {seen
                            .into_iter()
                            .map(|(page, address)| {
                                let on_go = on_go.clone();
                                view! {
                                    <li on:click=move |_| on_go()>
                                        <A href=address>{t(page.title)}</A>
                                    </li>
                                }
                            })
                            .collect_view()}
                    </ul>
                }
            })
        });
        groups.collect_view()
    };
    view! {
        <nav class="navigation" aria-label=t(shell::NAVIGATION)>
            {groups}
        </nav>
    }
}
