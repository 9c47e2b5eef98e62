//! Which parts of a question the rollup answers, and which raw events do. Pure.

use std::collections::BTreeSet;

use crate::domain::{
    period::Span,
    zone::{self, Days, HOUR},
};

/// Hours and days that raw events must answer for.
#[derive(Debug, Default)]
pub(in crate::service) struct Gaps {
    /// Hours that the rollup does not hold.
    pub(in crate::service) hours: BTreeSet<i64>,
    /// Days that the rollup does not hold.
    pub(in crate::service) days: BTreeSet<i64>,
    /// Stretches that a deletion is working on.
    pub(in crate::service) spans: Vec<Span>,
}

impl Gaps {
    fn hit(&self, from: i64, to: i64) -> bool {
        self.spans.iter().any(|span| span.from < to && from < span.to)
    }
}

/// A stretch of buckets that belongs to a point; half open.
pub(in crate::service) type Stretch = (usize, i64, i64);

/// The parts of a question.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::service) struct Plan {
    /// Whole days of the rollup's zone.
    pub(in crate::service) days: Vec<Stretch>,
    /// Whole hours.
    pub(in crate::service) hours: Vec<Stretch>,
    /// Stretches of time for raw events.
    pub(in crate::service) raw: Vec<(usize, Span)>,
}

impl Plan {
    /// The stretches of time that buckets answer, in order, neighbours joined: where events past the mark are added.
    pub(in crate::service) fn covered(&self, days: &mut Days) -> Vec<Span> {
        let of_days = self
            .days
            .iter()
            .map(|(_, from, to)| Span {
                from: days.bounds(*from).0,
                to: days.bounds(*to).0,
            })
            .collect::<Vec<_>>();
        let of_hours = self.hours.iter().map(|(_, from, to)| Span {
            from: from * HOUR,
            to: to * HOUR,
        });
        let mut all: Vec<_> = of_days.into_iter().chain(of_hours).collect();
        all.sort_unstable();
        let mut joined: Vec<Span> = Vec::new();
        for span in all {
            match joined.last_mut() {
                Some(last) if last.to == span.from => last.to = span.to,
                _ => joined.push(span),
            }
        }
        joined
    }

    fn add(list: &mut Vec<Stretch>, point: usize, bucket: i64) {
        match list.last_mut() {
            Some((last, _, to)) if *last == point && *to == bucket => *to += 1,
            _ => list.push((point, bucket, bucket + 1)),
        }
    }

    fn add_raw(&mut self, point: usize, span: Span) {
        if span.from >= span.to {
            return;
        }
        match self.raw.last_mut() {
            Some((last, before)) if *last == point && before.to == span.from => before.to = span.to,
            _ => self.raw.push((point, span)),
        }
    }
}

/// Cuts points into whole days, whole hours and what is left. `days` are of the rollup's zone; without `hourly` there
/// are no hours, as for sets of actors.
pub(in crate::service) fn cut(points: &[Span], days: &mut Days, gaps: &Gaps, hourly: bool) -> Plan {
    let mut plan = Plan::default();
    for (point, span) in points.iter().enumerate() {
        cut_days(&mut plan, point, *span, days, gaps, hourly);
    }
    plan
}

fn cut_days(plan: &mut Plan, point: usize, span: Span, days: &mut Days, gaps: &Gaps, hourly: bool) {
    let mut at = span.from;
    while at < span.to {
        let day = days.day(at);
        let (start, end) = days.bounds(day);
        let to = end.min(span.to);
        if at == start && to == end && !gaps.days.contains(&day) && !gaps.hit(start, end) {
            Plan::add(&mut plan.days, point, day);
        } else {
            cut_hours(plan, point, Span { from: at, to }, gaps, hourly);
        }
        at = to;
    }
}

fn cut_hours(plan: &mut Plan, point: usize, span: Span, gaps: &Gaps, hourly: bool) {
    let mut at = span.from;
    while at < span.to {
        let hour = zone::hour(at);
        let (start, end) = (hour * HOUR, (hour + 1) * HOUR);
        let to = end.min(span.to);
        if hourly && at == start && to == end && !gaps.hours.contains(&hour) && !gaps.hit(start, end) {
            Plan::add(&mut plan.hours, point, hour);
        } else {
            plan.add_raw(point, Span { from: at, to });
        }
        at = to;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn days(name: &str) -> Days {
        Days::new(zone::find(name).expect("a zone"))
    }

    fn time(text: &str) -> i64 {
        zone::nanoseconds(text.parse().expect("a timestamp"))
    }

    #[test]
    fn whole_days_and_hours_come_from_buckets_and_the_edges_from_raw_events() {
        let span = Span {
            from: time("2026-03-27T21:30:00Z"),
            to: time("2026-03-30T22:00:01Z"),
        };
        let plan = cut(&[span], &mut days("Europe/Berlin"), &Gaps::default(), true);
        let first = Days::number(jiff::civil::date(2026, 3, 28));
        assert_eq!(plan.days, [(0, first, first + 3)]);
        let hour = zone::hour(span.from);
        assert_eq!(plan.hours, [(0, hour + 1, hour + 2)]);
        assert_eq!(plan.raw.len(), 2);
    }

    #[test]
    fn a_zone_off_by_half_an_hour_has_raw_edges_at_each_of_its_midnights() {
        let zone = zone::find("Asia/Kolkata").expect("a zone");
        let span = Span {
            from: time("2026-03-01T18:30:00Z"),
            to: time("2026-03-04T18:30:00Z"),
        };
        let points = crate::domain::period::points(span, crate::domain::period::Period::Day, &zone, 10).expect("three");
        let plan = cut(&points, &mut days("UTC"), &Gaps::default(), true);
        assert!(plan.days.is_empty());
        assert_eq!(plan.raw.len(), 6);
        assert_eq!(plan.hours.len(), 3);
    }

    proptest! {
        #[test]
        fn the_parts_are_the_whole_and_never_overlap(
            from in 0_i64..3_000, length in 1_i64..4_000, gap in 0_i64..1_000, zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns"]),
        ) {
            let minute = 60_000_000_000;
            let start = time("2026-03-28T00:00:00Z");
            let span = Span { from: start + from * minute, to: start + (from + length) * minute };
            let mut days = days(zone);
            let hour = zone::hour(start) + gap % 100;
            let gaps = Gaps {
                hours: BTreeSet::from([hour]),
                days: BTreeSet::from([days.day(start + gap * minute)]),
                spans: vec![Span { from: start + gap * minute, to: start + (gap + 30) * minute }],
            };
            let plan = cut(&[span], &mut days, &gaps, true);
            let mut parts: Vec<Span> = plan.raw.iter().map(|(_, span)| *span).collect();
            parts.extend(plan.hours.iter().map(|(_, from, to)| Span { from: from * HOUR, to: to * HOUR }));
            parts.extend(plan.days.iter().map(|(_, from, to)| Span { from: days.bounds(*from).0, to: days.bounds(*to).0 }));
            parts.sort_unstable();
            prop_assert_eq!(parts.first().map(|part| part.from), Some(span.from));
            prop_assert_eq!(parts.last().map(|part| part.to), Some(span.to));
            prop_assert!(parts.windows(2).all(|pair| pair[0].to == pair[1].from));
        }
    }
}
