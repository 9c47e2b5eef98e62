//! The frame around every page.

use super::{Text, text};

pub(crate) const ACCOUNT: Text = text("Your account", "Ihr Konto");
pub(crate) const ACTORS: Text = text("Actors", "Akteure");
pub(crate) const AUDIT: Text = text("Audit", "Protokoll");
pub(crate) const DARK: Text = text("Dark", "Dunkel");
pub(crate) const EVENTS: Text = text("Events", "Ereignisse");
pub(crate) const EXPLORE: Text = text("Explore", "Erkunden");
pub(crate) const GROUP_LET_IN: Text = text("Letting in", "Zutritt");
pub(crate) const GROUP_ORGANISATION: Text = text("Organisation", "Organisation");
pub(crate) const GROUP_SET_UP: Text = text("Set up", "Einrichten");
pub(crate) const GROUP_SEE: Text = text("What happens", "Was geschieht");
pub(crate) const KEYBOARD: Text = text("Keys of the keyboard", "Tasten");
pub(crate) const KEYS: Text = text("Keys", "Schlüssel");
pub(crate) const KEYS_WANTED: Text = text("Use these keys", "Diese Tasten benutzen");
pub(crate) const KEYS_WANTED_HINT: Text = text(
    "take it away where you dictate, or press keys by mistake",
    "wegnehmen, wo Sie diktieren oder Tasten versehentlich drücken",
);
pub(crate) const LANGUAGE: Text = text("Language", "Sprache");
pub(crate) const LEDGER: Text = text("Ledger", "Hauptbuch");
pub(crate) const LIGHT: Text = text("Light", "Hell");
pub(crate) const LISTS: Text = text("Lists", "Listen");
pub(crate) const LIVE: Text = text("Live", "Live");
pub(crate) const LOOK: Text = text("Appearance", "Darstellung");
pub(crate) const MENU: Text = text("Menu", "Menü");
pub(crate) const NAVIGATION: Text = text("Pages", "Seiten");
pub(crate) const NOTHING_FOUND: Text = text("Nothing of that name", "Nichts dieses Namens");
pub(crate) const OVERVIEW: Text = text("Overview", "Überblick");
pub(crate) const PEOPLE: Text = text("People", "Personen");
pub(crate) const PLAYGROUND: Text = text("Playground", "Spielwiese");
pub(crate) const SEARCH: Text = text("Go to…", "Gehe zu …");
pub(crate) const SEARCH_HINT: Text = text("Pages and sites", "Seiten und Sites");
pub(crate) const SETTINGS: Text = text("Site settings", "Site-Einstellungen");
pub(crate) const SIGN_OUT: Text = text("Sign out", "Abmelden");
pub(crate) const SITE: Text = text("Site", "Site");
pub(crate) const SKIP: Text = text("Skip to the content", "Zum Inhalt springen");
pub(crate) const SYSTEM: Text = text("System", "System");
pub(crate) const SYSTEM_PAGE: Text = text("System", "System");
pub(crate) const TAGS: Text = text("Tags", "Tags");
pub(crate) const UNIQUES: Text = text("Uniques", "Verschiedene");
pub(crate) const VIEWS: Text = text("Views and scopes", "Ansichten und Bereiche");
pub(crate) const NO_SITE: Text = text("There is no site yet", "Es gibt noch keine Site");
pub(crate) const NO_SITE_HINT: Text = text(
    "A site is a web property or an application whose events are kept apart. Name the first one; its settings can be changed later.",
    "Eine Site ist ein Auftritt oder eine Anwendung, deren Ereignisse für sich bleiben. Geben Sie der ersten einen Namen; ihre Einstellungen lassen sich später ändern.",
);
pub(crate) const NO_SITE_FOR_YOU: Text = text(
    "You have no role on any site yet. Somebody who owns the organisation can give you one.",
    "Sie haben noch auf keiner Site eine Rolle. Wem die Organisation gehört, kann Ihnen eine geben.",
);
pub(crate) const CREATE_SITE: Text = text("Create site", "Site anlegen");
pub(crate) const SITE_MADE: Text = text("The site {0} is there.", "Die Site {0} ist da.");
pub(crate) const SITE_NAME: Text = text("Name of the site", "Name der Site");
pub(crate) const SITE_NAME_HINT: Text = text("For example: shop", "Zum Beispiel: shop");
pub(crate) const SHORT_HELP: Text = text("Show these keys", "Diese Tasten zeigen");
pub(crate) const SHORT_SEARCH: Text = text("Search pages and sites", "Seiten und Sites suchen");
pub(crate) const SHORT_GO: Text = text("Go to: {0}", "Gehe zu: {0}");
