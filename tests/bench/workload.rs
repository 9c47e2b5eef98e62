//! The reference workload. Each event follows from the seed and its number alone, so that any part of it can be
//! made again, by anybody, to send it or to count it.

use std::{collections::HashMap, io::Read};

use flate2::read::GzDecoder;
use support::{folder::repository, random::Random};

use crate::Result;

pub(crate) const SEED: u64 = 0x7469_6465_6d61_726b;

/// By rank: the n-th is logged 1/n as often as the first.
pub(crate) const ACTIONS: [&str; 20] = [
    "pageview",
    "button.click",
    "item.view",
    "page.visit",
    "search.query",
    "cart.add",
    "item.share",
    "form.start",
    "form.submit",
    "cart.remove",
    "checkout.start",
    "checkout.pay",
    "user.login",
    "user.logout",
    "video.play",
    "video.pause",
    "file.download",
    "item.rate",
    "user.signup",
    "user.invite",
];
pub(crate) const NETWORKS: u8 = 5;
pub(crate) const GROUPS: u8 = 50;
pub(crate) const ITEMS: u16 = 10_000;
pub(crate) const ACTORS: u32 = 200_000;
const URLS: u16 = 5_000;
/// An event has one of them, or, most often, none.
const REFERRERS: [&str; 6] = [
    "https://www.google.com/",
    "https://www.bing.com/search?q=shop",
    "https://www.facebook.com/",
    "https://news.example.org/2026/review",
    "https://chatgpt.com/",
    "https://shop.example/",
];
/// Real ones, from the access log of the tests.
const USER_AGENTS: usize = 200;

/// The generator.
#[derive(Debug)]
pub(crate) struct Workload {
    /// For each action the share of those before it and its own, of 2^32.
    actions: [u64; ACTIONS.len()],
    /// As JSON, with quotes, and with the share of those before it and its own.
    agents: Vec<(u64, String)>,
}

/// An event, by numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    pub(crate) action: u8,
    pub(crate) network: u8,
    pub(crate) group: u8,
    pub(crate) item: u16,
    pub(crate) actor: u32,
    pub(crate) url: u16,
    pub(crate) referrer: u8,
}

impl Workload {
    pub(crate) fn new() -> Result<Self> {
        let weights: [f64; ACTIONS.len()] = std::array::from_fn(|index| 1.0 / (index + 1) as f64);
        let shares = shares(&weights);
        let (texts, counts): (Vec<_>, Vec<_>) = user_agents()?.into_iter().unzip();
        let agents = self::shares(&counts).into_iter().zip(texts).collect();
        Ok(Self {
            actions: std::array::from_fn(|index| shares[index]),
            agents,
        })
    }

    /// The event of that number.
    pub(crate) fn event(&self, number: u64) -> Event {
        let mut random = Random::of_stream(SEED, number);
        let drawn = random.draw() >> 32;
        Event {
            action: self.actions.partition_point(|share| *share <= drawn) as u8,
            network: random.part_of(u64::from(NETWORKS)) as u8,
            group: random.part_of(u64::from(GROUPS)) as u8,
            item: random.part_of(u64::from(ITEMS)) as u16,
            actor: random.part_of(u64::from(ACTORS)) as u32,
            url: random.part_of(u64::from(URLS)) as u16,
            referrer: random.part_of(3 * REFERRERS.len() as u64) as u8,
        }
    }

    /// Adds the event as an `EventInput` in JSON; without a time it is one of now.
    pub(crate) fn push(&self, event: &Event, time: Option<jiff::Timestamp>, out: &mut Vec<u8>) {
        let mut push = |text: &str| out.extend_from_slice(text.as_bytes());
        push("{\"action\":\"");
        push(ACTIONS[usize::from(event.action)]);
        if let Some(time) = time {
            push("\",\"time\":\"");
            push(&time.to_string());
        }
        push("\",\"url\":\"");
        push(&url(event.url));
        if let Some(referrer) = REFERRERS.get(usize::from(event.referrer)) {
            push("\",\"referrer\":\"");
            push(referrer);
        }
        push("\",\"actor\":\"");
        push(&format!("user-{:06}", event.actor));
        push("\",\"userAgent\":");
        push(self.agent(event.actor));
        push(&format!(
            ",\"tag\":{{\"network\":\"{}\",\"group\":\"{}\",\"item_id\":\"{}\"}}}}",
            network(event.network),
            group(event.group),
            item(event.item)
        ));
    }

    /// An actor keeps to one user agent; how many use it is as in the log.
    fn agent(&self, actor: u32) -> &str {
        let drawn = Random::of_stream(!SEED, u64::from(actor)).draw() >> 32;
        let index = self.agents.partition_point(|(share, _)| *share <= drawn);
        &self.agents[index].1
    }
}

pub(crate) fn network(number: u8) -> String {
    format!("network-{number}")
}

pub(crate) fn group(number: u8) -> String {
    format!("group-{number:02}")
}

pub(crate) fn item(number: u16) -> String {
    format!("item-{number:05}")
}

fn url(number: u16) -> String {
    format!("https://shop.example/section-{:02}/page-{number:04}", number % 40)
}

/// Sums of all weights so far, scaled so that the last is 2^32.
fn shares(weights: &[f64]) -> Vec<u64> {
    let whole: f64 = weights.iter().sum();
    let mut sum = 0.0;
    let mut shares: Vec<_> = weights
        .iter()
        .map(|weight| {
            sum += weight;
            (sum / whole * f64::from(u32::MAX)) as u64
        })
        .collect();
    if let Some(last) = shares.last_mut() {
        *last = 1 << 32;
    }
    shares
}

/// The most frequent user agents of the access log, as JSON, each with its count.
fn user_agents() -> Result<Vec<(String, f64)>> {
    let path = repository().join("tests/fixtures/access-log/apache_2015.log.gz");
    let file = std::fs::File::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut log = Vec::new();
    GzDecoder::new(file).read_to_end(&mut log)?;
    let mut counts = HashMap::new();
    for line in String::from_utf8_lossy(&log).lines() {
        if let Some(agent) = line.split('"').nth(5).filter(|agent| agent.len() > 1) {
            *counts.entry(agent.to_owned()).or_insert(0_u32) += 1;
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|(one, n), (other, m)| m.cmp(n).then_with(|| one.cmp(other)));
    counts.truncate(USER_AGENTS);
    let json = |(agent, count): (String, u32)| Ok((serde_json::to_string(&agent)?, f64::from(count)));
    counts.into_iter().map(json).collect()
}

#[cfg(test)]
mod tests {
    use super::{ACTORS, Workload};

    #[test]
    fn an_event_follows_from_its_number_and_the_shares_are_as_said() {
        let workload = Workload::new().unwrap();
        let text = |number| {
            let mut text = Vec::new();
            workload.push(&workload.event(number), None, &mut text);
            serde_json::from_slice::<serde_json::Value>(&text).unwrap()
        };
        assert_eq!(text(7), text(7));
        assert_ne!(text(7), text(8));
        assert!(text(7)["tag"]["item_id"].as_str().unwrap().starts_with("item-"));

        let events: Vec<_> = (0..100_000).map(|number| workload.event(number)).collect();
        let first = events.iter().filter(|event| event.action == 0).count();
        let second = events.iter().filter(|event| event.action == 1).count();
        assert!((27_300..28_300).contains(&first), "{first}");
        assert!((13_500..14_300).contains(&second), "{second}");
        assert!(events.iter().all(|event| event.action < 20 && event.actor < ACTORS));
    }
}
