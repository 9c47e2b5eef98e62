//! The table that is printed.

use std::{error::Error, fmt};

/// One line of the table.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    what: String,
    target: String,
    measured: String,
    verdict: Verdict,
    detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Reached,
    Missed,
    /// Could not be measured.
    Failed,
    /// There is no target; it is told for comparison.
    Told,
}

impl Row {
    /// A value that must be at least so much.
    pub(crate) fn at_least(what: &str, target: f64, measured: f64, unit: &str) -> Self {
        let signs = ("≥", measured >= target);
        Self::new(what, signs, target, measured, unit)
    }

    /// A value that must be at most so much.
    pub(crate) fn at_most(what: &str, target: f64, measured: f64, unit: &str) -> Self {
        let signs = ("≤", measured <= target);
        Self::new(what, signs, target, measured, unit)
    }

    /// A value without a target.
    pub(crate) fn told(what: &str, measured: String) -> Self {
        Self {
            what: what.to_owned(),
            target: String::new(),
            measured,
            verdict: Verdict::Told,
            detail: String::new(),
        }
    }

    fn new(what: &str, (sign, reached): (&str, bool), target: f64, measured: f64, unit: &str) -> Self {
        Self {
            what: what.to_owned(),
            target: format!("{sign} {target}{unit}"),
            measured: format!("{}{unit}", significant(measured)),
            verdict: if reached { Verdict::Reached } else { Verdict::Missed },
            detail: String::new(),
        }
    }

    /// What else there is to know.
    pub(crate) fn detail(mut self, detail: String) -> Self {
        self.detail = detail;
        self
    }

    /// Takes the row as missed unless something else holds, too.
    pub(crate) fn provided(mut self, holds: bool) -> Self {
        if !holds {
            self.verdict = Verdict::Missed;
        }
        self
    }

    fn cells(&self) -> [&str; 5] {
        let verdict = match self.verdict {
            Verdict::Reached => "yes",
            Verdict::Missed => "NO",
            Verdict::Failed => "not measured",
            Verdict::Told => "",
        };
        [&self.what, &self.target, &self.measured, verdict, &self.detail]
    }
}

/// Three digits, or all in front of the point.
fn significant(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// All rows.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

impl Table {
    pub(crate) fn add(&mut self, row: Row) {
        eprintln!("{}", row.cells().join(" | "));
        self.rows.push(row);
    }

    /// A section that could not be measured.
    pub(crate) fn add_failure(&mut self, section: &str, fault: &dyn Error) {
        self.add(Row {
            what: format!("section {section}"),
            target: String::new(),
            measured: String::new(),
            verdict: Verdict::Failed,
            detail: fault.to_string().replace('\n', " "),
        });
    }

    /// Whether everything could be measured.
    pub(crate) fn is_complete(&self) -> bool {
        self.rows.iter().all(|row| row.verdict != Verdict::Failed)
    }
}

/// As Markdown whose columns are aligned in plain text.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["what", "must reach", "measured", "reached", "detail"];
        let rows: Vec<_> = std::iter::once(head).chain(self.rows.iter().map(Row::cells)).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; 5] = std::array::from_fn(width);
        for (index, row) in rows.iter().enumerate() {
            for (cell, width) in row.iter().zip(widths) {
                write!(f, "| {cell:width$} ")?;
            }
            f.write_str("|\n")?;
            if index == 0 {
                widths
                    .iter()
                    .try_for_each(|width| write!(f, "|{:-<1$}", "", width + 2))?;
                f.write_str("|\n")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Row, Table};

    #[test]
    fn the_table_is_aligned_and_says_what_was_missed() {
        let mut table = Table::default();
        table.add(Row::at_least("rate", 0.4, 0.5234, " ×"));
        table.add(Row::at_most("time", 10.0, 123.4, " ms").detail("slow".to_owned()));
        let text = table.to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[2], "| rate | ≥ 0.4 ×    | 0.523 ×  | yes     |        |");
        assert_eq!(lines[3], "| time | ≤ 10 ms    | 123 ms   | NO      | slow   |");
        assert!(table.is_complete());
        table.add_failure("lag", &std::io::Error::other("gone"));
        assert!(!table.is_complete());
    }
}
