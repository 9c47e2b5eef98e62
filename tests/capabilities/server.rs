//! The server as its operator knows it.

mod bound;
mod life;
mod probe;
mod setting;
