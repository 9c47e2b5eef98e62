//! What it costs a logged event that somebody says who may do what: sites with rules alone, and with all that there is, in turns
//! with a plain one.

use std::time::Duration;

use serde_json::{Value, json};
use tidemark::domain::rule::{List, Target};

use crate::{
    Bench, Result,
    client::Client,
    lag,
    load::{self, Load, Pool},
    rule::{self, RULES, Sketch, sketches},
    server::{Place, RATE, Server},
    statistics::{grouped, least, median, most},
    table::Row,
    workload::Workload,
};

/// So many rules are made by one request.
const RULES_AT_ONCE: usize = 1_000;
/// Rules of allow lists on the guarded site.
const ALLOW_RULES: usize = 1_000;
/// The keys of the workload's tags, which are all texts.
const TAG_KEYS: [&str; 3] = ["network", "group", "item_id"];
/// Seconds that a client token holds: longer than this takes.
const TOKEN_LIFE: u32 = 86_400;
const CONNECTIONS: usize = 64;
const PREPARED_EVENTS: u64 = 100_000;
const WARM_UP: Duration = Duration::from_secs(2);
/// Rounds of each site, in turns.
const PAIRS: usize = 20;
const PAIR: Duration = Duration::from_secs(2);

const CREATE_RULES: &str = "mutation ($input: CreateRulesInput!) { createRules(input: $input) { error { message } } }";
const DECLARE: &str = "mutation ($input: TagTypeInput!) { declareTagType(input: $input) { error { message } } }";
const MINT: &str =
    "mutation ($input: CreateClientTokenInput!) { createClientToken(input: $input) { token error { message } } }";

pub(crate) async fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let mut rows = vec![rule::judge(bench)?];
    rows.extend(log(bench).await?);
    Ok(rows)
}

/// A site, by those who log to it: a key that may also ask, and whoever else takes part of its connections.
struct Side {
    callers: Vec<String>,
    rates: Vec<f64>,
}

impl Side {
    fn new(callers: Vec<String>) -> Self {
        Self {
            callers,
            rates: Vec::new(),
        }
    }

    /// Logs for a time, once all that was logged before is folded.
    async fn log(&self, load: &Load, server: &Server, time: Duration) -> Result<f64> {
        let _ = lag::await_folded(server, &self.callers[0]).await?;
        let callers: Vec<_> = self.callers.iter().map(String::as_str).collect();
        Ok(load.run_by(server, &callers, time).await?.rate)
    }

    /// Its rate, of a plain site's.
    fn row(&self, what: &str, plain: &Self) -> Row {
        let pairs = self.rates.iter().zip(&plain.rates);
        let ratios: Vec<_> = pairs.map(|(own, plain)| own / plain).collect();
        let detail = format!(
            "{} to {} events/s; {} pairs, {:.2}–{:.2}",
            grouped(median(&self.rates)),
            grouped(median(&plain.rates)),
            ratios.len(),
            least(&ratios),
            most(&ratios)
        );
        Row::at_least(what, 0.8, median(&ratios), " ×").detail(detail)
    }
}

/// A site as it is by default, logged to by a key without a rate of its own.
fn plain(place: &Place) -> Result<Side> {
    let _ = place.create_site("plain")?;
    let key = place.run(&["key", "create", "--site", "plain", "--allow", "log,query"])?;
    Ok(Side::new(vec![key]))
}

/// A site with as many rules as it can have, of which one is hit by every event.
async fn ruled(place: &Place, server: &Server) -> Result<Side> {
    let key = place.create_site("ruled")?;
    let rules = sketches().iter().map(|sketch| shown(List::Deny, sketch)).collect();
    create_rules(place, server, "ruled", rules).await?;
    Ok(Side::new(vec![key]))
}

/// A site with all that there is: as many rules, on both lists, some in shadow; declared keys of tags alone; actions of one
/// form; a key with a rate and an end. Every other connection shows a client token that the key minted, whose signature is
/// verified, and whose events are charged to the key and to the address.
async fn guarded(place: &Place, server: &Server) -> Result<Side> {
    let _ = place.create_site("guarded")?;
    let admin = place.run(&["key", "create", "--allow", "manage"])?;
    let mut admin = Client::connect(server, &admin).await?;
    for name in TAG_KEYS {
        let declared = json!({"input": {"name": name, "type": "string"}});
        let _ = change(&mut admin, DECLARE, &declared).await?;
    }
    let strict = ["--tag-mode", "strict", "--action-policy", "context-activity"];
    let _ = place.run(&[&["site", "update", "guarded"], &strict[..]].concat())?;
    create_rules(place, server, "guarded", both_lists()).await?;
    let limits = ["--rate", RATE, "--expires", "2100-01-01T00:00:00Z"];
    let create = ["key", "create", "--site", "guarded", "--allow", "log,query"];
    let key = place.run(&[&create[..], &limits[..]].concat())?;
    let mut backend = Client::connect(server, &key).await?;
    let wanted = json!({"input": {"permissions": ["LOG"], "expiresIn": TOKEN_LIFE}});
    let minted = change(&mut backend, MINT, &wanted).await?;
    let token = minted["token"].as_str().ok_or("no token was minted")?.to_owned();
    Ok(Side::new(vec![key, token]))
}

