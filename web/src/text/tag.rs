//! Tags: the types of their keys, and the quarantine.

use super::{Text, text};

pub(crate) const TITLE: Text = text("Tags", "Tags");
pub(crate) const INTRO: Text = text(
    "Each key of tags has one type, on every site. An event with another one waits in quarantine.",
    "Jeder Schlüssel von Tags hat einen Typ, auf jeder Site. Ein Ereignis mit einem anderen wartet in Quarantäne.",
);
pub(crate) const KEYS: Text = text("Keys", "Schlüssel");
pub(crate) const NONE: Text = text("No key yet", "Noch kein Schlüssel");
pub(crate) const NONE_HINT: Text = text(
    "The first event with a tag makes its keys known. Declare one to choose its type beforehand.",
    "Das erste Ereignis mit einem Tag macht dessen Schlüssel bekannt. Legen Sie einen an, um seinen Typ vorher zu wählen.",
);
pub(crate) const BEGINS_WITH: Text = text("Begins with", "Beginnt mit");
pub(crate) const SEARCH: Text = text("Search", "Suchen");
pub(crate) const NAME: Text = text("Key", "Schlüssel");
pub(crate) const NAME_HINT: Text = text("A dot in it is an underscore.", "Ein Punkt darin ist ein Unterstrich.");
pub(crate) const KIND: Text = text("Type", "Typ");
pub(crate) const KIND_HINT: Text = text(
    "string, number, boolean, object, or array of one of these",
    "string, number, boolean, object, oder array of eines davon",
);
pub(crate) const DECLARED_BADGE: Text = text("declared", "festgelegt");
pub(crate) const COUNT: Text = text("Events", "Ereignisse");
pub(crate) const SAMPLES: Text = text("Values", "Werte");
pub(crate) const LAST_SEEN: Text = text("Last seen", "Zuletzt gesehen");
pub(crate) const WAYS: Text = text("Actions", "Aktionen");
pub(crate) const DECLARE: Text = text("Declare key", "Schlüssel anlegen");
pub(crate) const DECLARED: Text = text("{0} is {1} from now on.", "{0} ist ab jetzt {1}.");
pub(crate) const RETYPE: Text = text("Change type", "Typ ändern");
pub(crate) const RETYPE_HINT: Text = text(
    "For events from here on, on every site. Those that are stored keep what they have.",
    "Für Ereignisse von hier an, auf jeder Site. Gespeicherte behalten, was sie haben.",
);
pub(crate) const RELEASE: Text = text("Release", "Freigeben");
pub(crate) const RELEASE_TITLE: Text = text("Take the type of “{0}” away", "„{0}“ den Typ nehmen");
pub(crate) const RELEASE_HINT: Text = text(
    "The next event with it gives it a type again.",
    "Das nächste Ereignis damit gibt ihm wieder einen Typ.",
);
pub(crate) const RELEASED: Text = text("{0} has no type any more.", "{0} hat keinen Typ mehr.");
pub(crate) const QUARANTINE: Text = text("Quarantine", "Quarantäne");
pub(crate) const QUARANTINE_HINT: Text = text("Events here: {0}.", "Ereignisse hier: {0}.");
pub(crate) const QUARANTINE_NONE: Text = text("Nothing is in quarantine.", "Nichts ist in Quarantäne.");
pub(crate) const TIME: Text = text("Time", "Zeit");
pub(crate) const ACTION: Text = text("Action", "Aktion");
pub(crate) const FIELD: Text = text("Field", "Feld");
pub(crate) const REASON: Text = text("Reason", "Grund");
pub(crate) const REASON_TYPE: Text = text("{0} where {1} is expected", "{0}, wo {1} erwartet ist");
pub(crate) const REASON_LIMIT: Text = text("no more keys are taken", "es werden keine Schlüssel mehr angenommen");
pub(crate) const REASON_UNDECLARED: Text = text("the key is not declared", "der Schlüssel ist nicht festgelegt");
pub(crate) const REASON_DENIED: Text = text("a rule does not let it in", "eine Regel lässt es nicht ein");
pub(crate) const REASON_INVALID_ACTION: Text = text(
    "its action breaks the site’s rule",
    "seine Aktion bricht die Regel der Site",
);
pub(crate) const REASON_EVENT_TOO_OLD: Text =
    text("it is older than the site takes", "es ist älter, als die Site annimmt");
