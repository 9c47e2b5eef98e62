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
    state::notice::use_notices,
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
    let columns = vec![
        Column::new(t(words::BROWSER), |session: &Session| session.user_agent.clone()).class("main"),
        Column::new(t(words::ADDRESS), |session: &Session| session.address.clone()),
        Column::new(t(words::USED), |session: &Session| moment::ago(&session.used_at)),
        Column::new(t(words::BEGAN), |session: &Session| {
            moment::date_and_time(&session.created_at, None)
        }),
        Column::new(t(words::SESSION_END), move |session: &Session| {
            let (id, agent) = (session.id.clone(), session.user_agent.clone().unwrap_or_default());
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
