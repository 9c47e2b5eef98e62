//! What a user agent says of device, browser and system. Each distinct text is parsed once, and the answer kept.
//!
//! The families are those of uap-core, read by ua-parser.

use std::cell::LazyCell;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use quick_cache::sync::Cache;
use serde::Deserialize;
use ua_parser::{os, user_agent};

use super::bot::Bots;
use super::device::Device;
use crate::domain::event::Agent;

const FAMILIES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/uap-core/regexes.yaml"));

/// No more of a user agent is looked at, and kept. Browsers send a hundred bytes or two.
const MAX_BYTES: usize = 1_024;

/// Answers kept, at most some 25 MB if all are forged and long. Real ones repeat: every eighteenth line or so of an
/// access log has a new one.
const MAX_KNOWN: usize = 10_000;

/// A few patterns take as family whatever precedes a slash, and names are dimensions, so they are cut.
const MAX_NAME_BYTES: usize = 64;

/// Questions waiting for the parser. Whoever asks waits for the answer, so this only saves a wake-up.
const MAX_WAITING: usize = 16;

/// What a user agent says of the device it runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Client {
    /// The kind of device.
    device: Device,
    /// The browser's family without version, as uap-core names it: `Chrome`, `Mobile Safari`.
    browser: Option<String>,
    /// The system's family without version, as uap-core names it: `Windows`, `Mac OS X`, `Android`, `iOS`.
    os: Option<String>,
}

impl Client {
    /// The client of an absent or empty user agent, which is not taken for a bot's.
    const UNKNOWN: Self = Self {
        device: Device::Other,
        browser: None,
        os: None,
    };

    fn of(self, text: &str) -> Agent {
        Agent {
            value: text.to_owned(),
            device: self.device.as_str().to_owned(),
            browser: self.browser,
            os: self.os,
            bot: self.device == Device::Bot,
        }
    }
}

/// Tells clients by their user agents; shared by all threads.
///
/// One thread of its own owns the patterns. Each regex keeps scratch memory for every thread that uses it, several
/// megabytes for all of them together, so parsing where the request is served would multiply that by the threads.
pub struct UserAgents {
    known: Cache<String, Arc<Agent>>,
    parser: SyncSender<Question>,
}

/// A user agent not met before, and where the answer is waited for.
struct Question {
    user_agent: String,
    answer: SyncSender<Client>,
}

impl UserAgents {
    /// Starts the parser. The patterns are compiled at the first question, so that an idle server does without them.
    ///
    /// # Errors
    ///
    /// When the system refuses another thread.
    pub fn start() -> io::Result<Self> {
        let (parser, questions) = mpsc::sync_channel(MAX_WAITING);
        thread::Builder::new()
            .name("user-agents".to_owned())
            .spawn(move || answer(&questions))?;
        Ok(Self {
            known: Cache::new(MAX_KNOWN),
            parser,
        })
    }

    /// What a user agent says. A known one takes well below a microsecond, another some twenty, and the very first
    /// waits a tenth of a second for the patterns to be compiled.
    pub fn classify(&self, user_agent: &str) -> Arc<Agent> {
        let text = &user_agent[..user_agent.floor_char_boundary(MAX_BYTES)];
        // Nothing is remembered if the parser has ended, which only a panic can do; that has been reported by then.
        self.known
            .get_or_insert_with(text, || {
                self.ask(text).map(|client| Arc::new(client.of(text))).ok_or(())
            })
            .unwrap_or_else(|()| Arc::new(Client::UNKNOWN.of(text)))
    }

    fn ask(&self, text: &str) -> Option<Client> {
        let user_agent = text.trim();
        if user_agent.is_empty() {
            return Some(Client::UNKNOWN);
        }
        let (answer, answered) = mpsc::sync_channel(1);
        self.parser
            .send(Question {
                user_agent: user_agent.to_owned(),
                answer,
            })
            .ok()?;
        answered.recv().ok()
    }
}

/// Answers until the last one who could ask is gone.
fn answer(questions: &Receiver<Question>) {
    let patterns = LazyCell::new(Patterns::load);
    for Question { user_agent, answer } in questions {
        // Whoever asked may have given up; there is nobody to tell.
        let _ = answer.send(patterns.client(&user_agent));
    }
}

/// The part of uap-core's file that is used.
#[derive(Deserialize)]
struct Families {
    user_agent_parsers: Vec<user_agent::Parser<'static>>,
    os_parsers: Vec<os::Parser<'static>>,
}

/// All that is known of user agents, compiled.
struct Patterns {
    browsers: user_agent::Extractor<'static>,
    systems: os::Extractor<'static>,
    bots: Bots,
}

