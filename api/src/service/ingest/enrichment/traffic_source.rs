//! Where a visit came from, judged by the referrer. Always computed here, never taken from the client.
//!
//! Search engines are those of matomo-org/searchengine-and-social-list. A search engine is known by its host; unlike
//! in Matomo no search word is asked for, since browsers hardly send any.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::event::TrafficSource;

const ENGINES: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/data/matomo-referrers/SearchEngines.yml"
));

/// What the list writes for a country.
const COUNTRY: &str = "{}";

/// Second levels below which countries register names, where they do not do so directly: `google.co.uk`.
const SECOND_LEVELS: [&str; 6] = ["com", "co", "org", "net", "edu", "it"];

/// Sites that the list has for their search pages, but that visitors come from for all else.
const NO_ENGINES: [&str; 4] = ["cnn.com", "digg.com", "facebook.com", "msnbc.msn.com"];

static SEARCH_ENGINES: LazyLock<SearchEngines> = LazyLock::new(SearchEngines::load);

/// The parts of a referrer's URL that tell where it leads.
#[derive(Clone, Copy, Debug)]
pub struct Referrer<'a> {
    /// The host, without port.
    pub host: &'a str,
    /// The path, which tells some portals' search pages from the rest of them.
    pub path: &'a str,
}

/// The source of a visit to a page of `page_host`: the first of [`TrafficSource`] that fits. `referrer` is none where it
/// is absent or no URL; `share_hosts` are this server's own. Hosts are equal if they differ in case or a leading `www.`
/// only; subdomains are other hosts.
pub fn traffic_source(
    referrer: Option<Referrer<'_>>,
    page_host: Option<&str>,
    share_hosts: &[String],
) -> TrafficSource {
    let Some(Referrer { host, path }) = referrer.filter(|referrer| !referrer.host.is_empty()) else {
        return TrafficSource::Direct;
    };
    let host = bare_host(host);
    if page_host.is_some_and(|page_host| bare_host(page_host) == host) {
        TrafficSource::Direct
    } else if share_hosts.iter().any(|share_host| bare_host(share_host) == host) {
        TrafficSource::ShareLink
    } else if SEARCH_ENGINES.contains(&host, path) {
        TrafficSource::Search
    } else {
        TrafficSource::Other
    }
}

/// The host in the form in which hosts are compared.
fn bare_host(host: &str) -> String {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host.strip_prefix("www.").map(str::to_owned).unwrap_or(host)
}

/// The host in the list's way of writing it for all countries at once, as in `images.google.{}` for
/// `images.google.co.uk` and `{}.ask.com` for `uk.ask.com`. The prefixes `www2.`, `search.` and `m.` do not count.
fn across_countries(host: &str) -> String {
    let mut labels: Vec<&str> = host.split('.').filter(|label| *label != "m").collect();
    if labels.len() > 2 && (labels[0] == "search" || is_numbered_www(labels[0])) {
        labels.remove(0);
    }
    // Two letters are a country's at the top level, and by the list's own habit elsewhere. Catalonia has three.
    if labels.last() == Some(&"cat") || labels.last().is_some_and(|label| label.len() == 2) {
        labels.pop();
        if labels.len() > 1 && labels.last().is_some_and(|label| SECOND_LEVELS.contains(label)) {
            labels.pop();
        }
        labels.push(COUNTRY);
    }
    let labels: Vec<&str> = labels
        .into_iter()
        .map(|label| if label.len() == 2 { COUNTRY } else { label })
        .collect();
    labels.join(".")
}

