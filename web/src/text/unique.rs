//! Distinct actors.

use super::{Text, text};

pub(crate) const TITLE: Text = text("Uniques", "Verschiedene");
pub(crate) const INTRO: Text = text(
    "How many distinct actors did something. Up to 1,000 the number is exact; above, it lies between two bounds with 95 %.",
    "Wie viele verschiedene Akteure etwas taten. Bis 1.000 ist die Zahl genau; darüber liegt sie mit 95 % zwischen zwei Grenzen.",
);
pub(crate) const ACTION: Text = text("Action", "Aktion");
pub(crate) const ANY_ACTION: Text = text("any", "jede");
pub(crate) const SCOPE: Text = text("Scope", "Bereich");
pub(crate) const WHOLE: Text = text("the whole site", "die ganze Site");
pub(crate) const MISSING: Text = text(
    "Give a value for each field of the scope: {0}.",
    "Geben Sie für jedes Feld des Bereichs einen Wert an: {0}.",
);
pub(crate) const APPLY: Text = text("Count", "Zählen");
pub(crate) const ACTORS: Text = text("Unique actors", "Verschiedene Akteure");
pub(crate) const EXACT: Text = text("exact", "genau");
pub(crate) const BETWEEN: Text = text("between {0} and {1}", "zwischen {0} und {1}");
