//! Texts that are compared with a committed file.

use std::fs;

use crate::{folder::repository, setting};

/// Fails unless the file, named from the repository's root, holds exactly `actual`.
/// With `TIDEMARK_BLESS=1` the file is written instead.
///
/// # Panics
/// When the two differ, naming the first line that does; or when the file cannot be read or written.
pub fn assert_matches(path: &str, actual: &str) {
    let file = repository().join(path);
    if setting::bless() {
        fs::write(&file, actual).unwrap_or_else(|error| panic!("cannot write {path}: {error}"));
        return;
    }
    let expected = fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("cannot read {path}: {error}; TIDEMARK_BLESS=1 writes it anew"));
    if let Some(difference) = first_difference(&expected, actual) {
        panic!("{path} is stale: {difference}\nTIDEMARK_BLESS=1 writes it anew");
    }
}

/// The first line in which two texts differ, as a sentence.
fn first_difference(expected: &str, actual: &str) -> Option<String> {
    if expected == actual {
        return None;
    }
    // `split` keeps what `lines` hides: carriage returns, and whether the last line ends.
    let (mut left, mut right) = (expected.split('\n'), actual.split('\n'));
    for line in 1.. {
        let pair = (left.next(), right.next());
        if pair.0 != pair.1 {
            let show = |text: Option<&str>| text.map_or_else(|| "nothing".to_owned(), |text| format!("{text:?}"));
            let (committed, now) = (show(pair.0), show(pair.1));
            return Some(format!("line {line}\n  committed: {committed}\n  now:       {now}"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    #[test]
    fn equal_texts_do_not_differ() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    }

    #[test]
    fn the_first_different_line_is_named() {
        let difference = first_difference("a\nb\n", "a\nc\n").expect("they differ");
        assert!(difference.starts_with("line 2\n"), "{difference}");
        let difference = first_difference("a\n", "a").expect("they differ");
        assert!(difference.contains("now:       nothing"), "{difference}");
    }
}
