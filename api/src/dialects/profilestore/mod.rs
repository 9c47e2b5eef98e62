//! Optimizely's Profile Store: tracked events, and what is asked of them. See `docs/profile-store.md`.

mod error;
mod profile;
mod target;
mod translate;
mod wire;
mod written;

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{self, Data, Path, Payload, ServiceConfig},
};
use serde_json::{Value, json};

use self::{
    error::{About, respond},
    translate::Sender,
    wire::{Fields, MOST_ITEM_BYTES, MOST_ITEMS, Options},
};
use super::{Entrance, failure};
use crate::{
    domain::{
        caller::Caller,
        error::{Code, Error, Result},
        event::{DEFAULT_SCOPE, Door, Outcome},
        odata,
        profile::Message,
        rate::Budget,
        scope_name::EventScope,
    },
    extract::{
        deadline::within,
        room::{FEW_VALUES, MANY_VALUES},
    },
    service::{Services, deletion::Which, kql::Asked, listing::ListOf, snapshot::Snapshot},
};

/// Bytes of a list of events.
const MOST_LIST_BYTES: usize = MOST_ITEMS * MOST_ITEM_BYTES + (1 << 20);

/// Bytes of a body with a query.
const MOST_QUERY_BYTES: usize = 256 << 10;

/// What a path names.
#[derive(Debug, serde::Deserialize)]
struct Place {
    #[serde(default)]
    scope: String,
    #[serde(default)]
    id: String,
}

/// The routes, in small letters or capitals, with a slash behind them or without.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/{path:(?i:api/v1[.]0/track/?)}", web::post().to(track))
        .route("/{path:(?i:api/v1[.]0/trackbulk/?)}", web::post().to(track_bulk))
        .route("/{path:(?i:api/v[12][.]0/trackevents/?)}", web::get().to(list))
        .route(
            "/{path:(?i:api/v[12][.]0/trackevents/preview/?)}",
            web::post().to(preview),
        )
        .route(
            "/{path:(?i:api/v[12][.]0/trackevents)}/{scope}/{id}{end:/?}",
            web::delete().to(delete),
        )
        .route("/{path:(?i:api/v1[.]0/scopes/?)}", web::get().to(scopes))
        .route("/{path:(?i:api/v1[.]0/scopes)}/{scope}{end:/?}", web::get().to(scope))
        .route(
            "/{path:(?i:api/v1[.]0/scopes)}/{scope}{end:/?}",
            web::put().to(put_scope),
        )
        .route("/{path:(?i:api/v1[.]0/profiles/?)}", web::get().to(profile::list))
        .route(
            "/{path:(?i:api/v1[.]0/profiles)}/{scope}/{id}{end:/?}",
            web::get().to(profile::one),
        )
        .route(
            "/{path:(?i:api/v1[.]0/profiles)}/{scope}/{id}{end:/?}",
            web::put().to(written::put),
        )
        .route(
            "/{path:(?i:api/v1[.]0/profiles)}/{scope}/{id}{end:/?}",
            web::delete().to(written::delete),
        )
        .route(
            "/{path:(?i:api/v1[.]0/profiles)}/{id}{end:/?}",
            web::put().to(written::put),
        )
        .route("/{path:(?i:api/v1[.]0/profiles/?)}", web::post().to(written::put));
}

/// Whether a path is one of these routes, or would be with another method.
pub(super) fn owns(path: &str) -> bool {
    let start = path.get(..10).unwrap_or_default();
    start.eq_ignore_ascii_case("/api/v1.0/") || start.eq_ignore_ascii_case("/api/v2.0/")
}

/// The answer to what comes to none of these routes.
pub(super) fn refuse_elsewhere(error: &Error) -> HttpResponse {
    respond(error, About::Request)
}

fn told(body: &Value) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(body)
}

fn answer(answered: Result<Value>) -> HttpResponse {
    match answered {
        Ok(body) => told(&body),
        Err(error) => respond(&error, About::Request),
    }
}

async fn know(entrance: &Entrance<'_>) -> Result<Arc<Caller>> {
    entrance.caller(wire::key(entrance.request.headers())).await
}

/// Takes in one event.
async fn track(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
    answer(receive(&services, &request, payload, false).await)
}

