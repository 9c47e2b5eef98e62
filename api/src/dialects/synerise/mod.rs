//! Synerise's event tracking, and the sign-ins by which its clients get a token. See `docs/synerise.md`.

mod error;
mod sign_in;
mod translate;
mod wire;

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{self, Data, Path, Payload, ServiceConfig},
};
use serde_json::Value;
use uuid::Uuid;

use self::{
    error::{Failure, Wrong},
    translate::{Around, Item, System},
};
use super::{Entrance, failure, text};
use crate::{
    domain::{
        caller::Caller,
        error::{Code, Error},
        event::{Door, Outcome},
        profile::Message,
    },
    extract::room::MANY_VALUES,
    service::{Services, client::Named},
};

/// Bytes of a body.
const MOST_BYTES: usize = 1 << 20;
/// JSON values and names in a body of a client or a page: as many as a list of the most events usually holds that is as
/// long as it may be.
const VALUES_OF_CLIENT: usize = MOST_BYTES / 16;
/// Events of one list.
const MOST_EVENTS: usize = 1_000;

/// The routes.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/v4/events/batch", web::post().to(batch))
        .route("/v4/events/ai-compat/batch", web::post().to(batch_of_one_action))
        .route("/v4/events/push/{name}", web::post().to(pushed))
        .route("/v4/events/ai-compat/{name}", web::post().to(compatible))
        .route("/v4/events/{name}", web::post().to(event))
        .configure(sign_in::routes);
}

/// Whether a path is one of these routes, or would be with another method.
pub(super) fn owns(path: &str) -> bool {
    let folders = [
        "/v4/events/",
        "/v4/auth/",
        "/uauth/v2/auth/",
        "/uauth/api-key/",
        "/sauth/v2/auth/",
        "/sauth/v3/auth/",
    ];
    folders.iter().any(|folder| path.starts_with(folder))
}

/// The answer to what comes to none of these routes.
pub(super) fn refuse_elsewhere(services: &Services, request: &HttpRequest, error: Error) -> HttpResponse {
    Failure::from(error).respond(request.path(), services.now())
}

