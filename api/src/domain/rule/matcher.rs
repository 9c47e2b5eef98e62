//! All rules of a site, compiled so that judging one event costs about the same for ten rules and for ten thousand.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use jiff::Timestamp;
use prefix_trie::PrefixMap;

use super::{
    List, Pattern, Refusal, Rule, Subject, Target, Verdict,
    text_index::{Found, TextIndex},
};
use crate::domain::zone::nanoseconds;

/// Targets that are texts, in the order of [`Matcher::texts`].
const TEXTS: [Target; 5] = [
    Target::Action,
    Target::UserAgent,
    Target::ReferrerHost,
    Target::UrlPath,
    Target::Country,
];

/// What is left of a rule once it is compiled.
#[derive(Debug, Clone, Copy)]
struct Compiled {
    id: i64,
    list: List,
    target: Target,
    shadow: bool,
    /// The first nanosecond at which it is over.
    expires: i64,
}

/// A site's rules, ready to judge.
#[derive(Debug)]
pub struct Matcher {
    rules: Vec<Compiled>,
    texts: [TextIndex; 5],
    v4: PrefixMap<Ipv4Net, Vec<u32>>,
    v6: PrefixMap<Ipv6Net, Vec<u32>>,
    /// Rules for programs, and for what is none.
    truths: [Vec<u32>; 2],
    /// Until when each target's ALLOW rules want a match; `i64::MIN` where there are none.
    wanted_until: [i64; Target::ALL.len()],
}

impl Default for Matcher {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            texts: Default::default(),
            v4: PrefixMap::new(),
            v6: PrefixMap::new(),
            truths: Default::default(),
            wanted_until: [i64::MIN; Target::ALL.len()],
        }
    }
}

impl Matcher {
    /// Compiles the rules that are on.
    pub fn new<'a>(rules: impl IntoIterator<Item = &'a Rule>) -> Self {
        let mut matcher = Self::default();
        for rule in rules {
            if rule.definition.enabled {
                matcher.add(rule);
            }
        }
        matcher.texts.iter_mut().for_each(TextIndex::build);
        matcher
    }

    fn add(&mut self, rule: &Rule) {
        let definition = &rule.definition;
        let place = u32::try_from(self.rules.len()).unwrap_or(u32::MAX);
        let compiled = Compiled {
            id: rule.id,
            list: definition.list,
            target: definition.target,
            shadow: definition.shadow,
            expires: definition.expires.map_or(i64::MAX, nanoseconds),
        };
        match &definition.pattern {
            Pattern::Exact(text) => self.text(definition.target).add_exact(text, place),
            Pattern::Glob(glob) => self.text(definition.target).add_glob(glob, place),
            Pattern::Addresses(IpNet::V4(block)) => self.v4.entry(*block).or_default().push(place),
            Pattern::Addresses(IpNet::V6(block)) => self.v6.entry(*block).or_default().push(place),
            Pattern::Truth(truth) => self.truths[usize::from(*truth)].push(place),
        }
        if compiled.list == List::Allow && !compiled.shadow {
            let until = &mut self.wanted_until[compiled.target.index()];
            *until = compiled.expires.max(*until);
        }
        self.rules.push(compiled);
    }

    fn text(&mut self, target: Target) -> &mut TextIndex {
        let place = TEXTS.iter().position(|text| *text == target).unwrap_or_default();
        &mut self.texts[place]
    }

    /// Whether any rule looks at `target`.
    #[must_use]
    pub fn looks_at(&self, target: Target) -> bool {
        self.rules.iter().any(|rule| rule.target == target)
    }

    /// What the rules say of an event at `now`.
    #[must_use]
    pub fn judge(&self, subject: &Subject<'_>, now: Timestamp) -> Verdict {
        if self.rules.is_empty() {
            return Verdict::default();
        }
        let now = nanoseconds(now);
        let mut found = Found::new();
        let values = [
            Some(subject.action),
            subject.user_agent,
            subject.referrer_host,
            subject.url_path,
            subject.country,
        ];
        for (index, value) in self.texts.iter().zip(values) {
            if let Some(value) = value {
                index.find(value, &mut found);
            }
        }
        match subject.ip.map(|ip| ip.to_canonical()) {
            None => {}
            Some(IpAddr::V4(ip)) => self
                .v4
                .cover_values(&ip.into())
                .for_each(|rules| found.extend_from_slice(rules)),
            Some(IpAddr::V6(ip)) => self
                .v6
                .cover_values(&ip.into())
                .for_each(|rules| found.extend_from_slice(rules)),
        }
        if let Some(bot) = subject.bot {
            found.extend_from_slice(&self.truths[usize::from(bot)]);
        }
        self.conclude(&found, now)
    }

    /// What follows from the rules that match.
    fn conclude(&self, found: &[u32], now: i64) -> Verdict {
        let mut hits = Vec::new();
        let mut allowed = [false; Target::ALL.len()];
        let mut denied: Option<&Compiled> = None;
        for place in found {
            let rule = &self.rules[*place as usize];
            if rule.expires <= now {
                continue;
            }
            hits.push(rule.id);
            match rule.list {
                _ if rule.shadow => {}
                List::Allow => allowed[rule.target.index()] = true,
                List::Deny if denied.is_some_and(|other| other.id < rule.id) => {}
                List::Deny => denied = Some(rule),
            }
        }
        hits.sort_unstable();
        let refusal = match denied {
            Some(rule) => Some(Refusal {
                list: List::Deny,
                target: rule.target,
                rule: Some(rule.id),
            }),
            None => self.unlisted(&allowed, now),
        };
        Verdict { hits, refusal }
    }

    /// The first target whose ALLOW rules want a match that there is not.
    fn unlisted(&self, allowed: &[bool; Target::ALL.len()], now: i64) -> Option<Refusal> {
        let target = Target::ALL
            .into_iter()
            .find(|target| self.wanted_until[target.index()] > now && !allowed[target.index()])?;
        Some(Refusal {
            list: List::Allow,
            target,
            rule: None,
        })
    }
}
