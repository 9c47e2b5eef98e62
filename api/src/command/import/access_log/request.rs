//! The request line: `GET /path?query HTTP/1.1`, or whatever else a client sent to an HTTP port.

use super::text;

/// A request line in its parts. All are missing when it is not HTTP, such as a TLS handshake on a plain port; the
/// line of the log is a record all the same.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: Option<String>,
    pub(super) target: Option<String>,
    pub(super) protocol: Option<String>,
}

/// Takes a request line, still escaped, apart.
pub(super) fn split(request: &[u8]) -> Request {
    parts(request).unwrap_or_default()
}

fn parts(request: &[u8]) -> Option<Request> {
    let space = request.iter().position(|byte| *byte == b' ')?;
    let (method, rest) = request.split_at(space);
    if method.is_empty() || !method.iter().all(is_token) {
        return None;
    }
    let rest = rest.trim_ascii();
    // A target may contain spaces, although none should; so the protocol is what follows the last one.
    let (target, protocol) = match rest.iter().rposition(|byte| *byte == b' ') {
        Some(space) if is_protocol(&rest[space + 1..]) => (rest[..space].trim_ascii_end(), Some(&rest[space + 1..])),
        _ => (rest, None),
    };
    // Without a protocol it is HTTP/0.9, which knows `GET /path` only. All else is noise with a space in it.
    let readable = protocol.is_some() || (method == b"GET" && target.starts_with(b"/"));
    if target.is_empty() || !readable {
        return None;
    }
    Some(Request {
        method: Some(text::unescaped(method)),
        target: Some(text::unescaped(target)),
        protocol: protocol.map(text::unescaped),
    })
}

/// Whether a byte may be part of a method: RFC 9110, `tchar`.
fn is_token(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte)
}

/// Whether a word is like `HTTP/1.1`; other names are those of clients who took the port for another one's.
fn is_protocol(word: &[u8]) -> bool {
    let Some(slash) = word.iter().position(|byte| *byte == b'/') else {
        return false;
    };
    let (name, version) = (&word[..slash], &word[slash + 1..]);
    let numbers = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    !name.is_empty() && name.iter().all(u8::is_ascii_uppercase) && !version.is_empty() && version.iter().all(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, target: &str, protocol: Option<&str>) -> Request {
        let owned = |text: &str| Some(text.to_owned());
        Request {
            method: owned(method),
            target: owned(target),
            protocol: protocol.and_then(owned),
        }
    }

    #[test]
    fn readable_requests() {
        let http11 = Some("HTTP/1.1");
        let cases: [(&[u8], Request); 9] = [
            (b"GET / HTTP/1.1", request("GET", "/", http11)),
            (
                b"GET /a?b=c%20d HTTP/2.0",
                request("GET", "/a?b=c%20d", Some("HTTP/2.0")),
            ),
            (b"GET /with spaces HTTP/1.1", request("GET", "/with spaces", http11)),
            (b"GET /old", request("GET", "/old", None)),
            (b"OPTIONS * HTTP/1.1", request("OPTIONS", "*", http11)),
            (
                b"CONNECT example.com:443 HTTP/1.1",
                request("CONNECT", "example.com:443", http11),
            ),
            (
                b"GET http://other.example/x HTTP/1.1",
                request("GET", "http://other.example/x", http11),
            ),
            (b"M-SEARCH * HTTP/1.1", request("M-SEARCH", "*", http11)),
            (br#"GET /\"q\" HTTP/1.1"#, request("GET", "/\"q\"", http11)),
        ];
        for (bytes, expected) in cases {
            assert_eq!(split(bytes), expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn what_is_not_http_has_no_parts() {
        let cases: [&[u8]; 10] = [
            b"",
            b"-",
            b"GET",
            b"GET ",
            b"GET  HTTP/1.1",
            br"\x16\x03\x01\x00\xee\x01",
            br"\x16\x03 \x01 HTTP/1.1",
            b"quit now",
            b"SSH-2.0-OpenSSH_9.6",
            b"\x00 / HTTP/1.1",
        ];
        for bytes in cases {
            assert_eq!(split(bytes), Request::default(), "{}", bytes.escape_ascii());
        }
    }
}
