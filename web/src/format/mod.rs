//! How numbers and moments are written, by the browser's own knowledge of languages and time zones.

pub(crate) mod moment;
pub(crate) mod number;
mod writer;
pub(crate) mod zone;
