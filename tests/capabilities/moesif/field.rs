//! Where fields go that the examples of the manual do not show.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{Engine, Tidemark, kept::events};

use super::{accept, actor, misfits};

support::on_both_engines!(
    fields_of_an_action_go_where_they_belong,
    what_comes_late_is_told_as_that,
    the_latest_hundred_sessions_are_known,
    an_address_that_is_none_loses_no_event,
    what_is_too_long_is_cut,
);

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

async fn fields_of_an_action_go_where_they_belong(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--max-event-age", "none")
        .start()
        .await;
    let client = tidemark.client();
    let many: Vec<_> = (0..501).map(|number| format!("p{number}=1")).collect();
    let page = "https://www.example.com/?";
    for fields in [
        json!({"subscription_id": "s-1", "metadata": {"plan": "pro"}, "request": {"time": 1_709_268_342_914_i64}}),
        json!({"request": {"user_agent_string": "unknown", "uri": format!("{page}{}", many.join("&"))}}),
        json!({"request": {"user_agent_string": "curl/8.5.0"}}),
    ] {
        let mut action = json!({"action_name": "a"});
        let own = fields.as_object().expect("an object").clone();
        action.as_object_mut().expect("an object").extend(own);
        let request = client.without_key().request(Method::POST, "/v1/actions");
        let request = request.header("X-Moesif-Application-Id", client.key().expect("a key"));
        let answer = client.send(request.header("user-agent", FIREFOX).json(&action)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
    let found = events(&tidemark).await;
    assert_eq!(
        found[0]["tag"],
        json!({"plan": "pro", "subscription_id": "s-1", "traffic_source": "direct"})
    );
    assert_eq!(found[0]["time"], "2024-03-01T04:45:42.914Z");
    // Who says nothing of the agent, or a word for that, is seen by the connection.
    assert_eq!(found[0]["userAgent"], FIREFOX);
    assert_eq!(
        (&found[1]["userAgent"], &found[1]["browser"]),
        (&json!(FIREFOX), &json!("Firefox"))
    );
    assert_eq!(found[2]["userAgent"], "curl/8.5.0");
    // Of the parameters of its page, five hundred are kept.
    assert_eq!(found[1]["url"], format!("{page}{}", many[..500].join("&")));
}

#[expect(clippy::disallowed_methods, reason = "the server's clock is the system's")]
fn minutes_ago(minutes: i64) -> String {
    (jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes)).to_string()
}

async fn what_comes_late_is_told_as_that(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let action = |name: &str, request: Value| json!({"action_name": name, "request": request});
    accept(client, "/v1/actions", action("late", json!({"time": minutes_ago(6)}))).await;
    accept(client, "/v1/actions", action("soon", json!({"time": minutes_ago(1)}))).await;
    accept(client, "/v1/actions", action("now", json!({}))).await;
    let document = "{ events(first: 10, orderBy: ARRIVAL_ASCENDING) { edges { node { action late } } } }";
    let answer = client.graphql(document, json!({})).await;
    let told = |action: &str, late: bool| json!({"node": {"action": action, "late": late}});
    assert_eq!(
        answer.data()["events"]["edges"],
        json!([told("late", true), told("soon", false), told("now", false)])
    );
}

async fn the_latest_hundred_sessions_are_known(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let names = |numbers: std::ops::Range<usize>| numbers.map(|number| format!("s{number}")).collect::<Vec<_>>();
    accept(
        client,
        "/v1/users",
        json!({"user_id": "ada", "session_token": names(0..60)}),
    )
    .await;
    accept(
        client,
        "/v1/users",
        json!({"user_id": "ada", "session_token": names(60..104)}),
    )
    .await;
    accept(client, "/v1/users", json!({"user_id": "ada", "session_token": "s104"})).await;
    assert_eq!(actor(client, "ada").await["sessions"], json!(names(5..105)));
}

async fn an_address_that_is_none_loses_no_event(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--ip-policy", "whole")
        .start()
        .await;
    let client = tidemark.client();
    for (written, wanted) in [
        ("198.51.100.7:50123", "198.51.100.7"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("198.51.100.7, 10.0.0.1", "198.51.100.7"),
        ("unknown", "127.0.0.1"),
        ("localhost:8080", "127.0.0.1"),
    ] {
        let request = json!({"uri": "https://api.example.com/a", "ip_address": written});
        let action = json!({"action_name": "a", "request": request});
        accept(client, "/v1/actions", action.clone()).await;
        accept(client, "/v1/actions/batch", json!([action])).await;
        accept(client, "/v1/events", json!({"request": request})).await;
        let found = events(&tidemark).await;
        let latest: Vec<_> = found[found.len() - 3..].iter().map(|event| &event["ip"]).collect();
        assert_eq!(latest, vec![&json!(wanted); 3], "{written}");
    }
    // Of a page it would not even count.
    let page = "https://www.example.com";
    let key = tidemark
        .key(&["--site", "shop", "--allow", "log", "--origin", page])
        .await;
    let nobody = client.without_key();
    let send = || {
        let request = nobody.request(Method::POST, "/v1/actions").header(header::ORIGIN, page);
        let request = request.header("X-Moesif-Application-Id", key.clone());
        nobody.send(request.json(&json!({"action_name": "page's", "request": {"ip_address": "here"}})))
    };
    // The server meets the key, and so what it allows.
    let _ = send().await;
    let answer = send().await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let found = events(&tidemark).await;
    let of_page: Vec<_> = found[15..].iter().map(|event| &event["ip"]).collect();
    assert!(
        !of_page.is_empty() && of_page.iter().all(|ip| *ip == "127.0.0.1"),
        "{of_page:?}"
    );
    assert_eq!(misfits(client, "moesif").await, Vec::<String>::new());
}

async fn what_is_too_long_is_cut(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let address = |letters: usize| format!("https://shop.example/{}", "x".repeat(letters - 21));
    let agent = "a".repeat(2_049);
    let request = json!({"uri": address(8_193), "user_agent_string": agent});
    accept(client, "/v1/actions", json!({"action_name": "a", "request": request})).await;
    let headers = json!({"User-Agent": agent, "Referer": address(8_193)});
    let call = json!({"request": {"uri": address(8_193), "headers": headers}});
    accept(client, "/v1/events", call).await;
    let found = events(&tidemark).await;
    assert_eq!(found.len(), 2, "{:#?}", misfits(client, "moesif").await);
    for event in &found {
        assert_eq!(event["url"], address(8_192));
        // No more of an agent is kept by any way.
        assert_eq!(event["userAgent"], agent[..1_024]);
    }
    assert_eq!(found[1]["referrer"], address(8_192));
}
