//! Declaring a view, or a scope.

use leptos::{either::Either, prelude::*};

use super::Doing;
use crate::{
    api::{
        client::use_client,
        view::{CreateViewInput, create_scope, create_view},
    },
    components::{
        button::{Button, Submit},
        dialog::{Dialog, open_while},
        field::{Field, FormError, Lines},
        form::Form,
    },
    state::{notice::use_notices, surroundings::use_place},
    text::{fill, phrase, t, view as words},
};

/// The dialog.
#[component]
pub(super) fn Declare(doing: RwSignal<Doing>, reload: Callback<()>) -> impl IntoView {
    let of_view = move || doing.with(|doing| *doing == Doing::DeclareView);
    let of_scope = move || doing.with(|doing| *doing == Doing::DeclareScope);
    let open = open_while(move || of_view() || of_scope(), move || doing.set(Doing::Nothing));
    let title = move || {
        t(if of_scope() {
            words::DECLARE_SCOPE
        } else {
            words::DECLARE
        })
        .to_owned()
    };
    view! {
        <Dialog open title=Signal::derive(title)>
            {if untrack(of_scope) {
                Either::Left(view! { <NewScope open reload/> })
            } else {
                Either::Right(view! { <NewView open reload/> })
            }}
        </Dialog>
    }
}

/// The lines that have something in them.
fn lines(text: RwSignal<String>) -> Vec<String> {
    let text = text.get_untracked();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

#[component]
fn NewView(open: RwSignal<bool>, reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let notices = use_notices();
    let [name, actions, dimensions, measures] = [(); 4].map(|()| RwSignal::new(String::new()));
    let create = Action::new_unsync(move |(): &()| {
        let some = |lines: Vec<String>| (!lines.is_empty()).then_some(lines);
        let input = CreateViewInput {
            site: Some(place.site_name_now()),
            name: name.get_untracked().trim().to_owned(),
            actions: some(lines(actions)),
            dimensions: lines(dimensions),
            measures: some(lines(measures)),
        };
        async move {
            let made = client.ask(create_view(input)).await?.create_view;
            open.set(false);
            notices.say(fill(words::DECLARED, &[&made.name]));
            reload.run(());
            Ok(())
        }
    });
    view! {
        <Form on_submit=move || {
            create.dispatch_local(());
        }>
            <Field id="view-name" label=t(words::NAME) hint=t(words::NAME_HINT) value=name required=true first=true/>
            <Lines
                id="view-dimensions"
                label=t(words::DIMENSIONS)
                hint=t(words::DIMENSIONS_HINT)
                value=dimensions
                required=true
            />
            <Lines id="view-actions" label=t(words::ACTIONS) hint=t(words::ACTIONS_HINT) value=actions/>
            <Lines id="view-measures" label=t(words::MEASURES) hint=t(words::MEASURES_HINT) value=measures/>
            <FormError failure=Signal::derive(move || create.value().get().and_then(Result::err))/>
            <div class="dialog-ways">
                <Button on_click=move || open.set(false)>{t(phrase::CANCEL)}</Button>
                <Submit disabled=create.pending()>{t(words::DECLARE)}</Submit>
            </div>
        </Form>
    }
}

#[component]
fn NewScope(open: RwSignal<bool>, reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let notices = use_notices();
    let fields = RwSignal::new(String::new());
    let create = Action::new_unsync(move |(): &()| {
        let fields = lines(fields);
        async move {
            let made = client.ask(create_scope(fields)).await?.create_unique_scope;
            open.set(false);
            notices.say(fill(words::DECLARED, &[&made.name]));
            reload.run(());
            Ok(())
        }
    });
    view! {
        <Form on_submit=move || {
            create.dispatch_local(());
        }>
            <Lines id="scope-fields" label=t(words::FIELDS) hint=t(words::FIELDS_HINT) value=fields required=true/>
            <FormError failure=Signal::derive(move || create.value().get().and_then(Result::err))/>
            <div class="dialog-ways">
                <Button on_click=move || open.set(false)>{t(phrase::CANCEL)}</Button>
                <Submit disabled=create.pending()>{t(words::DECLARE_SCOPE)}</Submit>
            </div>
        </Form>
    }
}
