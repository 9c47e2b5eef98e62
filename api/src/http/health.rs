//! Probes for those who run the server.

use actix_web::{HttpResponse, web::Data};
use serde_json::json;

use crate::service::Services;

/// The process answers.
pub(super) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}))
}

/// The database can be reached and written to, and its schema is up to date; 503 with reasons where not.
pub(super) async fn readyz(services: Data<Services>) -> HttpResponse {
    let status = services.probe().await;
    let ready = status.reasons.is_empty();
    let body = json!({
        "status": if ready { "ready" } else { "unready" },
        "reasons": status.reasons,
        "warnings": status.warnings,
        "markLagEvents": status.mark_lag_events,
    });
    if ready {
        HttpResponse::Ok().json(body)
    } else {
        HttpResponse::ServiceUnavailable().json(body)
    }
}

/// Everything that is counted, for Prometheus.
pub(super) async fn metrics(services: Data<Services>) -> HttpResponse {
    services.metrics.set_queue(services.ingest.waiting());
    HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(services.metrics.text())
}
