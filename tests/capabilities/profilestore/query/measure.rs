//! What is counted over many rows.

use std::collections::BTreeMap;

use support::random::Random;

use super::{
    cell::{Cell, Kind},
    draw::Scope,
    expression::{Asked, Row},
};

/// Parts of a hundred; of some, a float is a little off.
const PARTS: [usize; 9] = [0, 5, 7, 28, 50, 55, 57, 95, 100];

/// An aggregate.
pub(super) struct Measure {
    name: &'static str,
    /// What it is of.
    of: Option<Asked>,
    /// Which rows count.
    condition: Option<Asked>,
    /// The part of a hundred.
    part: Option<usize>,
    /// The type of what it gives.
    pub(super) kind: Kind,
}

impl Measure {
    pub(super) fn any(random: &mut Random, scope: &Scope<'_>) -> Self {
        let name = random.one(&[
            "count",
            "countif",
            "dcount",
            "dcountif",
            "sum",
            "sumif",
            "avg",
            "avgif",
            "min",
            "max",
            "percentile",
            "make_set",
            "make_list",
        ]);
        let own = match name {
            "count" | "countif" => None,
            "sum" | "sumif" | "avg" | "avgif" => Some(random.one(&[Kind::Whole, Kind::Real])),
            "min" | "max" | "percentile" => Some(random.one(&[Kind::Whole, Kind::Real, Kind::Time])),
            _ => Some(random.one(&[Kind::Text, Kind::Whole, Kind::Real, Kind::Time])),
        };
        let kind = match name {
            "avg" | "avgif" => Kind::Real,
            "make_set" | "make_list" => Kind::List,
            "sum" | "sumif" | "min" | "max" | "percentile" => own.unwrap_or(Kind::Real),
            _ => Kind::Whole,
        };
        Self {
            name,
            of: own.map(|own| scope.any(random, own, 1)),
            condition: name.ends_with("if").then(|| scope.condition(random, 1)),
            part: (name == "percentile").then(|| random.one(&PARTS)),
            kind,
        }
    }

    pub(super) fn written(&self) -> String {
        let parts = [&self.of, &self.condition].into_iter().flatten().map(Asked::written);
        let parts: Vec<_> = parts.chain(self.part.map(|part| part.to_string())).collect();
        format!("{}({})", self.name, parts.join(", "))
    }

    /// What it finds in rows.
    pub(super) fn value(&self, rows: &[Row<'_>]) -> Cell {
        let counts = |row: &&Row<'_>| {
            let condition = self.condition.as_ref();
            condition.is_none_or(|condition| condition.holds(row) == Some(true))
        };
        let rows: Vec<&Row<'_>> = rows.iter().filter(counts).collect();
        let Some(of) = &self.of else {
            return Cell::Number(rows.len() as f64);
        };
        // Nothing is not measured.
        let mut cells: Vec<Cell> = rows
            .iter()
            .map(|row| of.value(row))
            .filter(|cell| *cell != Cell::Null)
            .collect();
        let number = cells.len();
        let sum = cells
            .iter()
            .filter_map(Cell::number)
            .fold(0.0, |sum, number| sum + number);
        let distinct = || {
            cells
                .iter()
                .map(|cell| (cell.shown(), cell.clone()))
                .collect::<BTreeMap<_, _>>()
        };
        match self.name {
            "dcount" | "dcountif" => Cell::Number(distinct().len() as f64),
            "make_set" => Cell::List(distinct().into_values().collect()),
            "make_list" => Cell::List(cells),
            "sum" | "sumif" => Cell::Number(sum),
            _ if number == 0 => Cell::Null,
            "avg" | "avgif" => Cell::Number(sum / number as f64),
            name => {
                cells.sort_by(Cell::order);
                let rank = match name {
                    "min" => 1,
                    "max" => number,
                    // The first that so many of a hundred reach up to.
                    _ => (self.part.expect("a part") * number).div_ceil(100).max(1),
                };
                cells.swap_remove(rank - 1)
            }
        }
    }
}
