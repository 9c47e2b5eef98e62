//! What servers write, line by line.

use super::{
    super::{Line, LineError, MAX_LINE_BYTES, parse},
    COMBINED,
};

fn read(line: impl AsRef<[u8]>) -> Line {
    let line = line.as_ref();
    parse(line).unwrap_or_else(|error| panic!("{}: {error}", line.escape_ascii()))
}

fn error(line: impl AsRef<[u8]>) -> String {
    let line = line.as_ref();
    parse(line).expect_err(&line.escape_ascii().to_string()).to_string()
}

/// The combined line with another beginning, up to the time.
fn with_head(head: &str) -> String {
    COMBINED.replacen("192.0.2.7 - -", head, 1)
}

fn with_request(request: &str) -> String {
    COMBINED.replacen("GET /a HTTP/1.1", request, 1)
}

#[test]
fn a_combined_line_is_read_whole() {
    let expected = Line {
        vhost: None,
        ip: "192.0.2.7".parse().ok(),
        client_host: None,
        user: None,
        time: "2015-05-17T10:05:03Z".parse().expect("a time"),
        method: Some("GET".to_owned()),
        target: Some("/a".to_owned()),
        protocol: Some("HTTP/1.1".to_owned()),
        status: 200,
        bytes: 12,
        referrer: Some("https://ref.example/".to_owned()),
        user_agent: Some("Agent/1.0".to_owned()),
    };
    assert_eq!(read(COMBINED), expected);
    for line_end in ["\n", "\r\n", r#" "203.0.113.9" 0.005"#, " 0.005 -", r#" "-""#] {
        assert_eq!(read(format!("{COMBINED}{line_end}")), expected, "{line_end:?}");
    }
}