/// Takes in a list of events.
async fn track_bulk(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
    answer(receive(&services, &request, payload, true).await)
}

async fn receive(services: &Services, request: &HttpRequest, payload: Payload, is_list: bool) -> Result<Value> {
    let entrance = Entrance::new(services, request, Door::Profilestore);
    let caller = know(&entrance).await?;
    let bytes = if is_list { MOST_LIST_BYTES } else { MOST_ITEM_BYTES + 1 };
    let values = if caller.is_trusted() { MANY_VALUES } else { FEW_VALUES };
    let body = entrance.body(payload, (bytes, values)).await;
    let read = body.as_ref().map_err(Clone::clone);
    let items = match read.and_then(|body| items(body.json()?, is_list)) {
        Ok(items) => items,
        Err(error) => return Err(entrance.refuse(&caller, error, 1).await),
    };
    let sender = Sender {
        told: wire::user_address(request.headers()),
        visitor: wire::visitor(request.headers()),
        address: entrance.connection.address,
        is_browser: entrance.is_browser(&caller),
    };
    let translated: Vec<_> = items.into_iter().map(|item| translate::event(item, &sender)).collect();
    let wrong = translated.iter().enumerate().find_map(|(index, one)| match one {
        Err(counted) if is_list => Some(counted.1.clone().below(&format!("[{index}]"))),
        Err(counted) => Some(counted.1.clone()),
        Ok(_) => None,
    });
    // A list with a wrong event in it is refused whole; the right ones of it end as being of such a list.
    let messages = translated.into_iter().map(|one| match (one, &wrong) {
        (Ok(event), None) => Message::Event(Box::new(event)),
        (Ok(event), Some(_)) => Message::Unreadable(Box::new(event), refused_with_others()),
        (Err(counted), _) => {
            let (event, error) = *counted;
            Message::Unreadable(Box::new(event), error)
        }
    });
    let messages: Vec<_> = messages.collect();
    let outcomes = entrance.take_in(caller, messages).await?;
    if let Some(error) = failure(&outcomes) {
        return Err(error.clone());
    }
    if let Some(error) = wrong {
        return Err(error);
    }
    if let (false, Some(Outcome::Refused(error))) = (is_list, outcomes.first()) {
        return Err(target::of_event(error.clone()));
    }
    let mut shown: Vec<Value> = outcomes.iter().map(tracked).collect();
    match (is_list, shown.pop()) {
        (false, Some(one)) => Ok(one),
        (_, last) => {
            shown.extend(last);
            let count = shown.len();
            Ok(json!({"items": shown, "count": count}))
        }
    }
}

fn refused_with_others() -> Error {
    Error::new(
        Code::BatchRefused,
        "Another event of the list is wrong, and the list was refused whole.",
    )
}

/// What became of an event of a list. One that the site refuses has no id.
fn tracked(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Accepted(event) => json!({"TrackId": event.id}),
        Outcome::Duplicate { id } => json!({"TrackId": id}),
        Outcome::Refused(error) => {
            let error = target::of_event(error.clone());
            json!({"TrackId": "", "error": {"code": error.code.name(), "message": error.message, "target": error.path}})
        }
    }
}

/// The events of a body.
fn items(body: Value, is_list: bool) -> Result<Vec<Value>> {
    match (body, is_list) {
        (Value::Array(items), true) if items.len() > MOST_ITEMS => {
            let message = format!(
                "The list holds {} events; at most {MOST_ITEMS} are taken at once.",
                items.len()
            );
            Err(Error::new(Code::TooManyItems, message))
        }
        (Value::Array(items), true) => Ok(items),
        (_, true) => Err(Error::new(
            Code::MalformedRequest,
            "The body is a list of JSON objects.",
        )),
        (body, false) => Ok(vec![body]),
    }
}

/// Lists events.
async fn list(services: Data<Services>, request: HttpRequest) -> HttpResponse {
    let entrance = Entrance::new(&services, &request, Door::Profilestore);
    let listed = async {
        let caller = know(&entrance).await?;
        let options = Options::read(request.query_string())?;
        let asked = ListOf {
            predicate: odata::read_filter(&options.filter).map_err(|error| error.at("$filter"))?,
            order: odata::read_order(&options.order).map_err(|error| error.at("$orderby"))?,
            skip: options.skip,
            limit: options.top,
        };
        let snapshot = Snapshot::new(entrance.services.clone());
        let listed = services.list_events(&snapshot, &caller, None, asked).await?;
        let items: Vec<Value> = listed.events.iter().map(wire::event).collect();
        let count = items.len();
        Ok(json!({"items": items, "count": count, "total": listed.total}))
    };
    answer(within(entrance.time_left(), listed).await)
}

