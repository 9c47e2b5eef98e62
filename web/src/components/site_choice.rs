//! The choice of the site.

use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_navigate};

use crate::{
    route,
    state::surroundings::use_place,
    text::{shell, t},
};

/// The sites; choosing one stays on the page. There may be ten thousand: until somebody turns to the list, only the chosen
/// one is in it.
#[component]
pub(crate) fn SiteChoice() -> impl IntoView {
    let place = use_place();
    let navigate = use_navigate();
    let path = use_location().pathname;
    let choose = move |name: String| {
        let address = path.with_untracked(|path| route::on_site(path, &name));
        navigate(&address, Default::default());
    };
    let now = Memo::new(move |_| place.site().map(|site| site.name));
    let opened = RwSignal::new(false);
    // Pages of the organisation are of no site.
    let none = move || {
        now.with(Option::is_none)
            .then(|| view! { <option value="" prop:selected=true>"–"</option> })
    };
    let options = move || {
        let now = now.get();
        let names = if opened.get() {
            place.sites_where(|_| true, usize::MAX)
        } else {
            now.iter().cloned().collect()
        };
        let option = |name: String| {
            let (chosen, value) = (now.as_ref() == Some(&name), name.clone());
            view! {
                <option value=value prop:selected=chosen>
                    {name}
                </option>
            }
        };
        names.into_iter().map(option).collect_view()
    };
    view! {
        <div class="site-choice">
            <label for="site">{t(shell::SITE)}</label>
            <select
                id="site"
                on:pointerdown=move |_| opened.set(true)
                on:focus=move |_| opened.set(true)
                on:change=move |event| choose(event_target_value(&event))
            >
                {none}
                {options}
            </select>
        </div>
    }
}
