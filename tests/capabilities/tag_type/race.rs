//! Two first sightings of one key with different types, from two servers at once: exactly one wins, a thousand times.

use serde_json::{Value, json};
use support::{Client, Engine, Server, Tidemark};
use tokio::task::JoinSet;

use super::{admin, types};

support::on_both_engines!(
    of_two_first_sightings_exactly_one_wins,
    a_duplicate_that_loses_the_race_locks_nothing,
);

/// Races of two requests for a key of their own, of which so many are run at once.
const SINGLE: (usize, usize) = (1_000, 20);
/// Races of two requests for so many keys at once: they are not told apart, and come on top.
const BATCHED: (usize, usize) = (30, 20);

async fn of_two_first_sightings_exactly_one_wins(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let second = Server::start_with(tidemark.database(), &[]).await;
    let clients = [tidemark.client().clone(), tidemark.client().at(second.address())];
    let (mut won, mut rounds) = ([0, 0], 0);
    let mut note = |outcomes: [Value; 2], name: &str| {
        let accepted = outcomes.each_ref().map(|one| one["outcome"] == "ACCEPTED");
        let winner = match accepted {
            [true, false] => 0,
            [false, true] => 1,
            _ => panic!("{name}: {outcomes:#?}"),
        };
        assert_eq!(outcomes[1 - winner]["error"]["code"], "TAG_TYPE_CONFLICT", "{name}");
        won[winner] += 1;
        rounds += 1;
        (name.to_owned(), ["string", "number"][winner].to_owned())
    };
    let mut expected = Vec::new();
    let (races, at_once) = SINGLE;
    for first in (0..races).step_by(at_once) {
        let mut set = JoinSet::new();
        for race in first..first + at_once {
            set.spawn(single(clients.clone(), format!("single_{race}")));
        }
        for (name, outcomes) in set.join_all().await {
            expected.push(note(outcomes, &name));
        }
    }
    let (requests, keys) = BATCHED;
    for request in 0..requests {
        let names: Vec<_> = (0..keys).map(|key| format!("batch_{request}_{key}")).collect();
        for (name, outcomes) in batched(&clients, &names).await {
            expected.push(note(outcomes, &name));
        }
    }
    assert_eq!(rounds, 1_600);
    println!("won by the first server and by the second: {won:?}");
    expected.push(("deep".to_owned(), "object".to_owned()));
    expected.sort();
    // What the winners made of the keys is what there is, and holds on both servers from here on.
    assert_eq!(types(&admin(&tidemark).await).await, expected);
    for client in &clients {
        for (name, kind) in expected.iter().filter(|(name, _)| name != "deep").step_by(97) {
            let value = if kind == "string" { json!("more") } else { json!(7) };
            let payload = client.log(event(name, value)).await;
            assert_eq!(payload["outcome"], "ACCEPTED", "{payload:#}");
        }
    }
}

fn event(name: &str, value: Value) -> Value {
    json!({"action": "a", "tag": {"deep": {name: value}}})
}

async fn single(clients: [Client; 2], name: String) -> (String, [Value; 2]) {
    let [first, second] = &clients;
    let (one, other) = tokio::join!(
        first.log(event(&name, json!("text"))),
        second.log(event(&name, json!(1)))
    );
    (name, [one, other])
}

/// The second server's events come in the other order.
async fn batched(clients: &[Client; 2], names: &[String]) -> Vec<(String, [Value; 2])> {
    let [first, second] = clients;
    let ascending = names.iter().map(|name| event(name, json!("text"))).collect();
    let descending = names.iter().rev().map(|name| event(name, json!(1))).collect();
    let (one, other) = tokio::join!(first.log_many(ascending), second.log_many(descending));
    let outcomes = |payload: &Value| payload["outcomes"].as_array().expect("a list").clone();
    let other = outcomes(&other).into_iter().rev();
    let pairs = outcomes(&one).into_iter().zip(other).map(|(one, other)| [one, other]);
    names.iter().cloned().zip(pairs).collect()
}

async fn a_duplicate_that_loses_the_race_locks_nothing(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let second = Server::start_with(tidemark.database(), &[]).await;
    let (here, there) = (tidemark.client().clone(), tidemark.client().at(second.address()));
    let mut expected = Vec::new();
    for first in (0..200).step_by(20) {
        let mut set = JoinSet::new();
        for number in first..first + 20 {
            let (here, there) = (here.clone(), there.clone());
            set.spawn(async move {
                let (id, name) = (format!("event {number}"), format!("key_{number:03}"));
                let plain = here.log(json!({"id": id, "action": "a"}));
                let tagged = there.log(json!({"id": id, "action": "a", "tag": {&name: 1}}));
                let (plain, tagged) = tokio::join!(plain, tagged);
                (name, [plain, tagged])
            });
        }
        for (name, outcomes) in set.join_all().await {
            let mut told = outcomes
                .each_ref()
                .map(|one| one["outcome"].as_str().expect("an outcome"));
            if told[1] == "ACCEPTED" {
                expected.push((name.clone(), "number".to_owned()));
            }
            told.sort_unstable();
            assert_eq!(told, ["ACCEPTED", "DUPLICATE"], "{name}");
        }
    }
    expected.sort();
    println!("{} of 200 keys were locked", expected.len());
    assert_eq!(types(&admin(&tidemark).await).await, expected);
}
