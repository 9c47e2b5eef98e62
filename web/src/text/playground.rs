//! Asking GraphQL by hand.

use super::{Text, text};

pub(crate) const TITLE: Text = text("Playground", "Spielwiese");
pub(crate) const INTRO: Text = text(
    "The API that this UI uses, by hand. What you send acts: it is done as you, and stands in the audit log.",
    "Die API, die diese Oberfläche benutzt, von Hand. Was Sie senden, wirkt: Es geschieht als Sie, und steht im Protokoll.",
);
pub(crate) const QUERY: Text = text("Operation", "Operation");
pub(crate) const QUERY_HINT: Text = text("Control and Enter sends it.", "Strg und Enter sendet sie.");
pub(crate) const VARIABLES: Text = text("Variables", "Variablen");
pub(crate) const VARIABLES_HINT: Text = text("As JSON.", "Als JSON.");
pub(crate) const VARIABLES_WRONG: Text = text("This is no JSON: {0}", "Das ist kein JSON: {0}");
pub(crate) const SEND: Text = text("Send", "Senden");
pub(crate) const STOP: Text = text("Stop", "Aufhören");
pub(crate) const ANSWER: Text = text("Answer", "Antwort");
pub(crate) const NO_ANSWER: Text = text("Nothing was sent yet.", "Noch wurde nichts gesendet.");
pub(crate) const WATCHING: Text = text("Waiting for what happens…", "Wartet auf das, was geschieht …");
pub(crate) const DOCS: Text = text("What there is", "Was es gibt");
pub(crate) const DOCS_HINT: Text = text(
    "Every operation and type, with what it means.",
    "Jede Operation und jeder Typ, mit Bedeutung.",
);
pub(crate) const SEARCH: Text = text("Search names", "Namen suchen");
pub(crate) const FOUND: Text = text("{0} found", "{0} gefunden");
