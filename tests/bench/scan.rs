//! `find` on raw events by an undeclared tag path, against the same question in plain SQL on the same file.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

use crate::{
    Bench, Result,
    client::Client,
    question::timed,
    server::Server,
    statistics::{grouped, median},
    stock::{Content, DAYS, Stocks, ZONE},
    table::Row,
    workload::{self, ITEMS},
};

const RUNS: usize = 10;
const WARM_UPS: usize = 2;

const FIND: &str = "query($input: FindInput!) { find(input: $input) {
    total groups rows { dimensions count } provenance { source } } }";

pub(crate) async fn measure(bench: &Bench, stocks: &mut Stocks) -> Result<Vec<Row>> {
    if bench.options.database_url.is_some() {
        return Ok(Vec::new());
    }
    let stock = stocks.get(bench.options.few_events()).await?;
    let server = Server::start(&stock.place).await?;
    let mut client = Client::connect(&server, &stock.content.key).await?;
    let mut sql = Sql::open(&stock.place.file())?;
    let mut rows = Vec::new();
    for question in [Question::ByAction, Question::ByItem] {
        rows.push(compare(question, &stock.content, &mut client, &mut sql).await?);
    }
    // Whoever closes the file last tidies it up, and only the server may.
    drop(sql);
    server.stop().await?;
    Ok(rows)
}

/// Both match three tenths of all events.
#[derive(Debug, Clone, Copy)]
enum Question {
    /// A condition on the path, grouped by the action.
    ByAction,
    /// A condition on the path, grouped by it.
    ByItem,
}

/// As the site of the events is the first of its database.
const SITE: i64 = 1;
const SHOWN: usize = 100;

impl Question {
    fn input(self, content: &Content) -> Result<Value> {
        let (from, to) = content.days(ZONE, 0, DAYS)?;
        let group = match self {
            Self::ByAction => "action",
            Self::ByItem => "tag.item_id",
        };
        Ok(json!({
            "view": "events", "from": from, "to": to, "groupBy": [group], "limit": SHOWN,
            "where": [{"dimension": "tag.item_id", "op": "LT", "value": bound()}],
        }))
    }

    /// The same in SQL, by the index on time or through the whole table.
    fn sql(self, content: &Content, index: bool) -> Result<String> {
        let (from, to) = content.days(ZONE, 0, DAYS)?;
        let value = match self {
            Self::ByAction => "action_id",
            Self::ByItem => "json_extract(tag, '$.item_id')",
        };
        let from_where = if index { "event" } else { "event NOT INDEXED" };
        Ok(format!(
            "SELECT {value}, count(*) FROM {from_where} WHERE site_id = {SITE} AND time >= {} AND time < {} \
             AND deletion_id IS NULL AND json_extract(tag, '$.item_id') < '{}' GROUP BY 1",
            from.as_nanosecond(),
            to.as_nanosecond(),
            bound()
        ))
    }
}

fn bound() -> String {
    workload::item(ITEMS / 10 * 3)
}

async fn compare(question: Question, content: &Content, client: &mut Client, sql: &mut Sql) -> Result<Row> {
    let variables = json!({"input": question.input(content)?});
    let statements = [question.sql(content, true)?, question.sql(content, false)?];
    let (mut ours, mut plain, mut total) = (Vec::new(), [Vec::new(), Vec::new()], 0);
    for run in 0..RUNS + WARM_UPS {
        let (time, answer) = timed(client, FIND, &variables).await?;
        let mut times = [0.0; 2];
        for (time, statement) in times.iter_mut().zip(&statements) {
            let counted;
            (*time, counted) = sql.run(statement)?;
            total = counted;
            if answer["find"]["total"] != total {
                let total = &answer["find"]["total"];
                return Err(format!("`find` counts {total} events, SQL {counted}").into());
            }
        }
        if run >= WARM_UPS {
            ours.push(time);
            plain.iter_mut().zip(times).for_each(|(plain, time)| plain.push(time));
        }
    }
    // Against the better of the two ways to write it.
    let best = median(&plain[0]).min(median(&plain[1]));
    let by = match question {
        Question::ByAction => "a condition on an undeclared tag path",
        Question::ByItem => "the same, grouped by that path",
    };
    let what = format!("`find` on `events`, {by}, of a plain SQL scan");
    Ok(Row::at_most(&what, 2.0, median(&ours) / best, " ×").detail(format!(
        "{:.0} ms to {best:.0} ms; {} of {} events match",
        median(&ours),
        grouped(total as f64),
        grouped(content.events as f64)
    )))
}

/// Another program with SQLite, which runs each line it reads and answers with milliseconds and events.
struct Sql {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

const SCRIPT: &str = "
import sqlite3, sys, time
database = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True)
for line in sys.stdin:
    begin = time.perf_counter()
    rows = database.execute(line).fetchall()
    print((time.perf_counter() - begin) * 1000, sum(row[1] for row in rows), flush=True)
";

impl Sql {
    fn open(file: &Path) -> Result<Self> {
        let child = Command::new("python3")
            .args(["-c", SCRIPT])
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = child.map_err(|error| format!("python3, which runs the plain SQL: {error}"))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        Ok(Self {
            input: input.ok_or("python3 has no standard input")?,
            output: BufReader::new(output.ok_or("python3 has no standard output")?),
            child,
        })
    }

    /// Milliseconds and the sum of the counts.
    fn run(&mut self, statement: &str) -> Result<(f64, u64)> {
        writeln!(self.input, "{statement}")?;
        let mut line = String::new();
        let _ = self.output.read_line(&mut line)?;
        let (time, events) = line
            .trim()
            .split_once(' ')
            .ok_or("python3 could not run the plain SQL")?;
        Ok((time.parse()?, events.parse()?))
    }
}

impl Drop for Sql {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
