//! The only file that knows every part: it joins them, and decides nothing.

use std::{net::SocketAddr, time::Duration};

use actix_web::{App, HttpServer, middleware::from_fn, web};
use tokio::sync::watch;

use crate::{
    config::Config,
    domain::{
        error::{Code, Error, Result},
        forwarded::Proxies,
    },
    extract::{
        connections::Connections,
        middleware::{access_log::log_request, request_id::name_request, security_header::secure},
        room::Room,
    },
    graphql,
    http::{self, Callers, graphql::Endpoint},
    service::{Services, Settings, link::Link},
    store::{Database, Options},
    telemetry::Metrics,
    workers::Workers,
};

/// How long a shutdown waits for what nobody waits for any more, once all requests are answered.
const LAST_WORK: Duration = Duration::from_secs(20);

/// A server that runs.
pub struct Running {
    /// The address that it was given.
    pub address: SocketAddr,
    server: actix_web::dev::Server,
    services: Services,
    stop_streams: watch::Sender<bool>,
    stop_workers: watch::Sender<bool>,
    workers: Workers,
}

/// Opens the database, brings its schema up to date, and builds the use-cases.
///
/// # Errors
/// A setting that does not fit, or whatever the database says.
pub async fn services(config: &Config) -> Result<Services> {
    let database = open(config).await?;
    database.migrate().await?;
    let settings = Settings {
        account: config.account(),
        oidc: config.oidc(),
        external: config.external(),
        ingest: config.ingest(),
        question: config.question(),
        rate: config.rate(),
        worker: config.worker(),
    };
    Services::start(database, settings, Metrics::default()).await
}

/// Opens the database as it is.
///
/// # Errors
/// A setting that does not fit, or whatever the database says.
pub async fn open(config: &Config) -> Result<Database> {
    if config.database_url.is_none() {
        crate::store::database::make_folder(&config.data)?;
    }
    Database::open(&Options {
        url: config.database_url(),
        connections: config.database_connections,
    })
    .await
}

/// Starts the server.
///
/// # Errors
/// A setting that does not fit, an address that cannot be listened on, or whatever the database says.
pub async fn start(config: &Config) -> Result<Running> {
    let services = services(config).await?;
    let (stop_streams, streams_stopped) = watch::channel(false);
    let (stop_workers, workers_stopped) = watch::channel(false);
    let schema = graphql::build(
        services.clone(),
        graphql::context::PublicUrl(config.public_url(config.listen)),
    );
    let of_http = config.http();
    let of_graphql = config.graphql();
    let transport = http::graphql::Limits {
        body_bytes: of_http.max_body_bytes,
        body_timeout: of_http.body_timeout,
        request_deadline: of_http.request_deadline,
        batch_operations: of_graphql.batch_operations,
        websocket_message_bytes: of_graphql.message_bytes,
        websocket_operations: of_graphql.subscriptions,
        websocket_init_seconds: of_graphql.init_timeout.as_secs(),
        ..http::graphql::Limits::default()
    };
    let documents = graphql::limit::Limits {
        depth: of_graphql.depth,
        complexity: of_graphql.complexity,
        aliases: of_graphql.aliases,
        directives: of_graphql.directives,
        tokens: of_graphql.tokens,
        introspection: of_graphql.introspection,
    };
    let callers = Callers(services.clone());
    let endpoint = web::Data::new(Endpoint::new(
        schema,
        &graphql::sdl(),
        callers,
        transport,
        documents,
        streams_stopped,
    )?);
    let (of_app, metrics) = (
        web::Data::new(services.clone()),
        web::Data::new(services.metrics.clone()),
    );
    let connections = Connections::new(&of_http);
    let (edge, proxies) = (
        web::Data::new(of_http.clone()),
        web::Data::new(Proxies::new(of_http.trusted_proxies.clone())),
    );
    let room = web::Data::new(Room::default());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(room.clone())
            .app_data(edge.clone())
            .app_data(proxies.clone())
            .app_data(endpoint.clone())
            .app_data(of_app.clone())
            .app_data(metrics.clone())
            .wrap(from_fn(http::cors::answer_preflight))
            .wrap(from_fn(log_request))
            .wrap(from_fn(name_request))
            // Around what refuses requests: pages may read that, too.
            .wrap(from_fn(http::cors::share))
            // Around whatever answers.
            .wrap(from_fn(http::rate_limit::tell_limits))
            // Around what refuses requests before anybody sees them: its answers reach browsers, too.
            .wrap(from_fn(secure))
            .configure(http::routes)
    })
    .workers(of_http.workers)
    .on_connect(move |connection, data| {
        let connection = connection.downcast_ref::<actix_web::rt::net::TcpStream>();
        if let Some(place) = connection.and_then(|connection| connections.admit(connection)) {
            data.insert(place);
        }
    })
    // Never reached: whoever is too many is told, and not left waiting.
    .max_connections(of_http.max_connections.saturating_add(1))
    .keep_alive(of_http.keep_alive)
    .client_request_timeout(of_http.request_timeout)
    .shutdown_timeout(of_http.shutdown_timeout.as_secs())
    .disable_signals()
    .bind(of_http.listen)
    .map_err(|error| {
        let message = format!(
            "The server cannot listen on {}: {error}. Choose another address by --listen.",
            of_http.listen
        );
        Error::new(Code::InvalidArgument, message).at("listen")
    })?;
    let address = server.addrs().first().copied().unwrap_or(of_http.listen);
    let workers = Workers::start(&services, &workers_stopped);
    Ok(Running {
        address,
        server: server.run(),
        services,
        stop_streams,
        stop_workers,
        workers,
    })
}

