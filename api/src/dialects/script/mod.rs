//! What our own script for pages sends, and its pixel for pages without scripts. See `docs/script.md`.
//!
//! Each site may give the script another name, and then it sends to that name as well: `/NAME.js` sends to `/NAME`, and the
//! pixel is `/NAME.gif`.

mod translate;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{self, Data, Payload, ServiceConfig},
};
use serde_json::{Value, json};

use self::translate::{Looked, Sent};
use super::{Entrance, failure, refusal};
use crate::{
    domain::{
        error::{Code, Error, Result},
        event::{Door, Outcome},
        profile::Message,
    },
    extract::room::FEW_VALUES,
    service::Services,
};

/// Bytes of a body: many more than a page sends at once.
const MOST_BYTES: usize = 4 << 20;

/// An image of one transparent dot.
const DOT: &[u8] =
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\
\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

/// What an address is of the script of some site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The script itself.
    File,
    /// What it sends to.
    Endpoint,
    /// The image that stands for it where pages run no scripts.
    Pixel,
}

/// What a path is of a script under its own name or one that a site gave it; none for any other path.
#[must_use]
pub fn part(services: &Services, path: &str) -> Option<Part> {
    let name = path.strip_prefix('/')?;
    let (name, part) = match name.rsplit_once('.') {
        Some((name, "js")) => (name, Part::File),
        Some((name, "gif")) => (name, Part::Pixel),
        Some(_) => return None,
        None => (name, Part::Endpoint),
    };
    services.has_script(name).then_some(part)
}

/// The routes under the script's own name, but for the file.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/script", web::post().to(receive))
        .route("/script.gif", web::get().to(pixel));
}

/// Takes in what happened on a page.
pub async fn receive(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
    match try_receive(&services, &request, payload).await {
        Ok(outcomes) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(json!({"outcomes": outcomes.iter().map(shown).collect::<Vec<_>>()})),
        Err(error) => refusal(&error, status(&error)).json(json!({"error": fault(&error)})),
    }
}

async fn try_receive(services: &Services, request: &HttpRequest, payload: Payload) -> Result<Vec<Outcome>> {
    let entrance = Entrance::new(services, request, Door::Script);
    let body = match entrance.body(payload, (MOST_BYTES, FEW_VALUES)).await {
        Ok(body) => body,
        Err(error) => {
            // Nobody knows whose it is; but the page has to hear why, to send it in parts or later.
            entrance.charge_nobody()?;
            return Err(error);
        }
    };
    let sent = body.json().and_then(Sent::read);
    let key = sent.as_ref().ok().and_then(|sent| sent.key.as_deref());
    let caller = entrance.caller(key).await?;
    let sent = match sent {
        Ok(sent) => sent,
        Err(error) => return Err(entrance.refuse(&caller, error, 1).await),
    };
    let (number, most) = (sent.messages.len(), services.most_events_of_request());
    if number > most {
        let message = format!("The request holds {number} messages; at most {most} are taken at once.");
        let error = Error::new(Code::TooManyItems, message).at("messages");
        return Err(entrance.refuse(&caller, error, number).await);
    }
    let (events, profiles): (Vec<_>, Vec<_>) = translate::all(sent)
        .into_iter()
        .partition(|message| !matches!(message, Message::Profile(..)));
    // What is said of a user counts from the events on that came with it. Nothing is answered to what is kept.
    let mut outcomes = entrance.take_in(caller.clone(), profiles).await?;
    outcomes.extend(entrance.take_in(caller, events).await?);
    match failure(&outcomes) {
        // The page sends all of it again then, and what is stored is known by its id.
        Some(error) => Err(error.clone()),
        None => Ok(outcomes),
    }
}

/// Logs that a page was looked at which runs no scripts, unless its reader does not want that, as the script does. Whatever
/// becomes of it, an image is answered.
pub async fn pixel(services: Data<Services>, request: HttpRequest) -> HttpResponse {
    let logged = try_pixel(&services, &request).await;
    let mut builder = match &logged {
        Ok(()) => HttpResponse::Ok(),
        Err(error) => refusal(error, status(error)),
    };
    builder
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("cross-origin-resource-policy", "cross-origin"))
        .content_type("image/gif")
        .body(DOT)
}

async fn try_pixel(services: &Services, request: &HttpRequest) -> Result<()> {
    let entrance = Entrance::new(services, request, Door::Script);
    let looked = Looked::read(request.query_string());
    if !looked.ignores_signals() && refuses(request) {
        return Ok(());
    }
    let caller = entrance.caller_by_page(looked.key.as_deref()).await?;
    let page = request
        .headers()
        .get(header::REFERER)
        .and_then(|page| page.to_str().ok());
    let messages = vec![Message::Event(Box::new(looked.event(page)))];
    match entrance.take_in(caller, messages).await?.into_iter().next() {
        Some(Outcome::Refused(error)) => Err(error),
        _ => Ok(()),
    }
}

/// Whether a browser says that its user does not want to be followed, by Global Privacy Control or Do Not Track.
fn refuses(request: &HttpRequest) -> bool {
    let says = |name: &str| request.headers().get(name).is_some_and(|value| value == "1");
    says("sec-gpc") || says("dnt")
}

fn status(error: &Error) -> StatusCode {
    StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn fault(error: &Error) -> Value {
    json!({"code": error.code.name(), "message": error.message, "path": error.path})
}

/// What became of an event, as it is answered.
fn shown(outcome: &Outcome) -> Value {
    let kind = outcome.kind().name().to_ascii_uppercase();
    match outcome {
        Outcome::Accepted(event) => json!({"outcome": kind, "id": event.id}),
        Outcome::Duplicate { id } => json!({"outcome": kind, "id": id}),
        Outcome::Refused(error) => json!({"outcome": kind, "error": fault(error)}),
    }
}
