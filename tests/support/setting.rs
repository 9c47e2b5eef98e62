//! What the tests themselves read from the environment. The server under test sees none of it.

use std::path::PathBuf;

/// `TIDEMARK_TEST_BIN`: the server to test, instead of the one that was built beside the tests.
#[must_use]
pub fn binary() -> Option<PathBuf> {
    value("TIDEMARK_TEST_BIN").map(PathBuf::from)
}

/// `TIDEMARK_TEST_POSTGRES_URL`: a PostgreSQL whose user may create databases, instead of a throw-away cluster.
#[must_use]
pub fn postgres_url() -> Option<String> {
    value("TIDEMARK_TEST_POSTGRES_URL")
}

/// `TIDEMARK_TEST_CLUSTER`: the folder of the throw-away cluster. `tests/run` gives each of its runs an own one.
#[must_use]
pub fn cluster_folder() -> Option<PathBuf> {
    value("TIDEMARK_TEST_CLUSTER").map(PathBuf::from)
}

/// `TIDEMARK_BLESS=1`: rewrite the committed files that a test compares, instead of comparing them.
#[must_use]
pub fn bless() -> bool {
    value("TIDEMARK_BLESS").is_some_and(|value| value == "1")
}

/// `TIDEMARK_TEST_CASES`: how many random cases the property test tries on each engine, for long runs by hand.
#[must_use]
pub fn cases() -> Option<u64> {
    value("TIDEMARK_TEST_CASES")?.parse().ok()
}

/// `TIDEMARK_TEST_SEED`: the seed of the first random case; the others count on from it.
#[must_use]
pub fn seed() -> Option<u64> {
    value("TIDEMARK_TEST_SEED")?.parse().ok()
}

/// `TIDEMARK_TEST_FUZZ_SECONDS`: for how long each door is sent garbled words, for long runs by hand.
#[must_use]
pub fn fuzz_seconds() -> Option<u64> {
    value("TIDEMARK_TEST_FUZZ_SECONDS")?.parse().ok()
}

/// `TIDEMARK_TEST_LEDGER_EVENTS`: how many events the ledger's kill test sends on each engine, for long runs by hand.
#[must_use]
pub fn ledger_events() -> Option<usize> {
    value("TIDEMARK_TEST_LEDGER_EVENTS")?.parse().ok()
}

/// `TIDEMARK_TEST_WEB_EVENTS`: how many events the site has whose overview is timed, for long runs by hand.
#[must_use]
pub fn web_events() -> Option<u64> {
    value("TIDEMARK_TEST_WEB_EVENTS")?.parse().ok()
}

/// `TIDEMARK_TEST_PICTURES`: the folder for pictures of every page, made where it is named.
#[must_use]
pub fn pictures() -> Option<PathBuf> {
    value("TIDEMARK_TEST_PICTURES").map(PathBuf::from)
}

/// `CARGO_MANIFEST_DIR`: where the tests' package is. Cargo sets it for a test as it does for the compiler; the
/// folder at compile time may have been moved since, together with what was built.
#[must_use]
pub fn tests_folder() -> PathBuf {
    value("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from)
}

#[expect(clippy::disallowed_methods, reason = "the tests' own settings are read here alone")]
fn value(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
