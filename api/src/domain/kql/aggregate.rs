//! What is counted over many events.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value as Json;

use super::{
    compile::Typed,
    function::truth_of,
    meter::{Meter, TooCostly},
    node::{Around, Node},
    value::{Type, Value},
};

macro_rules! aggregates {
    ($($variant:ident = $name:literal, $least:literal..=$most:literal;)+) => {
        /// An aggregate.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Aggregate { $($variant,)+ }

        impl Aggregate {
            /// The aggregate of a name.
            pub(super) fn find(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }

            fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            fn arity(self) -> (usize, usize) {
                match self { $(Self::$variant => ($least, $most),)+ }
            }
        }

        /// The names of the aggregates.
        pub(super) const NAMES: &[&str] = &[$($name),+];
    };
}

aggregates! {
    Count = "count", 0..=0;
    CountIf = "countif", 1..=1;
    Dcount = "dcount", 1..=2;
    DcountIf = "dcountif", 2..=2;
    Sum = "sum", 1..=1;
    SumIf = "sumif", 2..=2;
    Avg = "avg", 1..=1;
    AvgIf = "avgif", 2..=2;
    Min = "min", 1..=1;
    Max = "max", 1..=1;
    MakeSet = "make_set", 1..=2;
    MakeList = "make_list", 1..=2;
    Percentile = "percentile", 2..=2;
}

/// An aggregate of something.
#[derive(Debug, Clone)]
pub(super) struct Measure {
    aggregate: Aggregate,
    /// What it is of.
    of: Option<Node>,
    /// Which events count.
    condition: Option<Node>,
    /// The most items, or the part of a hundred.
    number: Option<f64>,
    /// The type of what it gives.
    pub(super) kind: Type,
}

impl Measure {
    /// An aggregate of such parts.
    pub(super) fn new(aggregate: Aggregate, parts: Vec<Typed>) -> Result<Self, String> {
        let name = aggregate.name();
        let (least, most) = aggregate.arity();
        if !(least..=most).contains(&parts.len()) {
            let wanted = if least == most {
                least.to_string()
            } else {
                format!("{least} to {most}")
            };
            return Err(format!(
                "The function “{name}” takes {wanted} values, and has {}",
                parts.len()
            ));
        }
        let mut parts = parts.into_iter();
        let mut measure = Self {
            aggregate,
            of: None,
            condition: None,
            number: None,
            kind: Type::Long,
        };
        let condition = |part: Option<Typed>| match part {
            Some((node, Type::Bool | Type::Dynamic)) => Ok(Some(node)),
            _ => Err(format!("The function “{name}” takes a condition")),
        };
        if aggregate == Aggregate::CountIf {
            measure.condition = condition(parts.next())?;
            return Ok(measure);
        }
        let Some((of, kind)) = parts.next() else {
            return Ok(measure);
        };
        measure.of = Some(of);
        let wrong = || {
            Err(format!(
                "The function “{name}” takes a number, and not a {}",
                kind.name()
            ))
        };
        measure.kind = match aggregate {
            Aggregate::Count | Aggregate::CountIf | Aggregate::Dcount | Aggregate::DcountIf => Type::Long,
            Aggregate::Sum | Aggregate::SumIf => match kind {
                Type::Long | Type::Span => kind,
                Type::Real | Type::Dynamic => Type::Real,
                _ => return wrong(),
            },
            Aggregate::Avg | Aggregate::AvgIf => match kind {
                Type::Span => Type::Span,
                Type::Long | Type::Real | Type::Dynamic => Type::Real,
                _ => return wrong(),
            },
            Aggregate::Min | Aggregate::Max => kind,
            Aggregate::MakeSet | Aggregate::MakeList => Type::Dynamic,
            Aggregate::Percentile => match kind {
                Type::Long | Type::Real | Type::Span | Type::Time => kind,
                Type::Dynamic => Type::Real,
                _ => return wrong(),
            },
        };
        match aggregate {
            Aggregate::DcountIf | Aggregate::SumIf | Aggregate::AvgIf => measure.condition = condition(parts.next())?,
            _ => {
                if let Some((part, _)) = parts.next() {
                    let Node::Constant(value) = part else {
                        return Err(format!(
                            "The second value of “{name}” is a number that is written there"
                        ));
                    };
                    let fits =
                        |number: &f64| *number >= 0.0 && (aggregate != Aggregate::Percentile || *number <= 100.0);
                    measure.number = value.number().filter(fits);
                    if measure.number.is_none() {
                        return Err(format!(
                            "The second value of “{name}” is a number, and of percentile one from 0 to 100"
                        ));
                    }
                }
            }
        }
        Ok(measure)
    }

    /// Before the first event.
    pub(super) fn begin(&self) -> Tally {
        match self.aggregate {
            Aggregate::Count | Aggregate::CountIf => Tally::Count(0),
            Aggregate::Dcount | Aggregate::DcountIf => Tally::Distinct(HashSet::new()),
            Aggregate::Sum | Aggregate::SumIf | Aggregate::Avg | Aggregate::AvgIf => Tally::Sum {
                number: 0,
                whole: Some(0),
                sum: 0.0,
            },
            Aggregate::Min | Aggregate::Max => Tally::Extreme(Value::Null),
            Aggregate::MakeSet => Tally::Set(HashSet::new(), Vec::new()),
            Aggregate::MakeList => Tally::List(Vec::new()),
            Aggregate::Percentile => Tally::Values(BTreeMap::new()),
        }
    }

