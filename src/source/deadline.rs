//! An end to the wait for a server that lets itself be called and then says nothing. The drivers' own limits end when the
//! line is open; what is said on it before a session stands has none.

use std::io::{Error, ErrorKind};
use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread::Builder;
use std::time::Duration;

/// Does what may wait for a server on a thread of its own. A thread that still waits when the time is over is left to
/// itself: nobody but the server can wake it, and what it makes after that is dropped.
pub(super) fn within<T: Send + 'static>(
    limit: Duration,
    connect: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let (done, wait) = sync_channel(1);
    let thread = Builder::new().name("connect".to_owned()).spawn(move || {
        // Nobody takes what comes too late.
        let _ = done.send(connect());
    })?;
    match wait.recv_timeout(limit) {
        Ok(made) => Ok(made),
        Err(RecvTimeoutError::Timeout) => {
            let message = format!("the server did not answer within {} s (`connect_timeout`)", limit.as_secs());
            Err(Error::new(ErrorKind::TimedOut, message))
        }
        Err(RecvTimeoutError::Disconnected) => match thread.join() {
            Err(panic) => resume_unwind(panic),
            Ok(()) => unreachable!("a thread that does not panic sends what it made"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn what_is_made_in_time_is_given_back() {
        assert_eq!(within(Duration::from_secs(60), || 5).unwrap(), 5);
    }

    #[test]
    fn a_wait_without_end_ends() {
        let (end, never) = channel::<()>();
        let waited = within(Duration::from_millis(1), move || never.recv()).unwrap_err();
        assert_eq!(waited.kind(), ErrorKind::TimedOut);
        assert!(waited.to_string().contains("did not answer within"), "{waited}");
        drop(end);
    }

    #[test]
    #[should_panic(expected = "for its own reasons")]
    fn a_panic_is_passed_on() {
        let _ = within::<()>(Duration::from_secs(60), || panic!("for its own reasons"));
    }
}
