//! Parts of a query in KQL: how each is written, and what it is of a row, by the language's reference.

use serde_json::Value;

use super::cell::{Cell, DAY};

/// Regular expressions, and their meaning.
type Pattern = (&'static str, fn(&str) -> bool);

pub(super) const PATTERNS: [Pattern; 8] = [
    ("^$", str::is_empty),
    ("^[rR]ed", |text| text.starts_with("red") || text.starts_with("Red")),
    ("e$", |text| text.ends_with('e')),
    ("[A-Z]", |text| {
        text.contains(|letter: char| letter.is_ascii_uppercase())
    }),
    ("a|p", |text| text.contains(['a', 'p'])),
    ("(?i)RED", |text| text.to_lowercase().contains("red")),
    ("^.{3,}$", |text| text.chars().count() >= 3),
    (r"\d", |text| text.contains(|letter: char| letter.is_ascii_digit())),
];

/// One row: the event that it still is, and the columns that were made.
#[derive(Clone)]
pub(super) struct Row<'a> {
    pub(super) event: &'a Value,
    pub(super) cells: Vec<Cell>,
}

/// A part of a query, by its meaning.
#[derive(Clone)]
pub(super) enum Asked {
    /// A value, and which way it is written.
    Literal(Cell, usize),
    /// A field of the event.
    Field(&'static str),
    /// A column that was made, and its name as it is written.
    Column(usize, String),
    Call(&'static str, Vec<Asked>),
    Reckon(char, Box<Asked>, Box<Asked>),
    Compare(&'static str, Box<Asked>, Box<Asked>),
    Among(&'static str, Box<Asked>, Vec<Asked>),
    Between(bool, Box<Asked>, Box<Asked>, Box<Asked>),
    /// One of the patterns, and how it is written.
    Regex(Box<Asked>, usize, usize),
    All(Box<Asked>, Box<Asked>),
    One(Box<Asked>, Box<Asked>),
}

fn listed(list: &[Asked]) -> String {
    list.iter().map(Asked::written).collect::<Vec<_>>().join(", ")
}

impl Asked {
    pub(super) fn written(&self) -> String {
        match self {
            Self::Literal(cell, way) => cell.written(*way),
            Self::Field(name) => (*name).to_owned(),
            Self::Column(_, name) => name.clone(),
            Self::Call(name, list) => format!("{name}({})", listed(list)),
            Self::Reckon(sign, left, right) => format!("{} {sign} {}", left.framed(), right.framed()),
            Self::Compare(sign, left, right) => format!("{} {sign} {}", left.side(), right.side()),
            Self::Among(word, left, list) => format!("{} {word} ({})", left.side(), listed(list)),
            Self::Between(negated, inner, from, to) => {
                let not = if *negated { "!" } else { "" };
                format!("{} {not}between ({} .. {})", inner.side(), from.written(), to.written())
            }
            Self::Regex(left, pattern, way) => {
                let pattern = Cell::Text(PATTERNS[*pattern].0.to_owned());
                format!("{} matches regex {}", left.side(), pattern.written(*way))
            }
            // `and` binds closer than `or`.
            Self::All(one, other) => {
                let part = |inner: &Self| match inner {
                    Self::One(..) => inner.framed(),
                    _ => inner.written(),
                };
                format!("{} and {}", part(one), part(other))
            }
            Self::One(one, other) => format!("{} or {}", one.written(), other.written()),
        }
    }

    fn framed(&self) -> String {
        match self {
            Self::Field(_) | Self::Column(..) | Self::Call(..) => self.written(),
            Self::Literal(cell, _) if cell.number().is_none_or(|number| number >= 0.0) => self.written(),
            _ => format!("({})", self.written()),
        }
    }

    /// On one side of what compares: sums and signs bind closer.
    fn side(&self) -> String {
        match self {
            Self::Reckon(..) | Self::Literal(..) => self.written(),
            _ => self.framed(),
        }
    }

    /// What it is of a row.
    pub(super) fn value(&self, row: &Row<'_>) -> Cell {
        match self {
            Self::Literal(cell, _) => cell.clone(),
            Self::Field(name) => field(row.event, name),
            Self::Column(place, _) => row.cells[*place].clone(),
            Self::Call(name, list) => call(name, list, row),
            Self::Reckon(sign, left, right) => reckon(*sign, &left.value(row), &right.value(row)),
            Self::Compare(sign, left, right) => Cell::flag(compare(sign, &left.value(row), &right.value(row))),
            Self::Among(word, left, list) => {
                let own = left.value(row);
                let mut list = list.iter().map(|one| one.value(row));
                let found = match word.trim_start_matches('!') {
                    "in" => list.any(|one| compare("==", &own, &one) == Some(true)),
                    "in~" => list.any(|one| compare("=~", &own, &one) == Some(true)),
                    "has_any" => list.any(|one| looks(&own.text(), "has", &one.text())),
                    _ => list.all(|one| looks(&own.text(), "has", &one.text())),
                };
                Cell::Flag(found != word.starts_with('!'))
            }
            Self::Between(negated, inner, from, to) => {
                let (own, from, to) = (inner.value(row), from.value(row), to.value(row));
                // A stretch of time behind a time reaches so far.
                let to = if matches!(to, Cell::Span(_)) {
                    reckon('+', &from, &to)
                } else {
                    to
                };
                let within = compare(">=", &own, &from).zip(compare("<=", &own, &to));
                Cell::flag(within.map(|(from, to)| (from && to) != *negated))
            }
            Self::Regex(left, pattern, _) => Cell::Flag(PATTERNS[*pattern].1(&left.value(row).text())),
            Self::All(one, other) => match (one.holds(row), other.holds(row)) {
                (Some(false), _) | (_, Some(false)) => Cell::Flag(false),
                (Some(true), Some(true)) => Cell::Flag(true),
                _ => Cell::Null,
            },
            Self::One(one, other) => match (one.holds(row), other.holds(row)) {
                (Some(true), _) | (_, Some(true)) => Cell::Flag(true),
                (Some(false), Some(false)) => Cell::Flag(false),
                _ => Cell::Null,
            },
        }
    }

    /// True, false or neither.
    pub(super) fn holds(&self, row: &Row<'_>) -> Option<bool> {
        self.value(row).truth()
    }
}

fn field(event: &Value, name: &str) -> Cell {
    let plain = name.replace("['", ".").replace("']", "");
    let found = Cell::of(plain.split('.').fold(event, |value, key| &value[key]));
    match found {
        Cell::Text(time) if name == "EventTime" => Cell::time(&time),
        // A column of texts has no nothing.
        Cell::Null if !name.contains('.') => Cell::Text(String::new()),
        other => other,
    }
}

fn call(name: &str, list: &[Asked], row: &Row<'_>) -> Cell {
    let first = list[0].value(row);
    let rest = || list[1..].iter().map(|one| one.value(row));
    let whole = |number: usize| Cell::Number(number as f64);
    let day = Cell::Span(DAY);
    match name {
        "not" => Cell::flag(first.truth().map(|truth| !truth)),
        "tostring" => Cell::Text(first.text()),
        "todouble" | "tobool" => first,
        "tolower" => Cell::Text(first.text().to_lowercase()),
        "toupper" => Cell::Text(first.text().to_uppercase()),
        "strlen" => whole(first.text().chars().count()),
        "strcat" => Cell::Text(rest().fold(first.text(), |whole, next| whole + &next.text())),
        "substring" => {
            let letters: Vec<char> = first.text().chars().collect();
            let mut numbers = rest().map(|cell| cell.number().expect("a number") as isize);
            let from = numbers.next().expect("a place");
            let behind = letters.len().saturating_sub(from.unsigned_abs());
            let from = if from < 0 { behind } else { from.unsigned_abs() };
            let most = numbers.next().map_or(usize::MAX, isize::unsigned_abs);
            Cell::Text(letters.into_iter().skip(from).take(most).collect())
        }
        "abs" => first.number().map_or(Cell::Null, |number| Cell::Number(number.abs())),
        "bin" => rest().next().map_or(Cell::Null, |size| first.bin(&size)),
        "startofday" => first.bin(&day),
        "endofday" => match first.bin(&day) {
            // The last moment that the language can tell.
            Cell::Time(begin) => Cell::Time(begin + DAY - 100),
            other => other,
        },
        "hourofday" => match (&first, first.bin(&day)) {
            (Cell::Time(time), Cell::Time(begin)) => Cell::Number(((time - begin) / (DAY / 24)) as f64),
            _ => Cell::Null,
        },
        "isnull" => Cell::Flag(first == Cell::Null),
        "isnotnull" => Cell::Flag(first != Cell::Null),
        "isempty" => Cell::Flag(matches!(&first, Cell::Null) || first == Cell::Text(String::new())),
        "isnotempty" => Cell::Flag(!matches!(&first, Cell::Null) && first != Cell::Text(String::new())),
        "coalesce" => {
            let mut all: Vec<_> = std::iter::once(first).chain(rest()).collect();
            let last = all.pop().expect("a value");
            let is_something = |cell: &Cell| !matches!(cell, Cell::Null) && *cell != Cell::Text(String::new());
            all.into_iter().find(is_something).unwrap_or(last)
        }
        // `iff` and `case`: conditions with what they choose, and what is left.
        _ => {
            let (last, pairs) = list.split_last().expect("a value");
            let chosen = pairs.chunks(2).find(|pair| pair[0].holds(row) == Some(true));
            chosen.map_or(last, |pair| &pair[1]).value(row)
        }
    }
}

fn reckon(sign: char, left: &Cell, right: &Cell) -> Cell {
    match (sign, left, right) {
        ('+', Cell::Number(one), Cell::Number(other)) => Cell::Number(one + other),
        ('-', Cell::Number(one), Cell::Number(other)) => Cell::Number(one - other),
        // Whole numbers have no nothing with a sign.
        ('*', Cell::Number(one), Cell::Number(other)) => Cell::Number(one * other + 0.0),
        // Never negative, whatever the signs are.
        ('%', Cell::Number(one), Cell::Number(other)) => Cell::Number(one.rem_euclid(*other) + 0.0),
        ('+', Cell::Time(time), Cell::Span(length)) => Cell::Time(time + length),
        ('-', Cell::Time(time), Cell::Span(length)) => Cell::Time(time - length),
        ('-', Cell::Time(one), Cell::Time(other)) => Cell::Span(one - other),
        _ => Cell::Null,
    }
}

/// Of two nothings no equality is known; of one, that they are not equal; and an order of neither.
fn compare(sign: &str, left: &Cell, right: &Cell) -> Option<bool> {
    if matches!(left, Cell::Text(_)) || matches!(right, Cell::Text(_)) {
        return Some(looks(&left.text(), sign, &right.text()));
    }
    match (left, right, sign) {
        (Cell::Null, Cell::Null, _) => None,
        (Cell::Null, _, "==") | (_, Cell::Null, "==") => Some(false),
        (Cell::Null, _, "!=") | (_, Cell::Null, "!=") => Some(true),
        (Cell::Null, ..) | (_, Cell::Null, _) => None,
        _ => Some(signed(sign, left.order(right))),
    }
}

fn signed(sign: &str, order: std::cmp::Ordering) -> bool {
    match sign {
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        ">=" => order.is_ge(),
        other => panic!("{other} does not compare these"),
    }
}

/// How a text compares with another.
fn looks(own: &str, look: &str, word: &str) -> bool {
    let (own_folded, word_folded) = (own.to_lowercase(), word.to_lowercase());
    match look {
        "=~" => return own_folded == word_folded,
        "!~" => return own_folded != word_folded,
        "==" | "!=" | "<" | "<=" | ">" | ">=" => return signed(look, own.cmp(word)),
        _ => {}
    }
    let plain = look.trim_start_matches('!');
    let (left, right) = if plain.ends_with("_cs") {
        (own, word)
    } else {
        (own_folded.as_str(), word_folded.as_str())
    };
    let words = |text: &str| -> Vec<String> {
        text.split(|letter: char| !letter.is_alphanumeric())
            .map(str::to_owned)
            .collect()
    };
    let found = match plain.trim_end_matches("_cs") {
        "contains" => left.contains(right),
        "startswith" => left.starts_with(right),
        "endswith" => left.ends_with(right),
        // What stands between what is no letter and no digit: whole words in a row, with what is between them.
        "has" if right.is_empty() => true,
        "has" => {
            let (all, wanted) = (words(left), words(right));
            left.contains(right) && all.windows(wanted.len()).any(|part| part == wanted)
        }
        other => panic!("nothing looks by {other}"),
    };
    found != look.starts_with('!')
}