impl Running {
    /// Serves until `stop` ends, then finishes what was accepted and leaves the database in order.
    ///
    /// # Errors
    /// A server that broke off.
    pub async fn until(self, stop: impl Future<Output = ()>) -> Result<()> {
        let handle = self.server.handle();
        let serving = tokio::spawn(self.server);
        stop.await;
        tracing::info!("shutting down");
        // Streams first, or the server would wait for them.
        self.stop_streams.send_replace(true);
        handle.stop(true).await;
        serving.await.map_err(Error::internal)?.map_err(Error::internal)?;
        self.stop_workers.send_replace(true);
        // Everybody is answered by now; what is left can be done at the next start.
        match tokio::time::timeout(LAST_WORK, leave(self.workers, self.services)).await {
            Ok(left) => left,
            Err(_) => Err(Error::internal(format!(
                "the database did not take what was left to do within {} seconds",
                LAST_WORK.as_secs()
            ))),
        }
    }

    /// A link that makes the first account; none once there is one.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn setup_link(&self) -> Result<Option<Link>> {
        self.services.setup_link().await
    }

    /// Whether the database holds no site yet.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.services.registry.current().sites.is_empty()
    }
}

/// Ends the background tasks, and leaves the database in order.
async fn leave(workers: Workers, services: Services) -> Result<()> {
    workers.join().await;
    if let Err(error) = services.write_all_uses().await {
        // Nobody is let in or kept out by it.
        tracing::warn!(?error, "when keys were last used could not be written down");
    }
    if let Err(error) = services.write_questions().await {
        tracing::warn!(?error, "what views were asked could not be written down");
    }
    if let Err(error) = services.give_shares_back().await {
        // They run out by themselves.
        tracing::warn!(?error, "this server's shares of rates could not be given back");
    }
    services.database.clone().close().await
}

/// Brings the database's schema up to date; gives the names of the migrations that it ran.
///
/// # Errors
/// A setting that does not fit, or whatever the database says.
pub async fn migrate(config: &Config) -> Result<Vec<String>> {
    let database = open(config).await?;
    let applied = database.migrate().await?;
    database.close().await?;
    Ok(applied)
}

