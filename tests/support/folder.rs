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
