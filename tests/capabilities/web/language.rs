//! The second language: on no page, empty or in use, and in no dialog is a text left in the first.

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};
use support::{browser::Look, folder::repository};

use super::{
    look::{IN_USE, PAGES},
    scene,
    visit::Visit,
};

/// Literals that are shorter than this between the places for values are not told from data.
const TELLING: usize = 8;

/// A text of the catalogue.
#[derive(Debug)]
struct Entry {
    english: String,
    german: String,
}

/// The string that begins at the next quotation mark, and what follows it.
fn literal(text: &str) -> Option<(String, &str)> {
    let (_, rest) = text.split_once('"')?;
    let mut read = String::new();
    let mut characters = rest.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((read, &rest[at + 1..])),
            '\\' => read.push(characters.next()?.1),
            other => read.push(other),
        }
    }
    None
}

/// Every text of the catalogue that its languages have different words for.
fn catalogue() -> Vec<Entry> {
    let mut entries = Vec::new();
    for file in fs::read_dir(repository().join("web/src/text")).expect("the catalogue") {
        let source = fs::read_to_string(file.expect("a file").path()).expect("text");
        let parts = source.split("text(").skip(1);
        for part in parts.filter(|part| part.trim_start().starts_with('"')) {
            let (english, rest) = literal(part).expect("an English text");
            let (german, _) = literal(rest).expect("a German text");
            if english != german {
                entries.push(Entry { english, german });
            }
        }
    }
    entries
}

/// Whether a text is this one, with values in its places for them.
fn is_of(text: &str, entry: &str) -> bool {
    let mut rest = text;
    let mut literals = Vec::new();
    let mut pattern = entry;
    while let Some(at) = pattern.find('{') {
        literals.push(&pattern[..at]);
        pattern = &pattern[at + 3..];
    }
    literals.push(pattern);
    if literals.len() == 1 {
        return text == entry;
    }
    if literals.iter().all(|literal| literal.trim().len() < TELLING) {
        return false;
    }
    for (index, literal) in literals.iter().enumerate() {
        let found = if index == 0 {
            rest.starts_with(literal).then_some(0)
        } else {
            rest.find(literal)
        };
        match found {
            Some(at) => rest = &rest[at + literal.len()..],
            None => return false,
        }
    }
    true
}

/// What people read on a page, and what is read out to them; code is of no language.
const READ: &str = "const texts = new Set(); const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); \
                    while (walk.nextNode()) if (!walk.currentNode.parentElement.closest('pre, code')) \
                    texts.add(walk.currentNode.textContent.trim()); for (const element of \
                    document.querySelectorAll('[aria-label], [placeholder], [title]')) for (const name of ['aria-label', \
                    'placeholder', 'title']) texts.add((element.getAttribute(name) ?? '').trim()); texts.add(document.title); \
                    return [...texts].filter((text) => text !== '')";

/// Fails where something on the page is English.
async fn check(visit: &Visit, catalogue: &[Entry], page: &str) {
    let read = visit.browser.script(READ, json!([])).await;
    let read: Vec<String> = serde_json::from_value(read).expect("texts");
    assert!(read.len() > 20, "{page}: {read:?}");
    let is_german = |text: &String| catalogue.iter().any(|entry| is_of(text, &entry.german));
    let left: BTreeSet<&String> = read
        .iter()
        .filter(|text| catalogue.iter().any(|entry| is_of(text, &entry.english)) && !is_german(text))
        .filter(|text| !DATA.contains(&text.as_str()))
        .collect();
    assert!(left.is_empty(), "{page}: these are English: {left:?}");
}

/// Words of the API that are shown as they are, and happen to be texts as well.
const DATA: &[&str] = &["action", "search", "direct", "other"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_is_left_in_the_first_language() {
    let catalogue = catalogue();
    assert!(catalogue.len() > 300, "{}", catalogue.len());
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    browser.choose("Language", "Deutsch").await;
    browser.sees("Abmelden").await;
    let language = "return document.documentElement.lang";
    assert_eq!(browser.script(language, json!([])).await, Value::from("de"));
    for (page, path, _) in PAGES {
        visit.go(path).await;
        browser.sees("Abmelden").await;
        browser.misses("Wird geladen").await;
        check(&visit, &catalogue, &format!("{page}, empty")).await;
    }
    scene::fill(&visit).await;
    for (page, path, _) in IN_USE {
        visit.go(path).await;
        browser.sees("Abmelden").await;
        browser.misses("Wird geladen").await;
        check(&visit, &catalogue, &format!("{page}, in use")).await;
    }
    // What opens on a press.
    for (path, press, seen) in [
        ("/s/shop/lists", "Regel anlegen", "Muster"),
        ("/s/shop/keys", "Schlüssel anlegen", "Name"),
        ("/s/shop/views", "Ansicht anlegen", "Dimensionen"),
        ("/s/shop/views", "Bereich anlegen", "Felder"),
        ("/people", "Einladen", "E-Mail-Adresse"),
        ("/s/shop/raw", "Alle passenden löschen", "Zum Bestätigen"),
    ] {
        visit.go(path).await;
        browser.press(press).await;
        browser.sees(seen).await;
        check(&visit, &catalogue, &format!("{path}, {press}")).await;
    }
    // Numbers and days are written as the language has them.
    visit.go("/s/shop/overview?period=30d").await;
    browser.sees("Verschiedene Akteure").await;
    let written = "const text = document.querySelector('.figure-value').textContent; return /^\\d{1,3}(\\.\\d{3})+$/.test(text) || text";
    assert_eq!(browser.script(written, json!([])).await, json!(true));
    visit.was_clean().await;
}
