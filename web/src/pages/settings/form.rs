//! The settings themselves.

use leptos::prelude::*;

use super::draft::{ACTIONS, ADDRESSES, Draft, IDENTITIES, TAGS, loses, names, wrong, wrong_days};
use crate::{
    api::{
        client::use_client,
        site::{Settings, update_site},
    },
    components::{
        button::Submit,
        dialog::Confirm,
        field::{Choice, Field, FormError, Lines, Tick},
        form::Form,
        page::Card,
    },
    state::{notice::use_notices, surroundings::use_place},
    text::{fill, settings as words, t},
};

/// The form.
#[component]
pub(super) fn SettingsForm(settings: Settings) -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let notices = use_notices();
    let draft = Draft::of(&settings);
    let site = StoredValue::new(settings.name.clone());
    // As the person has seen them: what is other than this was changed by them.
    let before = StoredValue::new(draft.input(settings.name));
    let asking = RwSignal::new(false);
    let save = Action::new_unsync(move |(): &()| {
        let wanted = draft.input(site.get_value());
        async move {
            client
                .ask(before.with_value(|before| update_site(wanted.clone(), before)))
                .await?;
            before.set_value(wanted);
            draft.drop.set(false);
            asking.set(false);
            notices.say(t(words::SAVED));
            place.refresh(client).await
        }
    });
    let pending = save.pending();
    let failure = Signal::derive(move || save.value().get().and_then(Result::err));
    let blocked = Signal::derive(move || pending.get() || !draft.is_whole());
    view! {
        <Form class="cards" on_submit=move || {
            let wanted = draft.input(site.get_value());
            if before.with_value(|before| loses(&wanted, before)) {
                // What was wrong with an earlier attempt is not asked about.
                save.clear();
                asking.set(true);
            } else {
                save.dispatch_local(());
            }
        }>
            <TimeAndActions draft zone=settings.time_zone/>
            <Privacy draft/>
            <Keeping draft/>
            <Pages draft/>
            <FormError failure/>
            <Submit disabled=blocked>{t(words::SAVE)}</Submit>
        </Form>
        <Confirm
            open=asking
            title=fill(words::LOSE_TITLE, &[&site.get_value()])
            hint=t(words::LOSE_HINT)
            name=site.get_value()
            action=t(words::LOSE)
            on_confirm=move || {
                save.dispatch_local(());
            }
            pending
            failure
        />
    }
}

#[component]
fn TimeAndActions(draft: Draft, zone: String) -> impl IntoView {
    view! {
        <Card id="set-time" title=t(words::ZONE_TITLE)>
            <div class="columns">
                <Field id="set-zone" label=t(words::ZONE) hint=t(words::ZONE_HINT) value=draft.zone required=true/>
                <Choice id="set-actions" label=t(words::ACTIONS) value=draft.actions options=names(&ACTIONS)/>
                <Field
                    id="set-age"
                    label=t(words::AGE)
                    hint=t(words::AGE_HINT)
                    value=draft.age
                    error=Signal::derive(move || wrong_days(draft.age))
                />
            </div>
            <Show when=move || draft.zone.with(|chosen| *chosen != zone)>
                <Tick id="set-drop" label=t(words::DROP) hint=t(words::DROP_HINT) value=draft.drop/>
            </Show>
        </Card>
    }
}

#[component]
fn Privacy(draft: Draft) -> impl IntoView {
    view! {
        <Card id="set-privacy" title=t(words::PRIVACY)>
            <div class="columns">
                <Choice id="set-addresses" label=t(words::IP) value=draft.addresses options=names(&ADDRESSES)/>
                <Choice id="set-identity" label=t(words::IDENTITY) value=draft.identity options=names(&IDENTITIES)/>
            </div>
        </Card>
    }
}

#[component]
fn Keeping(draft: Draft) -> impl IntoView {
    view! {
        <Card id="set-keeping" title=t(words::KEEPING)>
            <div class="columns">
                <Count id="set-raw" label=t(words::RAW) hint=t(words::EMPTY_FOR_EVER) value=draft.raw optional=true/>
                <Count
                    id="set-rollup"
                    label=t(words::ROLLUP)
                    hint=t(words::EMPTY_FOR_EVER)
                    value=draft.rollup
                    optional=true
                />
                <Choice id="set-tags" label=t(words::TAGS) value=draft.tags options=names(&TAGS)/>
                <Count id="set-quarantine-days" label=t(words::QUARANTINE_DAYS) value=draft.quarantine_days/>
                <Count id="set-quarantine-room" label=t(words::QUARANTINE_ROOM) value=draft.quarantine_room/>
            </div>
        </Card>
    }
}

#[component]
fn Pages(draft: Draft) -> impl IntoView {
    view! {
        <Card id="set-pages" title=t(words::PAGES)>
            <div class="columns">
                <Lines id="set-origins" label=t(words::ORIGINS) hint=t(words::ORIGINS_HINT) value=draft.origins/>
                <Lines
                    id="set-share"
                    label=t(words::SHARE_HOSTS)
                    hint=t(words::SHARE_HOSTS_HINT)
                    value=draft.share_hosts
                />
                <Field id="set-script" label=t(words::SCRIPT) hint=t(words::SCRIPT_HINT) value=draft.script/>
            </div>
        </Card>
    }
}

/// A whole number.
#[component]
fn Count(
    id: &'static str,
    label: &'static str,
    #[prop(optional)] hint: &'static str,
    value: RwSignal<String>,
    #[prop(optional)] optional: bool,
) -> impl IntoView {
    let error = Signal::derive(move || wrong(value, optional));
    view! { <Field id label hint value required={!optional} error/> }
}
