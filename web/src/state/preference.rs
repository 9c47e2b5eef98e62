//! How somebody likes to read and to type: light or dark, in which language, by which keys. This browser remembers it.

use leptos::prelude::*;

use crate::{
    browser,
    text::{Language, use_language},
};

/// The names under which it is remembered; `static/early.js` knows the first as well.
const THEME: &str = "tidemark.theme";
const LANGUAGE: &str = "tidemark.language";
const KEYS: &str = "tidemark.keys";

/// What is remembered of whoever wants no keys.
const OFF: &str = "off";

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the system has it.
    System,
    Light,
    Dark,
}

impl Theme {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The name in attributes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn named(name: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|theme| theme.name() == name)
            .unwrap_or(Self::System)
    }
}

/// The preferences of this browser.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Preference {
    theme: RwSignal<Theme>,
    keys: RwSignal<bool>,
}

impl Preference {
    /// Offers the preferences to all components.
    pub(crate) fn provide() {
        let theme = browser::remembered(THEME).map_or(Theme::System, |name| Theme::named(&name));
        provide_context(Self {
            theme: RwSignal::new(theme),
            keys: RwSignal::new(browser::remembered(KEYS).as_deref() != Some(OFF)),
        });
        use_language(language());
    }

    /// Light or dark.
    pub(crate) fn theme(self) -> Theme {
        self.theme.get()
    }

    /// Chooses light or dark.
    pub(crate) fn set_theme(self, theme: Theme) {
        self.theme.set(theme);
        browser::remember(THEME, (theme != Theme::System).then(|| theme.name()));
        if let Some(root) = browser::root() {
            let _ = match theme {
                Theme::System => root.remove_attribute("data-theme"),
                _ => root.set_attribute("data-theme", theme.name()),
            };
        }
    }

    /// Whether single characters go to pages, search and explain themselves.
    pub(crate) fn keys(self) -> bool {
        self.keys.get()
    }

    /// Chooses whether they do: whoever speaks to the computer types many.
    pub(crate) fn set_keys(self, on: bool) {
        self.keys.set(on);
        browser::remember(KEYS, (!on).then_some(OFF));
    }

    /// Chooses the language. The page is loaded anew: every text on it changes.
    pub(crate) fn set_language(self, language: Language) {
        browser::remember(LANGUAGE, Some(language.code()));
        browser::reload();
    }
}

/// The language chosen, else the first of the browser's that there is.
fn language() -> Language {
    let chosen = browser::remembered(LANGUAGE);
    let wanted = chosen.into_iter().chain(browser::languages());
    wanted
        .into_iter()
        .find_map(|name| Language::of(&name))
        .unwrap_or(Language::English)
}