fn is_numbered_www(label: &str) -> bool {
    label
        .strip_prefix("www")
        .is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// One of the entries that the list has for an engine.
#[derive(Deserialize)]
struct Engine {
    urls: Vec<String>,
}

fn listed_urls() -> impl Iterator<Item = String> {
    let engines: BTreeMap<String, Vec<Engine>> =
        serde_saphyr::from_str(ENGINES).expect("the embedded list of search engines is YAML, as a test shows");
    engines.into_values().flatten().flat_map(|engine| engine.urls)
}

/// The search engines by host, or by host and path: `google.{}`, `apollo.lv/portal/search`.
struct SearchEngines(HashSet<String>);

impl SearchEngines {
    fn load() -> Self {
        let mut urls: HashSet<String> = listed_urls().map(|url| Self::key(&url)).collect();
        for site in NO_ENGINES {
            urls.remove(site);
        }
        Self(urls)
    }

    /// An entry as it is looked up. An app's name says enough, whatever address the app adds to it.
    fn key(url: &str) -> String {
        match url.strip_prefix("android-app//") {
            Some(app) => app.split('/').next().unwrap_or(app).to_owned(),
            None => bare_host(url.trim_end_matches('/')),
        }
    }

    /// Whether the page is a search engine's; the host is a bare one.
    fn contains(&self, host: &str, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let general = across_countries(host);
        // Yahoo has a subdomain for each language too, which the list does not spell out.
        host.ends_with(".search.yahoo.com")
            || [host, &general]
                .into_iter()
                .any(|host| self.0.contains(host) || !path.is_empty() && self.0.contains(&format!("{host}{path}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(url: &str, page_host: Option<&str>) -> &'static str {
        let (host, path) = url.find('/').map_or((url, ""), |slash| url.split_at(slash));
        traffic_source(
            Some(Referrer { host, path }),
            page_host,
            &["click.st".to_owned(), "Go.Acme.example".to_owned()],
        )
        .name()
    }

    #[test]
    fn every_entry_of_the_list_is_a_search_engine() {
        let mut entries = 0;
        for entry in listed_urls() {
            let entry = entry.replace("android-app//", "");
            if NO_ENGINES.contains(&bare_host(&entry).as_str()) {
                continue;
            }
            // A country behind may be of two parts, one in front is not.
            let behind = entry.split('/').next().unwrap().ends_with(COUNTRY);
            let countries = if behind {
                &["de", "co.uk", "com.br", "cat"][..]
            } else {
                &["de"]
            };
            for country in countries {
                let url = entry.replace(COUNTRY, country);
                assert_eq!(from(&url, Some("shop.example")), "search", "{url}");
            }
            entries += 1;
        }
        assert!(entries > 600, "{entries} entries");
    }

    #[test]
    fn the_sites_taken_out_are_in_the_list() {
        let listed: HashSet<String> = listed_urls().map(|url| SearchEngines::key(&url)).collect();
        for site in NO_ENGINES {
            assert!(listed.contains(site), "{site} need not be taken out");
            assert_eq!(from(site, None), "other", "{site}");
        }
    }

    #[test]
    fn search_engines_of_all_countries() {
        for url in [
            "www.google.com/",
            "WWW.Google.CO.UK/search",
            "google.de",
            "www.google.com.br",
            "google.it.ao",
            "images.google.fr",
            "cn.bing.com",
            "www.bing.com",
            "duckduckgo.com",
            "www.baidu.com",
            "m.baidu.com",
            "yandex.ru",
            "ya.ru",
            "yandex.com.tr",
            "br.search.yahoo.com",
            "espanol.search.yahoo.com",
            "search.yahoo.co.jp",
            "www.ecosia.org",
            "com.google.android.googlequicksearchbox/",
        ] {
            assert_eq!(from(url, Some("shop.example")), "search", "{url}");
        }
    }

    #[test]
    fn other_sites_are_other() {
        for url in [
            "news.example/",
            "mail.google.com",
            "google.com.evil.example",
            "notgoogle.com",
            "google.example",
            "facebook.com",
            "t.co",
            "apollo.lv/portal/news",
            "m",
            "co.uk",
            "..",
            "[2001:db8::1]",
            "192.0.2.1",
            "sub.click.st",
        ] {
            assert_eq!(from(url, Some("shop.example")), "other", "{url}");
        }
    }

    #[test]
    fn nothing_and_the_own_host_are_direct() {
        assert_eq!(traffic_source(None, None, &[]), TrafficSource::Direct);
        assert_eq!(from("", None), "direct");
        for own in ["shop.example", "WWW.Shop.Example", "shop.example."] {
            assert_eq!(from(own, Some("www.shop.example")), "direct", "{own}");
        }
        assert_eq!(from("blog.shop.example", Some("shop.example")), "other");
    }

    #[test]
    fn share_links_are_known_by_the_whole_host() {
        for host in ["click.st", "www.click.st", "CLICK.ST", "go.acme.example"] {
            assert_eq!(from(host, Some("shop.example")), "click.st", "{host}");
        }
        assert_eq!(from("click.st", None), "click.st");
    }

    #[test]
    fn direct_comes_before_share_links_and_those_before_search() {
        let share_hosts = ["google.com".to_owned()];
        let google = Some(Referrer {
            host: "www.google.com",
            path: "/",
        });
        assert_eq!(
            traffic_source(google, Some("google.com"), &share_hosts),
            TrafficSource::Direct
        );
        assert_eq!(
            traffic_source(google, Some("shop.example"), &share_hosts),
            TrafficSource::ShareLink
        );
        assert_eq!(traffic_source(google, Some("shop.example"), &[]), TrafficSource::Search);
    }
}
