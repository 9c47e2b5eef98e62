//! Chance that makes parts of queries, each of a type.

use support::random::Random;

use super::{
    AMOUNTS, TIMES, WORDS,
    cell::{Cell, Kind},
    expression::Asked,
};

/// Fields that are texts: those of the event itself, and behind them those of its JSON.
pub(super) const TEXTS: [&str; 10] = [
    "DeviceId",
    "EventType",
    "Value",
    "PageUri",
    "PageTitle",
    "SessionId",
    "User.Email",
    "User.Info.plan",
    "Payload.s",
    "Payload['o'].k",
];
pub(super) const NUMBERS: [&str; 2] = ["Payload.n", "Payload.o.m"];
/// A column that a step made.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

impl Column {
    /// Its name as it is written.
    pub(super) fn written(&self) -> String {
        if self.name.contains(' ') {
            format!("['{}']", self.name)
        } else {
            self.name.clone()
        }
    }
}

/// What parts of a query can be made of.
pub(super) struct Scope<'a> {
    /// Whether each row is still an event.
    pub(super) is_source: bool,
    pub(super) columns: &'a [Column],
}

pub(super) fn call(name: &'static str, list: impl IntoIterator<Item = Asked>) -> Asked {
    Asked::Call(name, list.into_iter().collect())
}

pub(super) fn word(random: &mut Random) -> Asked {
    Asked::Literal(Cell::Text(random.one(&WORDS).to_owned()), random.below(4))
}

fn whole(random: &mut Random, most: usize) -> Asked {
    Asked::Literal(Cell::Number(random.below(most) as f64), 0)
}

/// Where a part of a text begins: before nothing it is counted from the end.
fn place(random: &mut Random) -> Asked {
    Asked::Literal(Cell::Number(random.one(&[-2.0, -1.0, 0.0, 1.0, 3.0])), 0)
}

pub(super) fn real(random: &mut Random) -> Asked {
    Asked::Literal(Cell::Number(random.one(&AMOUNTS)), 1)
}

pub(super) fn time(random: &mut Random) -> Asked {
    Asked::Literal(Cell::time(random.one(&TIMES)), 0)
}

/// A stretch of some hours; times counted since 1970 and since the year 1 have other multiples of most.
pub(super) fn span(random: &mut Random) -> Asked {
    Asked::Literal(Cell::hours(random.one(&[1, 5, 24, 36, 168])), 0)
}

