//! Putting an answer together from cells of buckets and of raw events.

use std::collections::HashMap;

use serde_json::Value;

use crate::domain::{
    condition::canonical,
    question::{Measure, Row, RowOrder},
};

/// Groups by their values; equal numbers are one group whatever their text.
#[derive(Debug)]
pub(super) struct Groups {
    positions: HashMap<Vec<Option<String>>, usize>,
    values: Vec<Vec<Option<Value>>>,
    whole: Vec<(i64, Vec<Measure>)>,
    points: Vec<HashMap<usize, (i64, Vec<Measure>)>>,
    measures: usize,
}

impl Groups {
    pub(super) fn new(points: usize, measures: usize) -> Self {
        Self {
            positions: HashMap::new(),
            values: Vec::new(),
            whole: Vec::new(),
            points: vec![HashMap::new(); points],
            measures,
        }
    }

    /// The position of a group.
    pub(super) fn position(&mut self, values: &[Option<Value>]) -> usize {
        let name: Vec<_> = values.iter().map(|value| value.as_ref().map(canonical)).collect();
        if let Some(position) = self.positions.get(&name) {
            return *position;
        }
        let position = self.values.len();
        // As rollups keep them, so that an answer looks the same wherever it comes from.
        let read = |value: &Option<String>| value.as_ref().and_then(|text| serde_json::from_str(text).ok());
        self.values.push(name.iter().map(read).collect());
        self.positions.insert(name, position);
        self.whole.push((0, vec![Measure::default(); self.measures]));
        position
    }

    /// Adds a cell to a group, in a point of the series and as a whole.
    pub(super) fn add(&mut self, point: usize, position: usize, n: i64, measures: &[Measure]) {
        add(&mut self.whole[position], n, measures);
        if let Some(point) = self.points.get_mut(point) {
            add(
                point
                    .entry(position)
                    .or_insert_with(|| (0, vec![Measure::default(); measures.len()])),
                n,
                measures,
            );
        }
    }

    /// How many groups there are.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// The rows of the whole, in order.
    pub(super) fn rows(&self, order: RowOrder) -> Vec<(usize, Row)> {
        let mut rows: Vec<_> = (0..self.values.len())
            .map(|position| (position, self.row(position, &self.whole[position])))
            .collect();
        rows.sort_by(|(_, one), (_, other)| compare(order, one, other));
        rows
    }

    /// The count of one point, over all its groups.
    pub(super) fn point_count(&self, point: usize) -> i64 {
        self.points[point].values().map(|(n, _)| n).sum()
    }

    /// The rows of one point that the whole shows, in the order of the whole.
    pub(super) fn point_rows(&self, point: usize, shown: &[usize]) -> Vec<Row> {
        shown
            .iter()
            .filter_map(|position| Some(self.row(*position, self.points[point].get(position)?)))
            .collect()
    }

    fn row(&self, position: usize, (count, measures): &(i64, Vec<Measure>)) -> Row {
        Row {
            values: self.values[position].clone(),
            count: *count,
            measures: measures.clone(),
        }
    }
}

fn add(sum: &mut (i64, Vec<Measure>), n: i64, measures: &[Measure]) {
    sum.0 += n;
    for (own, other) in sum.1.iter_mut().zip(measures) {
        own.add(other);
    }
}

fn compare(order: RowOrder, one: &Row, other: &Row) -> std::cmp::Ordering {
    let by_values = || {
        let text = |row: &Row| {
            row.values
                .iter()
                .map(|value| value.as_ref().map(canonical))
                .collect::<Vec<_>>()
        };
        text(one).cmp(&text(other))
    };
    match order {
        RowOrder::CountDescending => other.count.cmp(&one.count).then_with(by_values),
        RowOrder::CountAscending => one.count.cmp(&other.count).then_with(by_values),
        RowOrder::Dimensions => by_values(),
    }
}
