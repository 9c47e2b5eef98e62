//! `import access-log`.

use std::path::Path;

use super::{Batch, access_log, progress};
use crate::{
    command::{Complaint, output::say},
    domain::{error::Code, event::NewEvent},
    service::Services,
};
use access_log::{Draft, Origin, Reader, Skip, Translator};

/// Imports a log, and says what became of each of its lines.
pub(super) async fn run(
    services: &Services,
    file: &Path,
    site: &str,
    all: bool,
    host: Option<Origin>,
) -> Result<(), Complaint> {
    let (source, bar) = progress::open(file)?;
    let mut reader = Reader::new(source).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut translator = Translator::new(all, host);
    let mut batch = Batch::new(services, site, Code::MalformedRequest, bar.clone());
    let mut broken = None;
    for next in reader.by_ref() {
        let record = match next {
            Ok(record) => record,
            Err(error) => {
                broken = Some(error.to_string());
                break;
            }
        };
        match record.line {
            Err(error) => batch.add_unreadable(record.number, error).await?,
            Ok(line) => {
                if let Ok(draft) = translator.translate(&record.digest, line) {
                    batch.add(record.number, event(draft)).await?;
                }
            }
        }
    }
    batch.flush().await?;
    bar.finish_and_clear();
    let tally = &batch.tally;
    say!("{} lines: {tally}, {} blank", reader.lines(), reader.blank());
    let skipped = translator.skipped();
    for reason in Skip::ALL {
        if skipped.of(reason) > 0 {
            say!("{} lines are no page view: {reason}", skipped.of(reason));
        }
    }
    tally.end(broken)
}

fn event(draft: Draft) -> NewEvent {
    NewEvent {
        id: Some(draft.id),
        action: draft.action.to_owned(),
        time: Some(draft.time.to_string()),
        url: draft.url,
        referrer: draft.referrer,
        ip: draft.ip.map(|ip| ip.to_string()),
        user_agent: draft.user_agent,
        tag: Some(draft.tag.into()),
        ..NewEvent::default()
    }
}
