//! The start: it leads to the first site, and where there is none makes one.

use leptos::{either::EitherOf3, prelude::*};
use leptos_router::components::Redirect;

use crate::{
    api::{client::use_client, site::create_site},
    components::{
        button::Submit,
        field::{Field, FormError},
        form::Form,
        page::PageFrame,
        situation::Empty,
    },
    format::zone,
    route::Page,
    state::{notice::use_notices, surroundings::use_place},
    text::{fill, shell, t},
};

/// The page.
#[component]
pub(crate) fn Home() -> impl IntoView {
    let place = use_place();
    move || match (place.sites().first(), Page::all().find(|page| place.may(page.needs))) {
        (Some(site), Some(page)) => EitherOf3::A(view! { <Redirect path=page.of(&site.name)/> }),
        (None, _) if place.may("Mutation.createSite") => EitherOf3::B(view! { <FirstSite/> }),
        _ => EitherOf3::C(view! { <Empty title=t(shell::NO_SITE) hint=t(shell::NO_SITE_FOR_YOU)/> }),
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
