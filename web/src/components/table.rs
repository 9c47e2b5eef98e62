//! Tables. Of a long one only the rows that can be seen are in the document, so that ten thousand scroll like ten.

use std::{sync::Arc, time::Duration};

use leptos::{
    ev::{Event, PointerEvent},
    prelude::*,
};
use wasm_bindgen::JsCast;
use web_sys::Element;

/// A table with more rows scrolls by itself, and keeps only those in sight.
const LONG: usize = 100;
/// The height of a row of a long table, in pixels; `style/table.css` sets the same.
const ROW: usize = 44;
/// The rows in sight of a long table, with some more above and below for the next turn of the wheel.
const IN_SIGHT: usize = 14;
const BEYOND: usize = 10;
/// A table with more columns than this has no room on a phone; `style/table.css` then sets its rows as blocks.
const MANY_COLUMNS: usize = 3;
/// While somebody drags through it, every frame brings other rows: then hardly more than those in sight are made, and the
/// others once it rests.
const BEYOND_IN_HASTE: usize = 2;
const REST: Duration = Duration::from_millis(120);

/// A heading; each cell has it as well, for phones, where there is no room for a row of them.
type Title = Oco<'static, str>;
/// A cell: its class, its heading, and what is in it.
type Cell = (&'static str, Title, AnyView);

/// A column: its heading, how it is set, and what a row has in it.
#[derive(Clone)]
pub(crate) struct Column<T> {
    title: Title,
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
        Self {
            title: Oco::Borrowed(title),
            class: "",
            read_out: false,
            cell: Arc::new(move |row| cell(row).into_any()),
        }
    }

    /// The same, its heading no text of the catalogue.
    pub(crate) fn named<V: IntoView + 'static>(title: String, cell: impl Fn(&T) -> V + Send + Sync + 'static) -> Self {
        Self {
            title: Oco::Counted(title.into()),
            ..Self::new("", cell)
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
    /// Whether rows come above those that are there, which then stay as they are; else each belongs to its place.
    #[prop(optional)]
    moving: bool,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
{
    let heads = columns
        .iter()
        .map(|column| (column.title.clone(), column.class, column.read_out))
        .collect();

    let of_row = move |index: usize| -> Option<Vec<Cell>> {
        rows.with(|rows| {
            let row = rows.get(index)?;
            let cells = columns
                .iter()
                .map(|column| (column.class, column.title.clone(), (column.cell)(row)));
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
    view! { <Rows caption heads count keys=Arc::new(keys) of_row=Arc::new(of_row) moving/> }
}

type Keys = Arc<dyn Fn(usize, usize) -> Vec<String> + Send + Sync>;
type OfRow = Arc<dyn Fn(usize) -> Option<Vec<Cell>> + Send + Sync>;

#[component]
fn Rows(
    caption: &'static str,
    heads: Vec<(Title, &'static str, bool)>,
    count: Signal<usize>,
    /// The keys of the rows from one place up to another.
    keys: Keys,
    /// The cells of a row, each with its class.
    of_row: OfRow,
    moving: bool,
) -> impl IntoView {
    let top = RwSignal::new(0_usize);
    let beyond = RwSignal::new(BEYOND);
    let range = Memo::new(move |_| in_sight(count.get(), top.get(), beyond.get()));
    let shown = move || {
        let (start, end) = range.get();
        (start..).zip(keys(start, end)).collect::<Vec<_>>()
    };
    let resting = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(timer) = resting.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    on_cleanup(stop);
    let scrolled = move |event: Event| {
        let Some(element) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
            return;
        };
        let now = usize::try_from(element.scroll_top()).unwrap_or_default() / ROW;
        if now.abs_diff(top.get_untracked()) > BEYOND {
            stop();
            beyond.set(BEYOND_IN_HASTE);
            resting.set_value(set_timeout_with_handle(move || beyond.set(BEYOND), REST).ok());
        }
        top.set(now);
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
            on:pointerover=tell_whole
        >
            <table class:many={width > MANY_COLUMNS} aria-rowcount=move || count.get() + 1>
                <caption class="visually-hidden">{caption}</caption>
                <thead>
                    <tr>{heads.collect_view()}</tr>
                </thead>
                <tbody>
                    <Gap width rows=Signal::derive(move || range.get().0)/>
                    <For
                        each=shown
                        key=move |(index, key)| (if moving { 0 } else { *index }, key.clone())
                        children=move |(index, _)| row_of((!moving).then_some(index), untrack(|| of_row(index)))
                    />
                    <Gap width rows=Signal::derive(move || count.get().saturating_sub(range.get().1))/>
                </tbody>
            </table>
        </div>
    }
}

/// What is cut off for want of room is told whole to whoever points at it.
fn tell_whole(event: PointerEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let cell = target.as_ref().and_then(|target| target.closest("td").ok().flatten());
    let (Some(target), Some(cell)) = (target, cell) else {
        return;
    };
    // Also where a line in it is cut off, and not the cell.
    if [&cell, &target]
        .iter()
        .any(|element| element.scroll_width() > element.client_width())
    {
        let _ = cell.set_attribute("title", cell.text_content().unwrap_or_default().trim());
    } else {
        let _ = cell.remove_attribute("title");
    }
}

fn row_of(place: Option<usize>, cells: Option<Vec<Cell>>) -> impl IntoView {
    let cells = cells
        .into_iter()
        .flatten()
        .map(|(class, head, content)| view! { <td class=class data-head=head>{content}</td> });
    // The heading is the first row.
    view! { <tr aria-rowindex=place.map(|place| place + 2)>{cells.collect_view()}</tr> }
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
fn in_sight(count: usize, top: usize, beyond: usize) -> (usize, usize) {
    if count <= LONG {
        return (0, count);
    }
    // Steps of several rows: not every turn of the wheel changes the document.
    let start = (top / beyond * beyond).saturating_sub(beyond);
    (start.min(count), (start + IN_SIGHT + 3 * beyond).min(count))
}
