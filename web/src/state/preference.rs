//! How somebody likes to read: light or dark, and in which language. This browser remembers it.

use leptos::prelude::*;

use crate::{
    browser,
    text::{Language, use_language},
};

/// The names under which it is remembered; `static/early.js` knows the first as well.
const THEME: &str = "tidemark.theme";
const LANGUAGE: &str = "tidemark.language";

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
}

impl Preference {
    /// Offers the preferences to all components.
    pub(crate) fn provide() {
        let theme = browser::remembered(THEME).map_or(Theme::System, |name| Theme::named(&name));
        provide_context(Self {
            theme: RwSignal::new(theme),
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
