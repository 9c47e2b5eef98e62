//! Which files the UI consists of, and the names that they refer to one another by.

use std::{fs, path::Path};

use crate::{
    asset::{Asset, PAGE},
    compile::{Compiled, GLUE, LINK},
    mode::Effort,
};

/// The style sheets, in the order in which they hold.
const STYLES: [&str; 9] = [
    "token", "base", "shell", "control", "table", "dialog", "chart", "page", "entry",
];

/// All files, from the program to the page that names the others.
pub(crate) fn gather(web: &Path, compiled: &Compiled, effort: Effort) -> Result<Vec<Asset>, String> {
    let read = |name: &str| {
        let path = web.join(name);
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let styles: Vec<String> = STYLES
        .iter()
        .map(|name| read(&format!("style/{name}.css")))
        .collect::<Result<_, _>>()?;
    let program = Asset::hashed("app", "wasm", "application/wasm", compiled.wasm.clone());
    let parts: Vec<(String, Asset)> = compiled.parts.iter().map(part).collect();
    let link = parts.iter().fold(compiled.link.clone(), |link, (name, asset)| {
        link.replace(&format!("./{name}.wasm"), &asset.path)
    });
    let [glue, link] = Asset::pair([("app", &compiled.glue), ("parts", &link)], |text, [glue, link]| {
        text.replace(&from(GLUE), &from(glue)).replace(&from(LINK), &from(link))
    });
    let style = Asset::hashed("style", "css", "text/css", squeeze(&styles.concat()));
    let icon = Asset::hashed("icon", "svg", "image/svg+xml", read("static/icon.svg")?);
    let early = Asset::hashed("early", "js", "text/javascript", read("static/early.js")?);
    let names = [("GLUE", &glue.path), ("PROGRAM", &program.path)];
    let mut start = fill(read("static/start.js")?, &names);
    if effort == Effort::Quick {
        start.push_str(&read("static/again.js")?);
    }
    let start = Asset::hashed("start", "js", "text/javascript", start);
    let names = [
        ("STYLE", &style.path),
        ("ICON", &icon.path),
        ("EARLY", &early.path),
        ("START", &start.path),
        ("GLUE", &glue.path),
        ("LINK", &link.path),
        ("PROGRAM", &program.path),
    ];
    let page = Asset::named(PAGE, "text/html; charset=utf-8", fill(read("index.html")?, &names));
    let first = [page, style, early, start, glue, link, program, icon];
    Ok(first
        .into_iter()
        .chain(parts.into_iter().map(|(_, asset)| asset))
        .collect())
}

/// A part of the program, with the name that the script has for it.
fn part((name, content): &(String, Vec<u8>)) -> (String, Asset) {
    let asset = Asset::hashed(name, "wasm", "application/wasm", content.clone());
    (name.clone(), asset)
}

/// Where a script says what it imports; under the plain name it also knows what it was given.
fn from(path: &str) -> String {
    format!("from \"{path}\"")
}

/// Puts names where the text has `{{NAME}}`.
fn fill(text: String, names: &[(&str, &String)]) -> String {
    names.iter().fold(text, |text, (name, value)| {
        text.replace(&format!("{{{{{name}}}}}"), value)
    })
}

/// A style sheet without comments and indentation.
fn squeeze(style: &str) -> String {
    let mut parts = style.split("/*");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once("*/").map_or("", |(_, rest)| rest));
    }
    let lines = plain.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}
