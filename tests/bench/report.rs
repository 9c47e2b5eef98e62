//! What is printed around the table, and the file that keeps it.

use std::{fmt::Write, fs, process::Command, time::Duration};

use support::folder::repository;

use crate::{Result, clock, options::Options, table::Table};

const BEGIN: &str = "<!-- last output: begin -->";
const END: &str = "<!-- last output: end -->";

/// Keeps this process and its children to two cores, where there are more; says how many it has.
pub(crate) fn confine_to_two_cores() -> usize {
    let cores = cores();
    if cores > 2 {
        let process = std::process::id().to_string();
        let done = Command::new("taskset")
            .args(["--pid", "--cpu-list", "0,1", &process])
            .output();
        if !done.is_ok_and(|output| output.status.success()) {
            eprintln!("taskset cannot keep this to two cores; it runs on {cores}");
        }
    }
    self::cores()
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(0, usize::from)
}

/// When, where and how it was measured, and the table.
pub(crate) fn text(options: &Options, cores: usize, time: Duration, table: &Table) -> String {
    let mut text = String::new();
    let now = clock::now().strftime("%Y-%m-%d %H:%M UTC");
    let _ = writeln!(
        text,
        "* {now}, revision {}, {:.0} minutes",
        revision(),
        time.as_secs_f64() / 60.0
    );
    let _ = writeln!(text, "* {cores} cores for server and load together: {}", machine());
    let events = crate::statistics::grouped(options.events as f64);
    let _ = writeln!(text, "* {}, {events} events", options.engine());
    let _ = write!(text, "\n{table}");
    text
}

/// The commit, and whether files differ from it.
fn revision() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(repository())
            .output()
            .ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short", "HEAD"]) else {
        return "unknown".to_owned();
    };
    // Its own output is no change.
    let changed = git(&[
        "status",
        "--porcelain",
        "--untracked-files=no",
        "--",
        ".",
        ":!tests/bench/README.md",
    ]);
    match changed {
        Some(files) if !files.is_empty() => format!("{commit} with changes"),
        _ => commit,
    }
}

/// The processor, and the memory.
fn machine() -> String {
    let field = |file: &str, name: &str| {
        let text = fs::read_to_string(file).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.split_once(':'))?;
        Some(line.1.trim().to_owned())
    };
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_default();
    let kilobytes = memory.split(' ').next().and_then(|number| number.parse::<f64>().ok());
    format!(
        "{processor}, {:.0} GiB",
        kilobytes.unwrap_or_default() / 1024.0 / 1024.0
    )
}

/// Keeps the output between the marks of the README.
pub(crate) fn keep(output: &str) -> Result<()> {
    let path = repository().join("tests/bench/README.md");
    let text = fs::read_to_string(&path)?;
    let parts = text
        .split_once(BEGIN)
        .and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.ok_or_else(|| format!("{} has lost its marks", path.display()))?;
    Ok(fs::write(
        &path,
        format!("{before}{BEGIN}\n{}\n{END}{after}", output.trim_end()),
    )?)
}
