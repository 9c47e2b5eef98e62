//! The search of the shell: pages of this site, and sites.

use leptos::{html, prelude::*};
use leptos_router::hooks::{use_location, use_navigate};

use crate::{
    route::{self, Page},
    state::{
        preference::Preference,
        surroundings::{Place, use_place},
    },
    text::{Text, shell, t},
};

/// The most that is listed.
const MOST: usize = 8;

/// Somewhere to go.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Way {
    name: String,
    kind: &'static str,
    address: String,
}

/// A line to type in, and the ways that match.
#[component]
pub(crate) fn Finder(
    /// The line itself, for the key that leads to it.
    node: NodeRef<html::Input>,
) -> impl IntoView {
    let place = use_place();
    let preference = expect_context::<Preference>();
    let navigate = use_navigate();
    let path = use_location().pathname;
    let wanted = RwSignal::new(String::new());
    let chosen = RwSignal::new(0_usize);
    let ways = Memo::new(move |_| {
        let wanted = wanted.get().trim().to_lowercase();
        if wanted.is_empty() {
            return Vec::new();
        }
        path.with(|path| ways_to(place, path, &wanted))
    });
    let go = move |way: Option<Way>| {
        if let Some(way) = way {
            navigate(&way.address, Default::default());
            wanted.set(String::new());
            if let Some(input) = node.get_untracked() {
                let _ = input.blur();
            }
        }
    };
    let go_chosen = go.clone();
    let on_key = move |event: leptos::ev::KeyboardEvent| match event.key().as_str() {
        "ArrowDown" => {
            event.prevent_default();
            let last = ways.with(Vec::len).saturating_sub(1);
            chosen.update(|chosen| *chosen = (*chosen + 1).min(last));
        }
        "ArrowUp" => {
            event.prevent_default();
            chosen.update(|chosen| *chosen = chosen.saturating_sub(1));
        }
        "Enter" => {
            event.prevent_default();
            go_chosen(ways.with(|ways| ways.get(chosen.get_untracked()).cloned()));
        }
        "Escape" => wanted.set(String::new()),
        _ => chosen.set(0),
    };
    let open = move || !wanted.with(String::is_empty);
    view! {
        <div class="finder">
            <input
                type="search"
                role="combobox"
                node_ref=node
                placeholder=t(shell::SEARCH)
                aria-label=t(shell::SEARCH_HINT)
                aria-expanded=move || open().to_string()
                aria-controls="finder-ways"
                aria-activedescendant=move || (open() && !ways.with(Vec::is_empty)).then(|| format!("way-{}", chosen.get()))
                autocomplete="off"
                spellcheck="false"
                bind:value=wanted
                on:keydown=on_key
            />
            <Show when=move || preference.keys()>
                <kbd aria-hidden="true">"/"</kbd>
            </Show>
            <div class="finder-ways" class:open=open>
                <ul id="finder-ways" role="listbox" aria-label=t(shell::SEARCH_HINT)>
                    {move || {
                        ways.get()
                            .into_iter()
                            .enumerate()
                            .map(|(index, way)| {
                                let (go, target) = (go.clone(), way.clone());
                                view! {
                                    <li
                                        id=format!("way-{index}")
                                        role="option"
                                        aria-selected=move || (chosen.get() == index).to_string()
                                        on:mousedown=move |event| {
                                            event.prevent_default();
                                            go(Some(target.clone()));
                                        }
                                    >
                                        {way.name}
                                        <span>{way.kind}</span>
                                    </li>
                                }
                            })
                            .collect_view()
                    }}
                </ul>
                <Show when=move || ways.with(Vec::is_empty)>
                    <p>{t(shell::NOTHING_FOUND)}</p>
                </Show>
            </div>
        </div>
    }
}

/// The first ways whose names have a text in them. There may be ten thousand sites: no more is made of them than is shown.
fn ways_to(place: Place, path: &str, wanted: &str) -> Vec<Way> {
    let matches = |name: &str| name.to_lowercase().contains(wanted);
    let page = |title: Text, address: String| Way {
        name: t(title).to_owned(),
        kind: t(shell::NAVIGATION),
        address,
    };
    let pages = Page::all()
        .filter(|one| matches(t(one.title)))
        .filter_map(|one| Some(page(one.title, place.way_to(one)?)));
    let sites = place.sites_where(matches, MOST).into_iter().map(|name| Way {
        address: route::on_site(path, &name),
        name,
        kind: t(shell::SITE),
    });
    let account = matches(t(shell::ACCOUNT)).then(|| page(shell::ACCOUNT, place.keeping(route::ACCOUNT.to_owned())));
    pages.chain(sites).chain(account).take(MOST).collect()
}
