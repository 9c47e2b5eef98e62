//! What a query may cost: how much it reckons, and how much it holds.

/// A query that asks for more than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooCostly(pub &'static str);

/// What is left of what a query may cost.
#[derive(Debug, Clone)]
pub struct Meter {
    steps: u64,
    bytes: u64,
}

/// Bytes of one value that a query makes.
const MOST_VALUE_BYTES: usize = 1 << 20;

impl Meter {
    /// So many steps of reckoning, and so many bytes that are held at once.
    #[must_use]
    pub fn new(steps: u64, bytes: u64) -> Self {
        Self { steps, bytes }
    }

    /// Takes steps; one for each value, more for long ones.
    pub(super) fn step(&mut self, steps: usize) -> Result<(), TooCostly> {
        let steps = steps as u64;
        if self.steps < steps {
            return Err(TooCostly(
                "it reckons too much; ask for fewer events by “where”, or for less of each",
            ));
        }
        self.steps -= steps;
        Ok(())
    }

    /// Holds bytes until the end.
    pub(super) fn hold(&mut self, bytes: usize) -> Result<(), TooCostly> {
        let bytes = bytes as u64;
        if self.bytes < bytes {
            return Err(TooCostly(
                "it has to remember too much; ask for fewer events by “where”, or for fewer columns",
            ));
        }
        self.bytes -= bytes;
        Ok(())
    }

    /// Lets go of bytes that were held.
    pub(super) fn release(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes as u64);
    }

    /// A text that a query makes, if it is not too long.
    pub(super) fn text(&mut self, text: String) -> Result<String, TooCostly> {
        if text.len() > MOST_VALUE_BYTES {
            return Err(TooCostly("a text that it makes is too long"));
        }
        self.step(text.len() / 64)?;
        Ok(text)
    }
}
