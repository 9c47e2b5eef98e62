//! The country and city of an address, from a file in MaxMind's format that the owner of the server provides
//! (maxmind.github.io/MaxMind-DB). GeoLite2 and GeoIP2 Country and City have the same shape as DB-IP's Lite files.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Once;

use maxminddb::{MaxMindDbError, Reader};
use serde::Deserialize;

/// Networks looked at before a file is refused. Where countries are named, nearly every network has one.
const PROBED_NETWORKS: usize = 1_000;

/// Why a file of countries cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CountriesError {
    /// The file is missing, may not be read, or is not in MaxMind's format.
    #[error("The country file {} cannot be read: {source}.", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: MaxMindDbError,
    },
    /// The file is about something else, such as network operators.
    #[error("The file {} of the type {kind:?} names no countries; a country or city file is needed.", path.display())]
    NoCountries {
        /// The file.
        path: PathBuf,
        /// What it says it is.
        kind: String,
    },
}

/// Where an address is, as far as known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// ISO 3166-1 alpha-2, in capitals.
    pub country: Option<String>,
    /// The English name.
    pub city: Option<String>,
}

/// Finds the places of addresses. The file is held in memory whole: some 10 MB for countries, 60 and more for cities.
pub struct Countries {
    reader: Reader<Vec<u8>>,
    /// A damaged file is reported once, not for every event.
    damage: Once,
}

impl Countries {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or names no countries.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, CountriesError> {
        let path = path.as_ref();
        let unreadable = |source| CountriesError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let countries = Self {
            reader: Reader::open_readfile(path).map_err(unreadable)?,
            damage: Once::new(),
        };
        if countries.names_countries().map_err(unreadable)? {
            return Ok(countries);
        }
        let kind = countries.reader.metadata().database_type.clone();
        Err(CountriesError::NoCountries {
            path: path.to_owned(),
            kind,
        })
    }

    /// The place of an address, with nothing in it for private addresses and those that the file does not have.
    pub fn find(&self, address: IpAddr) -> Place {
        let address = address.to_canonical();
        // A file of IPv4 only takes IPv6 for a mistake of the caller.
        if !is_public(address) || address.is_ipv6() && self.reader.metadata().ip_version == 4 {
            return Place::default();
        }
        match self.reader.lookup(address).and_then(|found| found.decode::<Record>()) {
            Ok(record) => record.unwrap_or_default().into_place(),
            Err(error) => {
                self.damage
                    .call_once(|| tracing::warn!(%error, "the country file is damaged"));
                Place::default()
            }
        }
    }

