//! `site`: make, change and list sites.

use super::{Complaint, complain, output::say};
use crate::{
    domain::{
        caller::Caller,
        error::Error,
        site::{ActionPolicy, IdentityPeriod, IpPolicy, Site, TagMode},
        zone,
    },
    service::{Services, site::Settings, snapshot::Snapshot},
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a site
    Create {
        /// 1–64 letters, digits, dots, hyphens or underscores
        name: String,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Change a site's settings; what is left out stays as it is
    Update {
        /// The site
        name: String,
        /// A new name; the old one is free at once
        #[arg(long)]
        rename: Option<String>,
        /// Take another time zone although retention has removed raw events: what was folded from them is then lost
        #[arg(long)]
        drop_old_rollups: bool,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// List the sites
    List,
}

/// A number of days or seconds, or `none`.
#[derive(Debug, Clone, Copy)]
struct Bound(Option<i64>);

impl std::str::FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(None));
        }
        text.parse()
            .map(|number| Self(Some(number)))
            .map_err(|_| "write a whole number, or `none`".to_owned())
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct SettingFlags {
    /// The IANA zone in which its days begin, such as Europe/Berlin [new sites: UTC]
    #[arg(long)]
    time_zone: Option<String>,
    /// Which actions it takes: `free` or `context-activity` [new sites: free]
    #[arg(long, value_parser = action_policy)]
    action_policy: Option<ActionPolicy>,
    /// How much of an IP address it keeps: `whole`, `truncated` or `none` [new sites: truncated]
    #[arg(long, value_parser = ip_policy)]
    ip_policy: Option<IpPolicy>,
    /// How long an unnamed actor stays the same: `day`, `week`, `month` or `never` (for ever) [new sites: day]
    #[arg(long, value_parser = identity_period)]
    identity_period: Option<IdentityPeriod>,
    /// Refuse events older than so many seconds, 1 to 2147483647; `none` takes all [new sites: 2592000, 30 days]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    max_event_age: Option<Bound>,
    /// Remove raw events after so many days, 1 to 36500; `none` keeps them [new sites: none]
    #[arg(long, value_name = "DAYS", allow_negative_numbers = true)]
    raw_retention: Option<Bound>,
    /// Remove rollups after so many days, 1 to 36500 and not before raw events; `none` keeps them [new sites: none]
    #[arg(long, value_name = "DAYS", allow_negative_numbers = true)]
    rollup_retention: Option<Bound>,
    /// Where its pages are, such as https://www.example.com,https://*.example.com; `none` for nowhere in particular
    #[arg(long, value_name = "LIST", value_parser = list)]
    origins: Option<List>,
    /// The hosts of its share links, separated by commas; `none` takes the server's
    #[arg(long, value_name = "LIST", value_parser = list)]
    share_link_hosts: Option<List>,
    /// What its script for pages is called besides `script`: as `hello` it is at `/hello.js` and sends to `/hello`; `none` for
    /// nothing else
    #[arg(long, value_name = "NAME")]
    script_name: Option<String>,
    /// Which keys of tags it takes: `reject` (any, of one type each) or `strict` (declared ones alone) [new sites: reject]
    #[arg(long, value_parser = tag_mode)]
    tag_mode: Option<TagMode>,
    /// Remove refused events from quarantine after so many days, 1 to 36500 [new sites: 30]
    #[arg(long, value_name = "DAYS", allow_negative_numbers = true)]
    quarantine_days: Option<i64>,
    /// Keep so many megabytes of refused events in quarantine, 1 to 1000000; the oldest go [new sites: 64]
    #[arg(long, value_name = "MEGABYTES", allow_negative_numbers = true)]
    quarantine_megabytes: Option<i64>,
}

/// Texts separated by commas, or `none`.
#[derive(Debug, Clone)]
struct List(Option<Vec<String>>);

fn list(text: &str) -> Result<List, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    Ok(List((text != "none").then(|| parts.map(str::to_owned).collect())))
}

fn one_of<T: Copy>(text: &str, list: &[(&str, T)]) -> Result<T, String> {
    list.iter()
        .find(|(name, _)| *name == text)
        .map(|(_, value)| *value)
        .ok_or_else(|| {
            let names: Vec<_> = list.iter().map(|(name, _)| *name).collect();
            format!("write one of: {}", names.join(", "))
        })
}

