//! One line of an Apache or nginx access log, in the common or the combined format.
//!
//! Pure: bytes in, a [`Line`] or the reason why not out. What a line *means* to the server is decided in `event`.

use std::{fmt, net::IpAddr};

use jiff::Timestamp;

use super::{cursor::Cursor, request, text, time};

/// The longest line that is read. Apache and nginx take some 8 KiB per header, so that even three of them with every
/// byte escaped as `\xHH` stay below; a longer line is not a log line, and must not fill the memory.
pub const MAX_LINE_BYTES: usize = 64 * 1024;

/// What one line of an access log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The virtual host that was asked, as in `vhost_combined` (`name` or `name:port`).
    pub vhost: Option<String>,
    /// The client's address, where it was logged as one.
    pub ip: Option<IpAddr>,
    /// The client's host name, logged in place of the address by `HostnameLookups On`.
    pub client_host: Option<String>,
    /// The user that HTTP authentication named.
    pub user: Option<String>,
    /// When the request was made.
    pub time: Timestamp,
    /// The request method; missing, like the target, when the request was not readable HTTP.
    pub method: Option<String>,
    /// Path and query, or whatever else the client asked for, as it was sent.
    pub target: Option<String>,
    /// The protocol, such as `HTTP/1.1`; HTTP/0.9 has none.
    pub protocol: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// Bytes of the answer's body; `-` is Apache's way to write 0.
    pub bytes: u64,
    /// The page that led here.
    pub referrer: Option<String>,
    /// The client's own description.
    pub user_agent: Option<String>,
}

/// A field of a line, as error messages name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Address or host name of the client.
    Client,
    /// The identity by RFC 1413, which nobody uses.
    Identity,
    /// The user of HTTP authentication.
    User,
    /// The time in brackets.
    Time,
    /// The quoted request line.
    Request,
    /// The status of the answer.
    Status,
    /// The size of the answer.
    Size,
    /// The quoted referrer.
    Referrer,
    /// The quoted user agent.
    UserAgent,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "client address",
            Self::Identity => "identity",
            Self::User => "user",
            Self::Time => "time",
            Self::Request => "request",
            Self::Status => "status",
            Self::Size => "size",
            Self::Referrer => "referrer",
            Self::UserAgent => "user agent",
        })
    }
}

/// Why a line could not be read. Columns count bytes from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// The line ends, or goes on with something else, where the field should begin.
    #[error("the {field} is missing (column {column})")]
    Missing {
        /// What is missing.
        field: Field,
        /// Where it should begin.
        column: usize,
    },
    /// The line ends within the field.
    #[error("the {field} is cut off (column {column})")]
    CutOff {
        /// What is cut off.
        field: Field,
        /// Where the rest should be.
        column: usize,
    },
    /// The field is there, but is not what it should be.
    #[error("the {field} is not {wanted} (column {column})")]
    Invalid {
        /// What is wrong.
        field: Field,
        /// Where it begins.
        column: usize,
        /// What it should be.
        wanted: &'static str,
    },
    /// The line is longer than [`MAX_LINE_BYTES`].
    #[error("the line is longer than {MAX_LINE_BYTES} bytes")]
    TooLong,
}

/// Reads one line, with or without its line end.
///
/// # Errors
/// The first thing in the line that keeps it from being read.
pub fn parse(line: &[u8]) -> Result<Line, LineError> {
    let line = without_line_end(line);
    if line.len() > MAX_LINE_BYTES {
        return Err(LineError::TooLong);
    }
    let (time_at, time) = time::find(line)?;
    let head = head(&line[..time_at])?;

    let mut rest = Cursor::at(line, time_at + time::WIDTH);
    let request = request::split(rest.quoted(Field::Request)?);
    let status = status(&mut rest)?;
    let bytes = size(&mut rest)?;
    let (referrer, user_agent) = referrer_and_agent(&mut rest)?;

    Ok(Line {
        vhost: head.vhost,
        ip: head.ip,
        client_host: head.client_host,
        user: head.user,
        time,
        method: request.method,
        target: request.target,
        protocol: request.protocol,
        status,
        bytes,
        referrer,
        user_agent,
    })
}

