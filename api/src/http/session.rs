//! Signing in and out, as plain HTTP: `/session/…`.
//!
//! Every call is a POST of JSON, which a page of another site cannot make a browser send without asking first; the
//! refresh token travels in a cookie that scripts cannot read and that browsers send to `/session` of this site alone.
//! Access tokens are answered in the body, and sent as `Authorization` only: no cookie opens anything else.

use std::{future::Future, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration as CookieDuration},
    http::header,
    web::{self, Data, Payload},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use super::{error::respond, graphql::check_encoding};
use crate::{
    config::Http,
    domain::{
        account::Account,
        caller::{Caller, Identity},
        error::{Code, Error, Result},
        origin::Origin,
        session::RenewalKey,
    },
    extract::{
        body::{Bounds, read as read_body},
        caller::Connection,
        deadline::{request_deadline, within},
        room::FEW_VALUES,
    },
    service::{Services, link::Acceptance, session::Opened, sign_in::SignIn},
};

/// The cookie that holds the refresh token.
const COOKIE: &str = "tidemark_session";
/// The header that names a renewal, so that it can be asked for again.
const KEY_HEADER: &str = "Idempotency-Key";
/// The cookie is sent to these paths alone.
const PATH: &str = "/session";
/// Bytes of a body; the longest password fits many times.
const MOST_BYTES: usize = 16 << 10;

