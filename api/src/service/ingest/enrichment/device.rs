//! The kind of device behind a user agent. A small closed set of our own: the device patterns of uap-core name makes
//! and models, which nothing asks for, and would double the memory of the parser.

/// The kind of device that an event came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Device {
    /// A desk or lap computer. An iPad that asks for desktop pages, as is its default, cannot be told from a Mac.
    Desktop,
    /// A phone, or anything else with a phone's system and a small screen.
    Mobile,
    /// A tablet or an e-book reader.
    Tablet,
    /// A television, or a box or stick attached to one.
    Tv,
    /// A games console, fixed or held in the hand.
    Console,
    /// No device: a program.
    Bot,
    /// Not known.
    Other,
}

/// Systems of computers, as uap-core names them. Browsers on a Linux distribution say X11, too.
const DESKTOP_SYSTEMS: [&str; 7] = [
    "Windows",
    "Mac OS X",
    "Mac OS",
    "Linux",
    "Chrome OS",
    "FreeBSD",
    "OpenBSD",
];

/// Systems of phones, as uap-core names them. Apps often name the system only, and no browser.
const MOBILE_SYSTEMS: [&str; 7] = [
    "iOS",
    "Android",
    "Windows Phone",
    "BlackBerry OS",
    "Symbian OS",
    "KaiOS",
    "Firefox OS",
];

const CONSOLE_WORDS: [&str; 3] = ["playstation", "nintendo", "xbox"];

/// Words of televisions; `; aft` begins the model numbers of Amazon Fire TV, `web0s` is how LG writes its system.
const TV_WORDS: [&str; 20] = [
    "smart-tv",
    "smarttv",
    "smart tv",
    "googletv",
    "google tv",
    "android tv",
    "androidtv",
    "appletv",
    "apple tv",
    "tvos",
    "hbbtv",
    "netcast",
    "web0s",
    "crkey",
    "roku",
    "bravia",
    "viera",
    "vidaa",
    "; aft",
    "mitv",
];

const TABLET_WORDS: [&str; 5] = ["ipad", "tablet;", "kindle", "playbook", "touchpad"];

const MOBILE_WORDS: [&str; 9] = [
    "mobile",
    "iphone",
    "ipod",
    "opera mini",
    "opera mobi",
    "windows phone",
    "blackberry",
    "symbian",
    "j2me",
];

const DESKTOP_WORDS: [&str; 6] = ["windows nt", "macintosh", "x11;", "cros ", "linux x86_64", "win64"];

impl Device {
    /// The name by which it is stored and asked for.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Mobile => "mobile",
            Self::Tablet => "tablet",
            Self::Tv => "tv",
            Self::Console => "console",
            Self::Bot => "bot",
            Self::Other => "other",
        }
    }

    /// The device of a user agent that is no bot's. The first rule that fits decides, the most telling words first:
    /// a console and a television also name the system or browser that they are built from.
    ///
    /// Android says `Mobile` on phones and leaves it out on tablets (developer.chrome.com, "User-Agent strings");
    /// that holds for browsers only, so an app on Android is taken to be on a phone.
    pub(super) fn of(user_agent: &str, system: Option<&str>) -> Self {
        let text = user_agent.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let runs = |systems: &[&str]| system.is_some_and(|system| systems.contains(&system));
        let browser_on_android = text.contains("android") && text.starts_with("mozilla/");
        if has(&CONSOLE_WORDS) {
            Self::Console
        } else if has(&TV_WORDS) {
            Self::Tv
        } else if has(&TABLET_WORDS) || browser_on_android && !has(&MOBILE_WORDS) {
            Self::Tablet
        } else if has(&MOBILE_WORDS) || runs(&MOBILE_SYSTEMS) {
            Self::Mobile
        } else if has(&DESKTOP_WORDS) || runs(&DESKTOP_SYSTEMS) {
            Self::Desktop
        } else {
            Self::Other
        }
    }
}
