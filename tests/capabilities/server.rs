//! The server as its operator knows it.

mod life;
mod probe;
mod setting;
