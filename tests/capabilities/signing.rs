//! The keys that sign tokens: one signs, older ones verify, none is stored in the open.

use std::fs;

use support::{Database, Engine, Server, Tidemark, binary};

mod own_key;

support::on_both_engines!(a_rotation_keeps_the_old_key_for_its_tokens);

async fn list(tidemark: &Tidemark) -> Vec<Vec<String>> {
    let printed = tidemark.command(&["signing", "list"]).await.success();
    let columns = |line: &str| line.split('\t').map(str::to_owned).collect();
    printed.lines().map(columns).collect()
}

async fn a_rotation_keeps_the_old_key_for_its_tokens(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let before = list(&tidemark).await;
    assert_eq!(before.len(), 1, "one is made at the first start: {before:?}");
    assert_eq!(before[0][2], "signs");
    let printed = tidemark.command(&["signing", "rotate"]).await.success();
    let after = list(&tidemark).await;
    assert_eq!(after.len(), 2, "{after:?}");
    assert_eq!(after[0][0], before[0][0]);
    assert!(after[0][2].starts_with("verifies until"), "{after:?}");
    assert_eq!(after[1][2], "signs");
    assert!(printed.contains(&after[1][0]), "{printed}");
    let _ = tidemark.command(&["signing", "rotate"]).await.success();
    assert_eq!(list(&tidemark).await.iter().filter(|key| key[2] == "signs").count(), 1);
}

#[tokio::test]
async fn what_is_sealed_opens_with_its_key_file_alone() {
    let database = Database::new(Engine::Sqlite);
    let folder = database.folder().path().to_owned();
    let write = |name: &str, content: &str| {
        let path = folder.join(name);
        fs::write(&path, content).expect("the folder is ours");
        path.display().to_string()
    };
    let key = write("key", "a key of the operator's own, kept elsewhere\n");
    let other = write("other", "another key of the operator's, as long as it\n");
    let short = write("short", "guess me");
    drop(Server::start_with(&database, &[("--sealing-key-file", &key)]).await);
    let list = async |flags: &[&str]| binary::run(&database, &[&["signing", "list"], flags].concat()).await;
    assert_eq!(list(&["--sealing-key-file", &key]).await.success().lines().count(), 1);
    for flags in [&[][..], &["--sealing-key-file", &other]] {
        let told = list(flags).await.failure();
        assert!(
            told.contains("sealing-key-file") && told.contains("another key"),
            "{told}"
        );
    }
    for file in [short.as_str(), "nowhere"] {
        let told = list(&["--sealing-key-file", file]).await.failure();
        assert!(told.contains("sealing-key-file") && told.contains(file), "{told}");
    }
}
