//! A series as columns, with the mark that the period before has left above each: the tidemark. The same as a table for
//! whoever does not see it, or wants the figures.

use leptos::{ev::PointerEvent, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::table::{Column, Table};
use crate::{
    api::scalar::Moment,
    format::{
        moment,
        number::{count, number},
    },
    state::question::Step,
    text::{chart as words, fill, t},
};

/// The width and height that the drawing counts in; it is stretched over the room there is.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 240.0;
/// The part of a point's width that its column takes.
const FILLED: f64 = 0.72;

/// Moments that stand below a chart, at most.
const MOST_MARKS: usize = 8;

/// One point.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Point {
    /// When it is, as people read it.
    pub(crate) label: String,
    /// The same in few letters, for the axis.
    pub(crate) mark: String,
    /// How many; none where it is still to come.
    pub(crate) value: Option<f64>,
    /// How many there were the period before.
    pub(crate) before: Option<f64>,
    /// What it lies between, where it is an estimate.
    pub(crate) bounds: Option<(f64, f64)>,
}

impl Point {
    /// A point of a range whose points are as long as a step, with nothing in it yet.
    pub(crate) fn at(start: &Moment, zone: &str, step: Step) -> Self {
        Self {
            label: label(start, zone, step),
            mark: mark(start, zone, step),
            value: None,
            before: None,
            bounds: None,
        }
    }
}

/// The moment of a point, as long as the points of a range are.
fn label(start: &Moment, zone: &str, step: Step) -> String {
    match step {
        Step::Hour => moment::time(start, Some(zone)),
        Step::Day => moment::date(start, Some(zone)),
        Step::Month => moment::month(start, Some(zone)),
    }
}

/// The same in few letters, for the axis.
fn mark(start: &Moment, zone: &str, step: Step) -> String {
    match step {
        Step::Hour => moment::time(start, Some(zone)),
        Step::Day => moment::short_day(start, Some(zone)),
        Step::Month => moment::month(start, Some(zone)),
    }
}

/// The chart.
#[component]
pub(crate) fn Chart(
    /// What it is called in the document; unique on the page.
    id: &'static str,
    /// What it shows.
    title: &'static str,
    /// Its points.
    points: Vec<Point>,
    /// What its columns are called.
    #[prop(default = t(words::NOW))]
    columns: &'static str,
    /// What its marks are called.
    #[prop(default = t(words::BEFORE))]
    marks: &'static str,
) -> impl IntoView {
    let names = Names { columns, marks };
    let top = ceiling(
        points
            .iter()
            .flat_map(|point| [point.value, point.before, point.bounds.map(|(_, upper)| upper)])
            .flatten()
            .fold(0.0, f64::max),
    );
    let pointed = RwSignal::new(None::<usize>);
    let amount = points.len();
    let over = move |event: PointerEvent| {
        let Some(element) = event
            .current_target()
            .and_then(|target| target.dyn_into::<Element>().ok())
        else {
            return;
        };
        let frame = element.get_bounding_client_rect();
        let part = (f64::from(event.client_x()) - frame.left()) / frame.width().max(1.0);
        pointed.set(index(part, amount));
    };
    let drawn = drawn(&points, top);
    let scale = [0.0, 0.25, 0.5, 0.75, 1.0].map(|part| part * top).map(number);
    let marks: Vec<_> = marked(amount)
        .map(|index| {
            let left = format!("{}%", (float(index) + 0.5) / float(amount) * 100.0);
            view! { <li style:left=left>{points[index].mark.clone()}</li> }
        })
        .collect();
    let compared = points.iter().any(|point| point.before.is_some());
    let summary = summary(title, &points);
    let stored = StoredValue::new(points.clone());
    let readout = move || {
        let point = pointed
            .get()
            .and_then(|index| stored.with_value(|points| points.get(index).cloned()));
        point.map_or_else(String::new, |point| sentence(&point, names))
    };
    view! {
        <figure class="chart" id=id>
            <p class="chart-head" aria-hidden="true">
                {compared.then(|| view! { <Legend names/> })}
                <span class="chart-readout">{readout}</span>
            </p>
            <div class="chart-body">
                <ol class="chart-scale" aria-hidden="true">
                    {scale.into_iter().rev().map(|mark| view! { <li>{mark}</li> }).collect_view()}
                </ol>
                <svg
                    viewBox=format!("0 0 {WIDTH} {HEIGHT}")
                    preserveAspectRatio="none"
                    role="img"
                    aria-label=summary
                    on:pointermove=over
                    on:pointerleave=move |_| pointed.set(None)
                >
                    {[0.0, 0.25, 0.5, 0.75, 1.0]
                        .map(|part| {
                            let y = (part * HEIGHT).to_string();
                            view! { <line class="chart-line" x1="0" x2=WIDTH.to_string() y1=y.clone() y2=y/> }
                        })
                        .into_iter()
                        .collect_view()}
                    {drawn}
                </svg>
                <ol class="chart-days" aria-hidden="true">
                    {marks}
                </ol>
            </div>
            <details class="chart-table">
                <summary>{t(words::AS_TABLE)}</summary>
                <Table caption=title columns=table(names, &points) rows=points key=|point: &Point| point.label.clone()/>
            </details>
        </figure>
    }
}

