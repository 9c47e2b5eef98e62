//! Each setting is a flag, an environment variable and a key of the config file.

use std::{fs, path::Path, process::Stdio, time::Duration};

use serde_json::json;
use support::{Database, Engine, Server, Tidemark, binary, folder::TemporaryFolder};

/// What one run of the program said, and whether it succeeded.
struct Run {
    success: bool,
    stderr: String,
}

/// Runs the program in a folder, with settings from wherever they are given.
async fn run(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
    let mut command = tokio::process::Command::from(binary::command());
    command
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(folder);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(30), command.output()).await;
    let output = output.unwrap_or_else(|_| panic!("{arguments:?} {environment:?} does not end"));
    let output = output.expect("the program can be started");
    Run {
        success: output.status.success(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[tokio::test]
async fn a_flag_beats_the_environment_that_beats_the_file_that_beats_the_default() {
    let folder = TemporaryFolder::new();
    let path = folder.path();
    fs::write(path.join("settings.toml"), "data = \"of-file\"\nlog = \"info\"\n").expect("the folder is ours");
    let create = ["site", "create", "shop"];
    let config: &[&str] = &["--config", "settings.toml"];
    let environment: &[(&str, &str)] = &[("TIDEMARK_DATA", "of-environment")];
    let by_environment: &[(&str, &str)] = &[("TIDEMARK_CONFIG", "settings.toml"), ("TIDEMARK_LOG", "error")];
    for (flags, environment, data) in [
        (&[][..], &[][..], "data"),
        (config, &[], "of-file"),
        (config, environment, "of-environment"),
        (
            &["--config", "settings.toml", "--data", "of-flag"],
            environment,
            "of-flag",
        ),
    ] {
        assert!(!path.join(data).exists());
        let ran = run(path, &[&create, flags].concat(), environment).await;
        assert!(ran.success, "{}", ran.stderr);
        assert!(path.join(data).join("tidemark.db").is_file(), "{data}");
        assert_eq!(
            ran.stderr.contains("sea_orm_migration"),
            !flags.is_empty(),
            "the file's log level: {}",
            ran.stderr
        );
    }
    let ran = run(path, &create, by_environment).await;
    assert!(
        !ran.success && ran.stderr.contains("shop"),
        "it is there already: {}",
        ran.stderr
    );
}

#[tokio::test]
async fn a_config_file_holds_for_the_server() {
    let database = Database::new(Engine::Sqlite);
    let file = database.folder().path().join("settings.toml");
    let settings =
        "max_events_per_request = 2\nintrospection = false\nfold_interval = \"100ms\"\nshare_hosts = \"s.example\"\n";
    fs::write(&file, settings).expect("the folder is ours");
    let file = file.display().to_string();
    let server = Server::start_with(&database, &[("--config", &file), ("--max-events-per-request", "3")]).await;
    let client = support::Client::anonymous(server.address());
    let answer = client.graphql("{ __schema { queryType { name } } }", json!({})).await;
    assert_eq!(answer.error_code(), "INTROSPECTION_DISABLED");
    let _ = binary::run(&database, &["site", "create", "shop"]).await.success();
    let key = binary::run(&database, &["key", "create", "--site", "shop", "--allow", "log"])
        .await
        .success();
    let client = support::Client::new(server.address(), key.trim_end());
    assert_eq!(
        client.log_many(vec![json!({"action": "a"}); 3]).await["accepted"],
        3,
        "the flag holds"
    );
}

#[tokio::test]
async fn wrong_settings_of_sites_are_told_by_their_flags() {
    let tidemark = Tidemark::start(Engine::Sqlite).await;
    for (flag, value, word) in [
        ("--time-zone", "Mars/Olympus", "Mars/Olympus"),
        ("--max-event-age", "0", "1 to 2147483647"),
        ("--max-event-age", "2147483648", "1 to 2147483647"),
        ("--max-event-age", "a week", "none"),
        ("--raw-retention", "-1", "--raw-retention"),
        ("--raw-retention", "36501", "1 to 36500"),
        ("--rollup-retention", "0", "1 to 36500"),
        ("--rollup-retention", "7", "raw events"),
        ("--action-policy", "some", "context-activity"),
        ("--ip-policy", "some", "truncated"),
        ("--identity-period", "year", "month"),
    ] {
        for command in [["site", "update", tidemark.site()], ["site", "create", "new"]] {
            let finished = tidemark.command(&[&command[..], &[flag, value]].concat()).await;
            let told = finished.failure();
            assert!(told.contains(flag) && told.contains(word), "{flag} {value}: {told}");
        }
    }
    let listed = tidemark.command(&["site", "list"]).await.success();
    assert!(
        listed.starts_with("shop\tUTC\t") && listed.lines().count() == 1,
        "{listed}"
    );
}

#[tokio::test]
async fn wrong_settings_are_told_at_start() {
    let folder = TemporaryFolder::new();
    let path = folder.path();
    let taken = Tidemark::start(Engine::Sqlite).await;
    let taken = taken.server().url("").replace("http://", "");
    for (file, text) in [
        ("unknown.toml", "lisen = \"127.0.0.1:0\"\n"),
        ("type.toml", "max_rows = \"many\"\n"),
        ("syntax.toml", "max_rows = \n"),
        ("duration.toml", "fold_interval = \"soon\"\n"),
    ] {
        fs::write(path.join(file), text).expect("the folder is ours");
    }
    fs::write(path.join("no-database"), "this is a text").expect("the folder is ours");
    let none: &[(&str, &str)] = &[];
    for (flags, environment, words) in [
        (&["--listen", "nonsense"][..], none, &["--listen", "nonsense"][..]),
        (&["--listen", &taken], none, &["listen", &taken]),
        (&[], &[("TIDEMARK_LISTEN", "nonsense")], &["--listen", "nonsense"]),
        (
            &["--database-url", "mysql://a/b"],
            none,
            &["database-url", "sqlite://", "postgres://"],
        ),
        (
            &["--database-url", "postgres://nobody@127.0.0.1:1/none"],
            none,
            &["database"],
        ),
        (
            &["--database-url", "postgres://[::1/none"],
            none,
            &["database-url", "postgres://user:password@host"],
        ),
        (
            &["--database-url", "sqlite:///nowhere/at/all.db"],
            none,
            &["database-url", "must be writable"],
        ),
        (&["--database-url", "sqlite://no-database"], none, &["no-database"]),
        (&["--data", "no-database"], none, &["no-database"]),
        (&["--max-rows", "0"], none, &["--max-rows"]),
        (&["--max-rows=-1"], none, &["--max-rows"]),
        (
            &["--queue-events", "10"],
            none,
            &["--queue-events", "--max-events-per-request"],
        ),
        (&["--batch-events", "1000000"], none, &["--batch-events"]),
        (&["--fold-interval", "soon"], none, &["--fold-interval", "soon"]),
        (&["--introspection", "maybe"], none, &["--introspection", "maybe"]),
        (
            &["--share-hosts", "https://go.example/x"],
            none,
            &["--share-hosts", "https://go.example/x"],
        ),
        (&["--log", "tidemark=loud,=,"], none, &["log"]),
        (&["--log-format", "xml"], none, &["--log-format", "xml"]),
        (
            &["--country-file", "nowhere.mmdb"],
            none,
            &["country-file", "nowhere.mmdb", "No such file"],
        ),
        (
            &["--country-file", "no-database"],
            none,
            &["country-file", "no-database"],
        ),
        (&["--config", "nowhere.toml"], none, &["--config", "nowhere.toml"]),
        (&["--config", "unknown.toml"], none, &["lisen", "unknown.toml"]),
        (&["--config", "type.toml"], none, &["max_rows", "type.toml"]),
        (&["--config", "syntax.toml"], none, &["syntax.toml"]),
        (
            &["--config", "duration.toml"],
            none,
            &["fold_interval", "duration.toml"],
        ),
        (&["--nothing-like-that"], none, &["--nothing-like-that"]),
    ] {
        let own = if flags.contains(&"--listen") || !environment.is_empty() {
            &[][..]
        } else {
            &["--listen", "127.0.0.1:0"]
        };
        let ran = run(path, &[&["serve"], own, flags].concat(), environment).await;
        assert!(!ran.success, "{flags:?} {environment:?}");
        for word in words {
            assert!(
                ran.stderr.contains(word),
                "{flags:?} {environment:?}: {word:?} is not in {}",
                ran.stderr
            );
        }
        for inside in ["panicked", "INTERNAL", "inside the server"] {
            assert!(!ran.stderr.contains(inside), "{}", ran.stderr);
        }
    }
}

#[tokio::test]
async fn variables_that_are_no_settings_are_told_at_start() {
    let folder = TemporaryFolder::new();
    for (variable, word) in [
        (("TIDEMARK_LISEN", "127.0.0.1:0"), "TIDEMARK_LISTEN is the nearest"),
        (("TIDEMARK_NOTHING_LIKE_THAT", ""), "no such setting; `tidemark --help`"),
        // A port is said with its address, unless Kubernetes says it.
        (("TIDEMARK_PORT", "9000"), "--help"),
    ] {
        let ran = run(folder.path(), &["serve", "--listen", "127.0.0.1:0"], &[variable]).await;
        assert!(!ran.success, "{variable:?}");
        for word in [variable.0, word] {
            assert!(
                ran.stderr.contains(word),
                "{variable:?}: {word:?} is not in {}",
                ran.stderr
            );
        }
    }
}

#[tokio::test]
async fn variables_of_others_are_no_settings() {
    let folder = TemporaryFolder::new();
    let others = [
        // Of the build and of the tests.
        ("TIDEMARK_WEB", "quick"),
        ("TIDEMARK_BLESS", "1"),
        ("TIDEMARK_TEST_SEED", "7"),
        // Of Kubernetes, where services are called `tidemark` and `tidemark-database`.
        ("TIDEMARK_SERVICE_HOST", "10.0.0.7"),
        ("TIDEMARK_SERVICE_PORT", "80"),
        ("TIDEMARK_SERVICE_PORT_HTTP", "80"),
        ("TIDEMARK_PORT", "tcp://10.0.0.7:80"),
        ("TIDEMARK_PORT_80_TCP", "tcp://10.0.0.7:80"),
        ("TIDEMARK_PORT_80_TCP_ADDR", "10.0.0.7"),
        ("TIDEMARK_DATABASE_SERVICE_HOST", "10.0.0.8"),
        ("TIDEMARK_DATABASE_PORT", "tcp://10.0.0.8:5432"),
        ("TIDEMARK_DATABASE_PORT_5432_TCP_PROTO", "tcp"),
        // Whatever is called otherwise is nobody's business here.
        ("NO_TIDEMARK_LISEN", "x"),
    ];
    let ran = run(folder.path(), &["migrate"], &others).await;
    assert!(ran.success, "{}", ran.stderr);
}