#[test]
fn the_common_format_has_no_referrer_and_no_user_agent() {
    let (common, _) = COMBINED.split_once(r#" "https"#).expect("a referrer");
    for line in [common.to_owned(), format!("{common}\r\n"), format!("{common} 0.005")] {
        let line = read(line);
        assert_eq!((line.bytes, line.referrer, line.user_agent), (12, None, None));
    }
}

#[test]
fn clients_users_and_virtual_hosts() {
    let cases = [
        // before the time, then: virtual host, address, host name, user
        ("192.0.2.7 - frank", None, Some("192.0.2.7"), None, Some("frank")),
        (
            "192.0.2.7 - John Q. Public",
            None,
            Some("192.0.2.7"),
            None,
            Some("John Q. Public"),
        ),
        (r#"192.0.2.7 - """#, None, Some("192.0.2.7"), None, None),
        (r#"192.0.2.7 - a\"b"#, None, Some("192.0.2.7"), None, Some("a\"b")),
        (
            "192.0.2.7 - [17/May/2099:10:05:03 +0000]",
            None,
            Some("192.0.2.7"),
            None,
            Some("[17/May/2099:10:05:03 +0000]"),
        ),
        ("2001:db8::7 - -", None, Some("2001:db8::7"), None, None),
        ("fe80::1%eth0 - -", None, Some("fe80::1"), None, None),
        ("client.example.com - -", None, None, Some("client.example.com"), None),
        ("unix: - -", None, None, Some("unix:"), None),
        ("- - -", None, None, None, None),
        (
            "www.example.com:443 192.0.2.7 - -",
            Some("www.example.com:443"),
            Some("192.0.2.7"),
            None,
            None,
        ),
        (
            "www.example.com 2001:db8::7 - frank",
            Some("www.example.com"),
            Some("2001:db8::7"),
            None,
            Some("frank"),
        ),
        (
            "a.example:80 client.example - -",
            Some("a.example:80"),
            None,
            Some("client.example"),
            None,
        ),
        (
            "[2001:db8::1]:80 192.0.2.7 - -",
            Some("[2001:db8::1]:80"),
            Some("192.0.2.7"),
            None,
            None,
        ),
    ];
    for (head, vhost, ip, client_host, user) in cases {
        let line = read(with_head(head));
        let ip = ip.map(|ip| ip.parse().expect("an address"));
        let found = (
            line.vhost.as_deref(),
            line.ip,
            line.client_host.as_deref(),
            line.user.as_deref(),
        );
        assert_eq!(found, (vhost, ip, client_host, user), "{head}");
        assert_eq!(line.time.to_string(), "2015-05-17T10:05:03Z", "{head}");
    }
}

#[test]
fn times_have_zones_and_leap_seconds() {
    let cases = [
        ("17/May/2015:10:05:03 +0200", "2015-05-17T08:05:03Z"),
        ("01/Jan/2016:00:15:00 +0530", "2015-12-31T18:45:00Z"),
        ("31/Dec/2015:20:00:00 -0800", "2016-01-01T04:00:00Z"),
        ("29/Feb/2024:00:00:00 +0000", "2024-02-29T00:00:00Z"),
        ("31/Dec/2016:23:59:60 +0000", "2016-12-31T23:59:59Z"),
    ];
    for (time, expected) in cases {
        let line = read(COMBINED.replacen("17/May/2015:10:05:03 +0000", time, 1));
        assert_eq!(line.time.to_string(), expected, "{time}");
    }
}

#[test]
fn requests_that_are_not_http_are_records_all_the_same() {
    for request in [
        "-",
        "",
        r"\x16\x03\x01\x00\xee\x01\x00",
        "GET",
        "\u{0}\u{1}",
        r#"\" \"#.trim_end_matches('\\'),
    ] {
        let line = read(with_request(request));
        assert_eq!(
            (line.method, line.target, line.protocol, line.status),
            (None, None, None, 200),
            "{request}"
        );
    }
    let line = read(with_request("GET /old"));
    assert_eq!((line.target.as_deref(), line.protocol), (Some("/old"), None));
}

#[test]
fn quoted_fields_keep_what_was_sent() {
    let cases: [(&[u8], &str); 6] = [
        (br#"say \"hi\" \\ there"#, r#"say "hi" \ there"#),
        (br"\x22nginx\x22", "\"nginx\""),
        (br#"raw "quotes", unescaped"#, r#"raw "quotes", unescaped"#),
        (b"latin-1 \xe9", "latin-1 \u{fffd}"),
        (b"nul \0", "nul \u{fffd}"),
        (br"ends in \\", r"ends in \"),
    ];
    for (field, expected) in cases {
        let (before, after) = COMBINED.split_once("Agent/1.0").expect("an agent");
        let line = read([before.as_bytes(), field, after.as_bytes()].concat());
        assert_eq!(line.user_agent.as_deref(), Some(expected));
        let (before, after) = COMBINED.split_once("https://ref.example/").expect("a referrer");
        let line = read([before.as_bytes(), field, after.as_bytes()].concat());
        assert_eq!(
            (line.referrer.as_deref(), line.user_agent.as_deref()),
            (Some(expected), Some("Agent/1.0"))
        );
    }
}

#[test]
fn every_cut_of_a_line_says_what_is_missing() {
    let missing = [
        (0, "the client address is missing (column 1)"),
        (9, "the identity is missing (column 10)"),
        (11, "the user is missing (column 12)"),
        (14, "the time is missing (column 15)"),
        (20, "the time is cut off (column 21)"),
        (42, "the request is missing (column 43)"),
        (43, "the request is missing (column 44)"),
        (50, "the request is cut off (column 51)"),
        (60, "the status is missing (column 61)"),
        (62, "the status is not a number of three digits (column 62)"),
        (64, "the size is missing (column 65)"),
        (72, "the referrer is cut off (column 73)"),
        (91, "the user agent is missing (column 92)"),
        (100, "the user agent is cut off (column 101)"),
    ];
    for (width, expected) in missing {
        assert_eq!(error(&COMBINED[..width]), expected, "{}", &COMBINED[..width]);
    }
    // Behind the size, a cut line is a whole one of the common format; nothing can tell them apart.
    let whole = |width: usize| parse(&COMBINED.as_bytes()[..width]).is_ok();
    assert_eq!(
        (0..=COMBINED.len()).filter(|width| whole(*width)).collect::<Vec<_>>(),
        [66, 67, 68, 102]
    );
}

#[test]
fn wrong_fields_are_named() {
    let cases = [
        (
            COMBINED.replacen(" 200 ", " 2000 ", 1),
            "the status is not a number of three digits (column 62)",
        ),
        (
            COMBINED.replacen(" 200 12 ", " 200 +1 ", 1),
            "the size is not a number of bytes or - (column 66)",
        ),
        (
            COMBINED.replacen(" 12 ", " 99999999999999999999 ", 1),
            "the size is not a number of bytes or - (column 66)",
        ),
        (
            COMBINED.replacen(" 12 ", " 12 0.005 ", 1),
            "the referrer is missing (column 69)",
        ),
        (
            COMBINED.replacen("May", "Mai", 1),
            "the time is not like [17/May/2015:10:05:03 +0000] (column 15)",
        ),
        (
            COMBINED.replacen("17/", "32/", 1),
            "the time is not like [17/May/2015:10:05:03 +0000] (column 15)",
        ),
        (
            COMBINED.replacen("10:05", "25:05", 1),
            "the time is not like [17/May/2015:10:05:03 +0000] (column 15)",
        ),
        (
            with_head("{\"a\":1} - -"),
            "the client address is not an IP address or a host name (column 1)",
        ),
        (
            "#Software: Microsoft IIS 10.0".to_owned(),
            "the time is missing (column 26)",
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(error(&line), expected, "{line}");
    }
}

#[test]
fn a_line_has_a_bound() {
    let room = MAX_LINE_BYTES - COMBINED.len() + "Agent/1.0".len();
    let line = |width: usize| COMBINED.replacen("Agent/1.0", &"a".repeat(width), 1);
    assert_eq!(
        read(line(room) + "\r\n").user_agent.map(|agent| agent.len()),
        Some(room)
    );
    assert_eq!(parse(line(room + 1).as_bytes()), Err(LineError::TooLong));
}
