//! The migrations make the tables that the entities describe, on both engines: the same columns of the same types, the
//! same keys, and what must be unique. Other indexes are the migrations' own affair.

use std::{collections::BTreeSet, fs};

use entity::*;
use sea_orm::{
    ColumnTrait, ColumnType, ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, IdenStatic, Iterable,
    PrimaryKeyToColumn, QueryResult, Schema, Statement,
};
use support::{Database, Engine, binary, folder::repository};

use crate::inside;

support::on_both_engines!(entities_and_migrations_agree, a_difference_is_found);

/// Sentences such as `site.name: text`, each of which the entities and the database have to agree on.
type Facts = BTreeSet<String>;

macro_rules! tables {
    ($($table:ident),+ $(,)?) => {
        /// The names of the files that hold entities.
        const FILES: &[&str] = &[$(stringify!($table)),+];

        /// What the entities say.
        fn described(backend: DbBackend) -> Facts {
            let mut facts = Facts::new();
            $(describe($table::Entity, backend, &mut facts);)+
            facts
        }
    };
}

tables! {
    account, account_role, api_key, attempt, audit, claimed_id, configuration, counted_actor, deletion, event, event_scope, external_figure,
    external_network, external_poll, external_url, identity_salt, ledger,
    ledger_action, link, mark, measure_bucket, nonce, profile, profile_alias, quarantine, quarantine_total, rate_share, recovery_code, refresh_token, rollup, rollup_gap, rollup_key, rollup_use,
    rule, rule_hit, rule_set, scope, segment, session, signing_key, site, tag_type, tag_use, text, trait_type, unique_bucket, url, user_agent, view,
    view_bucket, visitor_device, visitor_profile,
}

/// What only the database has, and why.
const UNDESCRIBED: &[&str] = &[
    // Says in which transaction an event arrived; the database fills it in, and statements of our own read it.
    "event.arrival: bigint",
];

fn describe<E: EntityTrait>(entity: E, backend: DbBackend, facts: &mut Facts) {
    let table = entity.table_name().to_owned();
    for column in E::Column::iter() {
        let (name, definition) = (column.as_str().to_owned(), column.def());
        let null = if definition.is_null() { " or null" } else { "" };
        let kind = described_kind(definition.get_column_type(), backend);
        facts.insert(format!("{table}.{name}: {kind}{null}"));
        if definition.is_unique() {
            facts.insert(format!("{table}: unique {name}"));
        }
    }
    let key = E::PrimaryKey::iter().map(|column| column.into_column().as_str().to_owned());
    facts.insert(format!("{table}: key {}", list(key.collect())));
    for index in Schema::new(backend).create_index_from_entity(entity) {
        if index.is_unique_key() {
            let columns = index.get_index_spec().get_column_names();
            facts.insert(format!("{table}: unique {}", list(columns)));
        }
    }
}

/// Columns in a row; their order says nothing about what is unique.
fn list(mut columns: Vec<String>) -> String {
    columns.sort();
    columns.join(", ")
}

fn described_kind(kind: &ColumnType, backend: DbBackend) -> &'static str {
    match kind {
        ColumnType::BigInteger => "bigint",
        ColumnType::SmallInteger => "smallint",
        ColumnType::String(_) | ColumnType::Text => "text",
        ColumnType::Boolean => "boolean",
        ColumnType::Double => "double",
        ColumnType::VarBinary(_) | ColumnType::Binary(_) | ColumnType::Blob => "bytes",
        // SQLite keeps it as text.
        ColumnType::Json | ColumnType::JsonBinary if backend == DbBackend::Sqlite => "text",
        ColumnType::Json | ColumnType::JsonBinary => "json",
        other => panic!("the column type {other:?} is new: say here and below what the engines make of it"),
    }
}

/// The type of a column by the name that an engine has for it.
fn found_kind(name: &str) -> String {
    match name.to_lowercase().as_str() {
        "integer" | "bigint" => "bigint",
        "real" | "double precision" => "double",
        "blob" | "bytea" => "bytes",
        "jsonb" => "json",
        other => return other.to_owned(),
    }
    .to_owned()
}

/// Table, column, type, whether it may be null.
const COLUMNS: [&str; 2] = [
    "SELECT t.name, c.name, c.type, CASE WHEN c.\"notnull\" = 0 AND c.pk = 0 THEN 1 ELSE 0 END
     FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'",
    "SELECT table_name::text, column_name::text, data_type::text, CASE is_nullable WHEN 'YES' THEN 1 ELSE 0 END
     FROM information_schema.columns WHERE table_schema = 'public'",
];

/// Table, column, a name of the key or unique index, whether it is the primary key.
const KEYS: [&str; 2] = [
    "SELECT t.name, c.name, '', 1 FROM sqlite_master t JOIN pragma_table_info(t.name) c
     WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND c.pk > 0
     UNION ALL
     SELECT t.name, c.name, i.name, 0 FROM sqlite_master t JOIN pragma_index_list(t.name) i
     JOIN pragma_index_info(i.name) c
     WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND i.\"unique\" = 1 AND i.origin <> 'pk' AND i.partial = 0",
    "SELECT t.relname::text, c.attname::text, x.indexrelid::text, CASE WHEN x.indisprimary THEN 1 ELSE 0 END
     FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
     JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum = ANY (x.indkey)
     WHERE n.nspname = 'public' AND x.indisunique AND x.indpred IS NULL",
];

