//! click.st's `action` component, over REST and over JSON-RPC. See `docs/clickst.md`.

mod error;
mod translate;
mod wire;

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{self, Data, Path, Payload, Query, ServiceConfig},
};
use serde::Deserialize;
use serde_json::{Value, json};

use self::{
    error::Failure,
    wire::{Arguments, Call},
};
use super::Entrance;
use crate::{
    domain::{
        caller::Caller,
        error::{Code, Error},
        event::{Door, Outcome},
        profile::Message,
        rate::Budget,
        signature::Signed,
        zone::nanoseconds,
    },
    extract::{
        body::{Body, Media},
        deadline::within,
        room::MANY_VALUES,
    },
    service::{Services, signature::restricted, snapshot::Snapshot},
};

/// Bytes of a body.
const MOST_BYTES: usize = 2 << 20;
/// Questions of one batch.
const MOST_QUERIES: usize = 50;
/// Calls of one JSON-RPC batch.
const MOST_CALLS: usize = 50;

/// The routes.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/rest/{method}", web::get().to(call))
        .route("/rest/{method}", web::post().to(call))
        .route("/rest", web::post().to(rpc))
        .route("/api.js", web::get().to(script));
}

/// Whether a path is one of these routes, or would be with another method.
pub(super) fn owns(path: &str) -> bool {
    let is_method = |name: &str| name.contains('.') && !name.contains('/');
    path == "/rest" || path == "/api.js" || path.strip_prefix("/rest/").is_some_and(is_method)
}

/// The method that logs.
const LOG: &str = "action.log";
/// The methods that ask.
const QUESTIONS: [&str; 5] = [
    "action.find",
    "action.find_batch",
    "action.get_external_stats",
    "quota.get",
    "quota.getlist",
];

/// Who calls, and how far they have proved who they are.
struct Known {
    caller: Arc<Caller>,
    is_signed: bool,
}

/// Answers one call over REST.
async fn call(services: Data<Services>, request: HttpRequest, method: Path<String>, payload: Payload) -> HttpResponse {
    let entrance = Entrance::new(&services, &request, Door::Clickst);
    let (mut callback, mut query) = (None, Arguments::default());
    let read = async {
        query = Arguments::of_query(request.query_string())?;
        callback = query.callback()?;
        let (arguments, body) = read(&entrance, payload).await?;
        Ok::<_, Failure>((query.clone().and(arguments), body))
    };
    let read = read.await;
    let answered = match read {
        Ok((arguments, _body)) => perform(&entrance, &method, arguments).await,
        Err(failure) if *method == LOG => Err(refuse_unread(&entrance, &query, failure, 1).await),
        Err(failure) => Err(failure),
    };
    let (status, body, wait) = match answered {
        Ok(result) => (StatusCode::OK, result, None),
        Err(failure) => (
            failure.status(),
            json!({"error": failure.shown()}),
            failure.retry_after(),
        ),
    };
    let mut builder = match &callback {
        // A script that is not answered with 200 is not run, and would not come to hear of the failure.
        Some(_) => HttpResponse::Ok(),
        None => HttpResponse::build(status),
    };
    builder.insert_header((header::CACHE_CONTROL, "no-store"));
    if let Some(seconds) = wait {
        builder.insert_header((header::RETRY_AFTER, seconds));
    }
    match callback {
        Some(name) => builder
            .content_type("application/javascript; charset=utf-8")
            .body(wire::padded(&name, &body)),
        None => builder.json(body),
    }
}

/// The arguments in a body, where there is one.
async fn read(entrance: &Entrance<'_>, payload: Payload) -> Result<(Arguments, Body), Failure> {
    let body = entrance.body(payload, (MOST_BYTES, MANY_VALUES)).await?;
    let arguments = match body.media {
        _ if body.bytes.iter().all(u8::is_ascii_whitespace) => Arguments::default(),
        Media::Form => Arguments::of_query(&String::from_utf8_lossy(&body.bytes))?,
        Media::Json => Arguments::of_json(body.json()?)?,
    };
    Ok((arguments, body))
}

/// Answers JSON-RPC: one call, or a list of them.
async fn rpc(services: Data<Services>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let entrance = Entrance::new(&services, &request, Door::Clickst);
    match answer_rpc(&entrance, payload).await {
        Some(body) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(body),
        // Nothing but notifications.
        None => HttpResponse::NoContent().finish(),
    }
}