/// Makes a change, and gives what is told of it.
async fn change(client: &mut Client, document: &str, variables: &Value) -> Result<Value> {
    let mut answer = client.ask(document, variables).await?;
    let payload = answer.as_object_mut().and_then(|fields| fields.values_mut().next());
    let told = payload.map(Value::take).unwrap_or_default();
    match told["error"].is_null() {
        true => Ok(told),
        false => Err(format!("a change is refused: {}", told["error"]).into()),
    }
}

async fn create_rules(place: &Place, server: &Server, site: &str, rules: Vec<Value>) -> Result<()> {
    let manager = place.run(&["key", "create", "--site", site, "--allow", "manage"])?;
    let mut manager = Client::connect(server, &manager).await?;
    for rules in rules.chunks(RULES_AT_ONCE) {
        let _ = change(&mut manager, CREATE_RULES, &json!({"input": {"rules": rules}})).await?;
    }
    Ok(())
}

/// A rule as it is declared.
fn shown(list: List, (target, pattern, shadow): &Sketch) -> Value {
    json!({"list": list.name(), "target": target.name(), "pattern": pattern, "shadow": shadow})
}

/// Deny rules that refuse nothing of the workload, and allow rules that let all of it pass.
fn both_lists() -> Vec<Value> {
    let mut allowed: Vec<Sketch> = vec![
        (Target::Action, "*.*".to_owned(), false),
        (Target::UrlPath, "/section-*/page-*".to_owned(), false),
        (Target::ReferrerHost, "partner.example".to_owned(), true),
    ];
    for number in allowed.len()..ALLOW_RULES {
        let (target, pattern) = match number % 4 {
            0 | 1 => (Target::Action, format!("partner{number}.view")),
            2 => (Target::UrlPath, format!("/partner/{number}/*")),
            _ => (Target::UrlPath, format!("/landing-{number}")),
        };
        allowed.push((target, pattern, false));
    }
    let denied = sketches();
    let denied = denied[..RULES - ALLOW_RULES]
        .iter()
        .map(|sketch| shown(List::Deny, sketch));
    let allowed = allowed.iter().map(|sketch| shown(List::Allow, sketch));
    denied.chain(allowed).collect()
}

/// Events whose actions are all of the form that the guarded site takes.
fn pool(workload: &Workload) -> Pool {
    let events = load::pool_of_events(workload, PREPARED_EVENTS);
    let dotted = |event: &Vec<u8>| {
        let text = String::from_utf8_lossy(event);
        text.replacen("\"action\":\"pageview\"", "\"action\":\"page.view\"", 1)
            .into_bytes()
    };
    Pool::new(events.iter().map(dotted).collect())
}

/// Logging to the three sites of one server, in turns that begin at either end.
async fn log(bench: &Bench) -> Result<[Row; 2]> {
    let place = Place::temporary(&bench.options, "rule")?;
    let server = Server::start(&place).await?;
    let mut sides = [
        plain(&place)?,
        ruled(&place, &server).await?,
        guarded(&place, &server).await?,
    ];
    let load = Load {
        call: load::LOG_ONE,
        connections: CONNECTIONS,
        pool: pool(&bench.workload),
    };
    let time = bench.options.round().min(PAIR);
    for side in &sides {
        let _ = side.log(&load, &server, WARM_UP.min(time)).await?;
    }
    for round in 0..PAIRS {
        let mut order = [0, 1, 2];
        if round % 2 == 1 {
            order.reverse();
        }
        for index in order {
            let rate = sides[index].log(&load, &server, time).await?;
            sides[index].rates.push(rate);
        }
        let rates = sides.each_ref().map(|side| side.rates[round]);
        eprintln!(
            "    plain {:.0}/s, rules {:.0}/s, all {:.0}/s",
            rates[0], rates[1], rates[2]
        );
    }
    server.stop().await?;
    let [plain, ruled, guarded] = &sides;
    Ok([
        ruled.row(
            "`logEvent` with 10,000 rules, one hit by every event: rate, of a plain site's",
            plain,
        ),
        guarded.row(
            "`logEvent` with both lists, STRICT tags, own rate, half by client tokens: rate, of a plain site's",
            plain,
        ),
    ])
}
