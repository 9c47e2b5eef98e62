//! Inviting somebody: the link is shown this once.

use leptos::{either::Either, prelude::*};

use super::{Doing, ROLES};
use crate::{
    api::{
        client::use_client,
        failure::{Failure, unless},
        people::{InviteAccountInput, Person, Role, invite, renew_invitation},
    },
    components::{
        button::{Button, Submit, Weight},
        dialog::{Dialog, open_while},
        field::{Choice, Field, FormError},
        form::Form,
        load::{Answer, Load},
        secret::Secret,
    },
    state::surroundings::{Place, use_place},
    text::{fill, people as words, phrase, t},
};

/// The dialog.
#[component]
pub(super) fn Invite(doing: RwSignal<Doing>, reload: Callback<()>) -> impl IntoView {
    let open = open_while(
        move || doing.with(|doing| *doing == Doing::Invite),
        move || doing.set(Doing::Nothing),
    );
    view! {
        <Dialog open title=t(words::INVITE_TITLE).to_owned()>
            <InviteForm open reload/>
        </Dialog>
    }
}

/// Every site, to whoever may speak for all, and each; in the order of the choice.
pub(super) fn sites(place: Place) -> Vec<Option<String>> {
    untrack(|| {
        let every = place.may("Mutation.inviteAccount").then_some(None);
        let names = place.sites().into_iter().map(|site| Some(site.name));
        every.into_iter().chain(names).collect()
    })
}

/// The same as the choice shows them.
pub(super) fn site_names(sites: &[Option<String>]) -> Vec<String> {
    let name = |site: &Option<String>| site.clone().unwrap_or_else(|| t(words::EVERYWHERE).to_owned());
    sites.iter().map(name).collect()
}

#[component]
fn InviteForm(open: RwSignal<bool>, reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let sites = sites(use_place());
    let names = site_names(&sites);
    let [email, name] = [(); 2].map(|()| RwSignal::new(String::new()));
    let (role, site) = (RwSignal::new(0_usize), RwSignal::new(0_usize));
    let send = Action::new_unsync(move |(): &()| {
        let given = name.get_untracked().trim().to_owned();
        let input = InviteAccountInput {
            email: email.get_untracked().trim().to_owned(),
            name: (!given.is_empty()).then_some(given),
            role: ROLES.get(role.get_untracked()).map_or(Role::Viewer, |(role, _)| *role),
            site: sites.get(site.get_untracked()).cloned().flatten(),
        };
        async move {
            let made = client.ask(invite(input)).await?.invite_account;
            let link = unless(made.error, made.link)?.unwrap_or_default();
            reload.run(());
            Ok::<_, Failure>(link)
        }
    });
    let names = StoredValue::new(names);
    move || match send.value().get().and_then(Result::ok) {
        Some(link) => Either::Left(view! { <Made open link/> }),
        None => Either::Right(view! {
            <Form on_submit=move || {
                send.dispatch_local(());
            }>
                <Field id="invite-email" kind="email" label=t(words::EMAIL) value=email required=true first=true/>
                <Field id="invite-name" label=t(words::NAME) value=name/>
                <div class="columns">
                    <Choice
                        id="invite-role"
                        label=t(words::ROLE)
                        value=role
                        options=ROLES.map(|(_, text)| t(text).to_owned()).to_vec()
                    />
                    <Choice id="invite-site" label=t(words::WHERE) value=site options=names.get_value()/>
                </div>
                <p class="hint">{t(words::ROLE_HINT)}</p>
                <FormError failure=Signal::derive(move || send.value().get().and_then(Result::err))/>
                <div class="dialog-ways">
                    <Button on_click=move || open.set(false)>{t(phrase::CANCEL)}</Button>
                    <Submit disabled=send.pending()>{t(words::INVITE)}</Submit>
                </div>
            </Form>
        }),
    }
}

/// The link, this once.
#[component]
fn Made(open: RwSignal<bool>, link: String) -> impl IntoView {
    view! {
        <Secret id="invite-link" label=t(words::LINK) text=link hint=t(words::LINK_HINT)/>
        <div class="dialog-ways">
            <Button weight=Weight::Primary on_click=move || open.set(false)>{t(phrase::DONE)}</Button>
        </div>
    }
}

/// The dialog with a fresh link for somebody who is there already.
#[component]
pub(super) fn Link(doing: RwSignal<Doing>) -> impl IntoView {
    let person = Memo::new(move |_| match doing.get() {
        Doing::Link(person) => Some(person),
        _ => None,
    });
    let open = open_while(move || person.with(Option::is_some), move || doing.set(Doing::Nothing));
    let title = move || {
        let name = person.get().map(|person| person.email).unwrap_or_default();
        fill(words::RENEW_TITLE, &[&name])
    };
    view! {
        <Dialog open title=Signal::derive(title)>
            {person.get_untracked().map(|person| view! { <Fresh person open/> })}
        </Dialog>
    }
}

#[component]
fn Fresh(person: Person, open: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let answer: Answer<String> = Answer::new(move || {
        let id = person.id.clone();
        async move {
            let made = client.ask(renew_invitation(id)).await?.renew_invitation;
            Ok(unless(made.error, made.link)?.unwrap_or_default())
        }
    });
    view! {
        <Load answer let:link>
            <Made open link/>
        </Load>
    }
}
