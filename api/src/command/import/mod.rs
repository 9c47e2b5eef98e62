//! `import`: events from files, on the same way in as from anywhere else, in bounded batches.

pub mod access_log;
mod event;
mod progress;
mod web_log;

use std::{
    fmt::{self, Display},
    path::PathBuf,
    time::Duration,
};

use indicatif::ProgressBar;

use super::{Complaint, complain};
use crate::{
    domain::{
        caller::Caller,
        error::Code,
        event::{Door, NewEvent, Outcome, OutcomeKind},
    },
    service::{Services, ingest::Way},
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Import an Apache or nginx access log, plain or gzip
    AccessLog {
        /// The file; `-` reads standard input
        file: PathBuf,
        /// The site
        #[arg(long)]
        site: String,
        /// Import every line as `http.request`, and not page views alone as `pageview`
        #[arg(long)]
        all: bool,
        /// The host of the pages, such as example.com or https://example.com
        #[arg(long)]
        host: Option<access_log::Origin>,
    },
    /// Import events, one JSON object a line in the shape of `EventInput`, plain or gzip
    Events {
        /// The file; `-` reads standard input
        file: PathBuf,
        /// The site
        #[arg(long)]
        site: String,
    },
}

/// Runs the command.
pub(super) async fn run(command: Command, services: &Services) -> Result<(), Complaint> {
    let (Command::AccessLog { site, .. } | Command::Events { site, .. }) = &command;
    // Said once, and not for each line.
    services
        .registry
        .current()
        .site(&Caller::operator(), Some(site))
        .map_err(complain)?;
    // The command line appends for itself; a running server does the same beside it.
    let mut appender = services.appender().ok_or("the append is taken")?;
    let appending = tokio::spawn(async move {
        while appender.wait().await {
            appender.append_next().await;
        }
    });
    let done = match command {
        Command::AccessLog { file, site, all, host } => web_log::run(services, &file, &site, all, host).await,
        Command::Events { file, site } => event::run(services, &file, &site).await,
    };
    appending.abort();
    services.write_tag_uses().await.map_err(complain)?;
    done
}

/// The most events of one batch: one append transaction, short enough for a running server beside it.
const BATCH: usize = 1_000;
/// A rest between batches, in which others get the write lock.
const REST: Duration = Duration::from_millis(2);

/// What an import did.
#[derive(Debug, Default)]
struct Tally {
    accepted: u64,
    duplicates: u64,
    /// For what they are: to send them again changes nothing.
    refused: u64,
    /// By a fault of the server's own, and none of theirs.
    failed: u64,
    unreadable: u64,
}

impl Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            accepted,
            duplicates,
            refused,
            failed,
            unreadable,
        } = self;
        write!(
            f,
            "{accepted} events imported, {duplicates} there already, {refused} refused, {failed} failed, \
             {unreadable} unreadable"
        )
    }
}

impl Tally {
    /// How an import ends. What the server failed to store is told to whatever runs the command, too, or nobody would come
    /// to repeat it.
    ///
    /// # Errors
    /// What broke the reading off, or how many events were not stored that should have been.
    fn end(&self, broken: Option<Complaint>) -> Result<(), Complaint> {
        let failed = (self.failed > 0).then(|| {
            format!(
                "{} events were not stored, by a fault of the server's own; import the file again once it is mended: events \
                 with ids, as all of an access log have them, are stored once",
                self.failed
            )
        });
        let complaints: Vec<_> = broken.into_iter().chain(failed).collect();
        if complaints.is_empty() {
            return Ok(());
        }
        Err(complaints.join("; "))
    }
}

/// Events of one batch, each with the number of its line.
struct Batch<'a> {
    services: &'a Services,
    site: &'a str,
    /// Events of a full batch: no more than one request may hold, as they come in like any others.
    size: usize,
    lines: Vec<u64>,
    events: Vec<NewEvent>,
    /// Lines that could not be read since the last batch, and why.
    unreadable: (i64, Code),
    tally: Tally,
    /// Stands aside while lines are told of.
    bar: ProgressBar,
}

impl<'a> Batch<'a> {
    fn new(services: &'a Services, site: &'a str, unreadable: Code, bar: ProgressBar) -> Self {
        Self {
            services,
            site,
            size: BATCH.min(services.most_events_of_request()),
            lines: Vec::new(),
            events: Vec::new(),
            unreadable: (0, unreadable),
            tally: Tally::default(),
            bar,
        }
    }

    async fn add(&mut self, line: u64, event: NewEvent) -> Result<(), Complaint> {
        self.lines.push(line);
        self.events.push(event);
        if self.events.len() < self.size {
            return Ok(());
        }
        self.flush().await?;
        tokio::time::sleep(REST).await;
        Ok(())
    }

    /// Tells of a line that could not be read, and counts it: an event that was received all the same.
    async fn add_unreadable(&mut self, line: u64, error: impl Display) -> Result<(), Complaint> {
        let code = self.unreadable.1.name();
        self.bar.suspend(|| eprintln!("line {line}: invalid: {code}: {error}"));
        self.unreadable.0 += 1;
        self.tally.unreadable += 1;
        if self.unreadable.0 >= i64::try_from(BATCH).unwrap_or(i64::MAX) {
            self.count_unreadable().await?;
        }
        Ok(())
    }

    async fn count_unreadable(&mut self) -> Result<(), Complaint> {
        let (number, code) = self.unreadable;
        self.unreadable.0 = 0;
        if number > 0 {
            let counted = self
                .services
                .count_unreadable(&Caller::operator(), self.way(), code, number);
            counted.await.map_err(complain)?;
        }
        Ok(())
    }

    fn way(&self) -> Way<'a> {
        Way {
            door: Door::Import,
            site: Some(self.site),
        }
    }

    async fn flush(&mut self) -> Result<(), Complaint> {
        self.count_unreadable().await?;
        if self.events.is_empty() {
            return Ok(());
        }
        let way = self.way();
        let events = std::mem::take(&mut self.events);
        let outcomes = self
            .services
            .log(&Caller::operator(), way, events)
            .await
            .map_err(complain)?;
        for (line, outcome) in self.lines.drain(..).zip(outcomes) {
            let kind = outcome.kind();
            match outcome {
                Outcome::Accepted(_) => self.tally.accepted += 1,
                Outcome::Duplicate { .. } => self.tally.duplicates += 1,
                Outcome::Refused(error) => {
                    match kind {
                        OutcomeKind::Failed | OutcomeKind::Overloaded => self.tally.failed += 1,
                        _ => self.tally.refused += 1,
                    }
                    let kind = kind.name();
                    self.bar.suspend(|| eprintln!("line {line}: {kind}: {error}"));
                }
            }
        }
        Ok(())
    }
}
