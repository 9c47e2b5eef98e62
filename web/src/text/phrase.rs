//! What stands on many pages.

use super::{Text, text};

pub(crate) const CANCEL: Text = text("Cancel", "Abbrechen");
pub(crate) const CLOSE: Text = text("Close", "Schließen");
pub(crate) const CONFIRM_BY_TYPING: Text = text("Type “{0}” to confirm", "Zum Bestätigen „{0}“ eingeben");
pub(crate) const COPIED: Text = text("Copied.", "Kopiert.");
pub(crate) const COPY: Text = text("Copy", "Kopieren");
pub(crate) const DONE: Text = text("Done", "Fertig");
pub(crate) const FAILED: Text = text("This did not work", "Das hat nicht geklappt");
pub(crate) const LOADING: Text = text("Loading…", "Wird geladen …");
pub(crate) const MORE: Text = text("Show more", "Mehr zeigen");
pub(crate) const NEVER: Text = text("never", "nie");
pub(crate) const NO_PERMISSION: Text = text("This is not for your role", "Das darf Ihre Rolle nicht");
pub(crate) const NO_PERMISSION_HINT: Text = text(
    "You may not see this here. Somebody who owns the organisation can give you a role that may.",
    "Hier dürfen Sie das nicht sehen. Wem die Organisation gehört, kann Ihnen eine Rolle geben, die es darf.",
);
pub(crate) const NO_SUCH_SITE: Text = text("No such site", "Keine solche Site");
pub(crate) const NOT_FOUND: Text = text("There is nothing here", "Hier ist nichts");
pub(crate) const NOT_FOUND_HINT: Text = text(
    "The address may be mistyped, or what it led to is gone.",
    "Vielleicht ist die Adresse vertippt, oder es gibt nicht mehr, wohin sie führte.",
);
pub(crate) const NOT_COPIED: Text = text(
    "Not copied: the browser does not let this page.",
    "Nicht kopiert: Der Browser erlaubt es dieser Seite nicht.",
);
pub(crate) const OPTIONAL: Text = text("optional", "freiwillig");
pub(crate) const OUTDATED: Text = text(
    "The server runs another version by now. Load the page anew to go on.",
    "Auf dem Server läuft inzwischen eine andere Version. Laden Sie die Seite neu, um fortzufahren.",
);
pub(crate) const LOAD_ANEW: Text = text("Load anew", "Neu laden");
pub(crate) const TO_START: Text = text("To the start", "Zum Anfang");
pub(crate) const TRY_AGAIN: Text = text("Try again", "Noch einmal versuchen");
pub(crate) const SIGNED_OUT: Text = text("You are signed out.", "Sie sind abgemeldet.");
pub(crate) const UNREACHABLE: Text = text(
    "The server does not answer. Look whether you are connected, and try again.",
    "Der Server antwortet nicht. Prüfen Sie die Verbindung, und versuchen Sie es noch einmal.",
);
