//! Trying a rule on events of past days: what it would have refused.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;

use crate::{
    clock,
    domain::{
        caller::Caller,
        error::{Code, Error, Result},
        operation::Operation,
        period::Span,
        rate::cost,
        rule::{Definition, Matcher, Rule, Subject, Target},
        site::{IpPolicy, Site},
        view::RAW,
        zone::{self, DAY, Days, HOUR},
    },
    service::{
        Services,
        snapshot::{Opened, Snapshot},
    },
    store::{
        self,
        replay::{self, Alike, Replay},
    },
};

/// Days that a rule can be tried on.
const MOST_DAYS: i64 = 90;
/// Events that are tried; the latest first.
const MOST_EVENTS: i64 = 10_000_000;
/// Groups of events that look the same, held in memory and judged at once: some ten milliseconds.
const MOST_ALIKE: usize = 20_000;
/// The shortest and the longest stretch that is read at once, in nanoseconds.
const SHORTEST: i64 = 1_000_000_000;
const LONGEST: i64 = DAY;

/// What a rule would have refused.
#[derive(Debug, Clone)]
pub struct Preview {
    /// When the events happened that it was tried on, in nanoseconds since 1970.
    pub span: Span,
    /// The events that it was tried on.
    pub events: i64,
    /// Those that it would have refused and that the site's present rules let in.
    pub refused: i64,
    /// Those that the site's present rules refuse, with it or without it.
    pub refused_already: i64,
    /// The actions of which it would have refused some, the most refused first.
    pub actions: Vec<ActionPreview>,
    /// The views that would have lost everything they have.
    pub emptied_views: Vec<String>,
    /// Why the numbers are not exact; empty where they are.
    pub inexact: Vec<String>,
}

/// What a rule would have refused of one action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionPreview {
    /// The action.
    pub action: String,
    /// The events that it was tried on.
    pub events: i64,
    /// Those that it would have refused and that the site's present rules let in.
    pub refused: i64,
}

/// Events of one action: all, refused already, refused by the rule.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    events: i64,
    already: i64,
    refused: i64,
}

/// A rule being tried.
struct Trial<'a> {
    now: Timestamp,
    present: Matcher,
    with: Matcher,
    targets: HashSet<Target>,
    actions: HashMap<Arc<str>, Sums>,
    events: i64,
    /// Addresses that were stored cut, and events without any.
    cut: i64,
    without_ip: i64,
    opened: &'a Opened,
    site: &'a Site,
}

impl Services {
    /// Tries a rule on the events of the last `days` days, today among them, as if it acted; stores nothing. With
    /// `replaces`, the public id of a rule of the site, as if that one was not there.
    ///
    /// # Errors
    /// No permission, an unknown site, a bad definition, `NOT_FOUND`, or `DEADLINE_EXCEEDED`.
    pub async fn preview_rule(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        definition: Definition,
        (replaces, days): (Option<&str>, i64),
    ) -> Result<Preview> {
        caller.permit(Operation::PreviewRule)?;
        definition.check()?;
        if !(1..=MOST_DAYS).contains(&days) {
            let message = format!("A rule can be tried on 1–{MOST_DAYS} days.");
            return Err(Error::new(Code::InvalidArgument, message).at("days"));
        }
        let units = u32::try_from(days).unwrap_or(u32::MAX).saturating_mul(cost::RAW_DAY);
        self.charge_question(snapshot, caller, units)?;
        let begin = Instant::now();
        let opened = snapshot.hold().await?;
        let site = opened.configuration.admit(caller, Operation::PreviewRule, site)?;
        let mut present = store::rule::list(&opened.tx, site.id).await?;
        if let Some(id) = replaces {
            let place = present.iter().position(|rule| rule.public_id == id);
            let unknown = || Error::new(Code::NotFound, "The site has no rule with this id.").at("replaces");
            present.remove(place.ok_or_else(unknown)?);
        }
        let tried = Definition {
            enabled: true,
            shadow: false,
            expires: None,
            ..definition
        };
        let mut trial = Trial::new(&opened, &site, &present, tried.clone());
        let now = clock::now_nanoseconds();
        let today = Days::new(site.time_zone.clone()).day(now);
        let whole = Span {
            from: zone::start_of_day(Days::date(today - (days - 1)), &site.time_zone),
            // Clients' clocks may be ahead; an hour is more than any of them is let be.
            to: now.saturating_add(HOUR),
        };
        let budget = self.question.deadline.mul_f64(0.6);
        let from = trial.run(self, whole, begin, budget).await?;
        let mut inexact = trial.complaints(&present, &tried);
        if from > whole.from {
            inexact.push(format!(
                "There are too many events to try all: only those since {} were tried.",
                zone::timestamp(from)
            ));
        }
        if whole.from < site.raw_floor {
            inexact.push(format!(
                "Raw events before {} are past their retention.",
                zone::timestamp(site.raw_floor)
            ));
        }
        Ok(trial.finish(Span { from, ..whole }, inexact))
    }
}

impl<'a> Trial<'a> {
    fn new(opened: &'a Opened, site: &'a Site, present: &[Rule], tried: Definition) -> Self {
        let present_matcher = Matcher::new(present);
        let targets = Target::ALL
            .into_iter()
            .filter(|target| *target == tried.target || present_matcher.looks_at(*target))
            .collect();
        let tried = Rule {
            id: i64::MAX,
            public_id: String::new(),
            site: site.id,
            definition: tried,
            created: clock::now(),
        };
        Self {
            now: clock::now(),
            with: Matcher::new(present.iter().chain([&tried])),
            present: present_matcher,
            targets,
            actions: HashMap::new(),
            events: 0,
            cut: 0,
            without_ip: 0,
            opened,
            site,
        }
    }

