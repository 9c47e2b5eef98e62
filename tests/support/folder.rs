//! Folders of a test's own.

use std::{
    fs,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use crate::setting;

/// An empty folder that is removed, with all in it, when it is dropped.
#[derive(Debug)]
pub struct TemporaryFolder {
    path: PathBuf,
}

impl TemporaryFolder {
    /// A new one below the system's folder for temporary files.
    #[must_use]
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("tidemark-test-{}", Uuid::now_v7().simple()));
        fs::create_dir(&path).unwrap_or_else(|error| panic!("cannot create {}: {error}", path.display()));
        Self { path }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Default for TemporaryFolder {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            eprintln!("cannot remove {}: {error}", self.path.display());
        }
    }
}

/// The repository that the tests belong to.
#[must_use]
pub fn repository() -> PathBuf {
    let tests = setting::tests_folder();
    tests
        .parent()
        .expect("the tests are a folder of the repository")
        .to_owned()
}

/// The Rust files below a folder of the repository, which may not be there yet.
///
/// # Panics
/// When a folder cannot be read to its end.
#[must_use]
pub fn sources(folder: &str) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![repository().join(folder)]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("a folder can be read").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() && !["target", "dist", "fixtures"].contains(&name) {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}
