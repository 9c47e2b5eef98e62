//! Moesif's collector: actions, API calls, users, companies and subscriptions. See `docs/moesif.md`.

mod error;
mod translate;
mod wire;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{self, Data, Payload, ServiceConfig},
};
use serde_json::{Value, json};

use self::wire::Kind;
use super::{Entrance, failure};
use crate::{
    domain::{
        error::{Code, Error, Result},
        event::{Door, Outcome},
        profile::Message,
    },
    extract::room::{FEW_VALUES, MANY_VALUES},
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

async fn not_allowed() -> HttpResponse {
    let message = "Objects are sent by POST; `config` and `rules` are asked by GET.";
    error::respond(&Error::new(Code::MethodNotAllowed, message))
}

macro_rules! receivers {
    ($($one:ident, $many:ident: $kind:ident;)+) => {$(
        async fn $one(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
            answer(receive(&services, &request, payload, (Kind::$kind, false)).await)
        }

        async fn $many(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
            answer(receive(&services, &request, payload, (Kind::$kind, true)).await)
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

fn answer(received: Result<()>) -> HttpResponse {
    match received {
        Ok(()) => told(StatusCode::CREATED, &json!({})),
        Err(error) => error::respond(&error),
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
    let most = if is_list { MOST_BATCH_BYTES } else { MOST_BYTES };
    let values = if caller.is_trusted() { MANY_VALUES } else { FEW_VALUES };
    let body = entrance.body(payload, (most, values)).await;
    let read = body.as_ref().map_err(Clone::clone);
    let items = match read.and_then(|body| wire::read(body.json()?, is_list)) {
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
    let is_strict = wire::is_strict(request.query_string());
    let told = outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Refused(error) if is_strict || (!is_list && error.code == Code::EventTooOld) => Some(error),
        _ => None,
    });
    told.map_or(Ok(()), |error| Err(error.clone()))
}

/// What middleware asks at its start: how much of everything it is to send, which is all.
async fn configuration(services: Data<Services>, request: HttpRequest) -> HttpResponse {
    let entrance = Entrance::new(&services, &request, Door::Moesif);
    match entrance.caller(wire::application(request.headers())).await {
        Ok(caller) => {
            let site = entrance.site_name(&caller).unwrap_or_default();
            told(StatusCode::OK, &wire::configuration(&site))
        }
        Err(error) => error::respond(&error),
    }
}

/// Rules by which middleware would refuse its users' calls: there are none.
async fn rules(services: Data<Services>, request: HttpRequest) -> HttpResponse {
    let entrance = Entrance::new(&services, &request, Door::Moesif);
    match entrance.caller(wire::application(request.headers())).await {
        Ok(_) => told(StatusCode::OK, &json!([])),
        Err(error) => error::respond(&error),
    }
}
