//! Coveo's usage analytics, versions 14 and 15, its event protocol and its search tokens. See `docs/coveo.md`.

mod error;
mod ordered;
mod relay;
mod token;
mod translate;
mod validation;
mod wire;

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::header,
    web::{self, Data, Path, Payload, ServiceConfig},
};
use serde_json::{Value, json};
use uuid::Uuid;

use self::{
    error::Failure,
    translate::{Around, Form, Translated},
    wire::Query,
};
use super::{Entrance, failure};
use crate::{
    domain::{
        caller::Caller,
        error::{Code, Error},
        event::{Door, Outcome},
        operation::Operation,
        profile::Message,
        usage::Kind,
    },
    extract::{address::own_address, body::Body, room::MANY_VALUES},
    service::Services,
};

/// Bytes of a body.
const MOST_BYTES: usize = 1 << 20;
/// Events of one list.
const MOST_EVENTS: usize = 1_000;
/// How long a browser remembers a visitor, in seconds: a year.
const VISITOR_SECONDS: u32 = 31_536_000;
/// How long a browser remembers a visit, in seconds.
const VISIT_SECONDS: u32 = 1_800;

/// The routes. Usage analytics is below any folder, as its library puts one in front, or another.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(
            "/{folder:(.*/)?}{version:v1[45]}/analytics/click",
            web::post().to(click),
        )
        .route(
            "/{folder:(.*/)?}{version:v1[45]}/analytics/search",
            web::post().to(search),
        )
        .route(
            "/{folder:(.*/)?}{version:v1[45]}/analytics/searches",
            web::post().to(searches),
        )
        .route(
            "/{folder:(.*/)?}{version:v1[45]}/analytics/custom",
            web::post().to(custom),
        )
        .route("/{folder:(.*/)?}{version:v1[45]}/analytics/view", web::post().to(view))
        .route(
            "/{folder:(.*/)?}{version:v1[45]}/analytics/collect",
            web::post().to(collect),
        )
        .route("/{folder:(.*/)?}{version:v1[45]}/analytics/visit", web::get().to(visit))
        .route(
            "/{folder:(.*/)?}{version:v1[45]}/analytics/visit",
            web::delete().to(forget),
        )
        .route(
            "/{folder:(.*/)?}{version:v1[45]}/analytics/status",
            web::get().to(status),
        )
        .route(
            "/{folder:(.*/)?}{version:v1[45]}/analytics/monitoring/health",
            web::get().to(health),
        )
        .route("/rest/search/v2/token", web::post().to(token::mint))
        .route("/rest/organizations/{org}/events/v1", web::post().to(relayed))
        .route(
            "/rest/organizations/{org}/events/v1/validate",
            web::post().to(validation::validate),
        )
        .route(
            "/rest/organizations/{org}/events/v1/analytics/{form}/validate",
            web::post().to(validation::validate_usage),
        );
}

/// Whether a path is one of these routes, or would be with another method.
pub(super) fn owns(path: &str) -> bool {
    let own = path.strip_prefix("/coveo").unwrap_or(path);
    let events = own
        .strip_prefix("/rest/organizations/")
        .and_then(|rest| rest.split_once('/'));
    path.contains("/v15/analytics/")
        || path.contains("/v14/analytics/")
        || own == "/rest/search/v2/token"
        || events.is_some_and(|(_, rest)| rest == "events/v1" || rest.starts_with("events/v1/"))
}

/// The answer to what comes to none of these routes.
pub(super) fn refuse_elsewhere(request: &HttpRequest, error: Error) -> HttpResponse {
    Failure::from(error).respond(request)
}

macro_rules! receivers {
    ($($name:ident: $form:expr, $is_list:literal;)+) => {$(
        async fn $name(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
            let received = receive(&services, &request, payload, ($form, $is_list)).await;
            received.unwrap_or_else(|failure| failure.respond(&request))
        }
    )+};
}

receivers! {
    click: Form::Usage(Kind::Click), false;
    search: Form::Usage(Kind::Search), false;
    searches: Form::Usage(Kind::Search), true;
    custom: Form::Usage(Kind::Custom), false;
    view: Form::Usage(Kind::View), false;
    collect: Form::Collected, false;
}

fn answer() -> HttpResponseBuilder {
    let mut builder = HttpResponse::Ok();
    builder.insert_header((header::CACHE_CONTROL, "no-store"));
    builder
}

