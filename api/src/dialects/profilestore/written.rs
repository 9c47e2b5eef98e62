//! Writing and deleting profiles.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path, Payload},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Place, answer, know,
    profile::PROFILE,
    target,
    wire::{self, Fields, MOST_ITEM_BYTES},
};
use crate::{
    dialects::Entrance,
    domain::{
        error::{Code, Error, Result},
        event::{DEFAULT_SCOPE, Door},
        odata::read_moment,
        syntax::shown,
        visitor::{Content, NewVisitor},
    },
    extract::room::FEW_VALUES,
    service::Services,
};

/// What fields are called here, by the names that errors have for them.
const NAMES: [(&str, &str); 11] = [
    ("id", "ProfileId"),
    ("scope", "Scope"),
    ("devices", "DeviceIds"),
    ("name", "Name"),
    ("manager", "ProfileManager"),
    ("first", "FirstSeen"),
    ("last", "LastSeen"),
    ("visits", "Visits"),
    ("info", "Info"),
    ("contacts", "ContactInformation"),
    ("payload", "Payload"),
];

/// What .NET writes where it has no time.
const NO_TIME: &str = "0001-01-01T00:00:00";

/// Writes a profile, whose place the path names as a whole, in part, or not.
pub(super) async fn put(
    services: Data<Services>,
    request: HttpRequest,
    payload: Payload,
    path: Path<Place>,
) -> HttpResponse {
    let entrance = Entrance::new(&services, &request, Door::Profilestore);
    let put = async {
        let caller = know(&entrance).await?;
        services.charge_visitor(&caller)?;
        let body = entrance.body(payload, (MOST_ITEM_BYTES, FEW_VALUES)).await?;
        let new = read(body.json()?, path.into_inner())?;
        let visitor = services.put_visitor(&caller, None, new).await.map_err(named)?;
        Ok(wire::profile(&visitor))
    };
    answer(put.await)
}

/// Deletes a profile.
pub(super) async fn delete(services: Data<Services>, request: HttpRequest, path: Path<Place>) -> HttpResponse {
    let entrance = Entrance::new(&services, &request, Door::Profilestore);
    let deleted = async {
        let caller = know(&entrance).await?;
        services.delete_visitor(&caller, None, (&path.scope, &path.id)).await?;
        Ok(json!({}))
    };
    answer(deleted.await)
}

/// The profile of a body.
fn read(sent: Value, path: Place) -> Result<NewVisitor> {
    let known = |name: &String| PROFILE.fields.iter().any(|field| field.eq_ignore_ascii_case(name));
    if let Some(other) = sent
        .as_object()
        .and_then(|fields| fields.keys().find(|name| !known(name)))
    {
        let message = format!(
            "A profile has no field “{}”, and what is in it would be lost; Payload takes any. The fields are {}.",
            shown(other),
            PROFILE.fields.join(", ")
        );
        return Err(Error::new(Code::InvalidArgument, message).at(shown(other)));
    }
    let mut fields = Fields::read(sent, "A profile")?;
    let mut place = |name: &str, of_path: String| {
        let own = fields.take_text(name)?.filter(|own| !own.is_empty());
        if of_path.is_empty() {
            return Ok(own);
        }
        if own.is_some_and(|own| own != of_path) {
            let message = format!("{name} is not the one of the path.");
            return Err(Error::new(Code::InvalidArgument, message).at(name));
        }
        Ok(Some(of_path))
    };
    let scope = place("Scope", path.scope)?;
    let id = place("ProfileId", path.id)?;
    let devices = devices(&mut fields)?;
    let first = || devices.as_ref().and_then(|devices| devices.first()).cloned();
    let id = id.or_else(first).unwrap_or_else(|| Uuid::now_v7().to_string());
    // The server's own.
    time(&mut fields, "UpdateTime")?;
    Ok(NewVisitor {
        scope: scope.unwrap_or_else(|| DEFAULT_SCOPE.to_owned()),
        id,
        devices,
        content: Content {
            name: fields.take_text("Name")?,
            manager: fields.take_text("ProfileManager")?,
            first: time(&mut fields, "FirstSeen")?,
            last: time(&mut fields, "LastSeen")?,
            visits: visits(&mut fields)?,
            info: fields.take_object("Info")?.unwrap_or_default(),
            contacts: list(&mut fields, "ContactInformation")?.unwrap_or_default(),
            payload: fields.take_object("Payload")?,
            ..Content::default()
        },
    })
}

fn wrong(name: &str, is: &str) -> Error {
    Error::new(Code::MalformedRequest, format!("{name} is {is}.")).at(name)
}

fn list(fields: &mut Fields, name: &str) -> Result<Option<Vec<Value>>> {
    match fields.take(name) {
        None => Ok(None),
        Some(Value::Array(list)) => Ok(Some(list)),
        Some(_) => Err(wrong(name, "a list")),
    }
}

fn devices(fields: &mut Fields) -> Result<Option<Vec<String>>> {
    let Some(list) = list(fields, "DeviceIds")? else {
        return Ok(None);
    };
    let text = |(index, value): (usize, Value)| match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(wrong(&format!("DeviceIds[{index}]"), "a text")),
    };
    list.into_iter().enumerate().map(text).collect::<Result<_>>().map(Some)
}

fn time(fields: &mut Fields, name: &str) -> Result<Option<i64>> {
    let wrong = || wrong(name, "a time of the years 1678–2261, such as 2017-09-15T07:16:34Z");
    match fields.take(name) {
        None => Ok(None),
        Some(Value::String(text)) if text.starts_with(NO_TIME) => Ok(None),
        Some(Value::String(text)) => {
            let moment = read_moment(&text).filter(|time| ![i64::MIN, i64::MAX].contains(time));
            moment.map(Some).ok_or_else(wrong)
        }
        Some(_) => Err(wrong()),
    }
}

fn visits(fields: &mut Fields) -> Result<Option<i64>> {
    match fields.take("Visits") {
        None => Ok(None),
        Some(number) => number
            .as_i64()
            .filter(|number| *number >= 0)
            .map(Some)
            .ok_or_else(|| wrong("Visits", "a whole number, and not negative")),
    }
}

/// The error with the field under its name here.
fn named(error: Error) -> Error {
    target::renamed(error, &NAMES)
}