fn action_policy(text: &str) -> Result<ActionPolicy, String> {
    one_of(
        text,
        &[
            ("free", ActionPolicy::Free),
            ("context-activity", ActionPolicy::ContextActivity),
        ],
    )
}

fn ip_policy(text: &str) -> Result<IpPolicy, String> {
    one_of(
        text,
        &[
            ("whole", IpPolicy::Whole),
            ("truncated", IpPolicy::Truncated),
            ("none", IpPolicy::None),
        ],
    )
}

fn tag_mode(text: &str) -> Result<TagMode, String> {
    one_of(text, &[("reject", TagMode::Reject), ("strict", TagMode::Strict)])
}

fn identity_period(text: &str) -> Result<IdentityPeriod, String> {
    let list = [
        ("day", IdentityPeriod::Day),
        ("week", IdentityPeriod::Week),
        ("month", IdentityPeriod::Month),
        ("never", IdentityPeriod::Never),
    ];
    one_of(text, &list)
}

impl From<SettingFlags> for Settings {
    fn from(flags: SettingFlags) -> Self {
        Self {
            time_zone: flags.time_zone,
            action_policy: flags.action_policy,
            ip_policy: flags.ip_policy,
            identity_period: flags.identity_period,
            max_event_age_seconds: flags.max_event_age.map(|bound| bound.0),
            raw_retention_days: flags.raw_retention.map(|bound| bound.0),
            rollup_retention_days: flags.rollup_retention.map(|bound| bound.0),
            origins: flags.origins.map(|list| list.0.unwrap_or_default()),
            share_hosts: flags.share_link_hosts.map(|list| list.0),
            script_name: flags.script_name.map(|name| (name != "none").then_some(name)),
            tag_mode: flags.tag_mode,
            quarantine_days: flags.quarantine_days,
            quarantine_megabytes: flags.quarantine_megabytes,
            ..Self::default()
        }
    }
}

/// Runs the command.
pub(super) async fn run(command: Command, services: &Services) -> Result<(), Complaint> {
    let operator = Caller::operator();
    match command {
        Command::Create { name, settings } => {
            let site = services
                .create_site(&operator, &name, &settings.into())
                .await
                .map_err(complain_of_flag)?;
            say!("{}", line(&site));
        }
        Command::Update {
            name,
            rename,
            drop_old_rollups,
            settings,
        } => {
            let settings = Settings {
                name: rename,
                drop_old_rollups,
                ..settings.into()
            };
            let site = services
                .update_site(&operator, Some(&name), &settings)
                .await
                .map_err(complain_of_flag)?;
            say!("{}", line(&site));
        }
        Command::List => {
            let snapshot = Snapshot::new(services.clone());
            let sites = services.list_sites(&snapshot, &operator).await.map_err(complain)?;
            sites.iter().for_each(|site| say!("{}", line(site)));
        }
    }
    Ok(())
}

/// A failure in words that name the flag, and not the field of the schema.
fn complain_of_flag(error: Error) -> Complaint {
    let flag = match error.path.as_deref() {
        Some("timeZone") => "--time-zone",
        Some("maxEventAgeSeconds") => "--max-event-age",
        Some("rawRetentionDays") => "--raw-retention",
        Some("rollupRetentionDays") => "--rollup-retention",
        _ => return complain(error),
    };
    let message = error.message.replace("`dropOldRollups`", "--drop-old-rollups");
    complain(Error::new(error.code, message).at(flag))
}

fn line(site: &Site) -> String {
    let mut line = format!(
        "{}\t{}\tsince {:.0}",
        site.name,
        zone::name(&site.time_zone),
        site.created
    );
    if site.raw_retention_days.is_some() {
        let kept = |days: Option<i64>| days.map_or("for ever".to_owned(), |days| format!("{days} days"));
        let (raw, rollups) = (kept(site.raw_retention_days), kept(site.rollup_retention_days));
        line.push_str(&format!("\tkeeps raw events {raw}, rollups {rollups}"));
    }
    line
}
