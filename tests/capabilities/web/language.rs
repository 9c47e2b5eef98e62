//! The second language: on no page, empty or in use, in no dialog and in nothing that stands in for a page is a text left in
//! the first; and no text stands outside the catalogue, where nobody would miss it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use support::{browser::Look, folder::repository, person::PASSWORD};

use super::{
    look::{IN_USE, PAGES},
    opened::{FAIL, OPENED, VIEWER, open, sign_out},
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

/// The same in German: of `Edit: Website` the word before the colon is a text.
fn translated(catalogue: &[Entry], text: &str) -> String {
    let of = |text: &str| {
        let entry = catalogue.iter().find(|entry| entry.english == text);
        entry.map(|entry| entry.german.clone())
    };
    let (word, rest) = text.split_once(':').unwrap_or((text, ""));
    match (of(text), of(word)) {
        (Some(german), _) => german,
        (None, Some(german)) => format!("{german}:{rest}"),
        (None, None) => text.to_owned(),
    }
}

/// Fails where something on the page is English.
async fn check(visit: &Visit, catalogue: &[Entry], page: &str) {
    let read = visit.browser.script(READ, json!([])).await;
    let read: Vec<String> = serde_json::from_value(read).expect("texts");
    // A page for whoever is not signed in has hardly more than its heading.
    assert!(read.len() > 3, "{page}: {read:?}");
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
    for (name, path, press) in OPENED {
        open(&visit, path, &translated(&catalogue, press)).await;
        check(&visit, &catalogue, name).await;
    }
    // Numbers and days are written as the language has them.
    visit.go("/s/shop/overview?period=30d").await;
    browser.sees("Verschiedene Akteure").await;
    let written = "const text = document.querySelector('.figure-value').textContent; return /^\\d{1,3}(\\.\\d{3})+$/.test(text) || text";
    assert_eq!(browser.script(written, json!([])).await, json!(true));
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_stands_in_for_a_page_is_left_in_the_first_language() {
    let catalogue = catalogue();
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    visit.account(VIEWER, "viewer").await;
    browser.choose("Language", "Deutsch").await;
    browser.sees("Abmelden").await;
    for (path, seen) in [
        ("/nowhere", "Hier ist nichts"),
        ("/s/none/overview", "Keine solche Site"),
        ("/session/link#nothing", "Passwort setzen"),
        ("/session/link", "Dieser Link ist nicht vollständig"),
    ] {
        visit.go(path).await;
        browser.sees(seen).await;
        check(&visit, &catalogue, path).await;
    }
    visit.go("/account").await;
    visit.has_link("/system").await;
    browser.script(FAIL, json!([])).await;
    visit.follow("/system").await;
    browser.sees("Das hat nicht geklappt").await;
    check(&visit, &catalogue, "failed").await;
    sign_out(browser).await;
    visit.go("/people").await;
    browser.sees("E-Mail-Adresse").await;
    check(&visit, &catalogue, "sign in").await;
    browser.fill("E-Mail-Adresse", VIEWER).await;
    browser.fill("Passwort", PASSWORD).await;
    browser.press("Anmelden").await;
    browser.sees("Das darf Ihre Rolle nicht").await;
    check(&visit, &catalogue, "not for them").await;
    visit.was_refused().await;
}

/// The name of the product, which is the same in every language.
const PRODUCT: &str = "Tidemark";
/// Attributes that people read, or have read out to them.
const READ_OUT: [&str; 8] = [
    "title=",
    "label=",
    "placeholder=",
    "alt=",
    "hint=",
    "caption=",
    "intro=",
    "action=",
];

/// The sources of a folder and of those in it, but for the catalogue.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| match path.is_dir() {
            true if path.ends_with("src/text") => Vec::new(),
            true => sources(&path),
            false => vec![path],
        })
        .collect()
}

/// The texts in a source that are shown as they are: behind a tag, behind a block of a view, or in an attribute to be read.
fn shown(source: &str) -> Vec<String> {
    let code = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect::<String>()
        // A quotation mark by itself begins no text.
        .replace("'\"'", "' '");
    let (mut rest, mut found) = (&*code, Vec::new());
    while let Some((text, after)) = literal(rest) {
        let before = rest.split('"').next().unwrap_or_default().trim_end();
        // A pattern, or what a pattern leads to, is none.
        let behind_tag = before.ends_with('>') && !before.ends_with("=>") && !before.ends_with("->");
        let behind_block = before.ends_with('}') && !after.trim_start().starts_with(['=', '|']);
        let read_out = READ_OUT.iter().any(|name| before.ends_with(name));
        let letters: Vec<char> = text.chars().collect();
        let is_word = letters.windows(2).any(|two| two.iter().all(|one| one.is_alphabetic()));
        if (behind_tag || behind_block || read_out) && is_word && text != PRODUCT {
            found.push(text);
        }
        rest = after;
    }
    found
}

#[test]
fn no_text_stands_outside_the_catalogue() {
    let view = r#"view! { <p title="Whole">"One"</p> {value} "Two" <b class="x">"…"</b> } match x { "a" => "bcd", _ => {} "ef" => 1 }"#;
    assert_eq!(shown(view), ["Whole", "One", "Two"]);
    let files = sources(&repository().join("web/src"));
    assert!(files.len() > 100, "{files:?}");
    for file in files {
        let source = fs::read_to_string(&file).expect("text");
        let found = shown(&source);
        assert!(found.is_empty(), "{}: {found:?}", file.display());
    }
}
