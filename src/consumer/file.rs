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
use super::format::{Framing, deleted_bytes, write_item};
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
        match file.lock() {
            // Some network file systems have no locks; the feed's own lock still keeps other runs out.
            Err(error) if error.kind() != io::ErrorKind::Unsupported => return Err(self.failed("lock")(error)),
            _ => {}
        }
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
        if self.circuit.is_open() {
            return Delivered::none_of(request);
        }
        let mut lines = Vec::new();
        let mut outcomes: Vec<_> = request.items.iter().map(|item| add_line(&mut lines, item)).collect();
        if lines.is_empty() {
            return Delivered { outcomes, ..Delivered::default() };
        }
        tracing::debug!(kind = ?request.kind, items = request.items.len(), bytes = lines.len(), "lines are appended");
        let mut bytes_sent = lines.len() as u64;
        if let Err(error) = self.append(&lines) {
            bytes_sent = 0;
            let error = error.to_string();
            self.circuit.open(|| clean(&error, REASON_CHARS, &self.redact));
            outcomes.fill(outcome(0, Some(clean(&error, MESSAGE_CHARS, &self.redact))));
        }
        Delivered { outcomes, requests: 1, retries: 0, bytes_sent }
    }

    fn framing(&self, kind: ItemKind) -> Framing {
        Framing { body: 0, item: 1 + deleted_bytes(kind), alone: false }
    }
}

/// Gives the outcome that the item has once the lines are written.
fn add_line(lines: &mut Vec<u8>, item: &Item) -> Option<ItemOutcome> {
    if let Err(error) = write_item(lines, item) {
        return outcome(0, Some(error.to_string()));
    }
    lines.push(b'\n');
    outcome(WRITTEN, None)
}

fn outcome(status: i32, message: Option<String>) -> Option<ItemOutcome> {
    Some(ItemOutcome { status, message, retry_after: None })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::delivery::tests::request;

    fn consumer(folder: &Path) -> FileConsumer {
        FileConsumer::new(folder, "products", Arc::default(), Arc::new(|text: &str| text.replace("secret", "***")))
    }

    fn statuses(delivered: &Delivered) -> Vec<i32> {
        delivered.outcomes.iter().flatten().map(|outcome| outcome.status).collect()
    }

    #[test]
    fn lines_are_appended() {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("deep/out");
        let consumer = consumer(&out);
        consumer.repair().expect("nothing to repair");
        assert!(!out.exists());
        let upserts = consumer.deliver(&request(ItemKind::Upsert, &[r#"{"sku":"é"}"#, "{}"]));
        let deletes = consumer.deliver(&request(ItemKind::Delete, &[r#"{"sku":"a"}"#]));
        assert_eq!((statuses(&upserts), upserts.requests, upserts.bytes_sent), (vec![200, 200], 1, 16));
        assert_eq!((statuses(&deletes), &deletes.outcomes[0]), (vec![200], &outcome(200, None)));
        let file = out.join("products.ndjson");
        let lines = fs::read_to_string(&file).expect("the file");
        assert_eq!(lines, "{\"sku\":\"é\"}\n{}\n{\"sku\":\"a\",\"deleted\":true}\n");
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).expect("the file").permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn an_empty_request_writes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let delivered = consumer(folder.path()).deliver(&request(ItemKind::Upsert, &[]));
        assert_eq!((delivered.outcomes.len(), delivered.requests), (0, 0));
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
    }

    #[test]
    fn a_torn_last_line_is_cut_off() {
        let long = format!("{{\"a\":\"{}", "x".repeat(200_000));
        for (before, after) in [
            (String::new(), String::new()),
            ("{}\n".into(), "{}\n".into()),
            ("{}\n{\"a".into(), "{}\n".into()),
            ("{\"a".into(), String::new()),
            (format!("{{}}\n{long}"), "{}\n".into()),
            (format!("{long}\"}}\n{long}"), format!("{long}\"}}\n")),
            (long, String::new()),
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join("products.ndjson");
            fs::write(&file, &before).expect("a file");
            consumer(folder.path()).repair().expect("repaired");
            assert!(fs::read_to_string(&file).expect("the file") == after);
            fs::write(&file, &before).expect("a file");
            consumer(folder.path()).deliver(&request(ItemKind::Upsert, &["1"]));
            assert!(fs::read_to_string(&file).expect("the file") == format!("{after}1\n"));
        }
    }

    #[test]
    fn what_cannot_be_written_is_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let secret = folder.path().join("secret");
        fs::write(&secret, "").expect("a file in the place of the folder");
        let consumer = consumer(&secret);
        let delivered = consumer.deliver(&request(ItemKind::Upsert, &["1", "2"]));
        assert_eq!((statuses(&delivered), delivered.bytes_sent), (vec![0, 0], 0));
        let message = delivered.outcomes[1].as_ref().and_then(|outcome| outcome.message.as_deref()).expect("a message");
        assert!(message.starts_with("cannot create the folder of ") && message.contains("/***/products"), "{message}");
        assert_eq!(consumer.circuit.reason().as_deref(), Some(message));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_no_delivery() {
        let folder = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink("/dev/full", folder.path().join("products.ndjson")).expect("a link");
        let consumer = consumer(folder.path());
        let delivered = consumer.deliver(&request(ItemKind::Upsert, &["1"]));
        assert_eq!(statuses(&delivered), [0]);
        let reason = consumer.circuit.reason().expect("it is open");
        assert!(reason.contains("No space left on device"), "{reason}");
    }

    #[test]
    fn a_broken_payload_spoils_itself_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let consumer = consumer(folder.path());
        let delivered = consumer.deliver(&request(ItemKind::Delete, &["broken", "{}"]));
        assert_eq!((statuses(&delivered), consumer.circuit.is_open()), (vec![0, 200], false));
        let alone = consumer.deliver(&request(ItemKind::Delete, &["broken"]));
        assert_eq!((statuses(&alone), alone.requests), (vec![0], 0));
    }

    #[test]
    fn senders_do_not_interleave() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, other) = (consumer(folder.path()), consumer(folder.path()));
        let line = format!("\"{}\"", "x".repeat(9_000));
        std::thread::scope(|scope| {
            for sender in [&one, &other, &one, &other] {
                scope.spawn(|| {
                    for _ in 0..5 {
                        let delivered = sender.deliver(&request(ItemKind::Upsert, &[&line, &line]));
                        assert_eq!(statuses(&delivered), [200, 200]);
                    }
                });
            }
        });
        let lines = fs::read_to_string(folder.path().join("products.ndjson")).expect("the file");
        assert_eq!(lines.lines().filter(|written| *written == line).count(), 40);
    }
}