/// Where no settings say how long a body may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The routes.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/session/sign-in", web::post().to(sign_in))
        .route("/session/refresh", web::post().to(refresh))
        .route("/session/sign-out", web::post().to(sign_out))
        .route("/session/accept", web::post().to(accept))
        .route("/session/link", web::get().to(super::web_bundle::page));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignInBody {
    email: String,
    password: String,
    code: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AcceptBody {
    token: String,
    password: String,
    email: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EmptyBody {}

/// Begins a session: an access token in the body, a refresh token in the cookie.
async fn sign_in(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let opened = hurry(&request, async {
        let body: SignInBody = read(&request, payload).await?;
        let sent = SignIn {
            email: body.email,
            password: body.password,
            code: body.code,
        };
        services.sign_in(&nobody(&request), &sent).await
    });
    answer(&services, opened.await)
}

/// Renews a session by its cookie.
async fn refresh(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let opened = hurry(&request, async {
        let _: EmptyBody = read(&request, payload).await?;
        let token = request.cookie(COOKIE);
        let token = token.ok_or_else(|| {
            let message = format!("There is no cookie “{COOKIE}”: sign in at /session/sign-in.");
            Error::new(Code::Unauthenticated, message)
        })?;
        let key = request.headers().get(KEY_HEADER);
        let key = key.map(|key| RenewalKey::parse(key.as_bytes())).transpose()?;
        services
            .renew_session(&nobody(&request), token.value(), key.as_ref())
            .await
    });
    let opened = opened.await;
    let over = matches!(&opened, Err(error) if error.code == Code::Unauthenticated);
    let mut response = answer(&services, opened);
    // Whoever sent no cookie may have been given one before this answer comes.
    if over && request.cookie(COOKIE).is_some() {
        forget(&services, &mut response);
    }
    response
}

/// Ends the cookie's session, and takes the cookie back.
async fn sign_out(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let ended = hurry(&request, async {
        let _: EmptyBody = read(&request, payload).await?;
        match request.cookie(COOKIE) {
            Some(token) => services.sign_out(&nobody(&request), token.value()).await,
            None => Ok(()),
        }
    });
    match ended.await {
        Ok(()) => {
            let mut response = HttpResponse::NoContent()
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .finish();
            forget(&services, &mut response);
            response
        }
        Err(error) => respond(&error),
    }
}

/// Sets a password by a link; the first account comes to be by one.
async fn accept(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let accepted = hurry(&request, async {
        let body: AcceptBody = read(&request, payload).await?;
        let sent = Acceptance {
            token: body.token,
            password: body.password,
            email: body.email,
            name: body.name,
        };
        services.accept_link(&nobody(&request), &sent).await
    });
    match accepted.await {
        Ok(account) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(json!({"account": show(&account)})),
        Err(error) => respond(&error),
    }
}

/// Gives a request up that takes too long.
pub(super) async fn hurry<T>(request: &HttpRequest, done: impl Future<Output = Result<T>>) -> Result<T> {
    within(request_deadline(request), done).await
}

/// Reads a body, provided that it is JSON and that no other site had it sent.
async fn read<T: DeserializeOwned>(request: &HttpRequest, payload: Payload) -> Result<T> {
    check_site(request)?;
    let encoding = check_encoding(request.headers())?;
    let timeout = request
        .app_data::<Data<Http>>()
        .map_or(BODY_TIMEOUT, |config| config.body_timeout);
    let bounds = Bounds {
        bytes: MOST_BYTES,
        values: FEW_VALUES,
        in_parts: false,
        timeout,
    };
    let (bytes, _place) = read_body(payload, request, encoding, bounds).await?;
    serde_json::from_slice(&bytes).map_err(|error| {
        if error.is_data() {
            // It tells the field, never a value.
            Error::new(Code::MalformedRequest, format!("The body does not fit: {error}."))
        } else {
            Error::new(Code::MalformedJson, "The body is not JSON.")
        }
    })
}

/// Browsers say which site had a request sent; whoever else sends it has no cookie that somebody else put there.
fn check_site(request: &HttpRequest) -> Result<()> {
    let text = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let foreign_fetch = text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let foreign_origin = text("origin").is_some_and(|origin| !is_own(request, origin));
    if foreign_fetch || foreign_origin {
        let message = "Another site had this sent; sessions are begun and ended on their own site only. A server behind a \
                       proxy knows its own site by --public-url.";
        return Err(Error::new(Code::Forbidden, message));
    }
    Ok(())
}

/// Whether an origin is that of this server: the public one where it is set, else that of the address asked.
fn is_own(request: &HttpRequest, origin: &str) -> bool {
    let Some(origin) = Origin::parse(origin) else {
        return false;
    };
    let public = request
        .app_data::<Data<Http>>()
        .and_then(|config| config.public_url.clone());
    if let Some(public) = public {
        return Origin::parse(public.as_str()).is_some_and(|own| own == origin);
    }
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    // Whether there is a proxy with TLS in front cannot be known without the public URL.
    host.is_some_and(|host| {
        let own = |scheme: &str| Origin::parse(&format!("{scheme}://{host}"));
        ["http", "https"].into_iter().filter_map(own).any(|own| own == origin)
    })
}

/// Whoever sends a request about sessions is nobody yet.
pub(super) fn nobody(request: &HttpRequest) -> Caller {
    Connection::of(request).caller(Identity::Anonymous)
}

fn show(account: &Account) -> serde_json::Value {
    json!({"id": account.public_id, "email": account.email, "name": account.name})
}

fn answer(services: &Services, opened: Result<Opened>) -> HttpResponse {
    let opened = match opened {
        Ok(opened) => opened,
        Err(error) => return respond(&error),
    };
    let mut response = HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(json!({
            "accessToken": opened.access.token,
            "tokenType": "Bearer",
            "expiresAt": opened.access.expires.to_string(),
            "account": show(&opened.account),
        }));
    add_cookie(&mut response, &refresh_cookie(services, opened));
    response
}

/// The cookie that renews a session.
pub(super) fn refresh_cookie(services: &Services, opened: Opened) -> Cookie<'static> {
    let life = i64::try_from(opened.life.as_secs()).unwrap_or(i64::MAX);
    cookie(services, opened.refresh, CookieDuration::seconds(life))
}

fn cookie(services: &Services, value: String, life: CookieDuration) -> Cookie<'static> {
    Cookie::build(COOKIE, value)
        .path(PATH)
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(services.account.is_https())
        .max_age(life)
        .finish()
}

fn forget(services: &Services, response: &mut HttpResponse) {
    add_cookie(response, &cookie(services, String::new(), CookieDuration::ZERO));
}

/// Adds a cookie to an answer.
pub(super) fn add_cookie(response: &mut HttpResponse, cookie: &Cookie<'_>) {
    if let Err(error) = response.add_cookie(cookie) {
        tracing::error!(%error, "a cookie cannot be set");
    }
}
