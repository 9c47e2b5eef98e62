//! One's own account: password, second factor, sessions.

mod factor;
mod password;
mod sessions;

use leptos::prelude::*;

use crate::{
    api::{account::own_account, client::use_client},
    components::{
        load::{Answer, Load},
        page::PageFrame,
    },
    text::{account as words, t},
};

/// The page.
#[component]
pub(crate) fn AccountPage() -> impl IntoView {
    let client = use_client();
    let answer: Answer<_> = Answer::new(move || client.ask(own_account()));
    let reload = Callback::new(move |()| answer.refetch());
    view! {
        <PageFrame title=t(words::TITLE)>
            <Load answer let:own>
                {
                    let account = own.viewer.account.clone();
                    let has_factor = account.as_ref().is_some_and(|account| account.has_second_factor);
                    let has_password = account.is_some_and(|account| account.has_password);
                    view! {
                        <Show when=move || has_password>
                            <password::Password reload/>
                            <factor::Factor on=has_factor codes=own.recovery_codes_left reload/>
                        </Show>
                        <sessions::Sessions sessions=own.sessions reload/>
                    }
                }
            </Load>
        </PageFrame>
    }
}
