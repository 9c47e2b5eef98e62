//! Telling equal lines of one file apart: the how-manieth of its kind a line is.
//!
//! Equal lines have equal times, and logs are nearly sorted. So what was seen is kept by time, in blocks of ten
//! minutes: those in use as hash sets, all others packed, at 8 bytes a line (80 MB for ten million lines). A packed
//! block is unpacked again when a line comes late, so that the count is right in *any* order; only a thoroughly
//! shuffled log would be slow. Nothing is ever forgotten: a window would double the lines of two rotations that were
//! joined in the wrong order.
//!
//! A line is known by 64 bits. Should two lines of ten minutes share them, one of them gets a number too high. That
//! loses nothing, as the event's id has the whole line in it, and is the same each time the file is read.

use std::collections::{HashMap, HashSet};

const BLOCK_SECONDS: i64 = 600;

/// Lines kept in hash sets before a block is packed: at some 20 bytes a line, 20 MB.
const OPEN_LINES: usize = 1_000_000;

/// The lines seen so far in one file.
pub(super) struct Occurrences {
    open: HashMap<i64, Block>,
    packed: HashMap<i64, Box<[u64]>>,
    /// How often the lines were seen that were seen more than once: few.
    repeated: HashMap<u64, u64>,
    open_lines: usize,
    /// Lines asked about: the clock by which blocks are in use or not.
    asked: u64,
    limit: usize,
}

#[derive(Default)]
struct Block {
    seen: HashSet<u64>,
    last_asked: u64,
}

impl Occurrences {
    /// Nothing seen.
    pub(super) fn new() -> Self {
        Self::with_limit(OPEN_LINES)
    }

    fn with_limit(limit: usize) -> Self {
        Self {
            open: HashMap::new(),
            packed: HashMap::new(),
            repeated: HashMap::new(),
            open_lines: 0,
            asked: 0,
            limit,
        }
    }

    /// How often the line was seen before; now it is once more.
    pub(super) fn count(&mut self, digest: &[u8; 32], unix_seconds: i64) -> u64 {
        let start = unix_seconds.div_euclid(BLOCK_SECONDS);
        let [a, b, c, d, e, f, g, h, ..] = *digest;
        let key = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        self.asked += 1;
        let block = self.open.entry(start).or_insert_with(|| {
            let seen: HashSet<u64> = self.packed.remove(&start).into_iter().flatten().collect();
            self.open_lines += seen.len();
            Block { seen, last_asked: 0 }
        });
        block.last_asked = self.asked;
        let before = if block.seen.insert(key) {
            self.open_lines += 1;
            0
        } else {
            let times = self.repeated.entry(key).or_insert(1);
            *times += 1;
            *times - 1
        };
        // Unpacking a block takes room as well as a new line does.
        if self.open_lines > self.limit && self.open.len() > 1 {
            self.pack_others(start);
        }
        before
    }

    /// Packs the blocks that were not in use for longest until half of the room is free, but never the current one.
    fn pack_others(&mut self, current: i64) {
        let mut blocks: Vec<(u64, i64)> = self
            .open
            .iter()
            .map(|(start, block)| (block.last_asked, *start))
            .collect();
        blocks.sort_unstable();
        for (_, start) in blocks {
            if start == current || self.open_lines <= self.limit / 2 {
                continue;
            }
            if let Some(block) = self.open.remove(&start) {
                self.open_lines -= block.seen.len();
                self.packed.insert(start, block.seen.into_iter().collect());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(line: u64) -> [u8; 32] {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&line.to_be_bytes());
        digest
    }

    #[test]
    fn equal_lines_are_numbered() {
        let mut seen = Occurrences::new();
        let counts = [7, 8, 7, 7, 8].map(|line| seen.count(&digest(line), 1_431_857_103));
        assert_eq!(counts, [0, 0, 1, 2, 1]);
    }

    #[test]
    fn packing_forgets_nothing_in_any_order() {
        // Room for 16 lines, and 1,000 different ones over 100 blocks, each seen three times.
        let mut seen = Occurrences::with_limit(16);
        let time = |line: u64| i64::try_from(line % 100).unwrap_or(0) * BLOCK_SECONDS - 30_000;
        let sorted: Vec<u64> = (0..1000).collect();
        let backward: Vec<u64> = (0..1000).rev().collect();
        let scattered: Vec<u64> = (0..1000).map(|n| n * 387 % 1000).collect();
        for (round, lines) in (0..).zip([sorted, backward, scattered]) {
            for line in lines {
                assert_eq!(seen.count(&digest(line), time(line)), round, "line {line}");
            }
            assert!(seen.open_lines <= 16 + 1, "{}", seen.open_lines);
        }
        assert_eq!(
            seen.open.values().map(|block| block.seen.len()).sum::<usize>(),
            seen.open_lines
        );
    }

    #[test]
    fn a_block_may_outgrow_the_room() {
        let mut seen = Occurrences::with_limit(4);
        for line in 0..100 {
            assert_eq!(seen.count(&digest(line), 0), 0);
        }
        for line in 0..100 {
            assert_eq!(seen.count(&digest(line), 0), 1);
        }
    }
}
