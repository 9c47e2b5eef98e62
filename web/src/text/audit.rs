//! The audit log.

use super::{Text, text};

pub(crate) const TITLE: Text = text("Audit", "Protokoll");
pub(crate) const INTRO: Text = text(
    "Who changed what, on all of your sites. Entries are only ever added.",
    "Wer was geändert hat, auf allen Ihren Sites. Einträge kommen nur hinzu.",
);
pub(crate) const NONE: Text = text("No change here", "Hier ist keine Änderung");
pub(crate) const NONE_HINT: Text = text(
    "Nothing was changed by whom you ask for.",
    "Nach wem oder was Sie fragen, hat nichts geändert.",
);
pub(crate) const WHO: Text = text("Who", "Wer");
pub(crate) const WHO_HINT: Text = text("E-mail or key", "E-Mail oder Schlüssel");
pub(crate) const WHAT: Text = text("What", "Was");
pub(crate) const WHAT_HINT: Text = text("Such as updateSite", "Etwa updateSite");
pub(crate) const SEARCH: Text = text("Search", "Suchen");
pub(crate) const TIME: Text = text("Time", "Zeit");
pub(crate) const SITE: Text = text("Site", "Site");
pub(crate) const TARGET: Text = text("To what", "Woran");
pub(crate) const WAYS: Text = text("Actions", "Aktionen");
pub(crate) const OPEN: Text = text("Open", "Öffnen");
pub(crate) const BEFORE: Text = text("Before", "Vorher");
pub(crate) const AFTER: Text = text("After", "Nachher");
pub(crate) const ADDRESS: Text = text("Address", "Adresse");
pub(crate) const USER_AGENT: Text = text("User agent", "User-Agent");
pub(crate) const REQUEST: Text = text("Request", "Anfrage");
pub(crate) const NOBODY: Text = text("nobody known", "niemand Bekanntes");
pub(crate) const OPERATOR: Text = text("command line", "Kommandozeile");
