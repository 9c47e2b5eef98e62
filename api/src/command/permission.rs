//! `permissions`: print the table of operations, and who may do each.

use crate::domain::{
    operation::Operation,
    permission::{Permission, Permissions},
    role::{Right, Role},
};

/// Prints the table in Markdown.
pub(super) fn run() {
    print!("{}", table());
}

fn table() -> String {
    let mut text = String::from(
        "# Who may do what\n\n\
         Printed by `tidemark permissions` from the table that the server itself checks against. ● marks what a caller\n\
         needs for the operation, and where it needs it: on the site that is meant, on some sites, of which the answer is,\n\
         or on all. To a caller of one site no other site exists. ○ marks any one of several. The server's own command\n\
         line may do everything.\n\n\
         Lower case are permissions of keys and of client tokens, upper case are roles of accounts. A role holds for one site\n\
         or for all; whoever has an account may look after it, whatever the role.\n\n",
    );
    let names = Permission::ALL.into_iter().map(Permission::name);
    let names: Vec<_> = names.chain(Role::ALL.map(Role::name)).collect();
    text.push_str(&format!(
        "| operation | does | where | anybody | {} |\n",
        names.join(" | ")
    ));
    text.push_str(&format!("|---|---|---|---|{}\n", "---|".repeat(names.len())));
    for operation in Operation::ALL {
        let doors: Vec<_> = operation.doors().iter().map(|door| format!("`{door}`")).collect();
        let needs = operation.needs();
        let (place, anybody) = if needs.is_empty() {
            ("", "●")
        } else {
            (operation.reach().name(), "")
        };
        let mark = if needs.len() == 1 { "●" } else { "○" };
        let cells: Vec<_> = Permission::ALL
            .into_iter()
            .map(|permission| {
                let gives = |right: &Right| right.of_key(Permissions::one(permission));
                if needs.iter().any(gives) { mark } else { "" }
            })
            .chain(Role::ALL.map(|role| {
                let gives = |right: &Right| role.gives(*right);
                if needs.iter().any(gives) { "●" } else { "" }
            }))
            .collect();
        text.push_str(&format!(
            "| {} | {} | {place} | {anybody} | {} |\n",
            doors.join(", "),
            operation.meaning(),
            cells.join(" | ")
        ));
    }
    text
}
