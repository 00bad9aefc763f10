//! How far the delivery of one request has come: every item that left ends with one outcome, every part with a number of its own.

use std::time::Duration;

use super::{Delivered, ItemOutcome, Request, sequences_for};

/// Items that are sent as one request.
pub(super) struct Part {
    /// By their index in the whole request.
    pub(super) items: Vec<usize>,
    /// How often these items were sent, this one included.
    pub(super) tries: u32,
    /// Before it is sent.
    pub(super) wait: Duration,
}

/// How far a request has come: its items by their index, what is still to be sent, what has been counted.
pub(super) struct Progress {
    /// The next one is the last.
    parts: Vec<Part>,
    outcomes: Vec<Option<ItemOutcome>>,
    next_sequence: u64,
    /// The first number that is another request's.
    end_sequence: u64,
    pub(super) counts: Delivered,
}

impl Progress {
    pub(super) fn new(request: &Request) -> Self {
        let mut progress = Progress {
            parts: Vec::new(),
            outcomes: vec![None; request.items.len()],
            next_sequence: request.first_sequence,
            end_sequence: request.first_sequence + sequences_for(request.items.len()),
            counts: Delivered::default(),
        };
        progress.again((0..request.items.len()).collect());
        progress
    }

    pub(super) fn next(&mut self) -> Option<Part> {
        self.parts.pop()
    }

    pub(super) fn again(&mut self, items: Vec<usize>) {
        if !items.is_empty() {
            self.parts.push(Part { items, tries: 1, wait: Duration::ZERO });
        }
    }

    pub(super) fn again_in_halves(&mut self, mut first: Vec<usize>) {
        let second = first.split_off(first.len().div_ceil(2));
        self.again(second);
        self.again(first);
    }

    /// After all that need not wait.
    pub(super) fn again_after(&mut self, part: Part) {
        self.parts.insert(0, part);
    }

    /// Numbers are left for these items and whatever they may be split into, beside what the other parts may need.
    pub(super) fn has_sequences_for(&self, items: usize) -> bool {
        let waiting: usize = self.parts.iter().map(|part| part.items.len()).sum();
        self.next_sequence + 4 * (waiting + items) as u64 <= self.end_sequence
    }

    /// The number that the next request will have.
    pub(super) fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    pub(super) fn sequence(&mut self) -> u64 {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        sequence
    }

    pub(super) fn tried(&mut self, tries: u32, bytes: usize) {
        if tries == 1 {
            self.counts.requests += 1;
        } else {
            self.counts.retries += 1;
        }
        self.counts.bytes_sent += bytes as u64;
    }

    /// The try that was just counted came to no connection.
    pub(super) fn nothing_left(&mut self, bytes: usize) {
        self.counts.bytes_sent -= bytes as u64;
    }

    pub(super) fn settle(&mut self, index: usize, outcome: ItemOutcome) {
        self.outcomes[index] = Some(outcome);
    }

    pub(super) fn settle_all(&mut self, part: &[usize], outcome: &ItemOutcome) {
        for index in part {
            self.settle(*index, outcome.clone());
        }
    }

    pub(super) fn finish(self) -> Delivered {
        Delivered { outcomes: self.outcomes, ..self.counts }
    }
}
