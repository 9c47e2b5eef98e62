//! The pages of the site, as far as the person may see them.

use leptos::prelude::*;
use leptos_router::{components::A, hooks::use_query_map};

use crate::{
    browser::escape,
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
    // A zone that was chosen holds on the next page as well.
    let query = use_query_map();
    let zone = Memo::new(move |_| query.with(|query| query.get("zone")));
    let groups = move || {
        let site = place.nearest_site()?;
        let kept = zone
            .get()
            .map_or_else(String::new, |zone| format!("?zone={}", escape(&zone)));
        let on_go = on_go.clone();
        let groups = GROUPS.iter().map(move |group| {
            let seen: Vec<Page> = group
                .pages
                .iter()
                .copied()
                .filter(|page| place.may(page.needs))
                .collect();
            let (site, on_go, kept) = (site.name.clone(), on_go.clone(), kept.clone());
            (!seen.is_empty()).then(move || {
                view! {
                    <h2>{t(group.title)}</h2>
                    <ul>
                        {seen
                            .into_iter()
                            .map(|page| {
                                let on_go = on_go.clone();
                                let mut address = page.of(&site);
                                if page.is_timed() {
                                    address.push_str(&kept);
                                }
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
        Some(groups.collect_view())
    };
    view! {
        <nav class="navigation" aria-label=t(shell::NAVIGATION)>
            {groups}
        </nav>
    }
}
