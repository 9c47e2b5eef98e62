//! Tells programs from people by the user agent alone. Only flags: what is done about a bot is up to the lists.
//!
//! A bot is whatever monperrus/crawler-user-agents lists. That includes headless browsers, link previews, monitors and
//! HTTP libraries such as curl, python-requests, Go-http-client and okhttp. Added are the patterns of [`UNLISTED`].
//! What apps on phones send by default and the list does not name (Dart, CFNetwork, Dalvik) is a person.

use aho_corasick::AhoCorasick;
use regex::RegexSet;
use serde::Deserialize;

const LIST: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/data/crawler-user-agents/crawler-user-agents.json"
));

/// Bots that the list leaves out.
const UNLISTED: [&str; 4] = [
    // Crawlers that say so. The letter before keeps phones of the make Cubot out.
    r"(?i)(?:^|[^u])bot(?:[^a-z]|$)|crawler|spider|scraper",
    // Browsers without a screen, and those driven by a test.
    r"(?i)headless|jsdom/|slimerjs|selenium|webdriver|cypress/",
    // HTTP libraries of server languages.
    r"^(?:Java|node|undici|Ruby|Deno|Bun|reqwest|ureq|hyper|GuzzleHttp|Faraday|Symfony|Swoole|rest-client)(?:[-/ ]|$)",
    // Tools for trying out an API.
    r"(?i)^(?:PostmanRuntime|insomnia|bruno-runtime|k6|vegeta|ApacheBench|Apache-JMeter)\b",
];

/// One entry of the list; its samples are the test below.
#[derive(Deserialize)]
struct Crawler {
    pattern: String,
}

/// The known bots, ready to be looked for.
pub(super) struct Bots {
    /// Nearly all patterns are plain text. As one set of regexes they took 80 µs a user agent, apart take half of one.
    names: AhoCorasick,
    patterns: RegexSet,
}

impl Bots {
    /// Reads and compiles the embedded list.
    pub(super) fn load() -> Self {
        let crawlers: Vec<Crawler> =
            serde_json::from_str(LIST).expect("the embedded list of crawlers is JSON, as a test shows");
        let mut names = Vec::new();
        let mut patterns: Vec<String> = UNLISTED.map(String::from).into();
        for Crawler { pattern } in crawlers {
            match plain_text(&pattern) {
                Some(name) => names.push(name),
                None => patterns.push(pattern),
            }
        }
        Self {
            names: AhoCorasick::new(names).expect("the embedded names fit an automaton, as a test shows"),
            patterns: RegexSet::new(patterns).expect("the embedded patterns compile, as a test shows"),
        }
    }

    /// Whether the user agent is that of a bot.
    pub(super) fn contains(&self, user_agent: &str) -> bool {
        self.names.is_match(user_agent) || self.patterns.is_match(user_agent)
    }
}

/// The text that a pattern stands for, if it stands for one text only.
fn plain_text(pattern: &str) -> Option<String> {
    let mut text = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            // An escaped letter or digit is a class or an assertion.
            '\\' => text.push(characters.next().filter(char::is_ascii_punctuation)?),
            '.' | '+' | '*' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' => return None,
            _ => text.push(character),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Sampled {
        pattern: String,
        instances: Vec<String>,
    }

    #[test]
    fn every_sample_of_the_list_is_a_bot() {
        let bots = Bots::load();
        let crawlers: Vec<Sampled> = serde_json::from_str(LIST).unwrap();
        assert!(crawlers.len() > 1_000);
        for crawler in &crawlers {
            for sample in &crawler.instances {
                assert!(bots.contains(sample), "{}: {sample}", crawler.pattern);
            }
        }
    }

    #[test]
    fn plain_text_means_what_the_pattern_means() {
        assert_eq!(plain_text(r"Googlebot\/").as_deref(), Some("Googlebot/"));
        assert_eq!(plain_text(r"archive\.org_bot").as_deref(), Some("archive.org_bot"));
        for pattern in [
            "[wW]get",
            "^curl",
            r"\d",
            "SSL Labs$",
            "Netumo|netumo",
            "a.b",
            "trailing\\",
        ] {
            assert_eq!(plain_text(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn headless_browsers_libraries_and_self_declared_crawlers_are_bots() {
        let bots = Bots::load();
        for user_agent in [
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36",
            "Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1",
            "Mozilla/5.0 (linux) AppleWebKit/537.36 (KHTML, like Gecko) jsdom/20.0.3",
            "Mozilla/5.0 (compatible; AcmeBot/1.0; +https://acme.example/bot)",
            "acme-crawler",
            "curl/8.5.0",
            "Wget/1.21.4",
            "python-requests/2.32.3",
            "Python/3.12 aiohttp/3.9.5",
            "Go-http-client/2.0",
            "Java/17.0.12",
            "Apache-HttpClient/4.5.14 (Java/17.0.1)",
            "okhttp/4.12.0",
            "axios/1.7.2",
            "node",
            "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
            "undici",
            "GuzzleHttp/7",
            "reqwest/0.12.5",
            "PostmanRuntime/7.40.0",
        ] {
            assert!(bots.contains(user_agent), "{user_agent}");
        }
    }

    #[test]
    fn apps_and_phones_with_telling_names_are_not() {
        let bots = Bots::load();
        for user_agent in [
            "Mozilla/5.0 (Linux; Android 9; CUBOT_X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0.4324.93 Mobile Safari/537.36",
            "Mozilla/5.0 (Linux; Android 12; CUBOT NOTE 30) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
            "Dart/3.4 (dart:io)",
            "Acme/12 CFNetwork/1494.0.7 Darwin/23.4.0",
            "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/UQ1A.240105.004)",
        ] {
            assert!(!bots.contains(user_agent), "{user_agent}");
        }
    }
}
