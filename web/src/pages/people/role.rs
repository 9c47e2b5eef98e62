//! The roles of somebody: given and taken away.

use leptos::prelude::*;

use super::{
    Doing, ROLES, held,
    invite::{site_names, sites},
};
use crate::{
    api::{
        client::use_client,
        failure::{Failure, unless},
        people::{AccountRole, Person, Role, remove_role, set_role},
    },
    components::{
        button::{Button, Submit, Weight},
        dialog::{Dialog, open_while},
        field::{Choice, Field, FormError},
        form::Form,
    },
    state::{notice::use_notices, surroundings::use_place},
    text::{fill, people as words, phrase, t},
};

/// The dialog.
#[component]
pub(super) fn Roles(doing: RwSignal<Doing>, reload: Callback<()>) -> impl IntoView {
    let person = Memo::new(move |_| match doing.get() {
        Doing::Roles(person) => Some(person),
        _ => None,
    });
    let open = open_while(move || person.with(Option::is_some), move || doing.set(Doing::Nothing));
    let title = move || {
        let name = person.get().map(|person| person.email).unwrap_or_default();
        fill(words::CHANGE_TITLE, &[&name])
    };
    view! {
        <Dialog open title=Signal::derive(title)>
            {person.get_untracked().map(|person| view! { <RolesForm person open reload/> })}
        </Dialog>
    }
}

/// The dialog by which somebody who has an account is let in to a site.
#[component]
pub(super) fn LetIn(doing: RwSignal<Doing>, reload: Callback<()>) -> impl IntoView {
    let open = open_while(
        move || doing.with(|doing| *doing == Doing::LetIn),
        move || doing.set(Doing::Nothing),
    );
    view! {
        <Dialog open title=t(words::LET_IN_TITLE).to_owned()>
            <LetInForm open reload/>
        </Dialog>
    }
}

#[component]
fn LetInForm(open: RwSignal<bool>, reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let notices = use_notices();
    let sites = sites(use_place());
    let names = site_names(&sites);
    let email = RwSignal::new(String::new());
    let (role, site) = (RwSignal::new(0_usize), RwSignal::new(0_usize));
    let give = Action::new_unsync(move |(): &()| {
        let account = cynic::Id::new(email.get_untracked().trim());
        let role = ROLES.get(role.get_untracked()).map_or(Role::Viewer, |(role, _)| *role);
        let site = sites.get(site.get_untracked()).cloned().flatten();
        async move {
            unless(
                client.ask(set_role(account, role, site)).await?.set_account_role.error,
                (),
            )?;
            open.set(false);
            notices.say(t(words::GIVEN));
            reload.run(());
            Ok::<_, Failure>(())
        }
    });
    view! {
        <Form on_submit=move || {
            give.dispatch_local(());
        }>
            <Field id="let-in-email" kind="email" label=t(words::EMAIL) value=email required=true first=true/>
            <RoleFields role site names/>
            <FormError failure=Signal::derive(move || give.value().get().and_then(Result::err))/>
            <div class="dialog-ways">
                <Button on_click=move || open.set(false)>{t(phrase::CANCEL)}</Button>
                <Submit disabled=give.pending()>{t(words::GIVE)}</Submit>
            </div>
        </Form>
    }
}

/// Which role, and where.
#[component]
fn RoleFields(role: RwSignal<usize>, site: RwSignal<usize>, names: Vec<String>) -> impl IntoView {
    view! {
        <div class="columns">
            <Choice
                id="role"
                label=t(words::ROLE)
                value=role
                options=ROLES.map(|(_, text)| t(text).to_owned()).to_vec()
            />
            <Choice id="role-site" label=t(words::WHERE) value=site options=names/>
        </div>
        <p class="hint">{t(words::ROLE_HINT)}</p>
    }
}

#[component]
fn RolesForm(person: Person, open: RwSignal<bool>, reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let notices = use_notices();
    let sites = sites(use_place());
    let names = site_names(&sites);
    let (role, site) = (RwSignal::new(0_usize), RwSignal::new(0_usize));
    let id = person.id.clone();
    let give = Action::new_unsync(move |(): &()| {
        let role = ROLES.get(role.get_untracked()).map_or(Role::Viewer, |(role, _)| *role);
        let (id, site) = (id.clone(), sites.get(site.get_untracked()).cloned().flatten());
        async move {
            unless(client.ask(set_role(id, role, site)).await?.set_account_role.error, ())?;
            open.set(false);
            notices.say(t(words::GIVEN));
            reload.run(());
            Ok::<_, Failure>(())
        }
    });
    let id = person.id.clone();
    let take = Action::new_unsync(move |site: &Option<String>| {
        let (id, site) = (id.clone(), site.clone());
        async move {
            unless(client.ask(remove_role(id, site)).await?.remove_account_role.error, ())?;
            open.set(false);
            notices.say(t(words::TAKEN));
            reload.run(());
            Ok::<_, Failure>(())
        }
    });
    let failure = move || {
        let failures = [give.value().get(), take.value().get()];
        failures.into_iter().flatten().find_map(Result::err)
    };
    let line = move |role: AccountRole| {
        let (text, label) = (held(&role), format!("{}: {}", t(words::TAKE), held(&role)));
        view! {
            <li class="line">
                <span>{text}</span>
                <Button weight=Weight::Quiet label on_click=move || {
                    take.dispatch_local(role.site.clone());
                }>{t(words::TAKE)}</Button>
            </li>
        }
    };
    view! {
        <ul class="lines">{person.roles.into_iter().map(line).collect_view()}</ul>
        <Form on_submit=move || {
            give.dispatch_local(());
        }>
            <RoleFields role site names/>
            <FormError failure=Signal::derive(failure)/>
            <div class="dialog-ways">
                <Button on_click=move || open.set(false)>{t(phrase::CANCEL)}</Button>
                <Submit disabled=give.pending()>{t(words::GIVE)}</Submit>
            </div>
        </Form>
    }
}
