//! One's own account.

use super::{Text, text};

pub(crate) const TITLE: Text = text("Your account", "Ihr Konto");
pub(crate) const PASSWORD: Text = text("Password", "Passwort");
pub(crate) const PASSWORD_NOW: Text = text("Password now", "Jetziges Passwort");
pub(crate) const PASSWORD_NEW: Text = text("New password", "Neues Passwort");
pub(crate) const PASSWORD_CHANGE: Text = text("Change password", "Passwort ändern");
pub(crate) const PASSWORD_CHANGED: Text = text(
    "The password is changed. Your other sessions are ended.",
    "Das Passwort ist geändert. Ihre anderen Sitzungen sind beendet.",
);
pub(crate) const SESSIONS: Text = text("Sessions", "Sitzungen");
pub(crate) const SESSIONS_HINT: Text = text(
    "Browsers that are signed in as you. End those that you do not know.",
    "Browser, die als Sie angemeldet sind. Beenden Sie, was Sie nicht kennen.",
);
pub(crate) const SESSION_END: Text = text("End", "Beenden");
pub(crate) const SESSION_ENDED: Text = text("The session is ended.", "Die Sitzung ist beendet.");
pub(crate) const SESSION_THIS: Text = text("this one", "diese");
pub(crate) const BROWSER: Text = text("Browser", "Browser");
pub(crate) const ADDRESS: Text = text("Address", "Adresse");
pub(crate) const USED: Text = text("Last used", "Zuletzt benutzt");
pub(crate) const BEGAN: Text = text("Began", "Begonnen");
pub(crate) const FACTOR: Text = text("Second factor", "Zweiter Faktor");
pub(crate) const FACTOR_OFF: Text = text(
    "With a second factor a stolen password opens nothing. You need an app for one-time codes.",
    "Mit einem zweiten Faktor öffnet ein gestohlenes Passwort nichts. Sie brauchen eine App für Einmalcodes.",
);
pub(crate) const FACTOR_ON: Text = text(
    "Signing in takes a code of your app. Recovery codes left: {0}.",
    "Zum Anmelden braucht es einen Code Ihrer App. Übrige Ersatzcodes: {0}.",
);
pub(crate) const FACTOR_BEGIN: Text = text("Set up", "Einrichten");
pub(crate) const FACTOR_SECRET: Text = text("Secret for your app", "Geheimnis für Ihre App");
pub(crate) const FACTOR_SECRET_HINT: Text = text(
    "Open the link on the device with the app, or type the secret there; then give the first code.",
    "Öffnen Sie den Link auf dem Gerät mit der App, oder tippen Sie das Geheimnis dort ein; geben Sie dann den ersten Code an.",
);
pub(crate) const FACTOR_OPEN: Text = text("Open in the app", "In der App öffnen");
pub(crate) const FACTOR_CODE: Text = text("First code", "Erster Code");
pub(crate) const FACTOR_CODE_NOW: Text = text("Code now", "Jetziger Code");
pub(crate) const FACTOR_CONFIRM: Text = text("Confirm", "Bestätigen");
pub(crate) const FACTOR_REMOVE: Text = text("Take away", "Entfernen");
pub(crate) const FACTOR_REMOVED: Text = text("The second factor is gone.", "Der zweite Faktor ist weg.");
pub(crate) const FACTOR_CODES: Text = text("Recovery codes", "Ersatzcodes");
pub(crate) const FACTOR_CODES_HINT: Text = text(
    "Each works once, in place of a code. They are shown only now: keep them where the app is not.",
    "Jeder gilt einmal anstelle eines Codes. Sie werden nur jetzt gezeigt: Bewahren Sie sie nicht bei der App auf.",
);
