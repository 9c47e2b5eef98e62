//! Importing and exporting, with the program's own commands beside a running server.

mod access_log;
mod event;
mod output;

/// The counts of an import's first line, by what they count: `10000 lines: 9999 events imported, …`.
fn tally(printed: &str, what: &str) -> u64 {
    let line = printed.lines().next().unwrap_or_default();
    let part = line.split([':', ',']).find(|part| part.trim_end().ends_with(what));
    let number = part.and_then(|part| part.split_whitespace().next()?.parse().ok());
    number.unwrap_or_else(|| panic!("no {what:?} in {printed:?}"))
}
