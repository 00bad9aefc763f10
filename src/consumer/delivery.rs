//! One request from its first try to an outcome for each of its items.
//!
//! A request may be answered so that it has to be sent again in parts: in halves, or without some of its items. The parts
//! stand in a work list; each is a request of its own, with its own key and sequence number, tried like the first one.

mod follow;
mod progress;
mod tries;

use std::sync::Arc;
use std::time::Duration;

use progress::{Part, Progress};

use super::circuit::Circuit;
use super::clock::{Clock, RunClock};
use super::compress::compress;
use super::envelope::{Envelope, FEEDMILL, idempotency_key};
use super::format::{self, Format, Framing};
use super::line::Line;
use super::message::{MESSAGE_CHARS, REASON_CHARS, clean};
use super::open::ConsumerError;
use super::retry::{Next, Schedule};
use super::transport::{HttpRequest, Transport};
use super::verdict::{Failure, ItemResult, Verdict};
use super::{Consumer, Item, ItemKind, Outline, Redact};
use crate::config::{Compression, ConsumerConfig, ConsumerTarget, HttpConfig};
use crate::run::stop::Stop;

/// What one sender is given: items of one kind for one request.
#[derive(Debug)]
pub struct Request {
    pub feed: String,
    pub kind: ItemKind,
    pub items: Vec<Item>,
    /// Sequence numbers reserved for this request and what it may be split into: [`sequences_for`] its items.
    pub first_sequence: u64,
}

/// Numbers that a request of `items` items must reserve: bisecting n items makes fewer than 2n requests, and leaving
/// out listed items at most n more. What is left over serves items that are sent again after a while.
pub fn sequences_for(items: usize) -> u64 {
    4 * items as u64 + 36
}

#[derive(Debug, Default)]
pub struct Delivered {
    /// One for each item of the request, in its order. `None`: the run was to stop, or the circuit opened, before anything
    /// that the consumer might have taken over had left.
    pub outcomes: Vec<Option<ItemOutcome>>,
    /// HTTP requests that were made, each counted once however often it was tried.
    pub requests: u64,
    /// Tries after the first.
    pub retries: u64,
    /// Bodies as they went over the wire, every try.
    pub bytes_sent: u64,
}

