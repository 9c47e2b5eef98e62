//! Every URL on one screen.

pub mod cors;
pub mod error;
pub mod graphql;
mod health;
mod oidc;
pub mod rate_limit;
mod session;
mod web_bundle;

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header::HeaderMap},
    web,
};
use async_graphql::Data;

use crate::{
    dialects::{
        self,
        script::{self, Part},
    },
    domain::{
        caller::{Caller, Identity},
        error::{Code, Result},
        event::Door,
        rate::{Bill, Demand},
    },
    extract::{
        caller::Connection,
        room::{FEW_VALUES, MANY_VALUES},
    },
    graphql::{
        TidemarkSchema,
        context::{RequestId, operation},
    },
    service::{Services, ingest::Way},
};
use graphql::{Authenticate, Credential, Most, serve};

/// Bytes of a body of nobody known, who has only questions that anybody may ask.
const MOST_ANONYMOUS_BYTES: usize = 64 << 10;
/// Bytes of a body of somebody who holds no secret; a browser's event with the largest tag fits.
const MOST_PUBLIC_BYTES: usize = 3 << 20;

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/graphql").to(serve::<TidemarkSchema, Callers>))
        .configure(session::routes)
        .configure(oidc::routes)
        .configure(dialects::routes)
        .route("/healthz", web::get().to(health::healthz))
        .route("/readyz", web::get().to(health::readyz))
        .route("/metrics", web::get().to(health::metrics))
        .route("/script.js", web::get().to(web_bundle::script))
        .route("/", web::get().to(web_bundle::page))
        .default_service(web::to(elsewhere));
}

/// What has no address of its own: a script under a name that its site gave it, what a dialect refuses in its own words,
/// or the web UI's.
async fn elsewhere(services: web::Data<Services>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    match (request.method(), script::part(&services, request.path())) {
        (&Method::GET | &Method::HEAD, Some(Part::File)) => web_bundle::script(request).await,
        (&Method::GET, Some(Part::Pixel)) => script::pixel(services, request).await,
        (&Method::POST, Some(Part::Endpoint)) => script::receive(services, request, payload).await,
        _ => match dialects::nowhere(&services, &request) {
            Some(refused) => refused,
            None => web_bundle::file_or_page(request).await,
        },
    }
}

/// Knows callers for the GraphQL transport.
#[derive(Debug, Clone)]
pub struct Callers(pub Services);

impl Authenticate for Callers {
    type Client = Connection;
    type Caller = Arc<Caller>;

    fn client(&self, request: &HttpRequest) -> Connection {
        Connection::of(request)
    }

    async fn authenticate(&self, client: &Connection, credential: Option<Credential<'_>>) -> Result<Self::Caller> {
        let identity = match credential {
            None => Identity::Anonymous,
            Some(Credential::Bearer(text) | Credential::ApiKey(text)) => {
                self.0
                    .authenticate(text, client.origin.as_deref(), client.address)
                    .await?
            }
        };
        Ok(client.caller(identity).into())
    }

    fn most_of_body(&self, caller: &Self::Caller) -> Most {
        let (bytes, values) = match caller.identity {
            Identity::Anonymous => (MOST_ANONYMOUS_BYTES, FEW_VALUES),
            _ if caller.is_trusted() => (usize::MAX, MANY_VALUES),
            _ => (MOST_PUBLIC_BYTES, FEW_VALUES),
        };
        Most { bytes, values }
    }

    fn begin(&self, client: &Connection, caller: &Self::Caller, demand: Demand) -> Result<(Data, Arc<Bill>)> {
        let bill = self.0.rates.open(caller, demand)?;
        let request_id = RequestId(client.request_id.clone());
        Ok((operation(&self.0, caller.clone(), request_id, bill.clone()), bill))
    }

    fn tell(&self, client: &Connection, caller: Option<&Self::Caller>, demand: Demand, headers: &mut HeaderMap) {
        let unknown;
        let caller = match caller {
            Some(caller) => caller,
            None => {
                unknown = client.caller(Identity::Anonymous).into();
                &unknown
            }
        };
        rate_limit::tell(&self.0, caller, demand, headers);
    }

    fn count_unreadable(&self, caller: &Self::Caller, code: Code) -> impl Future<Output = Result<()>> + Send + 'static {
        let way = Way {
            door: Door::Graphql,
            site: None,
        };
        self.0.count_unreadable(caller, way, code, 1)
    }

    async fn is_current(&self, caller: &Self::Caller) -> bool {
        self.0.is_current(caller).await
    }
}
