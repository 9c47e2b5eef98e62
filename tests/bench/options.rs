//! The command line.

use std::{fmt, path::PathBuf, time::Duration};

use clap::{Parser, ValueEnum};

/// Events that the questions are asked over, as the table of targets has it.
const EVENTS: u64 = 10_000_000;

/// Measures what Tidemark must show, and prints one table.
#[derive(Debug, Clone, Parser)]
#[command(name = "bench")]
pub(crate) struct Options {
    /// Only these sections, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "SECTIONS")]
    only: Vec<Section>,
    /// Events of the large database; the small one has a tenth
    #[arg(long, default_value_t = EVENTS, value_parser = clap::value_parser!(u64).range(1_000..))]
    pub(crate) events: u64,
    /// Keeps the loaded databases in this folder and uses those that are there; without it all is temporary
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Measures on this PostgreSQL server instead of SQLite; its user must be allowed to create databases
    #[arg(long, value_name = "URL")]
    pub(crate) database_url: Option<reqwest::Url>,
    /// Rounds of each kind of ingest
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// Seconds of one round of ingest
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..))]
    round_seconds: u64,
    /// Seconds of the steady load, and of saturation
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Keeps the output in tests/bench/README.md even if this is not a whole run
    #[arg(long)]
    pub(crate) write: bool,
}

/// A part of the benchmark that can be run alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Section {
    Ingest,
    Dialects,
    Rules,
    Lag,
    Question,
    Disk,
    Memory,
}

impl Section {
    /// In the order in which they are run: disk before memory, which logs further events.
    pub(crate) const ALL: [Self; 7] = [
        Self::Ingest,
        Self::Dialects,
        Self::Rules,
        Self::Lag,
        Self::Question,
        Self::Disk,
        Self::Memory,
    ];
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ingest => "ingest",
            Self::Dialects => "dialects",
            Self::Rules => "rules",
            Self::Lag => "lag",
            Self::Question => "question",
            Self::Disk => "disk",
            Self::Memory => "memory",
        })
    }
}

impl Options {
    pub(crate) fn includes(&self, section: Section) -> bool {
        self.only.is_empty() || self.only.contains(&section)
    }

    /// Whether nothing is left out or made smaller.
    pub(crate) fn is_whole(&self) -> bool {
        let long = self.rounds >= 5 && self.round_seconds >= 4 && self.seconds >= 60;
        long && self.only.is_empty() && self.events >= EVENTS && self.database_url.is_none()
    }

    /// Events of the small database.
    pub(crate) fn few_events(&self) -> u64 {
        self.events / 10
    }

    pub(crate) fn round(&self) -> Duration {
        Duration::from_secs(self.round_seconds)
    }

    pub(crate) fn long(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// What keeps the events.
    pub(crate) fn engine(&self) -> &'static str {
        if self.database_url.is_some() {
            "PostgreSQL"
        } else {
            "SQLite"
        }
    }
}