/// The GraphQL schema in the schema definition language.
#[must_use]
pub fn schema() -> String {
    graphql::sdl()
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};

    use super::*;
    use crate::{
        domain::{
            caller::{Caller, Identity},
            key::{Permission, Permissions},
            signing::Audience,
        },
        service::key::{Changes, NewKey},
    };

    /// What is looked up shows where nothing can be looked up any more.
    #[tokio::test]
    async fn nothing_is_looked_up_for_an_address_that_guessed_too_often() {
        let data = std::env::temp_dir().join(format!("tidemark-startup-{}", uuid::Uuid::now_v7()));
        let config = Config {
            data: data.clone(),
            rate_anonymous_units: 10,
            ..Config::default()
        };
        let services = services(&config).await.expect("an empty folder");
        let [guesser, other]: [IpAddr; 2] = [[192, 0, 2, 1].into(), [192, 0, 2, 2].into()];
        services.rates.charge_guess(Some(guesser), 10).expect("it is all left");
        services.database.clone().close().await.expect("it closes");
        let mut guesses = vec![format!("tm_0123456789_{}", "a".repeat(43))];
        for audience in Audience::ALL {
            let mut header = Header::new(Algorithm::HS256);
            (header.typ, header.kid) = (Some(audience.kind().to_owned()), Some("unknown".to_owned()));
            let claims = serde_json::json!({});
            guesses.push(encode(&header, &claims, &EncodingKey::from_secret(b"a guess")).expect("it can be signed"));
        }
        for (address, is_limited) in [(guesser, true), (other, false)] {
            for guess in &guesses {
                let found = services.authenticate(guess, None, Some(address)).await;
                let error = found.expect_err("nobody knows it");
                assert_eq!(error.code == Code::RateLimited, is_limited, "{guess}: {error:?}");
            }
            let caller = Caller {
                identity: Identity::Anonymous,
                address: Some(address),
                ..Caller::operator()
            };
            let refresh = format!("tmr_{}", "a".repeat(43));
            let renewed = services.renew_session(&caller, &refresh, None).await.map(drop);
            let ended = services.sign_out(&caller, &refresh).await;
            for told in [renewed, ended] {
                let error = told.expect_err("nobody knows it");
                assert_eq!(error.code == Code::RateLimited, is_limited, "{error:?}");
            }
        }
        std::fs::remove_dir_all(data).expect("it is ours");
    }

    /// No wire format of ours signs yet, so that this cannot be tried from outside.
    #[tokio::test]
    async fn the_server_reads_the_signing_secret_that_it_showed() {
        let data = std::env::temp_dir().join(format!("tidemark-startup-{}", uuid::Uuid::now_v7()));
        let config = Config {
            data: data.clone(),
            ..Config::default()
        };
        let operator = Caller::operator();
        let new = NewKey {
            permissions: Permissions::one(Permission::Log),
            signs: true,
            ..NewKey::default()
        };
        let (prefix, shown) = {
            let services = services(&config).await.expect("an empty folder");
            let made = services.create_key(&operator, new).await.expect("a key");
            let shown = made.signing_secret.expect("a secret");
            services.database.clone().close().await.expect("it closes");
            (made.key.key.prefix, shown)
        };
        // Another process, or the same after a restart.
        let services = services(&config).await.expect("its own folder");
        let (key, _) = services.registry.current().keys[&prefix].clone();
        assert_eq!(services.signing_secret_of(&key).expect("it opens"), Some(shown.clone()));
        let renew = |signs| Changes {
            signs: Some(signs),
            ..Changes::default()
        };
        let made = services
            .update_key(&operator, &prefix, renew(true))
            .await
            .expect("it is there");
        let renewed = made.signing_secret.expect("a new secret");
        assert_ne!(renewed, shown);
        assert_eq!(services.signing_secret_of(&key).expect("it opens"), Some(renewed));
        services
            .update_key(&operator, &prefix, renew(false))
            .await
            .expect("it is there");
        assert_eq!(services.signing_secret_of(&key).expect("there is none"), None);
        services.database.clone().close().await.expect("it closes");
        std::fs::remove_dir_all(data).expect("it is ours");
    }
}
