//! Tables. Of a long one only the rows that can be seen are in the document, so that ten thousand scroll like ten.

use std::sync::Arc;

use leptos::{ev::Event, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::Element;

/// A table with more rows scrolls by itself, and keeps only those in sight.
const LONG: usize = 100;
/// The height of a row of a long table, in pixels; `style/table.css` sets the same.
const ROW: usize = 44;
/// The rows in sight of a long table, with some more above and below for the next turn of the wheel.
const IN_SIGHT: usize = 14;
const BEYOND: usize = 10;

/// A column: its heading, how it is set, and what a row has in it.
#[derive(Clone)]
pub(crate) struct Column<T> {
    title: String,
    class: &'static str,
    /// Whether the heading is only read out, as what stands below says it to the eye.
    read_out: bool,
    cell: Arc<dyn Fn(&T) -> AnyView + Send + Sync>,
}

impl<T> Column<T> {
    /// A column of texts.
    pub(crate) fn new<V: IntoView + 'static>(
        title: &'static str,
        cell: impl Fn(&T) -> V + Send + Sync + 'static,
    ) -> Self {
        Self::named(title.to_owned(), cell)
    }

    /// The same, its heading no text of the catalogue.
    pub(crate) fn named<V: IntoView + 'static>(title: String, cell: impl Fn(&T) -> V + Send + Sync + 'static) -> Self {
        Self {
            title,
            class: "",
            read_out: false,
            cell: Arc::new(move |row| cell(row).into_any()),
        }
    }

    /// The same, its heading only read out.
    pub(crate) fn read_out(self) -> Self {
        Self { read_out: true, ..self }
    }

    /// The same, set in another way: `number`, `main`, `ways`.
    pub(crate) fn class(self, class: &'static str) -> Self {
        Self { class, ..self }
    }
}

/// A table. What is generic ends here: the rest is in the program once.
#[component]
pub(crate) fn Table<T>(
    /// What it is a table of, for who cannot see where it stands.
    caption: &'static str,
    /// Its columns.
    columns: Vec<Column<T>>,
    /// Its rows.
    #[prop(into)]
    rows: Signal<Vec<T>>,
    /// What tells one row from another.
    key: fn(&T) -> String,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
{
    let heads = columns
        .iter()
        .map(|column| (column.title.clone(), column.class, column.read_out))
        .collect();
    let of_row = move |index: usize| -> Option<Vec<(&'static str, AnyView)>> {
        rows.with(|rows| {
            let row = rows.get(index)?;
            let cells = columns.iter().map(|column| (column.class, (column.cell)(row)));
            Some(cells.collect())
        })
    };
    let keys = move |start: usize, end: usize| -> Vec<String> {
        rows.with(|rows| {
            rows[start.min(rows.len())..end.min(rows.len())]
                .iter()
                .map(key)
                .collect()
        })
    };
    let count = Signal::derive(move || rows.with(Vec::len));
    view! { <Rows caption heads count keys=Arc::new(keys) of_row=Arc::new(of_row)/> }
}

type Keys = Arc<dyn Fn(usize, usize) -> Vec<String> + Send + Sync>;
type OfRow = Arc<dyn Fn(usize) -> Option<Vec<(&'static str, AnyView)>> + Send + Sync>;

#[component]
fn Rows(
    caption: &'static str,
    heads: Vec<(String, &'static str, bool)>,
    count: Signal<usize>,
    /// The keys of the rows from one place up to another.
    keys: Keys,
    /// The cells of a row, each with its class.
    of_row: OfRow,
) -> impl IntoView {
    let top = RwSignal::new(0_usize);
    let range = Memo::new(move |_| in_sight(count.get(), top.get()));
    let shown = move || {
        let (start, end) = range.get();
        (start..).zip(keys(start, end)).collect::<Vec<_>>()
    };
    let scrolled = move |event: Event| {
        let Some(element) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
            return;
        };
        top.set(usize::try_from(element.scroll_top()).unwrap_or_default() / ROW);
    };
    let is_long = move || count.get() > LONG;
    let width = heads.len();
    let heads = heads.into_iter().map(|(title, class, read_out)| {
        view! {
            <th scope="col" class=class>
                <span class:visually-hidden=read_out>{title}</span>
            </th>
        }
    });
    view! {
        <div
            class="table-box"
            class:long=is_long
            role="group"
            aria-label=caption
            tabindex="0"
            on:scroll=scrolled
        >
            <table aria-rowcount=move || count.get() + 1>
                <caption class="visually-hidden">{caption}</caption>
                <thead>
                    <tr>{heads.collect_view()}</tr>
                </thead>
                <tbody>
                    <Gap width rows=Signal::derive(move || range.get().0)/>
                    <For
                        each=shown
                        key=|entry| entry.clone()
                        children=move |(index, _)| row_of(index, untrack(|| of_row(index)))
                    />
                    <Gap width rows=Signal::derive(move || count.get().saturating_sub(range.get().1))/>
                </tbody>
            </table>
        </div>
    }
}

fn row_of(index: usize, cells: Option<Vec<(&'static str, AnyView)>>) -> impl IntoView {
    let cells = cells
        .into_iter()
        .flatten()
        .map(|(class, content)| view! { <td class=class>{content}</td> });
    // The heading is the first row.
    view! { <tr aria-rowindex=index + 2>{cells.collect_view()}</tr> }
}

/// The room of the rows that are not in the document.
#[component]
fn Gap(width: usize, rows: Signal<usize>) -> impl IntoView {
    view! {
        <Show when=move || rows.get() != 0>
            <tr class="gap" aria-hidden="true">
                <td colspan=width style:height=move || format!("{}px", rows.get() * ROW)></td>
            </tr>
        </Show>
    }
}

/// The rows in the document, from and up to.
fn in_sight(count: usize, top: usize) -> (usize, usize) {
    if count <= LONG {
        return (0, count);
    }
    // Steps of several rows: not every turn of the wheel changes the document.
    let start = (top / BEYOND * BEYOND).saturating_sub(BEYOND);
    (start.min(count), (start + IN_SIGHT + 3 * BEYOND).min(count))
}
