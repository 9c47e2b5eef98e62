//! The schema cut into what can be looked up: every type, and every operation by itself.

/// The schema as the server prints it; this page's code alone holds it.
const SCHEMA: &str = include_str!("../../../../api/schema.graphql");
/// Types whose fields are operations.
const ROOTS: [&str; 3] = ["Query", "Mutation", "Subscription"];
/// What begins and ends a description.
const QUOTES: &str = "\"\"\"";

/// Something to look up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its name: `Query.find`, or `ViewResult`.
    pub(super) name: String,
    /// What the schema says of it.
    pub(super) text: String,
}

/// Everything there is.
pub(super) fn entries() -> Vec<Entry> {
    SCHEMA.split("\n\n").flat_map(of_block).collect()
}

/// A definition with its description. Blank lines are between definitions alone.
fn of_block(block: &str) -> Vec<Entry> {
    let head = block
        .lines()
        .find(|line| line.ends_with('{') || line.starts_with("scalar ") || line.starts_with("directive "));
    let Some(name) = head.and_then(|head| head.split([' ', '(']).nth(1)) else {
        return Vec::new();
    };
    if ROOTS.contains(&name) {
        return fields(name, block);
    }
    vec![Entry {
        name: name.to_owned(),
        text: block.trim().to_owned(),
    }]
}

/// The fields of a root type, each by itself.
fn fields(root: &str, block: &str) -> Vec<Entry> {
    let (mut found, mut lines, mut described) = (Vec::new(), Vec::new(), false);
    let body = block.lines().skip_while(|line| !line.ends_with('{')).skip(1);
    for line in body.filter_map(|line| line.strip_prefix('\t')) {
        lines.push(line);
        if line == QUOTES {
            described = !described;
            continue;
        }
        // A field is over where its type stands; one with arguments goes on for some lines more.
        let of_field = !described && !line.starts_with(['\t', '"']);
        if !of_field || line.ends_with('(') {
            continue;
        }
        let text = std::mem::take(&mut lines).join("\n");
        let mut after = text.rsplit(QUOTES).next().unwrap_or_default().trim_start();
        if line.starts_with(')') {
            // The last description is that of an argument: the name stands before the first bracket.
            let begin = text.lines().find(|line| line.ends_with('(') && !line.starts_with('\t'));
            after = begin.unwrap_or_default();
        }
        let name = after.split(['(', ':']).next().unwrap_or_default().trim();
        found.push(Entry {
            name: format!("{root}.{name}"),
            text,
        });
    }
    found
}
