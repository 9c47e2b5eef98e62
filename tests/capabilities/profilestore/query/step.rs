//! Steps of a query: chance draws one, writes it and does it by the language's reference.

use std::{cmp::Ordering, collections::BTreeMap};

use support::random::Random;

use super::{
    cell::{Cell, Kind},
    draw::Column,
    expression::{Asked, Row},
    measure::Measure,
    table::{Table, shown},
};

/// An expression to order by.
struct Key {
    asked: Asked,
    descending: bool,
    nulls_first: bool,
    written: String,
}

impl Key {
    /// With its direction and the place of nothing said or left out.
    fn any(random: &mut Random, asked: Asked) -> Self {
        let (direction, descending) = random.one(&[("", true), (" desc", true), (" asc", false)]);
        let (nulls, nulls_first) = random.one(&[("", !descending), (" nulls first", true), (" nulls last", false)]);
        Self {
            written: format!("{}{direction}{nulls}", asked.written()),
            asked,
            descending,
            nulls_first,
        }
    }

    fn order(&self, one: &Row<'_>, other: &Row<'_>) -> Ordering {
        let (one, other) = (self.asked.value(one), self.asked.value(other));
        match (one == Cell::Null, other == Cell::Null) {
            (true, true) => Ordering::Equal,
            (false, false) if self.descending => other.order(&one),
            (false, false) => one.order(&other),
            (is_null, _) if is_null == self.nulls_first => Ordering::Less,
            _ => Ordering::Greater,
        }
    }
}

