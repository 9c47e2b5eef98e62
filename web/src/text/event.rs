//! Events in lists, and filters on them.

use super::{Text, text};

pub(crate) const ACTION: Text = text("Action", "Aktion");
pub(crate) const ACTOR: Text = text("Actor", "Akteur");
pub(crate) const CHOICE: Text = text("Selection", "Auswahl");
pub(crate) const COUNTRY: Text = text("Country", "Land");
pub(crate) const DEVICE: Text = text("Device", "Gerät");
pub(crate) const FILTER_ADD: Text = text("Filter", "Filtern");
pub(crate) const FILTER_BY: Text = text("Filter by", "Filtern nach");
pub(crate) const FILTER_VALUE: Text = text("Value", "Wert");
pub(crate) const PAGE: Text = text("Page", "Seite");
pub(crate) const TIME: Text = text("Time", "Zeit");
pub(crate) const TITLE: Text = text("Events", "Ereignisse");
pub(crate) const NONE: Text = text("No event here", "Hier ist kein Ereignis");
pub(crate) const NONE_HINT: Text = text(
    "None in this period has what the filters ask for.",
    "Keines in diesem Zeitraum hat, was die Filter verlangen.",
);
pub(crate) const SELECT: Text = text("Select {0}", "{0} auswählen");
pub(crate) const OPEN: Text = text("Open", "Öffnen");
pub(crate) const WAYS: Text = text("Actions", "Aktionen");
pub(crate) const SELECTED: Text = text("Delete selected ({0})", "Ausgewählte löschen ({0})");
pub(crate) const DELETE_ALL: Text = text("Delete all that match", "Alle passenden löschen");
pub(crate) const DELETE_TITLE: Text = text("Delete {0} events", "{0} Ereignisse löschen");
pub(crate) const DELETE_BY_ACTION: Text = text(
    "What they are; of more than ten actions those with most events:",
    "Was es ist; bei mehr als zehn Aktionen die mit den meisten Ereignissen:",
);
pub(crate) const DELETE_HINT: Text = text(
    "They go from every answer at once. Until the purge, a day later unless it is set otherwise, they can be brought back.",
    "Sie verschwinden sofort aus jeder Antwort. Bis zur Bereinigung, wenn nicht anders eingestellt nach einem Tag, lassen sie sich zurückholen.",
);
pub(crate) const DELETE: Text = text("Delete", "Löschen");
pub(crate) const DELETED: Text = text("{0} events are deleted.", "{0} Ereignisse sind gelöscht.");
pub(crate) const DELETIONS: Text = text("Deletions", "Löschungen");
pub(crate) const DELETIONS_HINT: Text = text(
    "What was deleted can be brought back until it is purged.",
    "Was gelöscht wurde, lässt sich zurückholen, bis es bereinigt ist.",
);
pub(crate) const WHEN: Text = text("When", "Wann");
pub(crate) const AMOUNT: Text = text("Events", "Ereignisse");
pub(crate) const DONE_OF: Text = text("{0} of {1}", "{0} von {1}");
pub(crate) const UNTIL: Text = text("Can come back until", "Zurückholbar bis");
pub(crate) const PROGRESS: Text = text("Progress", "Fortschritt");
pub(crate) const STATE: Text = text("State", "Zustand");
pub(crate) const HIDING: Text = text("hiding", "wird verborgen");
pub(crate) const HIDDEN: Text = text("deleted", "gelöscht");
pub(crate) const RESTORING: Text = text("coming back", "kommt zurück");
pub(crate) const RESTORED: Text = text("brought back", "zurückgeholt");
pub(crate) const PURGING: Text = text("being purged", "wird bereinigt");
pub(crate) const PURGED: Text = text("purged", "bereinigt");
pub(crate) const RESTORE: Text = text("Bring back", "Zurückholen");
pub(crate) const RESTORED_NOTICE: Text = text("{0} events are back.", "{0} Ereignisse sind zurück.");
pub(crate) const GONE: Text = text("This event is gone.", "Dieses Ereignis ist weg.");
