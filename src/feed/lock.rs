//! One run at a time per feed: an operating system's lock on a file beside the store.
//!
//! The invariant: whoever has the [`FileLock`] is the only one who works on the feed, and a process that dies, however
//! it dies, leaves the feed free. The file's content only tells people who the holder is; it decides nothing.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::store::{FeedLock, Holder};

/// [`holder`] looks with a shared lock, for an instant; a taker that meets one tries again this often, long enough
/// that a looker on a busy machine gets its turn.
const TRIES: u32 = 100;
const BETWEEN_TRIES: Duration = Duration::from_millis(2);

/// Longer than any holder that feedmill writes.
const LONGEST_HOLDER: u64 = 4096;

/// The feed's lock, until it is dropped.
#[derive(Debug)]
pub struct FileLock {
    file: File,
}

impl FeedLock for FileLock {}

/// What came of an attempt to take a lock.
#[derive(Debug)]
pub enum Taken {
    Held(FileLock),
    /// `None`: the holder has not written down who it is.
    Busy(Option<Holder>),
}

/// Takes the lock on `path`, without waiting for another holder.
pub fn take(path: &Path, holder: &Holder) -> io::Result<Taken> {
    let mut file = open(path)?;
    for tries_left in (0..TRIES).rev() {
        match file.try_lock() {
            Ok(()) => {
                // The lock holds whether or not its name can be written: a full disk must not let two runs in.
                let _ = write_holder(&mut file, holder);
                return Ok(Taken::Held(FileLock { file }));
            }
            Err(TryLockError::WouldBlock) if tries_left > 0 => thread::sleep(BETWEEN_TRIES),
            Err(TryLockError::WouldBlock) => break,
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(Taken::Busy(read_holder(&mut file)?.and_then(Result::ok)))
}

/// Who holds the lock on `path` now, if anybody does.
pub fn holder(path: &Path) -> io::Result<Option<Holder>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // A free lock's file is empty, save after a holder was killed; so that a lock is tried, and a taker made to try
    // again, only when there is something to find out.
    let Some(written) = read_holder(&mut file)? else { return Ok(None) };
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => {
            Ok(Some(written.unwrap_or_else(|()| Holder { command: "unknown".to_owned(), pid: 0 })))
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Only what people read; closing the file is what frees the lock.
        let _ = self.file.set_len(0);
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn write_holder(file: &mut File, holder: &Holder) -> io::Result<()> {
    let json = serde_json::to_vec(holder)?;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(&json)
}

/// `None`: nothing is written there. `Err(())`: what is written is no holder.
fn read_holder(file: &mut File) -> io::Result<Option<Result<Holder, ()>>> {
    let mut json = Vec::new();
    file.rewind()?;
    file.take(LONGEST_HOLDER).read_to_end(&mut json)?;
    if json.is_empty() {
        return Ok(None);
    }
    Ok(Some(serde_json::from_slice(&json).map_err(drop)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn reindex() -> Holder {
        Holder { command: "reindex".to_owned(), pid: 4711 }
    }

    fn hold(path: &Path) -> FileLock {
        match take(path, &reindex()).unwrap() {
            Taken::Held(lock) => lock,
            Taken::Busy(holder) => panic!("held by {holder:?}"),
        }
    }

    #[test]
    fn a_second_taker_of_the_same_process_is_told_who_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db.products.lock");
        let lock = hold(&path);
        let second = take(&path, &Holder { command: "retry".to_owned(), pid: 1 }).unwrap();
        assert!(matches!(second, Taken::Busy(Some(holder)) if holder == reindex()));
        assert_eq!(holder(&path).unwrap(), Some(reindex()));
        drop(lock);
        assert_eq!(holder(&path).unwrap(), None);
        hold(&path);
    }

    #[test]
    fn what_a_killed_holder_left_behind_holds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        assert_eq!(holder(&path).unwrap(), None, "no file yet");
        fs::write(&path, serde_json::to_vec(&reindex()).unwrap()).unwrap();
        assert_eq!(holder(&path).unwrap(), None);
        let _lock = hold(&path);
        assert_eq!(holder(&path).unwrap(), Some(reindex()));
    }

    #[test]
    fn a_holder_that_cannot_be_read_is_still_a_holder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let _lock = hold(&path);
        fs::write(&path, "{").unwrap();
        assert_eq!(holder(&path).unwrap().map(|holder| holder.command), Some("unknown".to_owned()));
        assert!(matches!(take(&path, &reindex()).unwrap(), Taken::Busy(None)));
    }

    #[test]
    fn looking_does_not_keep_a_taker_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        fs::write(&path, serde_json::to_vec(&reindex()).unwrap()).unwrap();
        thread::scope(|scope| {
            let looker = scope.spawn(|| {
                for _ in 0..2000 {
                    holder(&path).unwrap();
                }
            });
            for _ in 0..200 {
                drop(hold(&path));
                fs::write(&path, serde_json::to_vec(&reindex()).unwrap()).unwrap();
            }
            looker.join().unwrap();
        });
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_may_read_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let _lock = hold(&path);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
