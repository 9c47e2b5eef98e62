//! One event by each wire format against the same event by `logEvent`, in turns, on the same server.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use crate::{
    Bench, Result,
    clock::now,
    lag,
    load::{self, Call, LOG_ONE, Load, Pool},
    server::{Place, Server},
    statistics::{grouped, least, median, most},
    table::Row,
};

const CONNECTIONS: usize = 64;
/// So many events are prepared; then they are sent again.
const PREPARED_EVENTS: u64 = 50_000;
const WARM_UP: Duration = Duration::from_secs(1);

/// How a wire format logs one event.
struct Dialect {
    name: &'static str,
    call: Call,
    /// The event in its words, of that of `logEvent`.
    event: fn(&Value) -> Value,
    /// The same event as `logEvent` is told it, as it is the same that is to be compared: where the format knows visitors by an
    /// id of their own and keeps each in a visit, so it is there, and what it has fields for is in the tag.
    same: fn(&Value) -> Value,
}

const DIALECTS: [Dialect; 10] = [
    Dialect {
        name: "Segment",
        call: Call {
            path: "/v1/track",
            header: "Authorization: Basic BASIC",
            begin: "",
            end: "",
            success: r#"{"success":true}"#,
        },
        event: |event| {
            json!({"type": "track", "event": event["action"], "userId": event["actor"], "properties": event["tag"],
                "context": {"userAgent": event["userAgent"], "page": {"url": event["url"], "referrer": event["referrer"]}}})
        },
        same: Value::clone,
    },
    Dialect {
        name: "Moesif",
        call: Call {
            path: "/v1/actions",
            header: "X-Moesif-Application-Id: KEY",
            begin: "",
            end: "",
            success: "{}",
        },
        event: |event| {
            json!({"action_name": event["action"], "user_id": event["actor"], "metadata": event["tag"],
                "request": {"uri": event["url"], "verb": "GET", "user_agent_string": event["userAgent"],
                    "headers": {"Referer": event["referrer"]}}})
        },
        same: Value::clone,
    },
    Dialect {
        name: "click.st",
        call: Call {
            path: "/rest/action.log?key=KEY",
            header: "Accept: application/json",
            begin: "",
            end: "",
            success: r#""id""#,
        },
        event: |event| {
            let mut tag = event["tag"].clone();
            tag["user_id"] = event["actor"].clone();
            json!({"action": event["action"], "url": event["url"], "referrer": event["referrer"], "tag": tag})
        },
        same: Value::clone,
    },
    Dialect {
        name: "Coveo",
        call: Call {
            path: "/rest/ua/v15/analytics/custom",
            header: "Authorization: Bearer KEY",
            begin: "",
            end: "",
            success: r#""visitId""#,
        },
        event: |event| {
            json!({"eventType": event["action"], "eventValue": "bench", "language": "en", "username": event["actor"],
                "clientId": client(&event["actor"]), "customData": event["tag"]})
        },
        same: with_visit,
    },
    Dialect {
        name: "Coveo's click",
        call: Call {
            path: "/rest/ua/v15/analytics/click",
            header: "Authorization: Bearer KEY",
            begin: "",
            end: "",
            success: r#""visitId""#,
        },
        event: |event| with(of_page(event), &click(event)),
        same: |event| with_fields(event, &click(event)),
    },
    Dialect {
        name: "Coveo's search",
        call: Call {
            path: "/rest/ua/v15/analytics/search",
            header: "Authorization: Bearer KEY",
            begin: "",
            end: "",
            success: r#""searchEventUid""#,
        },
        event: |event| with(of_page(event), &search(event)),
        same: |event| with_fields(event, &search(event)),
    },
    Dialect {
        name: "Coveo's Relay",
        call: Call {
            path: "/rest/organizations/shop/events/v1",
            header: "Authorization: Bearer KEY",
            begin: "[",
            end: "]",
            success: r#""accepted":true"#,
        },
        event: |event| {
            json!({"action": "add", "quantity": 1, "item": event["tag"]["item_id"], "meta": {"type": "ec.cartAction",
                "config": {"trackingId": "shop"}, "ts": now().as_millisecond(), "source": ["bench@1"],
                "clientId": client(&event["actor"]), "userAgent": event["userAgent"], "location": event["url"],
                "referrer": event["referrer"]}})
        },
        // Relay says when it sends, which puts events into the index by time out of their order.
        same: |event| with(with_visit(event), &json!({"time": now().to_string()})),
    },
    Dialect {
        name: "Synerise",
        call: Call {
            path: "/v4/events/custom",
            header: "Authorization: Bearer KEY",
            begin: "",
            end: "",
            success: "",
        },
        event: |event| json!({"action": event["action"], "label": "bench", "client": {"customId": event["actor"]}, "params": event["tag"]}),
        same: Value::clone,
    },
    Dialect {
        name: "Profile Store",
        call: Call {
            path: "/api/v1.0/Track",
            header: "Authorization: epi-single KEY",
            begin: "",
            end: "",
            success: "",
        },
        event: |event| {
            json!({"DeviceId": event["actor"], "EventType": event["action"], "Value": "bench", "PageUri": event["url"],
                "Payload": event["tag"]})
        },
        same: Value::clone,
    },
    Dialect {
        name: "our script",
        call: Call {
            path: "/script",
            header: "Accept: application/json",
            begin: r#"{"key":"KEY","messages":["#,
            end: "]}",
            success: r#""ACCEPTED""#,
        },
        event: |event| {
            json!({"action": event["action"], "actor": event["actor"], "url": event["url"], "referrer": event["referrer"],
                "tag": event["tag"]})
        },
        same: Value::clone,
    },
];

