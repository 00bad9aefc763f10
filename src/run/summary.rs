//! What a run tells at its end: the line that `--output json` prints.

use serde::Serialize;

use super::RunError;
use super::totals::Totals;
use crate::feed::store::Holder;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    pub feed: String,
    /// reindex, retry, sync
    pub command: String,
    /// all, ids, failed, changes
    pub selection: String,
    pub outcome: Outcome,
    /// Why the outcome is not complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(flatten)]
    pub totals: Totals,
    pub duration_ms: u64,
    /// `None` where no run was begun: locked, dry run.
    pub run_id: Option<i64>,
    /// The source or the store was lost midway: exit code 3.
    #[serde(skip)]
    pub database_lost: bool,
    /// An example per column of items that could not be built: entity key, column, reason.
    #[serde(skip)]
    pub invalid_examples: Vec<InvalidExample>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidExample {
    pub entity: String,
    pub column: String,
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Complete,
    /// Stopped early: the circuit is open, or an error.
    Incomplete,
    /// Stopped by a signal.
    Interrupted,
    /// Another run holds the feed; nothing was done.
    Locked,
}

impl Outcome {
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Complete => "complete",
            Outcome::Incomplete => "incomplete",
            Outcome::Interrupted => "interrupted",
            Outcome::Locked => "locked",
        }
    }
}

/// How a run has ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Ending {
    pub outcome: Outcome,
    pub reason: Option<String>,
    pub database_lost: bool,
}

impl Ending {
    /// `circuit` is why nothing more could be sent. Of several reasons the one that ended the run.
    pub fn of(ended: Result<(), RunError>, signal: Option<i32>, circuit: Option<String>) -> Self {
        let (outcome, reason) = match (ended, signal, circuit) {
            (Err(error), None, _) => return Ending::lost(&error),
            (Err(error), Some(_), _) if !error.is_lost() => return Ending::lost(&error),
            (_, Some(signal), _) => (Outcome::Interrupted, Some(format!("stopped by signal {signal}"))),
            (Ok(()), None, Some(reason)) => (Outcome::Incomplete, Some(reason)),
            (Ok(()), None, None) => (Outcome::Complete, None),
        };
        Ending { outcome, reason, database_lost: false }
    }

    fn lost(error: &RunError) -> Self {
        Ending { outcome: Outcome::Incomplete, reason: Some(error.to_string()), database_lost: true }
    }
}

impl Summary {
    /// Of a run that has not done anything (yet).
    pub fn empty(feed: &str, command: &str, selection: &str, outcome: Outcome) -> Self {
        Summary {
            feed: feed.to_owned(),
            command: command.to_owned(),
            selection: selection.to_owned(),
            outcome,
            reason: None,
            totals: Totals::default(),
            duration_ms: 0,
            run_id: None,
            database_lost: false,
            invalid_examples: Vec::new(),
        }
    }

    /// Another run holds the feed.
    pub fn locked(feed: &str, command: &str, selection: &str, holder: Option<&Holder>) -> Self {
        let reason = match holder {
            Some(Holder { command, pid }) => format!("held by `feedmill {command}`, pid {pid}"),
            None => "held by another run".to_owned(),
        };
        Summary { reason: Some(reason), ..Summary::empty(feed, command, selection, Outcome::Locked) }
    }

    /// A signal came first.
    pub fn not_begun(feed: &str, command: &str, selection: &str, signal: i32) -> Self {
        let reason = Some(format!("stopped by signal {signal} before it began"));
        Summary { reason, ..Summary::empty(feed, command, selection, Outcome::Interrupted) }
    }

    /// The same run, whose database was lost at its very end.
    pub fn lost(self, error: &dyn std::fmt::Display) -> Self {
        Summary { outcome: Outcome::Incomplete, reason: Some(error.to_string()), database_lost: true, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceError;

    #[test]
    fn a_run_ends_for_one_reason() {
        let lost = || Err(SourceError::Lost { location: "db".into(), message: "gone".into() }.into());
        let broken = || Err(SourceError::Database { message: "broken".into() }.into());
        let refused = || Some("401".to_owned());
        let (gone, failed) =
            ("the connection to the source database db was lost: gone", "the source database failed: broken");
        for (ended, signal, circuit, outcome, reason, database_lost) in [
            (Ok(()), None, None, Outcome::Complete, None, false),
            (Ok(()), None, refused(), Outcome::Incomplete, Some("401"), false),
            (Ok(()), Some(15), refused(), Outcome::Interrupted, Some("stopped by signal 15"), false),
            (lost(), None, refused(), Outcome::Incomplete, Some(gone), true),
            // The wish to stop ended the wait for it.
            (lost(), Some(2), None, Outcome::Interrupted, Some("stopped by signal 2"), false),
            (broken(), Some(2), refused(), Outcome::Incomplete, Some(failed), true),
        ] {
            let expected = Ending { outcome, reason: reason.map(str::to_owned), database_lost };
            assert_eq!(Ending::of(ended, signal, circuit), expected);
        }
    }
}
