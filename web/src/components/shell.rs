//! The frame around every page for whoever is signed in: the site, the pages, the search, the account.

use leptos::{
    either::{EitherOf3, EitherOf4},
    html,
    prelude::*,
};
use leptos_router::{
    components::{A, Outlet, Redirect},
    hooks::use_location,
};

use super::{
    button::{Button, Weight},
    finder::Finder,
    icon::{Mark, MenuSign},
    keyboard::Keyboard,
    load::{Answer, Load},
    navigation::Navigation,
    notice::NoticeCorner,
    page::PageFrame,
    site_choice::SiteChoice,
    situation::{Empty, Loading, Trouble},
};
use crate::{
    api::{
        client::{Client, use_client},
        viewer::{Surroundings, surroundings},
    },
    route::{self, ACCOUNT, Page},
    state::{
        notice::use_notices,
        preference::{Preference, Theme},
        session::{Presence, Session},
        surroundings::{Place, use_place},
    },
    text::{Language, language, phrase, shell, t},
};

/// What is behind signing in; the sign-in page where nobody is. Whether somebody is may be impossible to find out: at an
/// address that the server does not take for its own, say.
#[component]
pub(crate) fn Shell() -> impl IntoView {
    let session = expect_context::<Session>();
    let location = use_location();
    provide_context(Client::new(session));
    move || match session.presence() {
        Presence::Unknown => EitherOf4::A(view! { <Loading/> }),
        Presence::Failed(failure) => EitherOf4::B(view! {
            <main class="shell-main">
                <Trouble failure retry=move || leptos::task::spawn_local(session.look())/>
            </main>
        }),
        Presence::Out => {
            let address = route::sign_in_for(&location.pathname.get_untracked(), &location.search.get_untracked());
            EitherOf4::C(view! { <Redirect path=address/> })
        }
        Presence::In(_) => EitherOf4::D(view! { <SignedIn/> }),
    }
}

#[component]
fn SignedIn() -> impl IntoView {
    let client = use_client();
    let answer: Answer<Surroundings> = Answer::new(move || client.ask(surroundings()));
    view! {
        <Load answer let:surroundings>
            {
                Place::provide(surroundings);
                view! { <Frame/> }
            }
        </Load>
    }
}

#[component]
fn Frame() -> impl IntoView {
    let search = NodeRef::<html::Input>::new();
    let [open, help] = [(); 2].map(|()| RwSignal::new(false));
    let place = use_place();
    view! {
        <a class="skip" href="#content">{t(shell::SKIP)}</a>
        <div class="shell" class:menu-open=move || open.get()>
            <header class="shell-bar">
                <button
                    type="button"
                    class="icon-button menu-button"
                    aria-label=t(shell::MENU)
                    aria-expanded=move || open.get().to_string()
                    aria-controls="side"
                    on:click=move |_| open.update(|open| *open = !*open)
                >
                    <MenuSign/>
                </button>
                <A href=move || place.start().unwrap_or_else(|| "/".to_owned()) attr:class="shell-sign">
                    <Mark/>
                    <span>"Tidemark"</span>
                </A>
            </header>
            <aside class="shell-side" id="side" aria-label=t(shell::MENU)>
                <SiteChoice/>
                <Finder node=search/>
                <Navigation on_go=move || open.set(false)/>
                <Foot help/>
            </aside>
            <main class="shell-main" id="content" tabindex="-1">
                <Content/>
            </main>
        </div>
        <Keyboard search help/>
        <NoticeCorner/>
    }
}

/// Why the page of an address is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hindrance {
    /// There is no such site, or the person has no role on it.
    NoSite,
    /// The person's role is not enough.
    NotForThem(Page),
}

/// The page of the address; or why it is not shown. The server decides what is answered; this saves asking in vain.
#[component]
fn Content() -> impl IntoView {
    let place = use_place();
    let path = use_location().pathname;
    let hindrance = Memo::new(move |_| {
        let path = path.get();
        if route::site_of(&path).is_some_and(|_| place.site().is_none()) {
            return Some(Hindrance::NoSite);
        }
        let page = route::page_of(&path).filter(|_| place.is_known())?;
        (!place.may(page.needs)).then_some(Hindrance::NotForThem(page))
    });
    move || match hindrance.get() {
        None => EitherOf3::A(view! { <Outlet/> }),
        Some(Hindrance::NoSite) => EitherOf3::B(view! {
            <PageFrame title=t(phrase::NO_SUCH_SITE)>
                <Empty title=t(phrase::NOT_FOUND) hint=t(phrase::NOT_FOUND_HINT)/>
            </PageFrame>
        }),
        Some(Hindrance::NotForThem(page)) => EitherOf3::C(view! {
            <PageFrame title=t(page.title)>
                <Empty title=t(phrase::NO_PERMISSION) hint=t(phrase::NO_PERMISSION_HINT)/>
            </PageFrame>
        }),
    }
}

/// Who is signed in, and how they like to read and to type.
#[component]
fn Foot(
    /// Whether the keys of the keyboard are explained.
    help: RwSignal<bool>,
) -> impl IntoView {
    let place = use_place();
    let session = expect_context::<Session>();
    let notices = use_notices();
    let account = place.account();
    let leave = Action::new_unsync(move |(): &()| async move {
        if let Err(failure) = session.sign_out().await {
            notices.say(failure.message());
        }
    });
    view! {
        <div class="shell-foot">
            <div class="foot-choices">
                <ThemeChoice/>
                <LanguageChoice/>
            </div>
            <div class="foot-account">
                <A href=move || place.keeping(ACCOUNT.to_owned()) attr:title=t(shell::ACCOUNT)>
                    {account.map(|account| if account.name.is_empty() { account.email } else { account.name })}
                </A>
                <button
                    type="button"
                    class="icon-button"
                    title=t(shell::KEYBOARD)
                    aria-label=t(shell::KEYBOARD)
                    on:click=move |_| help.set(true)
                >
                    "?"
                </button>
                <Button weight=Weight::Quiet disabled=leave.pending() on_click=move || {
                    leave.dispatch_local(());
                }>{t(shell::SIGN_OUT)}</Button>
            </div>
        </div>
    }
}

#[component]
fn ThemeChoice() -> impl IntoView {
    let preference = expect_context::<Preference>();
    let text = |theme| match theme {
        Theme::System => shell::SYSTEM,
        Theme::Light => shell::LIGHT,
        Theme::Dark => shell::DARK,
    };
    view! {
        <label for="look" class="visually-hidden">{t(shell::LOOK)}</label>
        <select
            id="look"
            on:change=move |event| {
                let name = event_target_value(&event);
                let theme = Theme::ALL.into_iter().find(|theme| theme.name() == name);
                preference.set_theme(theme.unwrap_or(Theme::System));
            }
        >
            {Theme::ALL
                .map(|theme| {
                    view! {
                        <option value=theme.name() selected=move || preference.theme() == theme>
                            {t(text(theme))}
                        </option>
                    }
                })
                .into_iter()
                .collect_view()}
        </select>
    }
}

#[component]
fn LanguageChoice() -> impl IntoView {
    let preference = expect_context::<Preference>();
    view! {
        <label for="language" class="visually-hidden">{t(shell::LANGUAGE)}</label>
        <select
            id="language"
            on:change=move |event| {
                if let Some(language) = Language::of(&event_target_value(&event)) {
                    preference.set_language(language);
                }
            }
        >
            {Language::ALL
                .map(|(one, name)| {
                    view! {
                        <option value=one.code() lang=one.code() selected=one == language()>
                            {name}
                        </option>
                    }
                })
                .into_iter()
                .collect_view()}
        </select>
    }
}
