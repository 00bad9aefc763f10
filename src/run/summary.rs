//! What a run tells at its end: the line that `--output json` prints.

use serde::Serialize;

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

    /// The same run, whose database was lost at its very end.
    pub fn lost(self, error: &dyn std::fmt::Display) -> Self {
        Summary { outcome: Outcome::Incomplete, reason: Some(error.to_string()), database_lost: true, ..self }
    }
}
