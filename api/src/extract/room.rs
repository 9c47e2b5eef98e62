//! Room for what bodies come to: a few packed bytes may unfold to a great many JSON values, each of which takes memory a
//! hundred times over on its way. How many a body may hold depends on who sends it; how many there may be at once, of all
//! bodies together, on nobody.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpRequest, web::Data};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::error::{Code, Error, Result};

/// JSON values and names in one body of somebody who holds no secret: whoever reads a page may send it.
pub const FEW_VALUES: usize = 16_384;
/// JSON values and names in one body of a backend, and of a body that has to be read to know whose it is. Five thousand
/// events of fifty fields come to as many.
pub const MANY_VALUES: usize = 400_000;
/// JSON values and names that are made at once of a list that is read part by part, and those of its largest item.
pub const PART_VALUES: usize = 65_536;
/// Bytes that count like one value: long texts take memory, too.
const BYTES_OF_VALUE: usize = 256;
/// Bodies that weigh no more than this do not wait for larger ones.
const LIGHT: usize = FEW_VALUES;
/// What light bodies may weigh at once, and heavy ones: some 150 MB of memory each.
const ROOM: usize = 500_000;
/// Whoever waits longer for a place is told that the server is busy.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How much there is of a body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measure {
    /// Bytes, unpacked.
    pub bytes: usize,
    /// JSON values and names in it, or a few more.
    pub values: usize,
    /// Those in its largest item, where it is a list.
    pub largest: usize,
    item: usize,
    depth: usize,
    in_text: bool,
    escaped: bool,
}

impl Measure {
    /// Of the bytes of a whole body.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut measure = Self::default();
        measure.add(bytes);
        measure
    }

    /// Adds the next bytes of a body: marks between values are counted where they do not stand in a text. What is no JSON
    /// is read no further than the parser does, and up to there both agree.
    pub fn add(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len();
        for byte in bytes {
            if self.in_text {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_text = false,
                    _ => {}
                }
            } else {
                match byte {
                    b'"' => self.in_text = true,
                    b',' | b':' => self.count(*byte == b',' && self.depth == 1),
                    b'[' | b'{' => {
                        self.depth += 1;
                        self.count(false);
                    }
                    b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                    _ => {}
                }
            }
        }
    }

    /// Counts a mark, behind which another item of a list may begin.
    fn count(&mut self, begins: bool) {
        self.values += 1;
        self.item = if begins { 0 } else { self.item + 1 };
        self.largest = self.largest.max(self.item);
    }

    /// What of a list takes memory that is read part by part.
    #[must_use]
    pub fn at_once(self) -> Self {
        Self {
            values: self.values.min(PART_VALUES + self.largest),
            ..self
        }
    }

    /// Refuses what holds more values than it may.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE`.
    pub fn check(&self, most_values: usize) -> Result<()> {
        if self.values <= most_values {
            return Ok(());
        }
        let message = format!(
            "A body may hold {most_values} JSON values and names; this holds more. Send it in parts, and large ones with a \
             backend's key."
        );
        Err(Error::new(Code::BodyTooLarge, message))
    }

    /// Refuses a list of which one item holds more values than it may.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE`.
    pub fn check_items(&self, most_values: usize) -> Result<()> {
        if self.largest <= most_values {
            return Ok(());
        }
        let message = format!(
            "An item of a list may hold {most_values} JSON values and names; one of these holds more. Send it in parts."
        );
        Err(Error::new(Code::BodyTooLarge, message))
    }

    fn weight(&self) -> usize {
        1 + self.values + self.bytes / BYTES_OF_VALUE
    }
}

/// The room of a server.
#[derive(Debug, Clone)]
pub struct Room {
    light: Arc<Semaphore>,
    heavy: Arc<Semaphore>,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            light: Arc::new(Semaphore::new(ROOM)),
            heavy: Arc::new(Semaphore::new(ROOM)),
        }
    }
}

