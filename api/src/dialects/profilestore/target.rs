//! What of a request an error is about, under the name that its sender knows.

use crate::domain::{error::Error, odata::payload_key};

/// Fields of an event, by the names that they have everywhere else.
const OF_EVENT: [(&str, &str); 12] = [
    ("action", "EventType"),
    ("label", "Value"),
    ("device", "DeviceId"),
    ("time", "EventTime"),
    ("scope", "Scope"),
    ("url", "PageUri"),
    ("ip", "RemoteAddress"),
    ("session", "SessionId"),
    // Its e-mail address, or else its name.
    ("actor", "User"),
    ("country", "CountryCode"),
    ("city", "City"),
    ("tag", "Payload"),
];

/// The error with the field under its name in an event that was sent.
pub(super) fn of_event(error: Error) -> Error {
    let in_tag = error.path.as_deref().and_then(|path| path.strip_prefix("tag."));
    let Some(inner) = in_tag else {
        return renamed(error, &OF_EVENT);
    };
    let (key, rest) = inner.split_at(inner.find(['.', '[']).unwrap_or(inner.len()));
    let path = match key {
        "title" => format!("PageTitle{rest}"),
        "User" => format!("User{rest}"),
        _ => format!("Payload.{}{rest}", payload_key(key)),
    };
    error.at(path)
}

/// The error with its field under another name, where a list has one.
pub(super) fn renamed(mut error: Error, names: &[(&str, &str)]) -> Error {
    if let Some(path) = &error.path {
        let end = path.find(['.', '[']).unwrap_or(path.len());
        let (first, rest) = path.split_at(end);
        if let Some((_, name)) = names.iter().find(|(own, _)| *own == first) {
            error.path = Some(format!("{name}{rest}"));
        }
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::Code;

    #[test]
    fn fields_go_by_their_names_in_an_event() {
        for (own, wanted) in [
            ("label", "Value"),
            ("action", "EventType"),
            ("ip", "RemoteAddress"),
            ("tag", "Payload"),
            ("tag.price", "Payload.price"),
            ("tag.label", "Payload.label"),
            ("tag.list[1].x", "Payload.list[1].x"),
            ("tag.title", "PageTitle"),
            ("tag.User.Info.plan", "User.Info.plan"),
            ("tag.Payload_title", "Payload.title"),
            ("tag.Payload_User.x", "Payload.User.x"),
            ("userAgent", "userAgent"),
        ] {
            let error = of_event(Error::new(Code::InvalidArgument, "No.").at(own));
            assert_eq!(error.path.as_deref(), Some(wanted), "{own}");
        }
        assert_eq!(of_event(Error::new(Code::InvalidArgument, "No.")).path, None);
    }
}
