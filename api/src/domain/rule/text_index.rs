//! Many exact texts and globs at once: which of them does a value match?
//!
//! Exact texts are looked up. Of each glob the piece that tells most is its key; a value without the key cannot match.
//! Three automata find the keys that a value holds, in one pass over it each: keys at its beginning, keys at its end, and
//! keys anywhere. Only globs whose key was found are then tried.

use std::{cmp::Reverse, collections::HashMap};

use aho_corasick::{AhoCorasick, AhoCorasickKind, Anchored, Input, StartKind, automaton::OverlappingState};
use smallvec::SmallVec;

use super::pattern::Glob;

/// Bytes of a key. Bounds the automata: at worst so many states for each glob.
const MOST_KEY: usize = 64;
/// Bytes from which a key is seldom found by chance.
const TELLING_KEY: usize = 4;
/// Inner pieces of a glob that may become its key; any would do.
const MOST_OFFERED: usize = 8;
/// Bytes of all keys up to which a table of all states and bytes is built, of some 4 MiB at most.
const MOST_TABLE: usize = 16 * 1_024;
/// Letters of a key within which a state knows every letter without searching: 1 MiB at most.
const DENSE_DEPTH: usize = 3;

/// Places of rules that match; an event seldom matches many.
pub(super) type Found = SmallVec<[u32; 8]>;

/// Exact texts and globs, each with the place of its rule.
#[derive(Debug, Default)]
pub(super) struct TextIndex {
    exact: HashMap<Box<str>, Vec<u32>>,
    globs: Vec<(Glob, u32)>,
    /// Globs without a key: `*` alone.
    always: Vec<u32>,
    heads: Keys,
    tails: Keys,
    anywhere: Keys,
}

