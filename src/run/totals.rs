//! A run's counters. Every item ends in exactly one of them.

use serde::Serialize;

/// Summed per worker, merged after the join.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    pub entities: u64,
    pub items: u64,
    pub unchanged: u64,
    pub exported: u64,
    pub deleted: u64,
    pub rejected: u64,
    pub retryable: u64,
    pub invalid: u64,
    pub withheld: u64,
    pub pending: u64,
    pub requests: u64,
    pub request_retries: u64,
    pub bytes_sent: u64,
}

impl Totals {
    pub fn add(&mut self, other: &Totals) {
        self.entities += other.entities;
        self.items += other.items;
        self.unchanged += other.unchanged;
        self.exported += other.exported;
        self.deleted += other.deleted;
        self.rejected += other.rejected;
        self.retryable += other.retryable;
        self.invalid += other.invalid;
        self.withheld += other.withheld;
        self.pending += other.pending;
        self.requests += other.requests;
        self.request_retries += other.request_retries;
        self.bytes_sent += other.bytes_sent;
    }

    /// Items by the counter they ended in; equal to `items` when the accounts are closed.
    pub fn accounted(&self) -> u64 {
        self.unchanged
            + self.exported
            + self.deleted
            + self.rejected
            + self.retryable
            + self.invalid
            + self.withheld
            + self.pending
    }

    /// Something was not delivered: exit code 1.
    pub fn has_failures(&self) -> bool {
        self.rejected + self.retryable + self.invalid + self.withheld > 0
    }
}
