//! Asking a view anything.

use super::{Text, text};

pub(crate) const TITLE: Text = text("Explore", "Erkunden");
pub(crate) const VIEW: Text = text("View", "Ansicht");
pub(crate) const BY: Text = text("Group by", "Gruppieren nach");
pub(crate) const BY_NOTHING: Text = text("nothing", "nichts");
pub(crate) const COUNT: Text = text("Events", "Ereignisse");
pub(crate) const GROUPS: Text = text("Groups", "Gruppen");
pub(crate) const GROUPS_SHOWN: Text = text(
    "{0} groups, of which the first {1} are shown.",
    "{0} Gruppen, von denen die ersten {1} gezeigt sind.",
);
pub(crate) const SUM: Text = text("Sum of {0}", "Summe von {0}");
pub(crate) const COPY_GRAPHQL: Text = text("Copy as GraphQL", "Als GraphQL kopieren");
pub(crate) const COPY_CURL: Text = text("Copy as curl", "Als curl kopieren");
pub(crate) const FROM_ROLLUP: Text = text("From counts kept ready", "Aus bereiten Zählungen");
pub(crate) const FROM_RAW: Text = text("From raw events", "Aus den Ereignissen");
pub(crate) const FROM_BOTH: Text = text(
    "From counts kept ready, and the latest events",
    "Aus bereiten Zählungen und den neuesten Ereignissen",
);
pub(crate) const FRESH: Text = text("Up to the event {0}.", "Bis zum Ereignis {0}.");
pub(crate) const LAG: Text = text(
    "{0} of the latest were read one by one.",
    "{0} der neuesten wurden einzeln gelesen.",
);
pub(crate) const NONE: Text = text("Nothing in this period.", "Nichts in diesem Zeitraum.");
