//! Allow and deny lists.

use super::{Text, text};

pub(crate) const TITLE: Text = text("Lists", "Listen");
pub(crate) const INTRO: Text = text(
    "What a deny rule matches is refused and counted. Where there are allow rules for something, an event must match one of them.",
    "Was eine Sperrregel trifft, wird abgewiesen und gezählt. Gibt es für etwas Freigaberegeln, muss ein Ereignis eine davon treffen.",
);
pub(crate) const ADD: Text = text("Add rule", "Regel anlegen");
pub(crate) const EDIT: Text = text("Edit", "Ändern");
pub(crate) const EDIT_TITLE: Text = text("Edit rule", "Regel ändern");
pub(crate) const SAVE: Text = text("Save", "Sichern");
pub(crate) const SAVED: Text = text(
    "The rule holds from the next event on.",
    "Die Regel gilt ab dem nächsten Ereignis.",
);
pub(crate) const DELETE: Text = text("Delete", "Löschen");
pub(crate) const DELETE_TITLE: Text = text("Delete the rule “{0}”", "Regel „{0}“ löschen");
pub(crate) const DELETE_HINT: Text = text(
    "Its hits go with it. To keep them, switch it off instead.",
    "Ihre Treffer gehen mit ihr. Um sie zu behalten, schalten Sie sie stattdessen aus.",
);
pub(crate) const DELETED: Text = text("The rule is deleted.", "Die Regel ist gelöscht.");
pub(crate) const NONE: Text = text("No rule yet", "Noch keine Regel");
pub(crate) const NONE_HINT: Text = text(
    "Everything is let in. Try a rule on the events of the last days before it acts.",
    "Alles wird eingelassen. Probieren Sie eine Regel an den Ereignissen der letzten Tage, bevor sie wirkt.",
);
pub(crate) const HITS_TITLE: Text = text(
    "Hits of “{0}” in the last 30 days",
    "Treffer von „{0}“ in den letzten 30 Tagen",
);
pub(crate) const GONE: Text = text("The rule is gone", "Die Regel ist weg");
pub(crate) const GONE_HINT: Text = text(
    "Somebody has deleted it meanwhile.",
    "Jemand hat sie inzwischen gelöscht.",
);
pub(crate) const LIST: Text = text("List", "Liste");
pub(crate) const DENY: Text = text("Deny", "Sperren");
pub(crate) const ALLOW: Text = text("Allow", "Freigeben");
pub(crate) const TARGET: Text = text("Looks at", "Sieht auf");
pub(crate) const ACTION: Text = text("Action", "Aktion");
pub(crate) const IP: Text = text("IP address", "IP-Adresse");
pub(crate) const USER_AGENT: Text = text("User agent", "User-Agent");
pub(crate) const REFERRER_HOST: Text = text("Referrer’s host", "Host des Verweises");
pub(crate) const URL_PATH: Text = text("Path", "Pfad");
pub(crate) const COUNTRY: Text = text("Country", "Land");
pub(crate) const BOT: Text = text("Bot", "Bot");
pub(crate) const PATTERN: Text = text("Pattern", "Muster");
pub(crate) const PATTERN_HINT: Text = text(
    "* stands for anything. For addresses: one, or a block such as 192.0.2.0/24. For bots: true or false.",
    "* steht für alles. Bei Adressen: eine, oder ein Block wie 192.0.2.0/24. Bei Bots: true oder false.",
);
pub(crate) const NOTE: Text = text("Note", "Notiz");
pub(crate) const NOTE_HINT: Text = text("Why it is there.", "Wozu sie da ist.");
pub(crate) const ENABLED: Text = text("On", "An");
pub(crate) const SHADOW: Text = text("Shadow", "Schatten");
pub(crate) const SHADOW_HINT: Text = text("only counts, and refuses nothing", "zählt nur, und weist nichts ab");
pub(crate) const EXPIRES: Text = text("Stops at", "Endet");
pub(crate) const EXPIRES_HINT: Text = text("By your clock. Empty: never.", "Nach Ihrer Uhr. Leer: nie.");
pub(crate) const HITS: Text = text("Hits", "Treffer");
pub(crate) const LAST_HIT: Text = text("Last hit", "Letzter Treffer");
pub(crate) const STATE: Text = text("State", "Zustand");
pub(crate) const STATE_ACTS: Text = text("acts", "wirkt");
pub(crate) const STATE_SHADOW: Text = text("shadow", "Schatten");
pub(crate) const STATE_OFF: Text = text("off", "aus");
pub(crate) const STATE_EXPIRED: Text = text("expired", "abgelaufen");
pub(crate) const WAYS: Text = text("Actions", "Aktionen");
pub(crate) const TRY: Text = text("Try it on the last 7 days", "An den letzten 7 Tagen probieren");
pub(crate) const TRIED: Text = text(
    "Of {0} events it would have refused {1}.",
    "Von {0} Ereignissen hätte sie {1} abgewiesen.",
);
pub(crate) const TRIED_ALREADY: Text = text("{0} are refused already.", "{0} werden schon abgewiesen.");
pub(crate) const TRIED_ACTION: Text = text("{0}: {1} of {2}", "{0}: {1} von {2}");
pub(crate) const TRIED_EMPTY: Text = text(
    "These views would fall to zero: {0}.",
    "Diese Ansichten fielen auf null: {0}.",
);
pub(crate) const EXPLAIN: Text = text("What would become of an event?", "Was würde aus einem Ereignis?");
pub(crate) const EXPLAIN_HINT: Text = text(
    "Paste one, as JSON. Nothing is stored.",
    "Fügen Sie eines als JSON ein. Gespeichert wird nichts.",
);
pub(crate) const EXPLAIN_EVENT: Text = text("Event", "Ereignis");
pub(crate) const EXPLAIN_ASK: Text = text("Ask", "Fragen");
pub(crate) const EXPLAIN_MATCHED: Text = text("Rules that match", "Treffende Regeln");
pub(crate) const EXPLAIN_UNREADABLE: Text = text("This is no event: {0}", "Das ist kein Ereignis: {0}");
pub(crate) const ACCEPTED: Text = text("It would be stored.", "Es würde gespeichert.");
pub(crate) const DUPLICATE: Text = text("It is there already.", "Es ist schon da.");
pub(crate) const DENIED: Text = text("A rule would refuse it.", "Eine Regel würde es abweisen.");
pub(crate) const REFUSED: Text = text("It would be refused.", "Es würde abgewiesen.");
pub(crate) const STEP_SHAPE: Text = text("Shape", "Form");
pub(crate) const STEP_ID: Text = text("Id", "Kennung");
pub(crate) const STEP_RULES: Text = text("Rules", "Regeln");
pub(crate) const STEP_TYPES: Text = text("Types of tags", "Typen der Tags");
pub(crate) const PASSED: Text = text("passed", "bestanden");
pub(crate) const NOT_REACHED: Text = text("not reached", "nicht erreicht");
pub(crate) const STOPPED: Text = text("refused", "abgewiesen");
pub(crate) const SEEN: Text = text("known", "bekannt");
