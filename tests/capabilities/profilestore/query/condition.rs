//! Chance that makes conditions.

use support::random::Random;

use super::{
    cell::{Cell, Kind},
    draw::{NUMBERS, Scope, TEXTS, call, real, span, time, word},
    expression::{Asked, PATTERNS},
};

const ORDER: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];
/// How texts are looked at.
const LOOKS: [&str; 24] = [
    "==",
    "!=",
    "=~",
    "!~",
    "<",
    "<=",
    ">",
    ">=",
    "contains",
    "!contains",
    "contains_cs",
    "!contains_cs",
    "startswith",
    "!startswith",
    "startswith_cs",
    "!startswith_cs",
    "endswith",
    "!endswith",
    "endswith_cs",
    "!endswith_cs",
    "has",
    "!has",
    "has_cs",
    "!has_cs",
];
/// How they are looked for in a list.
const AMONG: [&str; 6] = ["in", "!in", "in~", "!in~", "has_any", "has_all"];

impl Scope<'_> {
    /// A condition.
    pub(super) fn condition(&self, random: &mut Random, depth: usize) -> Asked {
        if depth == 0 || random.chance(40) {
            return self.test(random, depth.min(1));
        }
        let one = Box::new(self.condition(random, depth - 1));
        match random.below(3) {
            0 => Asked::All(one, Box::new(self.condition(random, depth - 1))),
            1 => Asked::One(one, Box::new(self.condition(random, depth - 1))),
            _ => call("not", [*one]),
        }
    }

    /// A text as it is compared: of the event mostly as it stands there.
    fn compared(&self, random: &mut Random, depth: usize) -> Asked {
        if self.is_source && random.chance(75) {
            Asked::Field(random.one(&TEXTS))
        } else {
            self.text(random, depth)
        }
    }

    /// A number as it is compared.
    fn number(&self, random: &mut Random, depth: usize) -> Asked {
        match (self.is_source, random.below(4)) {
            (true, 0..3) => Asked::Field(random.one(&NUMBERS)),
            (_, 0) => self.whole(random, depth),
            _ => self.real(random, depth),
        }
    }

    /// A condition without others around it.
    fn test(&self, random: &mut Random, depth: usize) -> Asked {
        match random.below(13) {
            0..3 => self.test_of_number(random, depth),
            3 => self.test_of_flag(random),
            4..7 => self.test_of_time(random, depth),
            7 => {
                let of = self.something(random, 70, depth);
                call(random.one(&["isempty", "isnotempty"]), [of])
            }
            8 => {
                let of = self.something(random, 30, depth);
                call(random.one(&["isnull", "isnotnull"]), [of])
            }
            _ => self.test_of_text(random, depth),
        }
    }

    /// A text so many times of a hundred, else a number.
    fn something(&self, random: &mut Random, percent: usize, depth: usize) -> Asked {
        if random.chance(percent) {
            self.compared(random, depth)
        } else {
            self.number(random, depth)
        }
    }

    fn test_of_number(&self, random: &mut Random, depth: usize) -> Asked {
        let left = Box::new(self.number(random, depth));
        match random.below(3) {
            0 => {
                let right = if random.chance(80) {
                    real(random)
                } else {
                    self.real(random, depth)
                };
                Asked::Compare(random.one(&ORDER), left, Box::new(right))
            }
            1 => Asked::Between(random.chance(30), left, Box::new(real(random)), Box::new(real(random))),
            _ => Asked::Among(random.one(&AMONG[..2]), left, some(random, real)),
        }
    }

    fn test_of_flag(&self, random: &mut Random) -> Asked {
        let literal = |random: &mut Random| Asked::Literal(Cell::Flag(random.chance(50)), 0);
        let own = call("tobool", [Asked::Field("Payload.b")]);
        let flag = self.leaf(random, Kind::Flag, own, literal);
        let wanted = Box::new(literal(random));
        match random.below(4) {
            0 => flag,
            1 if self.is_source => Asked::Compare("==", Box::new(Asked::Field("Payload.b")), wanted),
            2 => Asked::Compare("!=", Box::new(flag), wanted),
            _ => Asked::Compare("==", Box::new(flag), wanted),
        }
    }

    fn test_of_time(&self, random: &mut Random, depth: usize) -> Asked {
        let left = self.time(random, depth);
        match random.below(3) {
            0 => {
                let right = if random.chance(70) {
                    time(random)
                } else {
                    self.time(random, 1)
                };
                Asked::Compare(random.one(&ORDER), Box::new(left), Box::new(right))
            }
            1 => {
                let from = Box::new(time(random));
                let to = if random.chance(30) { span(random) } else { time(random) };
                Asked::Between(random.chance(30), Box::new(left), from, Box::new(to))
            }
            _ => {
                let apart = Asked::Reckon('-', Box::new(left), Box::new(time(random)));
                Asked::Compare(random.one(&ORDER), Box::new(apart), Box::new(span(random)))
            }
        }
    }

    fn test_of_text(&self, random: &mut Random, depth: usize) -> Asked {
        let left = Box::new(self.compared(random, depth));
        match random.below(4) {
            0 => Asked::Regex(left, random.below(PATTERNS.len()), random.below(4)),
            1 => Asked::Among(random.one(&AMONG), left, some(random, word)),
            _ => {
                let look = random.one(&LOOKS);
                // Words are looked for as they are known here, and not with what may stand around them.
                let made = !look.contains("has") && random.chance(20);
                let right = if made { self.text(random, depth) } else { word(random) };
                Asked::Compare(look, left, Box::new(right))
            }
        }
    }
}

fn some(random: &mut Random, one: fn(&mut Random) -> Asked) -> Vec<Asked> {
    (0..1 + random.below(3)).map(|_| one(random)).collect()
}
