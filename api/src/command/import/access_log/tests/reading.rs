//! The ways a log arrives: plain, compressed, joined, cut off, with holes.

use std::io::{self, Cursor, Read, Write};

use flate2::{Compression, write::GzEncoder};

use super::{
    super::{LineError, MAX_LINE_BYTES, ReadError, Reader},
    COMBINED,
};

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all(text)
        .and_then(|()| encoder.finish())
        .expect("memory takes all")
}

fn reader(bytes: impl Into<Vec<u8>>) -> Reader {
    Reader::new(Cursor::new(bytes.into())).expect("memory is readable")
}

/// The numbers of the lines that were read, and of those that could not be.
fn numbers(bytes: impl Into<Vec<u8>>) -> (Vec<u64>, Vec<u64>) {
    let records: Vec<_> = reader(bytes).map(|record| record.expect("a record")).collect();
    let (good, bad): (Vec<_>, Vec<_>) = records.iter().partition(|record| record.line.is_ok());
    (
        good.iter().map(|record| record.number).collect(),
        bad.iter().map(|record| record.number).collect(),
    )
}

#[test]
fn plain_and_gzip_read_alike() {
    let text = format!("{COMBINED}\ngarbage\n{COMBINED}");
    let (first, second) = text.split_at(150);
    let expected = (vec![1, 3], vec![2]);
    assert_eq!(numbers(text.as_bytes()), expected);
    assert_eq!(numbers(gzip(text.as_bytes())), expected);
    let members = [gzip(first.as_bytes()), gzip(b""), gzip(second.as_bytes())].concat();
    assert_eq!(numbers(members), expected);
    assert_eq!(numbers(""), (vec![], vec![]));
    assert_eq!(numbers("\x1f"), (vec![], vec![1]));
}

#[test]
fn a_source_may_come_byte_by_byte() {
    struct Slow(Cursor<Vec<u8>>);
    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let end = buffer.len().min(1);
            self.0.read(&mut buffer[..end])
        }
    }
    let source = Slow(Cursor::new(gzip(format!("{COMBINED}\n{COMBINED}\n").as_bytes())));
    assert_eq!(Reader::new(source).expect("a readable source").count(), 2);
}

#[test]
fn blank_lines_are_counted_but_not_read() {
    let mut reader = reader(format!("\n{COMBINED}\n\r\n  \n{COMBINED}\n\n"));
    let numbers: Vec<u64> = reader.by_ref().map(|record| record.expect("a record").number).collect();
    assert_eq!((numbers, reader.lines(), reader.blank()), (vec![2, 5], 6, 4));
}

#[test]
fn line_ends_marks_and_holes_do_not_change_a_line() {
    let hole = "\0".repeat(3 * MAX_LINE_BYTES);
    let text = format!("\u{feff}{COMBINED}\r\n{hole}{COMBINED}\n{COMBINED}");
    let records: Vec<_> = reader(text).map(|record| record.expect("a record")).collect();
    assert_eq!(records.len(), 3);
    for record in &records {
        assert!(record.line.is_ok());
        assert_eq!(record.digest, records[0].digest);
    }
    // A file that ends in a hole has no line there.
    assert_eq!(numbers(format!("{COMBINED}\n{hole}")), (vec![1], vec![]));
}

#[test]
fn a_line_without_end_is_passed_over() {
    for length in [
        MAX_LINE_BYTES + 1,
        MAX_LINE_BYTES + 2,
        MAX_LINE_BYTES + 3,
        MAX_LINE_BYTES + 4,
        5 * MAX_LINE_BYTES,
    ] {
        let text = format!("{}\n{COMBINED}\n{}", "x".repeat(length), "x".repeat(length));
        let records: Vec<_> = reader(text).map(|record| record.expect("a record")).collect();
        let errors: Vec<_> = records
            .iter()
            .map(|record| (record.number, record.line.as_ref().err().copied()))
            .collect();
        assert_eq!(
            errors,
            [(1, Some(LineError::TooLong)), (2, None), (3, Some(LineError::TooLong))],
            "{length}"
        );
    }
}

#[test]
fn gzip_that_is_cut_off_says_where() {
    let lines: String = (0..1000).map(|n| format!("{COMBINED} {n}\n")).collect();
    let whole = gzip(lines.as_bytes());
    for cut in [2, 5, whole.len() / 2, whole.len() - 1] {
        let mut reader = reader(&whole[..cut]);
        let mut read = 0;
        let error = loop {
            match reader.next().expect("an error before the end") {
                Ok(_) => read += 1,
                Err(error) => break error,
            }
        };
        assert!(
            matches!(error, ReadError::GzipCutOff { after_line } if after_line == read),
            "{cut}: {error}"
        );
        assert!(reader.next().is_none());
    }
}

#[test]
fn damaged_gzip_is_an_error() {
    let mut damaged = gzip(format!("{COMBINED}\n").repeat(1000).as_bytes());
    let checksum = damaged.len() - 8;
    damaged[checksum] ^= 0xff;
    let last = reader(damaged).last().expect("an error");
    assert!(
        matches!(last, Err(ReadError::Unreadable { after_line: 1000, .. })),
        "{last:?}"
    );
}
