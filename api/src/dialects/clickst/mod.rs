//! click.st's `action` component, over REST and over JSON-RPC. See `docs/clickst.md`.

mod error;
mod proof;
mod translate;
mod wire;

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{self, Data, Path, Payload, Query, ServiceConfig},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::{
    error::Failure,
    proof::{Known, Proof},
    wire::{Arguments, Call, Credentials},
};
use super::Entrance;
use crate::{
    domain::{
        caller::Caller,
        error::{Code, Error},
        event::{Door, Outcome},
        profile::Message,
        rate::Budget,
        zone::nanoseconds,
    },
    extract::{
        body::{Body, Media},
        deadline::within,
        room::MANY_VALUES,
    },
    service::{Services, snapshot::Snapshot},
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

/// What a call is answered.
struct Told {
    result: Value,
    /// The names of arguments that are not known.
    ignored: Vec<String>,
}

impl Told {
    fn shown(self) -> Map<String, Value> {
        let mut shown = Map::from_iter([("result".to_owned(), self.result)]);
        if !self.ignored.is_empty() {
            let warning = |name: &String| format!("the argument “{name}” is not known and was ignored");
            let warnings: Value = self.ignored.iter().map(warning).collect();
            shown.insert("warnings".to_owned(), warnings);
        }
        shown
    }
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
    let mut proof = Proof::new(query.take_credentials());
    let answered = match read {
        Ok((mut arguments, _body)) => {
            let own = arguments.take_credentials();
            perform(&entrance, (&mut proof, own), &method, arguments).await
        }
        Err(failure) if *method == LOG => Err(refuse_unread(&entrance, &mut proof, failure, 1).await),
        Err(failure) => Err(failure),
    };
    let (status, body, wait) = match answered {
        Ok(told) => (StatusCode::OK, told.shown().into(), None),
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
    let (status, body) = answer_rpc(&entrance, payload).await;
    match body {
        Some(body) => HttpResponse::build(status)
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(body),
        // Nothing but notifications.
        None => HttpResponse::NoContent().finish(),
    }
}

async fn answer_rpc(entrance: &Entrance<'_>, payload: Payload) -> (StatusCode, Option<Value>) {
    let mut around = Arguments::default();
    let read = async {
        around = Arguments::of_query(entrance.request.query_string())?;
        let body = entrance.body(payload, (MOST_BYTES, MANY_VALUES)).await?;
        Ok::<_, Failure>((body.json()?, body))
    };
    let read = read.await;
    let mut proof = Proof::new(around.take_credentials());
    let (sent, _body) = match read {
        Ok(read) => read,
        Err(failure) => {
            let told = refuse_unread(entrance, &mut proof, failure, 1).await;
            return (told.status_of_rpc(), Some(told.rpc(&Value::Null)));
        }
    };
    let answer = match sent {
        Value::Array(calls) if calls.is_empty() || calls.len() > MOST_CALLS => {
            let message = format!("A batch holds 1–{MOST_CALLS} calls.");
            let failure = Error::new(Code::MalformedRequest, message).into();
            let logs = calls.iter().filter(|call| call["method"] == LOG).count();
            let told = refuse_unread(entrance, &mut proof, failure, logs.max(1)).await;
            Some(told.rpc(&Value::Null))
        }
        Value::Array(calls) => {
            let mut answers = Vec::with_capacity(calls.len());
            for call in calls {
                answers.extend(answer_call(entrance, (&around, &mut proof), call).await);
            }
            (!answers.is_empty()).then(|| answers.into())
        }
        call => answer_call(entrance, (&around, &mut proof), call).await,
    };
    (StatusCode::OK, answer)
}

/// Answers a call among what the address says of all of them.
async fn answer_call(entrance: &Entrance<'_>, (around, proof): (&Arguments, &mut Proof), call: Value) -> Option<Value> {
    let mut call = match Call::read(call) {
        Ok(call) => call,
        Err(failure) => {
            let told = refuse_unread(entrance, proof, failure, 1).await;
            return Some(told.rpc(&Value::Null));
        }
    };
    let own = call.arguments.take_credentials();
    let arguments = around.clone().and(call.arguments);
    let answered = perform(entrance, (proof, own), &call.method, arguments).await;
    let id = call.id?;
    Some(match answered {
        Ok(told) => {
            let mut shown = told.shown();
            shown.extend([("jsonrpc".to_owned(), "2.0".into()), ("id".to_owned(), id)]);
            shown.into()
        }
        Err(failure) => failure.rpc(&id),
    })
}

/// Does what a method says.
async fn perform(
    entrance: &Entrance<'_>,
    (proof, own): (&mut Proof, Credentials),
    method: &str,
    arguments: Arguments,
) -> Result<Told, Failure> {
    if method != LOG && !QUESTIONS.contains(&method) {
        return Err(Failure::unknown_method(method));
    }
    let known = proof.of_call(entrance, own).await?;
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
async fn ask(entrance: &Entrance<'_>, known: &Known, method: &str, mut arguments: Arguments) -> Result<Told, Failure> {
    let snapshot = Snapshot::new(entrance.services.clone());
    match method {
        "action.find" => find(entrance, known, &snapshot, arguments).await,
        "action.find_batch" => {
            let queries = arguments.take_queries()?;
            if queries.len() > MOST_QUERIES {
                let message = format!("At most {MOST_QUERIES} queries are taken at once.");
                return Err(Error::new(Code::TooManyItems, message).at("queries").into());
            }
            let mut ignored = arguments.rest();
            let mut answers = Vec::with_capacity(queries.len());
            for (index, query) in queries.into_iter().enumerate() {
                let answered = match query {
                    Ok(query) => find(entrance, known, &snapshot, query).await,
                    Err(failure) => Err(failure),
                };
                answers.push(match answered {
                    Ok(told) => {
                        ignored.extend(told.ignored.iter().map(|name| format!("queries[{index}].{name}")));
                        told.result
                    }
                    Err(failure) => json!({"error": failure.shown()}),
                });
            }
            Ok(Told {
                result: answers.into(),
                ignored,
            })
        }
        "action.get_external_stats" => {
            let (asked, ignored) = translate::external(arguments)?;
            let stats = entrance
                .services
                .external_stats(&snapshot, &known.caller, entrance.site.as_deref(), asked)
                .await?;
            Ok(Told {
                result: translate::external_rows(stats).into(),
                ignored,
            })
        }
        _ => Ok(Told {
            result: quotas(entrance, &known.caller),
            ignored: arguments.rest(),
        }),
    }
}

/// Refuses what cannot be read, and so may have been events of whoever the address names.
async fn refuse_unread(entrance: &Entrance<'_>, proof: &mut Proof, failure: Failure, number: usize) -> Failure {
    let caller = match proof.of_request(entrance).await {
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

async fn log(entrance: &Entrance<'_>, known: &Known, arguments: Arguments) -> Result<Told, Failure> {
    let logged = match translate::event(arguments, known.is_signed) {
        Ok(logged) => logged,
        Err(failure) => return Err(refuse(entrance, &known.caller, failure, (Code::MalformedRequest, 1)).await),
    };
    let messages = vec![Message::Event(Box::new(logged.event))];
    let outcomes = entrance.take_in(known.caller.clone(), messages).await?;
    let id = match outcomes.into_iter().next() {
        Some(Outcome::Accepted(event)) => json!(event.id),
        Some(Outcome::Duplicate { id }) => json!(id),
        Some(Outcome::Refused(error)) => return Err(translate::refused(error, logged.visitor)),
        None => return Err(Error::internal("an event went without an outcome").into()),
    };
    Ok(Told {
        result: json!({"id": id}),
        ignored: logged.ignored,
    })
}

async fn find(
    entrance: &Entrance<'_>,
    known: &Known,
    snapshot: &Snapshot,
    arguments: Arguments,
) -> Result<Told, Failure> {
    let (services, caller) = (entrance.services, &*known.caller);
    let mut asked = translate::Asked::read(arguments)?;
    let names = asked.names_of_texts();
    let types = services.types_of_tags(snapshot, caller, &names).await?;
    asked.read_texts(&types);
    let first = match asked.begin {
        Some(_) => None,
        None => {
            services
                .first_counted(snapshot, caller, None, &asked.counting())
                .await?
        }
    };
    let (span, may_hold_any) = asked.span(first, nanoseconds(services.now()));
    let failure = |error| asked.failure(error);
    let result = if asked.counts_actors() {
        let question = asked.unique(span)?;
        let mut found = services
            .unique(snapshot, caller, None, &question)
            .await
            .map_err(failure)?;
        found.series = found.series.map(|points| drop_unless(may_hold_any, points));
        translate::actors(&asked, &found)
    } else {
        let question = asked.find(span);
        let mut found = services
            .find(snapshot, caller, None, &question)
            .await
            .map_err(failure)?;
        found.series = found.series.map(|points| drop_unless(may_hold_any, points));
        translate::counts(&asked, found)
    };
    Ok(Told {
        result,
        ignored: asked.ignored,
    })
}

/// The points of a stretch, of which there are none where the stretch is there only to be asked for.
fn drop_unless<T>(may_hold_any: bool, points: Vec<T>) -> Vec<T> {
    if may_hold_any { points } else { Vec::new() }
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
