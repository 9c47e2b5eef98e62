//! What a question leaves out takes its default, and so does what it gives as null.

use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{scattered, start};

support::on_both_engines!(
    a_null_takes_the_default,
    a_variable_that_is_null_or_left_out_takes_the_default,
);

const FROM: &str = "2026-03-27T00:00:00Z";
const TO: &str = "2026-03-30T00:00:00Z";

const FIND: &str = "query ($input: FindInput!) { find(input: $input) { total series { start end count } } }";
const UNIQUE: &str = "query ($input: UniqueInput!) { unique(input: $input) { count series { start end count } } }";

async fn ask(tidemark: &Tidemark, document: &str, variables: Value) -> Value {
    tidemark.client().graphql(document, variables).await.data().clone()
}

async fn a_null_takes_the_default(engine: Engine) {
    let tidemark = start(engine, &[], &scattered()).await;
    let action = |op: Value| json!({"dimension": "action", "op": op, "value": "pageview"});
    let network = |op: Value| json!({"dimension": "tag.network", "op": op, "value": "facebook"});
    let find = |condition: Value, series: Value, period: Value| {
        let input = json!({
            "view": "events", "from": FROM, "to": TO, "where": [condition], "series": series, "period": period,
        });
        ask(&tidemark, FIND, json!({ "input": input }))
    };
    let left_out = json!({
        "view": "events", "from": FROM, "to": TO, "where": [{"dimension": "action", "value": "pageview"}],
    });
    let left_out = ask(&tidemark, FIND, json!({ "input": left_out })).await;
    assert!(left_out["find"]["total"].as_i64() > Some(0), "{left_out:#}");
    assert_eq!(left_out["find"]["series"], Value::Null, "no series by itself");
    let null = Value::Null;
    assert_eq!(find(action(null.clone()), null.clone(), null.clone()).await, left_out);
    // By day, without a word of it.
    let by_day = find(action(json!("EQ")), json!(true), json!("DAY")).await;
    assert!(
        by_day["find"]["series"].as_array().is_some_and(|days| days.len() >= 3),
        "{by_day:#}"
    );
    assert_eq!(find(action(null.clone()), json!(true), null.clone()).await, by_day);

    let unique = |scope: Value, op: Value, series: Value, period: Value| {
        let input = json!({
            "from": FROM, "to": TO, "action": "pageview", "scope": scope, "where": [network(op)], "series": series,
            "period": period,
        });
        ask(&tidemark, UNIQUE, json!({ "input": input }))
    };
    let said = unique(json!([]), json!("EQ"), json!(false), json!("DAY")).await;
    assert!(said["unique"]["count"].as_i64() > Some(0), "{said:#}");
    assert_eq!(said["unique"]["series"], Value::Null, "{said:#}");
    assert_eq!(
        unique(null.clone(), null.clone(), null.clone(), null.clone()).await,
        said
    );
    let by_day = unique(json!(["tag.network"]), json!("EQ"), json!(true), json!("DAY")).await;
    assert!(
        by_day["unique"]["series"]
            .as_array()
            .is_some_and(|days| days.len() >= 3),
        "{by_day:#}"
    );
    assert_eq!(unique(null.clone(), null.clone(), json!(true), null).await, by_day);
}

async fn a_variable_that_is_null_or_left_out_takes_the_default(engine: Engine) {
    let tidemark = start(engine, &[], &scattered()).await;
    let document = format!(
        "query ($op: ConditionOp, $series: Boolean, $period: Period, $scope: [String!]) {{ \
         find(input: {{view: \"events\", from: \"{FROM}\", to: \"{TO}\", series: $series, period: $period, \
         where: [{{dimension: \"action\", op: $op, value: \"pageview\"}}]}}) {{ total series {{ count }} }} \
         unique(input: {{from: \"{FROM}\", to: \"{TO}\", scope: $scope, series: $series, period: $period, \
         where: [{{dimension: \"tag.network\", op: $op, value: \"facebook\"}}]}}) {{ count series {{ count }} }} }}"
    );
    let said = json!({"op": "EQ", "series": false, "period": "DAY", "scope": []});
    let said = ask(&tidemark, &document, said).await;
    let nulls = json!({"op": null, "series": null, "period": null, "scope": null});
    assert_eq!(ask(&tidemark, &document, nulls).await, said);
    assert_eq!(ask(&tidemark, &document, json!({})).await, said);
    // The other way round, so that they are not passed over.
    let others = json!({"op": "NE", "series": true, "period": "MONTH"});
    let answer = tidemark.client().graphql(&document, others).await;
    assert_eq!(answer.error_code(), "UNSUPPORTED_SCOPE", "{}", answer.text);
    let answer = ask(&tidemark, &document, json!({"series": true, "period": "MONTH"})).await;
    let points = &answer["find"]["series"];
    assert_eq!(points.as_array().map(Vec::len), Some(1), "{answer:#}");
}
