//! Series: days, weeks and months of the site's zone.

use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{Signer, ask};

support::on_both_engines!(points_begin_as_the_sites_clock_has_it);

fn seconds(time: &str) -> i64 {
    time.parse::<jiff::Timestamp>().expect("a time").as_second()
}

async fn points_begin_as_the_sites_clock_has_it(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .time_zone("America/New_York")
        .site_flag("--max-event-age", "none")
        .start()
        .await;
    let signer = Signer::new(&tidemark).await;
    let at = |time: &str| json!({"action": "a", "time": time, "device": time});
    tidemark
        .accept(vec![
            // Saturday, in the last hour of the day there.
            at("2026-11-01T03:30:00Z"),
            // Sunday, which has 25 hours there.
            at("2026-11-01T04:30:00Z"),
            at("2026-11-02T04:30:00Z"),
            // Monday.
            at("2026-11-02T05:30:00Z"),
        ])
        .await;
    for (period, end, points) in [
        (
            "day",
            "2026-11-03T05:00:00Z",
            vec![
                ("2026-10-31T04:00:00Z", 1),
                ("2026-11-01T04:00:00Z", 2),
                ("2026-11-02T05:00:00Z", 1),
            ],
        ),
        (
            "week",
            "2026-11-10T05:00:00Z",
            vec![
                ("2026-10-31T04:00:00Z", 3),
                ("2026-11-02T05:00:00Z", 1),
                ("2026-11-09T05:00:00Z", 0),
            ],
        ),
        (
            "month",
            "2026-12-02T05:00:00Z",
            vec![
                ("2026-10-31T04:00:00Z", 1),
                ("2026-11-01T04:00:00Z", 3),
                ("2026-12-01T05:00:00Z", 0),
            ],
        ),
    ] {
        let points: Vec<Value> = points
            .into_iter()
            .map(|(begin, count)| json!({"begin": seconds(begin), "count": count}))
            .collect();
        for view in ["actions", "events", "unique_actions"] {
            let said = [
                ("view", view),
                ("series", "1"),
                ("period", period),
                ("begin", "2026-10-31T04:00:00Z"),
                ("end", end),
            ];
            assert_eq!(
                ask(tidemark.client(), &signer, "action.find", &said).await,
                json!({"period": period, "series": points}),
                "{view} by {period}"
            );
        }
    }
}