impl Patterns {
    fn load() -> Self {
        let families: Families =
            serde_saphyr::from_str(FAMILIES).expect("the embedded families are YAML, as a test shows");
        let browsers = user_agent::Builder::new()
            .push_all(families.user_agent_parsers)
            .and_then(|builder| Ok(builder.build()?))
            .expect("the embedded browser patterns compile, as a test shows");
        let systems = os::Builder::new()
            .push_all(families.os_parsers)
            .map(os::Builder::build)
            .expect("the embedded system patterns compile, as a test shows")
            .expect("the embedded system patterns fit a filter, as a test shows");
        Self {
            browsers,
            systems,
            bots: Bots::load(),
        }
    }

    fn client(&self, user_agent: &str) -> Client {
        let browser = self.browsers.extract(user_agent).and_then(|found| name(&found.family));
        let os = self.systems.extract(user_agent).and_then(|found| name(&found.os));
        let device = if self.bots.contains(user_agent) {
            Device::Bot
        } else {
            Device::of(user_agent, os.as_deref())
        };
        Client { device, browser, os }
    }
}

/// The family, unless it is uap-core's word for none.
fn name(family: &str) -> Option<String> {
    let name = family[..family.floor_char_boundary(MAX_NAME_BYTES)].trim();
    (!name.is_empty() && name != "Other").then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everyday clients: device, browser, system and user agent, a line each.
    const EVERYDAY: &str = include_str!("everyday_user_agents.txt");

    #[test]
    fn everyday_browsers_are_told_rightly() {
        let patterns = Patterns::load();
        let mut rows = 0;
        for line in EVERYDAY.lines().filter(|line| !line.starts_with('#')) {
            let [device, browser, os, user_agent] = line.splitn(4, " | ").collect::<Vec<_>>()[..] else {
                panic!("not four columns: {line}");
            };
            let known = |name: &str| (name != "-").then(|| name.to_owned());
            let client = patterns.client(user_agent);
            let told = (client.device.as_str(), client.browser, client.os);
            assert_eq!(told, (device, known(browser), known(os)), "{user_agent}");
            rows += 1;
        }
        assert!(rows >= 40, "{rows} rows");
    }

    #[test]
    fn bots_are_flagged_and_still_named() {
        let client = UserAgents::start()
            .unwrap()
            .classify("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)");
        assert!(client.bot);
        assert_eq!(client.browser.as_deref(), Some("Googlebot"));
    }

    #[test]
    fn nothing_said_is_other_and_no_bot() {
        let user_agents = UserAgents::start().unwrap();
        for user_agent in ["", "  ", "-", "\u{0}", "é".repeat(2_000).as_str()] {
            let kept = &user_agent[..user_agent.floor_char_boundary(MAX_BYTES)];
            assert_eq!(
                *user_agents.classify(user_agent),
                Client::UNKNOWN.of(kept),
                "{user_agent:?}"
            );
        }
    }

    #[test]
    fn the_same_text_is_parsed_once() {
        let user_agents = UserAgents::start().unwrap();
        let first = user_agents.classify("Opera/9.80 (J2ME/MIDP; Opera Mini/5.1)");
        assert!(Arc::ptr_eq(
            &first,
            &user_agents.classify("Opera/9.80 (J2ME/MIDP; Opera Mini/5.1)")
        ));
    }

    #[test]
    fn only_the_beginning_of_a_long_text_counts() {
        let user_agents = UserAgents::start().unwrap();
        let long = format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {}", "x".repeat(MAX_BYTES));
        let client = user_agents.classify(&format!("{long} Googlebot/2.1"));
        assert_eq!(
            (client.device.as_str(), client.os.as_deref()),
            (Device::Desktop.as_str(), Some("Windows"))
        );
        assert!(Arc::ptr_eq(&client, &user_agents.classify(&long)));
    }

    #[test]
    fn long_names_are_cut() {
        let user_agent = format!("{}/1.0 CFNetwork/1494.0.7 Darwin/23.4.0", "App".repeat(100));
        let client = UserAgents::start().unwrap().classify(&user_agent);
        assert_eq!(client.browser.as_ref().map(String::len), Some(MAX_NAME_BYTES));
        assert_eq!(client.device, Device::Mobile.as_str());
    }

    #[test]
    fn memory_is_bounded_by_the_number_of_answers() {
        let user_agents = UserAgents::start().unwrap();
        for number in 0..MAX_KNOWN * 2 {
            user_agents.classify(&format!("x{number}"));
        }
        assert!(user_agents.known.len() <= MAX_KNOWN);
    }
}
