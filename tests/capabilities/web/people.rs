//! People: invited, given roles, locked out, let in again; what they may not, they do not see.

use serde_json::json;
use support::{binary, browser::Look, person::PASSWORD};

use super::visit::Visit;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_is_invited_given_roles_and_locked_out() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    visit.go("/people").await;
    browser.sees("ada@example.com").await;
    browser.press("Invite").await;
    browser.fill("E-mail address", "bob@example.com").await;
    browser.fill("Name", "<b>Bob</b>").await;
    browser.choose("Where", "shop").await;
    browser.press("Invite").await;
    let link = browser.value("Link").await;
    let secret = link.split('#').nth(1).expect("a secret").to_owned();
    browser.press("Done").await;
    browser.sees("<b>Bob</b>").await;
    browser.sees("invited").await;
    browser.sees("Viewer · shop").await;
    let accepted = support::person::post(
        visit.server.address(),
        "/session/accept",
        &json!({"token": secret, "password": PASSWORD}),
        None,
    )
    .await;
    assert_eq!(accepted.status, 200, "{}", accepted.text);
    let signs_in = async || {
        support::person::sign_in(visit.server.address(), "bob@example.com", PASSWORD, None)
            .await
            .status
    };
    assert_eq!(signs_in().await, 200);
    browser.press("Roles: bob@example.com").await;
    browser.choose("Role", "Analyst").await;
    browser.press("Give role").await;
    browser.sees("The role is given.").await;
    browser.sees("Analyst · Every site").await;
    browser.press("Lock: bob@example.com").await;
    browser
        .fill("Type “bob@example.com” to confirm", "bob@example.com")
        .await;
    browser.press("Lock").await;
    browser.sees("bob@example.com is locked out.").await;
    assert_eq!(signs_in().await, 401);
    browser.press("Let in again: bob@example.com").await;
    browser.sees("bob@example.com may come in again.").await;
    assert_eq!(signs_in().await, 200);
    browser.press("Roles: bob@example.com").await;
    browser.press("Take away: Analyst · Every site").await;
    browser.sees("The role is taken away.").await;
    visit.was_clean().await;
    // Bob sees what a viewer may, and is told so where he may not.
    browser.press("Sign out").await;
    browser.arrives("/sign-in").await;
    browser.fill("E-mail address", "bob@example.com").await;
    browser.fill("Password", PASSWORD).await;
    browser.press("Sign in").await;
    browser.sees("Overview").await;
    browser.misses("Lists").await;
    visit.go("/people").await;
    browser.sees("This is not for your role").await;
    visit.go("/s/shop/keys").await;
    browser.sees("This is not for your role").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_of_a_site_lets_people_in_there() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    for flags in [
        &["bob@example.com", "--role", "viewer"][..],
        &["carl@example.com", "--role", "owner", "--site", "shop"],
    ] {
        let arguments = [&["account", "create", "--password-stdin"], flags].concat();
        let input = format!("{PASSWORD}\n");
        let _ = binary::run_with_input(&visit.database, &arguments, input.as_bytes())
            .await
            .success();
    }
    browser.press("Sign out").await;
    browser.arrives("/sign-in").await;
    browser.fill("E-mail address", "carl@example.com").await;
    browser.fill("Password", PASSWORD).await;
    browser.press("Sign in").await;
    browser.sees("Overview").await;
    visit.go("/people").await;
    browser.sees("Owner · shop").await;
    browser.press("Let somebody in").await;
    browser.fill("E-mail address", "bob@example.com").await;
    browser.choose("Role", "Analyst").await;
    browser.press("Give role").await;
    browser.sees("The role is given.").await;
    browser.sees("Analyst · shop").await;
    // Who may sign in at all is the organisation's affair, and so is what somebody may elsewhere.
    for other in ["Invite", "New link", "Lock", "Every site"] {
        browser.misses(other).await;
    }
    browser.press("Roles: bob@example.com").await;
    browser.press("Take away: Analyst · shop").await;
    browser.sees("The role is taken away.").await;
    browser.misses("bob@example.com").await;
    visit.was_clean().await;
}
