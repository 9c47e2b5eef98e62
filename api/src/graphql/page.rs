//! Pages after the Relay connection specification: cursors are places between things, so that they stay
//! good whatever is logged or deleted meanwhile.

use async_graphql::SimpleObject;

use crate::{
    domain::error::{Code, Error, Result},
    service::event::{Order, PageOf, Place},
};

/// Things of one page, where the caller does not say.
const DEFAULT_PAGE: usize = 50;
/// Things of one page.
const MOST_OF_PAGE: usize = 1_000;

/// What lies beyond a page.
#[derive(SimpleObject)]
pub(super) struct PageInfo {
    /// Whether there is more past the page.
    has_next_page: bool,
    /// Whether there is more before the page.
    has_previous_page: bool,
    /// The cursor of the first thing on the page.
    start_cursor: Option<String>,
    /// The cursor of the last thing on the page.
    end_cursor: Option<String>,
}

impl PageInfo {
    /// Of a page that is only ever read forward; `after` says whether it begins past a cursor.
    pub(super) fn forward(cursors: &[String], after: bool, more: bool) -> Self {
        Self {
            has_next_page: more,
            has_previous_page: after,
            start_cursor: cursors.first().cloned(),
            end_cursor: cursors.last().cloned(),
        }
    }
}

/// How many things a page has: as many as the argument `name` asks for, or `default`.
pub(super) fn size(name: &'static str, asked: Option<i32>, default: usize) -> Result<usize> {
    match asked.map(usize::try_from) {
        None => Ok(default),
        Some(Ok(size)) if (1..=MOST_OF_PAGE).contains(&size) => Ok(size),
        Some(_) => {
            let message = format!("`{name}` is 1 to {MOST_OF_PAGE}; for more, ask page by page.");
            Err(Error::new(Code::InvalidArgument, message).at(name))
        }
    }
}

/// The arguments of a connection.
pub(super) struct PageArguments {
    pub(super) first: Option<i32>,
    pub(super) after: Option<String>,
    pub(super) last: Option<i32>,
    pub(super) before: Option<String>,
}

/// A page to be read, and how to put it together.
pub(super) struct Paging {
    /// What to read; one more than the page, to know whether there are more.
    pub(super) read: PageOf,
    size: usize,
    backward: bool,
    bounded: bool,
}

impl PageArguments {
    /// What to read for these arguments.
    pub(super) fn paging(self, order: Order, descending: bool) -> Result<Paging> {
        let backward = self.last.is_some();
        if backward && self.first.is_some() {
            return Err(Error::new(Code::InvalidArgument, "Give `first` or `last`, not both.").at("last"));
        }
        let name = if backward { "last" } else { "first" };
        let size = size(name, self.first.or(self.last), DEFAULT_PAGE)?;
        let after = self.after.map(|text| read_cursor(&text, "after")).transpose()?;
        let before = self.before.map(|text| read_cursor(&text, "before")).transpose()?;
        let bounded = if backward { before.is_some() } else { after.is_some() };
        // Backward pages are read in the other order, and turned round.
        let (after, before) = if backward { (before, after) } else { (after, before) };
        let read = PageOf {
            order,
            descending: descending != backward,
            after,
            before,
            limit: size + 1,
        };
        Ok(Paging {
            read,
            size,
            backward,
            bounded,
        })
    }
}

impl Paging {
    /// Cuts what was read down to the page, and says what lies beyond.
    pub(super) fn finish<T>(&self, mut read: Vec<T>, cursor: impl Fn(&T) -> String) -> (Vec<T>, PageInfo) {
        let more = read.len() > self.size;
        read.truncate(self.size);
        if self.backward {
            read.reverse();
        }
        let info = PageInfo {
            has_next_page: if self.backward { self.bounded } else { more },
            has_previous_page: if self.backward { more } else { self.bounded },
            start_cursor: read.first().map(&cursor),
            end_cursor: read.last().map(&cursor),
        };
        (read, info)
    }
}

/// The cursor of a place: two numbers in hexadecimal, which callers are to take as they are.
pub(super) fn cursor(place: Place) -> String {
    format!("{:016x}{:016x}", place.time, place.sequence)
}

fn read_cursor(text: &str, path: &str) -> Result<Place> {
    let number = |part: Option<&str>| {
        part.and_then(|part| u64::from_str_radix(part, 16).ok())
            .map(u64::cast_signed)
    };
    let fits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (time, sequence) = (number(text.get(..16)), number(text.get(16..)));
    match (fits, time, sequence) {
        (true, Some(time), Some(sequence)) => Ok(Place { time, sequence }),
        _ => Err(Error::new(
            Code::InvalidCursor,
            "This is no cursor that this field gave out; take one from `cursor`, `startCursor` or `endCursor`.",
        )
        .at(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_nothing_else_is() {
        let place = Place { time: -5, sequence: 7 };
        assert_eq!(read_cursor(&cursor(place), "after").expect("its own"), place);
        for text in ["", "zz", &"g".repeat(32), "+000000000000001+000000000000001"] {
            assert!(read_cursor(text, "after").is_err(), "{text}");
        }
    }
}
