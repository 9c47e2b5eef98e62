//! The catalogue: every text that people read, in every language there is, side by side. A language more is a field more
//! of [`Text`], and the compiler then names each text that lacks it.

use std::{borrow::Cow, cell::Cell};

pub(crate) mod account;
pub(crate) mod actor;
pub(crate) mod audit;
pub(crate) mod chart;
pub(crate) mod entry;
pub(crate) mod event;
pub(crate) mod explore;
pub(crate) mod key;
pub(crate) mod ledger;
pub(crate) mod live;
pub(crate) mod overview;
pub(crate) mod people;
pub(crate) mod phrase;
pub(crate) mod playground;
pub(crate) mod rule;
pub(crate) mod settings;
pub(crate) mod shell;
pub(crate) mod system;
pub(crate) mod tag;
pub(crate) mod unique;
pub(crate) mod view;

/// A language of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
}

impl Language {
    /// All of them, each with the name that its speakers give it.
    pub(crate) const ALL: [(Self, &'static str); 2] = [(Self::English, "English"), (Self::German, "Deutsch")];

    /// The code in attributes: `en`.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The code by which numbers and dates are written.
    pub(crate) fn locale(self) -> &'static str {
        match self {
            // Days before months, and 24 hours, as all the world but one country has them.
            Self::English => "en-GB",
            Self::German => "de-DE",
        }
    }

    /// The language that a browser calls `de-AT`, where there is one.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let code = name.split('-').next().unwrap_or(name);
        Self::ALL
            .into_iter()
            .map(|(language, _)| language)
            .find(|language| language.code() == code)
    }
}

thread_local! {
    static LANGUAGE: Cell<Language> = const { Cell::new(Language::English) };
}

/// Speaks a language from now on; said once, before anything is shown.
pub(crate) fn use_language(language: Language) {
    LANGUAGE.set(language);
    if let Some(root) = crate::browser::root() {
        let _ = root.set_attribute("lang", language.code());
    }
}

/// The language that is spoken.
pub(crate) fn language() -> Language {
    LANGUAGE.get()
}

/// One text in every language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Text {
    english: &'static str,
    german: &'static str,
}

/// A text of the catalogue.
pub(crate) const fn text(english: &'static str, german: &'static str) -> Text {
    Text { english, german }
}

/// The text in the language that is spoken.
pub(crate) fn t(text: Text) -> &'static str {
    match language() {
        Language::English => text.english,
        Language::German => text.german,
    }
}

/// The text with values in the places of `{0}`, `{1}`, ….
pub(crate) fn fill(text: Text, values: &[&str]) -> String {
    let mut filled = t(text).to_owned();
    for (index, value) in values.iter().enumerate() {
        filled = filled.replace(&format!("{{{index}}}"), &apart(value));
    }
    filled
}

/// A value as it stands in a text: where it has letters that run from the right, or marks that turn others round, it is set
/// apart, so that the text around it stays as it is.
fn apart(value: &str) -> Cow<'_, str> {
    let turns = |letter: char| {
        matches!(letter, '\u{590}'..='\u{8ff}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}')
    };
    if value.contains(turns) {
        Cow::Owned(format!("\u{2068}{value}\u{2069}"))
    } else {
        Cow::Borrowed(value)
    }
}
