//! Charts and rankings.

use super::{Text, text};

pub(crate) const AT_LEAST: Text = text("At least", "Mindestens");
pub(crate) const AT_MOST: Text = text("At most", "Höchstens");
pub(crate) const AS_TABLE: Text = text("As a table", "Als Tabelle");
pub(crate) const BEFORE: Text = text("Period before", "Zeitraum davor");
pub(crate) const EMPTY: Text = text("(empty)", "(leer)");
pub(crate) const FILTER_BY: Text = text(", filter by it", ", danach filtern");
pub(crate) const NONE: Text = text("(none)", "(ohne)");
pub(crate) const NOTHING: Text = text("Nothing in this period", "Nichts in diesem Zeitraum");
pub(crate) const NOW: Text = text("This period", "Dieser Zeitraum");
pub(crate) const READOUT: Text = text("{0}: {1}", "{0}: {1}");
pub(crate) const READOUT_BEFORE: Text = text("{0}: {1} · {2}: {3}", "{0}: {1} · {2}: {3}");
pub(crate) const SUMMARY: Text = text(
    "{0}: {1} in all, most of them on {2} ({3})",
    "{0}: insgesamt {1}, die meisten {2} ({3})",
);
pub(crate) const SUMMARY_NOTHING: Text = text("{0}: nothing in this period", "{0}: nichts in diesem Zeitraum");
pub(crate) const WHEN: Text = text("When", "Wann");
