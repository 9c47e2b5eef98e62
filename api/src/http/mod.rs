//! Every URL on one screen.

pub mod error;
pub mod graphql;
mod health;
mod link_page;
mod oidc;
mod session;

use actix_web::{HttpResponse, web};

use crate::{
    domain::{
        caller::{Caller, Identity},
        error::{Code, Error, Result},
    },
    extract::caller::Connection,
    graphql::{
        TidemarkSchema,
        context::{RequestId, operation},
    },
    service::Services,
};
use graphql::{Authenticate, Credential, serve};

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/graphql").to(serve::<TidemarkSchema, Callers>))
        .configure(session::routes)
        .configure(oidc::routes)
        .route("/healthz", web::get().to(health::healthz))
        .route("/readyz", web::get().to(health::readyz))
        .route("/metrics", web::get().to(health::metrics))
        .route("/", web::get().to(welcome))
        .default_service(web::to(nothing_here));
}

/// What a person sees who opens the server in a browser.
async fn welcome() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(
        "Tidemark is running.\n\nPOST /graphql   log events and ask questions\nGET  /readyz    whether it is ready\nGET  /metrics   Prometheus metrics\n",
    )
}

async fn nothing_here() -> HttpResponse {
    error::respond(&Error::new(
        Code::UnknownPath,
        "There is nothing at this address; GraphQL is at /graphql.",
    ))
}

/// Knows callers for the GraphQL transport.
#[derive(Debug, Clone)]
pub struct Callers(pub Services);

impl Authenticate for Callers {
    type Client = Connection;
    type Caller = std::sync::Arc<Caller>;

    fn client(&self, request: &actix_web::HttpRequest) -> Connection {
        Connection::of(request)
    }

    async fn authenticate(&self, client: &Connection, credential: Option<Credential<'_>>) -> Result<Self::Caller> {
        let identity = match credential {
            None => Identity::Anonymous,
            Some(Credential::Bearer(text) | Credential::ApiKey(text)) => {
                self.0.authenticate(text, client.origin.as_deref()).await?
            }
        };
        Ok(client.caller(identity).into())
    }

    fn data(&self, client: &Connection, caller: &Self::Caller) -> async_graphql::Data {
        operation(&self.0, caller.clone(), RequestId(client.request_id.clone()))
    }

    async fn is_current(&self, caller: &Self::Caller) -> bool {
        self.0.is_current(caller).await
    }
}