/// A body's place, which is free again as soon as this is dropped.
#[derive(Debug, Default)]
pub struct Place {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// The room of the server that a request came to.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        request
            .app_data::<Data<Self>>()
            .map(|room| room.get_ref().clone())
            .unwrap_or_default()
    }

    /// Takes a place for a body, which waits for others where there is none.
    ///
    /// # Errors
    /// `OVERLOADED` where it waits for too long.
    pub async fn take(&self, measure: Measure) -> Result<Place> {
        self.take_within(measure, LONGEST_WAIT).await
    }

    async fn take_within(&self, measure: Measure, wait: Duration) -> Result<Place> {
        let weight = measure.weight();
        let room = if weight <= LIGHT { &self.light } else { &self.heavy };
        let permits = u32::try_from(weight.min(ROOM)).unwrap_or(u32::MAX);
        let taken = tokio::time::timeout(wait, room.clone().acquire_many_owned(permits)).await;
        match taken {
            Ok(Ok(permit)) => Ok(Place { _permit: Some(permit) }),
            _ => {
                let message = "The server reads as many large requests as it can at this moment; send it again.";
                Err(Error::new(Code::Overloaded, message).retry_after(Duration::from_secs(1)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> usize {
        Measure::of(text.as_bytes()).values
    }

    #[test]
    fn values_and_names_are_counted_outside_of_texts() {
        assert_eq!(values("{}"), 1);
        assert_eq!(values(r#"{"a": 1, "b": [1, 2]}"#), 6);
        assert_eq!(values(r#"{"a,:[{\"b\\": ","}"#), 2);
        assert_eq!(values(r#""\\\",,,," , 1"#), 1);
        assert_eq!(values("[[],[],[]]"), 6);
        // However it comes in.
        let text = r#"{"query": "{ a(b: \"x, y\") }", "variables": {"t": ["\\", "\"", {}]}}"#;
        for size in 1..text.len() {
            let mut measure = Measure::default();
            text.as_bytes().chunks(size).for_each(|chunk| measure.add(chunk));
            assert_eq!(measure, Measure::of(text.as_bytes()), "{size}");
        }
    }

    #[test]
    fn the_largest_item_of_a_list_is_told() {
        let largest = |text: &str| Measure::of(text.as_bytes()).largest;
        // The bracket of the list counts for its first item.
        assert_eq!(largest("[]"), 1);
        assert_eq!(largest("[1,2,3]"), 1);
        assert_eq!(largest(r#"[1, {"a": [1, 2], "b": ",,,"}, 3]"#), 6);
        assert_eq!(largest("[[1,2],[1,2,3],[]]"), 3);
        let list = format!("[{}]", vec!["[1,2]"; 100_000].join(","));
        let measure = Measure::of(list.as_bytes());
        assert!(measure.check_items(3).is_ok() && measure.check(299_999).is_err());
        assert_eq!(measure.at_once().values, PART_VALUES + 3);
        assert_eq!(Measure::of(b"[1,2]").at_once().values, 2);
        let one = format!("[1,{}]", "[[[]]],".repeat(10) + &list);
        let refused = Measure::of(one.as_bytes()).check_items(299_999).expect_err("one more");
        assert_eq!(refused.code, Code::BodyTooLarge);
        assert!(Measure::of(one.as_bytes()).check_items(300_000).is_ok());
    }

    #[test]
    fn what_holds_too_much_is_refused() {
        let text = format!("[{}1]", "1,".repeat(100));
        assert!(Measure::of(text.as_bytes()).check(101).is_ok());
        let refused = Measure::of(text.as_bytes()).check(100).expect_err("one more");
        assert_eq!(refused.code, Code::BodyTooLarge);
    }

    #[tokio::test]
    async fn heavy_bodies_wait_for_one_another_and_light_ones_for_neither() {
        let room = Room::default();
        let heavy = Measure {
            values: ROOM * 2 / 3,
            ..Measure::default()
        };
        let first = room.take(heavy).await.expect("there is room");
        let soon = Duration::from_millis(50);
        let second = room.take_within(heavy, soon).await.expect_err("there is none for both");
        assert_eq!(second.code, Code::Overloaded);
        let mut light = Vec::new();
        for _ in 0..100 {
            light.push(room.take(Measure::of(b"{}")).await.expect("they are light"));
        }
        drop(first);
        let _second = room.take(heavy).await.expect("there is room again");
        // What is larger than all there is has all of it.
        let whole = Measure {
            bytes: usize::MAX / 2,
            ..Measure::default()
        };
        assert!(Room::default().take(whole).await.is_ok());
    }
}
