//! The commands of the table: whoever is at the command line may run each, and the audit log says that it was somebody
//! there. They take no key and no session, so that what these may is tried behind the commands, in `command/permission.rs`.

use serde_json::{Value, json};
use support::{Engine, Tidemark, binary, person::PASSWORD};

support::on_both_engines!(the_command_line_may_what_its_rows_say);

/// A command of the table.
pub(super) struct Command {
    /// As the printed table names it.
    pub(super) name: &'static str,
    arguments: &'static [&'static str],
    /// The operation that the audit log notes; none where nothing changes.
    noted: Option<&'static str>,
}

const fn command(name: &'static str, arguments: &'static [&'static str], noted: Option<&'static str>) -> Command {
    Command { name, arguments, noted }
}

/// Every command of the table, in an order in which each can be run.
pub(super) const COMMANDS: &[Command] = &[
    command(
        "Command.createAccount",
        &[
            "account",
            "create",
            "eve@example.com",
            "--role",
            "viewer",
            "--password-stdin",
        ],
        Some("inviteAccount"),
    ),
    command(
        "Command.linkAccount",
        &["account", "link", "eve@example.com"],
        Some("renewInvitation"),
    ),
    command(
        "Command.disableAccount",
        &["account", "disable", "eve@example.com"],
        Some("disableAccount"),
    ),
    command("Command.rotateSigning", &["signing", "rotate"], Some("rotateSigning")),
    command("Command.listSigningKeys", &["signing", "list"], None),
];

const NEWEST: &str = "{ audit(first: 1) { edges { node { id operation actor { kind } } } } }";

async fn the_command_line_may_what_its_rows_say(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    // Somebody owns the organisation, so that whoever is disabled below is not the last who does.
    tidemark.account("first@example.com", &[]).await;
    let reader = tidemark.client_of_all_sites("manage").await;
    let newest = async || {
        let answer = reader.graphql(NEWEST, json!({})).await;
        answer.data()["audit"]["edges"][0]["node"].clone()
    };
    for command in COMMANDS {
        let before = newest().await;
        let input = format!("{PASSWORD}\n");
        let run = binary::run_with_input(tidemark.database(), command.arguments, input.as_bytes()).await;
        assert!(!run.success().trim().is_empty(), "{} prints what it did", command.name);
        let after = newest().await;
        let Some(operation) = command.noted else {
            assert_eq!(before["id"], after["id"], "{} changes nothing", command.name);
            continue;
        };
        assert_ne!(before["id"], after["id"], "{}", command.name);
        assert_eq!(
            (&after["operation"], &after["actor"]["kind"]),
            (&json!(operation), &json!("OPERATOR")),
            "{}: {after:#}",
            command.name
        );
    }
    // The keys that sign have no door but these.
    let asked = "{ __schema { queryType { fields { name } } mutationType { fields { name } } } }";
    let schema = reader.graphql(asked, Value::Null).await;
    assert!(!schema.text.to_lowercase().contains("signing"), "{}", schema.text);
}
