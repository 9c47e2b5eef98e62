//! The settings of a site.

use super::{Text, text};

pub(crate) const TITLE: Text = text("Site settings", "Site-Einstellungen");
pub(crate) const SNIPPET: Text = text("Log from your pages", "Von Ihren Seiten loggen");
pub(crate) const SNIPPET_HINT: Text = text(
    "Put this into each page, with a key that has the pages’ origins in place of YOUR-KEY. Such a key may only log: anybody may read it.",
    "Setzen Sie dies in jede Seite, mit einem Schlüssel mit den Ursprüngen der Seiten anstelle von YOUR-KEY. So ein Schlüssel darf nur loggen: Jeder darf ihn lesen.",
);
pub(crate) const SNIPPET_CODE: Text = text("Code", "Code");
pub(crate) const WAITING: Text = text("Waiting for the first event…", "Wartet auf das erste Ereignis …");
pub(crate) const ARRIVED: Text = text(
    "Events arrive. The last one: {0}, {1}.",
    "Ereignisse kommen an. Das letzte: {0}, {1}.",
);
pub(crate) const ZONE_TITLE: Text = text("Time and actions", "Zeit und Aktionen");
pub(crate) const ZONE: Text = text("Time zone", "Zeitzone");
pub(crate) const ZONE_HINT: Text = text(
    "Where the site’s days begin. Another one has every count made anew from raw events.",
    "Wo die Tage der Site beginnen. Eine andere lässt jede Zählung aus den Ereignissen neu machen.",
);
pub(crate) const DROP: Text = text("Old counts may go", "Alte Zählungen dürfen gehen");
pub(crate) const DROP_HINT: Text = text(
    "where their raw events are gone by now, they cannot be made anew in another zone",
    "wo ihre Ereignisse schon fort sind, lassen sie sich in einer anderen Zeitzone nicht neu machen",
);
pub(crate) const ACTIONS: Text = text("Actions", "Aktionen");
pub(crate) const ACTIONS_FREE: Text = text("Any text", "Beliebiger Text");
pub(crate) const ACTIONS_CONTEXT: Text = text("context.activity", "context.activity");
pub(crate) const AGE: Text = text("Oldest event, in days", "Ältestes Ereignis, in Tagen");
pub(crate) const AGE_HINT: Text = text(
    "Older ones are refused. Empty: any age.",
    "Ältere werden abgewiesen. Leer: jedes Alter.",
);
pub(crate) const PRIVACY: Text = text("Privacy", "Datenschutz");
pub(crate) const IP: Text = text("IP addresses", "IP-Adressen");
pub(crate) const IP_WHOLE: Text = text("Keep them whole", "Ganz behalten");
pub(crate) const IP_TRUNCATED: Text = text("Keep the network", "Das Netz behalten");
pub(crate) const IP_NONE: Text = text("Keep nothing", "Nichts behalten");
pub(crate) const IDENTITY: Text = text("Unnamed actors last", "Unbenannte Akteure bleiben");
pub(crate) const A_DAY: Text = text("a day", "einen Tag");
pub(crate) const A_WEEK: Text = text("a week", "eine Woche");
pub(crate) const A_MONTH: Text = text("a month", "einen Monat");
pub(crate) const FOR_EVER: Text = text("ever", "immer");
pub(crate) const KEEPING: Text = text("How long things are kept", "Wie lange etwas bleibt");
pub(crate) const RAW: Text = text("Raw events, in days", "Ereignisse, in Tagen");
pub(crate) const ROLLUP: Text = text("Counts, in days", "Zählungen, in Tagen");
pub(crate) const EMPTY_FOR_EVER: Text = text("Empty: for ever.", "Leer: für immer.");
pub(crate) const TAGS: Text = text("Keys in tags", "Schlüssel in Tags");
pub(crate) const TAGS_ANY: Text = text("Any", "Beliebige");
pub(crate) const TAGS_STRICT: Text = text("Only declared ones", "Nur festgelegte");
pub(crate) const QUARANTINE_DAYS: Text = text("Quarantine, in days", "Quarantäne, in Tagen");
pub(crate) const QUARANTINE_ROOM: Text = text("Room for quarantine, in MB", "Platz für Quarantäne, in MB");
pub(crate) const PAGES: Text = text("Pages", "Seiten");
pub(crate) const ORIGINS: Text = text("Origins", "Ursprünge");
pub(crate) const ORIGINS_HINT: Text = text(
    "Where its pages are, such as https://www.example.com, one a line.",
    "Wo ihre Seiten sind, etwa https://www.example.com, einer je Zeile.",
);
pub(crate) const SHARE_HOSTS: Text = text("Hosts of share links", "Hosts von Teilen-Links");
pub(crate) const SHARE_HOSTS_HINT: Text = text(
    "One a line. Empty: the server’s.",
    "Einer je Zeile. Leer: die des Servers.",
);
pub(crate) const SCRIPT: Text = text("Name of the script", "Name des Skripts");
pub(crate) const SCRIPT_HINT: Text = text(
    "Such as hello, for /hello.js. Empty: script.",
    "Etwa hallo, für /hallo.js. Leer: script.",
);
pub(crate) const SAVE: Text = text("Save", "Sichern");
pub(crate) const SAVED: Text = text("The settings are saved.", "Die Einstellungen sind gesichert.");
pub(crate) const LOSE: Text = text("Save all the same", "Trotzdem sichern");
pub(crate) const LOSE_TITLE: Text = text("Keep less of “{0}”", "Von „{0}“ weniger behalten");
pub(crate) const LOSE_HINT: Text = text(
    "What is past a limit goes for good: raw events, counts, refused events in quarantine, and old counts that cannot be made anew in another time zone. Nothing brings them back.",
    "Was jenseits einer Grenze liegt, ist dann endgültig fort: Ereignisse, Zählungen, abgewiesene Ereignisse in Quarantäne, und alte Zählungen, die sich in einer anderen Zeitzone nicht neu machen lassen. Nichts holt sie zurück.",
);
pub(crate) const NUMBER_WRONG: Text = text("A whole number is needed.", "Hier gehört eine ganze Zahl hin.");
pub(crate) const DAYS_WRONG: Text = text("A number of days is needed.", "Hier gehört eine Zahl von Tagen hin.");
pub(crate) const NEW: Text = text("New site", "Neue Site");
