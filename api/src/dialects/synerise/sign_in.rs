//! Sign-ins: an API key, sent in a body, gets a token for an hour, for a workspace, one of its clients or a device.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{self, Data, Payload, ServiceConfig},
};
use serde_json::{Map, Value, json};

use super::{
    error::{Failure, Wrong},
    wire,
};
use crate::{
    dialects::{Entrance, text},
    domain::{
        caller::Caller,
        error::{Code, Error},
        event::Door,
        key::Permission,
    },
    extract::room::FEW_VALUES,
    service::{Services, client::ClientIds, client_token::MintedToken},
};

/// Bytes of a body.
const MOST_BYTES: usize = 64 << 10;
/// Names of permissions that are asked about at once.
const MOST_NAMES: usize = 1_000;

/// The routes.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/v4/auth/login/profile", web::post().to(log_in_workspace))
        .route("/uauth/v2/auth/login/profile", web::post().to(log_in_workspace))
        .route("/v4/auth/refresh/profile", web::get().to(renew_workspace))
        .route("/v4/auth/login/client", web::post().to(log_in_client))
        .route("/sauth/v2/auth/login/client", web::post().to(log_in_client))
        .route("/sauth/v3/auth/login/client", web::post().to(log_in_client))
        .route("/sauth/v3/auth/login/client/anonymous", web::post().to(log_in_nobody))
        .route("/sauth/v3/auth/refresh/client", web::post().to(renew_client))
        .route("/uauth/api-key/permission-check", web::post().to(check_permissions));
}

fn answer(services: &Services, request: &HttpRequest, told: Result<Value, Failure>) -> HttpResponse {
    match told {
        Ok(told) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(told),
        Err(failure) => failure.respond(request.path(), services.now()),
    }
}

/// A token as clients read it: some by the one name, some by the other.
fn shown(minted: &MintedToken) -> Value {
    json!({"token": minted.token, "access_token": minted.token, "expires_in": minted.life.as_secs()})
}

/// What a body says.
async fn read(entrance: &Entrance<'_>, payload: Payload) -> Result<Value, Failure> {
    let read = async {
        wire::check_type(entrance.request.headers())?;
        let body = entrance.body(payload, (MOST_BYTES, FEW_VALUES)).await?;
        body.json()
    };
    match read.await {
        Ok(said) => Ok(said),
        Err(error) => {
            // Nobody knows whose it is.
            entrance.charge_nobody()?;
            Err(error.into())
        }
    }
}

/// What a sign-in says, and whose key it says it with.
async fn open(entrance: &Entrance<'_>, payload: Payload) -> Result<(Arc<Caller>, Map<String, Value>), Failure> {
    let Value::Object(fields) = read(entrance, payload).await? else {
        return Err(Error::new(Code::MalformedRequest, "The body is a JSON object.").into());
    };
    let key = text(fields.get("apiKey"));
    let caller = entrance.caller(key.as_deref()).await?;
    Ok((caller, fields))
}

async fn log_in_workspace(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let done = async {
        let entrance = Entrance::new(&services, &request, Door::Synerise);
        let (caller, _) = open(&entrance, payload).await?;
        Ok(shown(&services.log_in_workspace(&caller).await?))
    };
    answer(&services, &request, done.await)
}

/// Knows whose token is to be renewed.
async fn bearer(entrance: &Entrance<'_>) -> Result<Arc<Caller>, Failure> {
    let (token, _) = wire::token(entrance.request.headers(), "");
    Ok(entrance.caller(token.as_deref()).await?)
}

async fn renew_workspace(services: Data<Services>, request: HttpRequest) -> HttpResponse {
    let done = async {
        let entrance = Entrance::new(&services, &request, Door::Synerise);
        let caller = bearer(&entrance).await?;
        Ok(shown(&services.renew_workspace(&caller).await?))
    };
    answer(&services, &request, done.await)
}

async fn renew_client(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let done = async {
        let entrance = Entrance::new(&services, &request, Door::Synerise);
        let (keeper, _) = open(&entrance, payload).await?;
        let caller = bearer(&entrance).await?;
        Ok(shown(&services.renew_client(&keeper, &caller).await?))
    };
    answer(&services, &request, done.await)
}

/// What names the client that signs in.
fn client(fields: &Map<String, Value>) -> Result<ClientIds, Vec<Wrong>> {
    let mut wrong = Vec::new();
    if text(fields.get("identityProvider")).is_none() {
        let provider = fields.get("identityProvider");
        wrong.push(Wrong::new("identityProvider", "must not be null", provider));
    }
    let said = ["uuid", "customId", "email"].into_iter();
    let said = said.filter_map(|name| Some((name.to_owned(), fields.get(name)?.clone())));
    let ids = wire::client(Some(&Value::Object(said.collect())), "", &mut wrong);
    if ids.is_empty() && wrong.is_empty() {
        let message = "must not be null, unless there is a customId or a uuid";
        wrong.push(Wrong::new("email", message, None));
    }
    if wrong.is_empty() { Ok(ids) } else { Err(wrong) }
}

async fn log_in_client(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let done = async {
        let entrance = Entrance::new(&services, &request, Door::Synerise);
        let (caller, fields) = open(&entrance, payload).await?;
        let ids = client(&fields)?;
        let device = text(fields.get("deviceId"));
        let (minted, mut named) = services.log_in_client(&caller, &ids, device).await?;
        // What its ids say of one another holds from its sign-in on.
        let said = std::mem::take(&mut named.said);
        let is_new = !said.is_empty();
        let refused = entrance.take_in(caller, said).await?;
        if is_new && refused.is_empty() {
            services.remember_clients(&named);
        }
        Ok(shown(&minted))
    };
    answer(&services, &request, done.await)
}

async fn log_in_nobody(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let done = async {
        let entrance = Entrance::new(&services, &request, Door::Synerise);
        let (caller, fields) = open(&entrance, payload).await?;
        let Some(device) = text(fields.get("uuid")).or_else(|| text(fields.get("deviceId"))) else {
            return Err(vec![Wrong::new("uuid", "must not be null", fields.get("uuid"))].into());
        };
        Ok(shown(&services.log_in_device(&caller, device).await?))
    };
    answer(&services, &request, done.await)
}

/// Which of these permissions a key has: it may send events, or it may not; there is nothing else here.
async fn check_permissions(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let done = async {
        let entrance = Entrance::new(&services, &request, Door::Synerise);
        let caller = bearer(&entrance).await?;
        let Value::Array(names) = read(&entrance, payload).await? else {
            return Err(Error::new(Code::MalformedRequest, "The body is a list of permissions.").into());
        };
        if names.len() > MOST_NAMES {
            let message = format!("At most {MOST_NAMES} permissions are asked about at once.");
            return Err(Error::new(Code::TooManyItems, message).into());
        }
        let may_log = caller.permissions().has(Permission::Log);
        let granted: Map<String, Value> = names
            .iter()
            .filter_map(Value::as_str)
            .map(|name| {
                let is_of_events = name.to_ascii_uppercase().contains("EVENT");
                (name.to_owned(), (is_of_events && may_log).into())
            })
            .collect();
        Ok(json!({"businessProfileName": entrance.site_name(&caller), "permissions": granted}))
    };
    answer(&services, &request, done.await)
}