/// Where a glob's key is to be found, and the key itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key<'a> {
    Head(&'a [u8]),
    Tail(&'a [u8]),
    Anywhere(&'a [u8]),
}

impl<'a> Key<'a> {
    /// What a glob's pieces offer. A piece that is too long gives its end nearest to a gap, where such texts differ most.
    fn offered(glob: &'a Glob) -> impl Iterator<Item = Self> {
        let last = |piece: &'a [u8]| &piece[piece.len().saturating_sub(MOST_KEY)..];
        let (head, tail) = (glob.head.as_bytes(), glob.tail.as_bytes());
        let head = match head.len() {
            ..=MOST_KEY => Self::Head(head),
            _ => Self::Anywhere(last(head)),
        };
        let tail = match tail.len() {
            ..=MOST_KEY => Self::Tail(tail),
            _ => Self::Anywhere(&tail[..MOST_KEY]),
        };
        let middle = glob
            .middle
            .iter()
            .take(MOST_OFFERED)
            .map(move |piece| Self::Anywhere(last(piece.as_bytes())));
        [head, tail]
            .into_iter()
            .chain(middle)
            .filter(|key| !key.bytes().is_empty())
    }

    fn bytes(self) -> &'a [u8] {
        match self {
            Self::Head(key) | Self::Tail(key) | Self::Anywhere(key) => key,
        }
    }

    /// How little the key tells: short ones are in many values, and shared ones have many globs tried.
    fn weakness(self, shared_by: usize) -> (bool, usize, Reverse<usize>) {
        let length = self.bytes().len();
        (length < TELLING_KEY, shared_by, Reverse(length))
    }
}

impl TextIndex {
    /// Adds an exact text.
    pub(super) fn add_exact(&mut self, text: &str, rule: u32) {
        self.exact.entry(text.into()).or_default().push(rule);
    }

    /// Adds a glob; it is found after [`Self::build`].
    pub(super) fn add_glob(&mut self, glob: &Glob, rule: u32) {
        self.globs.push((glob.clone(), rule));
    }

    /// Builds the automata over all globs that were added.
    pub(super) fn build(&mut self) {
        let (mut heads, mut tails, mut anywhere) = (Builder::default(), Builder::default(), Builder::default());
        let mut shared: HashMap<Key<'_>, usize> = HashMap::new();
        for key in self.globs.iter().flat_map(|(glob, _)| Key::offered(glob)) {
            *shared.entry(key).or_default() += 1;
        }
        for (place, (glob, rule)) in self.globs.iter().enumerate() {
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            match Key::offered(glob).min_by_key(|key| key.weakness(shared[key])) {
                None => self.always.push(*rule),
                Some(Key::Head(key)) => heads.add(key.to_vec(), place, false),
                Some(Key::Tail(key)) => tails.add(key.iter().rev().copied().collect(), place, false),
                Some(Key::Anywhere(key)) => anywhere.add(key.to_vec(), place, glob.is_only(key.len())),
            }
        }
        self.heads = heads.build(StartKind::Anchored);
        self.tails = tails.build(StartKind::Anchored);
        self.anywhere = anywhere.build(StartKind::Unanchored);
    }

    /// Adds the rules whose text or glob `value` matches, each once.
    pub(super) fn find(&self, value: &str, found: &mut Found) {
        if !self.exact.is_empty()
            && let Some(rules) = self.exact.get(value)
        {
            found.extend_from_slice(rules);
        }
        found.extend_from_slice(&self.always);
        if self.globs.is_empty() {
            return;
        }
        let bytes = value.as_bytes();
        let mut try_glob = |(place, sure): (u32, bool)| {
            let (glob, rule) = &self.globs[place as usize];
            if sure || glob.fits(value) {
                found.push(*rule);
            }
        };
        self.heads.find(bytes, Anchored::Yes, &mut try_glob);
        if !self.tails.is_empty() {
            let mut reversed = [0; MOST_KEY];
            let length = bytes.len().min(MOST_KEY);
            let ends = reversed.iter_mut().zip(bytes.iter().rev());
            ends.for_each(|(to, from)| *to = *from);
            self.tails.find(&reversed[..length], Anchored::Yes, &mut try_glob);
        }
        self.anywhere.find(bytes, Anchored::No, &mut try_glob);
    }
}

/// Keys and the globs that each is the key of, with whether a glob says nothing but its key.
#[derive(Debug, Default)]
struct Keys {
    automaton: Option<AhoCorasick>,
    globs: Vec<Vec<(u32, bool)>>,
}

#[derive(Default)]
struct Builder {
    places: HashMap<Vec<u8>, usize>,
    keys: Vec<Vec<u8>>,
    globs: Vec<Vec<(u32, bool)>>,
}

impl Builder {
    fn add(&mut self, key: Vec<u8>, glob: u32, sure: bool) {
        let place = *self.places.entry(key.clone()).or_insert_with(|| {
            self.keys.push(key);
            self.globs.push(Vec::new());
            self.globs.len() - 1
        });
        self.globs[place].push((glob, sure));
    }

    fn build(self, start: StartKind) -> Keys {
        if self.keys.is_empty() {
            return Keys::default();
        }
        let bytes: usize = self.keys.iter().map(Vec::len).sum();
        // A search from one end mostly ends after a few bytes; one through the whole value is worth the faster table.
        let table = start == StartKind::Unanchored && bytes <= MOST_TABLE;
        let automaton = AhoCorasick::builder()
            .start_kind(start)
            .kind(table.then_some(AhoCorasickKind::DFA))
            .dense_depth(DENSE_DEPTH)
            .build(&self.keys);
        Keys {
            // It fails past 2³¹ states; there are at most 64 for each of 10,000 rules.
            automaton: Some(automaton.expect("the keys of one site fit into an automaton")),
            globs: self.globs,
        }
    }
}

impl Keys {
    fn is_empty(&self) -> bool {
        self.globs.is_empty()
    }

    /// Calls `each` for every glob whose key `value` holds, once.
    fn find(&self, value: &[u8], anchored: Anchored, each: &mut impl FnMut((u32, bool))) {
        let Some(automaton) = &self.automaton else { return };
        let input = Input::new(value).anchored(anchored);
        let mut state = OverlappingState::start();
        let mut met = Met::default();
        loop {
            automaton.find_overlapping(input.clone(), &mut state);
            let Some(found) = state.get_match() else { return };
            let key = found.pattern().as_usize();
            if met.is_first(key, self.globs.len()) {
                self.globs[key].iter().copied().for_each(&mut *each);
                if met.count == self.globs.len() {
                    return;
                }
            }
        }
    }
}

/// Keys that were found already; takes no memory before the second one.
#[derive(Default)]
struct Met {
    first: Option<usize>,
    bits: Vec<u64>,
    count: usize,
}

impl Met {
    fn is_first(&mut self, key: usize, keys: usize) -> bool {
        if self.first == Some(key) {
            return false;
        }
        if self.first.is_none() {
            self.first = Some(key);
        } else {
            if self.bits.is_empty() {
                self.bits = vec![0; keys.div_ceil(64)];
            }
            let (word, bit) = (&mut self.bits[key / 64], 1 << (key % 64));
            if *word & bit != 0 {
                return false;
            }
            *word |= bit;
        }
        self.count += 1;
        true
    }
}