pub(crate) const REASON_INVALID_TAG: Text = text("its tag is too large", "sein Tag ist zu groß");
pub(crate) const REASON_TAG_KEY_COLLISION: Text =
    text("two of its keys become one", "zwei seiner Schlüssel werden einer");
pub(crate) const REASON_TOO_LONG: Text = text("something in it is too long", "etwas darin ist zu lang");
pub(crate) const REASON_INVALID_TEXT: Text = text("a text in it is not valid", "ein Text darin ist ungültig");
pub(crate) const REASON_INVALID_IP: Text = text("its address is none", "seine Adresse ist keine");
pub(crate) const REASON_FORBIDDEN: Text = text("its key may not do this", "sein Schlüssel darf das nicht");
pub(crate) const REASON_TOO_MANY_ITEMS: Text = text("it has too many items", "es hat zu viele Einträge");
pub(crate) const REASON_BATCH_REFUSED: Text =
    text("it came with one that is wrong", "es kam mit einem, das falsch ist");
pub(crate) const REASON_BODY_TOO_LARGE: Text = text("it is too large", "es ist zu groß");
pub(crate) const REASON_INVALID_ARGUMENT: Text = text(
    "a field of it is out of bounds",
    "ein Feld darin liegt außerhalb der Grenzen",
);
pub(crate) const REASON_MALFORMED_REQUEST: Text = text("it could not be read", "es war nicht zu lesen");
pub(crate) const TAG: Text = text("Tag", "Tag");
pub(crate) const MEND: Text = text("Mend", "Beheben");
pub(crate) const MEND_TITLE: Text = text("Mend events with “{0}”", "Ereignisse mit „{0}“ beheben");
pub(crate) const FIX: Text = text("How", "Wie");
pub(crate) const FIX_NONE: Text = text("Try them as they are", "Unverändert versuchen");
pub(crate) const FIX_COERCE: Text = text("Turn the values into the type", "Die Werte in den Typ verwandeln");
pub(crate) const FIX_RENAME: Text = text("Rename the field", "Das Feld umbenennen");
pub(crate) const FIX_RETYPE: Text = text("Give the key another type", "Dem Schlüssel einen anderen Typ geben");
pub(crate) const TYPE_OR_NAME: Text = text("Type, or new name", "Typ, oder neuer Name");
pub(crate) const TRY: Text = text("Try", "Probieren");
pub(crate) const TRIED: Text = text(
    "Would be stored: {0}. Stored already: {1}. Would be refused again: {2}.",
    "Würden gespeichert: {0}. Schon gespeichert: {1}. Würden wieder abgewiesen: {2}.",
);
pub(crate) const REDRIVE: Text = text("Mend and log", "Beheben und loggen");
pub(crate) const REDRIVEN: Text = text(
    "Stored: {0}. Refused again: {1}. Still in quarantine: {2}.",
    "Gespeichert: {0}. Wieder abgewiesen: {1}. Noch in Quarantäne: {2}.",
);
pub(crate) const DELETE: Text = text("Delete all", "Alle löschen");
pub(crate) const DELETE_TITLE: Text = text("Empty the quarantine", "Die Quarantäne leeren");
pub(crate) const DELETE_HINT: Text = text(
    "What is in it was never stored, and cannot be brought back.",
    "Was darin ist, wurde nie gespeichert, und lässt sich nicht zurückholen.",
);
pub(crate) const DELETING: Text = text("{0} of {1} are deleted.", "{0} von {1} sind gelöscht.");
pub(crate) const DELETED: Text = text("{0} events are deleted.", "{0} Ereignisse sind gelöscht.");