/// The points whose moments stand below the chart: few enough to be read, none at the edge where it would stick out.
fn marked(amount: usize) -> impl Iterator<Item = usize> {
    let each = amount.div_ceil(MOST_MARKS).max(1);
    ((each - 1) / 2..amount).step_by(each)
}

/// What columns and marks are called.
#[derive(Debug, Clone, Copy)]
struct Names {
    columns: &'static str,
    marks: &'static str,
}

/// What is drawn how.
#[component]
fn Legend(names: Names) -> impl IntoView {
    view! {
        <svg class="chart-sample" viewBox="0 0 12 12"><rect class="chart-column" width="12" height="12" rx="2"/></svg>
        <span>{names.columns}</span>
        <svg class="chart-sample" viewBox="0 0 12 12"><line class="chart-mark" x2="12" y1="6" y2="6"/></svg>
        <span>{names.marks}</span>
    }
}

fn drawn(points: &[Point], top: f64) -> impl IntoView + use<> {
    let each = WIDTH / float(points.len().max(1));
    let drawn: Vec<_> = points
        .iter()
        .enumerate()
        .map(|(index, point)| {
            let left = each * float(index) + each * (1.0 - FILLED) / 2.0;
            let high = |value: f64| HEIGHT * value / top;
            let (x, width) = (left.to_string(), (each * FILLED).to_string());
            let column = point.value.filter(|value| *value > 0.0).map(|value| {
                // What is there at all can be seen.
                let height = high(value).max(1.5);
                let (x, width) = (x.clone(), width.clone());
                view! { <rect class="chart-column" x=x width=width y=(HEIGHT - height).to_string() height=height.to_string()/> }
            });
            // Where nothing was before there is no mark to see.
            let mark = point.before.filter(|before| *before > 0.0).map(|before| {
                let y = (HEIGHT - high(before)).clamp(1.0, HEIGHT - 1.0).to_string();
                let end = (left + each * FILLED).to_string();
                view! {
                    <line class="chart-halo" x1=x.clone() x2=end.clone() y1=y.clone() y2=y.clone()/>
                    <line class="chart-mark" x1=x x2=end y1=y.clone() y2=y/>
                }
            });
            let bounds = point.bounds.filter(|(lower, upper)| lower < upper).map(|(lower, upper)| {
                let (middle, reach) = (left + each * FILLED / 2.0, each * FILLED / 4.0);
                let (top, bottom) = (HEIGHT - high(upper), HEIGHT - high(lower));
                let (begin, wide) = (middle - reach, reach * 2.0);
                let path = format!("M{begin} {top}h{wide}M{middle} {top}V{bottom}M{begin} {bottom}h{wide}");
                // On a ground of its own, as half of it lies on the column.
                view! {
                    <path class="chart-halo" d=path.clone()/>
                    <path class="chart-bounds" d=path/>
                }
            });
            view! {
                {column}
                {mark}
                {bounds}
            }
        })
        .collect();
    drawn.collect_view()
}

