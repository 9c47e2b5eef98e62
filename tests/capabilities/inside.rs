//! What only somebody at the database itself could do.

use sea_orm::{ConnectOptions, ConnectionTrait, Database as Connections, DatabaseConnection};
use support::Database;

/// A connection beside the server's.
pub(crate) async fn connect(database: &Database) -> DatabaseConnection {
    let url = match database.url() {
        Some(url) => url.to_string(),
        None => format!("sqlite://{}", database.folder().path().join("tidemark.db").display()),
    };
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Connections::connect(options).await.expect("the database is there")
}

/// Lets a statement of the test's own change the database.
pub(crate) async fn execute(database: &Database, statement: &str) {
    let connection = connect(database).await;
    connection.execute_unprepared(statement).await.expect(statement);
    connection.close().await.expect("it can be closed");
}

/// Lets no mark move on PostgreSQL until the connection rolls back or ends. It writes nothing and so has no id by which
/// the marks of other databases of the cluster would wait, too.
pub(crate) async fn hold_marks(connection: &DatabaseConnection) {
    let statement = "BEGIN; LOCK TABLE mark IN EXCLUSIVE MODE";
    connection.execute_unprepared(statement).await.expect(statement);
}
