//! Lists as long as the manual allows, and no longer.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{
    Answer, Client, Engine, Tidemark,
    kept::{counted, events, misfits, told},
};

support::on_both_engines!(
    fifty_megabytes_are_taken_and_no_byte_more,
    a_list_of_very_many_values_is_taken_part_by_part,
);

const MOST: usize = 50 << 20;

/// Sends a list of API calls, packed.
async fn send(client: &Client, list: &str) -> Answer {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(list.as_bytes()).expect("memory");
    let request = client.without_key().request(Method::POST, "/v1/events/batch");
    let request = request
        .header("X-Moesif-Application-Id", client.key().expect("a key"))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_ENCODING, "gzip");
    client.send(request.body(packed.finish().expect("memory"))).await
}

/// An API call with this body in its answer.
fn call(body: &str) -> String {
    let request = r#"{"uri":"https://api.example.com/a","verb":"GET"}"#;
    format!(r#"{{"request":{request},"response":{{"status":200,"body":{body}}}}}"#)
}

async fn fifty_megabytes_are_taken_and_no_byte_more(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    // Calls of a megabyte each; what is missing at the end are blanks.
    let large = call(&format!("\"{}\"", "x".repeat((1 << 20) - 200)));
    let mut list = format!("[{}", vec![large; 50].join(","));
    assert!(list.len() < MOST);
    list.extend(std::iter::repeat_n(' ', MOST - 1 - list.len()));
    list.push(']');
    assert_eq!(list.len(), MOST);
    let answer = send(client, &list).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(events(&tidemark).await.len(), 50);
    list.push('\n');
    let answer = send(client, &list).await;
    assert_eq!(answer.status, 413, "{}", answer.text);
    assert_eq!(events(&tidemark).await.len(), 50);
    assert_eq!(
        counted(client, "moesif").await,
        told(&[("ACCEPTED", "", "api.call", 50), ("INVALID", "BODY_TOO_LARGE", "", 1)])
    );
}

async fn a_list_of_very_many_values_is_taken_part_by_part(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let numbers = |number: usize| format!("[{}]", vec!["1"; number].join(","));
    let mut calls = vec![call(&numbers(1_500)); 400];
    // Two bad ones far from each other, whose places are told.
    calls[3] = "7".to_owned();
    calls[350] = "\"text\"".to_owned();
    let list = format!("[{}]", calls.join(","));
    let answer = send(client, &list).await;
    assert_eq!((answer.status, answer.body), (201, json!({})), "{}", answer.text);
    assert_eq!(events(&tidemark).await.len(), 398);
    assert_eq!(
        misfits(client, "moesif").await,
        ["MALFORMED_REQUEST [350] ", "MALFORMED_REQUEST [3] "]
    );
    // One that ends in nonsense is refused as a whole, before any of it is taken.
    let broken = format!("{},nonsense]", &list[..list.len() - 1]);
    let answer = send(client, &broken).await;
    assert_eq!(
        (answer.status, &answer.body["error"]["code"]),
        (400, &json!("MALFORMED_JSON")),
        "{}",
        answer.text
    );
    let message = answer.body["error"]["message"].as_str().expect("a text");
    let column = broken.find("nonsense").expect("it is there") + 1;
    assert!(message.contains("line 1, column ") && column > 1_000_000, "{message}");
    let told_column: usize = message
        .rsplit(' ')
        .next()
        .and_then(|end| end.trim_end_matches('.').parse().ok())
        .expect("a number");
    assert!(told_column.abs_diff(column) < 4, "{message}: {column}");
    // An object is not read part by part.
    let answer = send(client, &format!("[{}]", call(&numbers(400_001)))).await;
    assert_eq!(answer.status, 413, "{}", answer.text);
    let object = format!("{{\"list\":{list}}}");
    assert_eq!(send(client, &object).await.status, 413, "no list");
    assert_eq!(events(&tidemark).await.len(), 398);
    let counts = counted(client, "moesif").await;
    let codes: Vec<Value> = counts.iter().map(|row| json!([row.1, row.3])).collect();
    assert_eq!(
        codes,
        [
            json!(["", 398]),
            json!(["BODY_TOO_LARGE", 2]),
            json!(["MALFORMED_JSON", 1]),
            json!(["MALFORMED_REQUEST", 2]),
        ]
    );
}
