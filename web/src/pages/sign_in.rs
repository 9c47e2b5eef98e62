//! Signing in: a password, and a second factor where the account has one.

use leptos::{either::Either, prelude::*};
use leptos_router::{components::Redirect, hooks::use_query_map};

use crate::{
    api::{
        failure::Failure,
        session::{Credentials, Methods, PROVIDER, methods},
    },
    browser,
    components::{
        button::{Button, Submit},
        entry::EntryFrame,
        field::{Field, FormError, Whose},
        form::Form,
        load::Answer,
    },
    state::session::{Presence, Session},
    text::{entry, t},
};

/// The page; whoever is signed in already is led on.
#[component]
pub(crate) fn SignIn() -> impl IntoView {
    let session = expect_context::<Session>();
    let query = use_query_map();
    let next = move || {
        let next = query.with_untracked(|query| query.get("next")).unwrap_or_default();
        // Of this server alone: `//elsewhere` is another one.
        let own = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\');
        if own { next } else { "/".to_owned() }
    };
    view! {
        <Show
            when=move || matches!(session.presence(), Presence::In(_))
            fallback=move || {
                view! {
                    <EntryFrame title=t(entry::SIGN_IN) intro=t(entry::SIGN_IN_INTRO)>
                        <Entry session/>
                        <Provider/>
                    </EntryFrame>
                }
            }
        >
            <Redirect path=next()/>
        </Show>
    }
}

/// Asks for what signs somebody in, and signs them in.
#[component]
pub(super) fn Entry(
    session: Session,
    /// Who it is, where that is known: their e-mail address.
    #[prop(optional, into)]
    whose: Option<String>,
) -> impl IntoView {
    let is_known = whose.is_some();
    let email = RwSignal::new(whose.unwrap_or_default());
    let password = RwSignal::new(String::new());
    let code = RwSignal::new(String::new());
    let asked_for_code = RwSignal::new(false);
    let enter = Action::new_unsync(move |(): &()| {
        let credentials = Credentials {
            email: email.get_untracked(),
            password: password.get_untracked(),
            code: asked_for_code.get_untracked().then(|| code.get_untracked()),
        };
        async move {
            let entered = session.sign_in(&credentials).await;
            if entered.as_ref().is_err_and(wants_code) {
                asked_for_code.set(true);
            }
            entered
        }
    });
    // That a code is wanted is no failure, but the next field.
    let failure = Signal::derive(move || {
        enter
            .value()
            .get()
            .and_then(Result::err)
            .filter(|failure| !wants_code(failure))
    });
    view! {
        <Form on_submit=move || {
            enter.dispatch_local(());
        }>
            {if is_known {
                Either::Left(view! { <Whose email=email.get_untracked()/> })
            } else {
                Either::Right(view! {
                    <Field
                        id="email"
                        kind="email"
                        label=t(entry::EMAIL)
                        value=email
                        autocomplete="username"
                        required=true
                        first=true
                    />
                })
            }}
            <Field
                id="password"
                kind="password"
                label=t(entry::PASSWORD)
                value=password
                autocomplete="current-password"
                required=true
                first=is_known
            />
            <Show when=move || asked_for_code.get()>
                <Field
                    id="code"
                    label=t(entry::CODE)
                    hint=t(entry::CODE_HINT)
                    value=code
                    autocomplete="one-time-code"
                    required=true
                    first=true
                />
            </Show>
            <FormError failure/>
            <Submit disabled=enter.pending()>{t(entry::SIGN_IN)}</Submit>
        </Form>
    }
}

fn wants_code(failure: &Failure) -> bool {
    failure.code() == Some("SECOND_FACTOR_REQUIRED")
}

/// The way by the identity provider, where the server has one.
#[component]
pub(super) fn Provider(
    /// Whether it begins in a tab of its own, as this one is to stay.
    #[prop(optional)]
    beside: bool,
) -> impl IntoView {
    let known = Answer::new(methods);
    let go = move || {
        if beside {
            browser::open_beside(PROVIDER);
        } else {
            browser::leave_for(PROVIDER);
        }
    };
    view! {
        <Show when=move || matches!(known.get(), Some(Ok(Methods { oidc: true })))>
            <div class="entry-other">
                <Button on_click=go>{t(entry::PROVIDER)}</Button>
            </div>
        </Show>
    }
}