impl Delivered {
    /// Nothing of the request has left.
    pub fn none_of(request: &Request) -> Self {
        Delivered { outcomes: vec![None; request.items.len()], ..Delivered::default() }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct ItemOutcome {
    /// The consumer's code, or 0 (could not submit) or 1 (failed without a code in a 2xx response).
    pub status: i32,
    /// The consumer's message or ours, without secrets and control characters, at most 1,000 characters.
    pub message: Option<String>,
    /// The consumer asked to wait this long, longer than a run waits.
    pub retry_after: Option<Duration>,
}

/// A consumer over HTTP, shared by all senders of a run.
pub struct HttpConsumer {
    format: Box<dyn Format>,
    envelope: Envelope,
    compression: Compression,
    max_request_bytes: usize,
    timeout: Duration,
    /// From a task's beginning to its end.
    task_timeout: Duration,
    schedule: Schedule,
    line: Arc<Line>,
    transport: Arc<dyn Transport>,
    circuit: Arc<Circuit>,
    clock: Box<dyn Clock>,
    redact: Redact,
}

/// What became of one part.
enum PartResult {
    Judged(Verdict),
    /// It cannot be made into one request: to be sent in halves.
    Unfit,
    /// The run stopped before its turn.
    Unsent,
    /// Every item of the part fails with this; there is nothing more to try in this run.
    Failed {
        failure: Failure,
        retry_after: Option<Duration>,
    },
}

impl HttpConsumer {
    /// Connects to nothing yet. The circuit is opened at once where the line is known to be out.
    pub fn new(
        config: &ConsumerConfig,
        outline: &Outline,
        line: Arc<Line>,
        circuit: Arc<Circuit>,
        stop: Stop,
        redact: Redact,
    ) -> Result<Self, ConsumerError> {
        let transport = line
            .transport(http(config)?, FEEDMILL)
            .map_err(|source| ConsumerError::Certificate { consumer: config.name.clone(), source })?;
        let clock = RunClock { stop, circuit: circuit.clone() };
        if let Some(reason) = line.outage(clock.instant()) {
            circuit.open(|| reason);
        }
        Self::with_parts(config, outline, line, circuit, redact, transport, Box::new(clock))
    }

    fn with_parts(
        config: &ConsumerConfig,
        outline: &Outline,
        line: Arc<Line>,
        circuit: Arc<Circuit>,
        redact: Redact,
        transport: Arc<dyn Transport>,
        clock: Box<dyn Clock>,
    ) -> Result<Self, ConsumerError> {
        let http = http(config)?;
        let format = format::open(http, outline).map_err(|fault| ConsumerError::Setting {
            consumer: config.name.clone(),
            key: fault.key.into(),
            reason: fault.reason,
        })?;
        Ok(HttpConsumer {
            envelope: Envelope::new(&config.name, http)?,
            format,
            compression: http.compression,
            max_request_bytes: config.max_request_bytes,
            timeout: http.timeout,
            task_timeout: http.task_timeout(),
            schedule: Schedule { retries: http.request_retries, base: http.retry_base, max: http.retry_max },
            line,
            transport,
            circuit,
            clock,
            redact,
        })
    }

    /// Sends one part until it is judged or there is nothing more to try.
    fn send(&self, request: &Request, part: &[usize], progress: &mut Progress) -> PartResult {
        if self.format.framing(request.kind).alone && part.len() > 1 {
            return PartResult::Unfit;
        }
        let items: Vec<&Item> = part.iter().map(|index| &request.items[*index]).collect();
        let encoded = match self.format.encode(request.kind, &items, progress.next_sequence()) {
            // One broken payload must not hold up its neighbours.
            Err(_) if part.len() > 1 => return PartResult::Unfit,
            Err(error) => return failed(0, error.to_string()),
            Ok(encoded) => encoded,
        };
        if encoded.body.len() > self.max_request_bytes {
            return self.too_large(encoded.body.len(), part.len());
        }
        let content_type = (!encoded.body.is_empty()).then_some(encoded.content_type);
        let body = match content_type {
            Some(_) => compress(self.compression, encoded.body),
            None => Ok(encoded.body),
        };
        let body = match body {
            Ok(body) => body,
            Err(error) => return failed(0, format!("cannot compress a request: {error}")),
        };
        let headers = match idempotency_key() {
            Ok(key) => self.envelope.headers(request.kind, &request.feed, &key, progress.sequence(), content_type),
            Err(error) => return failed(0, format!("cannot make an idempotency key: {error}")),
        };
        let Some(headers) = headers else {
            return failed(0, format!("{:?} cannot be named in a header", request.feed));
        };
        let message = HttpRequest { method: &encoded.method, uri: &encoded.uri, headers: &headers, body: &body };
        match self.try_until_judged(&message, request.kind, part, progress) {
            PartResult::Judged(Verdict::Follow { accepted, task }) => {
                self.follow(&task, request.kind, accepted, part.len())
            }
            result => result,
        }
    }

    /// Nothing is sent that the consumer is known not to take.
    fn too_large(&self, bytes: usize, items: usize) -> PartResult {
        if items > 1 {
            return PartResult::Unfit;
        }
        let limit = self.max_request_bytes;
        let message = format!("not sent: its request would have {bytes} bytes, max_request_bytes is {limit}");
        let result = ItemResult { index: 0, status: 413, message: Some(message), passing: false };
        PartResult::Judged(Verdict::Items { accepted: 413, results: vec![result] })
    }

    /// Settles what is settled and puts what is to be sent again on the work list.
    fn act(&self, part: Part, verdict: Verdict, progress: &mut Progress) {
        match verdict {
            Verdict::Delivered(status) => {
                self.circuit.answered();
                progress.settle_all(&part.items, &accepted(status));
            }
            Verdict::Items { accepted: status, results } => {
                if !turned_away_whole(&part, &results) {
                    self.circuit.answered();
                }
                for index in self.settle_listed(&part, results, progress) {
                    progress.settle(index, accepted(status));
                }
            }
            Verdict::WithoutListed(results) => {
                self.circuit.answered();
                let rest = self.settle_listed(&part, results, progress);
                progress.again(rest);
            }
            Verdict::Halve | Verdict::Bisect => {
                self.circuit.answered();
                progress.again_in_halves(part.items);
            }
            Verdict::FailWhole { failure, opens_circuit } => {
                let reason = || self.reason(&failure);
                if opens_circuit {
                    self.circuit.open(reason)
                } else {
                    self.circuit.failed(reason)
                }
                progress.settle_all(&part.items, &self.failed_outcome(failure.status, Some(&failure.message()), None));
            }
            Verdict::RetryLater(failure) => {
                progress.settle_all(&part.items, &self.failed_outcome(failure.status, Some(&failure.message()), None));
            }
            // Followed where it was sent; what came of it is another verdict.
            Verdict::Follow { accepted: status, .. } => progress.settle_all(&part.items, &accepted(status)),
        }
    }

    /// Gives the items of the part that have no result of their own. Those that were turned away for the moment are sent
    /// again by themselves after a wait, if there are tries left.
    /// Where it was every item, and no try is left, the request has failed whole.
    fn settle_listed(&self, part: &Part, results: Vec<ItemResult>, progress: &mut Progress) -> Vec<usize> {
        let whole = turned_away_whole(part, &results).then(|| results.last().cloned()).flatten();
        let mut rest = part.items.clone();
        let mut passing = Vec::new();
        // From the end, so that what is removed moves nothing that is still to be.
        for result in results.into_iter().rev().filter(|result| result.index < part.items.len()) {
            let outcome = if result.is_success() {
                accepted(result.status)
            } else {
                self.failed_outcome(result.status, result.message.as_deref(), None)
            };
            let index = rest.remove(result.index);
            progress.settle(index, outcome);
            if result.passing {
                passing.push(index);
            }
        }
        if passing.is_empty() {
            return rest;
        }
        passing.reverse();
        match self.schedule.next(part.tries, None, self.clock.chance()) {
            // Their failure stands until there is something better to say.
            Next::TryAfter(wait) if progress.has_sequences_for(passing.len()) => {
                progress.again_after(Part { items: passing, tries: part.tries + 1, wait });
            }
            _ => {
                if let Some(last) = whole {
                    self.circuit.failed(|| self.reason(&Failure::of_each(last.status, last.message)));
                }
            }
        }
        rest
    }

    fn failed_outcome(&self, status: i32, message: Option<&str>, retry_after: Option<Duration>) -> ItemOutcome {
        ItemOutcome { status, message: message.map(|message| self.clean(message, MESSAGE_CHARS)), retry_after }
    }

    /// What a run prints of a failure.
    fn reason(&self, failure: &Failure) -> String {
        let headline = self.clean(&failure.headline, MESSAGE_CHARS);
        match self.clean(&failure.answer, REASON_CHARS) {
            answer if answer.is_empty() => headline,
            answer => format!("{headline}: {answer}"),
        }
    }

    fn clean(&self, message: &str, max_chars: usize) -> String {
        clean(message, max_chars, &self.redact)
    }
}

impl Consumer for HttpConsumer {
    /// Nothing leaves once the circuit is open or somebody asked to stop: neither the request, nor what it was to be split
    /// into, nor further tries. Only what the consumer may have taken has an outcome.
    fn deliver(&self, request: &Request) -> Delivered {
        let mut progress = Progress::new(request);
        while let Some(part) = progress.next() {
            if !self.clock.wait(part.wait) {
                break;
            }
            match self.send(request, &part.items, &mut progress) {
                PartResult::Judged(verdict) => self.act(part, verdict, &mut progress),
                PartResult::Unfit => progress.again_in_halves(part.items),
                PartResult::Unsent => break,
                PartResult::Failed { failure, retry_after } => {
                    let outcome = self.failed_outcome(failure.status, Some(&failure.message()), retry_after);
                    progress.settle_all(&part.items, &outcome);
                }
            }
        }
        progress.finish()
    }

    fn framing(&self, kind: ItemKind) -> Framing {
        self.format.framing(kind)
    }

    fn item_bytes(&self, item: &Item) -> usize {
        self.format.item_bytes(item)
    }
}

fn http(config: &ConsumerConfig) -> Result<&HttpConfig, ConsumerError> {
    match &config.target {
        ConsumerTarget::Http(http) => Ok(http),
        ConsumerTarget::File { .. } => Err(ConsumerError::Setting {
            consumer: config.name.clone(),
            key: "format".into(),
            reason: "is not one that goes over HTTP".into(),
        }),
    }
}

/// Every item of the part was turned away for the moment: it is not they that are bad.
fn turned_away_whole(part: &Part, results: &[ItemResult]) -> bool {
    results.len() == part.items.len() && results.iter().all(|result| result.passing)
}

fn accepted(status: i32) -> ItemOutcome {
    ItemOutcome { status, message: None, retry_after: None }
}

fn failed(status: i32, message: impl Into<String>) -> PartResult {
    PartResult::Failed { failure: Failure::ours(status, message), retry_after: None }
}

#[cfg(test)]
pub(super) mod tests;
