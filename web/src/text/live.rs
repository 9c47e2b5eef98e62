//! Events as they arrive.

use super::{Text, text};

pub(crate) const TITLE: Text = text("Live", "Live");
pub(crate) const INTRO: Text = text(
    "Events as they are stored, whatever door they come in by.",
    "Ereignisse, sobald sie gespeichert sind, gleich durch welche Tür sie kommen.",
);
pub(crate) const CONNECTING: Text = text("connecting", "verbindet");
pub(crate) const RUNNING: Text = text("live", "live");
pub(crate) const BROKEN: Text = text("interrupted, trying again", "unterbrochen, versucht es wieder");
pub(crate) const REFUSED: Text = text("refused", "abgelehnt");
pub(crate) const PAUSED: Text = text("paused: {0} more", "angehalten: {0} weitere");
pub(crate) const PAUSE: Text = text("Pause", "Anhalten");
pub(crate) const GO_ON: Text = text("Go on", "Weiter");
pub(crate) const NONE: Text = text("Nothing has arrived yet", "Noch ist nichts angekommen");
pub(crate) const NONE_HINT: Text = text(
    "The next event shows here by itself.",
    "Das nächste Ereignis erscheint hier von selbst.",
);
