//! Sets of actors: exact while small, sketched when large.
//!
//! Stored form, version 1: the byte 1, then the numbers of the actors in rising order, each as the difference to the
//! one before in LEB128. Version 2: the byte 2, then an HLL sketch of Apache DataSketches (`HLL_8`, lg k = 16, its own
//! portable format) over those numbers as little-endian 64-bit words. A version that this program does not know makes
//! the set stale.

use std::collections::HashSet;

use datasketches::{
    common::NumStdDev,
    hll::{HllSketch, HllType, HllUnion},
};

use crate::domain::{
    error::{Error, Result},
    question::Distinct,
};

/// Actors that one stored set holds exactly. Four times the 1,000 that must be exact, so that sets of several days
/// stay exact longer; 8 KiB at most.
const MOST_EXACT: usize = 4_096;
/// Actors that one answer holds exactly, where every set behind it is exact.
const MOST_EXACT_IN_ANSWER: usize = 100_000;
/// 2^16 registers hold the error of a union below 1 % at 95 %: 1.04 / √65536 × 1.96 = 0.8 %.
const LG_K: u8 = 16;
/// Counts that are promised to be exact.
#[cfg(test)]
const PROMISED_EXACT: usize = 1_000;

/// A set of actors as it is kept for one key and day.
#[derive(Debug, Clone)]
pub(in crate::service) enum ActorSet {
    /// The actors themselves, in rising order.
    Exact(Vec<i64>),
    /// A sketch of them.
    Sketch(Box<HllSketch>),
}

impl ActorSet {
    /// A set of nobody.
    pub(in crate::service) fn empty() -> Self {
        Self::Exact(Vec::new())
    }

    /// Reads a stored set.
    pub(in crate::service) fn read(bytes: &[u8]) -> Result<Self> {
        match bytes.split_first() {
            Some((1, rest)) => read_exact(rest)
                .map(Self::Exact)
                .ok_or_else(|| Error::internal("a set of actors is cut off")),
            Some((2, rest)) => HllSketch::deserialize(rest)
                .map(|sketch| Self::Sketch(Box::new(sketch)))
                .map_err(|error| Error::internal(error.to_string())),
            _ => Err(Error::internal(
                "a set of actors is of a version that this program does not know",
            )),
        }
    }

    /// The stored form.
    pub(in crate::service) fn write(&self) -> Vec<u8> {
        match self {
            Self::Exact(actors) => write_exact(actors),
            Self::Sketch(sketch) => [&[2][..], &sketch.serialize()].concat(),
        }
    }

    /// Takes actors in; gives whether that may have changed it.
    pub(in crate::service) fn add(&mut self, mut actors: Vec<i64>) -> Result<bool> {
        match self {
            Self::Exact(own) => {
                let before = own.len();
                own.append(&mut actors);
                own.sort_unstable();
                own.dedup();
                let changed = own.len() > before;
                if own.len() > MOST_EXACT {
                    let mut sketch = new_sketch()?;
                    own.iter().for_each(|actor| sketch.update(actor.to_le_bytes()));
                    *self = Self::Sketch(Box::new(sketch));
                }
                Ok(changed)
            }
            Self::Sketch(sketch) => {
                actors.iter().for_each(|actor| sketch.update(actor.to_le_bytes()));
                Ok(true)
            }
        }
    }

    /// Whether nobody is in it.
    pub(in crate::service) fn is_empty(&self) -> bool {
        matches!(self, Self::Exact(actors) if actors.is_empty())
    }
}

fn new_sketch() -> Result<HllSketch> {
    HllSketch::new(LG_K, HllType::Hll8).map_err(|error| Error::internal(error.to_string()))
}

fn write_exact(actors: &[i64]) -> Vec<u8> {
    let mut bytes = vec![1];
    let mut last = 0;
    for actor in actors {
        let mut rest = actor.abs_diff(last);
        last = *actor;
        loop {
            let low = (rest & 0x7f) as u8;
            rest >>= 7;
            bytes.push(if rest == 0 { low } else { low | 0x80 });
            if rest == 0 {
                break;
            }
        }
    }
    bytes
}

fn read_exact(bytes: &[u8]) -> Option<Vec<i64>> {
    let mut actors = Vec::new();
    let mut last = 0_i64;
    let mut bytes = bytes.iter();
    while let Some(first) = bytes.next() {
        let (mut byte, mut value, mut shift) = (*first, 0_u64, 0_u32);
        loop {
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                break;
            }
            byte = *bytes.next()?;
            shift += 7;
        }
        last = last.checked_add_unsigned(value)?;
        actors.push(last);
    }
    Some(actors)
}

