//! Reading a log from a file or a pipe, plain or gzip, in bounded memory.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::line::{Line, LineError, MAX_LINE_BYTES, parse, without_line_end};

const BUFFER_BYTES: usize = 64 * 1024;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One line of a log that is not blank.
#[derive(Debug)]
pub struct Record {
    /// The number of the line in the file, from 1, blank lines counted.
    pub number: u64,
    /// SHA-256 of the line without its line end: what the line *is*, for telling equal ones.
    pub digest: [u8; 32],
    /// What it says, or why it could not be read.
    pub line: Result<Line, LineError>,
}

/// Why reading a log ended before its end. Nothing of what follows the named line was read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The gzip data stops short, as that of a download or a rotation that was interrupted.
    #[error("the gzip data is cut off after line {after_line}")]
    GzipCutOff {
        /// The last whole line before it.
        after_line: u64,
    },
    /// The file cannot be read, or its gzip data is damaged.
    #[error("cannot read on after line {after_line}: {source}")]
    Unreadable {
        /// The last whole line before it.
        after_line: u64,
        /// What the operating system or the decoder says.
        source: io::Error,
    },
}

/// The lines of a log: an iterator that ends after the first [`ReadError`].
pub struct Reader {
    input: Box<dyn BufRead + Send>,
    gzip: bool,
    buffer: Vec<u8>,
    number: u64,
    blank: u64,
    ended: bool,
}

impl Reader {
    /// Starts reading. Gzip is recognised by its first bytes, whatever the file's name; it may have several members,
    /// as concatenated rotations do.
    ///
    /// # Errors
    /// The source cannot be read at all.
    pub fn new(mut source: impl Read + Send + 'static) -> io::Result<Self> {
        let mut magic = Vec::with_capacity(GZIP_MAGIC.len());
        source.by_ref().take(GZIP_MAGIC.len() as u64).read_to_end(&mut magic)?;
        let gzip = magic == GZIP_MAGIC;
        let whole = BufReader::with_capacity(BUFFER_BYTES, Cursor::new(magic).chain(source));
        let input: Box<dyn BufRead + Send> = if gzip {
            Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(whole)))
        } else {
            Box::new(whole)
        };
        Ok(Self {
            input,
            gzip,
            buffer: Vec::new(),
            number: 0,
            blank: 0,
            ended: false,
        })
    }

    /// How many lines were read so far, blank ones included.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.number
    }

    /// How many blank lines were passed over so far.
    #[must_use]
    pub fn blank(&self) -> u64 {
        self.blank
    }

    /// Reads lines until one is not blank; `None` is the end.
    fn next_record(&mut self) -> io::Result<Option<Record>> {
        while self.fill()? {
            self.number += 1;
            let mut line = without_line_end(&self.buffer);
            if self.number == 1 {
                line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
            }
            if line.trim_ascii().is_empty() {
                self.blank += 1;
                continue;
            }
            let record = Record {
                number: self.number,
                digest: Sha256::digest(line).into(),
                line: parse(line),
            };
            if self.buffer.len() > MAX_LINE_BYTES && !self.buffer.ends_with(b"\n") {
                self.input.skip_until(b'\n')?;
            }
            return Ok(Some(record));
        }
        Ok(None)
    }

    /// Brings the next line into the buffer, or as much of it as shows that it is too long. False at the end.
    fn fill(&mut self) -> io::Result<bool> {
        self.buffer.clear();
        self.skip_hole()?;
        // Two bytes of line end are not part of the line, and one more shows that it is too long.
        let limit = MAX_LINE_BYTES as u64 + 3;
        self.input.as_mut().take(limit).read_until(b'\n', &mut self.buffer)?;
        Ok(!self.buffer.is_empty())
    }

    /// Passes over NUL bytes before a line: the hole that a server goes on writing behind when its log was truncated
    /// under it (logrotate's `copytruncate`). Left alone, it would make the first line of the day too long.
    fn skip_hole(&mut self) -> io::Result<()> {
        loop {
            let bytes = self.input.fill_buf()?;
            let hole = bytes.iter().take_while(|byte| **byte == 0).count();
            let may_go_on = hole > 0 && hole == bytes.len();
            self.input.consume(hole);
            if !may_go_on {
                return Ok(());
            }
        }
    }
}

impl Iterator for Reader {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.next_record();
        self.ended = !matches!(next, Ok(Some(_)));
        next.transpose().map(|record| {
            record.map_err(|source| match source.kind() {
                io::ErrorKind::UnexpectedEof if self.gzip => ReadError::GzipCutOff {
                    after_line: self.number,
                },
                _ => ReadError::Unreadable {
                    after_line: self.number,
                    source,
                },
            })
        })
    }
}