pub(super) fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// What stands before the time.
struct Head {
    vhost: Option<String>,
    ip: Option<IpAddr>,
    client_host: Option<String>,
    user: Option<String>,
}

fn head(head: &[u8]) -> Result<Head, LineError> {
    let mut words = Cursor::at(head, 0);
    let (mut client_at, mut client) = words.word(Field::Client)?;
    let (second_at, second) = words.word(Field::Identity)?;
    let mut vhost = None;
    if ip(client).is_none() && (has_port(client) || ip(second).is_some()) {
        vhost = host(client, client_at)?;
        (client_at, client) = (second_at, second);
        words.word(Field::Identity)?;
    }
    // The user may contain spaces, so that it is all that is left.
    let (_, user) = words.rest(Field::User)?;
    let ip = ip(client);
    let client_host = if ip.is_some() { None } else { host(client, client_at)? };
    // Apache writes an empty user name as `""`.
    let user = text::optional(user).filter(|user| user != "\"\"");
    Ok(Head {
        vhost,
        ip,
        client_host,
        user,
    })
}

/// An address; the zone of a link-local one (`fe80::1%eth0`) says nothing outside of the server.
fn ip(word: &[u8]) -> Option<IpAddr> {
    let word = std::str::from_utf8(word).ok()?;
    word.split('%').next()?.parse().ok()
}

/// Whether a word looks like `name:port`, which only a virtual host does.
fn has_port(word: &[u8]) -> bool {
    let Some(colon) = word.iter().rposition(|byte| *byte == b':') else {
        return false;
    };
    let port = &word[colon + 1..];
    colon > 0 && !port.is_empty() && port.iter().all(u8::is_ascii_digit)
}

/// A host name, or nothing for `-`. Strict, so that a file of another kind is refused instead of half understood.
fn host(word: &[u8], at: usize) -> Result<Option<String>, LineError> {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(byte) || !byte.is_ascii();
    if !word.iter().all(allowed) {
        let wanted = "an IP address or a host name";
        return Err(LineError::Invalid {
            field: Field::Client,
            column: at + 1,
            wanted,
        });
    }
    Ok(text::optional(word))
}

fn status(rest: &mut Cursor<'_>) -> Result<u16, LineError> {
    let (at, word) = rest.word(Field::Status)?;
    // Any three digits: servers also write 000 and 499, and clients of other protocols get 009.
    match word {
        [a, b, c] if word.iter().all(u8::is_ascii_digit) => Ok([a, b, c]
            .iter()
            .fold(0, |sum, digit| sum * 10 + u16::from(**digit - b'0'))),
        _ => Err(LineError::Invalid {
            field: Field::Status,
            column: at + 1,
            wanted: "a number of three digits",
        }),
    }
}

fn size(rest: &mut Cursor<'_>) -> Result<u64, LineError> {
    let (at, word) = rest.word(Field::Size)?;
    if word == b"-" {
        return Ok(0);
    }
    let digits = std::str::from_utf8(word)
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let invalid = LineError::Invalid {
        field: Field::Size,
        column: at + 1,
        wanted: "a number of bytes or -",
    };
    digits.and_then(|text| text.parse().ok()).ok_or(invalid)
}

/// The two fields that the combined format adds. Whatever follows them is a server's own addition, and is ignored.
fn referrer_and_agent(rest: &mut Cursor<'_>) -> Result<(Option<String>, Option<String>), LineError> {
    let (at, remaining) = rest.remaining();
    if !remaining.starts_with(b"\"") {
        // Unquoted additions to the common format are fine. Quotes further on would be the two fields at another
        // place than the format says: reading on would lose them without a word.
        if remaining.contains(&b'"') {
            return Err(LineError::Missing {
                field: Field::Referrer,
                column: at + 1,
            });
        }
        return Ok((None, None));
    }
    let referrer = text::optional(rest.quoted(Field::Referrer)?);
    let user_agent = text::optional(rest.quoted(Field::UserAgent)?);
    Ok((referrer, user_agent))
}
