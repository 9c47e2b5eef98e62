//! API keys.

use super::{Text, text};

pub(crate) const TITLE: Text = text("Keys", "Schlüssel");
pub(crate) const INTRO: Text = text(
    "A key lets a program in: a backend that keeps it secret, or pages that show it to anybody and may only log.",
    "Ein Schlüssel lässt ein Programm ein: ein Backend, das ihn geheim hält, oder Seiten, die ihn jedem zeigen und nur loggen dürfen.",
);
pub(crate) const CREATE: Text = text("Create key", "Schlüssel anlegen");
pub(crate) const NAME: Text = text("Name", "Name");
pub(crate) const NAME_HINT: Text = text("Who or what it is for.", "Für wen oder was er ist.");
pub(crate) const PERMISSIONS: Text = text("It may", "Er darf");
pub(crate) const LOG: Text = text("Log", "Loggen");
pub(crate) const LOG_HINT: Text = text("send events", "Ereignisse senden");
pub(crate) const QUERY: Text = text("Query", "Fragen");
pub(crate) const QUERY_HINT: Text = text("ask questions", "Fragen stellen");
pub(crate) const DELETE: Text = text("Delete", "Löschen");
pub(crate) const DELETE_HINT: Text = text(
    "delete events and bring them back",
    "Ereignisse löschen und zurückholen",
);
pub(crate) const MANAGE: Text = text("Manage", "Verwalten");
pub(crate) const MANAGE_HINT: Text = text(
    "change settings, lists and keys",
    "Einstellungen, Listen und Schlüssel ändern",
);
pub(crate) const IMPERSONATE: Text = text("Impersonate", "Für andere sprechen");
pub(crate) const IMPERSONATE_HINT: Text = text("name users in tokens", "Benutzer in Tokens nennen");
pub(crate) const ORIGINS: Text = text("Origins", "Ursprünge");
pub(crate) const ORIGINS_HINT: Text = text(
    "For pages: where they are, such as https://www.example.com, one a line. A key with origins may only log.",
    "Für Seiten: wo sie sind, etwa https://www.example.com, einer je Zeile. Ein Schlüssel mit Ursprüngen darf nur loggen.",
);
pub(crate) const RATE: Text = text("Events a second", "Ereignisse je Sekunde");
pub(crate) const RATE_HINT: Text = text("Empty: no limit of its own.", "Leer: keine eigene Grenze.");
pub(crate) const RATE_WRONG: Text = text("A whole number is needed.", "Hier gehört eine ganze Zahl hin.");
pub(crate) const EXPIRES: Text = text("Stops at", "Endet");
pub(crate) const EXPIRES_HINT: Text = text("By your clock. Empty: never.", "Nach Ihrer Uhr. Leer: nie.");
pub(crate) const EDIT: Text = text("Edit", "Ändern");
pub(crate) const EDIT_TITLE: Text = text("Edit “{0}”", "„{0}“ ändern");
pub(crate) const SAVE: Text = text("Save", "Sichern");
pub(crate) const SAVED: Text = text(
    "The key is changed; its secret stays.",
    "Der Schlüssel ist geändert; sein Geheimnis bleibt.",
);
pub(crate) const EVERY_SITE: Text = text("For every site", "Für jede Site");
pub(crate) const SECRET: Text = text("The key", "Der Schlüssel");
pub(crate) const SECRET_HINT: Text = text(
    "It is shown only now. Copy it to where it is used.",
    "Er wird nur jetzt gezeigt. Kopieren Sie ihn dorthin, wo er gebraucht wird.",
);
pub(crate) const PREFIX: Text = text("Begins with", "Beginnt mit");
pub(crate) const STATE: Text = text("State", "Zustand");
pub(crate) const VALID: Text = text("works", "gilt");
pub(crate) const REVOKED: Text = text("revoked", "widerrufen");
pub(crate) const EXPIRED: Text = text("expired", "abgelaufen");
pub(crate) const PUBLIC: Text = text("public", "öffentlich");
pub(crate) const LAST_USED: Text = text("Last used", "Zuletzt benutzt");
pub(crate) const CREATED: Text = text("Created", "Angelegt");
pub(crate) const ACTIONS: Text = text("Actions", "Aktionen");
pub(crate) const ROTATE: Text = text("Rotate", "Erneuern");
pub(crate) const ROTATE_TITLE: Text = text("Give “{0}” a new secret", "„{0}“ ein neues Geheimnis geben");
pub(crate) const ROTATE_HINT: Text = text(
    "The new secret works at once. The old one works for an hour more, so that programs can change over.",
    "Das neue Geheimnis gilt sofort. Das alte gilt noch eine Stunde, damit Programme umsteigen können.",
);
pub(crate) const REVOKE: Text = text("Revoke", "Widerrufen");
pub(crate) const REVOKE_TITLE: Text = text("Revoke “{0}”", "„{0}“ widerrufen");
pub(crate) const REVOKE_HINT: Text = text(
    "Programs that use it are refused from the next request on. A revoked key does not come back.",
    "Programme, die ihn benutzen, werden ab der nächsten Anfrage abgewiesen. Ein widerrufener Schlüssel kommt nicht zurück.",
);
pub(crate) const REVOKED_NOTICE: Text = text("The key is revoked.", "Der Schlüssel ist widerrufen.");
pub(crate) const NONE: Text = text("No key yet", "Noch kein Schlüssel");
pub(crate) const NONE_HINT: Text = text(
    "Events come in with a key. Create one for your backend or your pages.",
    "Ereignisse kommen mit einem Schlüssel herein. Legen Sie einen für Ihr Backend oder Ihre Seiten an.",
);
pub(crate) const UNNAMED: Text = text("unnamed", "unbenannt");
