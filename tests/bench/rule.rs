//! What judging one event by a site's rules costs, by itself.

use std::{
    hint::black_box,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use serde_json::Value;
use support::random::Random;
use tidemark::domain::rule::{Definition, List, Matcher, Pattern, Rule, Subject, Target};

use crate::{
    Bench, Result,
    statistics::{least, median, most},
    table::Row,
    workload::{SEED, Workload},
};

/// As many rules as a site can have.
pub(crate) const RULES: usize = 10_000;
/// Different events that are judged in turn.
const EVENTS: u64 = 10_000;
const JUDGED_FOR: Duration = Duration::from_millis(500);

/// Target, pattern, and whether the rule is to hit often, and therefore only counts.
pub(crate) type Sketch = (Target, String, bool);

/// Rules as people have them, most of which match nothing of the workload.
pub(crate) fn sketches() -> Vec<Sketch> {
    let mut sketches: Vec<Sketch> = vec![
        (Target::Action, "*".to_owned(), true),
        (Target::Action, "page*".to_owned(), true),
        (Target::UserAgent, "*Chrome/*".to_owned(), true),
        (Target::Bot, "true".to_owned(), true),
    ];
    let mut number = 0_u32;
    while sketches.len() < RULES {
        number += 1;
        let [_, high, middle, low] = number.to_be_bytes();
        let v4 = |last: u8| Ipv4Addr::new(100 + high, middle, low, last);
        let v6 = Ipv6Addr::new(0x2001, 0xdb8, (number >> 8) as u16, u16::from(low), 0, 0, 0, 0);
        let (target, pattern) = match number % 20 {
            0..5 => (Target::Ip, v4(7).to_string()),
            5..7 => (Target::Ip, format!("{}/24", v4(0))),
            7 => (Target::Ip, format!("{v6}/64")),
            8 => (Target::Action, format!("spam.{number}")),
            9 => (Target::Action, format!("spam.{number}.*")),
            10 => (Target::UserAgent, format!("*{number}bot/*")),
            11 => (Target::UserAgent, format!("crawler-{number}/*")),
            12 => (
                Target::UserAgent,
                format!("Mozilla/5.0 (compatible; spider{number}/2.0*"),
            ),
            13 => (Target::UserAgent, format!("Mozilla/*Scraper {number}*(x{number})")),
            14 | 15 => (Target::ReferrerHost, format!("spam{number}.example")),
            16 => (Target::ReferrerHost, format!("*.spam{number}.example")),
            17 => (Target::UrlPath, format!("/private/{number}/*")),
            18 => (Target::UrlPath, format!("*/{number}.php")),
            _ => (Target::UrlPath, format!("/shop/*/{number}/*/edit")),
        };
        sketches.push((target, pattern, false));
    }
    sketches
}

fn rules() -> Result<Vec<Rule>> {
    let rule = |(id, (target, pattern, shadow)): (i64, Sketch)| {
        Ok(Rule {
            id,
            public_id: String::new(),
            site: 1,
            definition: Definition {
                list: List::Deny,
                target,
                pattern: Pattern::parse(target, &pattern)?,
                note: None,
                enabled: true,
                shadow,
                expires: None,
            },
            created: Timestamp::UNIX_EPOCH,
        })
    };
    (1..).zip(sketches()).map(rule).collect()
}

/// What rules look at in one event of the workload.
struct Look {
    action: String,
    ip: IpAddr,
    agent: String,
    host: Option<String>,
    path: String,
    bot: bool,
}

impl Look {
    fn new(workload: &Workload, number: u64) -> Result<Self> {
        let mut text = Vec::new();
        workload.push(&workload.event(number), None, &mut text);
        let event: Value = serde_json::from_slice(&text)?;
        let field = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let url = reqwest::Url::parse(&field("url"))?;
        let referrer = reqwest::Url::parse(&field("referrer")).ok();
        let mut random = Random::of_stream(SEED, !number);
        let bits = random.part_of(1 << 32);
        let agent = field("userAgent");
        Ok(Self {
            action: field("action"),
            // Every eighth has an address of the newer kind.
            ip: match bits % 8 {
                0 => Ipv6Addr::from_bits((0x2001_0db8 << 96) | u128::from(bits) << 40).into(),
                _ => Ipv4Addr::from_bits(bits as u32).into(),
            },
            bot: agent.to_ascii_lowercase().contains("bot"),
            agent,
            host: referrer.and_then(|url| url.host_str().map(str::to_owned)),
            path: url.path().to_owned(),
        })
    }

    fn subject(&self) -> Subject<'_> {
        Subject {
            action: &self.action,
            ip: Some(self.ip),
            user_agent: Some(&self.agent),
            referrer_host: self.host.as_deref(),
            url_path: Some(&self.path),
            country: Some("AT"),
            bot: Some(self.bot),
        }
    }
}

pub(crate) fn judge(bench: &Bench) -> Result<Row> {
    let looks: Vec<Look> = (0..EVENTS)
        .map(|number| Look::new(&bench.workload, number))
        .collect::<Result<_>>()?;
    let rules = rules()?;
    let begin = Instant::now();
    let many = Matcher::new(&rules);
    let compiled = begin.elapsed();
    let few = Matcher::new(&rules[..10]);
    let (mut of_many, mut of_few) = (Vec::new(), Vec::new());
    for _ in 0..bench.options.rounds {
        of_few.push(nanoseconds(&few, &looks));
        of_many.push(nanoseconds(&many, &looks));
    }
    for target in Target::ALL {
        let own = Matcher::new(rules.iter().filter(|rule| rule.definition.target == target));
        eprintln!("    {}: {:.0} ns", target.name(), nanoseconds(&own, &looks));
    }
    let hits: usize = looks
        .iter()
        .map(|look| many.judge(&look.subject(), Timestamp::UNIX_EPOCH).hits.len())
        .sum();
    let detail = format!(
        "{:.0}–{:.0}; {:.0} ns with 10 rules; {:.1} hits an event; compiled in {:.0} ms",
        least(&of_many),
        most(&of_many),
        median(&of_few),
        hits as f64 / EVENTS as f64,
        compiled.as_secs_f64() * 1_000.0
    );
    Ok(Row::at_most("judging one event by 10,000 rules", 1_000.0, median(&of_many), " ns").detail(detail))
}

/// What judging one event takes.
fn nanoseconds(matcher: &Matcher, looks: &[Look]) -> f64 {
    let (begin, mut judged) = (Instant::now(), 0_u32);
    while begin.elapsed() < JUDGED_FOR {
        for look in looks {
            black_box(matcher.judge(black_box(&look.subject()), Timestamp::UNIX_EPOCH));
        }
        judged += looks.len() as u32;
    }
    begin.elapsed().as_secs_f64() * 1e9 / f64::from(judged)
}
