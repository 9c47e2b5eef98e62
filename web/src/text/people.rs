//! People: who may sign in, and what they may do.

use super::{Text, text};

pub(crate) const TITLE: Text = text("People", "Personen");
pub(crate) const INTRO: Text = text(
    "Who may sign in, and what they may do: on one site, or on all.",
    "Wer sich anmelden darf, und was jeder darf: auf einer Site, oder auf allen.",
);
pub(crate) const INVITE: Text = text("Invite", "Einladen");
pub(crate) const INVITE_TITLE: Text = text("Invite somebody", "Jemanden einladen");
pub(crate) const LET_IN: Text = text("Let somebody in", "Jemanden einlassen");
pub(crate) const LET_IN_TITLE: Text = text("Let somebody with an account in", "Jemanden mit Konto einlassen");
pub(crate) const EMAIL: Text = text("E-mail address", "E-Mail-Adresse");
pub(crate) const NAME: Text = text("Name", "Name");
pub(crate) const ROLE: Text = text("Role", "Rolle");
pub(crate) const ROLES: Text = text("Roles", "Rollen");
pub(crate) const WHERE: Text = text("Where", "Wo");
pub(crate) const EVERYWHERE: Text = text("Every site", "Jede Site");
pub(crate) const VIEWER: Text = text("Viewer", "Betrachter");
pub(crate) const ANALYST: Text = text("Analyst", "Analyst");
pub(crate) const ADMIN: Text = text("Admin", "Verwalter");
pub(crate) const OWNER: Text = text("Owner", "Eigentümer");
pub(crate) const ROLE_HINT: Text = text(
    "Viewers see; analysts also declare views; admins also change settings, lists and keys and delete; owners also say who may do what there.",
    "Betrachter sehen; Analysten legen auch Ansichten an; Verwalter ändern auch Einstellungen, Listen und Schlüssel und löschen; Eigentümer sagen auch, wer dort was darf.",
);
pub(crate) const LINK: Text = text("Link", "Link");
pub(crate) const LINK_HINT: Text = text(
    "Hand it to whom it is for. It works once, and is shown only now.",
    "Geben Sie ihn, wem er gilt. Er gilt einmal, und wird nur jetzt gezeigt.",
);
pub(crate) const STATE: Text = text("State", "Zustand");
pub(crate) const ACTIVE: Text = text("active", "aktiv");
pub(crate) const INVITED: Text = text("invited", "eingeladen");
pub(crate) const DISABLED: Text = text("locked", "gesperrt");
pub(crate) const FACTOR: Text = text("Second factor", "Zweiter Faktor");
pub(crate) const YES: Text = text("yes", "ja");
pub(crate) const NO: Text = text("no", "nein");
pub(crate) const SINCE: Text = text("Since", "Seit");
pub(crate) const WAYS: Text = text("Actions", "Aktionen");
pub(crate) const CHANGE: Text = text("Roles", "Rollen");
pub(crate) const CHANGE_TITLE: Text = text("Roles of {0}", "Rollen von {0}");
pub(crate) const GIVE: Text = text("Give role", "Rolle geben");
pub(crate) const TAKE: Text = text("Take away", "Entziehen");
pub(crate) const GIVEN: Text = text("The role is given.", "Die Rolle ist gegeben.");
pub(crate) const TAKEN: Text = text("The role is taken away.", "Die Rolle ist entzogen.");
pub(crate) const RENEW: Text = text("New link", "Neuer Link");
pub(crate) const RENEW_TITLE: Text = text("A link for {0}", "Ein Link für {0}");
pub(crate) const DISABLE: Text = text("Lock", "Sperren");
pub(crate) const DISABLE_TITLE: Text = text("Lock {0} out", "{0} aussperren");
pub(crate) const DISABLE_HINT: Text = text(
    "Sessions end at once. The account stays, and can be let in again.",
    "Sitzungen enden sofort. Das Konto bleibt, und lässt sich wieder einlassen.",
);
pub(crate) const DISABLED_NOTICE: Text = text("{0} is locked out.", "{0} ist ausgesperrt.");
pub(crate) const ENABLE: Text = text("Let in again", "Wieder einlassen");
pub(crate) const ENABLED_NOTICE: Text = text("{0} may come in again.", "{0} darf wieder herein.");