/// Knows the caller, and the site and organization that it means.
async fn know(
    entrance: &mut Entrance<'_>,
    token: Option<&str>,
    (operation, organization): (Operation, Option<&str>),
) -> Result<Arc<Caller>, Failure> {
    token.map_or(Ok(()), wire::check_token)?;
    let caller = entrance.caller(token).await?;
    entrance.services.permit_usage(&caller, operation, organization)?;
    // A key of one site says which it is, whatever the organization is called.
    entrance.site = organization.filter(|_| caller.own_site().is_none()).map(str::to_owned);
    Ok(caller)
}

/// What came in.
struct Opened {
    caller: Arc<Caller>,
    /// What the body says.
    said: Result<Value, Error>,
    /// Kept for its place among all bodies: what it says takes memory until it is answered.
    _body: Option<Body>,
}

/// Reads the body, and knows who sent it.
async fn open(
    entrance: &mut Entrance<'_>,
    payload: Payload,
    query: &Query,
    (form, purpose): (Option<Form>, (Operation, Option<&str>)),
) -> Result<Opened, Failure> {
    let read: Result<Body, Error> = entrance.body(payload, (MOST_BYTES, MANY_VALUES)).await;
    let (sent, said, body) = match read {
        Ok(body) => {
            let mut sent = wire::read(&body, form);
            let said = std::mem::replace(&mut sent.said, Ok(Value::Null));
            (Some(sent), said, Some(body))
        }
        Err(error) => (None, Err(error), None),
    };
    let token = wire::token(entrance.request.headers(), query, sent.as_ref());
    let caller = know(entrance, token.as_deref(), purpose).await?;
    Ok(Opened {
        caller,
        said,
        _body: body,
    })
}

async fn receive(
    services: &Services,
    request: &HttpRequest,
    payload: Payload,
    (form, is_list): (Form, bool),
) -> Result<HttpResponse, Failure> {
    let mut entrance = Entrance::new(services, request, Door::Coveo);
    let query = Query::read(request.query_string());
    let purpose = (Operation::LogEvents, query.org.as_deref());
    let Opened { caller, said, _body } = open(&mut entrance, payload, &query, (Some(form), purpose)).await?;
    let items = match said.and_then(|said| bounded(wire::objects(said, is_list)?)) {
        Ok(items) => items,
        Err(error) => return Err(entrance.refuse(&caller, error, 1).await.into()),
    };
    let around = Around {
        caller: &caller,
        query: &query,
        headers: request.headers(),
    };
    let mut translated = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let at = if is_list { format!("[{index}]") } else { String::new() };
        translated.push(around.translate(form, item, &at)?);
    }
    let refused = translated.iter().find_map(|one| one.failure.clone());
    let remembered = wire::cookie(request.headers(), wire::VISIT).and_then(|id| Uuid::parse_str(&id).ok());
    let mut visits = Vec::with_capacity(translated.len());
    for one in &mut translated {
        if refused.is_some() {
            translate::refuse_with_others(one);
        }
        let visit = services.visit(&one.visitor, remembered);
        if let Message::Event(event) | Message::Unreadable(event, _) = &mut one.message {
            event.session = Some(visit.to_string());
        }
        visits.push(visit);
    }
    let (messages, told): (Vec<_>, Vec<_>) = translated.into_iter().map(split).unzip();
    let outcomes = entrance.take_in(caller, messages).await?;
    if let Some(error) = failure(&outcomes) {
        return Err(error.clone().into());
    }
    if let Some(refused) = refused {
        return Err(refused);
    }
    let mut shown = Vec::with_capacity(told.len());
    for ((outcome, visit), (visitor, warnings)) in outcomes.iter().zip(&visits).zip(&told) {
        let mut one = json!({"visitId": visit, "visitorId": visitor, "clientId": visitor});
        if form == Form::Usage(Kind::Search) {
            one["searchEventUid"] = match outcome {
                Outcome::Accepted(event) => event.id.as_str().into(),
                // What is refused without being told so is known by an id, too.
                Outcome::Duplicate { .. } | Outcome::Refused(_) => translate::new_id()?.into(),
            };
        }
        if !warnings.is_empty() {
            one["warnings"] = warnings.clone().into();
        }
        shown.push(one);
    }
    let mut builder = answer();
    if let (Some(visit), Some((visitor, _))) = (visits.last(), told.last()) {
        builder.append_header((
            header::SET_COOKIE,
            cookie(request, wire::VISITOR, visitor, VISITOR_SECONDS),
        ));
        if !query.discards_visit {
            let visit = cookie(request, wire::VISIT, &visit.to_string(), VISIT_SECONDS);
            builder.append_header((header::SET_COOKIE, visit));
        }
    }
    Ok(match (is_list, shown.pop()) {
        (false, Some(one)) => builder.json(one),
        (_, last) => {
            shown.extend(last);
            builder.json(shown)
        }
    })
}

