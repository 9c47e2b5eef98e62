//! Views and scopes: what is kept ready, how far it is, and what else is to be.

mod declare;
mod delete;

use std::{sync::Arc, time::Duration};

use leptos::{either::Either, prelude::*};

use crate::{
    api::{
        client::{Client, use_client},
        failure::Failure,
        view::{Backfill, RollupUsage, UniqueScope, Usages, View, ViewState, ViewsAndScopes, usages, views_and_scopes},
    },
    components::{
        button::{Button, Weight},
        load::{Answer, Load, again},
        page::{Card, PageFrame},
        table::{Column, Table},
    },
    format::{moment, number::count},
    state::surroundings::use_place,
    text::{fill, phrase, t, view as words},
};

/// How often something that is being filled is looked at again.
const AGAIN: Duration = Duration::from_millis(500);

/// What the dialogs are about.
#[derive(Debug, Clone, PartialEq)]
enum Doing {
    Nothing,
    DeclareView,
    DeclareScope,
    DeleteView(String),
    /// The name and the fields of a scope.
    DeleteScope(String, Vec<String>),
}

/// The page.
#[component]
pub(super) fn ViewPage() -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let known = StoredValue::new(None::<Usages>);
    let answer: Answer<Told> = Answer::new(move || ask(client, place.site_name(), known));
    let reload = Callback::new(move |()| {
        known.set_value(None);
        answer.refetch();
    });
    let look_again = Callback::new(move |()| answer.refetch());
    let doing = RwSignal::new(Doing::Nothing);
    let tools = move || {
        view! {
            <Show when=move || place.may("Mutation.createView")>
                <Button weight=Weight::Primary on_click=move || doing.set(Doing::DeclareView)>
                    {t(words::DECLARE)}
                </Button>
            </Show>
            <Show when=move || place.may("Mutation.createUniqueScope")>
                <Button on_click=move || doing.set(Doing::DeclareScope)>{t(words::DECLARE_SCOPE)}</Button>
            </Show>
        }
    };
    view! {
        <PageFrame title=t(words::TITLE) intro=t(words::INTRO) tools>
            <Load answer let:told>
                <Lists told doing look_again/>
            </Load>
            <declare::Declare doing reload/>
            <delete::Delete doing reload/>
        </PageFrame>
    }
}

/// What there is, and how it is used.
#[derive(Debug, Clone)]
struct Told {
    found: ViewsAndScopes,
    used: Arc<Usages>,
}

impl ViewsAndScopes {
    fn are_filling(&self) -> bool {
        let filling = |state: ViewState| state == ViewState::Backfilling;
        self.views.iter().any(|view| filling(view.state)) || self.unique_scopes.iter().any(|scope| filling(scope.state))
    }
}

/// Counting what is kept takes the server longer than telling how far a backfill is: while that is watched, it is not
/// counted again and again.
async fn ask(client: Client, site: String, known: StoredValue<Option<Usages>>) -> Result<Told, Failure> {
    let found = client.ask(views_and_scopes(site.clone())).await?;
    let used = match known.get_value().filter(|_| found.are_filling()) {
        Some(used) => used,
        None => client.ask(usages(site)).await?,
    };
    known.set_value(Some(used.clone()));
    Ok(Told {
        found,
        used: Arc::new(used),
    })
}

#[component]
fn Lists(told: Told, doing: RwSignal<Doing>, look_again: Callback<()>) -> impl IntoView {
    let Told { found, used } = told;
    if found.are_filling() {
        again(AGAIN, look_again);
    }
    let (view_columns, scope_columns) = (view_columns(used.clone(), doing), scope_columns(used, doing));
    view! {
        <Card id="views-title" title=t(words::VIEWS)>
            <Table
                caption=t(words::VIEWS)
                columns=view_columns
                rows=found.views
                key=|view: &View| view.name.clone()
            />
        </Card>
        <Card id="scopes-title" title=t(words::SCOPES) hint=t(words::SCOPES_HINT)>
            <Table
                caption=t(words::SCOPES)
                columns=scope_columns
                rows=found.unique_scopes
                key=|scope: &UniqueScope| scope.name.clone()
            />
        </Card>
    }
}