/// Answers a query in KQL.
async fn preview(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let entrance = Entrance::new(&services, &request, Door::Profilestore);
    let answered = async {
        let caller = know(&entrance).await?;
        let body = entrance.body(payload, (MOST_QUERY_BYTES, FEW_VALUES)).await?;
        let mut fields = Fields::read(body.json()?, "The body")?;
        let missing = || Error::new(Code::MalformedRequest, "Query is missing.").at("Query");
        let query = fields.take_text("Query")?.ok_or_else(missing)?;
        let scope = fields.take_text("Scope")?.filter(|scope| !scope.is_empty());
        let asked = Asked {
            query: &query,
            scope: Some(scope.as_deref().unwrap_or(DEFAULT_SCOPE)),
        };
        let snapshot = Snapshot::new(entrance.services.clone());
        let table = services.kql(&snapshot, &caller, None, asked).await?;
        let items: Vec<Value> = table.rows.iter().map(|row| wire::row(&table.columns, row)).collect();
        let count = items.len();
        Ok(json!({"items": items, "count": count}))
    };
    match within(entrance.time_left(), answered).await {
        Ok(body) => told(&body),
        Err(error) => respond(&error, About::Query),
    }
}

/// Lists the scopes.
async fn scopes(services: Data<Services>, request: HttpRequest) -> HttpResponse {
    let entrance = Entrance::new(&services, &request, Door::Profilestore);
    let listed = async {
        let caller = know(&entrance).await?;
        let snapshot = Snapshot::new(entrance.services.clone());
        let scopes = services.event_scopes(&snapshot, &caller, None).await?;
        Ok(json!({"items": scopes.iter().map(wire::scope).collect::<Vec<_>>()}))
    };
    answer(listed.await)
}

/// Tells what one scope is for.
async fn scope(services: Data<Services>, request: HttpRequest, path: Path<Place>) -> HttpResponse {
    let entrance = Entrance::new(&services, &request, Door::Profilestore);
    let found = async {
        let caller = know(&entrance).await?;
        let snapshot = Snapshot::new(entrance.services.clone());
        let scopes = services.event_scopes(&snapshot, &caller, None).await?;
        let name = path.scope.as_str();
        let found = scopes.iter().find(|scope| scope.name == name);
        let missing = || Error::new(Code::NotFound, "There is no such scope.");
        found.map(wire::scope).ok_or_else(missing)
    };
    answer(found.await)
}

/// Says what a scope is for.
async fn put_scope(
    services: Data<Services>,
    request: HttpRequest,
    payload: Payload,
    path: Path<Place>,
) -> HttpResponse {
    let entrance = Entrance::new(&services, &request, Door::Profilestore);
    let put = async {
        let caller = know(&entrance).await?;
        services.rates.charge(&caller, Budget::Manage, 1)?;
        let body = entrance.body(payload, (MOST_QUERY_BYTES, FEW_VALUES)).await?;
        let mut fields = Fields::read(body.json()?, "The body")?;
        let scope = EventScope {
            name: path.into_inner().scope,
            description: fields.take_text("Description")?.unwrap_or_default(),
        };
        let scope = services.put_event_scope(&caller, None, scope).await?;
        Ok(wire::scope(&scope))
    };
    answer(put.await)
}

/// Deletes an event of a scope.
async fn delete(services: Data<Services>, request: HttpRequest, path: Path<Place>) -> HttpResponse {
    let entrance = Entrance::new(&services, &request, Door::Profilestore);
    let deleted = async {
        let caller = know(&entrance).await?;
        let Place { scope, id } = path.into_inner();
        let which = Which::Scoped { scope, id };
        let deleted = services.delete_events(&caller, None, which, false).await?;
        if deleted.count == 0 {
            return Err(Error::new(Code::NotFound, "There is no such event in this scope."));
        }
        Ok(json!({}))
    };
    answer(deleted.await)
}
