//! What in a log is a page view: the rule of `import access-log` without `--all`.

use std::fmt;

use super::line::Line;

/// Extensions of what a page loads by itself. What a person opens or downloads (pdf, zip, txt, feeds) is not among
/// them: such a request is somebody's visit.
const ASSET_EXTENSIONS: [&str; 30] = [
    "css", "js", "mjs", "map", "wasm", // code
    "png", "jpg", "jpeg", "gif", "svg", "webp", "avif", "apng", "bmp", "ico", "cur", // images
    "woff", "woff2", "ttf", "eot", "otf", // fonts
    "mp4", "webm", "mp3", "m4a", "ogg", "ogv", "wav", // media
    "swf", "vtt", // what players load
];

/// Why a line is not a page view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    /// The request is not readable HTTP, or names no path.
    Request,
    /// The method is not GET.
    Method,
    /// The status is not from 200 to 399.
    Status,
    /// The path has the extension of a static asset.
    Asset,
}

impl Skip {
    /// Every reason, in the order in which they are looked for: a line counts for the first that holds.
    pub const ALL: [Self; 4] = [Self::Request, Self::Method, Self::Status, Self::Asset];
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "no readable request",
            Self::Method => "not GET",
            Self::Status => "status not 200–399",
            Self::Asset => "static asset",
        })
    }
}

/// How many lines were skipped, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Skipped([u64; Skip::ALL.len()]);

impl Skipped {
    /// Lines skipped for one reason.
    #[must_use]
    pub fn of(&self, reason: Skip) -> u64 {
        self.0[reason as usize]
    }

    /// Lines skipped for any reason.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    pub(super) fn add(&mut self, reason: Skip) {
        self.0[reason as usize] += 1;
    }
}

/// Why the line is not a page view, or nothing when it is one.
pub(super) fn skip(line: &Line) -> Option<Skip> {
    let Some(path) = line.target.as_deref().and_then(path) else {
        return Some(Skip::Request);
    };
    if line.method.as_deref() != Some("GET") {
        Some(Skip::Method)
    } else if !(200..400).contains(&line.status) {
        Some(Skip::Status)
    } else if is_asset(path) {
        Some(Skip::Asset)
    } else {
        None
    }
}

/// Whether a target has a scheme and a host of its own, as requests to a proxy do.
pub(super) fn is_absolute(target: &str) -> bool {
    let begins = |scheme: &str| {
        target
            .get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    begins("http://") || begins("https://")
}

/// The path in a target, without the query; `*` and the `host:port` of CONNECT have none.
fn path(target: &str) -> Option<&str> {
    let from_path = if is_absolute(target) {
        let (_, after_scheme) = target.split_once("://")?;
        let authority_ends = after_scheme.find(['/', '?', '#']).unwrap_or(after_scheme.len());
        &after_scheme[authority_ends..]
    } else if target.starts_with('/') {
        target
    } else {
        return None;
    };
    from_path.split(['?', '#']).next()
}

fn is_asset(path: &str) -> bool {
    // Old servers of Java pages put the session behind a semicolon: `/style.css;jsessionid=…`.
    let name = path
        .rsplit('/')
        .next()
        .and_then(|segment| segment.split(';').next())
        .unwrap_or_default();
    let Some((stem, extension)) = name.rsplit_once('.') else {
        return false;
    };
    !stem.is_empty()
        && ASSET_EXTENSIONS
            .iter()
            .any(|asset| asset.eq_ignore_ascii_case(extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_are_known_by_their_extension() {
        for path in [
            "/a.css",
            "/a/b.min.JS",
            "/x.Woff2",
            "/favicon.ico",
            "/style.css;jsessionid=1F",
            "//favicon.ico",
        ] {
            assert!(is_asset(path), "{path}");
        }
        for path in [
            "/",
            "",
            "/css",
            "/a.css/",
            "/.css",
            "/paper.pdf",
            "/a.zip",
            "/robots.txt",
            "/a.png.html",
            "/a.b/c",
        ] {
            assert!(!is_asset(path), "{path}");
        }
    }

    #[test]
    fn the_path_ends_at_the_query() {
        let cases = [
            ("/a?b=/c.png", Some("/a")),
            ("/a#b", Some("/a")),
            ("http://example.com/a?b", Some("/a")),
            ("HTTPS://example.com", Some("")),
            ("http://example.com?x=/y.png", Some("")),
            ("*", None),
            ("example.com:443", None),
            ("index.html", None),
        ];
        for (target, expected) in cases {
            assert_eq!(path(target), expected, "{target}");
        }
    }
}
