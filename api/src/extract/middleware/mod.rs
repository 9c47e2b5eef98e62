//! What every request passes through.

pub mod access_log;
pub mod request_id;
pub mod security_header;
