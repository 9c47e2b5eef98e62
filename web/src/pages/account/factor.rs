//! The second factor: setting it up, and taking it away.

use leptos::{either::Either, prelude::*};

use crate::{
    api::{
        account::{EnrolTotpPayload, confirm_factor, enrol_factor, remove_factor},
        client::use_client,
        failure::Failure,
    },
    components::{
        button::{Button, Submit, Weight},
        field::{Field, FormError, Whose},
        form::Form,
        page::Card,
        secret::Secret,
    },
    state::{notice::use_notices, surroundings::use_place},
    text::{account as words, fill, phrase, t},
};

/// The section.
#[component]
pub(super) fn Factor(
    /// Whether there is one.
    on: bool,
    /// Recovery codes that are left.
    codes: Option<i32>,
    /// Asks for the account anew.
    reload: Callback<()>,
) -> impl IntoView {
    let hint = if on {
        fill(words::FACTOR_ON, &[&codes.unwrap_or_default().to_string()])
    } else {
        t(words::FACTOR_OFF).to_owned()
    };
    view! {
        <Card id="factor-title" title=t(words::FACTOR) hint>
            {if on { Either::Left(view! { <Remove reload/> }) } else { Either::Right(view! { <SetUp reload/> }) }}
        </Card>
    }
}

/// First the password, then the app's first code, then the recovery codes.
#[component]
fn SetUp(reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let password = RwSignal::new(String::new());
    let begin = Action::new_unsync(move |(): &()| async move {
        let begun = client.ask(enrol_factor(password.get_untracked())).await?.enrol_totp;
        match begun.error.clone() {
            Some(error) => Err(Failure::from(error)),
            None => Ok(begun),
        }
    });
    let failure = Signal::derive(move || begin.value().get().and_then(Result::err));
    move || match begin.value().get().and_then(Result::ok) {
        Some(begun) => Either::Left(view! { <FirstCode begun reload/> }),
        None => Either::Right(view! {
            <Form class="narrow" on_submit=move || {
                begin.dispatch_local(());
            }>
                <Whose email=use_place().email()/>
                <Field
                    id="factor-password"
                    kind="password"
                    label=t(words::PASSWORD_NOW)
                    value=password
                    autocomplete="current-password"
                    required=true
                />
                <FormError failure/>
                <Submit weight=Weight::Plain disabled=begin.pending()>{t(words::FACTOR_BEGIN)}</Submit>
            </Form>
        }),
    }
}

#[component]
fn FirstCode(begun: EnrolTotpPayload, reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let code = RwSignal::new(String::new());
    let confirm = Action::new_unsync(move |(): &()| async move {
        let confirmed = client.ask(confirm_factor(code.get_untracked())).await?.confirm_totp;
        match confirmed.error {
            Some(error) => Err(Failure::from(error)),
            None => Ok(confirmed.recovery_codes),
        }
    });
    let failure = Signal::derive(move || confirm.value().get().and_then(Result::err));
    let (secret, uri) = (begun.secret.unwrap_or_default(), begun.uri.unwrap_or_default());
    move || match confirm.value().get().and_then(Result::ok) {
        Some(codes) => Either::Left(view! { <Codes codes reload/> }),
        None => {
            let (secret, uri) = (secret.clone(), uri.clone());
            Either::Right(view! {
                <Form class="narrow" on_submit=move || {
                    confirm.dispatch_local(());
                }>
                    <Secret
                        id="factor-secret"
                        label=t(words::FACTOR_SECRET)
                        text=secret
                        hint=t(words::FACTOR_SECRET_HINT)
                    />
                    <p><a href=uri>{t(words::FACTOR_OPEN)}</a></p>
                    <Field
                        id="factor-code"
                        label=t(words::FACTOR_CODE)
                        value=code
                        autocomplete="one-time-code"
                        required=true
                        first=true
                    />
                    <FormError failure/>
                    <Submit disabled=confirm.pending()>{t(words::FACTOR_CONFIRM)}</Submit>
                </Form>
            })
        }
    }
}

#[component]
fn Codes(codes: Vec<String>, reload: Callback<()>) -> impl IntoView {
    view! {
        <h3>{t(words::FACTOR_CODES)}</h3>
        <p class="hint">{t(words::FACTOR_CODES_HINT)}</p>
        <ul class="codes">{codes.into_iter().map(|code| view! { <li><code>{code}</code></li> }).collect_view()}</ul>
        <Button weight=Weight::Primary on_click=move || reload.run(())>{t(phrase::DONE)}</Button>
    }
}

#[component]
fn Remove(reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let notices = use_notices();
    let password = RwSignal::new(String::new());
    let code = RwSignal::new(String::new());
    let remove = Action::new_unsync(move |(): &()| async move {
        let removed = client
            .ask(remove_factor(password.get_untracked(), code.get_untracked()))
            .await?;
        if let Some(error) = removed.disable_totp.error {
            return Err(Failure::from(error));
        }
        notices.say(t(words::FACTOR_REMOVED));
        reload.run(());
        Ok(())
    });
    let failure = Signal::derive(move || remove.value().get().and_then(Result::err));
    view! {
        <Form class="narrow" on_submit=move || {
            remove.dispatch_local(());
        }>
            <Whose email=use_place().email()/>
            <Field
                id="factor-password"
                kind="password"
                label=t(words::PASSWORD_NOW)
                value=password
                autocomplete="current-password"
                required=true
            />
            <Field
                id="factor-code"
                label=t(words::FACTOR_CODE_NOW)
                value=code
                autocomplete="one-time-code"
                required=true
            />
            <FormError failure/>
            <Submit weight=Weight::Danger disabled=remove.pending()>{t(words::FACTOR_REMOVE)}</Submit>
        </Form>
    }
}
