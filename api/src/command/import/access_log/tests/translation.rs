//! What a line becomes: page views or requests, their URLs, and ids that make importing idempotent.

use std::{collections::HashSet, io::Cursor};

use super::{
    super::{Draft, Reader, Skip, Translator, parse},
    COMBINED,
};

fn draft(all: bool, host: Option<&str>, line: &str) -> Result<Draft, Skip> {
    let host = host.map(|host| host.parse().expect("a host"));
    Translator::new(all, host).translate(&[0; 32], parse(line.as_bytes()).expect("a line"))
}

fn ids(all: bool, host: Option<&str>, log: &str) -> Vec<String> {
    let mut translator = Translator::new(all, host.map(|host| host.parse().expect("a host")));
    let records = Reader::new(Cursor::new(log.to_owned())).expect("memory is readable");
    let id = |record: Result<super::super::Record, _>| {
        let record = record.expect("a record");
        translator
            .translate(&record.digest, record.line.expect("a line"))
            .expect("an event")
            .id
    };
    records.map(id).collect()
}

#[test]
fn a_line_becomes_an_event() {
    let event = draft(false, Some("example.com"), COMBINED).expect("a page view");
    assert_eq!(event.action, "pageview");
    assert_eq!(event.url.as_deref(), Some("https://example.com/a"));
    assert_eq!(event.referrer.as_deref(), Some("https://ref.example/"));
    assert_eq!(event.user_agent.as_deref(), Some("Agent/1.0"));
    assert_eq!(event.ip, "192.0.2.7".parse().ok());
    assert_eq!(event.time.to_string(), "2015-05-17T10:05:03Z");
    assert_eq!(
        serde_json::Value::from(event.tag).to_string(),
        r#"{"bytes":12,"method":"GET","status":200}"#
    );
}

#[test]
fn what_is_no_page_view_is_skipped_for_a_reason_but_is_always_a_request() {
    let cases = [
        ("GET /a HTTP/1.1", 200, None),
        ("GET /a.pdf HTTP/1.1", 206, None),
        ("GET /a?x=y.png HTTP/1.1", 304, None),
        ("GET /a HTTP/1.1", 399, None),
        ("GET /a HTTP/1.1", 400, Some(Skip::Status)),
        ("GET /a HTTP/1.1", 199, Some(Skip::Status)),
        ("GET /a.PNG?x HTTP/1.1", 200, Some(Skip::Asset)),
        ("GET http://other.example/a.css HTTP/1.1", 200, Some(Skip::Asset)),
        ("HEAD /a HTTP/1.1", 200, Some(Skip::Method)),
        ("POST /a.png HTTP/1.1", 500, Some(Skip::Method)),
        ("OPTIONS * HTTP/1.1", 200, Some(Skip::Request)),
        ("CONNECT example.com:443 HTTP/1.1", 200, Some(Skip::Request)),
        (r"\x16\x03\x01", 400, Some(Skip::Request)),
        ("-", 408, Some(Skip::Request)),
    ];
    let mut translator = Translator::new(false, None);
    for (request, status, expected) in cases {
        let line = COMBINED.replacen(r#""GET /a HTTP/1.1" 200"#, &format!(r#""{request}" {status}"#), 1);
        let parsed = parse(line.as_bytes()).expect("a line");
        assert_eq!(
            translator.translate(&[0; 32], parsed).err(),
            expected,
            "{request} {status}"
        );
        let event = draft(true, None, &line).expect("every line is a request");
        assert_eq!((event.action, &event.tag["status"]), ("http.request", &status.into()));
        assert_eq!(event.tag.contains_key("method"), request.contains(' '), "{request}");
    }
    let counted = Skip::ALL.map(|reason| translator.skipped().of(reason));
    assert_eq!((counted, translator.skipped().total()), ([4, 2, 2, 2], 10));
}

#[test]
fn the_url_takes_the_host_that_is_known() {
    let cases = [
        // virtual host, target, --host, URL
        ("", "/a?b", None, Some("/a?b")),
        ("", "/a?b", Some("example.com"), Some("https://example.com/a?b")),
        ("", "/a", Some("http://example.com/"), Some("http://example.com/a")),
        ("", "//a", Some("example.com"), Some("https://example.com//a")),
        ("v.example:80 ", "/a", None, Some("http://v.example/a")),
        ("v.example:443 ", "/a", None, Some("https://v.example/a")),
        (
            "v.example:443 ",
            "/a",
            Some("example.com"),
            Some("https://example.com/a"),
        ),
        (
            "v.example:443 ",
            "http://other.example/x",
            Some("example.com"),
            Some("http://other.example/x"),
        ),
        ("", "*", Some("example.com"), None),
        ("", "other.example:443", Some("example.com"), None),
    ];
    for (vhost, target, host, expected) in cases {
        let line = format!("{vhost}{}", COMBINED.replacen("/a", target, 1));
        assert_eq!(
            draft(true, host, &line).expect("an event").url.as_deref(),
            expected,
            "{vhost}{target} {host:?}"
        );
    }
}

#[test]
fn equal_lines_of_a_file_are_different_events_and_the_same_each_time() {
    let other = COMBINED.replacen("/a", "/b", 1);
    let log = format!("{COMBINED}\n{other}\n{COMBINED}\n{COMBINED}\n");
    let first = ids(false, None, &log);
    assert_eq!(first.iter().collect::<HashSet<_>>().len(), 4);
    assert_eq!(ids(false, None, &log), first);
    assert_eq!(
        ids(false, None, &log.replace('\n', "\r\n\r\n")),
        first,
        "line ends and blank lines do not matter"
    );
    // A rotation that begins with the same lines, or has them in another order, has the same events.
    assert_eq!(ids(false, None, COMBINED), first[..1]);
    assert_eq!(
        ids(false, None, &format!("{other}\n{COMBINED}")),
        [first[1].clone(), first[0].clone()]
    );
}

#[test]
fn what_an_event_is_belongs_to_its_id() {
    let variants = [
        (false, None),
        (true, None),
        (false, Some("example.com")),
        (false, Some("http://example.com")),
    ];
    let found: HashSet<_> = variants
        .iter()
        .flat_map(|(all, host)| ids(*all, *host, COMBINED))
        .collect();
    assert_eq!(found.len(), variants.len());
    assert_eq!(
        ids(false, Some("EXAMPLE.com/"), COMBINED),
        ids(false, Some("https://example.com"), COMBINED)
    );
}

/// Stored events keep their ids for ever: this test may never be changed.
#[test]
fn ids_are_frozen() {
    let log = format!("{COMBINED}\n{COMBINED}");
    assert_eq!(
        ids(false, None, &log),
        [
            "log-b500ea1691220b13cca17fb1fb4fcd24",
            "log-33b46fcadc408adf719332498fcc73f4"
        ]
    );
    assert_eq!(
        ids(true, Some("example.com"), COMBINED),
        ["log-268e09420dfdaebc5d6b021ba120738a"]
    );
}