async fn answer_rpc(entrance: &Entrance<'_>, payload: Payload) -> Option<Value> {
    let mut around = Arguments::default();
    let read = async {
        around = Arguments::of_query(entrance.request.query_string())?;
        let body = entrance.body(payload, (MOST_BYTES, MANY_VALUES)).await?;
        Ok::<_, Failure>((body.json()?, body))
    };
    let read = read.await;
    let (sent, _body) = match read {
        Ok(read) => read,
        Err(failure) => {
            let told = refuse_unread(entrance, &around, failure, 1).await;
            return Some(told.rpc(&Value::Null));
        }
    };
    match sent {
        Value::Array(calls) if calls.is_empty() || calls.len() > MOST_CALLS => {
            let message = format!("A batch holds 1–{MOST_CALLS} calls.");
            let failure = Error::new(Code::MalformedRequest, message).into();
            let logs = calls.iter().filter(|call| call["method"] == LOG).count();
            let told = refuse_unread(entrance, &around, failure, logs.max(1)).await;
            Some(told.rpc(&Value::Null))
        }
        Value::Array(calls) => {
            let mut answers = Vec::with_capacity(calls.len());
            for call in calls {
                answers.extend(answer_call(entrance, &around, call).await);
            }
            (!answers.is_empty()).then(|| answers.into())
        }
        call => answer_call(entrance, &around, call).await,
    }
}

async fn answer_call(entrance: &Entrance<'_>, around: &Arguments, call: Value) -> Option<Value> {
    let call = match Call::read(call) {
        Ok(call) => call,
        Err(failure) => {
            let told = refuse_unread(entrance, around, failure, 1).await;
            return Some(told.rpc(&Value::Null));
        }
    };
    let arguments = around.clone().and(call.arguments);
    let answered = perform(entrance, &call.method, arguments).await;
    let id = call.id?;
    Some(match answered {
        Ok(Value::Object(mut shown)) => {
            let result = shown.remove("result").unwrap_or(Value::Null);
            json!({"jsonrpc": "2.0", "id": id, "result": result})
        }
        Ok(other) => json!({"jsonrpc": "2.0", "id": id, "result": other}),
        Err(failure) => failure.rpc(&id),
    })
}

/// Does what a method says; gives `{"result": …}`.
async fn perform(entrance: &Entrance<'_>, method: &str, mut arguments: Arguments) -> Result<Value, Failure> {
    let credentials = arguments.take_credentials();
    if method != LOG && !QUESTIONS.contains(&method) {
        return Err(Failure::unknown_method(method));
    }
    let known = identify(entrance, &credentials).await?;
    if method == LOG {
        return log(entrance, &known, arguments).await;
    }
    if !known.is_signed {
        let message = "This takes a signed request: `key`, `nonce` and `signature`.";
        return Err(Failure::identity_required(message));
    }
    let answered = async { Ok(ask(entrance, &known, method, arguments).await) };
    within(entrance.time_left(), answered).await?
}

/// Answers a question.
async fn ask(entrance: &Entrance<'_>, known: &Known, method: &str, arguments: Arguments) -> Result<Value, Failure> {
    let snapshot = Snapshot::new(entrance.services.clone());
    match method {
        "action.find" => find(entrance, known, &snapshot, arguments).await,
        "action.find_batch" => {
            let queries = arguments.queries()?;
            if queries.len() > MOST_QUERIES {
                let message = format!("At most {MOST_QUERIES} queries are taken at once.");
                return Err(Error::new(Code::TooManyItems, message).at("queries").into());
            }
            let mut answers = Vec::with_capacity(queries.len());
            for query in queries {
                let answered = match query {
                    Ok(query) => find(entrance, known, &snapshot, query).await,
                    Err(failure) => Err(failure),
                };
                answers.push(match answered {
                    Ok(shown) => shown["result"].clone(),
                    Err(failure) => json!({"error": failure.shown()}),
                });
            }
            Ok(json!({"result": answers}))
        }
        "action.get_external_stats" => {
            let asked = translate::external(arguments)?;
            let stats = entrance
                .services
                .external_stats(&snapshot, &known.caller, entrance.site.as_deref(), asked)
                .await?;
            Ok(json!({"result": translate::external_rows(stats)}))
        }
        _ => Ok(json!({"result": quotas(entrance, &known.caller)})),
    }
}

/// Refuses what cannot be read, and so may have been events of whoever the address names.
async fn refuse_unread(entrance: &Entrance<'_>, around: &Arguments, failure: Failure, number: usize) -> Failure {
    let credentials = around.clone().take_credentials();
    let caller = match identify(entrance, &credentials).await {
        Ok(known) => known.caller,
        Err(error) if error.code == Code::RateLimited => return error.into(),
        Err(_) => Arc::new(entrance.nobody()),
    };
    let code = failure.kind();
    refuse(entrance, &caller, failure, (code, number)).await
}

