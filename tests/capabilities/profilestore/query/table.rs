//! What a query has come to: rows, the columns that were made, and whether their order is known.

use serde_json::Value;
use support::random::Random;

use super::{
    cell::{Cell, Kind},
    draw::{Column, Scope},
    expression::{Asked, Row},
};

/// In the place of an event that no row is any more.
static NOTHING: Value = Value::Null;

/// What a query has come to so far.
pub(super) struct Table<'a> {
    /// Whether each row is still an event.
    pub(super) is_source: bool,
    /// What was made besides, or instead.
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Row<'a>>,
    /// Whether their order is known.
    pub(super) in_order: bool,
    /// Names that were given.
    named: usize,
    /// Whether rows were summarized: averages are not added up again, as floats would tell the order.
    pub(super) is_summary: bool,
}

impl<'a> Table<'a> {
    /// All events.
    pub(super) fn new(events: &'a [Value]) -> Self {
        let row = |event| Row {
            event,
            cells: Vec::new(),
        };
        Self {
            is_source: true,
            columns: Vec::new(),
            rows: events.iter().map(row).collect(),
            in_order: false,
            named: 0,
            is_summary: false,
        }
    }

    pub(super) fn scope(&self) -> Scope<'_> {
        Scope {
            is_source: self.is_source,
            columns: &self.columns,
        }
    }

    /// A column with a name that no other has.
    pub(super) fn fresh(&mut self, random: &mut Random, kind: Kind) -> Column {
        self.named += 1;
        let begin = random.one(&["a", "ab", "b", "odd "]);
        Column {
            name: format!("{begin}{}", self.named),
            kind,
        }
    }

    /// What was made so far is all that there is.
    pub(super) fn shape(&mut self, columns: Vec<Column>, rows: Vec<Vec<Cell>>) {
        self.is_source = false;
        self.columns = columns;
        let row = |cells| Row { event: &NOTHING, cells };
        self.rows = rows.into_iter().map(row).collect();
    }

    /// Only these columns are left.
    pub(super) fn keep(&mut self, places: &[usize]) {
        self.columns = places.iter().map(|place| self.columns[*place].clone()).collect();
        for row in &mut self.rows {
            row.cells = places.iter().map(|place| row.cells[*place].clone()).collect();
        }
    }

    /// What tells of events that are left: their ids, and what was made.
    pub(super) fn end(&mut self) -> Option<String> {
        if !self.is_source {
            return None;
        }
        let names: Vec<_> = self.columns.iter().map(Column::written).collect();
        let cells = |row: &Row<'_>| {
            let id = Asked::Field("TrackId").value(row);
            std::iter::once(id).chain(row.cells.iter().cloned()).collect()
        };
        let rows = self.rows.iter().map(cells).collect();
        let mut columns = vec![Column {
            name: "TrackId".to_owned(),
            kind: Kind::Text,
        }];
        columns.append(&mut self.columns);
        self.shape(columns, rows);
        Some(
            std::iter::once("project TrackId".to_owned())
                .chain(names)
                .collect::<Vec<_>>()
                .join(", "),
        )
    }
}

pub(super) fn shown(cells: &[Cell]) -> Vec<String> {
    cells.iter().map(Cell::shown).collect()
}
