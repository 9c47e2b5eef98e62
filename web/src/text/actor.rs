//! People and companies, and what they did.

use super::{Text, text};

pub(crate) const TITLE: Text = text("Actors", "Akteure");
pub(crate) const INTRO: Text = text(
    "Who did something: people and companies by their names, and what each did.",
    "Wer etwas tat: Personen und Firmen nach Namen, und was jede tat.",
);
pub(crate) const PEOPLE: Text = text("People", "Personen");
pub(crate) const COMPANIES: Text = text("Companies", "Firmen");
pub(crate) const KIND: Text = text("Who", "Wer");
pub(crate) const SEARCH: Text = text("Part of the name", "Teil des Namens");
pub(crate) const FIND: Text = text("Search", "Suchen");
pub(crate) const NONE: Text = text("Nobody here", "Hier ist niemand");
pub(crate) const NONE_HINT: Text = text(
    "Nobody of that name did anything in this period.",
    "Niemand dieses Namens tat etwas in diesem Zeitraum.",
);
pub(crate) const NAME: Text = text("Name", "Name");
pub(crate) const COUNT: Text = text("Events", "Ereignisse");
pub(crate) const FOUND: Text = text("Found", "Gefunden");
pub(crate) const MORE: Text = text(
    "{0} were found; these have the most events.",
    "{0} wurden gefunden; diese haben die meisten Ereignisse.",
);
pub(crate) const WAYS: Text = text("Actions", "Aktionen");
pub(crate) const OPEN: Text = text("What they did", "Was sie taten");
pub(crate) const FEED: Text = text("What {0} did", "Was {0} tat");
pub(crate) const KNOWN: Text = text("What is known", "Was bekannt ist");
pub(crate) const NOTHING_KNOWN: Text = text(
    "Nothing but what they did: no call has said who they are.",
    "Nichts als was sie taten: Kein Aufruf hat gesagt, wer sie sind.",
);
pub(crate) const ALIASES: Text = text("Also known as", "Auch bekannt als");
pub(crate) const COMPANY: Text = text("Acts for", "Handelt für");
pub(crate) const SUBSCRIPTION: Text = text("Subscription", "Abonnement");
pub(crate) const FIRST_SEEN: Text = text("First seen", "Zuerst gesehen");
pub(crate) const LAST_SEEN: Text = text("Last seen", "Zuletzt gesehen");
pub(crate) const FIRST_TOUCH: Text = text("First brought by", "Zuerst gebracht von");
pub(crate) const LAST_TOUCH: Text = text("Last brought by", "Zuletzt gebracht von");
pub(crate) const BACK: Text = text("Everybody", "Alle");
