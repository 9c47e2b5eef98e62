//! The first account, invitations, and the command line.

use std::time::Duration;

use serde_json::{Value, json};
use support::{
    Database, Engine, Person, Server, Tidemark, binary,
    person::{PASSWORD, code, post, sign_in},
};

support::on_both_engines!(
    the_first_start_prints_a_link_that_makes_the_first_owner,
    an_invitation_sets_a_password_once,
    the_command_line_makes_accounts,
);

/// The secret behind the `#` of the first link in a text.
fn secret(text: &str) -> String {
    let (_, rest) = text
        .split_once("/session/link#")
        .unwrap_or_else(|| panic!("no link: {text}"));
    rest.split_whitespace().next().unwrap_or_default().to_owned()
}

/// The secret that a server prints once it has begun to listen.
async fn printed(server: &Server) -> String {
    for _ in 0..200 {
        if server
            .stdout()
            .split_once("/session/link#")
            .is_some_and(|(_, rest)| rest.contains('\n'))
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    secret(&server.stdout())
}

async fn accept(server: &Server, body: &Value) -> support::Answer {
    post(server.address(), "/session/accept", body, None).await
}

async fn the_first_start_prints_a_link_that_makes_the_first_owner(engine: Engine) {
    let database = Database::new(engine);
    let first = Server::start(&database).await;
    let void = printed(&first).await;
    let server = Server::start(&database).await;
    let token = printed(&server).await;
    assert_ne!(void, token, "each start makes the link anew");
    assert!(
        server.stdout().contains(&server.url("/session/link#")),
        "{}",
        server.stdout()
    );
    let email = "ada@example.com";
    for (body, expected) in [
        (
            json!({"token": void, "password": PASSWORD, "email": email}),
            "INVALID_LINK",
        ),
        (
            json!({"token": "tml_x", "password": PASSWORD, "email": email}),
            "INVALID_LINK",
        ),
        (
            json!({"token": token, "password": "short", "email": email}),
            "WEAK_PASSWORD",
        ),
        (
            json!({"token": token, "password": PASSWORD, "email": "ada"}),
            "INVALID_ARGUMENT",
        ),
        (json!({"token": token, "password": PASSWORD}), "INVALID_ARGUMENT"),
    ] {
        let answer = accept(&server, &body).await;
        assert_eq!((answer.status, code(&answer)), (400, expected), "{}", answer.text);
    }
    let body = json!({"token": token, "password": PASSWORD, "email": "Ada@Example.com", "name": "Ada"});
    // Two who race for it: one wins.
    let (one, two) = tokio::join!(accept(&server, &body), accept(&first, &body));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400], "{} {}", one.text, two.text);
    let ada = Person::sign_in(server.address(), email).await;
    let viewer = ada.viewer().await;
    assert_eq!(
        viewer.data()["viewer"]["account"]["roles"],
        json!([{"role": "OWNER", "site": null}])
    );
    let later = Server::start(&database).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!later.stdout().contains("/session/link"), "{}", later.stdout());
}

async fn an_invitation_sets_a_password_once(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let server = tidemark.server();
    let ada = tidemark.person("ada@example.com", &[]).await;
    let invite = "mutation ($input: InviteAccountInput!) { inviteAccount(input: $input) { account { id email name roles { \
                  role site } hasPassword } link expiresAt error { code path } } }";
    let input = json!({"email": "Bob@example.com", "role": "ANALYST", "site": tidemark.site()});
    let payload = ada.field(invite, json!({"input": input})).await;
    let account = &payload["account"];
    assert_eq!(
        (
            &account["email"],
            &account["name"],
            &account["hasPassword"],
            &account["roles"]
        ),
        (
            &json!("bob@example.com"),
            &json!("bob"),
            &json!(false),
            &json!([{"role": "ANALYST", "site": tidemark.site()}])
        ),
        "{payload:#}"
    );
    for (input, expected, path) in [
        (
            json!({"email": "bob@example.com", "role": "ADMIN"}),
            "ALREADY_EXISTS",
            "input.email",
        ),
        (
            json!({"email": "bob", "role": "ADMIN"}),
            "INVALID_ARGUMENT",
            "input.email",
        ),
        (
            json!({"email": "c@example.com", "role": "ADMIN", "site": "nowhere"}),
            "UNKNOWN_SITE",
            "input.site",
        ),
    ] {
        let refused = ada.field(invite, json!({"input": input})).await;
        assert_eq!(refused["error"], json!({"code": expected, "path": path}), "{refused:#}");
    }
    let lost = secret(payload["link"].as_str().expect("a link"));
    let renew = "mutation ($account: ID!) { renewInvitation(account: $account) { link error { code } } }";
    let renewed = ada.field(renew, json!({"account": account["id"]})).await;
    let token = secret(renewed["link"].as_str().expect("a link"));
    let sent = |token: &str| json!({"token": token, "password": PASSWORD, "name": "Bob B."});
    assert_eq!(
        code(&accept(server, &sent(&lost)).await),
        "INVALID_LINK",
        "a fresh link makes it void"
    );
    let accepted = accept(server, &sent(&token)).await;
    assert_eq!(accepted.status, 200, "{}", accepted.text);
    assert_eq!(
        code(&accept(server, &sent(&token)).await),
        "INVALID_LINK",
        "each works once"
    );
    let bob = Person::sign_in(server.address(), "bob@example.com").await;
    assert_eq!(bob.viewer().await.data()["viewer"]["name"], "Bob B.");

    // A link for a lost password ends what was begun with the old one.
    let renewed = ada.field(renew, json!({"account": account["id"]})).await;
    let token = secret(renewed["link"].as_str().expect("a link"));
    let next = "another horse battery staple";
    let accepted = accept(server, &json!({"token": token, "password": next})).await;
    assert_eq!(accepted.status, 200, "{}", accepted.text);
    assert_eq!(bob.viewer().await.error_code(), "UNAUTHENTICATED");
    let answer = sign_in(server.address(), "bob@example.com", next, None).await;
    let bob = Person::of(server.address(), &answer);
    for (document, variables) in [
        (invite, json!({"input": {"email": "c@example.com", "role": "OWNER"}})),
        (renew, json!({"account": account["id"]})),
    ] {
        assert_eq!(
            bob.client().graphql(document, variables.clone()).await.error_code(),
            "FORBIDDEN"
        );
        assert_eq!(
            tidemark.client().graphql(document, variables).await.error_code(),
            "FORBIDDEN",
            "a key"
        );
    }
}