impl Scope<'_> {
    /// A part of a type.
    pub(super) fn any(&self, random: &mut Random, kind: Kind, depth: usize) -> Asked {
        match kind {
            Kind::Text => self.text(random, depth),
            Kind::Whole => self.whole(random, depth),
            Kind::Real => self.real(random, depth),
            Kind::Flag => self.condition(random, depth),
            Kind::Time => self.time(random, depth),
            Kind::List => panic!("nothing is made of lists"),
        }
    }

    /// A column of a type, where there is one.
    fn column(&self, random: &mut Random, kind: Kind) -> Option<Asked> {
        let fitting = |(_, column): &(usize, &Column)| column.kind == kind;
        let places: Vec<_> = self.columns.iter().enumerate().filter(fitting).collect();
        if places.is_empty() {
            return None;
        }
        let (place, column) = random.one(&places);
        Some(Asked::Column(place, column.written()))
    }

    /// Something of the event as long as it is one, else of a column; where there is none, a value.
    pub(super) fn leaf(
        &self,
        random: &mut Random,
        kind: Kind,
        of_event: Asked,
        value: fn(&mut Random) -> Asked,
    ) -> Asked {
        if self.is_source && (self.columns.is_empty() || random.chance(70)) {
            return of_event;
        }
        self.column(random, kind).unwrap_or_else(|| value(random))
    }

    /// What chooses among parts of one type.
    fn chosen(&self, random: &mut Random, depth: usize, part: fn(&Self, &mut Random, usize) -> Asked) -> Asked {
        let mut pair = |with: bool| {
            let condition = with.then(|| self.condition(random, depth - 1));
            condition
                .into_iter()
                .chain([part(self, random, depth - 1)])
                .collect::<Vec<_>>()
        };
        let (first, second, third, last) = (pair(true), pair(true), pair(false), pair(false));
        match random.below(4) {
            0 => call("iff", first.into_iter().chain(last)),
            1 => call("case", first.into_iter().chain(last)),
            2 => call("case", first.into_iter().chain(second).chain(last)),
            _ => call("coalesce", third.into_iter().chain(last)),
        }
    }

    pub(super) fn text(&self, random: &mut Random, depth: usize) -> Asked {
        if depth == 0 || random.chance(45) {
            let field = random.one(&TEXTS);
            // What JSON holds is of any type, until it is made a text.
            let of_event = if field.contains('.') {
                call("tostring", [Asked::Field(field)])
            } else {
                Asked::Field(field)
            };
            return self.leaf(random, Kind::Text, of_event, word);
        }
        let inner = self.text(random, depth - 1);
        match random.below(7) {
            0 => call("tolower", [inner]),
            1 => call("toupper", [inner]),
            2 => call("substring", [inner, place(random)]),
            3 => call("substring", [inner, place(random), whole(random, 5)]),
            4 => call("strcat", [inner, word(random), self.whole(random, 0)]),
            5 => call("tostring", [self.whole(random, depth - 1)]),
            _ => self.chosen(random, depth, Self::text),
        }
    }

    pub(super) fn whole(&self, random: &mut Random, depth: usize) -> Asked {
        if depth == 0 || random.chance(40) {
            let own = random.one(&TEXTS[..6]);
            let of_event = call("strlen", [Asked::Field(own)]);
            return self.leaf(random, Kind::Whole, of_event, |random| whole(random, 9));
        }
        let inner = self.whole(random, depth - 1);
        match random.below(7) {
            0 => call("strlen", [self.text(random, depth - 1)]),
            1 => call("hourofday", [self.time(random, depth - 1)]),
            2 => call("bin", [inner, Asked::Literal(Cell::Number(3.0), 0)]),
            3 => call("abs", [inner]),
            4 => {
                // What is multiplied in each of many steps would be more than a float can tell exactly.
                let (sign, other) = match random.below(3) {
                    0 => ('*', whole(random, 9)),
                    1 => ('+', self.whole(random, depth - 1)),
                    _ => ('-', self.whole(random, depth - 1)),
                };
                Asked::Reckon(sign, Box::new(inner), Box::new(other))
            }
            5 => {
                let by = Asked::Literal(Cell::Number(random.one(&[3.0, -4.0])), 0);
                Asked::Reckon('%', Box::new(inner), Box::new(by))
            }
            _ => self.chosen(random, depth, Self::whole),
        }
    }

    pub(super) fn real(&self, random: &mut Random, depth: usize) -> Asked {
        if depth == 0 || random.chance(40) {
            let of_event = call("todouble", [Asked::Field(random.one(&NUMBERS))]);
            return self.leaf(random, Kind::Real, of_event, real);
        }
        let inner = self.real(random, depth - 1);
        match random.below(6) {
            0 => call("abs", [inner]),
            1 => call(
                "bin",
                [inner, Asked::Literal(Cell::Number(random.one(&[0.5, 2.5, 10.0])), 1)],
            ),
            2 => {
                let other = self.real(random, depth - 1);
                Asked::Reckon(random.one(&['+', '-']), Box::new(inner), Box::new(other))
            }
            // No more digits than a float has, in whatever order many are added.
            3 => {
                let factor = Asked::Literal(Cell::Number(random.one(&[0.5, 2.0])), 1);
                Asked::Reckon('*', Box::new(inner), Box::new(factor))
            }
            4 => {
                let by = Asked::Literal(Cell::Number(random.one(&[2.5, -4.0])), 1);
                Asked::Reckon('%', Box::new(inner), Box::new(by))
            }
            _ => self.chosen(random, depth, Self::real),
        }
    }

    pub(super) fn time(&self, random: &mut Random, depth: usize) -> Asked {
        if depth == 0 || random.chance(40) {
            return self.leaf(random, Kind::Time, Asked::Field("EventTime"), time);
        }
        let inner = self.time(random, depth - 1);
        match random.below(5) {
            0 => call(random.one(&["startofday", "endofday"]), [inner]),
            1 | 2 => call("bin", [inner, span(random)]),
            3 => Asked::Reckon(random.one(&['+', '-']), Box::new(inner), Box::new(span(random))),
            _ => self.chosen(random, depth, Self::time),
        }
    }
}
