//! No question runs past its deadline, whatever it is asked in. What is looked through here is so much that it takes any
//! machine longer than is allowed.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use support::{Answer, Client, Engine, Server, Tidemark};

use super::{ask, form, kql::preview, list, written::write};

support::on_both_engines!(
    no_query_runs_past_its_deadline,
    no_filter_of_events_runs_past_its_deadline,
    no_filter_of_profiles_runs_past_its_deadline,
);

/// A site with 400 events of some 100 KB each, on a server that gives questions a second.
async fn start(engine: Engine) -> Tidemark {
    let tidemark = Tidemark::builder(engine)
        .flag("--question-deadline", "1s")
        // Nothing but time is to be used up.
        .flag("--kql-events", "1000000")
        .start()
        .await;
    let text: String = (0..12_000).map(|word| format!("{} ", word * 7_919)).collect();
    for _ in 0..16 {
        let events = (0..25).map(|number| json!({"action": "a", "device": format!("d{number}"), "tag": {"t": text}}));
        tidemark.accept(events.collect()).await;
    }
    tidemark
}

/// Long past the second, as machines may be busy, and before a server would end it that is not told to.
fn took_about_as_long_as_allowed(begin: Instant) {
    let took = begin.elapsed();
    assert!(
        (Duration::from_millis(900)..Duration::from_secs(25)).contains(&took),
        "{took:?}"
    );
}

/// Whoever asks for less is answered, on a machine that is busy at the second time.
async fn is_answered(asked: impl AsyncFn() -> Answer) {
    let begin = Instant::now();
    while asked().await.status != 200 {
        assert!(
            begin.elapsed() < Duration::from_secs(90),
            "nothing is answered any more"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn no_query_runs_past_its_deadline(engine: Engine) {
    let tidemark = start(engine).await;
    let client = tidemark.client();
    let tests: Vec<_> = (1..=60)
        .map(|number| format!("tostring(Payload.t) matches regex '^([0-9]+ )*x{{{number}}}$'"))
        .collect();
    let query = format!("Events | where {} | count", tests.join(" or "));
    let begin = Instant::now();
    let answer = preview(client, &query, None).await;
    let error = &answer.body["error"];
    assert_eq!(
        (answer.status, &error["code"]),
        (400, &json!("BadQuery")),
        "{}",
        answer.text
    );
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains("longer than"), "{message}");
    took_about_as_long_as_allowed(begin);
    let begin = Instant::now();
    let document = "query ($query: String!) { kql(query: $query) { rows } }";
    let answer = client.graphql(document, json!({"query": query})).await;
    assert_eq!(answer.error_code(), "DEADLINE_EXCEEDED", "{}", answer.text);
    took_about_as_long_as_allowed(begin);
    let metrics = client.send(client.request(Method::GET, "/metrics")).await.text;
    let failed = "tidemark_question_seconds_count{operation=\"kql\",source=\"failed\"} 2\n";
    assert!(metrics.contains(failed), "those are the slowest of all: {metrics}");
    is_answered(async || preview(client, "Events | take 1 | project DeviceId", None).await).await;
}

async fn no_filter_of_events_runs_past_its_deadline(engine: Engine) {
    let tidemark = start(engine).await;
    let client = tidemark.client();
    // In none of them, so that each is looked for to the end of each text.
    let filter: Vec<_> = (0..240)
        .map(|number| format!("contains(Payload.t,' end{number}')"))
        .collect();
    let filter = filter.join(" or ");
    let begin = Instant::now();
    let answer = list(client, &[("$filter", &filter)]).await;
    assert_eq!(
        (answer.status, &answer.body["error"]["code"]),
        (503, &json!("ServiceUnavailable")),
        "{}",
        answer.text
    );
    took_about_as_long_as_allowed(begin);
    let begin = Instant::now();
    let document = "query ($filter: EventFilter) { events(filter: $filter) { edges { node { id } } } }";
    let answer = client.graphql(document, json!({"filter": {"odata": filter}})).await;
    assert_eq!(answer.error_code(), "DEADLINE_EXCEEDED", "{}", answer.text);
    took_about_as_long_as_allowed(begin);
    is_answered(async || list(client, &[("$filter", "EventType eq b"), ("$top", "1")]).await).await;
}

/// What is looked through has been read from the database by then: nothing there ends it.
async fn no_filter_of_profiles_runs_past_its_deadline(engine: Engine) {
    let mut tidemark = Tidemark::builder(engine)
        .flag("--question-deadline", "1s")
        .start()
        .await;
    let large = json!({"Payload": {"t": "aB".repeat(120_000)}});
    for number in 0..200 {
        write(tidemark.client(), &format!("default/{number}"), large.clone()).await;
    }
    let listed = async |client: &Client, filter: &str| -> Answer {
        let path = format!("/api/v1.0/Profiles?{}", form(&[("$filter", filter), ("$top", "1")]));
        ask(client, Method::GET, &path, None).await
    };
    // Each text is made alike anew for each of them: more than ten gigabytes.
    let filter: Vec<_> = (0..240)
        .map(|number| format!("contains(tolower(Payload.t),'end{number}')"))
        .collect();
    let begin = Instant::now();
    let answer = listed(tidemark.client(), &filter.join(" or ")).await;
    assert_eq!(
        (answer.status, &answer.body["error"]["code"]),
        (503, &json!("ServiceUnavailable")),
        "{}",
        &answer.text[..answer.text.len().min(500)]
    );
    took_about_as_long_as_allowed(begin);
    // With more time, less of it is answered.
    tidemark.server_mut().terminate().await;
    let server = Server::start_with(tidemark.database(), &[]).await;
    let client = tidemark.client().at(server.address());
    let answer = listed(&client, "contains(tolower(Payload.t),'abab') and ProfileId eq 7").await;
    assert_eq!(
        (answer.status, &answer.body["total"]),
        (200, &json!(1)),
        "{}",
        &answer.text[..answer.text.len().min(500)]
    );
}
