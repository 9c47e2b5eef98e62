//! A table that comes page by page: what there is, and a button for more.

use leptos::prelude::*;

use super::{
    button::Button,
    situation::Failed,
    table::{Column, Table},
};
use crate::{
    api::{
        failure::Failure,
        page::{Asked, Page},
    },
    text::{phrase, t},
};

/// The table, beginning with its first page.
#[component]
pub(crate) fn Pages<T>(
    /// What it is a table of.
    caption: &'static str,
    /// Its columns.
    columns: Vec<Column<T>>,
    /// Its first page.
    first: Page<T>,
    /// Asks for the page after a cursor.
    more: Callback<String, Asked<T>>,
    /// What tells one row from another.
    key: fn(&T) -> String,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
{
    let (rows, next) = (RwSignal::new(first.rows), RwSignal::new(first.next));
    let ask = Action::new_unsync(move |after: &String| {
        let asked = more.run(after.clone());
        async move {
            let page = asked.await?;
            next.set(page.next);
            rows.update(|rows| rows.extend(page.rows));
            Ok::<_, Failure>(())
        }
    });
    view! {
        <Table caption columns rows key/>
        <More next ask/>
    }
}

#[component]
fn More(next: RwSignal<Option<String>>, ask: Action<String, Result<(), Failure>>) -> impl IntoView {
    let failure = move || ask.value().get().and_then(Result::err);
    let again = move || {
        if let Some(after) = next.get_untracked() {
            ask.dispatch_local(after);
        }
    };
    view! {
        {move || failure().map(|failure| view! { <Failed failure retry=again/> })}
        <Show when=move || next.with(Option::is_some)>
            <p class="more">
                <Button disabled=ask.pending() on_click=again>{t(phrase::MORE)}</Button>
            </p>
        </Show>
    }
}
