//! Asking a server and comparing.

use serde_json::json;
use support::Client;

use super::{
    Event,
    find::{self, Find},
};

/// Asks each question of its view and of raw events, all of one moment, and compares.
pub(crate) async fn finds(client: &Client, finds: &[Find], events: &[Event]) {
    let document = format!(
        "query ($finds: [FindInput!]!) {{ findBatch(inputs: $finds) {{ result {{ {} }} error {{ code message }} }} }}",
        find::RESULT
    );
    for some in finds.chunks(25) {
        let some: Vec<Find> = some.iter().flat_map(|find| [find.raw(), find.clone()]).collect();
        let inputs: Vec<_> = some.iter().map(Find::input).collect();
        let answer = client.graphql(&document, json!({"finds": inputs})).await;
        let outcomes = answer.data()["findBatch"].as_array().expect("a list");
        for (find, outcome) in some.iter().zip(outcomes) {
            assert!(outcome["error"].is_null(), "{}\n{outcome:#}", find.input());
            let (found, true_one) = (find.read(&outcome["result"]), find.answer(events));
            assert!(
                found == true_one,
                "{}\nfound: {found:#?}\nbut it is: {true_one:#?}\nby {}",
                find.input(),
                outcome["result"]["provenance"]
            );
        }
    }
}