/// Sets united for an answer.
pub(in crate::service) struct ActorUnion {
    exact: HashSet<i64>,
    sketch: Option<Box<HllUnion>>,
}

impl ActorUnion {
    /// A union of nothing.
    pub(in crate::service) fn new() -> Self {
        Self {
            exact: HashSet::new(),
            sketch: None,
        }
    }

    /// Unites with a stored set.
    pub(in crate::service) fn add(&mut self, set: &ActorSet) -> Result<()> {
        match set {
            ActorSet::Exact(actors) => self.add_actors(actors.iter().copied()),
            ActorSet::Sketch(sketch) => {
                self.sketched()?.update(sketch);
                Ok(())
            }
        }
    }

    /// Takes actors in.
    pub(in crate::service) fn add_actors(&mut self, actors: impl IntoIterator<Item = i64>) -> Result<()> {
        if let Some(sketch) = &mut self.sketch {
            actors
                .into_iter()
                .for_each(|actor| sketch.update_value(actor.to_le_bytes()));
            return Ok(());
        }
        self.exact.extend(actors);
        if self.exact.len() > MOST_EXACT_IN_ANSWER {
            self.sketched()?;
        }
        Ok(())
    }

    /// Unites with another union.
    pub(in crate::service) fn unite(&mut self, other: Self) -> Result<()> {
        if let Some(sketch) = &other.sketch {
            self.sketched()?.update(&sketch.to_sketch(HllType::Hll8));
        }
        self.add_actors(other.exact)
    }

    fn sketched(&mut self) -> Result<&mut HllUnion> {
        if self.sketch.is_none() {
            let mut union = HllUnion::new(LG_K).map_err(|error| Error::internal(error.to_string()))?;
            self.exact
                .drain()
                .for_each(|actor| union.update_value(actor.to_le_bytes()));
            self.sketch = Some(Box::new(union));
        }
        self.sketch
            .as_deref_mut()
            .ok_or_else(|| Error::internal("a union lost its sketch"))
    }

    /// How many there are.
    pub(in crate::service) fn distinct(&self) -> Distinct {
        let Some(union) = &self.sketch else {
            let count = i64::try_from(self.exact.len()).unwrap_or(i64::MAX);
            return Distinct {
                count,
                lower: count,
                upper: count,
                exact: true,
            };
        };
        let whole = |float: f64| float.round() as i64;
        // Two standard deviations hold 95.4 %.
        let (lower, upper) = (union.lower_bound(NumStdDev::Two), union.upper_bound(NumStdDev::Two));
        Distinct {
            count: whole(union.estimate()),
            lower: whole(lower),
            upper: whole(upper),
            exact: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(actors: std::ops::Range<i64>) -> ActorSet {
        let mut set = ActorSet::empty();
        set.add(actors.collect()).expect("it takes them");
        ActorSet::read(&set.write()).expect("its own form")
    }

    #[test]
    fn small_unions_are_exact_whatever_they_are_made_of() {
        let mut union = ActorUnion::new();
        for day in 0..90 {
            union.add(&set(day..day + 500)).expect("it unites");
        }
        assert_eq!(
            union.distinct(),
            Distinct {
                count: 589,
                lower: 589,
                upper: 589,
                exact: true
            }
        );
        const { assert!(MOST_EXACT >= PROMISED_EXACT) };
    }

    #[test]
    fn large_unions_are_within_their_bounds() {
        let mut union = ActorUnion::new();
        for day in 0..10 {
            union.add(&set(day * 5_000..day * 5_000 + 20_000)).expect("it unites");
        }
        union.add_actors(70_000..71_000).expect("it takes them");
        let distinct = union.distinct();
        assert!(
            !distinct.exact && distinct.lower <= 66_000 && distinct.upper >= 66_000,
            "{distinct:?}"
        );
        assert!((distinct.count - 66_000).abs() < 660, "{distinct:?}");
    }

    #[test]
    fn numbers_far_apart_survive_the_stored_form() {
        let mut set = ActorSet::empty();
        set.add(vec![5, 1, i64::MAX, 5]).expect("it takes them");
        let ActorSet::Exact(actors) = ActorSet::read(&set.write()).expect("its own form") else {
            panic!("small")
        };
        assert_eq!(actors, [1, 5, i64::MAX]);
        assert!(ActorSet::read(&[1, 0x80]).is_err() && ActorSet::read(&[9]).is_err() && ActorSet::read(&[]).is_err());
    }
}
