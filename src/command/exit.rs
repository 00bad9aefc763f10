//! How a command ends: its exit code, or why it could not work at all.

use std::io;

use crate::feed::store::StoreError;
use crate::run::RunError;
use crate::run::summary::{Outcome, Summary};
use crate::source::SourceError;

/// What the program exits with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything is delivered or unchanged.
    Done,
    /// Done, but items failed or were withheld, or a run is incomplete.
    Failures,
    /// Wrong usage, configuration or definition: nothing was read or sent.
    Usage,
    /// The source database or the feed store cannot be used.
    Database,
    /// Another run holds the feed.
    Locked,
    /// Stopped by this signal.
    Signal(i32),
}

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failures => 1,
            Exit::Usage => 2,
            Exit::Database => 3,
            Exit::Locked => 75,
            // As a shell has it.
            Exit::Signal(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        }
    }

    /// Of one run. `signal` is the one that asked to stop, if any did.
    pub fn of_run(summary: &Summary, signal: Option<i32>) -> Self {
        match (summary.outcome, signal) {
            // A run that was stopped while it waited for the lock has its holder as the reason.
            (Outcome::Interrupted | Outcome::Locked, Some(signal)) => Exit::Signal(signal),
            _ if summary.database_lost => Exit::Database,
            (Outcome::Locked, _) => Exit::Locked,
            (Outcome::Incomplete | Outcome::Interrupted, _) => Exit::Failures,
            (Outcome::Complete, _) if summary.totals.has_failures() => Exit::Failures,
            (Outcome::Complete, _) => Exit::Done,
        }
    }

    /// Of several feeds: what matters most.
    pub fn and(self, other: Exit) -> Exit {
        if other.rank() > self.rank() { other } else { self }
    }

    fn rank(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failures => 1,
            Exit::Locked => 2,
            Exit::Usage => 3,
            Exit::Database => 4,
            Exit::Signal(_) => 5,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// Why a command could not do its work; nothing was sent by what failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Says what to change, such as all problems of the definitions, rendered.
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The result could not be written, to a full disk perhaps.
    #[error("cannot write the result: {0}")]
    Output(#[from] io::Error),
    /// Something on this machine that the command needs.
    #[error("{what}: {cause}")]
    Machine { what: String, cause: io::Error },
    #[error("the demo's shop failed")]
    Shop(#[from] rusqlite::Error),
    /// By this signal.
    #[error("stopped")]
    Stopped(i32),
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Source(error) => error.into(),
            RunError::Store(error) => error.into(),
            RunError::OtherConsumer { .. } => Failure::Usage(error.to_string()),
        }
    }
}

impl Failure {
    pub fn usage(text: impl Into<String>) -> Self {
        Failure::Usage(text.into())
    }

    pub fn machine(what: impl Into<String>, cause: io::Error) -> Self {
        Failure::Machine { what: what.into(), cause }
    }

    pub fn exit(&self) -> Exit {
        match self {
            Failure::Usage(_) => Exit::Usage,
            Failure::Source(_) | Failure::Store(_) => Exit::Database,
            Failure::Output(_) | Failure::Machine { .. } | Failure::Shop(_) => Exit::Failures,
            Failure::Stopped(signal) => Exit::Signal(*signal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::totals::Totals;

    fn run(outcome: Outcome, database_lost: bool, totals: Totals) -> Summary {
        Summary {
            feed: "f".into(),
            command: "reindex".into(),
            selection: "all".into(),
            outcome,
            reason: None,
            totals,
            duration_ms: 0,
            run_id: None,
            database_lost,
            invalid_examples: Vec::new(),
        }
    }

    #[test]
    fn a_run_exits_by_its_outcome() {
        use Outcome::*;
        let fine = Totals { items: 9, unchanged: 5, exported: 1, deleted: 1, pending: 2, ..Totals::default() };
        let failed = [
            Totals { rejected: 1, ..Totals::default() },
            Totals { retryable: 1, ..Totals::default() },
            Totals { invalid: 1, ..Totals::default() },
            Totals { withheld: 1, ..Totals::default() },
        ];
        for totals in failed {
            assert_eq!(Exit::of_run(&run(Complete, false, totals), None), Exit::Failures);
        }
        for (outcome, lost, signal, exit, code) in [
            (Complete, false, None, Exit::Done, 0),
            // The signal came when all was done.
            (Complete, false, Some(15), Exit::Done, 0),
            (Incomplete, false, None, Exit::Failures, 1),
            (Incomplete, true, None, Exit::Database, 3),
            (Locked, false, None, Exit::Locked, 75),
            (Locked, false, Some(15), Exit::Signal(15), 143),
            (Interrupted, false, Some(2), Exit::Signal(2), 130),
            (Interrupted, false, Some(15), Exit::Signal(15), 143),
            (Interrupted, true, Some(15), Exit::Signal(15), 143),
        ] {
            let of_run = Exit::of_run(&run(outcome, lost, fine.clone()), signal);
            assert_eq!((of_run, of_run.code()), (exit, code), "{outcome:?} lost={lost} {signal:?}");
        }
    }

    #[test]
    fn of_several_feeds_the_first_that_applies() {
        // contract.md: 130/143, 3, 75, 1, 0; usage errors end a command before its runs.
        let order = [Exit::Signal(15), Exit::Database, Exit::Usage, Exit::Locked, Exit::Failures, Exit::Done];
        for (i, &first) in order.iter().enumerate() {
            for &later in &order[i..] {
                assert_eq!(first.and(later), first);
                assert_eq!(later.and(first), first);
            }
        }
    }
}
