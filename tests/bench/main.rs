//! The benchmark: what Tidemark must show, measured through its public API and printed as one table.
//!
//! It is run by hand; `README.md` beside this file explains the command, the workload and the rows, and keeps the
//! last output.

mod client;
mod clock;
mod dialect;
mod guard;
mod ingest;
mod lag;
mod load;
mod memory;
mod options;
mod question;
mod report;
mod rule;
mod scan;
mod server;
mod statistics;
mod stock;
mod table;
mod unique;
mod workload;

use std::{process::ExitCode, sync::Arc, time::Instant};

use clap::Parser;

use crate::{
    options::{Options, Section},
    stock::Stocks,
    table::{Row, Table},
    workload::Workload,
};

/// A failure, in words for whoever runs the benchmark.
type Fault = Box<dyn std::error::Error + Send + Sync>;
type Result<T, E = Fault> = std::result::Result<T, E>;

/// What every section is given.
struct Bench {
    options: Options,
    workload: Arc<Workload>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    match run(options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything that was asked for could be measured.
fn run(options: Options) -> Result<bool> {
    let _ = server::program()?;
    // Before there are further threads and processes, which inherit it.
    let confined = report::confine_to_two_cores();
    let bench = Bench {
        options,
        workload: Arc::new(Workload::new()?),
    };
    let begin = Instant::now();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let table = runtime.block_on(measure(&bench));
    let text = report::text(&bench.options, confined, begin.elapsed(), &table);
    println!("{text}");
    if bench.options.is_whole() || bench.options.write {
        report::keep(&text)?;
    } else {
        eprintln!("Not a whole run: tests/bench/README.md keeps what it has (--write replaces it).");
    }
    Ok(table.is_complete())
}

/// Runs the chosen sections, one after the other. One that fails spoils no other.
async fn measure(bench: &Bench) -> Table {
    let mut table = Table::default();
    let mut stocks = match Stocks::new(bench) {
        Ok(stocks) => stocks,
        Err(fault) => {
            table.add_failure("all", &*fault);
            return table;
        }
    };
    for section in Section::ALL {
        if !bench.options.includes(section) {
            continue;
        }
        let begin = Instant::now();
        eprintln!("--- {section}");
        let measured = match section {
            Section::Ingest => ingest::measure(bench).await,
            Section::Dialects => dialect::measure(bench).await,
            Section::Rules => guard::measure(bench).await,
            Section::Lag => lag::measure(bench).await,
            Section::Question => questions(bench, &mut stocks).await,
            Section::Memory => memory::measure(bench, &mut stocks).await,
            Section::Disk => memory::measure_disk(bench, &mut stocks).await,
        };
        match measured {
            Ok(rows) => rows.into_iter().for_each(|row| table.add(row)),
            Err(fault) => table.add_failure(&section.to_string(), &*fault),
        }
        eprintln!("--- {section}: {:.0} s", begin.elapsed().as_secs_f64());
    }
    table
}

async fn questions(bench: &Bench, stocks: &mut Stocks) -> Result<Vec<Row>> {
    let mut rows = question::measure(bench, stocks).await?;
    rows.extend(unique::measure(bench, stocks).await?);
    rows.extend(scan::measure(bench, stocks).await?);
    Ok(rows)
}
