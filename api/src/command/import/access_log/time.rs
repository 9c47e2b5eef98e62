//! The time of a line, `[17/May/2015:10:05:03 +0000]`.

use jiff::{
    Timestamp,
    civil::{Date, Time},
    tz::Offset,
};

use super::{
    cursor::Cursor,
    line::{Field, LineError},
};

/// Bytes of the time with its brackets.
pub(super) const WIDTH: usize = 28;

const MONTHS: [&[u8]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// Finds the time of a line: where it begins, and when it is.
///
/// The end is looked for, not the beginning: a user name may contain a bracket, even a whole time, but a plain quote
/// only as `\"`. So nobody can choose the time of the line by choosing a name.
pub(super) fn find(line: &[u8]) -> Result<(usize, Timestamp), LineError> {
    let Some(close) = line.windows(3).position(|bytes| bytes == b"] \"") else {
        return Err(explain(line));
    };
    let found = (close + 1)
        .checked_sub(WIDTH)
        .and_then(|at| Some((at, parse(&line[at..=close])?)));
    found.ok_or_else(|| {
        let open = line[..close].iter().rposition(|byte| *byte == b'[');
        invalid(open.unwrap_or(close))
    })
}

fn invalid(at: usize) -> LineError {
    LineError::Invalid {
        field: Field::Time,
        column: at + 1,
        wanted: "like [17/May/2015:10:05:03 +0000]",
    }
}

/// Says what is missing in a line that has no time followed by a request.
fn explain(line: &[u8]) -> LineError {
    let Some(open) = line.iter().position(|byte| *byte == b'[') else {
        let mut words = Cursor::at(line, 0);
        let before = [Field::Client, Field::Identity, Field::User].map(|field| words.word(field).err());
        let (at, _) = words.remaining();
        let time = LineError::Missing {
            field: Field::Time,
            column: at + 1,
        };
        return before.into_iter().flatten().next().unwrap_or(time);
    };
    match line.get(open..open + WIDTH) {
        None => LineError::CutOff {
            field: Field::Time,
            column: line.len() + 1,
        },
        Some(time) if parse(time).is_some() => {
            let (at, _) = Cursor::at(line, open + WIDTH).remaining();
            LineError::Missing {
                field: Field::Request,
                column: at + 1,
            }
        }
        Some(_) => invalid(open),
    }
}

/// Reads the time with its brackets. Written out, because a general parser would take most of an import's time.
fn parse(bytes: &[u8]) -> Option<Timestamp> {
    let marks = [
        (0, b'['),
        (3, b'/'),
        (7, b'/'),
        (12, b':'),
        (15, b':'),
        (18, b':'),
        (21, b' '),
        (27, b']'),
    ];
    if bytes.len() != WIDTH || marks.iter().any(|(at, mark)| bytes[*at] != *mark) {
        return None;
    }
    let month = MONTHS.iter().position(|month| *month == &bytes[4..7])?;
    let year = i16::from(two_digits(bytes, 8)?) * 100 + i16::from(two_digits(bytes, 10)?);
    let date = Date::new(year, i8::try_from(month).ok()? + 1, two_digits(bytes, 1)?).ok()?;
    // Second 60 is a leap second, which a Unix time cannot express.
    let second = match two_digits(bytes, 19)? {
        60 => 59,
        second => second,
    };
    let [hour, minute, offset_hours, offset_minutes] = [13, 16, 23, 25].map(|at| two_digits(bytes, at));
    let time = Time::new(hour?, minute?, second, 0).ok()?;
    let offset_seconds = i32::from(offset_hours?) * 3600 + i32::from(offset_minutes?) * 60;
    let offset = match bytes[22] {
        b'+' => offset_seconds,
        b'-' => -offset_seconds,
        _ => return None,
    };
    Offset::from_seconds(offset)
        .ok()?
        .to_timestamp(date.to_datetime(time))
        .ok()
}

fn two_digits(bytes: &[u8], at: usize) -> Option<i8> {
    let digit = |at: usize| {
        bytes
            .get(at)
            .filter(|byte| byte.is_ascii_digit())
            .map(|byte| byte - b'0')
    };
    i8::try_from(digit(at)? * 10 + digit(at + 1)?).ok()
}
