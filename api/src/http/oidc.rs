//! Signing in by an identity provider: to it, and back from it.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration as CookieDuration},
    http::header,
    web::{self, Data, Query},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    error::respond,
    rate_limit::tell,
    session::{add_cookie, hurry, nobody, refresh_cookie},
};
use crate::{
    domain::{
        error::{Code, Error, Result},
        rate::Budget,
    },
    service::{Services, session::Opened},
};

/// The cookie that holds what has to be remembered while somebody is at the provider.
const COOKIE: &str = "tidemark_oidc";
/// It is sent to these paths alone.
const PATH: &str = "/session/oidc";

/// The routes.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/session/methods", web::get().to(methods))
        .route("/session/oidc/start", web::get().to(start))
        .route("/session/oidc/callback", web::get().to(callback));
}

/// What the provider sends along.
#[derive(Deserialize)]
struct Answer {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

/// The ways to sign in that there are.
async fn methods(services: Data<Services>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"password": true, "oidc": services.has_provider()}))
}

/// Sends the browser to the provider.
async fn start(services: Data<Services>, request: HttpRequest) -> HttpResponse {
    let caller = nobody(&request);
    let mut response = match hurry(&request, services.depart(&caller)).await {
        Ok(departure) => {
            let life = i64::try_from(departure.life.as_secs()).unwrap_or_default();
            let mut response = go(departure.to.as_str());
            add_cookie(
                &mut response,
                &cookie(&services, departure.sealed, CookieDuration::seconds(life)),
            );
            response
        }
        Err(error) => respond(&error),
    };
    // Setting out draws on one budget, and coming back will on another.
    let mut demand = caller.drawn.demand();
    demand.add(Budget::SignIn, 0);
    tell(&services, &caller, demand, response.headers_mut());
    response
}

/// Takes the browser back, with a session if all is well.
async fn callback(services: Data<Services>, request: HttpRequest, answer: Query<Answer>) -> HttpResponse {
    let mut response = match hurry(&request, arrive(&services, &request, &answer)).await {
        Ok(opened) => {
            let mut response = go("/");
            add_cookie(&mut response, &refresh_cookie(&services, opened));
            response
        }
        Err(error) => respond(&error),
    };
    // It is good for one answer.
    add_cookie(&mut response, &cookie(&services, String::new(), CookieDuration::ZERO));
    response
}

async fn arrive(services: &Services, request: &HttpRequest, answer: &Answer) -> Result<Opened> {
    let failed = |message: &str| Error::new(Code::SignInFailed, message);
    if let Some(error) = &answer.error {
        let shown: String = error.chars().filter(char::is_ascii_graphic).take(100).collect();
        return Err(failed(&format!("The identity provider answers with “{shown}”.")));
    }
    let kept = request.cookie(COOKIE);
    let kept = kept.ok_or_else(|| failed("This browser began no sign-in; begin it at /session/oidc/start."))?;
    match (&answer.code, &answer.state) {
        (Some(code), Some(state)) => services.arrive(&nobody(request), kept.value(), state, code).await,
        _ => Err(failed("The identity provider sent no code.")),
    }
}

fn go(to: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, to))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .finish()
}

/// Lax, not strict: the provider's redirection comes from another site.
fn cookie(services: &Services, value: String, life: CookieDuration) -> Cookie<'static> {
    Cookie::build(COOKIE, value)
        .path(PATH)
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(services.account.is_https())
        .max_age(life)
        .finish()
}
