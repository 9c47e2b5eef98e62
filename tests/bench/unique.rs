//! `unique`: how fast, and how far from the truth, which is counted from the generator's own events.

use serde_json::{Value, json};
use support::random::Random;

use crate::{
    Bench, Result,
    client::Client,
    question::timed,
    server::Server,
    statistics::{grouped, median, most, quantile},
    stock::{Content, DAYS, Stocks, ZONE},
    table::Row,
    workload::{self, ACTIONS, ACTORS, Event, GROUPS, NETWORKS, SEED, Workload},
};

/// Timed runs, without an action and with one.
const RUNS: usize = 60;
const WARM_UPS: usize = 5;
/// Random questions that are drawn; those of small truth must be answered exactly, the others nearly.
const DRAWN: u64 = 480;
const EXACT_UP_TO: u32 = 1_000;
/// So many of the others are needed, and no more are asked.
const NEEDED: usize = 200;
const ASKED: usize = 300;

const UNIQUE: &str = "query($input: UniqueInput!) {
    unique(input: $input) { count lower upper exact provenance { source } } }";

pub(crate) async fn measure(bench: &Bench, stocks: &mut Stocks) -> Result<Vec<Row>> {
    let stock = stocks.get(bench.options.events).await?;
    let server = Server::start(&stock.place).await?;
    let mut client = Client::connect(&server, &stock.content.key).await?;
    let time = time(&mut client, &stock.content).await?;
    let error = error(bench, &mut client, &stock.content).await?;
    server.stop().await?;
    Ok(vec![time, error])
}

/// A question; what is not given may be any.
#[derive(Debug, Clone, Copy, Default)]
struct Question {
    action: Option<u8>,
    network: Option<u8>,
    group: Option<u8>,
    /// Days from the first.
    days: (i64, i64),
}

impl Question {
    /// Over half of the questions are by both fields, and half are for all days.
    fn random(number: u64) -> Self {
        let mut random = Random::of_stream(SEED ^ 0xa5a5, number);
        let mut below = |bound: u64| random.part_of(bound) as u8;
        let (scope, all_days) = (below(5), below(2) == 0);
        let (first, end) = (below(DAYS as u64 - 30), below(30));
        Self {
            action: (below(2) == 0).then(|| below(ACTIONS.len() as u64)),
            network: (scope != 1 && scope != 2).then(|| below(NETWORKS.into())),
            group: (scope != 1 && scope != 3).then(|| below(GROUPS.into())),
            days: match all_days {
                true => (0, DAYS),
                false => (first.into(), DAYS - i64::from(end)),
            },
        }
    }

    fn matches(&self, event: &Event) -> bool {
        let same = |wanted: Option<u8>, value: u8| wanted.is_none_or(|wanted| wanted == value);
        same(self.action, event.action) && same(self.network, event.network) && same(self.group, event.group)
    }

    async fn ask(&self, client: &mut Client, content: &Content) -> Result<(f64, Value)> {
        let (from, to) = content.days(ZONE, self.days.0, self.days.1)?;
        let group = self.group.map(|group| ("tag.group", workload::group(group)));
        let network = self.network.map(|network| ("tag.network", workload::network(network)));
        let fields: Vec<_> = group.into_iter().chain(network).collect();
        let input = json!({
            "action": self.action.map(|action| ACTIONS[usize::from(action)]),
            "scope": fields.iter().map(|(field, _)| field).collect::<Vec<_>>(),
            "where": fields.iter().map(|(field, value)| json!({"dimension": field, "value": value}))
                .collect::<Vec<_>>(),
            "from": from, "to": to,
        });
        let (time, mut answer) = timed(client, UNIQUE, &json!({"input": input})).await?;
        Ok((time, answer["unique"].take()))
    }
}

