//! The promise of the layers: calls go one way, and nothing comes in through a side door.
//!
//! The table in `layer/rule.rs` says of each module of the server which others it may name. A path that it
//! may not name fails the test, with its place and the rule.

use std::{fs, path::Path};

use support::folder::{repository, sources};

use rule::broken;

mod rule;

/// A file beyond this has more than one thing to say.
const MOST_LINES: usize = 500;

/// Names that say nothing about what is inside.
const DRAWERS: &[&str] = &["util", "utils", "common", "helper", "helpers", "type", "types", "misc"];

fn from_root(path: &Path) -> String {
    let path = path.strip_prefix(repository()).expect("it was found below the root");
    path.to_str().expect("sources are named in UTF-8").to_owned()
}

#[test]
fn every_module_keeps_to_its_layer() {
    let mut complaints = Vec::new();
    for folder in ["api/src", "entity/src", "migration/src", "web/src"] {
        let files = sources(folder);
        assert!(
            !files.is_empty() || folder == "web/src",
            "{folder} has no sources to check"
        );
        for path in files {
            let file = from_root(&path);
            let text = fs::read_to_string(&path).expect("a source can be read");
            let lines = broken(&file, &text).into_iter();
            complaints.extend(lines.map(|(line, rule)| format!("{file}:{line}: {rule}")));
        }
    }
    assert!(complaints.is_empty(), "layers are broken:\n{}", complaints.join("\n"));
}

#[test]
fn no_file_is_a_drawer_or_too_long() {
    let mut complaints = Vec::new();
    for path in ["api", "entity", "migration", "tests", "web"]
        .into_iter()
        .flat_map(sources)
    {
        let file = from_root(&path);
        let mut names = file.trim_end_matches(".rs").split('/');
        complaints.extend(
            names
                .find(|name| DRAWERS.contains(name))
                .map(|name| format!("{file}: `{name}` says nothing; name the noun")),
        );
        let lines = fs::read_to_string(&path).expect("a source can be read").lines().count();
        if lines > MOST_LINES {
            complaints.push(format!("{file}: {lines} lines; no file has more than {MOST_LINES}"));
        }
    }
    assert!(
        complaints.is_empty(),
        "files to look at again:\n{}",
        complaints.join("\n")
    );
}

#[test]
fn the_check_finds_what_it_is_for() {
    let breaks = [
        ("api/src/domain/event.rs", "use crate::store::event::Row;"),
        ("api/src/domain/event.rs", "fn f() { std::fs::read(x) }"),
        ("api/src/service/view.rs", "use sea_orm::EntityTrait;"),
        ("api/src/service/view.rs", "use {std::fmt, entity::event};"),
        ("api/src/service/ingest/mod.rs", "use super::super::http;"),
        ("api/src/service/mod.rs", "fn f(c: crate::config::Config) {}"),
        (
            "api/src/store/event.rs",
            "use crate::{domain::{caller::Caller, event}};",
        ),
        ("api/src/store/event.rs", "fn f() -> actix_web::HttpResponse { x }"),
        ("api/src/graphql/queries/view.rs", "use crate::store;"),
        ("api/src/http/mod.rs", "use crate::graphql::objects::view;"),
        ("api/src/dialects/coveo/mod.rs", "use crate::dialects::segment::wire;"),
        ("api/src/dialects/coveo/wire.rs", "use super::super::segment::wire;"),
        ("api/src/workers/fold.rs", "use crate::store::mark;"),
        ("api/src/command/serve.rs", "use crate::http;"),
        ("api/src/main.rs", "use std::env;\nfn f() { env::var(x) }"),
        (
            "api/src/service/view.rs",
            "use jiff::Timestamp;\nfn f() { Timestamp::now() }",
        ),
        ("api/src/utility.rs", ""),
        ("entity/src/event.rs", "use async_graphql::SimpleObject;"),
        ("migration/src/lib.rs", "use entity::event;"),
        ("web/src/api/client.rs", "use tidemark::domain;"),
    ];
    for (file, text) in breaks {
        let found = broken(file, text);
        let last = text.lines().count().max(1);
        assert!(found.iter().any(|(line, _)| *line == last), "{file}: {text}: {found:?}");
    }
}

#[test]
fn the_check_leaves_the_rest_alone() {
    let fits = [
        (
            "api/src/domain/event.rs",
            "use std::net::IpAddr;\nuse super::period::Period;",
        ),
        (
            "api/src/service/view.rs",
            "use crate::{config::limit, domain, store};\n// sea_orm::x",
        ),
        (
            "api/src/store/event.rs",
            "use entity::event;\nuse sea_orm::EntityTrait;",
        ),
        (
            "api/src/graphql/mod.rs",
            "use async_graphql::Schema;\nuse crate::service;",
        ),
        (
            "api/src/dialects/coveo/mod.rs",
            "use super::coveo::wire;\nuse crate::extract::caller;",
        ),
        ("api/src/dialects/mod.rs", "use crate::dialects::coveo::routes;"),
        ("api/src/config/mod.rs", "fn f() { std::env::var(x) }"),
        ("api/src/clock.rs", "fn f() { jiff::Timestamp::now() }"),
        ("api/src/workers/fold.rs", "fn f() { std::time::Instant::now() }"),
        ("api/src/startup.rs", "use crate::{http, store, workers};"),
        ("web/src/pages/view.rs", "use crate::api::view;"),
    ];
    for (file, text) in fits {
        assert_eq!(broken(file, text), [], "{file}: {text}");
    }
}
