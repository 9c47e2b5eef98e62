//! No bytes whatever bring the reader down.

use std::io;

use proptest::{prelude::*, sample::Index};

use super::{
    super::{Reader, Translator, parse},
    COMBINED,
};

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&bytes);
    }

    /// Random bytes seldom get past the first field; a damaged line does.
    #[test]
    fn damaged_lines_never_panic(damage in prop::collection::vec((any::<Index>(), any::<u8>()), 1..6), cut in any::<Index>()) {
        let mut line = COMBINED.as_bytes().to_vec();
        for (at, byte) in damage {
            let at = at.index(line.len());
            line[at] = byte;
        }
        line.truncate(cut.index(line.len()) + 1);
        if let Ok(line) = parse(&line) {
            let _ = Translator::new(true, None).translate(&[0; 32], line.clone());
            let _ = Translator::new(false, None).translate(&[0; 32], line);
        }
    }

    /// Whatever the client sends as its agent, escaped as Apache does, comes out as it was sent.
    #[test]
    fn escaped_agents_come_back(agent in "[^\0]{2,40}") {
        let escaped: String = agent.bytes().map(|byte| match byte {
            b'"' | b'\\' => format!("\\{}", char::from(byte)),
            0x20..=0x7e => char::from(byte).to_string(),
            _ => format!("\\x{byte:02x}"),
        }).collect();
        let line = parse(COMBINED.replacen("Agent/1.0", &escaped, 1).as_bytes());
        prop_assert_eq!(line.map(|line| line.user_agent), Ok(Some(agent)));
    }

    /// Every line of a file comes out, in order: as a record, or counted as blank.
    #[test]
    fn no_line_is_lost(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\n'), Just(b'\0'), Just(0x1f)], 0..200)) {
        prop_assume!(!bytes.starts_with(&[0x1f, 0x8b]));
        let whole_lines = bytes.iter().filter(|byte| **byte == b'\n').count();
        let last = bytes.rsplit(|byte| *byte == b'\n').next().is_some_and(|last| last.iter().any(|byte| *byte != 0));
        let mut reader = Reader::new(io::Cursor::new(bytes)).expect("a readable source");
        let numbers: Vec<u64> = reader.by_ref().map(|record| record.expect("a record").number).collect();
        prop_assert!(numbers.is_sorted_by(|a, b| a < b));
        prop_assert_eq!(reader.lines(), (whole_lines + usize::from(last)) as u64);
        prop_assert_eq!(numbers.len() as u64 + reader.blank(), reader.lines());
    }
}
