//! The text of a field: undoing the escapes that servers write, and making it storable.

use std::borrow::Cow;

/// The text of a field, or nothing for `-` and for the empty field.
pub(super) fn optional(field: &[u8]) -> Option<String> {
    if matches!(field, b"" | b"-") {
        None
    } else {
        Some(unescaped(field))
    }
}

/// The text of a field.
///
/// Bytes that are not UTF-8 (old links come in every encoding) and NUL (which no PostgreSQL text can hold) become
/// U+FFFD: the field is then still countable, which is all that is asked of it.
pub(super) fn unescaped(field: &[u8]) -> String {
    let bytes = if field.contains(&b'\\') {
        Cow::Owned(unescape(field))
    } else {
        Cow::Borrowed(field)
    };
    let text = String::from_utf8_lossy(&bytes);
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}")
    } else {
        text.into_owned()
    }
}

/// Undoes the escapes of Apache (`\"`, `\\`, `\n` and its kin, `\xHH`) and of nginx (`\xHH`).
///
/// A backslash before anything else is one that the server did not write as an escape, and stays.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut left = field;
    while let [first, after @ ..] = left {
        let (byte, rest) = if *first == b'\\' {
            escape(after)
        } else {
            (*first, after)
        };
        bytes.push(byte);
        left = rest;
    }
    bytes
}

/// The byte that an escape stands for, and what follows; `after` begins behind the backslash.
fn escape(after: &[u8]) -> (u8, &[u8]) {
    let (byte, width) = match after {
        [byte @ (b'"' | b'\\'), ..] => (*byte, 1),
        [b'n', ..] => (b'\n', 1),
        [b'r', ..] => (b'\r', 1),
        [b't', ..] => (b'\t', 1),
        [b'b', ..] => (0x08, 1),
        [b'v', ..] => (0x0b, 1),
        [b'x', high, low, ..] => match (hex_digit(*high), hex_digit(*low)) {
            (Some(high), Some(low)) => (high << 4 | low, 3),
            _ => (b'\\', 0),
        },
        _ => (b'\\', 0),
    };
    (byte, &after[width..])
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone() {
        let cases: [(&[u8], &str); 12] = [
            (b"plain", "plain"),
            (br#"say \"hi\""#, "say \"hi\""),
            (br"C:\\temp", r"C:\temp"),
            (br"\x22nginx\x22 \x5C", "\"nginx\" \\"),
            (br"a\tb\nc\rd", "a\tb\nc\rd"),
            (br"\xc3\xa9t\xC3\xA9", "été"),
            (br"\xe4\xe5", "\u{fffd}\u{fffd}"),
            (b"raw \xe9 byte", "raw \u{fffd} byte"),
            (br"nul \x00 end", "nul \u{fffd} end"),
            (b"nul \x00 end", "nul \u{fffd} end"),
            (br"\q \xZZ \x4", r"\q \xZZ \x4"),
            (br"ends with \", r"ends with \"),
        ];
        for (field, expected) in cases {
            assert_eq!(unescaped(field), expected, "{}", field.escape_ascii());
        }
    }

    #[test]
    fn dash_and_nothing_mean_none() {
        assert_eq!(optional(b"-"), None);
        assert_eq!(optional(b""), None);
        assert_eq!(optional(b"--").as_deref(), Some("--"));
    }
}
