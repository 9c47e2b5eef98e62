//! Where fields go that the examples of the manual do not show.

use reqwest::Method;
use serde_json::{Value, json};
use support::{Engine, Tidemark, kept::events};

use super::{accept, actor};

support::on_both_engines!(
    fields_of_an_action_go_where_they_belong,
    what_comes_late_is_told_as_that,
    the_latest_hundred_sessions_are_known,
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
