//! Segment's HTTP tracking API, by which its libraries and those of several others send. See `docs/segment.md`.

mod error;
mod translate;
mod wire;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{self, Data, Path, Payload, ServiceConfig},
};
use serde_json::json;

use self::{
    translate::Sender,
    wire::{Kind, Sent},
};
use super::{Entrance, failure};
use crate::{
    domain::{
        error::{Code, Error, Result},
        event::Door,
    },
    extract::{address::own_address, room::MANY_VALUES},
    service::Services,
};

/// Bytes of a body.
const MOST_BATCH_BYTES: usize = 500 << 10;
/// Bytes of one message.
const MOST_MESSAGE_BYTES: usize = 32 << 10;
/// Messages of one batch.
const MOST_MESSAGES: usize = 2_500;
/// Messages that are kept one by one where a batch holds too many; of more only their number is.
const MOST_KEPT: usize = 5_000;

/// The routes.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/v1/track", web::post().to(track))
        .route("/v1/t", web::post().to(track))
        .route("/v1/page", web::post().to(page))
        .route("/v1/p", web::post().to(page))
        .route("/v1/screen", web::post().to(screen))
        .route("/v1/s", web::post().to(screen))
        .route("/v1/identify", web::post().to(identify))
        .route("/v1/i", web::post().to(identify))
        .route("/v1/group", web::post().to(group))
        .route("/v1/g", web::post().to(group))
        .route("/v1/alias", web::post().to(alias))
        .route("/v1/a", web::post().to(alias))
        .route("/v1/batch", web::post().to(batch))
        .route("/v1/b", web::post().to(batch))
        .route("/v1/import", web::post().to(batch))
        .route("/v1/m", web::post().to(measured))
        .route("/v1/projects/{writeKey}/settings", web::get().to(settings));
}

/// Whether a path is one of these routes, or would be with another method.
pub(super) fn owns(path: &str) -> bool {
    let Some(name) = path.strip_prefix("/v1/") else {
        return false;
    };
    matches!(
        name,
        "track"
            | "t"
            | "page"
            | "p"
            | "screen"
            | "s"
            | "identify"
            | "i"
            | "group"
            | "g"
            | "alias"
            | "a"
            | "batch"
            | "b"
            | "import"
            | "m"
    ) || name.starts_with("projects/")
}

macro_rules! receivers {
    ($($name:ident: $kind:expr;)+) => {$(
        async fn $name(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
            let received = receive(&services, &request, payload, $kind).await;
            answer(&request, received)
        }
    )+};
}

receivers! {
    track: Some(Kind::Track);
    page: Some(Kind::Page);
    screen: Some(Kind::Screen);
    identify: Some(Kind::Identify);
    group: Some(Kind::Group);
    alias: Some(Kind::Alias);
    batch: None;
}

fn answer(request: &HttpRequest, received: Result<()>) -> HttpResponse {
    match received {
        Ok(()) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(json!({"success": true})),
        Err(error) => error::respond(request, &error),
    }
}

/// Takes in one message, or without a kind a batch of them.
async fn receive(services: &Services, request: &HttpRequest, payload: Payload, kind: Option<Kind>) -> Result<()> {
    let entrance = Entrance::new(services, request, Door::Segment);
    let body = entrance.body(payload, (MOST_BATCH_BYTES, MANY_VALUES)).await;
    let size = body.as_ref().map_or(0, |body| body.bytes.len());
    let read = body.as_ref().map_err(Clone::clone);
    let sent = read.and_then(|body| Sent::read(body.json()?, kind));
    let key = wire::credential(request.headers(), sent.as_ref().ok());
    let caller = entrance.caller(key.as_deref()).await?;
    let sent = match sent {
        Ok(sent) => sent,
        Err(error) => return Err(entrance.refuse(&caller, error, 1).await),
    };
    if size > MOST_MESSAGE_BYTES {
        let large = sent.larger_than(MOST_MESSAGE_BYTES);
        if large > 0 {
            let message =
                format!("A message may be {MOST_MESSAGE_BYTES} bytes long; this is not, or not all of its batch.");
            let error = entrance
                .refuse(&caller, Error::new(Code::BodyTooLarge, message), large)
                .await;
            let rest = Error::new(Code::BatchRefused, "");
            entrance.refuse(&caller, rest, sent.messages.len() - large).await;
            return Err(error);
        }
    }
    let number = sent.messages.len();
    if number > MOST_KEPT {
        let told = entrance.refuse(&caller, too_many(number), number).await;
        return if told.code == Code::TooManyItems {
            Ok(())
        } else {
            Err(told)
        };
    }
    let sender = Sender {
        is_browser: entrance.is_browser(&caller),
        fault: (number > MOST_MESSAGES).then(|| too_many(number)),
    };
    let messages = translate::all(sent, &sender);
    let outcomes = entrance.take_in(caller, messages).await?;
    failure(&outcomes).map_or(Ok(()), |error| Err(error.clone()))
}

fn too_many(number: usize) -> Error {
    let message = format!("The batch holds {number} messages; at most {MOST_MESSAGES} are taken at once.");
    Error::new(Code::TooManyItems, message).at("batch")
}

/// What the browser library measures of itself is nobody's event, and is not read.
async fn measured(request: HttpRequest) -> HttpResponse {
    answer(&request, Ok(()))
}

/// What the browser library asks before it begins: where to send to.
async fn settings(request: HttpRequest, key: Path<String>) -> HttpResponse {
    let (scheme, host) = own_address(&request);
    let folder = request.path().split_once("/v1/").map_or("", |(folder, _)| folder);
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(wire::settings(&key, &scheme, &format!("{host}{folder}/v1")))
}
