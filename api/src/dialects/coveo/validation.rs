//! What would be wrong with events, told without logging them.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path, Payload},
};

use serde_json::Value;

use super::{
    answer,
    error::Failure,
    listed, open, open_list, relay,
    translate::{self, Form},
    wire::Query,
};
use crate::{
    dialects::Entrance,
    domain::{event::Door, operation::Operation, usage::Kind},
    service::Services,
};

/// Says what would be wrong with events of Relay's.
pub(super) async fn validate(
    services: Data<Services>,
    request: HttpRequest,
    org: Path<String>,
    payload: Payload,
) -> HttpResponse {
    let judged = async {
        let mut entrance = Entrance::new(&services, &request, Door::Coveo);
        let opened = open_list(&mut entrance, payload, (Operation::ValidateEvents, &org)).await?;
        let verdict = |item: Value| relay::verdict(&relay::translate(item).faults);
        let items = listed(opened.said)?;
        services.charge_validation(&opened.caller, items.len())?;
        Ok::<_, Failure>(items.into_iter().map(verdict).collect::<Vec<_>>())
    };
    match judged.await {
        Ok(verdicts) => answer().json(verdicts),
        Err(failure) => failure.respond(&request),
    }
}

/// Says what would be wrong with what is sent to a path of usage analytics.
pub(super) async fn validate_usage(
    services: Data<Services>,
    request: HttpRequest,
    path: Path<(String, String)>,
    payload: Payload,
) -> HttpResponse {
    let (org, name) = path.into_inner();
    let form = match name.as_str() {
        "click" => Form::Usage(Kind::Click),
        "search" | "searches" => Form::Usage(Kind::Search),
        "custom" => Form::Usage(Kind::Custom),
        "view" => Form::Usage(Kind::View),
        "collect" => Form::Collected,
        _ => {
            let message = "There is click, search, searches, custom, view and collect.";
            return Failure::unknown(message).respond(&request);
        }
    };
    let judged = async {
        let mut entrance = Entrance::new(&services, &request, Door::Coveo);
        let query = Query::read(request.query_string());
        let purpose = (Operation::ValidateEvents, Some(org.as_str()));
        let opened = open(&mut entrance, payload, &query, (Some(form), purpose)).await?;
        let said = opened.said?;
        if name != "searches" {
            services.charge_validation(&opened.caller, 1)?;
            return Ok::<_, Failure>(translate::faults(form, &said));
        }
        let items = listed(Ok(said))?;
        services.charge_validation(&opened.caller, items.len())?;
        let faults = items.iter().enumerate().flat_map(|(index, item)| {
            let mut faults = translate::faults(form, item);
            for fault in &mut faults {
                fault.path = format!("[{index}].{}", fault.path);
            }
            faults
        });
        Ok(faults.collect())
    };
    match judged.await {
        Ok(faults) => answer().json(relay::verdict(&faults)),
        Err(failure) => failure.respond(&request),
    }
}
