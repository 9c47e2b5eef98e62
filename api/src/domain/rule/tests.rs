//! The matcher against one that tries rule after rule, and the traps of patterns.

use std::time::Instant;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn definition(list: List, target: Target, pattern: &str) -> Definition {
    Definition {
        list,
        target,
        pattern: Pattern::parse(target, pattern).unwrap_or_else(|error| panic!("{pattern}: {error}")),
        note: None,
        enabled: true,
        shadow: false,
        expires: None,
    }
}

fn numbered(definitions: impl IntoIterator<Item = Definition>) -> Vec<Rule> {
    let rule = |(id, definition)| Rule {
        id,
        public_id: String::new(),
        site: 1,
        definition,
        created: NOW,
    };
    (1..).zip(definitions).map(rule).collect()
}

fn action(action: &str) -> Subject<'_> {
    Subject {
        action,
        ..Subject::default()
    }
}

/// Whether a glob fits, by trying every split: slow, and plainly right.
fn fits(pattern: &[u8], value: &[u8]) -> bool {
    match pattern.split_first() {
        None => value.is_empty(),
        Some((b'*', rest)) => (0..=value.len()).any(|skip| fits(rest, &value[skip..])),
        Some((letter, rest)) => value.first() == Some(letter) && fits(rest, &value[1..]),
    }
}

/// What design says of rules, one rule after the other.
fn naive(rules: &[Rule], subject: &Subject<'_>, now: Timestamp) -> Verdict {
    let matches = |rule: &Rule| {
        let definition = &rule.definition;
        let text = |value: Option<&str>| {
            value.is_some_and(|value| fits(definition.pattern.to_string().as_bytes(), value.as_bytes()))
        };
        match definition.target {
            Target::Action => text(Some(subject.action)),
            Target::UserAgent => text(subject.user_agent),
            Target::ReferrerHost => text(subject.referrer_host),
            Target::UrlPath => text(subject.url_path),
            Target::Country => text(subject.country),
            Target::Bot => subject
                .bot
                .is_some_and(|bot| bot.to_string() == definition.pattern.to_string()),
            Target::Ip => match (&definition.pattern, subject.ip) {
                (Pattern::Addresses(block), Some(ip)) => block.contains(&ip.to_canonical()),
                _ => false,
            },
        }
    };
    let there = |rule: &&Rule| rule.definition.enabled && !rule.definition.is_expired(now);
    let hits: Vec<&Rule> = rules.iter().filter(there).filter(|rule| matches(rule)).collect();
    let acting = |rule: &&Rule| !rule.definition.shadow;
    let denied = hits
        .iter()
        .copied()
        .filter(acting)
        .find(|rule| rule.definition.list == List::Deny);
    let unlisted = || {
        Target::ALL.into_iter().find(|target| {
            let of_target = |rule: &&Rule| rule.definition.list == List::Allow && rule.definition.target == *target;
            let wanted = rules.iter().filter(there).filter(acting).any(|rule| of_target(&rule));
            wanted && !hits.iter().copied().filter(acting).any(|rule| of_target(&rule))
        })
    };
    Verdict {
        refusal: match denied {
            Some(rule) => Some(Refusal {
                list: List::Deny,
                target: rule.definition.target,
                rule: Some(rule.id),
            }),
            None => unlisted().map(|target| Refusal {
                list: List::Allow,
                target,
                rule: None,
            }),
        },
        hits: hits.iter().map(|rule| rule.id).collect(),
    }
}

/// Texts of few letters, so that they often match.
fn text() -> impl Strategy<Value = String> {
    "[abä/]{0,6}"
}

fn pattern(target: Target) -> BoxedStrategy<String> {
    match target {
        Target::Ip => prop_oneof![
            "10\\.0\\.[0-1]\\.[0-3]",
            Just("10.0.0.0/8".to_owned()),
            Just("10.0.0.0/31".to_owned()),
            Just("0.0.0.0/0".to_owned()),
            Just("::ffff:10.0.1.0/120".to_owned()),
            Just("::/0".to_owned()),
            Just("2001:db8::/32".to_owned()),
            "2001:db8::[0-3]",
        ]
        .boxed(),
        Target::Bot => prop_oneof!["true", "false"].boxed(),
        Target::ReferrerHost => "[ab*]{1,6}".boxed(),
        Target::UrlPath => "/[abä*]{0,6}".boxed(),
        Target::Action | Target::UserAgent | Target::Country => "[abä*]{1,7}".boxed(),
    }
}

fn any_definition() -> impl Strategy<Value = Definition> {
    let target = prop::sample::select(Target::ALL.to_vec());
    let parts = target.prop_flat_map(|target| (Just(target), pattern(target)));
    let expiry = prop::option::of(-2_i64..2);
    let flags = (any::<bool>(), prop::bool::weighted(0.9), prop::bool::weighted(0.2));
    (parts, flags, expiry).prop_map(|((target, pattern), (deny, enabled, shadow), expiry)| Definition {
        enabled,
        shadow,
        expires: expiry.map(|second| Timestamp::from_second(second).expect("near 1970")),
        ..definition(if deny { List::Deny } else { List::Allow }, target, &pattern)
    })
}

