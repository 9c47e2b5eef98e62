//! Events page by page, in any order and either direction.

use serde_json::{Value, json};
use support::{Client, Engine, Tidemark};

support::on_both_engines!(
    pages_together_are_the_whole_list,
    a_cursor_stays_good_whatever_is_logged_or_deleted,
    a_filter_holds_on_every_page,
);

/// Events in order of arrival, of which always three happened at the same moment, and late ones among them.
fn events() -> Vec<Value> {
    let minute = |number: usize| (number / 3 * 7) % 11;
    (0..30)
        .map(|number| {
            json!({
                "id": format!("{number:02}"), "action": if number % 2 == 0 { "even" } else { "odd" },
                "time": format!("2026-11-20T10:{:02}:00Z", minute(number)), "tag": {"minute": minute(number)},
            })
        })
        .collect()
}

async fn stocked(engine: Engine) -> Tidemark {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--max-event-age", "none")
        .start()
        .await;
    // One request each, so that they arrive in this order for sure.
    for event in events() {
        tidemark.accept(vec![event]).await;
    }
    tidemark
}

/// The ids in the order that is asked for, worked out here.
fn sorted(order: &str) -> Vec<String> {
    let mut events = events();
    if order.starts_with("TIME") {
        events.sort_by_key(|event| event["time"].as_str().expect("a time").to_owned());
    }
    if order.ends_with("DESCENDING") {
        events.reverse();
    }
    let id = |event: &Value| event["id"].as_str().expect("an id").to_owned();
    events.iter().map(id).collect()
}

fn ids(page: &Value) -> Vec<String> {
    let edges = page["edges"].as_array().expect("a list");
    let id = |edge: &Value| edge["node"]["id"].as_str().expect("an id").to_owned();
    edges.iter().map(id).collect()
}

async fn page(client: &Client, arguments: Value) -> Value {
    let page = client.events(arguments).await;
    let edges = page["edges"].as_array().expect("a list");
    let cursor = |edge: Option<&Value>| edge.map_or(Value::Null, |edge| edge["cursor"].clone());
    assert_eq!(page["pageInfo"]["startCursor"], cursor(edges.first()));
    assert_eq!(page["pageInfo"]["endCursor"], cursor(edges.last()));
    page
}

const ORDERS: [&str; 4] = [
    "TIME_DESCENDING",
    "TIME_ASCENDING",
    "ARRIVAL_DESCENDING",
    "ARRIVAL_ASCENDING",
];

async fn pages_together_are_the_whole_list(engine: Engine) {
    let tidemark = stocked(engine).await;
    let client = tidemark.client();
    for order in ORDERS {
        let all = sorted(order);
        let (mut forward, mut after) = (Vec::new(), Value::Null);
        loop {
            let page = page(client, json!({"orderBy": order, "first": 7, "after": after})).await;
            assert_eq!(page["pageInfo"]["hasPreviousPage"], !after.is_null(), "{order}");
            forward.extend(ids(&page));
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(forward, all, "{order} forward");
        let (mut backward, mut before) = (Vec::new(), Value::Null);
        loop {
            let page = page(client, json!({"orderBy": order, "last": 7, "before": before})).await;
            assert_eq!(page["pageInfo"]["hasNextPage"], !before.is_null(), "{order}");
            backward.splice(0..0, ids(&page));
            before = page["pageInfo"]["startCursor"].clone();
            if page["pageInfo"]["hasPreviousPage"] == false {
                break;
            }
        }
        assert_eq!(backward, all, "{order} backward");
        // Between two cursors, from either end.
        let whole = page(client, json!({"orderBy": order, "first": 30})).await;
        let cursor = |index: usize| whole["edges"][index]["cursor"].clone();
        let between = json!({"orderBy": order, "first": 3, "after": cursor(4), "before": cursor(12)});
        assert_eq!(ids(&page(client, between).await), all[5..8], "{order}");
        let between = json!({"orderBy": order, "last": 3, "after": cursor(4), "before": cursor(12)});
        assert_eq!(ids(&page(client, between).await), all[9..12], "{order}");
    }
    // The latest by time first, where nobody says.
    assert_eq!(ids(&page(client, json!({})).await), sorted("TIME_DESCENDING"));
}

async fn a_cursor_stays_good_whatever_is_logged_or_deleted(engine: Engine) {
    for order in ORDERS {
        let tidemark = stocked(engine).await;
        let client = tidemark.client();
        let all = sorted(order);
        let first = page(client, json!({"orderBy": order, "first": 10})).await;
        // The event of the cursor itself goes, one before it and one past it; others come in before and past it.
        for id in [&all[9], &all[3], &all[15]] {
            assert_eq!(client.delete(id).await["count"], 1);
        }
        for (id, time) in [("earliest", "2026-11-20T09:00:00Z"), ("latest", "2026-11-20T12:00:00Z")] {
            tidemark
                .accept(vec![json!({"id": id, "action": "a", "time": time})])
                .await;
        }
        let after = &first["pageInfo"]["endCursor"];
        let rest = ids(&page(client, json!({"orderBy": order, "first": 100, "after": after})).await);
        let mut expected: Vec<String> = all[10..].iter().filter(|id| **id != all[15]).cloned().collect();
        expected.extend(match order {
            "TIME_ASCENDING" => vec!["latest".to_owned()],
            "TIME_DESCENDING" => vec!["earliest".to_owned()],
            "ARRIVAL_ASCENDING" => vec!["earliest".to_owned(), "latest".to_owned()],
            _ => Vec::new(),
        });
        assert_eq!(rest, expected, "{order}");
    }
}

async fn a_filter_holds_on_every_page(engine: Engine) {
    let tidemark = stocked(engine).await;
    let client = tidemark.client();
    let filter = json!({
        "from": "2026-11-20T10:02:00Z", "to": "2026-11-20T10:09:00Z",
        "where": [{"dimension": "action", "value": "odd"}, {"dimension": "tag.minute", "op": "NE", "value": 4}],
    });
    let wanted = |event: &&Value| {
        let minute = event["tag"]["minute"].as_i64().expect("a minute");
        event["action"] == "odd" && (2..9).contains(&minute) && minute != 4
    };
    let mut wanted: Vec<Value> = events().iter().filter(wanted).cloned().collect();
    wanted.sort_by_key(|event| event["time"].as_str().expect("a time").to_owned());
    let wanted: Vec<&str> = wanted
        .iter()
        .map(|event| event["id"].as_str().expect("an id"))
        .collect();
    assert!(wanted.len() > 5, "{wanted:?}");
    let (mut found, mut after) = (Vec::new(), Value::Null);
    loop {
        let arguments = json!({"orderBy": "TIME_ASCENDING", "first": 2, "after": after, "filter": filter});
        let page = page(client, arguments).await;
        found.extend(ids(&page));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(found, wanted);
}