async fn time(client: &mut Client, content: &Content) -> Result<Row> {
    let (mut without, mut with, mut source) = (Vec::new(), Vec::new(), Value::Null);
    for run in 0..RUNS + WARM_UPS {
        let question = Question {
            action: None,
            network: Some((run % usize::from(NETWORKS)) as u8),
            group: Some((run % usize::from(GROUPS)) as u8),
            days: (0, DAYS),
        };
        let (time, answer) = question.ask(client, content).await?;
        let of_action = Question {
            action: Some((run % 4) as u8),
            ..question
        };
        let (action_time, _) = of_action.ask(client, content).await?;
        if run >= WARM_UPS {
            without.push(time);
            with.push(action_time);
            source = answer["provenance"]["source"].clone();
        }
    }
    let (any, one) = (median(&without), median(&with));
    let what = format!(
        "`unique`, 90 whole days, two-field scope, {} events: median",
        grouped(content.events as f64)
    );
    Ok(Row::at_most(&what, 10.0, any.max(one), " ms").detail(format!(
        "any action {any:.1} ms, one action {one:.1} ms; from {}",
        source.as_str().unwrap_or("?")
    )))
}

async fn error(bench: &Bench, client: &mut Client, content: &Content) -> Result<Row> {
    let questions: Vec<_> = (0..DRAWN).map(Question::random).collect();
    let truths = truths(&bench.workload, content, &questions)?;
    let (mut errors, mut within, mut exact, mut wrong) = (Vec::new(), 0, 0, 0);
    for (question, truth) in questions.iter().zip(truths) {
        let small = truth <= EXACT_UP_TO;
        if !small && errors.len() >= ASKED {
            continue;
        }
        let (_, answer) = question.ask(client, content).await?;
        let number = |field: &str| answer[field].as_f64().ok_or("an answer has no count");
        let (count, truth) = (number("count")?, f64::from(truth));
        if small || answer["exact"] == true {
            let right = count.to_bits() == truth.to_bits();
            exact += 1;
            wrong += i32::from(!right);
            if !right {
                eprintln!("    {question:?}: {answer} for {truth}");
            }
        }
        if !small {
            errors.push((count - truth).abs() / truth * 100.0);
            within += i32::from((number("lower")?..=number("upper")?).contains(&truth));
        }
    }
    let what = format!("`unique`: error at 95 % over {} random questions", errors.len());
    let coverage = f64::from(within) / errors.len() as f64 * 100.0;
    Ok(Row::at_most(&what, 1.0, quantile(&errors, 0.95), " %")
        .provided(errors.len() >= NEEDED && wrong == 0)
        .detail(format!(
            "median {:.2} %, most {:.2} %; {coverage:.0} % within the stated bounds; {exact} exact answers, {wrong} wrong",
            median(&errors),
            most(&errors)
        )))
}

/// Distinct actors of each question, from all events once more.
fn truths(workload: &Workload, content: &Content, questions: &[Question]) -> Result<Vec<u32>> {
    // Numbers of the questions that concern an event, by what the event is.
    let mut concerned = Vec::new();
    for action in 0..ACTIONS.len() as u8 {
        for network in 0..NETWORKS {
            for group in 0..GROUPS {
                let event = Event {
                    action,
                    network,
                    group,
                    ..workload.event(0)
                };
                let matching = questions
                    .iter()
                    .enumerate()
                    .filter(|(_, question)| question.matches(&event));
                concerned.push(matching.map(|(number, _)| number).collect::<Vec<_>>());
            }
        }
    }
    let mut spans = Vec::new();
    for question in questions {
        let (from, to) = content.days(ZONE, question.days.0, question.days.1)?;
        spans.push(from..to);
    }
    let mut seen = vec![vec![0_u64; ACTORS.div_ceil(64) as usize]; questions.len()];
    for number in 0..content.events {
        let (event, time) = (workload.event(number), content.time(number));
        let kind = (usize::from(event.action) * usize::from(NETWORKS) + usize::from(event.network))
            * usize::from(GROUPS)
            + usize::from(event.group);
        for &question in &concerned[kind] {
            if spans[question].contains(&time) {
                seen[question][event.actor as usize / 64] |= 1 << (event.actor % 64);
            }
        }
    }
    let count = |actors: &Vec<u64>| actors.iter().map(|bits| bits.count_ones()).sum();
    Ok(seen.iter().map(count).collect())
}
