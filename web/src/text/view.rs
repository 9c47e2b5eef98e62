//! Views and scopes.

use super::{Text, text};

pub(crate) const TITLE: Text = text("Views and scopes", "Ansichten und Bereiche");
pub(crate) const INTRO: Text = text(
    "A view keeps counts ready by the dimensions that it names, a scope keeps counts of actors ready. Either takes in what was logged before it.",
    "Eine Ansicht hält Zählungen nach ihren Dimensionen bereit, ein Bereich Zählungen von Akteuren. Beide nehmen auf, was vor ihnen geloggt wurde.",
);
pub(crate) const DECLARE: Text = text("Declare view", "Ansicht anlegen");
pub(crate) const DECLARE_SCOPE: Text = text("Declare scope", "Bereich anlegen");
pub(crate) const VIEWS: Text = text("Views", "Ansichten");
pub(crate) const SCOPES: Text = text("Scopes", "Bereiche");
pub(crate) const SCOPES_HINT: Text = text("They hold on every site.", "Sie gelten auf jeder Site.");
pub(crate) const NAME: Text = text("Name", "Name");
pub(crate) const NAME_HINT: Text = text("For example: plans", "Zum Beispiel: plans");
pub(crate) const ACTIONS: Text = text("Actions", "Aktionen");
pub(crate) const ACTIONS_HINT: Text = text("One a line. Empty: all of them.", "Eine je Zeile. Leer: alle.");
pub(crate) const DIMENSIONS: Text = text("Dimensions", "Dimensionen");
pub(crate) const DIMENSIONS_HINT: Text = text(
    "One a line: action, url.path, country, tag.plan, …",
    "Eine je Zeile: action, url.path, country, tag.plan, …",
);
pub(crate) const MEASURES: Text = text("Measures", "Messwerte");
pub(crate) const MEASURES_HINT: Text = text(
    "Numbers to add up, one a line: tag.price",
    "Zahlen zum Zusammenzählen, eine je Zeile: tag.price",
);
pub(crate) const FIELDS: Text = text("Fields", "Felder");
pub(crate) const FIELDS_HINT: Text = text(
    "Actors are counted for each combination of values. One a line: tag.network, tag.plan",
    "Akteure werden für jede Verbindung von Werten gezählt. Eines je Zeile: tag.network, tag.plan",
);
pub(crate) const STATE: Text = text("State", "Zustand");
pub(crate) const LIVE: Text = text("ready", "bereit");
pub(crate) const FILLING: Text = text("{0} of {1}", "{0} von {1}");
pub(crate) const BUILT_IN: Text = text("built in", "eingebaut");
pub(crate) const EVERY_ACTION: Text = text("all", "alle");
pub(crate) const SIZE: Text = text("Rows kept", "Zeilen");
pub(crate) const MORE_THAN: Text = text("more than {0}", "mehr als {0}");
pub(crate) const USE: Text = text("Asked in 30 days", "Fragen in 30 Tagen");
pub(crate) const WAYS: Text = text("Actions", "Aktionen");
pub(crate) const DELETE: Text = text("Delete", "Löschen");
pub(crate) const DELETE_TITLE: Text = text("Delete “{0}”", "„{0}“ löschen");
pub(crate) const DELETE_HINT: Text = text(
    "Its counts go. The events stay: declared again, it takes them in again.",
    "Ihre Zählungen gehen. Die Ereignisse bleiben: Neu angelegt nimmt sie sie wieder auf.",
);
pub(crate) const DELETED: Text = text("{0} is deleted.", "{0} ist gelöscht.");
pub(crate) const DECLARED: Text = text("{0} is declared.", "{0} ist angelegt.");