/// What a path takes.
#[derive(Debug, Clone, Copy)]
enum Takes {
    /// One event, with this action or its own.
    One(Option<&'static str>),
    /// One event in the short form of recommendations and searches.
    Short(&'static str),
    /// A list of events.
    Many,
    /// A list of events in the short form, all of one action.
    ManyShort,
}

impl Takes {
    fn is_list(self) -> bool {
        matches!(self, Self::Many | Self::ManyShort)
    }

    fn is_short(self) -> bool {
        matches!(self, Self::Short(_) | Self::ManyShort)
    }
}

async fn event(services: Data<Services>, request: HttpRequest, name: Path<String>, payload: Payload) -> HttpResponse {
    let takes = wire::action(&name).map(Takes::One);
    receive_at(&services, &request, payload, takes).await
}

async fn pushed(services: Data<Services>, request: HttpRequest, name: Path<String>, payload: Payload) -> HttpResponse {
    let takes = wire::action_of_push(&name).map(|action| Takes::One(Some(action)));
    receive_at(&services, &request, payload, takes).await
}

async fn compatible(
    services: Data<Services>,
    request: HttpRequest,
    name: Path<String>,
    payload: Payload,
) -> HttpResponse {
    let takes = wire::short_action(&name).ok_or_else(wire::unknown).map(Takes::Short);
    receive_at(&services, &request, payload, takes).await
}

async fn batch(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
    receive_at(&services, &request, payload, Ok(Takes::Many)).await
}

async fn batch_of_one_action(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
    receive_at(&services, &request, payload, Ok(Takes::ManyShort)).await
}

async fn receive_at(
    services: &Services,
    request: &HttpRequest,
    payload: Payload,
    takes: Result<Takes, Error>,
) -> HttpResponse {
    let received = match takes {
        Ok(takes) => receive(services, request, payload, takes).await,
        Err(error) => Err(error.into()),
    };
    match received {
        Ok(()) => HttpResponse::Accepted()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .finish(),
        Err(failure) => failure.respond(request.path(), services.now()),
    }
}

async fn receive(services: &Services, request: &HttpRequest, payload: Payload, takes: Takes) -> Result<(), Failure> {
    let entrance = Entrance::new(services, request, Door::Synerise);
    let (token, is_trackers) = wire::token(request.headers(), request.query_string());
    let caller = entrance.caller(token.as_deref()).await?;
    let values = if caller.is_trusted() {
        MANY_VALUES
    } else {
        VALUES_OF_CLIENT
    };
    let body = match wire::check_type(request.headers()) {
        Ok(()) => entrance.body(payload, (MOST_BYTES, values)).await,
        Err(error) => Err(error),
    };
    let read = body.as_ref().map_err(Clone::clone);
    let items = match read.and_then(|body| items(body.json()?, takes)) {
        Ok(items) => items,
        Err(error) => return Err(entrance.refuse(&caller, error, 1).await.into()),
    };
    let claims = caller.token().map(|token| &token.claims);
    let surroundings = services.surroundings(&caller);
    let around = Around {
        // A page's tracker need not know who looks at it, nor need the server that a client's token came from say so.
        knows_client: claims.is_some_and(|claims| claims.username.is_some() || claims.device.is_some())
            || (is_trackers && !caller.is_trusted()),
        is_short: takes.is_short(),
        now: services.now(),
        time_zone: surroundings.as_ref().map(|around| around.time_zone.clone()),
    };
    let read: Vec<_> = items
        .into_iter()
        .enumerate()
        .map(|(index, (item, action))| {
            let at = if takes.is_list() {
                format!("[{index}]")
            } else {
                String::new()
            };
            translate::one(item, action, &around, &at)
        })
        .collect();
    let wrong: Vec<Wrong> = read.iter().flat_map(|item| item.wrong.clone()).collect();
    if !wrong.is_empty() {
        let outcomes = entrance.take_in(caller, read.into_iter().map(refuse).collect()).await?;
        return match failure(&outcomes) {
            Some(error) => Err(error.clone().into()),
            None => Err(wrong.into()),
        };
    }
    let system = System {
        site: surroundings.as_ref().map(|around| around.site.clone()),
        address: surroundings.and_then(|around| around.address),
    };
    take_in(&entrance, caller, read, &system).await
}

/// The events of a body, each with its action where that of the body does not count.
fn items(said: Value, takes: Takes) -> Result<Vec<(Value, Option<&'static str>)>, Error> {
    let bad = |message: &str| Err(Error::new(Code::MalformedRequest, message));
    let (list, action) = match (said, takes) {
        (said @ Value::Object(_), Takes::One(action)) => return Ok(vec![(said, action)]),
        (said @ Value::Object(_), Takes::Short(action)) => return Ok(vec![(said, Some(action))]),
        (Value::Array(list), Takes::Many) => (list, None),
        (_, Takes::Many) => return bad("The body is a list of JSON objects."),
        (Value::Object(mut fields), Takes::ManyShort) => {
            let name = text(fields.get("eventType")).unwrap_or_default();
            let Some(action) = wire::short_action(&name) else {
                let message = format!("This is one of {}.", wire::SHORT_ACTIONS.join(", "));
                return Err(Error::new(Code::MalformedRequest, message).at("eventType"));
            };
            let Some(Value::Array(list)) = fields.remove("items") else {
                return Err(Error::new(Code::MalformedRequest, "This is a list of events.").at("items"));
            };
            (list, Some(action))
        }
        _ => return bad("The body is a JSON object."),
    };
    if list.len() > MOST_EVENTS {
        let number = list.len();
        return bad(&format!(
            "The list holds {number} events; at most {MOST_EVENTS} are taken."
        ));
    }
    Ok(list.into_iter().map(|item| (item, action)).collect())
}

/// What is kept of an event of a request that is refused as a whole.
fn refuse(item: Item) -> Message {
    let fault = match item.wrong.first() {
        Some(wrong) => wrong.error(),
        None => Error::new(
            Code::BatchRefused,
            "It is right itself, and came with an event that is not.",
        ),
    };
    let mut event = item.event;
    let ids = item.client;
    event.actor = ids.uuid.or(ids.custom_id).or(ids.email);
    Message::Unreadable(Box::new(event), fault)
}

/// Says who did what: gives the events their actors, their ids and the parameters that the system sets.
async fn name(services: &Services, caller: &Caller, read: &mut [Item], system: &System) -> Result<Named, Error> {
    let device = caller.token().and_then(|token| token.claims.device.clone());
    let clients = read.iter().map(|item| &item.client);
    let clients: Vec<_> = clients.filter(|ids| !ids.is_empty()).collect();
    let mut named = if clients.is_empty() {
        Named::default()
    } else {
        services.name_clients(caller, &clients).await?
    };
    let mut actors = std::mem::take(&mut named.actors).into_iter();
    for item in read {
        item.event.device = device.clone();
        if !item.client.is_empty() {
            item.event.actor = actors.next();
        }
        let who = [item.event.actor.as_deref(), caller.username(), device.as_deref()];
        let who = who.into_iter().flatten().next().map(str::to_owned);
        if item.says_address() {
            let known = match (&item.client.email, &who) {
                (Some(own), _) => Some(own.clone()),
                (None, Some(who)) => services.address_of(caller, who).await?,
                (None, None) => None,
            };
            item.keep_address_of(known.as_deref());
        }
        item.set_id(who.as_deref().unwrap_or_default(), Uuid::now_v7());
        item.tell(system, who);
    }
    Ok(named)
}

async fn take_in(
    entrance: &Entrance<'_>,
    caller: Arc<Caller>,
    mut read: Vec<Item>,
    system: &System,
) -> Result<(), Failure> {
    let (services, number) = (entrance.services, read.len());
    let mut named = match name(services, &caller, &mut read, system).await {
        Ok(named) => named,
        Err(error) => return Err(entrance.refuse(&caller, error, number).await.into()),
    };
    let mut messages = std::mem::take(&mut named.said);
    let events = read.into_iter().map(|item| Message::Event(Box::new(item.event)));
    messages.extend(events);
    let outcomes = entrance.take_in(caller, messages).await?;
    if let Some(error) = failure(&outcomes) {
        return Err(error.clone().into());
    }
    // What was said of clients and refused follows the events.
    let (events, refused) = outcomes.split_at(number.min(outcomes.len()));
    if refused.is_empty() {
        services.remember_clients(&named);
    }
    let is_strict = wire::is_strict(entrance.request.query_string());
    let told = events.iter().find_map(|outcome| match outcome {
        // Whoever sends for somebody else than its token speaks for has to know.
        Outcome::Refused(error) if is_strict || error.code == Code::Forbidden => Some(error),
        _ => None,
    });
    told.map_or(Ok(()), |error| Err(error.clone().into()))
}