/// What the database says.
async fn found(database: &DatabaseConnection) -> Facts {
    let mut facts = Facts::new();
    for (table, column, kind, null) in rows(database, &COLUMNS).await {
        let null = if null == 1 { " or null" } else { "" };
        facts.insert(format!("{table}.{column}: {}{null}", found_kind(&kind)));
    }
    let keys = rows(database, &KEYS).await;
    let names: BTreeSet<_> = keys
        .iter()
        .map(|(table, _, name, primary)| (table, name, primary))
        .collect();
    for (table, name, primary) in names {
        let of_key = |row: &&(String, String, String, i32)| (&row.0, &row.2, &row.3) == (table, name, primary);
        let columns = keys.iter().filter(of_key).map(|(_, column, ..)| column.clone());
        let what = if *primary == 1 { "key" } else { "unique" };
        facts.insert(format!("{table}: {what} {}", list(columns.collect())));
    }
    facts.retain(|fact| !fact.starts_with("seaql_migrations"));
    facts
}

async fn rows(database: &DatabaseConnection, statements: &[&str; 2]) -> Vec<(String, String, String, i32)> {
    let backend = database.get_database_backend();
    let statement = statements[usize::from(backend != DbBackend::Sqlite)];
    let rows = database.query_all_raw(Statement::from_string(backend, statement)).await;
    let read = |row: QueryResult| {
        let text = |at| row.try_get_by_index::<String>(at).expect("text");
        (text(0), text(1), text(2), row.try_get_by_index(3).expect("a number"))
    };
    rows.expect("the catalogue can be read").into_iter().map(read).collect()
}

/// A database that the program has migrated, and a connection to it.
async fn migrated(engine: Engine) -> (Database, DatabaseConnection) {
    let database = Database::new(engine);
    let _ = binary::run(&database, &["migrate"]).await.success();
    let connection = inside::connect(&database).await;
    (database, connection)
}

/// What only one side says, the entities' with a `+`.
fn differences(described: &Facts, found: &Facts) -> Vec<String> {
    let more = described.difference(found).map(|fact| format!("+ {fact}"));
    let less = found.difference(described).map(|fact| format!("- {fact}"));
    more.chain(less)
        .filter(|fact| !UNDESCRIBED.contains(&&fact[2..]))
        .collect()
}

async fn entities_and_migrations_agree(engine: Engine) {
    let (_database, connection) = migrated(engine).await;
    let described = described(connection.get_database_backend());
    let differences = differences(&described, &found(&connection).await);
    assert!(
        differences.is_empty(),
        "the entities say what has a plus, the migrations make what has a minus: {differences:#?}"
    );
    connection.close().await.expect("it can be closed");
}

async fn a_difference_is_found(engine: Engine) {
    let (_database, connection) = migrated(engine).await;
    let bytes = if engine == Engine::Sqlite { "BLOB" } else { "BYTEA" };
    for statement in [
        "ALTER TABLE site ADD COLUMN extra TEXT",
        "ALTER TABLE text RENAME COLUMN value TO content",
        "DROP TABLE mark",
        "CREATE TABLE stray (id BIGINT NOT NULL PRIMARY KEY)",
        "DROP INDEX event_uid",
        "DROP TABLE identity_salt",
        &format!(
            "CREATE TABLE identity_salt (site_id BIGINT NOT NULL PRIMARY KEY, period_start SMALLINT NOT NULL, \
             salt {bytes} UNIQUE, used_at BIGINT NOT NULL)"
        ),
    ] {
        connection.execute_unprepared(statement).await.expect(statement);
    }
    let described = described(connection.get_database_backend());
    let expected = [
        "+ event: unique uid",
        "+ identity_salt.period_start: bigint",
        "+ identity_salt.salt: bytes",
        "+ identity_salt: key period_start, site_id",
        "+ mark.epoch: text",
        "+ mark.id: bigint",
        "+ mark.position: bigint",
        "+ mark.reach: bigint",
        "+ mark.revision: bigint",
        "+ mark: key id",
        "+ text.value: text",
        "- identity_salt.period_start: smallint",
        "- identity_salt.salt: bytes or null",
        "- identity_salt: key site_id",
        "- identity_salt: unique salt",
        "- site.extra: text or null",
        "- stray.id: bigint",
        "- stray: key id",
        "- text.content: text",
    ];
    assert_eq!(differences(&described, &found(&connection).await), expected);
    connection.close().await.expect("it can be closed");
}

#[test]
fn every_entity_is_compared() {
    let folder = repository().join("entity/src");
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).expect("the entities are there") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a source");
        if text.contains("DeriveEntityModel") {
            files.push(
                path.file_stem()
                    .and_then(|name| name.to_str())
                    .expect("a name")
                    .to_owned(),
            );
        }
    }
    files.sort();
    assert_eq!(
        FILES, files,
        "the list in tests/capabilities/drift.rs has every file of entity/src, by name"
    );
}
