//! One feed's state, from the counts that the feed store keeps: never a scan of its rows.

use indexmap::IndexMap;
use serde::Serialize;

use super::fault::Fault;
use crate::feed::status::Status;
use crate::feed::store::{FailureGroup, FeedReader, FeedStore, Holder, RowCount, RunRecord, StoreError};

/// Most groups of failures that are shown.
const FAILURE_GROUPS: usize = 20;

/// What `status --output json` prints for a feed.
#[derive(Debug, Serialize)]
pub struct FeedReport {
    pub feed: String,
    /// Living rows.
    pub items: u64,
    /// Rows whose item is deleted at the consumer, or on its way to be.
    pub deleted: u64,
    /// All rows.
    pub by_status: IndexMap<String, u64>,
    /// Rows that a retry sends when they are due; without parked ones.
    pub retryable: u64,
    pub rejected: u64,
    pub parked: u64,
    pub invalid: u64,
    pub withheld: u64,
    pub definition_drift: bool,
    pub locked_by: Option<Holder>,
    pub last_run: Option<RunRecord>,
    /// `None` before the first run.
    pub consumer: Option<ConsumerReport>,
    /// There is a table, and no definition.
    pub orphaned: bool,
    pub failures: Vec<FailureReport>,
}

#[derive(Debug, Serialize)]
pub struct ConsumerReport {
    pub name: String,
    pub location: String,
}

#[derive(Debug, Serialize)]
pub struct FailureReport {
    pub status: i32,
    /// Of one item; the others' say the same of theirs.
    pub message: Option<String>,
    pub fault: Fault,
    /// What is wrong and what to do, in a sentence.
    pub hint: String,
    pub items: u64,
    pub parked: u64,
    /// Keys of some of the entities.
    pub examples: Vec<String>,
}

/// What the definition and its consumer say of a feed; nothing for one without a definition.
pub struct Declared<'a> {
    pub fingerprint: &'a str,
    pub non_retryable: &'a [u16],
}

impl FeedReport {
    /// `had_table` is false for a feed that has never run.
    pub fn read(
        store: &dyn FeedStore,
        feed: &str,
        had_table: bool,
        declared: Option<&Declared<'_>>,
    ) -> Result<Self, StoreError> {
        let mut report = FeedReport::empty(feed);
        report.orphaned = declared.is_none();
        if !had_table {
            return Ok(report);
        }
        report.locked_by = store.holder(feed)?;
        let mut reader = store.reader(feed)?;
        report.fill(reader.as_mut(), declared)?;
        Ok(report)
    }

    fn fill(&mut self, reader: &mut dyn FeedReader, declared: Option<&Declared<'_>>) -> Result<(), StoreError> {
        let non_retryable = declared.map_or(&[400][..], |declared| declared.non_retryable);
        self.count(&reader.counts()?, non_retryable);
        self.invalid = reader.invalid_count()?;
        let state = reader.state()?;
        self.withheld = state.withheld;
        self.definition_drift = match (&state.definition, declared) {
            (Some(ran_under), Some(declared)) => ran_under != declared.fingerprint,
            _ => false,
        };
        self.consumer = state.consumer.map(|(name, location)| ConsumerReport { name, location });
        self.last_run = reader.runs(1)?.into_iter().next();
        self.failures = reader.failures(FAILURE_GROUPS)?.into_iter().map(FailureReport::from).collect();
        Ok(())
    }

    fn count(&mut self, counts: &[RowCount], non_retryable: &[u16]) {
        let mut by_status = std::collections::BTreeMap::<Status, u64>::new();
        for count in counts.iter().filter(|count| count.rows > 0) {
            *by_status.entry(count.status).or_default() += count.rows;
            let living_or_not = if count.is_deleted { &mut self.deleted } else { &mut self.items };
            *living_or_not += count.rows;
            if count.parked {
                self.parked += count.rows;
            } else if count.status.is_retryable(non_retryable) {
                self.retryable += count.rows;
            } else if count.status.is_refused(non_retryable) {
                self.rejected += count.rows;
            }
        }
        self.by_status = by_status.into_iter().map(|(status, rows)| (status.0.to_string(), rows)).collect();
    }

    pub(super) fn empty(feed: &str) -> Self {
        FeedReport {
            feed: feed.to_owned(),
            items: 0,
            deleted: 0,
            by_status: IndexMap::new(),
            retryable: 0,
            rejected: 0,
            parked: 0,
            invalid: 0,
            withheld: 0,
            definition_drift: false,
            locked_by: None,
            last_run: None,
            consumer: None,
            orphaned: false,
            failures: Vec::new(),
        }
    }
}

impl From<FailureGroup> for FailureReport {
    fn from(group: FailureGroup) -> Self {
        let fault = Fault::of(group.status, group.message.as_deref());
        FailureReport {
            status: group.status.0,
            message: group.message,
            fault,
            hint: format!("{}: {}", fault.headline(), fault.advice(group.rows, group.parked)),
            items: group.rows,
            parked: group.parked,
            examples: group.sample_owners.iter().map(ToString::to_string).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_by_what_happens_to_them_next() {
        let row = |status, is_deleted, parked, rows| RowCount { status: Status(status), is_deleted, parked, rows };
        let mut report = FeedReport::empty("products");
        let counts = [
            row(200, false, false, 90),
            row(204, true, false, 5),
            row(400, false, false, 3),
            row(400, true, false, 1),
            row(503, false, false, 4),
            row(503, false, true, 2),
            row(0, true, false, 6),
            row(-1, false, false, 1),
            row(422, false, false, 0),
        ];
        report.count(&counts, &[400]);
        assert_eq!((report.items, report.deleted), (100, 12));
        assert_eq!((report.retryable, report.rejected, report.parked), (11, 4, 2));
        let by_status: Vec<_> = report.by_status.iter().map(|(status, rows)| (status.as_str(), *rows)).collect();
        assert_eq!(by_status, [("-1", 1), ("0", 6), ("200", 90), ("204", 5), ("400", 4), ("503", 6)]);
    }
}