fn view_columns(used: Arc<Usages>, doing: RwSignal<Doing>) -> Vec<Column<View>> {
    let place = use_place();
    vec![
        Column::new(t(words::NAME), |view: &View| name(&view.name, view.built_in)).class("short"),
        Column::new(t(words::STATE), |view: &View| state(view.state, view.backfill.as_ref())),
        Column::new(t(words::SIZE), {
            let used = used.clone();
            move |view: &View| size(used.of_view(&view.name))
        })
        .class("number"),
        Column::new(t(words::USE), move |view: &View| asked(used.of_view(&view.name))).class("number"),
        Column::new(t(words::ACTIONS), |view: &View| {
            let listed = view.actions.as_ref().map(|actions| actions.join(", "));
            listed.unwrap_or_else(|| t(words::EVERY_ACTION).to_owned())
        })
        .class("short"),
        Column::new(t(words::DIMENSIONS), |view: &View| view.dimensions.join(", ")).class("words"),
        Column::new(t(words::MEASURES), |view: &View| view.measures.join(", ")).class("short"),
        Column::new(t(words::WAYS), move |view: &View| {
            let name = view.name.clone();
            let what = Doing::DeleteView(name.clone());
            (!view.built_in).then(|| place.only("Mutation.deleteView", move || delete_way(&name, doing, what.clone())))
        })
        .class("ways")
        .read_out(),
    ]
}

fn scope_columns(used: Arc<Usages>, doing: RwSignal<Doing>) -> Vec<Column<UniqueScope>> {
    let place = use_place();
    vec![
        Column::new(t(words::NAME), |scope: &UniqueScope| name(&scope.name, scope.built_in)).class("main"),
        Column::new(t(words::STATE), |scope: &UniqueScope| {
            state(scope.state, scope.backfill.as_ref())
        }),
        Column::new(t(words::SIZE), {
            let used = used.clone();
            move |scope: &UniqueScope| size(used.of_scope(&scope.name))
        })
        .class("number"),
        Column::new(t(words::USE), move |scope: &UniqueScope| {
            asked(used.of_scope(&scope.name))
        })
        .class("number"),
        Column::new(t(words::WAYS), move |scope: &UniqueScope| {
            let name = scope.name.clone();
            let what = Doing::DeleteScope(name.clone(), scope.fields.clone());
            let way = move || delete_way(&name, doing, what.clone());
            (!scope.built_in).then(|| place.only("Mutation.deleteUniqueScope", way))
        })
        .class("ways")
        .read_out(),
    ]
}

/// How much it keeps; what answers from raw events keeps nothing.
fn size(usage: Option<&RollupUsage>) -> String {
    let Some(usage) = usage else {
        return "–".to_owned();
    };
    let rows = count(usage.rows);
    if usage.more {
        fill(words::MORE_THAN, &[&rows])
    } else {
        rows
    }
}

/// How often it was asked of late, and when last.
fn asked(usage: Option<&RollupUsage>) -> String {
    let Some(usage) = usage else {
        return "–".to_owned();
    };
    match &usage.last_asked_at {
        Some(last) => format!("{} · {}", count(usage.questions), moment::ago(last)),
        None => t(phrase::NEVER).to_owned(),
    }
}

fn name(name: &str, built_in: bool) -> impl IntoView + use<> {
    view! {
        <span class="strong">{name.to_owned()}</span>
        {built_in.then(|| view! { <span class="badge">{t(words::BUILT_IN)}</span> })}
    }
}

fn state(state: ViewState, backfill: Option<&Backfill>) -> impl IntoView + use<> {
    match backfill {
        Some(backfill) if state == ViewState::Backfilling => Either::Left(view! {
            <progress
                aria-label=t(words::STATE)
                max=backfill.total.to_string()
                value=backfill.done.to_string()
            ></progress>
            <span class="beside">{fill(words::FILLING, &[&count(backfill.done), &count(backfill.total)])}</span>
        }),
        _ => Either::Right(view! { <span class="state good">{t(words::LIVE)}</span> }),
    }
}

fn delete_way(name: &str, doing: RwSignal<Doing>, what: Doing) -> impl IntoView + use<> {
    let label = format!("{}: {name}", t(words::DELETE));
    view! {
        <Button weight=Weight::Quiet label on_click=move || doing.set(what.clone())>
            {t(words::DELETE)}
        </Button>
    }
}