impl Table<'_> {
    pub(super) fn filter(&mut self, random: &mut Random, depth: usize) -> String {
        let condition = self.scope().condition(random, depth);
        self.rows.retain(|row| condition.holds(row) == Some(true));
        format!("{} {}", random.one(&["where", "filter"]), condition.written())
    }

    /// Draws a step, and says whether another may follow.
    pub(super) fn step(&mut self, random: &mut Random) -> (String, bool) {
        let step = match random.below(12) {
            0 => self.filter(random, 2),
            1 | 2 => self.extend(random),
            3 => self.project(random),
            4 if !self.is_source && self.columns.len() > 1 => self.project_away(random),
            5 if !self.is_source => self.project_rename(random),
            6 => self.distinct(random),
            7 => self.sort(random),
            8 => self.top(random),
            9 => return self.take(random),
            10 => return (self.count(), false),
            _ if self.is_summary => self.sort(random),
            _ => self.summarize(random),
        };
        (step, true)
    }

    /// New expressions, each with its name.
    fn some(&mut self, random: &mut Random) -> Vec<(Column, Asked)> {
        let mut some = Vec::new();
        for _ in 0..1 + random.below(3) {
            let kind = random.one(&Kind::SINGLE);
            let asked = self.scope().any(random, kind, 2);
            some.push((self.fresh(random, kind), asked));
        }
        some
    }

    fn extend(&mut self, random: &mut Random) -> String {
        let mut some = self.some(random);
        // What has the name of another takes its place away, and comes last.
        let old = random.chance(40).then(|| random.below(self.columns.len().max(1)));
        let old = old.filter(|old| *old < self.columns.len());
        if let Some(old) = old {
            some[0].0.name.clone_from(&self.columns[old].name);
        }
        for row in &mut self.rows {
            let made: Vec<_> = some.iter().map(|(_, asked)| asked.value(row)).collect();
            if let Some(old) = old {
                row.cells.remove(old);
            }
            row.cells.extend(made);
        }
        if let Some(old) = old {
            self.columns.remove(old);
        }
        let written = named(&some);
        self.columns.extend(some.into_iter().map(|(column, _)| column));
        format!("extend {written}")
    }

    fn project(&mut self, random: &mut Random) -> String {
        let mut some = self.some(random);
        if self.is_source && random.chance(70) {
            some.push((self.fresh(random, Kind::Text), Asked::Field("TrackId")));
        }
        let cells = |row: &Row<'_>| some.iter().map(|(_, asked)| asked.value(row)).collect();
        let rows = self.rows.iter().map(cells).collect();
        let written = named(&some);
        self.shape(some.into_iter().map(|(column, _)| column).collect(), rows);
        format!("project {written}")
    }

    fn project_away(&mut self, random: &mut Random) -> String {
        let begin = random.one(&["a", "ab", "b"]);
        let left = |goes: &dyn Fn(&str) -> bool| -> Vec<usize> {
            let stays = |place: &usize| !goes(&self.columns[*place].name);
            (0..self.columns.len()).filter(stays).collect()
        };
        let fitting = left(&|name| name.starts_with(begin));
        if random.chance(40) && !fitting.is_empty() {
            self.keep(&fitting);
            return format!("project-away {begin}*");
        }
        let column = self.columns[random.below(self.columns.len())].clone();
        let places = left(&|name| name == column.name);
        self.keep(&places);
        format!("project-away {}", column.written())
    }

    fn project_rename(&mut self, random: &mut Random) -> String {
        let place = random.below(self.columns.len());
        let new = self.fresh(random, self.columns[place].kind);
        let written = format!("project-rename {} = {}", new.written(), self.columns[place].written());
        self.columns[place] = new;
        written
    }

    fn distinct(&mut self, random: &mut Random) -> String {
        let written = if self.is_source {
            let names = ["EventType", "SessionId", "DeviceId", "PageTitle"];
            let names = &names[random.below(3)..][..1 + random.below(2)];
            let column = |name: &&str| Column {
                name: (*name).to_owned(),
                kind: Kind::Text,
            };
            let cells = |row: &Row<'_>| names.iter().map(|name| Asked::Field(name).value(row)).collect();
            let rows = self.rows.iter().map(cells).collect();
            self.shape(names.iter().map(column).collect(), rows);
            names.join(", ")
        } else {
            let single = |place: &usize| self.columns[*place].kind != Kind::List;
            let mut places: Vec<_> = (0..self.columns.len()).filter(single).collect();
            if places.is_empty() {
                return self.filter(random, 1);
            }
            if places.len() == self.columns.len() && random.chance(50) {
                "*".to_owned()
            } else {
                places.truncate(1 + random.below(places.len()));
                self.keep(&places);
                self.columns.iter().map(Column::written).collect::<Vec<_>>().join(", ")
            }
        };
        let rows = std::mem::take(&mut self.rows).into_iter();
        let rows = rows.map(|row| (shown(&row.cells), row));
        self.rows = rows.collect::<BTreeMap<_, _>>().into_values().collect();
        self.in_order = false;
        format!("distinct {written}")
    }

    fn sort(&mut self, random: &mut Random) -> String {
        let mut keys = Vec::new();
        for _ in 0..random.below(3) {
            let kind = random.one(&Kind::SINGLE);
            let asked = self.scope().any(random, kind, 1);
            keys.push(Key::any(random, asked));
        }
        // All that tells rows apart, so that their order is one.
        if self.is_source {
            keys.push(Key::any(random, Asked::Field("TrackId")));
        }
        for (place, column) in self.columns.iter().enumerate() {
            if column.kind != Kind::List && !self.is_source {
                keys.push(Key::any(random, Asked::Column(place, column.written())));
            }
        }
        if keys.is_empty() {
            return self.filter(random, 1);
        }
        self.rows.sort_by(|one, other| {
            let orders = keys.iter().map(|key| key.order(one, other));
            orders.fold(Ordering::Equal, Ordering::then)
        });
        self.in_order = self.columns.iter().all(|column| column.kind != Kind::List);
        let keys: Vec<_> = keys.into_iter().map(|key| key.written).collect();
        format!("{} by {}", random.one(&["sort", "order"]), keys.join(", "))
    }

    /// Of rows that are equal in their key any may be taken, so that the key is all that is looked at.
    fn top(&mut self, random: &mut Random) -> String {
        let kind = random.one(&Kind::SINGLE);
        let asked = self.scope().any(random, kind, 2);
        let key = Key::any(random, asked);
        let most = random.below(30);
        self.rows.sort_by(|one, other| key.order(one, other));
        self.rows.truncate(most);
        let cells = |row: &Row<'_>| vec![key.asked.value(row)];
        let rows = self.rows.iter().map(cells).collect();
        let column = self.fresh(random, kind);
        let written = format!(
            "top {most} by {} | project {} = {}",
            key.written,
            column.written(),
            key.asked.written()
        );
        self.shape(vec![column], rows);
        self.in_order = true;
        written
    }

    /// Which rows are taken is known only of those in an order; else how many.
    fn take(&mut self, random: &mut Random) -> (String, bool) {
        let most = random.below(60);
        let name = random.one(&["take", "limit", "sample"]);
        self.rows.truncate(most);
        if self.in_order && name != "sample" {
            return (format!("{name} {most}"), true);
        }
        (format!("{name} {most} | {}", self.count()), false)
    }

    fn count(&mut self) -> String {
        let column = Column {
            name: "Count".to_owned(),
            kind: Kind::Whole,
        };
        let number = Cell::Number(self.rows.len() as f64);
        self.shape(vec![column], vec![vec![number]]);
        "count".to_owned()
    }

    fn summarize(&mut self, random: &mut Random) -> String {
        let by = if random.chance(20) {
            Vec::new()
        } else {
            self.some(random)
        };
        let mut measures = Vec::new();
        for _ in 0..1 + random.below(4) {
            let measure = Measure::any(random, &self.scope());
            measures.push((self.fresh(random, measure.kind), measure));
        }
        let mut groups: BTreeMap<Vec<String>, (Vec<Cell>, Vec<Row<'_>>)> = BTreeMap::new();
        if by.is_empty() {
            groups.insert(Vec::new(), (Vec::new(), Vec::new()));
        }
        for row in std::mem::take(&mut self.rows) {
            let cells: Vec<_> = by.iter().map(|(_, asked)| asked.value(&row)).collect();
            let group = groups.entry(shown(&cells)).or_insert_with(|| (cells, Vec::new()));
            group.1.push(row);
        }
        let row = |(mut cells, rows): (Vec<Cell>, Vec<Row<'_>>)| {
            cells.extend(measures.iter().map(|(_, measure)| measure.value(&rows)));
            cells
        };
        let rows = groups.into_values().map(row).collect();
        let list: Vec<_> = measures
            .iter()
            .map(|(column, measure)| format!("{} = {}", column.written(), measure.written()))
            .collect();
        let behind = if by.is_empty() {
            String::new()
        } else {
            format!(" by {}", named(&by))
        };
        let columns = by.into_iter().map(|(column, _)| column);
        self.shape(
            columns.chain(measures.into_iter().map(|(column, _)| column)).collect(),
            rows,
        );
        (self.in_order, self.is_summary) = (false, true);
        format!("summarize {}{behind}", list.join(", "))
    }
}

fn named(list: &[(Column, Asked)]) -> String {
    let one = |(column, asked): &(Column, Asked)| format!("{} = {}", column.written(), asked.written());
    list.iter().map(one).collect::<Vec<_>>().join(", ")
}
