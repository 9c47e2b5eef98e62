//! Who may name whom: the table, and the check of one source against it.

use support::source::{NamedPath, paths};

const WEB: &[&str] = &["actix*"];
const GRAPHQL: &[&str] = &["async_graphql*"];
const ORM: &[&str] = &["sea_orm*", "sqlx*"];
const TABLES: &[&str] = &["entity", "migration"];
/// `domain` computes; it neither reads nor writes anything outside.
const OUTSIDE: &[&str] = &["std::fs", "std::process", "std::env", "std::thread"];
const RUNTIME: &[&str] = &["tokio*", "reqwest", "clap", "figment", "tracing*"];
/// A layer is given its own section of the settings, never the whole.
const WHOLE_CONFIG: &[&str] = &["crate::config::Config", "crate::config::Settings"];

/// A module of the server: the modules of ours that it may name, and what else it may not.
struct Layer {
    name: &'static str,
    may: &'static [&'static str],
    never: &'static [&'static [&'static str]],
}

const LAYERS: &[Layer] = &[
    Layer {
        name: "domain",
        may: &[],
        never: &[WEB, GRAPHQL, ORM, TABLES, OUTSIDE, RUNTIME],
    },
    Layer {
        name: "config",
        may: &[],
        never: &[WEB, GRAPHQL, ORM, TABLES],
    },
    Layer {
        name: "clock",
        may: &["domain"],
        never: &[WEB, GRAPHQL, ORM, TABLES],
    },
    Layer {
        name: "telemetry",
        may: &["domain", "config"],
        never: &[GRAPHQL, ORM, TABLES],
    },
    Layer {
        name: "store",
        may: &["domain", "telemetry"],
        // A store does not know who is asking.
        never: &[WEB, GRAPHQL, &["crate::domain::caller"]],
    },
    Layer {
        name: "service",
        may: &["domain", "store", "clock", "config", "telemetry"],
        never: &[WEB, GRAPHQL, ORM, TABLES, WHOLE_CONFIG, &["crate::config::http"]],
    },
    Layer {
        name: "graphql",
        may: &["domain", "service", "config", "telemetry"],
        never: &[WEB, ORM, TABLES, WHOLE_CONFIG],
    },
    Layer {
        name: "extract",
        may: &["domain", "service", "config", "telemetry"],
        never: &[GRAPHQL, ORM, TABLES, WHOLE_CONFIG],
    },
    Layer {
        name: "dialects",
        may: &["domain", "service", "extract", "telemetry"],
        never: &[GRAPHQL, ORM, TABLES],
    },
    Layer {
        name: "http",
        may: &[
            "domain",
            "service",
            "graphql",
            "dialects",
            "extract",
            "config",
            "telemetry",
        ],
        // Of `graphql` it gets the built schema.
        never: &[
            ORM,
            TABLES,
            WHOLE_CONFIG,
            &["crate::graphql::queries", "crate::graphql::mutations"],
            &["crate::graphql::subscriptions", "crate::graphql::objects"],
            &["crate::graphql::loaders"],
        ],
    },
    Layer {
        name: "workers",
        may: &["domain", "service", "clock", "config", "telemetry"],
        never: &[WEB, GRAPHQL, ORM, TABLES, WHOLE_CONFIG],
    },
    Layer {
        name: "command",
        may: &["domain", "service", "startup", "config", "clock", "telemetry"],
        never: &[WEB, GRAPHQL, ORM, TABLES],
    },
];

/// These join the parts together, and may name all of them.
const JOINTS: &[&str] = &["main", "lib", "startup"];

/// The other crates, and what they may not name.
const CRATES: &[(&str, &[&[&str]])] = &[
    ("entity", &[&["tidemark", "migration"], WEB, GRAPHQL]),
    ("migration", &[&["tidemark", "entity"], WEB, GRAPHQL]),
    ("web", &[&["tidemark"], WEB, GRAPHQL, ORM, TABLES]),
];

