//! What is left of a caller's limits, in the headers of answers: `RateLimit-Policy` and `RateLimit`, as
//! draft-ietf-httpapi-ratelimit-headers-10 has them.

use std::fmt::Write as _;

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
    },
    middleware::Next,
    web::Data,
};

use super::session::nobody;
use crate::{
    dialects::Known,
    domain::{
        caller::Caller,
        error::whole_seconds,
        rate::{Budget, Demand},
    },
    service::Services,
};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");
/// Where nothing is refused by a limit but attempts.
const SIGN_IN: &str = "/session/sign-in";

/// Tells of the budgets that a request draws on; where it draws on none, of that of questions.
pub(super) fn tell(services: &Services, caller: &Caller, mut demand: Demand, headers: &mut HeaderMap) {
    if demand == Demand::default() {
        demand.add(Budget::Query, 0);
    }
    if demand.draws_on(Budget::Log) {
        demand.add(Budget::Visitor, 0);
    }
    let (mut policy, mut left) = (String::with_capacity(64), String::with_capacity(64));
    for (budget, _) in demand.parts() {
        let Some(state) = services.rates.left(caller, budget) else {
            continue;
        };
        let (gap, name) = (if left.is_empty() { "" } else { ", " }, budget.name());
        let (quota, window) = (state.limit.quota, state.limit.window.as_secs());
        let reset = whole_seconds(state.resets_in);
        // Writing to a string does not fail.
        let _ = write!(policy, "{gap}\"{name}\";q={quota};w={window}");
        let _ = write!(left, "{gap}\"{name}\";r={};t={reset}", state.remaining);
    }
    for (header, text) in [(POLICY, policy), (LEFT, left)] {
        if let Ok(value) = HeaderValue::from_maybe_shared(bytes::Bytes::from(text)) {
            headers.insert(header, value);
        }
    }
}

/// Tells on the refusal of an attempt that none is left, and when one is again. The network may well have some, for other
/// accounts; the attempts at this one are told nowhere else.
fn tell_refusal(headers: &mut HeaderMap) {
    let wait = headers.get(RETRY_AFTER).and_then(|wait| wait.to_str().ok());
    let Some(wait) = wait else { return };
    let left = format!("\"{}\";r=0;t={wait}", Budget::SignIn.name());
    if let Ok(value) = HeaderValue::from_maybe_shared(bytes::Bytes::from(left)) {
        headers.insert(LEFT, value);
    }
}

/// Tells on every answer that does not tell yet: of the budgets that it was charged to where somebody known asked in
/// another system's wire format, of attempts to sign in where it is about sessions, else of the questions that the
/// client's address has left, which is what nobody known may do. It only looks, at what is in memory.
///
/// # Errors
/// Those of the inner service.
pub async fn tell_limits(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let of_session = request.path().starts_with("/session/");
    let of_sign_in = request.path() == SIGN_IN;
    let mut response = next.call(request).await?;
    if response.headers().contains_key(&POLICY) {
        return Ok(response);
    }
    let Some(services) = response.request().app_data::<Data<Services>>().cloned() else {
        return Ok(response);
    };
    let known = response.request().extensions().get::<Known>().cloned();
    let (caller, demand) = match known {
        Some(Known(caller)) => {
            let demand = Some(caller.drawn.demand()).filter(|drawn| *drawn != Demand::default());
            (caller, demand.unwrap_or_else(|| of(&[Budget::Log, Budget::Query])))
        }
        None => {
            let budget = if of_session { Budget::SignIn } else { Budget::Query };
            (nobody(response.request()).into(), of(&[budget]))
        }
    };
    tell(&services, &caller, demand, response.headers_mut());
    if of_sign_in && response.status() == StatusCode::TOO_MANY_REQUESTS {
        tell_refusal(response.headers_mut());
    }
    Ok(response)
}

/// Draws on these budgets.
fn of(budgets: &[Budget]) -> Demand {
    let mut demand = Demand::default();
    budgets.iter().for_each(|budget| demand.add(*budget, 0));
    demand
}