/// A client's id in the form that Relay gives it, the same for the same actor.
fn client(actor: &Value) -> String {
    let number: u64 = actor
        .as_str()
        .and_then(|text| text.strip_prefix("user-")?.parse().ok())
        .unwrap_or(0);
    format!("00000000-0000-4000-8000-{number:012}")
}

/// The event as it is of a visitor with an id of its own, in a visit.
fn with_visit(event: &Value) -> Value {
    let mut event = event.clone();
    let client = client(&event["actor"]);
    event["session"] = format!("1{}", &client[1..]).into();
    event["device"] = client.into();
    event
}

/// The fields of a click, as they are kept.
fn click(event: &Value) -> Value {
    json!({"documentPosition": 3, "searchQueryUid": client(&event["actor"]), "sourceName": "bench", "documentTitle": "A boat",
        "documentUrl": event["url"], "originLevel1": "Boats"})
}

/// The fields of a search, as they are kept.
fn search(event: &Value) -> Value {
    json!({"searchQueryUid": client(&event["actor"]), "queryText": "boats", "responseTime": 42, "numberOfResults": 12,
        "originLevel1": "Boats"})
}

/// What a search page says of itself with either.
fn of_page(event: &Value) -> Value {
    json!({"actionCause": event["action"], "language": "en", "clientId": client(&event["actor"]), "userAgent": event["userAgent"],
        "customData": event["tag"]})
}

/// An object with the fields of another as well.
fn with(mut object: Value, fields: &Value) -> Value {
    for (name, value) in fields.as_object().into_iter().flatten() {
        object[name] = value.clone();
    }
    object
}

/// The event as it is kept of a search page: of a visitor whose user is not known, its fields in the tag.
fn with_fields(event: &Value, fields: &Value) -> Value {
    let said = with_visit(event);
    let mut tag = with(said["tag"].clone(), fields);
    tag["actionCause"] = said["action"].clone();
    if let Some(title) = fields.get("documentTitle") {
        tag["title"] = title.clone();
    }
    // A click leads to its document; neither tells what led to it.
    json!({"action": said["action"], "url": fields["documentUrl"], "device": said["device"], "session": said["session"],
        "userAgent": said["userAgent"], "language": "en", "tag": tag})
}

pub(crate) async fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let place = Place::temporary(&bench.options, "dialect")?;
    let server = Server::start(&place).await?;
    let key = place.create_site("shop")?;
    let events = load::pool_of_events(&bench.workload, PREPARED_EVENTS);
    let own = |pool: Pool| Load {
        call: LOG_ONE,
        connections: CONNECTIONS,
        pool,
    };
    let mut rows = Vec::with_capacity(DIALECTS.len());
    for dialect in &DIALECTS {
        let load = Load {
            call: with_key(dialect.call, &key),
            connections: CONNECTIONS,
            pool: translated(&events, dialect.event)?,
        };
        let own = own(translated(&events, dialect.same)?);
        rows.push(compare(bench, &server, &key, dialect.name, [&own, &load]).await?);
    }
    server.stop().await?;
    Ok(rows)
}

/// The call with the key where it stands elsewhere than in a header. There are a few, made once.
fn with_key(call: Call, key: &str) -> Call {
    let filled = |text: &'static str| match text.contains("KEY") {
        true => &*Box::leak(text.replace("KEY", key).into_boxed_str()),
        false => text,
    };
    Call {
        path: filled(call.path),
        begin: filled(call.begin),
        ..call
    }
}

fn translated(events: &Pool, translate: fn(&Value) -> Value) -> Result<Pool> {
    let mut pool = Vec::with_capacity(events.len());
    for event in events.iter() {
        pool.push(translate(&serde_json::from_slice(event)?).to_string().into_bytes());
    }
    Ok(Arc::new(pool))
}

async fn compare(bench: &Bench, server: &Server, key: &str, name: &str, [own, load]: [&Load; 2]) -> Result<Row> {
    let time = bench.options.round();
    for load in [own, load] {
        let _ = load.run(server, key, WARM_UP.min(time)).await?;
    }
    let mut rounds = Vec::new();
    for _ in 0..bench.options.rounds {
        let _ = lag::await_folded(server, key).await?;
        let own = own.run(server, key, time).await?;
        let _ = lag::await_folded(server, key).await?;
        let other = load.run(server, key, time).await?;
        eprintln!("    {name}: {:.0}/s to {:.0}/s", other.rate, own.rate);
        rounds.push((other.rate, own.rate));
    }
    let ratios: Vec<f64> = rounds.iter().map(|(other, own)| other / own).collect();
    let of = |pick: fn(&(f64, f64)) -> f64| median(&rounds.iter().map(pick).collect::<Vec<_>>());
    let row = Row::at_least(
        &format!("{name}, one event, 64 connections: rate, of `logEvent`'s"),
        0.8,
        median(&ratios),
        " ×",
    );
    Ok(row.detail(format!(
        "{} to {} events/s; {} rounds, {:.2}–{:.2}",
        grouped(of(|round| round.0)),
        grouped(of(|round| round.1)),
        ratios.len(),
        least(&ratios),
        most(&ratios)
    )))
}