/// What reads the environment; only `config` may.
const ENVIRONMENT: &[&str] = &[
    "std::env::var",
    "std::env::var_os",
    "std::env::vars",
    "std::env::vars_os",
    "std::env::*",
    "figment::providers::Env",
];

/// Types whose `now` reads the system clock; only `clock` may call it. `Instant` measures, and is free.
const CLOCKS: &[&str] = &["SystemTime", "Timestamp", "Zoned", "Utc", "Local"];

/// What breaks a rule in the file, named from the repository's root: the line, and the rule.
pub(super) fn broken(file: &str, text: &str) -> Vec<(usize, String)> {
    let (folder, inside) = file.split_once("/src/").expect("sources are below src/");
    let inside = inside.trim_end_matches(".rs").trim_end_matches("/mod");
    let parts = ["crate"].into_iter().chain(inside.split('/'));
    let module: Vec<String> = parts.map(str::to_owned).collect();
    let named = paths(text, &module);
    if folder != "api" {
        let (_, never) = CRATES.iter().find(|(name, _)| *name == folder).expect("a known crate");
        let check = |path: &NamedPath| {
            let rule = refused(path, never, folder)?;
            Some((path.line, format!("`{path}`: {rule}")))
        };
        return named.iter().filter_map(check).collect();
    }
    let name = module[1].as_str();
    let layer = LAYERS.iter().find(|layer| layer.name == name);
    if layer.is_none() && !JOINTS.contains(&name) {
        return vec![(1, format!("`{name}` is no layer: the table of layers does not know it"))];
    }
    let mut found = Vec::new();
    for path in &named {
        let mut rules: Vec<String> = side_door(path, name).into_iter().collect();
        if let Some(layer) = layer {
            rules.extend(refused(path, layer.never, name));
            rules.extend(upward(path, layer));
            rules.extend(other_dialect(path, &module));
        }
        found.extend(rules.into_iter().map(|rule| (path.line, format!("`{path}`: {rule}"))));
    }
    found
}

/// The path is one that the module may never name.
fn refused(path: &NamedPath, never: &[&[&str]], name: &str) -> Option<String> {
    let forbidden = never
        .iter()
        .copied()
        .flatten()
        .find(|pattern| path.begins_with(pattern))?;
    Some(format!("`{name}` may never name `{forbidden}`"))
}

/// The path leads to a module of ours that this one may not name.
fn upward(path: &NamedPath, layer: &Layer) -> Option<String> {
    let [root, target, ..] = path.segments.as_slice() else {
        return None;
    };
    let (name, may) = (layer.name, layer.may.join(", "));
    let forbidden = root == "crate" && target != name && !layer.may.contains(&target.as_str());
    forbidden.then(|| format!("of our modules, `{name}` may name only its own and: {may}"))
}

/// The path leads from one dialect into another.
fn other_dialect(path: &NamedPath, module: &[String]) -> Option<String> {
    let [_, layer, own, ..] = module else { return None };
    // Shorter paths are what `dialects` itself offers to all.
    let [_, _, target, _, ..] = path.segments.as_slice() else {
        return None;
    };
    let other = layer == "dialects" && path.begins_with("crate::dialects") && target != own;
    (other && target.starts_with(char::is_lowercase)).then(|| "no dialect may name another".to_owned())
}

/// The path asks the environment or the system clock behind the back of who is to give it.
fn side_door(path: &NamedPath, name: &str) -> Option<String> {
    if name != "config" && ENVIRONMENT.iter().any(|pattern| path.begins_with(pattern)) {
        return Some("only `config` reads the environment".to_owned());
    }
    let [.., kind, function] = path.segments.as_slice() else {
        return None;
    };
    let asks = function == "now" && CLOCKS.contains(&kind.as_str());
    (asks && name != "clock").then(|| "only `clock` asks the system for the time".to_owned())
}