proptest! {
    #[test]
    fn many_rules_at_once_say_what_each_says(
        definitions in prop::collection::vec(any_definition(), 0..40),
        (name, agent, host, path) in (text(), prop::option::of(text()), prop::option::of("[ab]{0,5}"), prop::option::of("/[abä]{0,6}")),
        country in prop::option::of(text()),
        bot in prop::option::of(any::<bool>()),
        ip in prop::option::of(prop_oneof![
            "10\\.0\\.[0-1]\\.[0-3]", "::ffff:10\\.0\\.1\\.[0-3]", "2001:db8::[0-3]", Just("192.0.2.1".to_owned()),
        ]),
    ) {
        let rules = numbered(definitions);
        let subject = Subject {
            action: &name,
            ip: ip.map(|ip| ip.parse().expect("an address")),
            user_agent: agent.as_deref(),
            referrer_host: host.as_deref(),
            url_path: path.as_deref(),
            country: country.as_deref(),
            bot,
        };
        prop_assert_eq!(Matcher::new(&rules).judge(&subject, NOW), naive(&rules, &subject, NOW));
    }

    #[test]
    fn a_glob_fits_what_every_split_says(glob in "[ab*]{0,9}\\*[ab*]{0,5}", value in "[ab]{0,14}") {
        let rules = numbered([definition(List::Deny, Target::Action, &glob)]);
        let hit = !Matcher::new(&rules).judge(&action(&value), NOW).hits.is_empty();
        prop_assert_eq!(hit, fits(glob.as_bytes(), value.as_bytes()));
    }

    #[test]
    fn long_pieces_are_found_by_a_part_of_them(
        letters in "[ab]{60,90}", before in "[ab]{0,3}", after in "[ab]{0,3}", shape in 0_usize..4,
    ) {
        let glob = match shape {
            0 => format!("{letters}*"),
            1 => format!("*{letters}"),
            2 => format!("*{letters}*"),
            _ => format!("a*{letters}*b"),
        };
        let rules = numbered([definition(List::Deny, Target::Action, &glob)]);
        let matcher = Matcher::new(&rules);
        let near = format!("{before}{}{after}", &letters[1..]);
        for value in [format!("{before}{letters}{after}"), near, letters.clone()] {
            let hit = !matcher.judge(&action(&value), NOW).hits.is_empty();
            // Trying every split takes for ever on such texts; the two pieces of a split do not.
            let right = match shape {
                0 => value.starts_with(&letters),
                1 => value.ends_with(&letters),
                2 => value.contains(&letters),
                _ => value.len() >= letters.len() + 2
                    && value.starts_with('a') && value.ends_with('b')
                    && value[1..value.len() - 1].contains(&letters),
            };
            prop_assert_eq!(hit, right, "{} in {}", glob, value);
        }
    }
}

#[test]
fn patterns_are_shown_in_one_form() {
    for (target, written, shown) in [
        (Target::Action, "a**b***c", "a*b*c"),
        (Target::Action, "***", "*"),
        (Target::Action, "Clicked?", "Clicked?"),
        (Target::Ip, "::ffff:192.0.2.7", "192.0.2.7"),
        (Target::Ip, "192.0.2.7/32", "192.0.2.7"),
        (Target::Ip, "::ffff:10.0.0.0/104", "10.0.0.0/8"),
        (Target::Ip, "2001:DB8:0::/32", "2001:db8::/32"),
        (Target::ReferrerHost, "*.Spam.Example", "*.spam.example"),
        (Target::ReferrerHost, "Bücher.example", "xn--bcher-kva.example"),
        (Target::Bot, "true", "true"),
    ] {
        let pattern = Pattern::parse(target, written).expect(written);
        assert_eq!(pattern.to_string(), shown);
        assert_eq!(
            Pattern::parse(target, shown).expect(shown),
            pattern,
            "{shown} is read back"
        );
    }
}

#[test]
fn patterns_that_match_nothing_are_refused() {
    let long = "x".repeat(MOST_PATTERN + 1);
    for (target, pattern) in [
        (Target::Action, ""),
        (Target::Action, "a\0"),
        (Target::UserAgent, long.as_str()),
        (Target::Ip, "192.0.2.*"),
        (Target::Ip, "192.0.2.7/24"),
        (Target::Ip, "192.0.2.0/33"),
        (Target::Ip, "example.com"),
        (Target::Bot, "yes"),
        (Target::UrlPath, "admin/*"),
        (Target::ReferrerHost, "https://spam.example/"),
        (Target::ReferrerHost, "*.bücher.example"),
    ] {
        let error = Pattern::parse(target, pattern).expect_err(pattern);
        assert_eq!(
            (error.code, error.path.as_deref()),
            (Code::InvalidPattern, Some("pattern"))
        );
    }
}

#[test]
fn hostile_globs_take_time_only_by_the_length_of_the_value() {
    let stars = |number: usize| format!("{}*{number}", "*a".repeat(200));
    let nested = |number: usize| format!("*{}*", "a".repeat(1 + number % 500));
    let definitions = (0..MOST_RULES).map(|number| match number % 2 {
        0 => definition(List::Deny, Target::Action, &stars(number)),
        _ => definition(List::Deny, Target::UrlPath, &nested(number)),
    });
    // The nested ones are each there ten times over, which a site cannot have: worse than it can get.
    let rules = numbered(definitions);
    let matcher = Matcher::new(&rules);
    let (value, path) = ("a".repeat(256), format!("/{}", "a".repeat(8_000)));
    let subject = Subject {
        url_path: Some(&path),
        ..action(&value)
    };
    let begin = Instant::now();
    let verdict = matcher.judge(&subject, NOW);
    assert_eq!(verdict.hits.len(), MOST_RULES / 2);
    // Backtracking would not end within the age of the universe; this is some milliseconds, slow machines included.
    assert!(begin.elapsed().as_secs() < 2, "{:?}", begin.elapsed());
}
