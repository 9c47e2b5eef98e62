//! Moesif's collector: actions, API calls, users, companies and subscriptions. See `docs/moesif.md`.

mod error;
mod translate;
mod wire;

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{self, Data, Payload, ServiceConfig},
};
use serde_json::{Value, json};

use self::wire::Kind;
use super::{Entrance, failure, first_told};
use crate::{
    domain::{
        caller::Caller,
        error::{Code, Error, Result},
        event::Door,
        profile::Message,
    },
    extract::{
        body::Body,
        list::Items,
        room::{FEW_VALUES, MANY_VALUES, Measure, PART_VALUES},
    },
    service::Services,
};

/// Bytes of one object.
const MOST_BYTES: usize = 1 << 20;
/// Bytes of a list of them.
const MOST_BATCH_BYTES: usize = 50 << 20;

/// Every path, for those who come with another method.
const PATHS: [&str; 12] = [
    "/v1/actions",
    "/v1/actions/batch",
    "/v1/events",
    "/v1/events/batch",
    "/v1/users",
    "/v1/users/batch",
    "/v1/companies",
    "/v1/companies/batch",
    "/v1/subscriptions",
    "/v1/subscriptions/batch",
    "/v1/config",
    "/v1/rules",
];

/// The routes.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/v1/actions", web::post().to(action))
        .route("/v1/actions/batch", web::post().to(actions))
        .route("/v1/events", web::post().to(event))
        .route("/v1/events/batch", web::post().to(events))
        .route("/v1/users", web::post().to(user))
        .route("/v1/users/batch", web::post().to(users))
        .route("/v1/companies", web::post().to(company))
        .route("/v1/companies/batch", web::post().to(companies))
        .route("/v1/subscriptions", web::post().to(subscription))
        .route("/v1/subscriptions/batch", web::post().to(subscriptions))
        .route("/v1/config", web::get().to(configuration))
        .route("/v1/rules", web::get().to(rules))
        .service(web::resource(PATHS).to(not_allowed));
}

/// Whether a path is one of these routes, or would be with another method.
pub(super) fn owns(path: &str) -> bool {
    let Some(name) = path.strip_prefix("/v1/") else {
        return false;
    };
    let name = name.strip_suffix("/batch").unwrap_or(name);
    matches!(
        name,
        "actions" | "events" | "users" | "companies" | "subscriptions" | "config" | "rules"
    )
}

async fn not_allowed(request: HttpRequest) -> HttpResponse {
    let message = "Objects are sent by POST; `config` and `rules` are asked by GET.";
    error::respond(&request, &Error::new(Code::MethodNotAllowed, message))
}

macro_rules! receivers {
    ($($one:ident, $many:ident: $kind:ident;)+) => {$(
        async fn $one(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
            let received = receive(&services, &request, payload, (Kind::$kind, false)).await;
            answer(&request, received)
        }

        async fn $many(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
            let received = receive(&services, &request, payload, (Kind::$kind, true)).await;
            answer(&request, received)
        }
    )+};
}

receivers! {
    action, actions: Action;
    event, events: Call;
    user, users: User;
    company, companies: Company;
    subscription, subscriptions: Subscription;
}

fn answer(request: &HttpRequest, received: Result<()>) -> HttpResponse {
    match received {
        Ok(()) => told(StatusCode::CREATED, &json!({})),
        Err(error) => error::respond(request, &error),
    }
}

/// An answer with the mark by which middleware knows that nothing about its configuration has changed.
fn told(status: StatusCode, body: &Value) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((wire::CONFIG_ETAG, wire::CONFIG_VERSION))
        .json(body)
}