    fn names_countries(&self) -> Result<bool, MaxMindDbError> {
        for network in self.reader.networks(Default::default())?.take(PROBED_NETWORKS) {
            if network?
                .decode::<Record>()?
                .unwrap_or_default()
                .into_place()
                .country
                .is_some()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether the address can be in a country at all.
fn is_public(address: IpAddr) -> bool {
    let local = match address {
        IpAddr::V4(address) => address.is_private() || address.is_link_local() || address.is_broadcast(),
        IpAddr::V6(address) => address.is_unique_local() || address.is_unicast_link_local(),
    };
    !local && !address.is_loopback() && !address.is_unspecified() && !address.is_multicast()
}

/// The part of a record that is used.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Record {
    country: Country,
    city: City,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Country {
    iso_code: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct City {
    names: Names,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Names {
    en: Option<String>,
}

impl Record {
    fn into_place(self) -> Place {
        // ZZ is what some files write for an unknown country.
        let is_country =
            |code: &String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()) && code != "ZZ";
        Place {
            country: self.country.iso_code.filter(is_country),
            city: self.city.names.en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::mmdb::{self, Value};
    use super::*;

    /// Writes a file for one test. The process's id keeps runs apart, the test's name tests.
    fn open(test: &str, file: &[u8]) -> Result<Countries, CountriesError> {
        let path = std::env::temp_dir().join(format!("tidemark-country-{}-{test}.mmdb", std::process::id()));
        std::fs::write(&path, file).unwrap();
        let countries = Countries::open(&path);
        std::fs::remove_file(&path).unwrap();
        countries
    }

    fn find(countries: &Countries, address: &str) -> (Option<String>, Option<String>) {
        let Place { country, city } = countries.find(address.parse().unwrap());
        (country, city)
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn country_files() {
        let countries = open("country", &mmdb::country_file(6)).unwrap();
        assert_eq!(find(&countries, "81.2.69.142"), (some("GB"), None));
        assert_eq!(find(&countries, "::ffff:81.2.69.142"), (some("GB"), None));
        assert_eq!(find(&countries, "2001:218::1"), (some("JP"), None));
        assert_eq!(find(&countries, "9.9.9.9"), (None, None));
        assert_eq!(find(&countries, "2001:db9::1"), (None, None));
    }

    #[test]
    fn city_files() {
        let countries = open("city", &mmdb::city_file()).unwrap();
        assert_eq!(find(&countries, "89.160.20.120"), (some("SE"), some("Linköping")));
        assert_eq!(find(&countries, "81.2.69.142"), (some("GB"), some("London")));
        assert_eq!(find(&countries, "2.125.160.216"), (some("GB"), None));
    }

    #[test]
    fn files_of_one_family_only() {
        let countries = open("ipv4", &mmdb::country_file(4)).unwrap();
        assert_eq!(find(&countries, "81.2.69.142"), (some("GB"), None));
        assert_eq!(find(&countries, "2001:218::1"), (None, None));
    }

    #[test]
    fn private_addresses_are_nowhere() {
        // The file says that all the world is in Norway.
        let norway = Value::map([("country", Value::map([("iso_code", Value::text("NO"))]))]);
        let countries = open("private", &mmdb::file("Test-Country", 6, &[("::", 0, norway)])).unwrap();
        assert_eq!(find(&countries, "9.9.9.9"), (some("NO"), None));
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.0.1",
            "0.0.0.0",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
        ] {
            assert_eq!(find(&countries, address), (None, None), "{address}");
        }
    }

    #[test]
    fn only_codes_of_countries_count() {
        for code in ["ZZ", "-", "", "GBR", "gb"] {
            let record = Value::map([("country", Value::map([("iso_code", Value::text(code))]))]);
            let gb = Value::map([("country", Value::map([("iso_code", Value::text("GB"))]))]);
            let networks = [("9.9.9.0", 24, record), ("81.2.69.0", 24, gb)];
            let countries = open("code", &mmdb::file("Test-Country", 6, &networks)).unwrap();
            assert_eq!(find(&countries, "9.9.9.9"), (None, None), "{code}");
        }
    }

    #[test]
    fn unusable_files_are_refused_with_the_reason() {
        let missing = Countries::open("/nowhere/country.mmdb").err().unwrap();
        let told = missing.to_string();
        assert!(
            told.starts_with("The country file /nowhere/country.mmdb cannot be read: ")
                && told.contains("No such file"),
            "{told}"
        );
        assert!(matches!(
            open("text", b"not a database"),
            Err(CountriesError::Unreadable { .. })
        ));
        let operator = Value::map([("autonomous_system_organization", Value::text("Acme"))]);
        let refused = open("asn", &mmdb::file("GeoLite2-ASN", 6, &[("9.9.9.0", 24, operator)]))
            .err()
            .unwrap();
        assert!(
            refused.to_string().contains(r#""GeoLite2-ASN" names no countries"#),
            "{refused}"
        );
    }

    #[test]
    fn the_fixture_is_the_city_file_of_these_tests() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/country/city.mmdb");
        let expected = mmdb::city_file();
        let found = std::fs::read(path).unwrap();
        if found != expected {
            let beside = std::env::temp_dir().join("city.mmdb");
            std::fs::write(&beside, &expected).unwrap();
            panic!("{path} is stale: replace it by {}", beside.display());
        }
    }
}
