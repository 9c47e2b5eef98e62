//! `import events`: one JSON object a line, as `export events` writes it.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
};

use flate2::read::MultiGzDecoder;

use super::{Batch, progress};
use crate::{
    command::{Complaint, export::Line, output::say},
    domain::error::Code,
    service::Services,
};

/// Bytes of one line: a tag as large as the settings allow, each character escaped, and every text at its longest.
const MOST_BYTES: u64 = 32 << 20;

/// Imports events, and says what became of each line.
pub(super) async fn run(services: &Services, file: &Path, site: &str) -> Result<(), Complaint> {
    let (source, bar) = progress::open(file)?;
    let mut source = inflated(source).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut batch = Batch::new(services, site, Code::MalformedJson, bar.clone());
    let (mut number, mut blank) = (0_u64, 0_u64);
    let mut line = Vec::new();
    let broken = loop {
        line.clear();
        match read_line(&mut source, &mut line) {
            Ok(true) => number += 1,
            Ok(false) => break None,
            Err(error) => break Some(format!("line {}: {error}", number + 1)),
        }
        if line.trim_ascii().is_empty() {
            blank += 1;
        } else if line.len() as u64 > MOST_BYTES {
            let error = format!("the line is longer than {MOST_BYTES} bytes");
            batch.add_unreadable(number, error).await?;
        } else {
            match serde_json::from_slice::<Line>(&line) {
                Ok(line) => batch.add(number, line.into()).await?,
                Err(error) => batch.add_unreadable(number, error).await?,
            }
        }
    };
    batch.flush().await?;
    bar.finish_and_clear();
    let tally = &batch.tally;
    say!("{number} lines: {tally}, {blank} blank");
    tally.end(broken)
}

/// Reads the next line, if there is one. Of a line that is too long it keeps a little more than [`MOST_BYTES`].
fn read_line(source: &mut dyn BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    source.take(MOST_BYTES + 1).read_until(b'\n', line)?;
    if line.len() as u64 > MOST_BYTES && !line.ends_with(b"\n") {
        source.skip_until(b'\n')?;
    }
    Ok(!line.is_empty())
}

/// The text of a plain or compressed file, known by its first bytes.
fn inflated(source: Box<dyn Read + Send>) -> std::io::Result<Box<dyn BufRead + Send>> {
    let mut source = BufReader::new(source);
    if source.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(BufReader::new(MultiGzDecoder::new(source))));
    }
    Ok(Box::new(source))
}