async fn receive(
    services: &Services,
    request: &HttpRequest,
    payload: Payload,
    (kind, is_list): (Kind, bool),
) -> Result<()> {
    let entrance = Entrance::new(services, request, Door::Moesif);
    wire::check_accept(request.headers())?;
    let caller = entrance.caller(wire::application(request.headers())).await?;
    let is_strict = wire::is_strict(request.query_string());
    let is_told = move |error: &Error| is_strict || (!is_list && error.code == Code::EventTooOld);
    let body = match (is_list, caller.is_trusted()) {
        // Of a backend's list, any number of objects is taken that its bytes hold.
        (true, true) => entrance.list(payload, (MOST_BATCH_BYTES, MANY_VALUES)).await,
        (true, false) => entrance.body(payload, (MOST_BATCH_BYTES, FEW_VALUES)).await,
        (false, true) => entrance.body(payload, (MOST_BYTES, MANY_VALUES)).await,
        (false, false) => entrance.body(payload, (MOST_BYTES, FEW_VALUES)).await,
    };
    let body = match body {
        Ok(body) if is_list && Measure::of(&body.bytes).values > PART_VALUES => {
            return receive_long(&entrance, caller, body, kind, is_told).await;
        }
        body => body,
    };
    let read = body.as_ref().map_err(Clone::clone);
    let items = match read.and_then(|body| wire::read(body.json_by_looks()?, is_list)) {
        Ok(items) => items,
        Err(error) => return Err(entrance.refuse(&caller, error, 1).await),
    };
    let messages: Vec<_> = items
        .into_iter()
        .enumerate()
        .map(|(index, item)| translate::one(item, kind, is_list.then_some(index)))
        .collect();
    // What is alone and cannot be what it is sent for is told to its sender, who can mend it.
    if let (false, [Message::Unreadable(_, fault)]) = (is_list, messages.as_slice()) {
        let fault = fault.clone();
        entrance.take_in(caller, messages).await?;
        return Err(fault);
    }
    let outcomes = entrance.take_in(caller, messages).await?;
    if let Some(error) = failure(&outcomes) {
        return Err(error.clone());
    }
    first_told(&outcomes, is_told).map_or(Ok(()), |error| Err(error.clone()))
}

/// Takes in a list of so many JSON values that it is read and kept part by part. It is read to its end before, so that one
/// that is no JSON is refused as a whole.
async fn receive_long(
    entrance: &Entrance<'_>,
    caller: Arc<Caller>,
    body: Body,
    kind: Kind,
    is_told: impl Fn(&Error) -> bool + Send + 'static,
) -> Result<()> {
    let most = (entrance.services.most_events_of_request(), PART_VALUES);
    if let Err(error) = check_long(&body, most).await {
        return Err(entrance.refuse(&caller, error, 1).await);
    }
    let mut index = 0..;
    let mut items = Items::of(body);
    let parts = std::iter::from_fn(move || {
        let part = items.as_mut()?.part(most).ok()?;
        let translated = part.into_iter().map(|item| translate::one(item, kind, index.next()));
        let part: Vec<Message> = translated.collect();
        (!part.is_empty()).then_some(part)
    });
    let told = entrance.take_in_parts(caller, parts, is_told).await?;
    told.map_or(Ok(()), Err)
}

/// Refuses what is no list of JSON values.
async fn check_long(body: &Body, most: (usize, usize)) -> Result<()> {
    if !body.looks_like_json() {
        return body.json().map(drop);
    }
    let Some(mut items) = Items::of(body) else {
        return Err(wire::no_list());
    };
    while !items.part(most)?.is_empty() {
        // Others need not wait for all of it.
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// What middleware asks at its start: how much of everything it is to send, which is all.
async fn configuration(services: Data<Services>, request: HttpRequest) -> HttpResponse {
    let entrance = Entrance::new(&services, &request, Door::Moesif);
    match entrance.caller(wire::application(request.headers())).await {
        Ok(caller) => {
            let site = entrance.site_name(&caller).unwrap_or_default();
            told(StatusCode::OK, &wire::configuration(&site))
        }
        Err(error) => error::respond(&request, &error),
    }
}

/// Rules by which middleware would refuse its users' calls: there are none.
async fn rules(services: Data<Services>, request: HttpRequest) -> HttpResponse {
    let entrance = Entrance::new(&services, &request, Door::Moesif);
    match entrance.caller(wire::application(request.headers())).await {
        Ok(_) => told(StatusCode::OK, &json!([])),
        Err(error) => error::respond(&request, &error),
    }
}
