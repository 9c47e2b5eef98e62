//! The browsers that are signed in as this person.

use leptos::prelude::*;

use crate::{
    api::{
        account::{Session, revoke_session},
        client::use_client,
        failure::Failure,
    },
    components::{
        button::{Button, Weight},
        page::Card,
        table::{Column, Table},
    },
    format::moment,
    state::{notice::use_notices, question::chosen_zone},
    text::{account as words, t},
};

/// The section.
#[component]
pub(super) fn Sessions(sessions: Vec<Session>, reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let notices = use_notices();
    let end = Action::new_unsync(move |id: &cynic::Id| {
        let id = id.clone();
        async move {
            let ended = client.ask(revoke_session(id)).await;
            let ended = ended.and_then(|ended| {
                ended
                    .revoke_session
                    .error
                    .map_or(Ok(()), |error| Err(Failure::from(error)))
            });
            match ended {
                Ok(()) => notices.say(t(words::SESSION_ENDED)),
                Err(failure) => notices.say(failure.message()),
            }
            reload.run(());
        }
    });
    let live: Vec<Session> = sessions
        .into_iter()
        .filter(|session| session.ended_at.is_none())
        .collect();
    let zone = chosen_zone();
    let columns = vec![
        Column::new(t(words::BROWSER), |session: &Session| {
            let agent = session.user_agent.clone().unwrap_or_default();
            view! { <span title=agent.clone()>{known_as(&agent)}</span> }
        })
        .class("main"),
        Column::new(t(words::ADDRESS), |session: &Session| session.address.clone()),
        Column::new(t(words::USED), |session: &Session| moment::ago(&session.used_at)),
        Column::new(t(words::BEGAN), move |session: &Session| {
            moment::date_and_time(&session.created_at, zone.as_deref())
        }),
        Column::new(t(words::SESSION_END), move |session: &Session| {
            let agent = known_as(session.user_agent.as_deref().unwrap_or_default());
            let id = session.id.clone();
            if session.current {
                return view! { <span class="badge">{t(words::SESSION_THIS)}</span> }.into_any();
            }
            let label = format!("{}: {agent}", t(words::SESSION_END));
            view! {
                <Button weight=Weight::Quiet label on_click=move || {
                    end.dispatch_local(id.clone());
                }>{t(words::SESSION_END)}</Button>
            }
            .into_any()
        })
        .class("ways")
        .read_out(),
    ];
    view! {
        <Card id="sessions-title" title=t(words::SESSIONS) hint=t(words::SESSIONS_HINT)>
            <Table caption=t(words::SESSIONS) columns rows=live key=|session| session.id.inner().to_owned()/>
        </Card>
    }
}

/// What people call a browser and its system, where it is one of those that most have; each is found by what only it says.
fn known_as(agent: &str) -> String {
    let named = |names: &[(&str, &'static str)]| {
        names
            .iter()
            .find(|(sign, _)| agent.contains(sign))
            .map(|(_, name)| *name)
    };
    let browser = named(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("CriOS/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = named(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} · {system}"),
        _ => agent.to_owned(),
    }
}
