//! People: who may sign in, and what they may do.

mod invite;
mod lock;
mod role;

use leptos::prelude::*;

use crate::{
    api::{
        client::use_client,
        people::{AccountRole, People, Person, Role, people},
    },
    components::{
        button::{Button, Weight},
        load::{Answer, Load},
        page::PageFrame,
        table::{Column, Table},
    },
    format::moment,
    state::{
        question::chosen_zone,
        surroundings::{Place, use_place},
    },
    text::{Text, people as words, t},
};

/// The roles, from the least to the most.
const ROLES: [(Role, Text); 4] = [
    (Role::Viewer, words::VIEWER),
    (Role::Analyst, words::ANALYST),
    (Role::Admin, words::ADMIN),
    (Role::Owner, words::OWNER),
];

/// What the dialogs are about.
#[derive(Debug, Clone, PartialEq)]
enum Doing {
    Nothing,
    Invite,
    LetIn,
    Roles(Person),
    Link(Person),
    Lock(Person),
}

/// The page.
#[component]
pub(super) fn PeoplePage() -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let answer: Answer<People> = Answer::new(move || client.ask(people()));
    let reload = Callback::new(move |()| answer.refetch());
    let doing = RwSignal::new(Doing::Nothing);
    let let_in = lock::let_in(reload);
    let tools = move || {
        view! {
            <Show when=move || place.may("Mutation.inviteAccount")>
                <Button weight=Weight::Primary on_click=move || doing.set(Doing::Invite)>{t(words::INVITE)}</Button>
            </Show>
            <Show when=move || place.may("Mutation.setAccountRole") && !place.may("Mutation.inviteAccount")>
                <Button weight=Weight::Primary on_click=move || doing.set(Doing::LetIn)>{t(words::LET_IN)}</Button>
            </Show>
        }
    };
    view! {
        <PageFrame title=t(words::TITLE) intro=t(words::INTRO) tools>
            <Load answer let:found>
                <section class="card flush">
                    <Table
                        caption=t(words::TITLE)
                        columns=columns(doing, let_in, place)
                        rows=found.accounts
                        key=|person: &Person| person.id.inner().to_owned()
                    />
                </section>
            </Load>
            <invite::Invite doing reload/>
            <invite::Link doing/>
            <role::LetIn doing reload/>
            <role::Roles doing reload/>
            <lock::Lock doing reload/>
        </PageFrame>
    }
}

fn role(role: Role) -> &'static str {
    ROLES
        .into_iter()
        .find(|(one, _)| *one == role)
        .map_or("", |(_, text)| t(text))
}

/// A role with where it holds.
fn held(held: &AccountRole) -> String {
    let place = held.site.clone().unwrap_or_else(|| t(words::EVERYWHERE).to_owned());
    format!("{} · {place}", role(held.role))
}

fn columns(doing: RwSignal<Doing>, let_in: Callback<Person>, place: Place) -> Vec<Column<Person>> {
    let zone = chosen_zone();
    vec![
        Column::new(t(words::NAME), |person: &Person| {
            view! {
                <span class="strong">{person.name.clone()}</span>
                <span class="beside">{person.email.clone()}</span>
            }
        })
        .class("main stacked"),
        Column::new(t(words::ROLES), |person: &Person| {
            let roles: Vec<_> = person.roles.iter().map(held).collect();
            roles.join(", ")
        })
        .class("main"),
        Column::new(t(words::STATE), |person: &Person| {
            let (class, text) = match person {
                Person {
                    disabled_at: Some(_), ..
                } => ("state bad", words::DISABLED),
                Person {
                    has_password: false, ..
                } => ("state", words::INVITED),
                _ => ("state good", words::ACTIVE),
            };
            view! { <span class=class>{t(text)}</span> }
        }),
        Column::new(t(words::FACTOR), |person: &Person| {
            t(if person.has_second_factor {
                words::YES
            } else {
                words::NO
            })
        }),
        Column::new(t(words::SINCE), move |person: &Person| {
            moment::date(&person.created_at, zone.as_deref())
        }),
        Column::new(t(words::WAYS), move |person: &Person| {
            ways(person, doing, let_in, place)
        })
        .class("ways")
        .read_out(),
    ]
}

/// What can be done with somebody; who owns some sites alone gives and takes roles there.
fn ways(person: &Person, doing: RwSignal<Doing>, let_in: Callback<Person>, place: Place) -> impl IntoView + use<> {
    let opens = move |what: Doing| Box::new(move || doing.set(what.clone())) as Box<dyn Fn()>;
    let whose = person.clone();
    let sign_in = move || {
        let (person, again) = (&whose, whose.clone());
        view! {
            {way(person, words::RENEW, opens(Doing::Link(person.clone())))}
            {if person.disabled_at.is_some() {
                way(person, words::ENABLE, Box::new(move || let_in.run(again.clone()))).into_any()
            } else {
                way(person, words::DISABLE, opens(Doing::Lock(person.clone()))).into_any()
            }}
        }
    };
    view! {
        {way(person, words::CHANGE, opens(Doing::Roles(person.clone())))}
        {place.only("Mutation.disableAccount", sign_in)}
    }
}

fn way(person: &Person, text: Text, act: Box<dyn Fn()>) -> impl IntoView + use<> {
    let label = format!("{}: {}", t(text), person.email);
    view! { <Button weight=Weight::Quiet label on_click=act>{t(text)}</Button> }
}
