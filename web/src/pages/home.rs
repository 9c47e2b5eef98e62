//! The start: it leads to the first site, and where there is none makes one.

use leptos::{either::EitherOf3, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use crate::{
    api::{client::use_client, site::create_site},
    components::{
        button::Submit,
        field::{Field, FormError},
        form::Form,
        page::PageFrame,
        situation::{Empty, Loading},
    },
    format::zone,
    state::{notice::use_notices, surroundings::use_place},
    text::{fill, shell, t},
};

/// The page.
#[component]
pub(crate) fn Home() -> impl IntoView {
    let place = use_place();
    let navigate = use_navigate();
    // Once this page is in the place of the one before: to go on while that is still being left leaves parts of it behind.
    Effect::new(move || {
        if let Some(start) = place.start() {
            let options = NavigateOptions {
                replace: true,
                ..NavigateOptions::default()
            };
            navigate(&start, options);
        }
    });
    move || {
        if place.start().is_some() {
            EitherOf3::A(view! { <Loading/> })
        } else if place.sites().is_empty() && place.may("Mutation.createSite") {
            EitherOf3::B(view! { <FirstSite/> })
        } else {
            EitherOf3::C(view! { <Empty title=t(shell::NO_SITE) hint=t(shell::NO_SITE_FOR_YOU)/> })
        }
    }
}

/// Makes the first site; its days are those of the browser's time zone.
#[component]
fn FirstSite() -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let notices = use_notices();
    let name = RwSignal::new(String::new());
    let create = Action::new_unsync(move |(): &()| async move {
        let made = client.ask(create_site(name.get_untracked(), Some(zone::own()))).await?;
        notices.say(fill(shell::SITE_MADE, &[&made.create_site.name]));
        // The page then leads there by itself.
        place.refresh(client).await
    });
    let failure = Signal::derive(move || create.value().get().and_then(Result::err));
    view! {
        <PageFrame title=t(shell::NO_SITE) intro=t(shell::NO_SITE_HINT)>
            <Form class="card narrow" on_submit=move || {
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
                <FormError failure/>
                <Submit disabled=create.pending()>{t(shell::CREATE_SITE)}</Submit>
            </Form>
        </PageFrame>
    }
}
