//! Signing in, and setting a password by a link.

use super::{Text, text};

pub(crate) const AGAIN: Text = text("Your session is over", "Ihre Sitzung ist vorbei");
pub(crate) const AGAIN_INTRO: Text = text(
    "Sign in again as {0}, and go on where you were: what you have typed is still there.",
    "Melden Sie sich wieder als {0} an, und machen Sie weiter, wo Sie waren: Was Sie eingegeben haben, ist noch da.",
);
pub(crate) const SOMEBODY_ELSE: Text = text("Sign in as somebody else", "Als jemand anderes anmelden");
pub(crate) const CODE: Text = text("Code of your second factor", "Code Ihres zweiten Faktors");
pub(crate) const CODE_HINT: Text = text(
    "Six digits from your app, or one of your recovery codes.",
    "Sechs Ziffern aus Ihrer App, oder einer Ihrer Ersatzcodes.",
);
pub(crate) const EMAIL: Text = text("E-mail address", "E-Mail-Adresse");
pub(crate) const EMAIL_OF_FIRST: Text = text(
    "Only for the first account; leave it empty if you were invited.",
    "Nur für das erste Konto; bleibt leer, wenn Sie eingeladen wurden.",
);
pub(crate) const LINK_BROKEN: Text = text("This link is not whole", "Dieser Link ist nicht vollständig");
pub(crate) const LINK_BROKEN_HINT: Text = text(
    "It has to end with # and the link's secret. Copy it once more, all of it.",
    "Er muss mit # und dem Geheimnis des Links enden. Kopieren Sie ihn noch einmal ganz.",
);
pub(crate) const NAME: Text = text("Name", "Name");
pub(crate) const NAME_HINT: Text = text("What others see you by.", "So sehen andere Sie.");
pub(crate) const PASSWORD: Text = text("Password", "Passwort");
pub(crate) const PASSWORD_HINT: Text = text(
    "At least 12 characters. Some words in a row are easy to remember.",
    "Mindestens 12 Zeichen. Einige Wörter hintereinander merken sich leicht.",
);
pub(crate) const PASSWORD_SET: Text = text(
    "The password is set. Sign in with it now.",
    "Das Passwort ist gesetzt. Melden Sie sich jetzt damit an.",
);
pub(crate) const PROVIDER: Text = text("Sign in by your organisation", "Über Ihre Organisation anmelden");
pub(crate) const SET_PASSWORD: Text = text("Set your password", "Passwort setzen");
pub(crate) const SET_PASSWORD_INTRO: Text = text(
    "One step, and you are in. This link works once.",
    "Ein Schritt, und Sie sind drin. Dieser Link gilt einmal.",
);
pub(crate) const SIGN_IN: Text = text("Sign in", "Anmelden");
pub(crate) const SIGN_IN_INTRO: Text = text("See how far the water has come.", "Sehen, wie weit das Wasser kam.");
