//! Access logs of Apache and nginx, read line by line and turned into drafts of events.
//!
//! Pure: no clock, no database, no terminal. `import` opens the file, shows the progress and hands the drafts to the
//! pipeline.
//!
//! ```text
//! bytes ─ Reader ─→ Record { number, digest, line } ─ Translator ─→ Draft | Skip
//! ```

mod cursor;
mod event;
mod line;
mod occurrence;
mod origin;
mod page;
mod reader;
mod request;
mod text;
mod time;

#[cfg(test)]
mod tests;

pub use event::{Draft, Translator};
pub use line::{Field, Line, LineError, MAX_LINE_BYTES, parse};
pub use origin::{Origin, OriginError};
pub use page::{Skip, Skipped};
pub use reader::{ReadError, Reader, Record};
