//! What is left of a caller's limits, in the headers of answers: `RateLimit-Policy` and `RateLimit`, as
//! draft-ietf-httpapi-ratelimit-headers-10 has them.

use std::fmt::Write as _;

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderMap, HeaderName, HeaderValue},
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

/// Tells of the attempts that the client's network has left, on every answer about sessions, and of the events that a
/// caller has left who sends them in another system's wire format.
///
/// # Errors
/// Those of the inner service.
pub async fn tell_attempts(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let of_session = request.path().starts_with("/session/");
    let mut response = next.call(request).await?;
    let services = response.request().app_data::<Data<Services>>().cloned();
    if let Some(services) = services.as_ref().filter(|_| of_session) {
        let caller = nobody(response.request());
        let mut demand = Demand::default();
        demand.add(Budget::SignIn, 0);
        tell(services, &caller, demand, response.headers_mut());
    } else if let Some(services) = services {
        let known = response.request().extensions().get::<Known>().cloned();
        if let Some(Known(caller)) = known {
            let mut demand = Demand::default();
            demand.add(Budget::Log, 0);
            tell(&services, &caller, demand, response.headers_mut());
        }
    }
    Ok(response)
}
