//! How the server is.

use super::{Text, text};

pub(crate) const TITLE: Text = text("System", "System");
pub(crate) const INTRO: Text = text(
    "How the server is, over all sites. It is looked at again every five seconds.",
    "Wie es dem Server geht, über alle Sites. Alle fünf Sekunden wird wieder nachgesehen.",
);
pub(crate) const HEALTH: Text = text("Health", "Zustand");
pub(crate) const READY: Text = text("ready", "bereit");
pub(crate) const UNREADY: Text = text("not ready", "nicht bereit");
pub(crate) const WARNED: Text = text("works, with warnings", "arbeitet, mit Warnungen");
pub(crate) const VERSION: Text = text("Version", "Version");
pub(crate) const DATABASE: Text = text("Database", "Datenbank");
pub(crate) const ROOM: Text = text("Room of the database", "Platz der Datenbank");
pub(crate) const MEGABYTES: Text = text("{0} MB", "{0} MB");
pub(crate) const GIGABYTES: Text = text("{0} GB", "{0} GB");
pub(crate) const TERABYTES: Text = text("{0} TB", "{0} TB");
pub(crate) const FREE: Text = text("Free on its disk", "Frei auf ihrer Platte");
pub(crate) const LAG: Text = text("Events past the mark", "Ereignisse hinter der Marke");
pub(crate) const LAG_HINT: Text = text(
    "Not folded into counts yet; answers read them one by one.",
    "Noch nicht in Zählungen; Antworten lesen sie einzeln.",
);
pub(crate) const QUEUE: Text = text("Events in the queue", "Ereignisse in der Schlange");
pub(crate) const QUEUE_HINT: Text = text(
    "Received, and not written yet.",
    "Empfangen, und noch nicht geschrieben.",
);
pub(crate) const UNKNOWN: Text = text("cannot be told", "lässt sich nicht sagen");
