//! Search tokens: by one of them a search page logs as its user.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Payload},
};
use serde_json::{Map, Value, json};

use super::{answer, error::Failure, open, wire::Query};
use crate::{
    dialects::{Entrance, text},
    domain::{
        client_token::{ClientClaims, SearchClaims},
        error::{Code, Error},
        event::Door,
        operation::Operation,
    },
    service::Services,
};

/// Mints the token by which a search page logs as its user.
pub(super) async fn mint(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let minted = async {
        let mut entrance = Entrance::new(&services, &request, Door::Coveo);
        let query = Query::read(request.query_string());
        let organization = query.org.clone();
        let purpose = (Operation::CreateSearchToken, organization.as_deref());
        let opened = open(&mut entrance, payload, &query, (None, purpose)).await?;
        let Value::Object(fields) = opened.said? else {
            return Err(Error::new(Code::MalformedRequest, "The body is a JSON object.").into());
        };
        let (claims, life) = claims(&fields, organization)?;
        let site = entrance.site.clone();
        Ok::<_, Failure>(services.create_search_token(&opened.caller, site, claims, life).await?)
    };
    match minted.await {
        Ok(minted) => answer().json(json!({"token": minted.token})),
        Err(failure) => failure.respond(&request),
    }
}

/// What a token is to claim, and its life in milliseconds.
fn claims(fields: &Map<String, Value>, organization: Option<String>) -> Result<(ClientClaims, Option<i64>), Failure> {
    let bad = |name: &str, message: &str| Failure::from(Error::new(Code::MalformedRequest, message).at(name));
    let list = |name: &'static str| match fields.get(name) {
        Some(Value::Array(list)) => Ok(list.clone()),
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(_) => Err(bad(name, "This is a list.")),
    };
    let life = match fields.get("validFor").filter(|life| !life.is_null()) {
        None => None,
        Some(life) => Some(
            life.as_i64()
                .ok_or_else(|| bad("validFor", "This is a number of milliseconds."))?,
        ),
    };
    let users = list("userIds")?;
    let named = users.iter().map(|user| text(user.get("name")));
    let Some(named) = named.collect::<Option<Vec<_>>>() else {
        return Err(bad("userIds", "Each user has a “name”."));
    };
    let groups = list("userGroups")?;
    let Some(groups) = groups.iter().map(|group| text(Some(group))).collect::<Option<Vec<_>>>() else {
        return Err(bad("userGroups", "Groups are texts."));
    };
    let display_name = text(fields.get("userDisplayName"));
    let claims = ClientClaims {
        username: named.into_iter().next(),
        display_name: display_name.clone(),
        search_hub: text(fields.get("searchHub")),
        pipeline: text(fields.get("pipeline")),
        organization,
        search: Some(SearchClaims {
            user_ids: users,
            user_display_name: display_name,
            user_groups: groups.clone(),
        }),
        groups,
        ..ClientClaims::default()
    };
    Ok((claims, life))
}
