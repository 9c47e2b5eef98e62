//! Counts every request, and logs it at the level `debug`; a failure of ours at `error`. What stands in a path may be a
//! secret, such as the key by which a library asks for its settings: what is logged is the pattern that fits the path.

use std::time::Instant;

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};

use crate::telemetry::Metrics;

/// The paths that metrics tell apart; others are counted together, as their number has no bound.
const PATHS: [&str; 16] = [
    "/",
    "/graphql",
    "/healthz",
    "/readyz",
    "/metrics",
    "/script",
    "/script.js",
    "/script.gif",
    "/session/sign-in",
    "/session/refresh",
    "/session/sign-out",
    "/session/accept",
    "/session/link",
    "/session/methods",
    "/session/oidc/start",
    "/session/oidc/callback",
];

/// The folders whose paths are counted together.
const FOLDERS: [&str; 6] = ["/segment/", "/moesif/", "/collector/", "/v1/", "/clickst/", "/rest/"];

/// Counts and logs a request.
///
/// # Errors
/// Those of the inner service.
pub async fn log_request(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let start = Instant::now();
    let metrics = request.app_data::<Data<Metrics>>().cloned();
    let path = PATHS
        .into_iter()
        .find(|path| *path == request.path())
        .or_else(|| FOLDERS.into_iter().find(|folder| request.path().starts_with(folder)))
        .unwrap_or("other");
    let response = next.call(request).await?;
    let (status, elapsed) = (response.status().as_u16(), start.elapsed());
    if let Some(metrics) = metrics {
        metrics.count_request(path, status, elapsed);
    }
    let request = response.request();
    tracing::debug!(
        method = %request.method(),
        path = request.match_pattern().as_deref().unwrap_or(path),
        status,
        micros = elapsed.as_micros(),
        "answered"
    );
    Ok(response)
}
