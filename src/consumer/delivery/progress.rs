//! How far the delivery of one request has come: every item that left ends with one outcome, every part with a number of its own.

use super::{Delivered, ItemOutcome, Request};

/// How far a request has come: its items by their index, what is still to be sent, what has been counted.
pub(super) struct Progress {
    /// The next one is the last.
    parts: Vec<Vec<usize>>,
    outcomes: Vec<Option<ItemOutcome>>,
    next_sequence: u64,
    pub(super) counts: Delivered,
}

impl Progress {
    pub(super) fn new(request: &Request) -> Self {
        let mut progress = Progress {
            parts: Vec::new(),
            outcomes: vec![None; request.items.len()],
            next_sequence: request.first_sequence,
            counts: Delivered::default(),
        };
        progress.again((0..request.items.len()).collect());
        progress
    }

    pub(super) fn next(&mut self) -> Option<Vec<usize>> {
        self.parts.pop()
    }

    pub(super) fn again(&mut self, part: Vec<usize>) {
        if !part.is_empty() {
            self.parts.push(part);
        }
    }

    pub(super) fn again_in_halves(&mut self, mut first: Vec<usize>) {
        let second = first.split_off(first.len().div_ceil(2));
        self.again(second);
        self.again(first);
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
