//! Choosing the type of a key, and taking it away.

use leptos::prelude::*;

use super::Doing;
use crate::{
    api::{
        client::use_client,
        failure::{Failure, unless},
        tag::{TagType, TagTypeInput, declare_type, release, retype},
    },
    components::{
        button::{Button, Submit},
        dialog::{Confirm, Dialog, open_while},
        field::{Field, FormError},
        form::Form,
    },
    state::notice::use_notices,
    text::{fill, phrase, t, tag as words},
};

/// The dialog that declares a key, or gives one another type.
#[component]
pub(super) fn Kind(doing: RwSignal<Doing>, reload: Callback<()>) -> impl IntoView {
    let about = Memo::new(move |_| match doing.get() {
        Doing::Declare => Some(None),
        Doing::Retype(key) => Some(Some(key)),
        _ => None,
    });
    let open = open_while(move || about.with(Option::is_some), move || doing.set(Doing::Nothing));
    let title = move || {
        let adding = about.with(|about| matches!(about, Some(None)));
        t(if adding { words::DECLARE } else { words::RETYPE }).to_owned()
    };
    view! {
        <Dialog open title=Signal::derive(title)>
            <KindForm key=about.get_untracked().flatten() open reload/>
        </Dialog>
    }
}

#[component]
fn KindForm(key: Option<TagType>, open: RwSignal<bool>, reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let notices = use_notices();
    let known = key.is_some();
    let (name, kind) = key.map_or_else(Default::default, |key| (key.name, key.kind));
    let (name, kind) = (RwSignal::new(name), RwSignal::new(kind));
    let save = Action::new_unsync(move |(): &()| async move {
        let input = TagTypeInput {
            name: name.get_untracked(),
            kind: kind.get_untracked(),
        };
        let (name, kind) = (input.name.clone(), input.kind.clone());
        let changed = if known {
            client.ask(retype(input)).await?.retype_tag_type
        } else {
            client.ask(declare_type(input)).await?.declare_tag_type
        };
        unless(changed.error, ())?;
        open.set(false);
        notices.say(fill(words::DECLARED, &[&name, &kind]));
        reload.run(());
        Ok::<_, Failure>(())
    });
    view! {
        <Form on_submit=move || {
            save.dispatch_local(());
        }>
            <Show when=move || known fallback=move || view! {
                <Field id="tag-name" label=t(words::NAME) hint=t(words::NAME_HINT) value=name required=true first=true/>
            }>
                <p><code class="strong">{name}</code></p>
                <p class="hint">{t(words::RETYPE_HINT)}</p>
            </Show>
            <Field id="tag-kind" label=t(words::KIND) hint=t(words::KIND_HINT) value=kind required=true first=known/>
            <FormError failure=Signal::derive(move || save.value().get().and_then(Result::err))/>
            <div class="dialog-ways">
                <Button on_click=move || open.set(false)>{t(phrase::CANCEL)}</Button>
                <Submit disabled=save.pending()>{t(if known { words::RETYPE } else { words::DECLARE })}</Submit>
            </div>
        </Form>
    }
}

/// The dialog that takes the type of a key away.
#[component]
pub(super) fn Release(doing: RwSignal<Doing>, reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let notices = use_notices();
    let name = Memo::new(move |_| match doing.get() {
        Doing::Release(key) => Some(key.name),
        _ => None,
    });
    let open = open_while(move || name.with(Option::is_some), move || doing.set(Doing::Nothing));
    let name = Signal::derive(move || name.get().unwrap_or_default());
    let act = Action::new_unsync(move |(): &()| async move {
        let key = name.get_untracked();
        unless(client.ask(release(key.clone())).await?.release_tag_type.error, ())?;
        open.set(false);
        notices.say(fill(words::RELEASED, &[&key]));
        reload.run(());
        Ok::<_, Failure>(())
    });
    view! {
        <Confirm
            open
            title=Signal::derive(move || fill(words::RELEASE_TITLE, &[&name.get()]))
            hint=t(words::RELEASE_HINT)
            name
            action=t(words::RELEASE)
            on_confirm=move || {
                act.dispatch_local(());
            }
            pending=act.pending()
            failure=Signal::derive(move || act.value().get().and_then(Result::err))
        />
    }
}
