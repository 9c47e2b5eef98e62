//! The ledger stays small, whatever is sent; what is not told by name is told as others.

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{FROM, TO};
use crate::inside;

support::on_both_engines!(
    random_actions_make_no_more_than_so_many_rows,
    old_quarters_are_put_together,
);

async fn by_action(tidemark: &Tidemark) -> (i64, i64, usize) {
    let arguments = json!({"from": FROM, "to": TO, "groupBy": ["OUTCOME", "ACTION"]});
    let answer = tidemark.client().ledger(arguments).await;
    let rows = answer["rows"].as_array().expect("a list");
    let others = rows.iter().filter(|row| row["otherActions"] == true);
    let named = rows.iter().filter(|row| row["action"].is_string()).count();
    let others = others.filter_map(|row| row["count"].as_i64()).sum();
    (answer["received"].as_i64().expect("a number"), others, named)
}

async fn random_actions_make_no_more_than_so_many_rows(engine: Engine) {
    let mut tidemark = Tidemark::builder(engine).flag("--max-rows", "10000").start().await;
    // Refused ones first: they take no room from what is stored.
    let refused = |number: usize| json!({"action": format!("random {number}"), "tag": 7});
    let stored = |number: usize| json!({"action": format!("action {number}")});
    let mut sent = 0;
    for round in 0..3 {
        let client = tidemark.client().clone();
        let numbers = round * 400..(round + 1) * 400;
        let payload = client.log_many(numbers.clone().map(refused).collect()).await;
        assert_eq!(payload["accepted"], 0);
        let payload = client.log_many(numbers.map(stored).collect()).await;
        assert_eq!(payload["accepted"], 400);
        sent += 800;
        let (received, others, named) = by_action(&tidemark).await;
        assert_eq!(received, sent, "none is left out");
        // A quarter of an hour may have ended meanwhile, and made room again, once.
        assert!(named <= 2 * 750, "{named}");
        assert!(others >= sent - 2 * 750, "{others}");
        if round == 0 {
            assert!(named >= 250 + 400, "{named}");
        }
        // A restart makes no room.
        tidemark.server_mut().kill9();
        tidemark.server_mut().restart().await;
    }
}

async fn old_quarters_are_put_together(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--retention-interval", "200ms")
        .start()
        .await;
    let client = tidemark.client();
    tidemark
        .accept(vec![json!({"action": "a"}), json!({"action": "b"})])
        .await;
    // The only way to the past is through the database.
    let connection = inside::connect(tidemark.database()).await;
    let copies = |days: i64, writers: i64| {
        format!(
            "INSERT INTO ledger SELECT site_id, quarter - {}, outcome, code, action_id, key_id, door, w.n, ledger.n \
             FROM ledger, (SELECT 1 AS n UNION SELECT 2 UNION SELECT 3) w WHERE w.n <= {writers} AND quarter > 1900000",
            days * 96
        )
    };
    for (days, writers) in [(40, 3), (2, 2)] {
        // Only of what is there of now.
        let statement = format!(
            "{} AND quarter = (SELECT max(quarter) FROM ledger)",
            copies(days, writers)
        );
        connection.execute_unprepared(&statement).await.expect("it fits");
    }
    let rows = async || {
        let text = "SELECT CAST(count(*) AS BIGINT), CAST(sum(n) AS BIGINT) FROM ledger";
        let statement = sea_orm::Statement::from_string(connection.get_database_backend(), text);
        let row = connection
            .query_one_raw(statement)
            .await
            .expect("it can be read")
            .expect("a row");
        let number = |index| row.try_get_by_index::<i64>(index).expect("a number");
        (number(0), number(1))
    };
    // Of 40 days ago one row for both actions and all writers; of two days ago one for each action.
    let begin = std::time::Instant::now();
    while rows().await.0 > 2 + 1 + 2 {
        assert!(begin.elapsed().as_secs() < 20, "{:?}", rows().await);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(rows().await, (5, 2 + 6 + 4));
    connection.close().await.expect("it can be closed");
    let answer = client
        .ledger(json!({"from": FROM, "to": TO, "groupBy": ["ACTION"]}))
        .await;
    let mut counts: Vec<(Option<&str>, &Value)> = answer["rows"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| (row["action"].as_str(), &row["count"]))
        .collect();
    counts.sort_by_key(|(action, _)| *action);
    assert_eq!(
        counts,
        [(None, &json!(6)), (Some("a"), &json!(3)), (Some("b"), &json!(3))],
        "{answer:#}"
    );
}
