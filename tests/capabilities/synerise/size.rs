//! A list as long as the manual allows, from whoever may send one.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{BATCH, counted, now, post, told};

support::on_both_engines!(a_client_and_a_page_may_send_a_thousand_events);

async fn a_client_and_a_page_may_send_a_thousand_events(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let nobody = client.without_key();
    let time = now().to_string();
    let event = |number: usize| {
        json!({"action": "product.view", "label": "Viewed a product", "client": {"uuid": "u-1"},
            "time": time, "params": {"sku": format!("sku-{number}"), "name": "Wool hat", "category": "Accessories",
            "price": 39.99, "quantity": number, "source": "MOBILE_APP", "url": "https://shop.example.com/wool-hat"}})
    };
    let list = Value::from((0..1_000).map(event).collect::<Vec<_>>());
    let text = list.to_string();
    let marks = text.bytes().filter(|byte| b",:[{".contains(byte)).count();
    assert!(
        text.len() < 1 << 20 && marks > 20_000,
        "{} bytes, {marks} marks",
        text.len()
    );
    let login = json!({"apiKey": client.key().expect("a key"), "identityProvider": "SYNERISE", "uuid": "u-1",
        "email": "ada@example.com", "password": "secret"});
    let signed_in = post(&nobody, "/sauth/v3/auth/login/client", &login).await;
    let token = signed_in.body["token"].as_str().expect("a token").to_owned();
    let request = nobody.request(Method::POST, BATCH).bearer_auth(token).json(&list);
    let answer = nobody.send(request).await;
    assert_eq!((answer.status, answer.text.as_str()), (202, ""));
    let page = "https://www.example.com";
    let key = tidemark
        .key(&["--site", tidemark.site(), "--allow", "log", "--origin", page])
        .await;
    let request = nobody.request(Method::POST, &format!("{BATCH}?token={key}"));
    let answer = nobody.send(request.header(header::ORIGIN, page).json(&list)).await;
    assert_eq!((answer.status, answer.text.as_str()), (202, ""));
    assert_eq!(
        counted(client, "synerise").await,
        told(&[("ACCEPTED", "", "product.view", 2_000)])
    );
}
