//! A database of a test's own, on either engine.

use reqwest::Url;
use uuid::Uuid;

use crate::{cluster, folder::TemporaryFolder, postgres};

/// What keeps the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file in the data folder.
    Sqlite,
    /// A database of a PostgreSQL server.
    Postgres,
}

/// An empty data folder and, on PostgreSQL, an empty database. Both are gone once this is dropped.
#[derive(Debug)]
pub struct Database {
    engine: Engine,
    folder: TemporaryFolder,
    url: Option<Url>,
}

impl Database {
    /// A new one, in which nothing has been created yet.
    ///
    /// # Panics
    /// When PostgreSQL cannot be started or refuses to create a database.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        let url = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(create()),
        };
        Self {
            engine,
            folder: TemporaryFolder::new(),
            url,
        }
    }

    /// What keeps the events.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &TemporaryFolder {
        &self.folder
    }

    /// Where the PostgreSQL database is.
    #[must_use]
    pub fn url(&self) -> Option<&Url> {
        self.url.as_ref()
    }

    /// The flags by which the server and every command find it.
    #[must_use]
    pub fn flags(&self) -> Vec<(String, String)> {
        let folder = self.folder.path().display().to_string();
        let mut flags = vec![("--data".to_owned(), folder)];
        flags.extend(
            self.url
                .iter()
                .map(|url| ("--database-url".to_owned(), url.to_string())),
        );
        flags
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some(url) = &self.url else { return };
        let name = url.path().trim_start_matches('/');
        // A server may still be dying on it; FORCE ends its connections.
        let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        if let Err(error) = postgres::execute(&cluster::get().maintenance, &statement) {
            eprintln!("{statement}: {error}");
        }
    }
}

/// An empty database in the cluster of this run.
fn create() -> Url {
    let cluster = cluster::get();
    let name = format!("tidemark_test_{}", Uuid::now_v7().simple());
    let owner = cluster.owner.map(|role| format!(" OWNER {role}")).unwrap_or_default();
    let statement = format!("CREATE DATABASE {name}{owner}");
    postgres::execute(&cluster.maintenance, &statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    let mut url = cluster.maintenance.clone();
    url.set_path(&name);
    if let Some(role) = cluster.owner {
        url.set_username(role).expect("a URL with a host can have a user");
    }
    url
}

#[cfg(test)]
mod tests {
    use super::{Database, Engine, postgres};

    #[test]
    fn a_database_is_empty_alone_and_temporary() {
        let databases = [Database::new(Engine::Postgres), Database::new(Engine::Postgres)];
        let urls = databases.each_ref().map(|database| database.url().expect("it has one"));
        postgres::execute(urls[0], "CREATE TABLE sea (id BIGINT)").expect("the owner may create");
        let count = "SELECT count(*) FROM pg_tables WHERE tablename = 'sea'";
        assert_eq!(postgres::execute(urls[0], count).as_deref(), Ok("1"));
        assert_eq!(postgres::execute(urls[1], count).as_deref(), Ok("0"));

        let url = urls[0].clone();
        let folder = databases[0].folder().path().to_owned();
        assert!(folder.is_dir());
        drop(databases);
        assert!(!folder.exists());
        let error = postgres::execute(&url, "SELECT 1").expect_err("it was dropped");
        assert!(error.contains("does not exist"), "{error}");
    }
}
