//! Making another site.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use crate::{
    api::{client::use_client, failure::Failure, site::create_site},
    components::{
        button::{Button, Submit},
        dialog::Dialog,
        field::{Field, FormError},
        form::Form,
    },
    format::zone,
    route,
    state::{notice::use_notices, surroundings::use_place},
    text::{fill, phrase, settings as words, shell, t},
};

/// The dialog.
#[component]
pub(super) fn Create(open: RwSignal<bool>) -> impl IntoView {
    view! {
        <Dialog open title=t(words::NEW).to_owned()>
            <NewSite open/>
        </Dialog>
    }
}

/// Its days are those of the browser's time zone; its settings show next.
#[component]
fn NewSite(open: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let notices = use_notices();
    let navigate = use_navigate();
    let name = RwSignal::new(String::new());
    let create = Action::new_unsync(move |(): &()| {
        let navigate = navigate.clone();
        async move {
            let asked = create_site(name.get_untracked().trim().to_owned(), Some(zone::own()));
            let made = client.ask(asked).await?.create_site.name;
            place.refresh(client).await?;
            open.set(false);
            notices.say(fill(shell::SITE_MADE, &[&made]));
            navigate(&route::settings_of(&made), Default::default());
            Ok::<_, Failure>(())
        }
    });
    view! {
        <Form on_submit=move || {
            create.dispatch_local(());
        }>
            <Field
                id="site-name"
                label=t(shell::SITE_NAME)
                hint=t(shell::SITE_NAME_HINT)
                value=name
                required=true
                first=true
            />
            <FormError failure=Signal::derive(move || create.value().get().and_then(Result::err))/>
            <div class="dialog-ways">
                <Button on_click=move || open.set(false)>{t(phrase::CANCEL)}</Button>
                <Submit disabled=create.pending()>{t(shell::CREATE_SITE)}</Submit>
            </div>
        </Form>
    }
}