fn table(names: Names, points: &[Point]) -> Vec<Column<Point>> {
    let figure = |value: Option<f64>| value.map_or_else(String::new, number);
    let mut columns = vec![
        Column::new(t(words::WHEN), |point: &Point| point.label.clone()),
        Column::new(names.columns, move |point: &Point| figure(point.value)).class("number"),
    ];
    if points.iter().any(|point| point.before.is_some()) {
        columns.push(Column::new(names.marks, move |point: &Point| figure(point.before)).class("number"));
    }
    if points.iter().any(|point| point.bounds.is_some()) {
        let bound = move |point: &Point, upper: bool| {
            figure(point.bounds.map(|bounds| if upper { bounds.1 } else { bounds.0 }))
        };
        columns.push(Column::new(t(words::AT_LEAST), move |point: &Point| bound(point, false)).class("number"));
        columns.push(Column::new(t(words::AT_MOST), move |point: &Point| bound(point, true)).class("number"));
    }
    columns
}

fn sentence(point: &Point, names: Names) -> String {
    let value = point.value.map_or_else(|| "–".to_owned(), number);
    match point.before {
        Some(before) => fill(
            words::READOUT_BEFORE,
            &[&point.label, &value, names.marks, &number(before)],
        ),
        None => fill(words::READOUT, &[&point.label, &value]),
    }
}

/// What somebody who looks at the chart sees at once.
fn summary(title: &str, points: &[Point]) -> String {
    let sum: f64 = points.iter().filter_map(|point| point.value).sum();
    let highest = points
        .iter()
        .max_by(|one, other| one.value.unwrap_or(-1.0).total_cmp(&other.value.unwrap_or(-1.0)));
    match highest.filter(|point| point.value.is_some_and(|value| value > 0.0)) {
        Some(point) => fill(
            words::SUMMARY,
            &[
                title,
                &number(sum),
                &point.label,
                &number(point.value.unwrap_or_default()),
            ],
        ),
        None => fill(words::SUMMARY_NOTHING, &[title]),
    }
}

/// A round number that all values are below, with quarters that are round as well.
fn ceiling(highest: f64) -> f64 {
    if highest <= 4.0 {
        return 4.0;
    }
    let unit = 10_f64.powf(highest.log10().floor());
    let steps = [1.0, 1.2, 1.6, 2.0, 2.4, 3.2, 4.0, 6.0, 8.0, 10.0];
    let fits = steps
        .into_iter()
        .map(|step| step * unit)
        .find(|one| *one >= highest && (one / 4.0).fract() == 0.0);
    fits.unwrap_or(unit * 10.0)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a part of the points there are"
)]
fn index(part: f64, amount: usize) -> Option<usize> {
    let index = (part * float(amount)).floor();
    (index >= 0.0 && index < float(amount)).then_some(index as usize)
}

#[expect(clippy::cast_precision_loss, reason = "points are few")]
fn float(number: usize) -> f64 {
    number as f64
}

/// A number with what changed since the period before.
#[component]
pub(crate) fn Figure(
    /// What it counts.
    title: &'static str,
    /// The number.
    value: u64,
    /// How it changed: `+12 %`.
    #[prop(optional_no_strip)]
    change: Option<String>,
    /// What it stands between, where it is an estimate.
    #[prop(optional_no_strip)]
    note: Option<String>,
) -> impl IntoView {
    view! {
        <div class="figure">
            <dt>{title}</dt>
            <dd>
                <span class="figure-value">{count(value)}</span>
                {change.map(|change| view! { <span class="figure-change">{change}</span> })}
                {note.map(|note| view! { <span class="figure-note">{note}</span> })}
            </dd>
        </div>
    }
}
