//! `rule`: list, add and remove rules of a site's allow and deny lists.

use super::{Complaint, complain, output::say};
use crate::{
    clock,
    domain::{
        caller::Caller,
        rule::{Definition, List, Pattern, Target},
    },
    service::{
        Services,
        rule::{Counted, Filter},
        snapshot::Snapshot,
    },
};

/// Rules that are read at once.
const PAGE: usize = 1_000;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List a site's rules: id, list, target, pattern, state, hits, expiry, note
    List {
        /// The site
        #[arg(long)]
        site: String,
    },
    /// Add a rule and print its id; it holds for the very next event
    Add {
        /// The site
        #[arg(long)]
        site: String,
        /// allow or deny
        #[arg(long, value_parser = list)]
        list: List,
        /// action, ip, user-agent, referrer-host, url-path, country or bot
        #[arg(long, value_parser = target)]
        target: Target,
        /// A text, a glob in which * stands for any characters, an IP address or block, or true or false for bot
        #[arg(long)]
        pattern: String,
        /// Why it is there
        #[arg(long)]
        note: Option<String>,
        /// Only count what it matches, and refuse nothing
        #[arg(long)]
        shadow: bool,
        /// When it stops by itself, such as 2026-12-24T00:00:00Z; without it, never
        #[arg(long, value_name = "TIME")]
        expires: Option<jiff::Timestamp>,
    },
    /// Remove a rule, effective for the very next event
    Remove {
        /// The rule's id, as `list` prints it
        id: String,
    },
}

fn list(text: &str) -> Result<List, String> {
    let found = List::ALL.into_iter().find(|one| one.name().eq_ignore_ascii_case(text));
    found.ok_or_else(|| "write allow or deny".to_owned())
}

fn target(text: &str) -> Result<Target, String> {
    let name = text.replace('-', "_");
    let found = Target::ALL
        .into_iter()
        .find(|one| one.name().eq_ignore_ascii_case(&name));
    found.ok_or_else(|| "write action, ip, user-agent, referrer-host, url-path, country or bot".to_owned())
}

/// Runs the command.
pub(super) async fn run(command: Command, services: &Services) -> Result<(), Complaint> {
    let operator = Caller::operator();
    match command {
        Command::List { site } => print_all(services, &operator, &site).await?,
        Command::Add {
            site,
            list,
            target,
            pattern,
            note,
            shadow,
            expires,
        } => {
            let definition = Definition {
                list,
                target,
                pattern: Pattern::parse(target, &pattern).map_err(complain)?,
                note,
                enabled: true,
                shadow,
                expires,
            };
            let added = services.create_rule(&operator, Some(&site), definition).await;
            say!("{}", added.map_err(complain)?.rule.public_id);
        }
        Command::Remove { id } => {
            let removed = services.delete_rule(&operator, &id).await.map_err(complain)?;
            say!("removed {}", removed.rule.public_id);
        }
    }
    Ok(())
}

async fn print_all(services: &Services, operator: &Caller, site: &str) -> Result<(), Complaint> {
    let (snapshot, filter) = (Snapshot::new(services.clone()), Filter::default());
    let mut after: Option<String> = None;
    loop {
        let part = (after.as_deref(), PAGE);
        let page = services.rules(&snapshot, operator, Some(site), &filter, part).await;
        let page = page.map_err(complain)?;
        page.rules.iter().for_each(|counted| say!("{}", line(counted)));
        match page.rules.last() {
            Some(last) if page.more => after = Some(last.rule.public_id.clone()),
            _ => return Ok(()),
        }
    }
}

fn line(counted: &Counted) -> String {
    let definition = &counted.rule.definition;
    let state = match definition {
        definition if !definition.enabled => "off",
        definition if definition.is_expired(clock::now()) => "expired",
        definition if definition.shadow => "shadow",
        _ => "on",
    };
    let expires = definition
        .expires
        .map_or("never".to_owned(), |expires| expires.to_string());
    // One rule is one line, whatever its note holds.
    let note = definition
        .note
        .as_deref()
        .unwrap_or_default()
        .replace(['\n', '\r', '\t'], " ");
    [
        &counted.rule.public_id,
        definition.list.name(),
        definition.target.name(),
        &definition.pattern.to_string(),
        state,
        &counted.hits.to_string(),
        &expires,
        &note,
    ]
    .join("\t")
}