/// What a list holds, where that is not too much.
fn bounded(items: Vec<Value>) -> Result<Vec<Value>, Error> {
    if items.len() <= MOST_EVENTS {
        return Ok(items);
    }
    let message = format!(
        "The list holds {} events; at most {MOST_EVENTS} are taken at once.",
        items.len()
    );
    Err(Error::new(Code::TooManyItems, message))
}

fn split(one: Translated) -> (Message, (String, Vec<String>)) {
    (one.message, (one.visitor, one.told))
}

/// A cookie that pages of other origins send along, where the connection is safe.
fn cookie(request: &HttpRequest, name: &str, value: &str, seconds: u32) -> String {
    let (scheme, _) = own_address(request);
    let place = if scheme == "https" {
        "SameSite=None; Secure"
    } else {
        "SameSite=Lax"
    };
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; {place}")
}

/// The visit in which a visitor is. Nobody has to say who asks.
async fn visit(services: Data<Services>, request: HttpRequest) -> HttpResponse {
    let entrance = Entrance::new(&services, &request, Door::Coveo);
    let nobody = entrance.nobody();
    if let Err(error) = entrance.charge_nobody() {
        return Failure::from(error).respond(&request);
    }
    let query = Query::read(request.query_string());
    let around = Around {
        caller: &nobody,
        query: &query,
        headers: request.headers(),
    };
    let client = query.client.clone().filter(|id| Uuid::parse_str(id).is_ok());
    match around.visitor(client) {
        Ok(visitor) => {
            let told = wire::cookie(request.headers(), wire::VISIT).and_then(|id| Uuid::parse_str(&id).ok());
            let visit = services.visit_of(&visitor, told);
            answer()
                .append_header((
                    header::SET_COOKIE,
                    cookie(&request, wire::VISITOR, &visitor, VISITOR_SECONDS),
                ))
                .json(json!({"id": visit, "visitorId": visitor, "clientId": visitor}))
        }
        Err(error) => Failure::from(error).respond(&request),
    }
}

/// Has the browser forget the visitor.
async fn forget(request: HttpRequest) -> HttpResponse {
    answer()
        .append_header((header::SET_COOKIE, cookie(&request, wire::VISITOR, "", 0)))
        .append_header((header::SET_COOKIE, cookie(&request, wire::VISIT, "", 0)))
        .json(json!({}))
}

async fn status() -> HttpResponse {
    answer().json(json!({"status": "online"}))
}

async fn health() -> HttpResponse {
    answer().json(json!({"status": "UP"}))
}

/// Reads a list that Relay sends, for an organization.
async fn open_list(
    entrance: &mut Entrance<'_>,
    payload: Payload,
    (operation, organization): (Operation, &str),
) -> Result<Opened, Failure> {
    let query = Query::read(entrance.request.query_string());
    open(entrance, payload, &query, (None, (operation, Some(organization)))).await
}

/// The events of a list.
fn listed(said: Result<Value, Error>) -> Result<Vec<Value>, Error> {
    bounded(wire::objects(said?, true)?)
}

/// Takes in what Relay sends.
async fn relayed(services: Data<Services>, request: HttpRequest, org: Path<String>, payload: Payload) -> HttpResponse {
    let taken = async {
        let mut entrance = Entrance::new(&services, &request, Door::Coveo);
        let Opened { caller, said, _body } = open_list(&mut entrance, payload, (Operation::LogEvents, &org)).await?;
        let items = match listed(said) {
            Ok(items) => items,
            Err(error) => return Err(entrance.refuse(&caller, error, 1).await.into()),
        };
        let (mut messages, mut faults) = (Vec::with_capacity(items.len()), Vec::with_capacity(items.len()));
        for item in items {
            let mut one = relay::translate(item);
            if let (Message::Event(event) | Message::Unreadable(event, _), Some(client)) =
                (&mut one.message, &one.client)
            {
                event.session = Some(services.visit(client, None).to_string());
            }
            faults.push(one.faults.into_iter().next());
            messages.push(one.message);
        }
        let outcomes = entrance.take_in(caller, messages).await?;
        match failure(&outcomes) {
            Some(error) => Err(Failure::from(error.clone())),
            None => Ok(faults
                .iter()
                .zip(&outcomes)
                .map(|(fault, outcome)| relay::outcome(fault.as_ref(), outcome))
                .collect::<Vec<_>>()),
        }
    };
    match taken.await {
        Ok(verdicts) => answer().json(json!({"events": verdicts})),
        Err(failure) => failure.respond(&request),
    }
}