    /// Tries hour after hour, the latest first, until all are tried, or enough; gives the first moment of what was.
    async fn run(&mut self, services: &Services, whole: Span, begin: Instant, budget: Duration) -> Result<i64> {
        let tombstones = self.opened.tombstones(self.site.id);
        let mut reached = whole.to;
        let mut length = HOUR;
        while reached > whole.from {
            if self.events >= MOST_EVENTS || begin.elapsed() > budget {
                return Ok(reached);
            }
            let span = Span {
                from: whole.from.max(reached - length),
                to: reached,
            };
            let replay = Replay {
                hasher: &services.hasher,
                site: self.site.id,
                span,
                tombstones: &tombstones,
                targets: &self.targets,
                limit: MOST_ALIKE + 1,
            };
            let alike = replay::alike(&self.opened.tx, &replay).await?;
            if alike.len() > MOST_ALIKE && length > SHORTEST {
                length = (length / 4).max(SHORTEST);
                continue;
            }
            if alike.len() > MOST_ALIKE {
                let message = "Too many different events happened within one second to try the rule on them.";
                return Err(Error::new(Code::TooManyRows, message));
            }
            alike.iter().for_each(|one| self.take(one));
            reached = span.from;
            // Quiet stretches are gone through in long steps, busy ones in short, so that the time is looked at often.
            let count: i64 = alike.iter().map(|one| one.count).sum();
            length = match count {
                ..50_000 if alike.len() < MOST_ALIKE / 4 => (length * 2).min(LONGEST),
                500_000.. => (length / 2).max(SHORTEST),
                _ => length,
            };
        }
        Ok(reached)
    }

    fn take(&mut self, alike: &Alike) {
        let subject = alike.subject();
        let refuses = |matcher: &Matcher, subject: &Subject<'_>| matcher.judge(subject, self.now).refusal.is_some();
        let already = refuses(&self.present, &subject);
        let refused = !already && refuses(&self.with, &subject);
        let sums = self.actions.entry(alike.action.clone()).or_default();
        sums.events += alike.count;
        sums.already += if already { alike.count } else { 0 };
        sums.refused += if refused { alike.count } else { 0 };
        self.events += alike.count;
        match alike.ip {
            None => self.without_ip += alike.count,
            Some(ip) if looks_cut(ip) => self.cut += alike.count,
            Some(_) => {}
        }
    }

    /// Why the numbers may not be what a replay would give: addresses that are not stored whole.
    fn complaints(&self, present: &[Rule], tried: &Definition) -> Vec<String> {
        let mut complaints = Vec::new();
        let in_play = present.iter().map(|rule| &rule.definition).filter(|one| one.enabled);
        let mut by_address = in_play.chain([tried]).filter(|one| one.target == Target::Ip).peekable();
        if by_address.peek().is_none() || self.events == 0 {
            return complaints;
        }
        if self.without_ip > 0 {
            complaints.push(format!(
                "{} events are stored without an IP address, which rules for IP were not tried on.",
                self.without_ip
            ));
        }
        let narrow = by_address.any(|one| !one.pattern.judges_cut_addresses());
        let cuts = self.site.ip_policy == IpPolicy::Truncated && self.without_ip < self.events;
        if narrow && (cuts || self.cut > 0) {
            complaints.push(
                "IP addresses are stored without their last octet (IPv4) or last 80 bits (IPv6), and a rule looks closer."
                    .to_owned(),
            );
        }
        complaints
    }

    fn finish(self, span: Span, inexact: Vec<String>) -> Preview {
        let mut all = Sums::default();
        for sums in self.actions.values() {
            all.already += sums.already;
            all.refused += sums.refused;
        }
        let emptied = |actions: Option<&[String]>| {
            let counted = |(action, _): &(&Arc<str>, &Sums)| {
                actions.is_none_or(|actions| actions.iter().any(|one| **one == ***action))
            };
            let of_view = self.actions.iter().filter(counted);
            let (left, refused) = of_view.fold((0, 0), |(left, refused), (_, sums)| {
                (left + sums.events - sums.already - sums.refused, refused + sums.refused)
            });
            left == 0 && refused > 0
        };
        let views = self
            .opened
            .configuration
            .views
            .iter()
            .filter(|view| view.site == self.site.id);
        let mut emptied_views: Vec<String> = views
            .filter(|view| emptied(view.definition.actions.as_deref()))
            .map(|view| view.definition.name.clone())
            .collect();
        if emptied(None) {
            emptied_views.push(RAW.to_owned());
        }
        let mut actions: Vec<_> = self
            .actions
            .iter()
            .filter(|(_, sums)| sums.refused > 0)
            .map(|(action, sums)| ActionPreview {
                action: action.to_string(),
                events: sums.events,
                refused: sums.refused,
            })
            .collect();
        actions.sort_by(|one, other| {
            other
                .refused
                .cmp(&one.refused)
                .then_with(|| one.action.cmp(&other.action))
        });
        Preview {
            span,
            events: self.events,
            refused: all.refused,
            refused_already: all.already,
            actions,
            emptied_views,
            inexact,
        }
    }
}

/// Whether what is cut off an address is zero in this one, as it seldom is in a whole one.
fn looks_cut(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.octets()[3] == 0,
        IpAddr::V6(ip) => ip.to_bits() << 48 == 0,
    }
}
