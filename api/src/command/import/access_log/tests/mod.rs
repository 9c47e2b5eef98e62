//! Access logs from the outside: the lines that servers write, the ways files arrive, and the real log.

mod lines;
mod property;
mod reading;
mod real_log;
mod translation;

const COMBINED: &str =
    r#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 12 "https://ref.example/" "Agent/1.0""#;
