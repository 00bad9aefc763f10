//! `file`: a feed as lines of JSON on disk, `FEED.ndjson` in a folder.
//!
//! A request's lines are appended and synced before they count as delivered, whole or not at all: what a failed write
//! left is cut off again, what a kill left is cut off at the next start.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::circuit::Circuit;
use super::delivery::{Delivered, ItemOutcome, Request};
use super::format::{Framing, deletion};
use super::message::{MESSAGE_CHARS, REASON_CHARS, clean};
use super::{Consumer, Item, ItemKind, Redact};

/// A written line is as good as a consumer's 200.
const WRITTEN: i32 = 200;

/// The file is read backwards in pieces of this many bytes to find its last line's end.
const PIECE_BYTES: u64 = 64 << 10;

pub struct FileConsumer {
    path: PathBuf,
    circuit: Arc<Circuit>,
    redact: Redact,
}

#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("cannot {action} {path}: {source}")]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("cannot append to {path}: {source}; its old length cannot be restored either: {restoring}")]
    Torn { path: PathBuf, source: io::Error, restoring: io::Error },
}

impl FileConsumer {
    /// Touches nothing yet. `feed` is a feed's name, which needs no escaping in a file's.
    pub fn new(folder: &Path, feed: &str, circuit: Arc<Circuit>, redact: Redact) -> Self {
        FileConsumer { path: folder.join(format!("{feed}.ndjson")), circuit, redact }
    }

    /// Cuts off a torn last line, if there is one. Creates nothing.
    pub fn repair(&self) -> Result<(), FileError> {
        match OpenOptions::new().read(true).write(true).open(&self.path) {
            Ok(mut file) => self.exclusively(&mut file).map(|_| ()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(self.failed("open")(source)),
        }
    }

    fn append(&self, lines: &[u8]) -> Result<(), FileError> {
        // Opened for each request, so that a file that was rotated away is not written on.
        let (mut file, created) = self.open()?;
        let length = self.exclusively(&mut file)?;
        let written =
            file.seek(SeekFrom::Start(length)).and_then(|_| file.write_all(lines)).and_then(|_| file.sync_all());
        if let Err(source) = written {
            return Err(match restore(&file, length) {
                Ok(()) => self.failed("append to")(source),
                Err(restoring) => FileError::Torn { path: self.path.clone(), source, restoring },
            });
        }
        if created {
            self.sync_folder()?;
        }
        Ok(())
    }

    fn open(&self) -> Result<(File, bool), FileError> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(self.failed("create the folder of"))?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.create_new(true).open(&self.path) {
            Ok(file) => Ok((file, true)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let file = options.create_new(false).create(true).open(&self.path).map_err(self.failed("open"))?;
                Ok((file, false))
            }
            Err(source) => Err(self.failed("create")(source)),
        }
    }

    /// Waits for other writers, of this process or another, until `file` is closed. Gives the length of its whole lines,
    /// to which it is cut.
    fn exclusively(&self, file: &mut File) -> Result<u64, FileError> {
        file.lock().map_err(self.failed("lock"))?;
        let length = file.metadata().map_err(self.failed("read"))?.len();
        let whole = whole_lines(file, length).map_err(self.failed("read"))?;
        if whole < length {
            tracing::warn!(path = %self.path.display(), bytes = length - whole, "cutting off a torn last line");
            restore(file, whole).map_err(self.failed("cut a torn line off"))?;
        }
        Ok(whole)
    }

    /// A new file is only there after a crash when its folder says so.
    fn sync_folder(&self) -> Result<(), FileError> {
        #[cfg(unix)]
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(self.failed("sync the folder of"))?;
        }
        Ok(())
    }

    fn failed(&self, action: &'static str) -> impl Fn(io::Error) -> FileError {
        let path = self.path.clone();
        move |source| FileError::Io { action, path: path.clone(), source }
    }
}

impl Consumer for FileConsumer {
    /// Nothing is tried again within a run: a full disk or a missing permission does not pass in seconds. It opens the
    /// circuit, as a consumer does that cannot be reached.
    fn deliver(&self, request: &Request) -> Delivered {
        let mut lines = Vec::new();
        let mut outcomes: Vec<_> = request.items.iter().map(|item| add_line(&mut lines, item)).collect();
        if lines.is_empty() {
            return Delivered { outcomes, ..Delivered::default() };
        }
        let mut bytes_sent = lines.len() as u64;
        if let Err(error) = self.append(&lines) {
            bytes_sent = 0;
            let error = error.to_string();
            self.circuit.open(|| clean(&error, REASON_CHARS, &self.redact));
            outcomes.fill(outcome(0, Some(clean(&error, MESSAGE_CHARS, &self.redact))));
        }
        Delivered { outcomes, requests: 1, retries: 0, bytes_sent }
    }

    fn framing(&self, _: ItemKind) -> Framing {
        Framing { body: 0, item: 1 }
    }
}

/// Gives the outcome that the item has once the lines are written.
fn add_line(lines: &mut Vec<u8>, item: &Item) -> ItemOutcome {
    match item.kind {
        ItemKind::Upsert => lines.extend_from_slice(&item.json),
        ItemKind::Delete => match deletion(&item.json) {
            Ok(line) => lines.extend_from_slice(&line),
            Err(error) => return outcome(0, Some(error.to_string())),
        },
    }
    lines.push(b'\n');
    outcome(WRITTEN, None)
}

fn outcome(status: i32, message: Option<String>) -> ItemOutcome {
    ItemOutcome { status, message, retry_after: None }
}

/// Where the last line that ends with a line break does.
fn whole_lines(file: &mut File, length: u64) -> io::Result<u64> {
    let mut end = length;
    let mut piece = Vec::new();
    while end > 0 {
        // The file mostly ends as it should: look at one byte first.
        let start = if end == length { end - 1 } else { end.saturating_sub(PIECE_BYTES) };
        piece.clear();
        file.seek(SeekFrom::Start(start))?;
        (&*file).take(end - start).read_to_end(&mut piece)?;
        if let Some(position) = piece.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + position as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

/// Cuts `file` to `length`, if it is longer.
fn restore(file: &File, length: u64) -> io::Result<()> {
    if file.metadata()?.len() > length {
        file.set_len(length)?;
        file.sync_all()?;
    }
    Ok(())
}
