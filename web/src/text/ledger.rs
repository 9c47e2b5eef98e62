//! What became of every event that was received.

use super::{Text, text};

pub(crate) const TITLE: Text = text("Ledger", "Hauptbuch");
pub(crate) const INTRO: Text = text(
    "What became of every event that was received: each counts once, the refused ones as well.",
    "Was aus jedem empfangenen Ereignis wurde: Jedes zählt einmal, auch die abgewiesenen.",
);
pub(crate) const RECEIVED: Text = text("Received", "Empfangen");
pub(crate) const ACCEPTED: Text = text("Stored", "Gespeichert");
pub(crate) const DUPLICATE: Text = text("Known already", "Schon bekannt");
pub(crate) const INVALID: Text = text("Not valid", "Ungültig");
pub(crate) const DENIED: Text = text("Denied by a rule", "Von einer Regel abgewiesen");
pub(crate) const TYPE_CONFLICT: Text = text("Quarantined", "In Quarantäne");
pub(crate) const RATE_LIMITED: Text = text("Too many at once", "Zu viele auf einmal");
pub(crate) const OVERLOADED: Text = text("Server overloaded", "Server überlastet");
pub(crate) const FAILED: Text = text("Failed", "Fehlgeschlagen");
pub(crate) const BALANCE: Text = text(
    "{0} received = {1} by outcome. Nothing is missing.",
    "{0} empfangen = {1} nach Ergebnis. Nichts fehlt.",
);
pub(crate) const OUT_OF_BALANCE: Text = text(
    "{0} received, but {1} by outcome: the sums differ.",
    "{0} empfangen, aber {1} nach Ergebnis: Die Summen weichen ab.",
);
pub(crate) const OUTCOMES: Text = text("Outcomes", "Ergebnisse");
pub(crate) const OUTCOME: Text = text("Outcome", "Ergebnis");
pub(crate) const BY: Text = text("Show by", "Zeigen nach");
pub(crate) const REASON: Text = text("Reason", "Grund");
pub(crate) const ACTION: Text = text("Action", "Aktion");
pub(crate) const KEY: Text = text("Key", "Schlüssel");
pub(crate) const DOOR: Text = text("Door", "Tür");
pub(crate) const COUNT: Text = text("Events", "Ereignisse");
pub(crate) const OVER_TIME: Text = text("Over time", "Im Lauf der Zeit");
pub(crate) const NONE: Text = text(
    "Nothing was received in this period.",
    "In diesem Zeitraum wurde nichts empfangen.",
);
