//! What values settings take: how each is read, what it must lie between, and how all that is said to people.

use std::{net::SocketAddr, ops::RangeInclusive, path::PathBuf, str::FromStr};

use clap::builder::{EnumValueParser, ValueParser};
use jiff::SignedDuration;
use url::Url;

use super::LogFormat;

/// What a value has to lie between, both included; none lets every value pass.
pub(super) type Bounds<T> = Option<RangeInclusive<T>>;

/// A setting's names, all made from the one it has in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names {
    /// The key of the file.
    pub(super) key: &'static str,
    /// The environment variable.
    pub(super) variable: &'static str,
}

impl Names {
    /// The flag.
    pub(super) fn flag(self) -> String {
        format!("--{}", self.key.replace('_', "-"))
    }

    /// The sentence about a value on the command line or in the environment, which clap begins with the flag.
    fn complain(self, wanted: &str) -> String {
        let Self { key, variable } = self;
        format!("write {wanted}. In the environment this flag is {variable}, in a config file {key}")
    }

    /// The sentence about a value in a config file.
    pub(super) fn complain_of_file(self, file: &str, wanted: &str) -> String {
        let Self { key, variable } = self;
        let flag = self.flag();
        format!("{key} in {file}: write {wanted}. As a flag this key is {flag}, in the environment {variable}")
    }
}

/// A kind of values.
pub(super) trait Value: Clone + Send + Sync + Sized + 'static {
    /// What stands for the value in the manual.
    const PLACE: &'static str;

    /// What to write.
    fn wanted(_: &Bounds<Self>) -> String;

    /// How clap reads it.
    fn parser(names: Names, bounds: Bounds<Self>) -> ValueParser;

    /// The value as people write it; none where there is none.
    fn show(&self) -> Option<String>;

    /// Whether it lies between its bounds.
    fn fits(&self, _: &Bounds<Self>) -> bool {
        true
    }
}

/// A setting's line in the manual: what it is, its default, its bounds.
pub(super) fn manual<T: Value, D: Value>(text: &str, default: &D, bounds: &Bounds<T>) -> String {
    let default = default.show().map(|default| format!("default: {default}"));
    let bounds = bounds.as_ref().and_then(range);
    let parts: Vec<_> = default.into_iter().chain(bounds).collect();
    let text = text.trim();
    if parts.is_empty() {
        text.to_owned()
    } else {
        format!("{text} [{}]", parts.join("; "))
    }
}

/// Bounds as people read them.
fn range<T: Value>(bounds: &RangeInclusive<T>) -> Option<String> {
    Some(format!("{} to {}", bounds.start().show()?, bounds.end().show()?))
}

/// What to write, with its bounds.
fn bounded<T: Value>(what: &str, bounds: &Bounds<T>) -> String {
    match bounds.as_ref().and_then(range) {
        Some(range) => format!("{what}, {range}"),
        None => what.to_owned(),
    }
}

/// Reads a value that must lie between bounds.
fn read<T: Value + FromStr>(names: Names, bounds: Bounds<T>) -> ValueParser {
    ValueParser::new(move |text: &str| {
        let value = text.trim().parse::<T>().ok().filter(|value| value.fits(&bounds));
        value.ok_or_else(|| names.complain(&T::wanted(&bounds)))
    })
}

macro_rules! measured {
    ($($type:ty: $place:literal, $what:literal;)+) => {$(
        impl Value for $type {
            const PLACE: &'static str = $place;

            fn wanted(bounds: &Bounds<Self>) -> String {
                bounded($what, bounds)
            }

            fn parser(names: Names, bounds: Bounds<Self>) -> ValueParser {
                read(names, bounds)
            }

            fn show(&self) -> Option<String> {
                // The alternate form of a duration is the one that people write.
                Some(format!("{self:#}"))
            }

            fn fits(&self, bounds: &Bounds<Self>) -> bool {
                bounds.as_ref().is_none_or(|bounds| bounds.contains(self))
            }
        }
    )+};
}

measured! {
    usize: "NUMBER", "a whole number";
    u32: "NUMBER", "a whole number";
    i64: "NUMBER", "a whole number";
    SignedDuration: "DURATION", "a duration such as 500ms, 30s or 24h";
}

macro_rules! plain {
    ($($type:ty: $place:literal, $what:literal, $show:expr, $parser:expr;)+) => {$(
        impl Value for $type {
            const PLACE: &'static str = $place;

            fn wanted(_: &Bounds<Self>) -> String {
                $what.to_owned()
            }

            fn parser(names: Names, _: Bounds<Self>) -> ValueParser {
                let parser: fn(Names) -> ValueParser = $parser;
                parser(names)
            }

            fn show(&self) -> Option<String> {
                let show: fn(&Self) -> Option<String> = $show;
                show(self)
            }
        }
    )+};
}

plain! {
    SocketAddr: "ADDRESS", "an address and a port, such as 127.0.0.1:8080 or [::1]:8080",
        |address| Some(address.to_string()), |names| read::<Self>(names, None);
    PathBuf: "PATH", "a path",
        |path| Some(path.display().to_string()), |_| ValueParser::path_buf();
    String: "TEXT", "a text in quotes",
        |text| Some(text.clone()).filter(|text| !text.is_empty()), |_| ValueParser::string();
    Url: "URL", "a URL such as https://stats.example.com",
        |url| Some(url.to_string()), |names| read::<Self>(names, None);
    bool: "BOOLEAN", "true or false",
        |value| Some(value.to_string()), |_| ValueParser::bool();
    LogFormat: "FORMAT", "\"text\" or \"json\"",
        |format| Some(format!("{format:?}").to_lowercase()),
        |_| ValueParser::new(EnumValueParser::<Self>::new());
}

impl<T: Value> Value for Option<T> {
    const PLACE: &'static str = T::PLACE;

    fn wanted(_: &Bounds<Self>) -> String {
        T::wanted(&None)
    }

    fn parser(names: Names, _: Bounds<Self>) -> ValueParser {
        T::parser(names, None)
    }

    fn show(&self) -> Option<String> {
        self.as_ref().and_then(T::show)
    }
}
