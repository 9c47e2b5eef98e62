//! What transports share: who calls, and what each request passes through.

pub mod caller;
pub mod connections;
pub mod middleware;
