//! Probes for those who run the server.

use actix_web::{HttpMessage, HttpRequest, HttpResponse, web::Data};
use serde_json::json;

use super::error::respond;
use crate::{
    config::Http,
    domain::error::{Code, Error},
    extract::caller::Client,
    service::Services,
};

/// The process answers.
pub(super) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}))
}

/// The database can be reached and written to, and its schema is up to date; 503 with reasons where not.
pub(super) async fn readyz(services: Data<Services>, request: HttpRequest) -> HttpResponse {
    let status = services.probe().await;
    let ready = status.reasons.is_empty();
    let mut body = json!({
        "status": if ready { "ready" } else { "unready" },
        "reasons": status.reasons,
        "warnings": status.warnings,
    });
    if runs_the_server(&request) {
        body["markLagEvents"] = json!(status.mark_lag_events);
    }
    if ready {
        HttpResponse::Ok().json(body)
    } else {
        HttpResponse::ServiceUnavailable().json(body)
    }
}

/// Everything that is counted, for Prometheus.
pub(super) async fn metrics(services: Data<Services>, request: HttpRequest) -> HttpResponse {
    if !runs_the_server(&request) {
        let message = "Metrics tell of all sites together; they are read from the networks of --metrics-from.";
        return respond(&Error::new(Code::Forbidden, message));
    }
    services.metrics.set_queue(services.ingest.waiting());
    HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(services.metrics.text())
}

/// Whether a request comes from where what is counted over all sites may be read.
fn runs_the_server(request: &HttpRequest) -> bool {
    let address = request.extensions().get::<Client>().and_then(|client| client.0);
    let config = request.app_data::<Data<Http>>();
    let (Some(address), Some(config)) = (address, config) else {
        return false;
    };
    let address = address.to_canonical();
    config.metrics_from.iter().any(|block| block.contains(&address))
}