/// Counts what cannot be taken for events; gives what its sender is told.
async fn refuse(entrance: &Entrance<'_>, caller: &Caller, failure: Failure, (code, number): (Code, usize)) -> Failure {
    let error = Error::new(code, failure.message());
    let counted = entrance.refuse(caller, error, number).await;
    if counted.code == code { failure } else { counted.into() }
}

async fn identify(entrance: &Entrance<'_>, credentials: &wire::Credentials) -> Result<Known, Error> {
    let wire::Credentials { key, nonce, signature } = credentials;
    let Some(key) = key.as_deref().filter(|key| !key.is_empty()) else {
        entrance.charge_nobody()?;
        let message = "Send at least `key`: nobody may log or ask without.";
        return Err(Error::new(Code::Forbidden, message).at("key"));
    };
    if nonce.is_none() && signature.is_none() {
        let caller = entrance.caller_by_page(Some(key)).await?;
        let restricted = Caller {
            identity: restricted(caller.identity.clone()),
            ..(*caller).clone()
        };
        return Ok(Known {
            caller: Arc::new(restricted),
            is_signed: false,
        });
    }
    let signed = Signed {
        key,
        nonce: nonce.as_deref().unwrap_or_default(),
        signature: signature.as_deref().unwrap_or_default(),
    };
    let identity = entrance
        .services
        .authenticate_signed(signed, entrance.connection.address)
        .await?;
    Ok(Known {
        caller: entrance.note(entrance.connection.caller(identity)),
        is_signed: true,
    })
}

async fn log(entrance: &Entrance<'_>, known: &Known, arguments: Arguments) -> Result<Value, Failure> {
    let (event, ignored) = match translate::event(arguments, known.is_signed) {
        Ok(translated) => translated,
        Err(failure) => return Err(refuse(entrance, &known.caller, failure, (Code::MalformedRequest, 1)).await),
    };
    let messages = vec![Message::Event(Box::new(event))];
    let outcomes = entrance.take_in(known.caller.clone(), messages).await?;
    match outcomes.into_iter().next() {
        Some(Outcome::Accepted(event)) => {
            let mut shown = json!({"result": {"id": event.id}});
            if !ignored.is_empty() {
                let warnings = ignored
                    .iter()
                    .map(|name| format!("the argument “{name}” is not known and was ignored"));
                shown["warnings"] = warnings.collect();
            }
            Ok(shown)
        }
        Some(Outcome::Duplicate { id }) => Ok(json!({"result": {"id": id}})),
        Some(Outcome::Refused(error)) => Err(error.into()),
        None => Err(Error::internal("an event went without an outcome").into()),
    }
}

async fn find(
    entrance: &Entrance<'_>,
    known: &Known,
    snapshot: &Snapshot,
    arguments: Arguments,
) -> Result<Value, Failure> {
    let (services, caller) = (entrance.services, &*known.caller);
    let asked = translate::Asked::read(arguments)?;
    let first = match asked.begin {
        Some(_) => None,
        None => services.first_event(snapshot, caller, None).await?,
    };
    let span = asked.span(first, nanoseconds(services.now()));
    let answer = if asked.counts_actors() {
        let question = asked.unique(span)?;
        translate::actors(&asked, &services.unique(snapshot, caller, None, &question).await?)
    } else {
        let question = asked.find(span);
        translate::counts(&asked, services.find(snapshot, caller, None, &question).await?)
    };
    Ok(json!({"result": answer}))
}

/// What the caller has left of each budget.
fn quotas(entrance: &Entrance<'_>, caller: &Caller) -> Value {
    let budgets = [Budget::Log, Budget::Query, Budget::Delete, Budget::Manage];
    let shown = budgets.into_iter().filter_map(|budget| {
        let left = entrance.services.rates.left(caller, budget)?;
        let resets = nanoseconds(entrance.services.now()) + i64::try_from(left.resets_in.as_nanos()).unwrap_or(0);
        Some(json!({
            "name": budget.name(),
            "limit": left.limit.quota,
            "used": left.limit.quota.saturating_sub(left.remaining),
            "period": left.limit.window.as_secs(),
            "resets_at": resets.div_euclid(1_000_000_000),
        }))
    });
    shown.collect()
}

#[derive(Deserialize)]
struct ScriptQuery {
    key: Option<String>,
}

/// The small script of ours that pages of click.st's customers load.
async fn script(query: Query<ScriptQuery>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .content_type("application/javascript; charset=utf-8")
        .body(wire::script(query.key.as_deref().unwrap_or_default()))
}
