//! What the lists by which browsers block requests would make of this UI's addresses.
//!
//! EasyList and EasyPrivacy have some thousand rules that name no host. They are not kept here, as they change each day and
//! have a licence of their own; what is kept is what they are made of, wider than their own rules are: a word in each of
//! its forms, where they have one form or another of it (`/stats?`, `-stats.`), and a part of a name, where they have some
//! of the names with it (`-tracking-pixel.`). What gets by here gets by them, but for rules that are of no such family.

use super::look::{IN_USE, PAGES};

/// Words that stand by themselves in those rules, in a path or as the name of a field.
const WORDS: &str = "ad ads adv banner banners click clicks clk cnt count event events evt ga hit hits imp imps log logging logs \
    perf ping popup promo pv referer referrer rum stat stats uts view_count visit visits";
/// What stands before such a word there, and behind it; `|` is the end of the address.
const BEFORE: &str = "/-_.?&";
const BEHIND: &str = "/-_.?=,;:|";

/// Parts of names that those rules look for, in the syntax that they have: `*` is anything, `^` is what separates.
const PARTS: [&str; 4] = [
    // What is counted, and where it is sent.
    "1x1 analys analyt anonymous_user audience beacon collect conversion counter fingerprint firstparty heatmap impression \
     logger metric monitor pageview page_view page-view pixel pixie session-replay sessioncam statistic telemetry tracing \
     track trck uniquevisitor useractivity viewcount visitcount visitor web-vitals webvitals ^blank.gif .gif? /api/*/stat \
     /api/*/event /b/ss/ /cdn-cgi/rum",
    // Whose programs do it.
    "adobe alexa amplitude app-measurement appmeasurement chartbeat clicktale comscore criteo datadog doubleclick eloqua \
     fullstory ga.js geoip geo-ip google gtag gtm hotjar kissmetric krux matomo mixpanel newrelic omniture optimizely parsely \
     piwik posthog quantcast sentry sitecatalyst snowplow tagmanager tealium webtrends __utm utm_",
    // What is shown for money.
    "adblock adframe adimage adserv adsense advert adzone affiliate popunder sponsor",
    // What is told in fields.
    "&tag= &url=*&ref ?ref= &ref= ^callback= ^trackid= ^uid= ^vid=",
];

/// What the browser asks for of an address: its path, and the names of its fields. What people filter by stands in the
/// values, and only in addresses of whole pages, which the lists leave alone.
fn asked(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    let path = path.split('#').next().unwrap_or(path);
    let Some((path, fields)) = path.split_once('?') else {
        return path.to_lowercase();
    };
    let names = fields.split('&').map(|field| match field.split_once('=') {
        Some((name, _)) => format!("{name}="),
        None => field.to_owned(),
    });
    format!("{path}?{}", names.collect::<Vec<_>>().join("&")).to_lowercase()
}

/// Whether a rule meets what begins here.
fn meets(rule: &[u8], text: &[u8]) -> bool {
    let Some((first, rest)) = rule.split_first() else {
        return true;
    };
    match (first, text.split_first()) {
        (b'*', _) => (0..=text.len()).any(|at| meets(rest, &text[at..])),
        (b'|' | b'^', None) => rest.is_empty(),
        (b'^', Some((letter, text))) => {
            !(letter.is_ascii_alphanumeric() || b"_-.%".contains(letter)) && meets(rest, text)
        }
        (letter, Some((other, text))) => letter == other && meets(rest, text),
        (_, None) => false,
    }
}

/// The rule that would block an address, where there is one.
pub(super) fn rule_of(address: &str) -> Option<String> {
    let asked = asked(address);
    let words = WORDS.split_whitespace().filter(|word| asked.contains(*word));
    let forms = words.flat_map(|word| {
        BEFORE
            .chars()
            .flat_map(move |before| BEHIND.chars().map(move |behind| format!("{before}{word}{behind}")))
    });
    let parts = PARTS
        .iter()
        .flat_map(|parts| parts.split_whitespace())
        .map(str::to_owned);
    let mut rules = forms.chain(parts);
    rules.find(|rule| (0..=asked.len()).any(|at| meets(rule.as_bytes(), &asked.as_bytes()[at..])))
}

#[test]
fn what_lists_block_is_known_here() {
    for address in [
        "https://x.example/analytics.js",
        "https://x.example/js/page-analytics.min.js",
        "https://x.example/api/v1/track?guid=7",
        "https://x.example/a/event?type=click",
        "https://x.example/events",
        "https://x.example/stats/daily",
        "https://x.example/site-stats.json",
        "https://x.example/log?ocid=1",
        "https://x.example/e.gif?u=1",
        "https://x.example/v1/collect",
        "https://x.example/c?event=view",
        "https://x.example/ads.js",
        "https://x.example/top_ad.png",
        "https://x.example/matomo.php",
    ] {
        assert!(rule_of(address).is_some(), "{address}");
    }
}

#[test]
fn no_address_of_the_ui_is_blocked() {
    let others = [
        "/graphql",
        "/session/accept",
        "/session/link",
        "/session/methods",
        "/session/oidc/callback",
        "/session/oidc/start",
        "/session/refresh",
        "/session/sign-in",
        "/session/sign-out",
        "/sign-in?next=%2Fs%2Fshop%2Foverview",
    ];
    let pages = PAGES.iter().chain(IN_USE).map(|(_, path, _)| *path);
    for address in pages.chain(others) {
        assert_eq!(rule_of(address), None, "{address}");
    }
}
