//! Where links lead: a password is set, and the first account made. The secret stands behind the `#`, which browsers keep
//! to themselves.

use leptos::{either::Either, prelude::*};
use leptos_router::hooks::use_navigate;

use crate::{
    api::session::{Acceptance, Credentials, accept},
    browser,
    components::{
        button::Submit,
        entry::EntryFrame,
        field::{Field, FormError},
        form::Form,
    },
    state::{notice::use_notices, session::Session},
    text::{entry, t},
};

/// The page.
#[component]
pub(crate) fn SetPassword() -> impl IntoView {
    let secret = browser::fragment();
    if secret.is_empty() {
        return Either::Left(view! {
            <EntryFrame title=t(entry::LINK_BROKEN) intro=t(entry::LINK_BROKEN_HINT)>
                <span></span>
            </EntryFrame>
        });
    }
    Either::Right(view! {
        <EntryFrame title=t(entry::SET_PASSWORD) intro=t(entry::SET_PASSWORD_INTRO)>
            <NewPassword secret/>
        </EntryFrame>
    })
}

#[component]
fn NewPassword(secret: String) -> impl IntoView {
    let session = expect_context::<Session>();
    let notices = use_notices();
    let navigate = use_navigate();
    let email = RwSignal::new(String::new());
    let name = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let set = Action::new_unsync(move |(): &()| {
        let given =
            |text: RwSignal<String>| Some(text.get_untracked().trim().to_owned()).filter(|text| !text.is_empty());
        let acceptance = Acceptance {
            token: secret.clone(),
            password: password.get_untracked(),
            email: given(email),
            name: given(name),
        };
        let navigate = navigate.clone();
        async move {
            let accepted = accept(&acceptance).await?;
            // The link has done its work; nobody who looks at the history finds it.
            browser::forget_fragment();
            let credentials = Credentials {
                email: accepted.account.email,
                password: acceptance.password,
                code: None,
            };
            if session.sign_in(&credentials).await.is_ok() {
                navigate("/", Default::default());
            } else {
                // An account with a second factor: the sign-in page asks for it.
                notices.say(t(entry::PASSWORD_SET));
                navigate(crate::route::SIGN_IN, Default::default());
            }
            Ok(())
        }
    });
    let failure = Signal::derive(move || set.value().get().and_then(Result::err));
    view! {
        <Form on_submit=move || {
            set.dispatch_local(());
        }>
            <Field
                id="email"
                kind="email"
                label=t(entry::EMAIL)
                hint=t(entry::EMAIL_OF_FIRST)
                value=email
                autocomplete="username"
                first=true
            />
            <Field id="name" label=t(entry::NAME) hint=t(entry::NAME_HINT) value=name autocomplete="name"/>
            <Field
                id="password"
                kind="password"
                label=t(entry::PASSWORD)
                hint=t(entry::PASSWORD_HINT)
                value=password
                autocomplete="new-password"
                required=true
            />
            <FormError failure/>
            <Submit disabled=set.pending()>{t(entry::SET_PASSWORD)}</Submit>
        </Form>
    }
}