async fn the_command_line_makes_accounts(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let server = tidemark.server();
    let setup = printed(server).await;
    let printed = tidemark
        .command(&[
            "account",
            "create",
            "Ada@example.com",
            "--name",
            "Ada",
            "--public-url",
            "https://stats.example.com",
        ])
        .await
        .success();
    assert!(
        printed.starts_with("https://stats.example.com/session/link#"),
        "{printed}"
    );
    assert_eq!(printed.lines().count(), 1, "the link alone: {printed}");
    let body = json!({"token": secret(&printed), "password": PASSWORD});
    assert_eq!(accept(server, &body).await.status, 200);
    let _ = Person::sign_in(server.address(), "ada@example.com").await;
    let body = json!({"token": setup, "password": PASSWORD, "email": "eve@example.com"});
    assert_eq!(
        code(&accept(server, &body).await),
        "INVALID_LINK",
        "the first account is there"
    );

    let create = async |flags: &[&str], input: &str| {
        let arguments = [&["account", "create", "bob@example.com", "--password-stdin"], flags].concat();
        binary::run_with_input(tidemark.database(), &arguments, input.as_bytes()).await
    };
    for (flags, input, word) in [
        (&["--role", "king"][..], PASSWORD, "owner"),
        (&[], "short", "12"),
        (&[], "", "12"),
        (&["--role", "viewer", "--site", "nowhere"], PASSWORD, "nowhere"),
    ] {
        let finished = create(flags, input).await;
        assert!(finished.failure().contains(word), "{finished}");
    }
    let _ = create(&["--role", "viewer", "--site", "shop"], &format!("{PASSWORD}\n"))
        .await
        .success();
    let list = async || {
        let printed = tidemark.command(&["account", "list"]).await.success();
        printed.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        list().await,
        [
            "ada@example.com\tOWNER\tpassword only\tactive\tAda",
            "bob@example.com\tVIEWER of shop\tpassword only\tactive\tbob"
        ]
    );
    let bob = Person::sign_in(server.address(), "bob@example.com").await;
    let _ = tidemark
        .command(&["account", "disable", "bob@example.com"])
        .await
        .success();
    assert_eq!(bob.viewer().await.error_code(), "UNAUTHENTICATED");
    assert!(list().await[1].contains("\tdisabled\t"));
    let told = tidemark
        .command(&["account", "disable", "ada@example.com"])
        .await
        .failure();
    assert!(told.contains("last owner"), "{told}");
    let _ = tidemark
        .command(&["account", "enable", "bob@example.com"])
        .await
        .success();
    let _ = Person::sign_in(server.address(), "bob@example.com").await;
    let link = tidemark
        .command(&["account", "link", "bob@example.com"])
        .await
        .success();
    let body = json!({"token": secret(&link), "password": "another horse battery staple"});
    assert_eq!(accept(server, &body).await.status, 200);
    let told = tidemark
        .command(&["account", "link", "eve@example.com"])
        .await
        .failure();
    assert!(told.contains("eve@example.com"), "{told}");
}
