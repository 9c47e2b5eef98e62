//! What several pages share: who is signed in, what they may do and where they are, and how they like to read.

pub(crate) mod notice;
pub(crate) mod preference;
pub(crate) mod question;
pub(crate) mod session;
pub(crate) mod surroundings;
