//! Every address on one screen.

use leptos::prelude::*;
use leptos_router::{
    components::{ParentRoute, Route, Router, Routes},
    path,
};

use crate::{
    components::shell::Shell,
    pages::{
        self, home::Home, not_found::NotFound, overview::OverviewPage, set_password::SetPassword, sign_in::SignIn,
        sign_in_again::SignInAgain,
    },
    state::{notice::Notices, preference::Preference, session::Session},
};

/// The UI.
#[component]
pub(crate) fn App() -> impl IntoView {
    Preference::provide();
    Notices::provide();
    Session::provide();
    view! {
        <SignInAgain/>
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/sign-in") view=SignIn/>
                <Route path=path!("/session/link") view=SetPassword/>
                <ParentRoute path=path!("/") view=Shell>
                    <Route path=path!("") view=Home/>
                    <Route path=path!("account") view=pages::account/>
                    <Route path=path!("s/:site/overview") view=OverviewPage/>
                    <Route path=path!("s/:site/live") view=pages::live/>
                    <Route path=path!("s/:site/explore") view=pages::explore/>
                    <Route path=path!("s/:site/uniques") view=pages::unique/>
                    <Route path=path!("s/:site/actors") view=pages::actor/>
                    <Route path=path!("s/:site/raw") view=pages::event/>
                    <Route path=path!("s/:site/lists") view=pages::rule/>
                    <Route path=path!("s/:site/tags") view=pages::tag/>
                    <Route path=path!("s/:site/ledger") view=pages::ledger/>
                    <Route path=path!("s/:site/views") view=pages::view/>
                    <Route path=path!("s/:site/settings") view=pages::settings/>
                    <Route path=path!("s/:site/keys") view=pages::key/>
                    <Route path=path!("people") view=pages::people/>
                    <Route path=path!("audit") view=pages::audit/>
                    <Route path=path!("system") view=pages::system/>
                    <Route path=path!("playground") view=pages::playground/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}
