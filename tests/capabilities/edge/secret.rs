//! Nothing that opens anything is ever logged, whatever is logged.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{
    Client, Engine, Tidemark,
    person::{self, PASSWORD, post, sign_in},
    server::Address,
};

support::on_both_engines!(no_secret_is_logged);

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// What stands in the middle of a secret gives it away, too.
fn gives_away(log: &str, secret: &str) -> bool {
    let middle: String = secret.chars().skip(secret.chars().count() / 4).take(24).collect();
    log.contains(secret) || (middle.len() >= 12 && log.contains(&middle))
}

/// Sends a secret as clients of other systems do, or nearly so: in the path, in the query, and in a header of theirs.
async fn send_as_others_do(address: &Address, secret: &str) {
    let nobody = Client::anonymous(address);
    let ask = |method: Method, path: &str| nobody.request(method, path);
    for request in [
        ask(Method::GET, &format!("/v1/projects/{secret}/settings")),
        ask(Method::GET, &format!("/segment/v1/projects/{secret}/settings")),
        ask(Method::POST, &format!("/v1/projects/{secret}/settings")),
        ask(Method::GET, &format!("/v1/projects/{secret}/nothing")),
        ask(Method::GET, &format!("/{secret}")),
        ask(
            Method::GET,
            &format!("/rest/ua/v15/analytics/visit?access_token={secret}"),
        ),
        ask(Method::GET, &format!("/script.gif?key={secret}")),
        ask(Method::POST, "/v1/events")
            .header("X-Moesif-Application-Id", secret)
            .json(&json!({})),
    ] {
        let _ = nobody.send(request).await;
    }
}

async fn no_secret_is_logged(engine: Engine) {
    let mut tidemark = Tidemark::builder(engine).flag("--log", "debug").start().await;
    let address = tidemark.server().address().clone();
    let key = tidemark.client().key().expect("it has one").to_owned();
    let mut secrets = Vec::new();

    // Accounts: passwords right, wrong and new, links, tokens, cookies, second factors.
    let ada = tidemark.person("ada@example.com", &["--role", "owner"]).await;
    secrets.extend([
        ("a password", PASSWORD.to_owned()),
        ("an access token", ada.token().to_owned()),
        ("a cookie", ada.cookie().to_owned()),
    ]);
    let wrong = "wrong horse battery staple mistyped";
    let _ = sign_in(&address, "ada@example.com", wrong, Some("123987")).await;
    let renewed = post(&address, "/session/refresh", &json!({}), Some(ada.cookie())).await;
    secrets.extend([
        ("a wrong password", wrong.to_owned()),
        ("a renewed token", text(&renewed.body["accessToken"])),
        ("a renewed cookie", person::cookie(&renewed)),
    ]);
    let enrol = "mutation ($password: String!) { enrolTotp(password: $password) { secret uri } }";
    let enrolled = ada.field(enrol, json!({"password": PASSWORD})).await;
    secrets.push(("a second factor", text(&enrolled["secret"])));
    let invite = "mutation { inviteAccount(input: {email: \"bob@example.com\", role: VIEWER}) { link } }";
    let link = text(&ada.field(invite, json!({})).await["link"]);
    let token = link.split('#').nth(1).expect("a token").to_owned();
    let new = "another horse battery staple altogether";
    let accepted = post(
        &address,
        "/session/accept",
        &json!({"token": token, "password": new}),
        None,
    )
    .await;
    assert_eq!(accepted.status, 200, "{}", accepted.text);
    secrets.extend([("a link", token), ("a new password", new.to_owned())]);

    // Keys: made, wrong, with a secret that signs; client tokens; each way of sending them.
    let made = "mutation { createKey(input: {permissions: [LOG], signingSecret: true}) { secret signingSecret } }";
    let made = tidemark.client().graphql(made, json!({})).await.data()["createKey"].clone();
    secrets.extend([
        ("a made key", text(&made["secret"])),
        ("a signing secret", text(&made["signingSecret"])),
    ]);
    let minted = "mutation { createClientToken(input: {permissions: [QUERY], expiresIn: 900}) { token } }";
    let minted = text(&tidemark.client().graphql(minted, json!({})).await.data()["createClientToken"]["token"]);
    let wrong = format!("{}{}", &key[..15], "Wr0ng".repeat(9));
    for (name, secret) in [("the key", key), ("a client token", minted), ("a wrong key", wrong)] {
        let client = Client::new(&address, &secret);
        let _ = client.graphql("{ viewer { kind } }", json!({})).await;
        let sent = client.request(Method::POST, "/graphql").header("x-api-key", &secret);
        let _ = client
            .send(sent.header(header::COOKIE, format!("a={secret}")).body("no JSON"))
            .await;
        let _ = client
            .send(client.request(Method::GET, &format!("/graphql?query={{x}}&key={secret}")))
            .await;
        let _ = client
            .send(client.request(Method::GET, &format!("/session/oidc/callback?state=a&code={secret}")))
            .await;
        send_as_others_do(&address, &secret).await;
        secrets.push((name, secret));
    }
    // In an operation that fails, and as an argument that does not fit.
    let failing = format!("mutation {{ changePassword(password: \"{PASSWORD}\", newPassword: 7) {{ done }} }}");
    let _ = ada.client().graphql(&failing, json!({})).await;
    let _ = ada.client().graphql(enrol, json!({"password": [PASSWORD]})).await;
    tidemark.server_mut().terminate().await;

    let log = tidemark.server().log();
    assert!(
        log.contains("DEBUG") && log.contains("/graphql"),
        "it was logged at the level debug: {log}"
    );
    assert!(
        log.contains("/segment/v1/projects/{writeKey}/settings"),
        "paths are told by their patterns: {log}"
    );
    for (name, secret) in &secrets {
        if let Some(line) = log.lines().find(|line| gives_away(line, secret)) {
            panic!("{name} is logged: {line}");
        }
    }
    // Each line of a request names it.
    let answered: Vec<_> = log.lines().filter(|line| line.contains("answered")).collect();
    assert!(
        answered.len() > 10 && answered.iter().all(|line| line.contains("request{id=")),
        "{answered:#?}"
    );
}
