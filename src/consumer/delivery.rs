//! One request from its first try to an outcome for each of its items.
//!
//! A request may be answered so that it has to be sent again in parts: in halves, or without some of its items. The parts
//! stand in a work list; each is a request of its own, with its own key and sequence number, tried like the first one.

mod progress;

use std::sync::Arc;
use std::time::Duration;

use progress::Progress;

use super::circuit::Circuit;
use super::clock::{Clock, RunClock};
use super::compress::compress;
use super::envelope::{Envelope, FEEDMILL, idempotency_key};
use super::format::{Format, Framing, Json};
use super::limiter::Sign;
use super::line::Line;
use super::message::{MESSAGE_CHARS, REASON_CHARS, clean};
use super::open::ConsumerError;
use super::outcome::{Failure, ItemResult, Verdict, judge};
use super::retry::{Next, Schedule, retry_after};
use super::transport::{HttpAnswer, HttpRequest, Transport, TransportError};
use super::{Consumer, Item, ItemKind, Redact};
use crate::config::{Compression, ConsumerConfig, ConsumerTarget, HttpConfig, HttpFormat};
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
/// out listed items at most n more.
pub fn sequences_for(items: usize) -> u64 {
    4 * items as u64 + 4
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
        Self::with_parts(config, line, circuit, redact, transport, Box::new(clock))
    }

    fn with_parts(
        config: &ConsumerConfig,
        line: Arc<Line>,
        circuit: Arc<Circuit>,
        redact: Redact,
        transport: Arc<dyn Transport>,
        clock: Box<dyn Clock>,
    ) -> Result<Self, ConsumerError> {
        let http = http(config)?;
        let format: Box<dyn Format> = match http.format {
            HttpFormat::Json => Box::new(Json::new(http.item_errors.clone())),
        };
        Ok(HttpConsumer {
            envelope: Envelope::new(&config.name, http, format.content_type())?,
            format,
            compression: http.compression,
            max_request_bytes: config.max_request_bytes,
            timeout: http.timeout,
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
        let mut items = part.iter().map(|index| &*request.items[*index].json);
        let body = match self.format.encode(request.kind, &mut items) {
            // One broken payload must not hold up its neighbours.
            Err(_) if part.len() > 1 => return PartResult::Unfit,
            Err(error) => return failed(0, error.to_string()),
            Ok(body) if body.len() > self.max_request_bytes => return self.too_large(body.len(), part.len()),
            Ok(body) => body,
        };
        let body = match compress(self.compression, body) {
            Ok(body) => body,
            Err(error) => return failed(0, format!("cannot compress a request: {error}")),
        };
        let headers = match idempotency_key() {
            Ok(key) => self.envelope.headers(request.kind, &request.feed, &key, progress.sequence()),
            Err(error) => return failed(0, format!("cannot make an idempotency key: {error}")),
        };
        let Some(headers) = headers else {
            return failed(0, format!("{:?} cannot be named in a header", request.feed));
        };
        let message = HttpRequest {
            method: &self.envelope.method,
            uri: self.envelope.uri(request.kind),
            headers: &headers,
            body: &body,
        };
        self.try_until_judged(&message, request.kind, part.len(), progress)
    }

    fn try_until_judged(
        &self,
        message: &HttpRequest<'_>,
        kind: ItemKind,
        items: usize,
        progress: &mut Progress,
    ) -> PartResult {
        let mut tries: u32 = 0;
        let mut last = None;
        loop {
            let Some(passage) = self.line.enter(&*self.clock) else {
                return match last {
                    Some(failure) => PartResult::Failed { failure, retry_after: None },
                    None => PartResult::Unsent,
                };
            };
            tries += 1;
            progress.tried(tries, message.body.len());
            let left_at = self.clock.instant();
            let sent = self.transport.send(message);
            let done_at = self.clock.instant();
            passage.end(self.sign(&sent, done_at.saturating_duration_since(left_at)), done_at);
            let (failure, wish, unreachable) = match sent {
                Ok(answer) => match judge(&answer, &*self.format, kind, items) {
                    Verdict::RetryLater(failure) => {
                        let wish = answer.header("retry-after");
                        (failure, wish.and_then(|wish| retry_after(wish, self.clock.now())), false)
                    }
                    verdict => return PartResult::Judged(verdict),
                },
                Err(TransportError::Timeout) => {
                    (Failure::ours(0, format!("no answer within {:?}", self.timeout)), None, false)
                }
                Err(error @ TransportError::Other(_)) => {
                    let failure = Failure::ours(0, error.to_string());
                    self.circuit.failed(|| self.reason(&failure));
                    return PartResult::Failed { failure, retry_after: None };
                }
                Err(error) => {
                    let unreachable = matches!(error, TransportError::Unreachable(_));
                    (Failure::ours(0, error.to_string()), None, unreachable)
                }
            };
            if unreachable {
                progress.nothing_left(message.body.len());
            }
            match self.schedule.next(tries, wish, self.clock.chance()) {
                Next::TryAfter(wait) => {
                    if !self.clock.wait(wait) {
                        return PartResult::Failed { failure, retry_after: None };
                    }
                    last = Some(failure);
                }
                Next::GiveUp { retry_after } => {
                    let reason = || self.reason(&failure);
                    if unreachable {
                        self.line.is_out(&reason(), self.clock.instant());
                        self.circuit.open(reason)
                    } else {
                        self.circuit.failed(reason)
                    }
                    return PartResult::Failed { failure, retry_after };
                }
            }
        }
    }

    /// What a try says of the consumer's pace. Only what was taken took as long as the consumer takes.
    fn sign(&self, sent: &Result<HttpAnswer, TransportError>, elapsed: Duration) -> Sign {
        match sent {
            Ok(answer) => match answer.status {
                200..=299 => Sign::Answered(elapsed.saturating_sub(self.transport.connecting())),
                429 | 503 => {
                    let wish = answer.header("retry-after").and_then(|wish| retry_after(wish, self.clock.now()));
                    Sign::Refused { retry_after: wish.map(|wish| wish.min(self.schedule.max)) }
                }
                _ => Sign::Nothing,
            },
            Err(TransportError::Timeout) => Sign::TimedOut,
            Err(_) => Sign::Nothing,
        }
    }

    /// Nothing is sent that the consumer is known not to take.
    fn too_large(&self, bytes: usize, items: usize) -> PartResult {
        if items > 1 {
            return PartResult::Unfit;
        }
        let limit = self.max_request_bytes;
        let message = format!("not sent: its request would have {bytes} bytes, max_request_bytes is {limit}");
        let result = ItemResult { index: 0, status: 413, message: Some(message) };
        PartResult::Judged(Verdict::Items { accepted: 413, results: vec![result] })
    }

    /// Settles what is settled and puts what is to be sent again on the work list.
    fn act(&self, part: Vec<usize>, verdict: Verdict, progress: &mut Progress) {
        match verdict {
            Verdict::Delivered(status) => {
                self.circuit.answered();
                progress.settle_all(&part, &accepted(status));
            }
            Verdict::Items { accepted: status, results } => {
                self.circuit.answered();
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
                progress.again_in_halves(part);
            }
            Verdict::FailWhole { failure, opens_circuit } => {
                let reason = || self.reason(&failure);
                if opens_circuit {
                    self.circuit.open(reason)
                } else {
                    self.circuit.failed(reason)
                }
                progress.settle_all(&part, &self.failed_outcome(failure.status, Some(&failure.message()), None));
            }
            Verdict::RetryLater(failure) => {
                progress.settle_all(&part, &self.failed_outcome(failure.status, Some(&failure.message()), None));
            }
        }
    }

    /// Gives the items of the part that have no result of their own.
    fn settle_listed(&self, part: &[usize], results: Vec<ItemResult>, progress: &mut Progress) -> Vec<usize> {
        let mut rest = part.to_vec();
        // From the end, so that what is removed moves nothing that is still to be.
        for result in results.into_iter().rev().filter(|result| result.index < part.len()) {
            let outcome = if result.is_success() {
                accepted(result.status)
            } else {
                self.failed_outcome(result.status, result.message.as_deref(), None)
            };
            progress.settle(rest.remove(result.index), outcome);
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
    /// into (of which the consumer has taken nothing yet), nor further tries. Only what had left has an outcome.
    fn deliver(&self, request: &Request) -> Delivered {
        let mut progress = Progress::new(request);
        while let Some(part) = progress.next() {
            if !self.clock.wait(Duration::ZERO) {
                break;
            }
            match self.send(request, &part, &mut progress) {
                PartResult::Judged(verdict) => self.act(part, verdict, &mut progress),
                PartResult::Unfit => progress.again_in_halves(part),
                PartResult::Unsent => break,
                PartResult::Failed { failure, retry_after } => {
                    let outcome = self.failed_outcome(failure.status, Some(&failure.message()), retry_after);
                    progress.settle_all(&part, &outcome);
                }
            }
        }
        progress.finish()
    }

    fn framing(&self, kind: ItemKind) -> Framing {
        self.format.framing(kind)
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

fn accepted(status: i32) -> ItemOutcome {
    ItemOutcome { status, message: None, retry_after: None }
}

fn failed(status: i32, message: String) -> PartResult {
    PartResult::Failed { failure: Failure::ours(status, message), retry_after: None }
}

#[cfg(test)]
pub(super) mod tests;
