//! What transports share: who calls, and what each request passes through.

pub mod address;
pub mod body;
pub mod caller;
pub mod connections;
pub mod deadline;
pub mod list;
pub mod middleware;
pub mod room;
