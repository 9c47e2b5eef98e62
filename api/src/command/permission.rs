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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{
        config::Config,
        domain::{
            account::{Account, SignedIn},
            caller::{Caller, Identity},
            error::{Code, Result},
            key::ApiKey,
            role::Grant,
        },
        service::{Services, account::NewAccount},
        startup,
    };

    const PASSWORD: &str = "correct horse battery staple";

    /// A command's operation, asked for by somebody. A new command of the table fails the test until it is here.
    async fn ask(services: &Services, door: &str, caller: &Caller, account: &str) -> Result<()> {
        match door {
            "Command.createAccount" => {
                let new = new_account("new@example.com", Role::Viewer);
                services.create_account(caller, &new, PASSWORD).await.map(drop)
            }
            "Command.linkAccount" => services.renew_link(caller, account).await.map(drop),
            "Command.disableAccount" => services.set_account_disabled(caller, account, false).await.map(drop),
            "Command.rotateSigning" => services.rotate_signing(caller).await.map(drop),
            "Command.listSigningKeys" => services.signing_keys(caller).await.map(drop),
            door => panic!("{door} is tried in no test"),
        }
    }

    fn new_account(email: &str, role: Role) -> NewAccount {
        NewAccount {
            email: email.to_owned(),
            name: String::new(),
            role,
            site: None,
        }
    }

    fn key(permission: Permission, site: Option<i64>) -> Identity {
        let key = ApiKey {
            id: 1,
            site,
            name: String::new(),
            prefix: "tm_0123456789ab".to_owned(),
            permissions: Permissions::one(permission),
            origins: Vec::new(),
            events_per_second: None,
            created: Timestamp::UNIX_EPOCH,
            expires: None,
            revoked: None,
            rotated: None,
            previous_until: None,
            signs: false,
            last_used: None,
        };
        Identity::Key(key.into())
    }

    fn person(account: &Account, role: Role, site: Option<i64>) -> Identity {
        let account = Account {
            grants: vec![Grant { site, role }],
            ..account.clone()
        };
        let signed_in = SignedIn {
            account,
            session: 1,
            session_id: String::new(),
        };
        Identity::Account(signed_in.into())
    }

    /// The commands of the printed table, each with its cells of permissions and roles.
    fn rows() -> Vec<(String, Vec<bool>)> {
        let table = table();
        let rows = table.lines().filter(|line| line.starts_with("| `")).flat_map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            let marks: Vec<_> = cells[4..].iter().map(|cell| !cell.is_empty()).collect();
            let doors = cells[0].split(", ").map(|door| door.trim_matches('`').to_owned());
            doors.map(|door| (door, marks.clone())).collect::<Vec<_>>()
        });
        rows.filter(|(door, _)| door.starts_with("Command.")).collect()
    }

    /// At the command line everybody is the operator, so that keys and roles can be tried behind it alone.
    #[tokio::test]
    async fn each_cell_of_a_commands_row_holds() {
        let data = std::env::temp_dir().join(format!("tidemark-permission-{}", uuid::Uuid::now_v7()));
        let config = Config {
            data: data.clone(),
            ..Config::default()
        };
        let services = startup::services(&config).await.expect("an empty folder");
        let operator = Caller::operator();
        let as_caller = |identity| Caller {
            identity,
            ..Caller::operator()
        };
        let make = async |email: &str, role| {
            let made = services.invite_account(&operator, &new_account(email, role)).await;
            made.expect("a new address").0
        };
        let owner = make("owner@example.com", Role::Owner).await;
        let victim = make("victim@example.com", Role::Viewer).await.public_id;
        let rows = rows();
        assert!(rows.len() >= 5, "{rows:?}");
        for (door, marks) in &rows {
            let keys = Permission::ALL.into_iter().zip(marks);
            let keys = keys.flat_map(|(one, mark)| [(key(one, None), *mark), (key(one, Some(1)), false)]);
            let roles = Role::ALL.into_iter().zip(&marks[Permission::ALL.len()..]);
            let roles = roles.flat_map(|(role, mark)| {
                // A role on one site does not reach what is of all.
                let of_site = (person(&owner, role, Some(1)), false);
                [(person(&owner, role, None), *mark), of_site]
            });
            for (identity, may) in keys.chain(roles) {
                let caller = as_caller(identity);
                let told = ask(&services, door, &caller, &victim).await;
                match told {
                    Ok(()) => assert!(may, "{door} as {:?}", caller.identity),
                    Err(error) => {
                        assert_eq!(error.code, Code::Forbidden, "{door} as {:?}", caller.identity);
                        assert!(!may, "{door} as {:?}: {error:?}", caller.identity);
                    }
                }
            }
            let nobody = ask(&services, door, &as_caller(Identity::Anonymous), &victim).await;
            assert_eq!(nobody.expect_err("who is it?").code, Code::Unauthenticated, "{door}");
        }
        services.database.clone().close().await.expect("it closes");
        std::fs::remove_dir_all(data).expect("it is ours");
    }
}
