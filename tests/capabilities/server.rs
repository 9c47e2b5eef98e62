//! The server as its operator knows it.

mod bound;
mod disk;
mod life;
mod probe;
mod setting;
