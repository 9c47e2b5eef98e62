//! Names in the environment. One that begins as ours do and is none of ours is surely a slip, and who sets it would never
//! learn that it does nothing.

use strsim::levenshtein;

use super::setting::VARIABLES;

/// What the names of all variables begin with.
const PREFIX: &str = "TIDEMARK_";
/// Of the build and of the tests, which are run from the same shell.
const OTHERS: [&str; 2] = ["TIDEMARK_WEB", "TIDEMARK_BLESS"];
const OF_TESTS: &str = "TIDEMARK_TEST_";

/// Refuses what looks like a setting and is none.
///
/// # Errors
/// A sentence that names the variable, and the one that was meant where that can be guessed.
pub(super) fn check(variables: impl Iterator<Item = (String, String)>) -> Result<(), String> {
    let ours = variables.filter(|(name, _)| name.starts_with(PREFIX));
    let mut unknown: Vec<_> = ours
        .filter(|(name, value)| !is_known(name) && !tells_of_service(name, value))
        .map(|(name, _)| name)
        .collect();
    // The environment has no order, and the same slips are to be told in the same words.
    unknown.sort_unstable();
    let Some(name) = unknown.first() else { return Ok(()) };
    let meant = match nearest(name) {
        Some(nearest) => format!("{nearest} is the nearest, and "),
        None => String::new(),
    };
    Err(format!(
        "{name} in the environment: there is no such setting; {meant}`tidemark --help` lists them all"
    ))
}

fn is_known(name: &str) -> bool {
    VARIABLES.contains(&name) || OTHERS.contains(&name) || name.starts_with(OF_TESTS)
}

/// Whether it is what Kubernetes tells its containers of a service whose name begins with `tidemark`, and nobody has set it:
/// `TIDEMARK_SERVICE_HOST`, `TIDEMARK_PORT=tcp://10.0.0.1:80`, `TIDEMARK_DATABASE_PORT_5432_TCP_ADDR` and such.
fn tells_of_service(name: &str, value: &str) -> bool {
    let names_port = |(_, rest): (&str, &str)| rest.starts_with(|first: char| first.is_ascii_digit());
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.split_once("_PORT_").is_some_and(names_port)
        || (name.ends_with("_PORT") && value.contains("://"))
}

/// The variable that was meant: the one that is made of it by the fewest changes, unless these are too many for slips.
fn nearest(name: &str) -> Option<&'static str> {
    let own = name.strip_prefix(PREFIX)?;
    let distances = VARIABLES.iter().map(|known| (levenshtein(name, known), *known));
    let (distance, known) = distances.min()?;
    (distance <= own.len().div_ceil(3)).then_some(known)
}
