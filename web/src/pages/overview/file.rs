//! What is shown, as the text of files: every figure, series and ranking, with the moments that it is of.

use serde_json::{Value, json};

use super::{
    Answered, RANKINGS,
    board::{found, has_begun},
};
use crate::{
    api::{
        overview::LEADING,
        scalar::{Count, Moment},
    },
    state::question::{Range, Step},
};

/// The columns of the table. They are for programs, and so in no language, as the names in the other file.
const COLUMNS: &str = "panel,dimension,value,from,to,count,before,lower,upper";

/// A point of a series: when it begins, how many, and how many there were at its place in the period before.
struct Point {
    start: f64,
    count: Option<Count>,
    before: Option<Count>,
}

/// A line of the table.
struct Line<'a> {
    panel: &'a str,
    dimension: &'a str,
    value: String,
    from: f64,
    to: f64,
    /// How many, how many before, and what the number lies between where it is an estimate.
    counts: [Option<Count>; 4],
}

impl Line<'_> {
    fn written(self) -> String {
        let texts = [self.panel, self.dimension, &self.value].map(cell);
        let times = [self.from, self.to].map(moment);
        let counts = self
            .counts
            .map(|count| count.map_or_else(String::new, |count| count.to_string()));
        [&texts[..], &times, &counts].concat().join(",") + "\r\n"
    }
}

/// The table: a line for each figure, each point and each row of a ranking.
pub(super) fn csv(answered: &Answered) -> String {
    let range = answered.asked.range;
    let live = answered.asked.live();
    let figure = |panel, range: Range, counts| Line {
        panel,
        dimension: "",
        value: String::new(),
        from: range.from,
        to: range.to,
        counts,
    };
    let total = |index: usize| found(answered, index).map(|found| found.total);
    let mut lines = vec![
        figure("live", live, [total(2), None, None, None]),
        figure("events", range, [total(0), total(1), None, None]),
    ];
    lines.extend(points("events by time", events(answered), range));
    if let Some((actors, before)) = &answered.actors {
        let counts = [actors.count, *before, actors.lower, actors.upper].map(Some);
        lines.push(figure("actors", range, counts));
        lines.extend(points("actors by time", actors_by_time(answered), range));
    }
    for ((panel, _, ranking), outcome) in RANKINGS.iter().zip(answered.finds.iter().skip(LEADING)) {
        let rows = outcome.result.iter().flat_map(|found| &found.rows);
        lines.extend(rows.map(|row| Line {
            dimension: ranking.dimension,
            value: match row.dimensions.get(ranking.dimension) {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            },
            ..figure(panel, range, [Some(row.count), None, None, None])
        }));
    }
    let head = format!("{COLUMNS}\r\n");
    [head].into_iter().chain(lines.into_iter().map(Line::written)).collect()
}

/// Everything, with what was asked.
pub(super) fn json(answered: &Answered) -> Option<String> {
    let asked = &answered.asked;
    let span = |range: Range| json!({"from": moment(range.from), "to": moment(range.to)});
    let total = |index: usize| found(answered, index).map(|found| found.total);
    let error = |index: usize| {
        let error = answered.finds.get(index).and_then(|outcome| outcome.error.as_ref());
        error.map(|error| &error.message)
    };
    let events_by_time = events(answered)
        .into_iter()
        .map(|point| json!({"start": moment(point.start), "count": point.count, "before": point.before}));
    let actors = answered.actors.as_ref().map(|(actors, before)| {
        let by_time = actors_by_time(answered)
            .into_iter()
            .map(|point| json!({"start": moment(point.start), "count": point.count}));
        json!({"count": actors.count, "lower": actors.lower, "upper": actors.upper, "exact": actors.exact,
               "before": before, "series": by_time.collect::<Vec<_>>()})
    });
    let rankings = RANKINGS.iter().enumerate().map(|(index, (panel, _, ranking))| {
        let rows = found(answered, LEADING + index)
            .into_iter()
            .flat_map(|found| &found.rows);
        let rows = rows.map(|row| json!({"value": row.dimensions.get(ranking.dimension), "count": row.count}));
        json!({"panel": panel, "dimension": ranking.dimension, "rows": rows.collect::<Vec<_>>(),
               "error": error(LEADING + index)})
    });
    let filters = asked.question.filters.iter();
    let filters = filters.map(|(dimension, value)| json!({"dimension": dimension, "value": value}));
    let all = json!({
        "site": asked.site,
        "timeZone": asked.zone,
        "askedAt": moment(asked.now),
        "period": span(asked.range),
        "periodBefore": span(asked.before),
        "step": match asked.range.step {
            Step::Hour => "HOUR",
            Step::Day => "DAY",
            Step::Month => "MONTH",
        },
        "filters": filters.collect::<Vec<_>>(),
        "live": {"period": span(asked.live()), "count": total(2)},
        "events": {"count": total(0), "before": total(1), "series": events_by_time.collect::<Vec<_>>(),
                   "error": error(0)},
        "actors": actors,
        "rankings": rankings.collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&all).ok()
}

/// The points as lines; each ends where the next begins.
fn points(panel: &str, points: Vec<Point>, range: Range) -> impl Iterator<Item = Line<'_>> {
    let ends: Vec<_> = points
        .iter()
        .skip(1)
        .map(|point| point.start)
        .chain([range.to])
        .collect();
    points.into_iter().zip(ends).map(move |(point, to)| Line {
        panel,
        dimension: "",
        value: String::new(),
        from: point.start,
        to,
        counts: [point.count, point.before, None, None],
    })
}

fn events(answered: &Answered) -> Vec<Point> {
    let series = |index: usize| {
        let series = found(answered, index).and_then(|found| found.series.as_deref());
        series.unwrap_or_default()
    };
    let before = series(1);
    let points = series(0).iter().enumerate().map(|(index, point)| Point {
        start: point.start.milliseconds(),
        count: has_begun(answered, &point.start).then_some(point.count),
        before: before.get(index).map(|point| point.count),
    });
    points.collect()
}

fn actors_by_time(answered: &Answered) -> Vec<Point> {
    let series = answered.actors.iter().filter_map(|(actors, _)| actors.series.as_ref());
    let points = series.flatten().map(|point| Point {
        start: point.start.milliseconds(),
        count: has_begun(answered, &point.start).then_some(point.count),
        before: None,
    });
    points.collect()
}

fn moment(milliseconds: f64) -> String {
    Moment::from_milliseconds(milliseconds).0
}

/// A text as a cell. What the world sends may look like a formula; spreadsheets are told that it is none.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        "'"
    } else {
        ""
    };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}