    /// Takes in an event.
    pub(super) fn add(&self, tally: &mut Tally, around: &Around<'_>, meter: &mut Meter) -> Result<(), TooCostly> {
        meter.step(1)?;
        if let Some(condition) = &self.condition
            && truth_of(&condition.value(around, meter)?) != Some(true)
        {
            return Ok(());
        }
        let value = match &self.of {
            Some(of) => of.value(around, meter)?,
            None => Value::Null,
        };
        match tally {
            Tally::Count(number) => *number += 1,
            _ if value == Value::Null => {}
            Tally::Distinct(known) => {
                let identity = value.identity();
                let size = identity.len() + 48;
                if known.insert(identity) {
                    meter.hold(size)?;
                }
            }
            Tally::Sum { number, whole, sum } => {
                let (exact, float) = match &value {
                    Value::Long(own) | Value::Span(own) => (Some(*own), *own as f64),
                    other => match other.number() {
                        Some(float) => (None, float),
                        // What is no number is not added.
                        None => return Ok(()),
                    },
                };
                *number += 1;
                *whole = whole.zip(exact).and_then(|(whole, own)| whole.checked_add(own));
                *sum += float;
            }
            Tally::Extreme(found) => {
                let order = value.order(found);
                let wanted = if self.aggregate == Aggregate::Min {
                    order.is_lt()
                } else {
                    order.is_gt()
                };
                if *found == Value::Null || wanted {
                    *found = value;
                }
            }
            Tally::Set(known, list) => {
                let identity = value.identity();
                if self.has_room(list.len()) && !known.contains(&identity) {
                    meter.hold(identity.len() + value.size())?;
                    known.insert(identity);
                    list.push(value);
                }
            }
            Tally::List(list) => {
                if self.has_room(list.len()) {
                    meter.hold(value.size())?;
                    list.push(value);
                }
            }
            Tally::Values(found) => {
                let Some(place) = place(&value) else { return Ok(()) };
                let entry = found.entry(place).or_insert((0, value));
                if entry.0 == 0 {
                    meter.hold(64)?;
                }
                entry.0 += 1;
            }
        }
        Ok(())
    }

    fn has_room(&self, length: usize) -> bool {
        self.number.is_none_or(|most| (length as f64) < most)
    }

    /// What it found.
    pub(super) fn result(&self, tally: Tally) -> Value {
        let listed = |list: Vec<Value>| Value::Dynamic(list.iter().map(Value::json).collect::<Vec<Json>>().into());
        match tally {
            Tally::Count(number) => Value::Long(number),
            Tally::Distinct(known) => Value::Long(i64::try_from(known.len()).unwrap_or(i64::MAX)),
            Tally::Sum { number, whole, sum } => match (self.aggregate, self.kind) {
                (Aggregate::Avg | Aggregate::AvgIf, _) if number == 0 => Value::Null,
                (Aggregate::Avg | Aggregate::AvgIf, Type::Span) => Value::Span((sum / number as f64).round() as i64),
                (Aggregate::Avg | Aggregate::AvgIf, _) => Value::Real(sum / number as f64),
                (_, Type::Long) => whole.map_or(Value::Null, Value::Long),
                (_, Type::Span) => whole.map_or(Value::Null, Value::Span),
                _ => Value::Real(sum),
            },
            // A text is never nothing.
            Tally::Extreme(Value::Null) if self.kind == Type::Text => Value::Text(String::new()),
            Tally::Extreme(value) => value,
            Tally::Set(_, list) | Tally::List(list) => listed(list),
            Tally::Values(found) => {
                let total: u64 = found.values().map(|(number, _)| number).sum();
                // The nearest rank.
                // Divided last, so that what is a whole number stays one.
                let rank = (self.number.unwrap_or(50.0) * total as f64 / 100.0).ceil().max(1.0) as u64;
                let mut passed = 0;
                let found = found.into_values().find(|(number, _)| {
                    passed += number;
                    passed >= rank
                });
                match found {
                    Some((_, Value::Dynamic(json))) => json.as_f64().map_or(Value::Null, Value::Real),
                    Some((_, value)) => value,
                    None => Value::Null,
                }
            }
        }
    }
}

/// A place on the line of numbers, in whole numbers that are in the same order.
fn place(value: &Value) -> Option<i128> {
    match value {
        Value::Time(number) | Value::Span(number) => Some(i128::from(*number)),
        other => {
            // The bits of floats are in their order, those of negative ones backwards.
            let bits = other.number()?.to_bits() as i64;
            Some(i128::from(if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }))
        }
    }
}

/// What was found so far.
#[derive(Debug, Clone)]
pub(super) enum Tally {
    Count(i64),
    Distinct(HashSet<String>),
    Sum {
        number: i64,
        /// Exactly, as long as all are whole numbers and their sum is one of 64 bits.
        whole: Option<i64>,
        sum: f64,
    },
    Extreme(Value),
    Set(HashSet<String>, Vec<Value>),
    List(Vec<Value>),
    Values(BTreeMap<i128, (u64, Value)>),
}
